"""The reference deployment, seeing with models of real architectures instead of its own eyes.

What reads requests, refuses them, draws and answers is the reference's; only what looks at pictures is exchanged.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import numpy as np
import torch
import transformers
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import assay
from assay.reference import class_masks, florence, hosted, owlv2, sam2, semantic
from assay.reference.app import create_app
from assay.reference.decoding import Pixels, decode_picture
from assay.reference.drawing import draw
from assay.reference.examples import VERSIONS, ExampleBox
from assay.reference.florence_body import Ask
from assay.reference.memory import Memory
from assay.reference.parameters import HostedQuery
from assay.reference.prompts import Point, Prompt

from .device import SEED, Device
from .florence import Florence
from .hosted import MODELS, Hosted
from .owlv2 import Owlv2
from .sam2 import Kept, Sam2
from .sizes import Sizes

NAME: Final = "Assay example server on torch"
FLORENCE: Final = "florence-2-base"
THREADS: Final = 4
"""That torch takes for what it computes on the CPU."""


class Once(threading.local):
    """Decodes a request's picture once, and keeps none for the next request: the reference, which does, is no model."""

    def __init__(self) -> None:
        self._known: tuple[bytes, bool, Pixels] | None = None

    def __call__(self, data: bytes, auto_orient: bool = True) -> Pixels:
        """The pixels, as `decode_picture` gives them. Raises Refusal 400."""
        known = self._known
        if known is None or known[0] is not data or known[1] != auto_orient:
            self._known = known = (data, auto_orient, decode_picture.__wrapped__(data, auto_orient))
        return known[2]


class Eyes:
    """All models on one device."""

    def __init__(self, device: Device, sizes: Sizes) -> None:
        self.device, self.sizes = device, sizes
        self.sam2, self.owlv2 = Sam2(device, sizes), Owlv2(device, sizes)
        self.florence, self.hosted = Florence(device, sizes), Hosted(device, sizes)

    def open(self, tell: Callable[[str], None]) -> None:
        """Make each model that is there from the start, and use it twice; tells how many seconds that took.

        One that cannot be used here is told of, and the others are served.
        """
        pixels = np.random.default_rng(SEED).integers(0, 256, (480, 640, 3), np.uint8)
        for name, look in self._looks(pixels):
            began = time.perf_counter()
            try:
                look()
                made = time.perf_counter()
                look()
            except Exception:
                tell(f"{name} cannot be used:\n{traceback.format_exc()}")
                continue
            tell(f"{name}: made in {made - began:.2f} s, then {(time.perf_counter() - made) * 1000:.1f} ms")

    def _looks(self, pixels: Pixels) -> Iterator[tuple[str, Callable[[], object]]]:
        data = draw(pixels, [])
        height, width = pixels.shape[:2]
        prompt = Prompt((Point(width / 2, height / 2, True),))
        box = ExampleBox(width // 2, height // 2, width // 4, height // 4, "thing", False)
        for version in self.sizes.first:
            yield f"sam2/{version}", lambda: self.sam2.segment(self.sam2.embed(version, pixels), [prompt])  # noqa: B023
        yield f"owlv2/{VERSIONS[0]}", lambda: self.owlv2.learn([(self.owlv2.look(data)[1], [box])])
        ask = Ask(FLORENCE, "base64", "", "CAPTION")
        caption = self.florence.tasks()["CAPTION"]
        yield FLORENCE, lambda: caption(self.florence.show(data, True), ask)
        for model in MODELS.values():
            yield model.id, lambda: self._told(model, data)  # noqa: B023

    def _told(self, model: hosted.Model, data: bytes) -> object:
        if model.task == "semantic-segmentation":
            return class_masks.told(model.classes, HostedQuery(), data, 0.0)
        return hosted.answer(model, HostedQuery(), data, 0.0)


@contextmanager
def seeing(eyes: Eyes) -> Iterator[None]:
    """For as long as the block lasts, whatever the reference deployment of this process looks at these eyes see."""
    once = Once()
    with ExitStack() as patches:
        for module, words in _exchanged(eyes, once):
            patches.enter_context(patch.multiple(module, **words))
        yield


def _exchanged(eyes: Eyes, once: Once) -> Iterator[tuple[Any, dict[str, Any]]]:
    """By module of the reference, what takes the place of what."""
    models = {"MODELS": MODELS}
    yield hosted, {**models, "decode_picture": once, "detect": eyes.hosted.detect,
                   "keypoints": eyes.hosted.keypoints, "classify": eyes.hosted.classify}  # fmt: skip
    yield semantic, models
    yield class_masks, {"decode_picture": once, "segment_classes": eyes.hosted.segment_classes}
    yield sam2, {"decode_picture": once, "segment": eyes.sam2.segment}
    yield owlv2, {"_looked_at": eyes.owlv2.look, "learn": eyes.owlv2.learn, "find": eyes.owlv2.find}
    yield florence, {"_seen": eyes.florence.show, "TASKS": eyes.florence.tasks()}


def application(eyes: Eyes) -> Starlette:
    """The reference deployment as these eyes see; it accepts any key. To be served within `seeing`."""
    app = create_app(key=None)
    app.state.embeddings = {version: Kept(eyes.sam2, version) for version in eyes.sizes.sam2}
    app.state.memory = Memory(
        {model.id: model.task for model in MODELS.values()}
        | {FLORENCE: florence.TASK, f"owlv2/{VERSIONS[0]}": "object-detection"}
        | {f"sam2/{version}": "unsupervised-segmentation" for version in eyes.sizes.first}
    )
    version = (
        f"{assay.__version__} (torch {torch.__version__}, transformers {transformers.__version__}, "
        f"{str(eyes.device.dtype).removeprefix('torch.')} on {eyes.device.name})"
    )

    async def info(request: Request) -> Response:
        return JSONResponse({"name": NAME, "version": version, "uuid": app.state.uuid})

    app.router.routes.insert(0, Route("/info", info))
    return app
