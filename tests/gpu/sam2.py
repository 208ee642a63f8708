"""SAM2: pictures embedded by Hiera, and masks by its decoder, from transformers' Sam2Model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, interpolate
from transformers import Sam2Config, Sam2Model

from assay.reference import segmentation
from assay.reference.decoding import Pixels
from assay.reference.embeddings import Embedding, Embeddings
from assay.reference.prompts import Prompt
from assay.reference.segmentation import Segment

from .device import IMAGENET, Device
from .sizes import Sizes

SMOOTHED, TIMES = 33, 3
"""Cells of the 256 x 256 logits over which they are averaged, so many times: random weights answer with noise, whose
outline has ten times the points of a thing's."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a picture's encoder made of it, on the device."""

    version: str
    height: int
    width: int
    features: list[Any]


class Sam2:
    """All versions, each made when it is first needed."""

    def __init__(self, device: Device, sizes: Sizes) -> None:
        self._device, self._sizes = device, sizes
        self._models: dict[str, Any] = {}

    def _model(self, version: str) -> Any:
        """Runs in the device's thread, so that none is made twice."""
        if version not in self._models:
            self._models[version] = self._device.made(lambda: Sam2Model(self._configuration(version)))
        return self._models[version]

    def _configuration(self, version: str) -> Any:
        backbone, side = self._sizes.sam2[version], self._sizes.sam2_side
        vision = {
            "backbone_config": {**backbone, "model_type": "sam2_hiera_det_model", "image_size": [side, side]},
            "backbone_channel_list": backbone["embed_dim_per_stage"][::-1],
            "backbone_feature_sizes": [[side // part, side // part] for part in (4, 8, 16)],
        }
        return Sam2Config(vision_config=vision, prompt_encoder_config={"image_size": side})

    def embed(self, version: str, pixels: Pixels) -> Embedded:
        """What its encoder makes of a picture."""
        return self._device.run(self._embed, version, pixels)

    def _embed(self, version: str, pixels: Pixels) -> Embedded:
        side = self._sizes.sam2_side
        sent = self._device.picture(pixels, side, side, IMAGENET)
        height, width = pixels.shape[:2]
        return Embedded(version, height, width, self._model(version).get_image_embeddings(sent))

    def segment(self, seen: Embedded, prompts: Sequence[Prompt]) -> list[Segment]:
        """One segment for each prompt, in order; without any prompt, one."""
        found = self._device.run(self._segment, seen, prompts or (Prompt(),))
        return [Segment(segmentation._solid(mask), sure) for mask, sure in found]

    def _segment(self, seen: Embedded, prompts: Sequence[Prompt]) -> list[tuple[segmentation.Mask, float]]:
        return [self._mask(seen, prompt) for prompt in prompts]

    def _mask(self, seen: Embedded, prompt: Prompt) -> tuple[segmentation.Mask, float]:
        """The most confident of three masks, of the picture's size."""
        answer = self._model(seen.version)(
            image_embeddings=list(seen.features), multimask_output=True, **self._asked(seen, prompt)
        )
        sure, best = answer.iou_scores[0, 0].float().max(0)
        low = answer.pred_masks[0, 0, best][None, None].float()
        for _ in range(TIMES):
            low = avg_pool2d(low, SMOOTHED, 1, SMOOTHED // 2, count_include_pad=False)
        whole = interpolate(low - low.median(), (seen.height, seen.width), mode="bilinear")[0, 0] > 0
        return np.asarray(whole.cpu().numpy(), np.bool_), round(float(sure.clamp(0, 1)), 4)

    def _asked(self, seen: Embedded, prompt: Prompt) -> dict[str, Any]:
        side, name = self._sizes.sam2_side, self._device.name
        across, down = side / seen.width, side / seen.height
        asked: dict[str, Any] = {}
        if prompt.points:
            places = [[point.x * across, point.y * down] for point in prompt.points]
            asked["input_points"] = torch.tensor([[places]], device=name, dtype=self._device.dtype)
            asked["input_labels"] = torch.tensor([[[int(point.positive) for point in prompt.points]]], device=name)
        if prompt.box is not None:
            box, half = prompt.box, (prompt.box.width / 2, prompt.box.height / 2)
            corners = [
                (box.x - half[0]) * across, (box.y - half[1]) * down,
                (box.x + half[0]) * across, (box.y + half[1]) * down,
            ]  # fmt: skip
            asked["input_boxes"] = torch.tensor([[corners]], device=name, dtype=self._device.dtype)
        return asked


class Kept(Embeddings):
    """The reference deployment's cache of one version, with what an encoder made of a picture in its pixels' place."""

    def __init__(self, model: Sam2, version: str) -> None:
        super().__init__(encoding=0.0)
        self._model, self._version = model, version

    def _encode(self, name: str, pixels: Pixels) -> Embedding:
        return super()._encode(name, cast(Pixels, self._model.embed(self._version, pixels)))
