"""The body of an embedding or a segmentation request, read and held to its schema."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.reference.errors import invalid
from assay.reference.fields import IMAGE_TYPES, Where, field, required, typed

FORMATS = ("json", "rle", "binary")
VERSIONS = ("hiera_tiny", "hiera_small", "hiera_b_plus", "hiera_large")
TEXTS = ("api_key", "image_id", "model_id", "id", "source", "source_info")
SWITCHES = ("multimask_output", "save_logits_to_cache", "load_logits_from_cache", "disable_model_monitoring")


@dataclass(frozen=True, slots=True)
class Point:
    """A point in px from the top left, on what is wanted (`positive`) or on what is not."""

    x: float
    y: float
    positive: bool


@dataclass(frozen=True, slots=True)
class BoxPrompt:
    """A box in px; x, y is its centre."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """Points, a box, both, or neither: the most prominent thing is meant then."""

    points: tuple[Point, ...] = ()
    box: BoxPrompt | None = None


@dataclass(frozen=True, slots=True)
class EmbedQuery:
    """The picture, and by which version and under which name it is to be kept. `image_type` is "url" or "base64"."""

    image_type: str
    image_value: str
    version: str
    image_id: str | None


@dataclass(frozen=True, slots=True)
class SegmentQuery:
    """What a segmentation request asks for."""

    picture: EmbedQuery
    prompts: tuple[Prompt, ...]
    format: str


def read_segment_body(body: Any) -> SegmentQuery:
    """Read the request's JSON; unknown fields are ignored. Raises Refusal 422 where it breaks the schema.

    `multimask_output` is checked and makes no difference: the segmenter is sure of its masks.
    """
    picture = read_embed_body(body)
    form = _one_of(body.get("format", "json"), FORMATS, ["body", "format"])
    prompts = _prompts(body["prompts"]) if "prompts" in body else ()
    return SegmentQuery(picture, prompts, form)


def read_embed_body(body: Any) -> EmbedQuery:
    """Read what embedding and segmentation requests share. Raises Refusal 422 where it breaks the schema."""
    if not isinstance(body, dict):
        raise invalid("model_type", ["body"], "Input should be a JSON object")
    image = required(body, "image", dict, "an object", ["body"])
    image_type = _one_of(field(image, "type", ["body", "image"]), IMAGE_TYPES, ["body", "image", "type"])
    value = required(image, "value", str, "a string", ["body", "image"])
    for name in TEXTS:
        if name in body:
            typed(body[name], str, "a string", ["body", name])
    for name in SWITCHES:
        if name in body:
            typed(body[name], bool, "a boolean", ["body", name])
    version = _one_of(body.get("sam2_version_id", VERSIONS[0]), VERSIONS, ["body", "sam2_version_id"])
    return EmbedQuery(image_type, value, version, body.get("image_id"))


def _prompts(value: Any) -> tuple[Prompt, ...]:
    """The prompts as `{"prompts": [P]}`, which is documented, or as `[P]` or `P`, which servers know too."""
    where: list[str | int] = ["body", "prompts"]
    if isinstance(value, list) and value:
        return tuple(_prompt(one, [*where, index]) for index, one in enumerate(value))
    wrapper = typed(value, dict, "an object", where)
    if "points" in wrapper or "box" in wrapper:
        return (_prompt(wrapper, where),)
    listed = required(wrapper, "prompts", list, "a list", where)
    return tuple(_prompt(one, [*where, "prompts", index]) for index, one in enumerate(listed))


def _prompt(value: Any, where: Where) -> Prompt:
    fields = typed(value, dict, "an object", where)
    if not fields:
        raise invalid("too_short", where, "Input should have points or a box")
    points: list[Any] = []
    if "points" in fields:
        points = required(fields, "points", list, "a list", where)
        if not points:
            raise invalid("too_short", [*where, "points"], "Input should have at least 1 item")
    return Prompt(
        tuple(_point(one, [*where, "points", index]) for index, one in enumerate(points)),
        _box(fields["box"], [*where, "box"]) if "box" in fields else None,
    )


def _point(value: Any, where: Where) -> Point:
    fields = typed(value, dict, "an object", where)
    x, y = (_number(fields, name, where) for name in ("x", "y"))
    return Point(x, y, required(fields, "positive", bool, "a boolean", where))


def _box(value: Any, where: Where) -> BoxPrompt:
    fields = typed(value, dict, "an object", where)
    x, y, width, height = (_number(fields, name, where) for name in ("x", "y", "width", "height"))
    for name, side in (("width", width), ("height", height)):
        if side <= 0:
            raise invalid("greater_than", [*where, name], "Input should be greater than 0")
    return BoxPrompt(x, y, width, height)


def _number(fields: Mapping[str, Any], name: str, where: Where) -> float:
    value = field(fields, name, where)
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
        raise invalid("float_type", [*where, name], "Input should be a valid number")
    return float(value)


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        return False


def _one_of(value: Any, allowed: Sequence[str], where: Where) -> str:
    if value not in allowed:
        raise invalid("enum", where, f"Input should be one of {', '.join(allowed)}")
    return str(value)
