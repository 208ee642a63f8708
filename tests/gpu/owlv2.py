"""OwlV2 by examples: transformers' Owlv2ForObjectDetection, guided by the embeddings of boxes in pictures."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch.nn.functional import normalize
from torchvision.ops import box_iou, nms
from transformers import Owlv2Config, Owlv2ForObjectDetection

from assay.reference.decoding import Pixels, decode_picture
from assay.reference.detection import Detection, Region
from assay.reference.examples import VERSIONS, ExampleBox

from .boxes import NO_MASK, whole_box
from .device import CLIP, Device
from .sizes import Sizes

KEPT: Final = 256
"""Pictures whose embeddings are kept, and sets of examples."""
MOST: Final = 300
"""Boxes of a picture that are looked at: those most like things."""
OVERLAP: Final = 0.3
ROUNDING: Final = 5
"""Digits of a likeness that bfloat16's products do not blur."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture: its size in px, the boxes in it (n x 4, corners in px) and what each looks like (n x width)."""

    name: str
    height: int
    width: int
    boxes: Any
    looks: Any


class _Cache(OrderedDict[Hashable, Any]):
    """The least recently used is forgotten first."""

    def found(self, key: Hashable) -> Any:
        """What is kept under the key, or None."""
        if key in self:
            self.move_to_end(key)
        return self.get(key)

    def keep(self, key: Hashable, value: Any) -> Any:
        """Keep it, and give it back."""
        self[key] = value
        if len(self) > KEPT:
            self.popitem(last=False)
        return value


Learnt = Mapping[str, tuple[Any, Any]]
"""By class: the embeddings of what to find, and of what not (n x width)."""


class Owlv2:
    """The large ensemble, with a cache of pictures and one of examples. All caches belong to the device's thread."""

    def __init__(self, device: Device, sizes: Sizes) -> None:
        self._device = device
        self._words = sizes.owlv2[VERSIONS[0]]
        self._model: Any = None
        self._pictures, self._examples = _Cache(), _Cache()

    def look(self, data: bytes) -> tuple[Pixels, Seen]:
        """An encoded picture's pixels and what is in it. Raises Refusal 400."""
        pixels: Pixels = decode_picture.__wrapped__(data)
        return pixels, self._device.run(self._look, hashlib.sha1(data, usedforsecurity=False).hexdigest(), pixels)

    def _look(self, name: str, pixels: Pixels) -> Seen:
        known: Seen | None = self._pictures.found(name)
        if known is None:
            known = self._embed(name, pixels)
            self._pictures.keep(name, known)
        return known

    def _embed(self, name: str, pixels: Pixels) -> Seen:
        """As the open-source server does: of all patches' boxes the likeliest things are kept."""
        if self._model is None:
            self._model = self._device.made(lambda: Owlv2ForObjectDetection(Owlv2Config(**self._words)))
        side = self._words["vision_config"]["image_size"]
        height, width = pixels.shape[:2]
        longest = max(height, width)
        square = np.full((longest, longest, 3), 128, np.uint8)
        square[:height, :width] = pixels
        features, _ = self._model.image_embedder(self._device.picture(square, side, side, CLIP))
        patches = features.reshape(1, -1, features.shape[-1])
        things = self._model.objectness_predictor(patches)[0].float()
        boxes = self._model.box_predictor(patches, features)[0].float() * longest
        _, looks = self._model.class_predictor(patches)
        best = things.topk(min(MOST, len(things))).indices
        middle, half = boxes[best, :2], boxes[best, 2:] / 2
        corners = torch.cat([middle - half, middle + half], 1)
        limits = torch.tensor([width, height, width, height], device=corners.device)
        return Seen(
            name, height, width, corners.clamp(min=0).minimum(limits), normalize(looks[0][best].float(), dim=-1)
        )

    def learn(self, pictures: Iterable[tuple[Seen, Sequence[ExampleBox]]]) -> Learnt:
        """What the examples stand for."""
        return self._device.run(self._learn, tuple((seen, tuple(boxes)) for seen, boxes in pictures))

    def _learn(self, pictures: tuple[tuple[Seen, tuple[ExampleBox, ...]], ...]) -> Learnt:
        key = tuple((seen.name, boxes) for seen, boxes in pictures)
        known: Learnt | None = self._examples.found(key)
        if known is not None:
            return known
        learnt: dict[str, tuple[list[Any], list[Any]]] = {}
        for seen, boxes in pictures:
            for box in boxes:
                meant = torch.tensor([box.corners], device=seen.boxes.device, dtype=seen.boxes.dtype)
                closest = box_iou(meant, seen.boxes)[0].argmax()
                learnt.setdefault(box.label, ([], []))[box.negative].append(seen.looks[closest])
        kept: Learnt = self._examples.keep(
            key, {label: (_stacked(found), _stacked(others)) for label, (found, others) in learnt.items()}
        )
        return kept

    def find(self, seen: Seen, learnt: Learnt, confidence: float, classes: Sequence[str]) -> list[Detection]:
        """What looks like the examples, most alike first, each under one class."""
        return self._device.run(self._find, seen, learnt, confidence, classes)

    def _find(self, seen: Seen, learnt: Learnt, confidence: float, classes: Sequence[str]) -> list[Detection]:
        nothing = torch.full((len(seen.boxes),), -1.0, device=seen.boxes.device)
        alike = []
        for label in classes:
            found, others = (_likeness(seen.looks, each, nothing) for each in learnt[label])
            alike.append(torch.where(found > others, found, nothing))
        sure, numbers = torch.stack(alike).max(0)
        sized = (seen.boxes[:, 2:] - seen.boxes[:, :2] >= 1).all(1)
        chosen = ((sure > confidence) & sized).nonzero()[:, 0]
        kept = chosen[nms(seen.boxes[chosen], sure[chosen], OVERLAP)]
        told = zip(seen.boxes[kept].tolist(), sure[kept].tolist(), numbers[kept].tolist(), strict=True)
        return [
            Detection(classes[number], number, round(score, ROUNDING),
                      Region(whole_box(box, seen.height, seen.width), NO_MASK, 0))
            for box, score, number in told
        ]  # fmt: skip


def _stacked(looks: Sequence[Any]) -> Any:
    return torch.stack(list(looks)) if looks else None


def _likeness(looks: Any, examples: Any, nothing: Any) -> Any:
    """How alike each is to the example most like it, at most 1."""
    return nothing if examples is None else (looks @ examples.T).amax(1).clamp(-1, 1)
