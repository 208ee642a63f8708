"""POST /owlv2/infer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..case import JSON, KEY, TWO_URL, Case, image, posting

PATH = "/owlv2/infer"
RED = {"x": 120, "y": 90, "w": 160, "h": 120, "cls": "red"}
BLUE = {"x": 440, "y": 330, "w": 160, "h": 120, "cls": "blue"}
TINY = {"x": 600, "y": 470, "w": 4, "h": 4, "cls": "tiny"}  # overlaps no proposal enough
URL = {"type": "url", "value": TWO_URL}
BROKEN = {"type": "base64", "value": "!!!"}


def _examples(*boxes: dict[str, Any], of: Any = None) -> list[dict[str, Any]]:
    return [{"image": of or image(), "boxes": list(boxes)}]


BASE = {"api_key": KEY, "image": image(), "training_data": _examples(RED, BLUE), "confidence": 0.9}


def cases() -> Iterator[Case]:
    """Thresholds, examples, pictures, versions, broken bodies."""
    yield posting("plain", PATH, BASE)
    for confidence in (0.99, 0.5, 0, 1, 90, "abc"):
        yield posting(f"confidence-{confidence}", PATH, BASE, confidence=confidence)
    yield posting("confidence-null", PATH, BASE, confidence=None)
    yield posting("confidence-missing", PATH, BASE, confidence=...)
    yield from _training_data()
    yield posting("image-missing", PATH, BASE, image=...)
    yield posting("image-list", PATH, BASE, image=[image(), image("blank.jpg")])
    yield posting("image-empty-list", PATH, BASE, image=[])
    yield posting("image-without-value", PATH, BASE, image={"type": "base64"})
    yield posting("image-value-number", PATH, BASE, image={"type": "base64", "value": 7.5})
    yield posting("image-url", PATH, BASE, image=URL)
    yield posting("image-bad-base64", PATH, BASE, image=BROKEN)
    yield posting("visualize-predictions", PATH, BASE, visualize_predictions=True, visualization_labels=True)
    yield posting("unknown-version", PATH, BASE, owlv2_version_id="nope")
    yield posting("version-base", PATH, BASE, owlv2_version_id="owlv2-base-patch16-ensemble")
    yield Case("broken-json", "POST", PATH, JSON, text="{")
    yield Case("get", "GET", PATH)
    yield posting("key-in-query", f"{PATH}?api_key={KEY}", BASE, api_key=...)


def _training_data() -> Iterator[Case]:
    for name, examples in (
        ("single-class", _examples(RED)),
        ("negative-box", _examples(RED, BLUE | {"cls": "red", "negative": True})),
        ("box-matches-no-proposal", _examples(TINY, RED)),
        ("no-box-matches-a-proposal", _examples(TINY)),
        ("training-data-missing", ...),
        ("training-data-empty", []),
        ("training-boxes-empty", _examples()),
        ("box-without-class", _examples({"x": 1, "y": 1, "w": 5, "h": 5})),
        ("box-fractional", _examples(RED | {"x": 120.5})),
        ("box-negative-size", _examples(RED | {"w": -160})),
        ("training-image-url", _examples(RED, BLUE, of=URL)),
        ("training-image-without-value", _examples(RED, BLUE, of={"type": "base64"})),
        ("training-image-value-number", _examples(RED, BLUE, of={"type": "base64", "value": 7.5})),
        ("training-image-bad-base64", _examples(RED, BLUE, of=BROKEN)),
    ):
        yield posting(name, PATH, BASE, training_data=examples)
