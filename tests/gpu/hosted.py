"""The hosted route's models: RF-DETR, Keypoint R-CNN, Mask R-CNN, ResNet-50 and SegFormer.

What random weights say of a picture is the same everywhere, and no surer of one thing than of another. So the few
likeliest boxes are answered, and their confidences are those of their places in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
import torchvision
from torch.nn.functional import interpolate
from torchvision.models.detection import keypointrcnn_resnet50_fpn, maskrcnn_resnet50_fpn
from transformers import (
    RfDetrConfig,
    RfDetrForObjectDetection,
    SegformerConfig,
    SegformerForSemanticSegmentation,
)

from assay.reference.class_masks import ClassMasks
from assay.reference.classification import Score
from assay.reference.decoding import Pixels
from assay.reference.detection import Detection, Region
from assay.reference.hosted import Model
from assay.reference.keypoints import Keypoint

from .boxes import NO_MASK, whole_box
from .device import IMAGENET, Device
from .sizes import Sizes

FEW: Final = 10
"""Boxes that are answered, before boxes that overlap are suppressed."""
SUREST, STEP = 0.95, 0.05
SPREAD: Final = 8.0
"""Standard deviations to which logits are stretched, so that some class is sure."""
JOINTS: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
                 "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
                 "right_knee", "left_ankle", "right_ankle")  # fmt: skip
COCO: Final = 91


def _named(count: int, task: str) -> Mapping[str, str]:
    """Classes without a meaning. Where the reference deployment has a class's colour, the task stands."""
    return {f"class-{number}": task for number in range(count)}


MODELS: Final = {
    model.id: model
    for model in (
        Model("rfdetr-small/1", "object-detection", _named(COCO, "object-detection")),
        Model("keypoint-rcnn/1", "keypoint-detection", {"person": "keypoint-detection"}),
        Model("mask-rcnn/1", "instance-segmentation", _named(COCO - 1, "instance-segmentation")),
        Model("resnet50/1", "classification", _named(1000, "classification")),
        Model("segformer-b2/1", "semantic-segmentation", _named(18, "semantic-segmentation")),
    )
}


@dataclass(frozen=True, slots=True)
class Figure(Detection):
    """A person with joints."""

    joints: tuple[Keypoint, ...] = ()


class Hosted:
    """All models, each made when it is first asked. Those of torchvision compute in float32 (TF32 on a GPU)."""

    def __init__(self, device: Device, sizes: Sizes) -> None:
        self._device, self._sizes = device, sizes
        self._models: dict[str, Any] = {}
        self._detectors: Mapping[str, Callable[[Pixels, list[str]], list[Detection]]] = {
            "object-detection": self._detect,
            "keypoint-detection": self._figures,
            "instance-segmentation": self._instances,
        }

    def detect(self, pixels: Pixels, classes: Mapping[str, str]) -> list[Detection]:
        """The few likeliest things, most confident first."""
        task = next(iter(classes.values()))
        return self._device.run(self._detectors[task], pixels, list(classes))

    @staticmethod
    def keypoints(detection: Detection) -> list[Keypoint]:
        """The joints that came with a figure."""
        assert isinstance(detection, Figure)
        return list(detection.joints)

    def classify(self, pixels: Pixels, classes: Mapping[str, str], threshold: float) -> list[Score]:
        """The classes of at least this confidence, surest first."""
        return self._device.run(self._classify, pixels, list(classes), threshold)

    def segment_classes(
        self, pixels: Pixels, classes: Mapping[str, str], threshold: float, labels: frozenset[str] | None = None
    ) -> ClassMasks:
        """The class of each pixel, 0 (the background) where it is less sure than `threshold`."""
        names = [None, *classes]
        shown = [number for number, name in enumerate(names) if labels is None or name in labels]
        return self._device.run(self._segment_classes, pixels, threshold, shown)

    def _model(self, task: str, make: Callable[[], Any], dtype: Any = None) -> Any:
        if task not in self._models:
            self._models[task] = self._device.made(make, dtype)
        return self._models[task]

    def _detect(self, pixels: Pixels, names: list[str]) -> list[Detection]:
        """By RF-DETR; its boxes are shares of the picture, about their centres."""
        side = self._sizes.detector_side
        model = self._model("detector", lambda: RfDetrForObjectDetection(RfDetrConfig(**self._sizes.detector)))
        answer = model(self._device.picture(pixels, side, side, IMAGENET))
        scores, numbers = answer.logits[0].float().max(-1)
        best = scores.topk(FEW).indices
        height, width = pixels.shape[:2]
        boxes = answer.pred_boxes[0][best].float() * torch.tensor([width, height] * 2, device=scores.device)
        corners = torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1).tolist()
        return [
            Detection(names[number], number, sure(rank), Region(whole_box(box, height, width), NO_MASK, 0))
            for rank, (box, number) in enumerate(zip(corners, numbers[best].tolist(), strict=True))
        ]

    def _rcnn(self, task: str, make: Callable[..., Any], pixels: Pixels, **words: Any) -> dict[str, Any]:
        least, most = self._sizes.rcnn_sides
        words |= {"weights": None, "weights_backbone": None, "min_size": least, "max_size": most,
                  "rpn_post_nms_top_n_test": self._sizes.rcnn_proposals}  # fmt: skip
        model = self._model(
            task, lambda: make(box_detections_per_img=FEW, box_score_thresh=0.0, **words), torch.float32
        )
        height, width = pixels.shape[:2]
        answer = model([self._device.picture(pixels, height, width, None, torch.float32)[0]])[0]
        return {name: value.cpu() for name, value in answer.items()}

    def _figures(self, pixels: Pixels, names: list[str]) -> list[Detection]:
        """By Keypoint R-CNN."""
        found = self._rcnn("keypoints", keypointrcnn_resnet50_fpn, pixels, num_classes=2, num_keypoints=len(JOINTS))
        height, width = pixels.shape[:2]
        figures: list[Detection] = []
        for rank, box in enumerate(found["boxes"].tolist()):
            scores = torch.sigmoid(found["keypoints_scores"][rank]).tolist()
            joints = tuple(
                Keypoint(number, name, min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height)), round(score, 4))
                for number, (name, (x, y, _), score) in enumerate(
                    zip(JOINTS, found["keypoints"][rank].tolist(), scores, strict=True)
                )
            )
            region = Region(whole_box(box, height, width), NO_MASK, 0)
            figures.append(Figure(names[0], 0, sure(rank), region, joints))
        return figures

    def _instances(self, pixels: Pixels, names: list[str]) -> list[Detection]:
        """By Mask R-CNN; of a mask that is nowhere sure the surer half is answered."""
        found = self._rcnn("instances", maskrcnn_resnet50_fpn, pixels, num_classes=COCO)
        height, width = pixels.shape[:2]
        things: list[Detection] = []
        for rank, (box, number) in enumerate(zip(found["boxes"].tolist(), found["labels"].tolist(), strict=True)):
            x0, y0, x1, y1 = whole = whole_box(box, height, width)
            inside = found["masks"][rank, 0, y0:y1, x0:x1].numpy()
            mask = np.asarray(inside >= np.median(inside), np.bool_)
            things.append(Detection(names[number - 1], number - 1, sure(rank), Region(whole, mask, 0)))
        return things

    def _classify(self, pixels: Pixels, names: list[str], threshold: float) -> list[Score]:
        side = self._sizes.classifier_side
        model = self._model("classifier", lambda: torchvision.models.resnet50(weights=None))
        logits = model(self._device.picture(pixels, side, side, IMAGENET))[0].float()
        sureness = stretched(logits).softmax(0)
        best, numbers = (each.tolist() for each in sureness.topk(FEW))
        told = [Score(names[number], number, round(value, 4)) for value, number in zip(best, numbers, strict=True)]
        return [score for score in told if score.confidence >= threshold]

    def _segment_classes(self, pixels: Pixels, threshold: float, shown: list[int]) -> ClassMasks:
        side = self._sizes.segformer_side
        words = self._sizes.segformer
        model = self._model("classes", lambda: SegformerForSemanticSegmentation(SegformerConfig(**words)))
        logits = model(self._device.picture(pixels, side, side, IMAGENET)).logits.float()
        whole = interpolate(stretched(logits), pixels.shape[:2], mode="bilinear")[0].softmax(0)
        values, numbers = whole.max(0)
        kept = (values >= threshold) & torch.isin(numbers, torch.tensor(shown, device=numbers.device))
        ids, sureness = (numbers * kept).to(torch.uint8), (values * 255).round().to(torch.uint8)
        return ClassMasks(np.asarray(ids.cpu().numpy(), np.uint8), np.asarray(sureness.cpu().numpy(), np.uint8))


def sure(rank: int) -> float:
    """How sure the box of a place is, from 0 on."""
    return round(SUREST - STEP * rank, 4)


def stretched(logits: Any) -> Any:
    """Logits over classes, spread so far that the largest stands out."""
    return (logits - logits.mean()) * (SPREAD / logits.std().clamp(min=1e-6))
