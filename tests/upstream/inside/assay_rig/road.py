"""Semantic segmentation in DeepLabV3+'s layout: every pixel is background, road (red) or car (blue)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import helper

from . import package

SIDE = 256  # the network's input in pixels
CLASSES = ["background", "road", "car"]
WEIGHTS = ((0, 0, 0), (8, -4, -4), (-4, -4, 8))  # of R, G, B (0..1), for each class
BIAS = (3, 0, 0)


def make_road(folder: Path) -> None:
    """Logits of 1 x 3 x 256 x 256."""
    constants = [
        package.constant("weights", np.array(WEIGHTS, np.float32)[:, :, None, None]),
        package.constant("bias", np.array(BIAS, np.float32)),
    ]
    node = helper.make_node("Conv", ["images", "weights", "bias"], ["logits"], kernel_shape=[1, 1])
    shape = [1, 3, SIDE, SIDE]
    graph = package.graph("road", [node], constants, inputs=("images", shape), outputs=("logits", shape))
    package.write(folder, graph, CLASSES, package.inference_config(SIDE, {"type": "softmax", "fused": False}))
