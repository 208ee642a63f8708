"""The query of the hosted model route, read as its document states it.

What only the open-source server knows is read too where it means something here, and otherwise only checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from assay.reference.errors import invalid

FORMATS = ("json", "image", "image_and_json")
DECODING = ("accurate", "fast", "tradeoff")  # no effect here: masks are as exact as can be
SWITCHES = (  # no effect here, but a value that is no boolean is refused all the same
    "disable_preproc_contrast",
    "disable_preproc_grayscale",
    "disable_preproc_static_crop",
    "disable_active_learning",
    "disable_model_monitoring",
)
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MAX_STROKE = 1000  # px; wider than the pictures are, and OpenCV has a limit of its own


@dataclass(frozen=True, slots=True)
class HostedQuery:
    """What a request to a model asks for.

    `confidence`, `overlap` and `keypoint_confidence` are fractions, `stroke` is in px, `classes` is None
    for all. `across_classes` suppresses boxes of other classes too; `name` is what the inference is called. `masks` is
    the form of masks, "polygon" or "rle".
    """

    classes: frozenset[str] | None = None
    confidence: float = 0.4
    overlap: float = 0.3
    stroke: int = 1
    labels: bool = False
    format: str = "json"
    keypoint_confidence: float = 0.0
    max_detections: int = 300
    auto_orient: bool = True
    across_classes: bool = False
    name: str | None = None
    masks: str = "polygon"


def read_query(query: Mapping[str, str]) -> HostedQuery:
    """Read the parameters; unknown ones are ignored. Raises Refusal 422 for a value that is not allowed."""
    names = [name.strip() for name in query.get("classes", "").split(",")]
    wanted = frozenset(name for name in names if name)
    for name in SWITCHES:
        _boolean(query, name)
    _one_of(query, "image_type", "base64", ("base64",))
    _one_of(query, "mask_decode_mode", DECODING[0], DECODING)
    _number(query, "tradeoff_factor", 0, 1)
    return HostedQuery(
        classes=wanted or None,
        confidence=_number(query, "confidence", 40, 100) / 100,
        overlap=_number(query, "overlap", 30, 100) / 100,
        stroke=min(_count(query, "stroke", 1), _MAX_STROKE),
        labels=_boolean(query, "labels"),
        format=_one_of(query, "format", "json", FORMATS),
        keypoint_confidence=_number(query, "keypoint_confidence", 0, 1),
        max_detections=_count(query, "max_detections", 300),
        auto_orient=not _boolean(query, "disable_preproc_auto_orient"),
        masks=_one_of(query, "response_mask_format", "polygon", ("polygon", "rle")),
    )


def _number(query: Mapping[str, str], name: str, default: float, high: float) -> float:
    """A number from 0 to `high`."""
    text = query.get(name, str(default))
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if math.isnan(value):
        raise invalid("float_parsing", ["query", name], "Input should be a valid number")
    if not 0 <= value <= high:
        raise invalid("range", ["query", name], f"Input should be from 0 to {high:g}")
    return value


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from 1 on."""
    text = query.get(name, str(default))
    if not _INTEGER.fullmatch(text):
        raise invalid("int_parsing", ["query", name], "Input should be a valid integer")
    value = int(text[:1000])  # int() refuses thousands of digits; that many are as good as infinity
    if value < 1:
        raise invalid("greater_than_equal", ["query", name], "Input should be at least 1")
    return value


def _one_of(query: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, default)
    if value not in allowed:
        raise invalid("enum", ["query", name], f"Input should be one of {', '.join(allowed)}")
    return value


def _boolean(query: Mapping[str, str], name: str) -> bool:
    value = query.get(name, "false").lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise invalid("bool_parsing", ["query", name], "Input should be a valid boolean")
