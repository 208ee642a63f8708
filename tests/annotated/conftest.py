"""A data set of random things, and answers about it: some right, some a little off, some of nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from assay.annotated.dataset import Dataset, dataset

CLASSES = ("dog", "Traffic light", "person")
NAMES = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
         "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
         "right_ankle")  # fmt: skip
SIZES = ((640, 480), (320, 240), (2560, 1440))
"""The last is larger than what is sent."""


@dataclass(frozen=True)
class Written:
    """A data set on disk, and its content."""

    annotations: Path
    folder: Path
    document: dict[str, Any]

    def read(self, sample: int = 1000, seed: int = 0) -> Dataset:
        return dataset(self.annotations, self.folder, sample, seed)


def corners(random: np.random.Generator, size: tuple[int, int]) -> list[float]:
    """x, y, width and height of a box within the picture."""
    width, height = (float(random.uniform(0.05, 0.4)) * side for side in size)
    return [float(random.uniform(0, size[0] - width)), float(random.uniform(0, size[1] - height)), width, height]


def hexagon(box: list[float]) -> list[float]:
    x, y, width, height = box
    around = [(0.25, 0), (0.75, 0), (1, 0.5), (0.75, 1), (0.25, 1), (0, 0.5)]
    return [value for across, down in around for value in (x + across * width, y + down * height)]


def skeleton(random: np.random.Generator, box: list[float]) -> list[float]:
    """x, y and visibility of each keypoint; some are not annotated."""
    x, y, width, height = box
    found: list[float] = []
    for _ in NAMES:
        seen = int(random.choice([0, 1, 2]))
        place = (x + width * random.random(), y + height * random.random()) if seen else (0.0, 0.0)
        found += [float(place[0]), float(place[1]), seen]
    return found


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Twelve pictures of three sizes with up to six things each; the last category is one that nothing is of."""
    random = np.random.default_rng(3)
    images, annotations = list[dict[str, Any]](), list[dict[str, Any]]()
    folder = tmp_path / "pictures"
    (folder / "train").mkdir(parents=True)
    for number in range(12):
        width, height = SIZES[number % 3]
        name = f"train/{number:03}.png"
        cv2.imwrite(str(folder / name), np.full((height, width, 3), 10 * number, np.uint8))
        images.append({"id": 100 + number, "file_name": name, "width": width, "height": height})
        for _ in range(int(random.integers(0, 7))):
            box = corners(random, (width, height))
            points = skeleton(random, box)
            annotations.append({
                "id": len(annotations) + 1, "image_id": 100 + number, "category_id": int(random.integers(1, 4)),
                "bbox": box, "area": box[2] * box[3] * 0.75, "segmentation": [hexagon(box)], "iscrowd": 0,
                "keypoints": points, "num_keypoints": sum(1 for each in points[2::3] if each),
            })  # fmt: skip
    categories = [{"id": 1 + index, "name": name, "keypoints": list(NAMES)} for index, name in enumerate(CLASSES)]
    document = {
        "images": images,
        "annotations": annotations,
        "categories": [*categories, {"id": 9, "name": "cat"}],
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(document))
    return Written(path, folder, document)
