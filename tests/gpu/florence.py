"""Florence 2: transformers' Florence2ForConditionalGeneration, which says a fixed number of tokens each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import torch
from transformers import Florence2Config, Florence2ForConditionalGeneration

from assay.contract.florence import Gives, tasks
from assay.reference.decoding import Pixels, decode_picture
from assay.reference.florence_body import BINS, Ask
from assay.reference.looking import Sight

from .device import IMAGENET, Device
from .sizes import Sizes

TOKENS: Final = 32
"""Said where the request asks for no number."""
BEAMS: Final = 3
"""As the open-source server's default."""
FIRST_BYTE: Final = 4
"""The token of byte 0: before it stand those for beginning, padding, end and unknown."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, and its size in px as the answer tells it."""

    pixels: Pixels
    height: int
    width: int


class Florence:
    """Both sizes, each made when it is first asked. Words are bytes: no tokenizer's files are at hand."""

    def __init__(self, device: Device, sizes: Sizes) -> None:
        self._device, self._sizes = device, sizes
        self._models: dict[str, tuple[Any, int]] = {}

    def show(self, data: bytes, auto_orient: bool) -> Sight:
        """An encoded picture, in place of what the reference deployment sees in it. Raises Refusal 400."""
        pixels: Pixels = decode_picture.__wrapped__(data, auto_orient)
        return cast(Sight, Shown(pixels, *pixels.shape[:2]))

    def tasks(self) -> Mapping[str, Callable[[Sight, Ask], Any]]:
        """What answers each task."""
        return {name: self._task(task.gives) for name, task in tasks().items()}

    def _task(self, gives: Gives) -> Callable[[Sight, Ask], Any]:
        def answer(sight: Sight, ask: Ask) -> Any:
            shown = cast(Shown, sight)
            return told(gives, self._device.run(self._said, shown.pixels, ask), shown, ask)

        return answer

    def _model(self, name: str) -> tuple[Any, int]:
        """The model, and the number of tokens for which a picture stands."""
        if name not in self._models:
            words = self._sizes.florence[name]
            configuration = Florence2Config(
                text_config={"model_type": "bart", **words["text_config"]}, vision_config=dict(words["vision_config"])
            )
            model = self._device.made(lambda: Florence2ForConditionalGeneration(configuration))
            nothing = torch.zeros(1, 3, words["side"], words["side"], device=self._device.name).to(self._device.dtype)
            self._models[name] = model, model.get_image_features(nothing).pooler_output.shape[1]
        return self._models[name]

    def _said(self, pixels: Pixels, ask: Ask) -> list[int]:
        """The tokens of the answer: exactly as many as may be said."""
        model, places = self._model(ask.model)
        side, count = self._sizes.florence[ask.model]["side"], min(ask.most_tokens or TOKENS, 1024)
        prompt = [byte + FIRST_BYTE for byte in f"{ask.token}{ask.phrase}".encode("utf-8", "replace")[:512]]
        asked = [model.config.image_token_id] * places + [0, *prompt, 2]
        tokens = torch.tensor([asked], device=self._device.name)
        said = model.generate(
            input_ids=tokens, attention_mask=torch.ones_like(tokens),
            pixel_values=self._device.picture(pixels, side, side, IMAGENET),
            num_beams=BEAMS, do_sample=False, min_new_tokens=count, max_new_tokens=count,
        )  # fmt: skip
        return [int(token) for token in said[0, -count:]]


def told(gives: Gives, tokens: Sequence[int], shown: Shown, ask: Ask) -> Any:
    """Tokens in the documented form of a task's answer: as letters, or as one place of four bins."""
    if gives == "text":
        return "".join(chr(ord("a") + token % 26) if token % 7 else " " for token in tokens).strip() or "a"
    x0, y0, x1, y1 = _place(tokens, shown)
    if gives == "quads":
        return {"quad_boxes": [[x0, y0, x1, y0, x1, y1, x0, y1]], "labels": ["a"]}
    if gives == "polygons":
        return {"polygons": [[[x0, y0, x1, y0, x1, y1, x0, y1]]], "labels": [""]}
    if gives == "open-vocabulary":
        return {"bboxes": [[x0, y0, x1, y1]], "bboxes_labels": [ask.phrase], "polygons": [], "polygons_labels": []}
    return {"bboxes": [[x0, y0, x1, y1]], "labels": ["a"]}


def _place(tokens: Sequence[int], shown: Shown) -> tuple[float, float, float, float]:
    """A box in px: the middles of bins, the first of which comes before the last."""
    across, down = ([token % (BINS // 2) for token in tokens[part::2]] or [0] for part in (0, 1))
    x0, y0 = (each[0] for each in (across, down))
    x1, y1 = (BINS // 2 + each[-1] for each in (across, down))
    wide, high = shown.width / BINS, shown.height / BINS
    return (x0 + 0.5) * wide, (y0 + 0.5) * high, (x1 + 0.5) * wide, (y1 + 0.5) * high
