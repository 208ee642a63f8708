"""The body of a request for detection by examples, read and held to its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.reference import fields
from assay.reference.fields import BODY, Where

VERSIONS = ("owlv2-large-patch14-ensemble", "owlv2-base-patch16-ensemble")
DEFAULT_CONFIDENCE = 0.99
TEXTS = ("api_key", "owlv2_version_id", "model_id", "id", "source", "source_info")
SWITCHES = ("visualize_predictions", "visualization_labels", "disable_model_monitoring")

Picture = tuple[str, str]
"""How a picture is given, "url" or "base64", and the address or the text."""


@dataclass(frozen=True, slots=True)
class ExampleBox:
    """A box in whole px about its centre (x, y), the name for what it shows, and whether that is not to be found."""

    x: int
    y: int
    width: int
    height: int
    label: str
    negative: bool

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """(x0, y0, x1, y1) in whole px, half-open; the half pixel of an odd side is put on its far end."""
        x0, y0 = self.x - self.width // 2, self.y - self.height // 2
        return x0, y0, x0 + self.width, y0 + self.height


@dataclass(frozen=True, slots=True)
class ExamplePicture:
    """A reference picture and its boxes."""

    picture: Picture
    boxes: tuple[ExampleBox, ...]


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """What a request asks for. `confidence` is a fraction; `stroke` is None where no drawing is wanted."""

    picture: Picture
    examples: tuple[ExamplePicture, ...]
    confidence: float
    version: str
    identifier: str | None
    stroke: int | None
    labels: bool

    @property
    def classes(self) -> list[str]:
        """The names of all examples in alphabetical order: a class's number is its place in it."""
        return sorted({box.label for example in self.examples for box in example.boxes})


def read_body(body: Any) -> ExampleQuery:
    """Read the request's JSON; unknown fields are ignored. Raises Refusal 422 where it breaks the schema."""
    given = fields.object_of(body, BODY)
    for name in TEXTS:
        if name in given:
            fields.text(given, name, BODY)
    for name in SWITCHES:
        if name in given:
            fields.typed(given[name], bool, "a boolean", [*BODY, name])
    wide = "visualization_stroke_width"
    stroke = fields.whole(given, wide, BODY, 1) if wide in given else 1
    return ExampleQuery(
        picture=fields.picture(given, BODY),
        examples=tuple(_example(one, where) for one, where in fields.items(given, "training_data", BODY)),
        confidence=fields.fraction(given, "confidence", BODY) if "confidence" in given else DEFAULT_CONFIDENCE,
        version=given.get("owlv2_version_id", VERSIONS[0]),
        identifier=given.get("id"),
        stroke=stroke if given.get("visualize_predictions") else None,
        labels=given.get("visualization_labels", False),
    )


def _example(value: Any, where: Where) -> ExamplePicture:
    given = fields.object_of(value, where)
    boxes = tuple(_box(fields.object_of(one, place), place) for one, place in fields.items(given, "boxes", where))
    return ExamplePicture(fields.picture(given, where), boxes)


def _box(given: Mapping[str, Any], where: Where) -> ExampleBox:
    return ExampleBox(
        x=fields.whole(given, "x", where),
        y=fields.whole(given, "y", where),
        width=fields.whole(given, "w", where, 1),
        height=fields.whole(given, "h", where, 1),
        label=fields.text(given, "cls", where),
        negative=fields.typed(given.get("negative", False), bool, "a boolean", [*where, "negative"]),
    )
