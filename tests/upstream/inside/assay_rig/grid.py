"""The detectors: an 8 x 8 grid over the picture, each cell scored by how red or how blue it is on average.

Red is class 0, blue class 1. A cell that scores is a box of fixed size around the cell's centre (keypoints
at fixed places of the box). So answers depend on the picture, sit where the paint is, and never vary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import GraphProto, helper

from . import package

SIDE, GRID = 640, 8  # the network's input in pixels, and the cells along it
CELL, CELLS = SIDE // GRID, GRID * GRID
COLOURS = (
    (0.93, -0.465, -0.465),
    (-0.44, -0.44, 0.88),
)  # weights of R, G, B (0..1): red, blue; both give < 1
SUPPRESSION = {"type": "nms", "fused": False}


@dataclass(frozen=True, slots=True)
class Keypoint:
    """A point of every box: its offset from the centre in parts of the box, and its fixed confidence."""

    name: str
    dx: float
    dy: float
    confidence: float


KEYPOINTS = (
    Keypoint("nose", 0, -0.4, 0.97),
    Keypoint("left_shoulder", -0.25, -0.15, 0.88),
    Keypoint("right_shoulder", 0.25, -0.15, 0.81),
    Keypoint("left_hip", -0.2, 0.3, 0.34),
    Keypoint("right_hip", 0.2, 0.3, 0.02),
)
EDGES = ((0, 1), (0, 2), (1, 3), (2, 4))


def detector(classes: int, box: tuple[int, int], keypoints: Sequence[Keypoint] = ()) -> GraphProto:
    """YOLOv8's layout: 1 x (4 + classes + 3 per keypoint) x cells; boxes are centre and size in pixels."""
    rows, columns = np.divmod(np.arange(CELLS), GRID)
    x, y = (columns + 0.5) * CELL, (rows + 0.5) * CELL
    boxes = np.stack([x, y, np.full(CELLS, box[0]), np.full(CELLS, box[1])]).astype(np.float32)[None]
    constants = [
        package.constant("boxes", boxes),
        package.constant("colours", np.array(COLOURS[:classes], np.float32)[:, :, None, None]),
        package.constant("zero", np.float32(0)),
        package.constant("one", np.float32(1)),
        package.constant("shape", np.array([1, classes, CELLS], np.int64)),
    ]
    nodes = [
        helper.make_node("AveragePool", ["images"], ["cells"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Conv", ["cells", "colours"], ["raw"], kernel_shape=[1, 1]),
        helper.make_node("Clip", ["raw", "zero", "one"], ["clipped"]),
        helper.make_node("Reshape", ["clipped", "shape"], ["scores"]),
    ]
    parts = ["boxes", "scores"]
    if keypoints:
        points = [
            line
            for point in keypoints
            for line in (x + point.dx * box[0], y + point.dy * box[1], np.full(CELLS, point.confidence))
        ]
        constants.append(package.constant("points", np.stack(points).astype(np.float32)[None]))
        parts.append("points")
    nodes.append(helper.make_node("Concat", parts, ["output0"], axis=1))
    channels = 4 + classes + 3 * len(keypoints)
    return package.graph(
        "grid",
        nodes,
        constants,
        inputs=("images", [1, 3, SIDE, SIDE]),
        outputs=("output0", [1, channels, CELLS]),
    )


def make_animals(folder: Path) -> None:
    """Object detection: dog is red, cat is blue."""
    config = package.inference_config(SIDE, SUPPRESSION)
    package.write(folder, detector(2, (150, 110)), ["dog", "cat"], config)


def make_people(folder: Path) -> None:
    """Keypoint detection: a person is red, and has five keypoints."""
    names = {str(index): point.name for index, point in enumerate(KEYPOINTS)}
    edges = [{"from": start, "to": end} for start, end in EDGES]
    metadata = [{"object_class_id": 0, "keypoints": names, "edges": edges}]
    config = package.inference_config(SIDE, SUPPRESSION)
    package.write(folder, detector(1, (100, 160), KEYPOINTS), ["person"], config, keypoints_metadata=metadata)
