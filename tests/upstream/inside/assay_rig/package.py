"""Writes ONNX models in the layout of a Roboflow model package: weights, class names, configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8


def constant(name: str, value: ArrayLike) -> onnx.TensorProto:
    """A named constant of a graph, of the array's own type."""
    return numpy_helper.from_array(np.asarray(value), name)


def graph(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    *,
    inputs: tuple[str, list[int]],
    outputs: tuple[str, list[int]],
) -> onnx.GraphProto:
    """A graph with one float input and one float output, each a name and a shape."""
    ends = [helper.make_tensor_value_info(title, TensorProto.FLOAT, shape) for title, shape in (inputs, outputs)]
    return helper.make_graph(list(nodes), name, ends[:1], ends[1:], list(constants))


def inference_config(side: int, post_processing: Mapping[str, Any]) -> dict[str, Any]:
    """How the server prepares pictures: upright, stretched to side x side pixels, RGB, scaled to 0..1."""
    return {
        "image_pre_processing": {"auto-orient": {"enabled": True}},
        "network_input": {
            "training_input_size": {"height": side, "width": side},
            "dynamic_spatial_size_supported": False,
            "color_mode": "rgb",
            "resize_mode": "stretch",
            "input_channels": 3,
            "scaling_factor": 255,
        },
        "forward_pass": {"static_batch_size": 1},
        "post_processing": dict(post_processing),
    }


def write(
    folder: Path,
    model_graph: onnx.GraphProto,
    classes: Sequence[str],
    config: Mapping[str, Any],
    **extra: Any,
) -> None:
    """Writes the package; every extra keyword becomes a JSON file of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(model_graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="assay-rig")
    model.ir_version = IR_VERSION  # what the server's onnxruntime reads
    onnx.checker.check_model(model)
    onnx.save(model, folder / "weights.onnx")
    (folder / "class_names.txt").write_text("\n".join(classes))
    for name, content in {"inference_config": config, **extra}.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1))
