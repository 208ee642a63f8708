"""Answers as COCO's results: in px of the annotated picture, of the categories that are called as classes are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np

from assay.annotated.dataset import Dataset
from assay.annotated.library import loaded
from assay.judge import masks
from assay.judge.answers import predictions_of
from assay.judge.boxes import Prediction
from assay.judge.values import as_list, as_number
from assay.photograph import sent_size

UNREADABLE: Final = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)
Result = dict[str, Any]
Read = tuple[list[Result], list[str]]
Scale = tuple[float, float]


class Results:
    """What one side says of the pictures of a data set, picture after picture.

    `unknown` counts the predictions of each class that no category is called as.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.found: list[Result] = []
        self.unknown = Counter[str]()
        self._sizes = dataset.sizes
        self._categories = _by_name(dataset)
        self._keypoints = {each["id"]: each.get("keypoints") or [] for each in dataset.document["categories"]}

    def read(self, picture: int, answer: Any) -> Read:
        """What a parsed answer about a picture says. Raises what reading raises."""
        found: list[Result] = []
        unknown: list[str] = []
        for item, prediction in zip(as_list(answer["predictions"]), predictions_of(answer), strict=True):
            category = self._categories.get(_plain(prediction.label))
            if category is None:
                unknown.append(prediction.label)
            else:
                found.append(self._result(picture, category, item, prediction))
        return found, unknown

    def add(self, read: Read) -> None:
        """Take in what was read of one answer."""
        self.found += read[0]
        self.unknown.update(read[1])

    def _result(self, picture: int, category: int, item: Any, prediction: Prediction) -> Result:
        width, height = self._sizes[picture]
        sent = sent_size(width, height)
        scale = width / sent[0], height / sent[1]
        x0, y0, _, _ = prediction.corners
        result: Result = {
            "image_id": picture,
            "category_id": category,
            "score": prediction.confidence,
            "bbox": [x0 * scale[0], y0 * scale[1], prediction.width * scale[0], prediction.height * scale[1]],
        }
        if item.get("points") is not None or item.get("rle") is not None:
            result["segmentation"] = _mask(item, (width, height), scale)
        if prediction.keypoints:
            result["keypoints"] = list(_keypoints(self._keypoints[category], prediction, scale))
        return result


def _by_name(dataset: Dataset) -> dict[str, int]:
    """Categories by the name as it is compared. Of two of one name it is the one that more things are of.

    Roboflow's own exports name the data set as a category too, which then nothing is of.
    """
    things = Counter(each["category_id"] for each in dataset.document["annotations"])
    ordered = sorted(dataset.categories.items(), key=lambda each: things[each[0]])
    return {_plain(name): identifier for identifier, name in ordered}


def _plain(name: str) -> str:
    """A name as it is compared: case, spaces, hyphens and underscores decide nothing."""
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def _mask(item: Any, size: tuple[int, int], scale: Scale) -> dict[str, Any]:
    """The mask of a prediction as compressed run lengths of the annotated picture: width and height, px."""
    width, height = size
    encode = loaded().mask
    if item.get("rle") is not None:
        found = masks.from_rle(item["rle"]).astype(np.uint8)
        fitted = cv2.resize(found, (width, height), interpolation=cv2.INTER_NEAREST)
        return dict(encode.encode(np.asfortranarray(fitted)))
    outline = [
        as_number(each[name]) * by for each in as_list(item["points"]) for name, by in zip("xy", scale, strict=True)
    ]
    if len(outline) < 6:
        return dict(encode.encode(np.zeros((height, width), np.uint8, order="F")))
    return dict(encode.merge(encode.frPyObjects([outline], height, width)))


def _keypoints(names: list[str], prediction: Prediction, scale: Scale) -> Iterator[float]:
    """x, y and whether it is there, of each keypoint of the category in its order; by name, or else by number."""
    named = {_plain(point.name): point for point in prediction.keypoints if point.name}
    numbered = {point.identifier: point for point in prediction.keypoints}
    for index, name in enumerate(names):
        point = named.get(_plain(name)) if named else numbered.get(index)
        yield from (point.x * scale[0], point.y * scale[1], 1.0) if point else (0.0, 0.0, 0.0)
