"""What the documents' scripts draw of recorded answers: the answers, who gives them, and the pictures that are kept.

A script decodes an answer and annotates the picture that was asked about. What supervision draws of golden answers of
the real server is kept in `fixtures/goldens/annotated`; whoever decodes them otherwise draws another picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assay.contract.judging import decode_base64
from assay.golden.bundle import Bundle
from assay.picture import Pixels, decode
from assay.serving import running
from assay.suite import suite_folder

GOLDENS = suite_folder("fixtures") / "goldens"
RECORDED = GOLDENS / "roboflow-inference-1.8.3"
KEPT = GOLDENS / "annotated"
QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "semantic": "hosted.semantic-segmentation/json/menagerie",
        "sam2": "sam2.segment/json/counters-points",
        "owlv2": "owlv2.infer/json/counters-two",
    }
)
"""By script the golden answer that it is given, whatever it asks."""
WRITTEN: Mapping[str, str] = MappingProxyType(
    {"semantic": "annotated.png", "sam2": "bicycle_annotated.png", "owlv2": "dog_annotated.png"}
)
"""The file that each script writes."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A golden answer with the picture that was asked about, encoded."""

    picture: bytes
    answer: Any

    @property
    def pixels(self) -> Pixels:
        """H x W x 3, RGB."""
        found = decode(self.picture)
        assert found is not None
        return found


def shown(name: str) -> Shown:
    """What the script of this name is given."""
    golden = Bundle(RECORDED).read(QUESTIONS[name])
    values = golden.asking.values
    image = values["body"] if "body" in values else values["image"]["value"]
    return Shown(decode_base64(image), golden.answer.json())


def kept(name: str) -> Pixels:
    """The annotated picture that is kept, H x W x 3, RGB."""
    found = decode((KEPT / f"{name}.png").read_bytes())
    assert found is not None
    return found


def drawn(content: bytes) -> Pixels:
    """The picture in a file that a script wrote, H x W x 3, RGB."""
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found[:, :, ::-1], np.uint8)


@contextmanager
def given(answer: Any, picture: bytes) -> Iterator[str]:
    """A server that has this picture at every address, and this answer to every request, while the block lasts."""

    async def respond(request: Request) -> Response:
        return Response(picture, media_type="image/png") if request.method == "GET" else JSONResponse(answer)

    with running(Starlette(routes=[Route("/{path:path}", respond, methods=["GET", "POST"])])) as url:
        yield url
