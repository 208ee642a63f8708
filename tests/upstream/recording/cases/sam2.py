"""POST /sam2/embed_image and /sam2/segment_image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..case import JSON, KEY, TWO_URL, Case, image, posting

EMBED_PATH, SEGMENT_PATH = "/sam2/embed_image", "/sam2/segment_image"
BROKEN = {"type": "base64", "value": "!!!"}
ON_RED: dict[str, Any] = {"x": 120, "y": 90, "positive": True}
ON_BLUE: dict[str, Any] = {"x": 440, "y": 330, "positive": True}
AROUND_RED = {"x": 120, "y": 90, "width": 160, "height": 120}
POINT: dict[str, Any] = {"points": [ON_RED]}


def _prompts(*prompts: dict[str, Any]) -> dict[str, Any]:
    return {"prompts": list(prompts)}


EMBED = {"api_key": KEY, "image": image(), "image_id": "two", "sam2_version_id": "hiera_tiny"}
SEGMENT = {
    "api_key": KEY,
    "image": image(),
    "image_id": "two",
    "prompts": _prompts(POINT),
    "sam2_version_id": "hiera_tiny",
}


def embed() -> Iterator[Case]:
    """Embedding; the first case loads the model."""
    yield posting("plain", EMBED_PATH, EMBED)
    yield posting("again", EMBED_PATH, EMBED)
    yield posting("no-image-id", EMBED_PATH, EMBED, image_id=...)
    yield posting("no-image-known-id", EMBED_PATH, EMBED, image=...)
    yield posting("no-image-unknown-id", EMBED_PATH, EMBED, image=..., image_id="never-seen")
    yield posting("bad-base64", EMBED_PATH, EMBED, image=BROKEN, image_id="broken")
    yield posting("unknown-version", EMBED_PATH, EMBED, sam2_version_id="hiera_nope")
    yield posting("default-version", EMBED_PATH, EMBED, sam2_version_id=...)
    yield Case("broken-json", "POST", EMBED_PATH, JSON, text="{")
    yield posting("image-number", EMBED_PATH, EMBED, image=5)
    yield Case("get", "GET", EMBED_PATH)


def segment() -> Iterator[Case]:
    """Segmentation of the picture that `embed` has left in the cache as "two", and of others."""
    yield posting("plain", SEGMENT_PATH, SEGMENT)
    yield posting("no-image-id", SEGMENT_PATH, SEGMENT, image_id=...)
    yield posting("multimask-off", SEGMENT_PATH, SEGMENT, multimask_output=False)
    yield from _prompt_cases()
    for name in ("json", "polygon", "rle", "binary"):
        yield posting(f"format-{name}", SEGMENT_PATH, SEGMENT, format=name)
    yield posting("format-unknown", SEGMENT_PATH, SEGMENT, format="bogus")
    for name in ("json", "rle", "binary"):
        two = {"format": name, "prompts": _prompts(POINT, {"points": [ON_BLUE]})}
        yield posting(f"two-prompts-multimask-off-{name}", SEGMENT_PATH, SEGMENT, multimask_output=False, **two)
    yield posting("blank-picture", SEGMENT_PATH, SEGMENT, image=image("blank.jpg"), image_id=...)
    yield posting("image-missing-known-id", SEGMENT_PATH, SEGMENT, image=...)
    yield posting("other-image-known-id", SEGMENT_PATH, SEGMENT, image=image("blank.jpg"))
    yield posting("bad-base64", SEGMENT_PATH, SEGMENT, image=BROKEN, image_id="broken")
    yield posting("image-without-value", SEGMENT_PATH, SEGMENT, image={"type": "base64"}, image_id="without-value")
    yield posting(
        "image-value-number", SEGMENT_PATH, SEGMENT, image={"type": "base64", "value": 7.5}, image_id="number"
    )
    yield posting("image-url", SEGMENT_PATH, SEGMENT, image={"type": "url", "value": TWO_URL}, image_id="by-url")
    yield posting("unknown-version", SEGMENT_PATH, SEGMENT, sam2_version_id="nope")
    yield Case("broken-json", "POST", SEGMENT_PATH, JSON, text="{")
    yield Case("get", "GET", SEGMENT_PATH)
    yield posting("no-key-after-load", SEGMENT_PATH, SEGMENT, api_key=...)
    yield posting("logits-cache", SEGMENT_PATH, SEGMENT, save_logits_to_cache=True, load_logits_from_cache=True)


def _prompt_cases() -> Iterator[Case]:
    minus = {"x": 440, "y": 330, "positive": False}
    for name, prompts in (
        ("two-prompts", _prompts(POINT, {"points": [ON_BLUE]})),
        ("two-points", _prompts({"points": [ON_RED, minus]})),
        ("box", _prompts({"box": AROUND_RED})),
        ("box-and-point", _prompts({"box": AROUND_RED, "points": [ON_RED]})),
        ("box-then-point", _prompts({"box": AROUND_RED}, POINT)),
        ("prompts-list", [POINT]),
        ("prompts-single", POINT),
        ("prompts-missing", ...),
        ("prompts-empty", _prompts()),
        ("prompts-null", None),
        ("prompt-empty", _prompts({})),
        ("point-without-positive", _prompts({"points": [{"x": 120, "y": 90}]})),
        ("point-text", _prompts({"points": [ON_RED | {"x": "abc"}]})),
        ("point-outside", _prompts({"points": [ON_RED | {"x": 9999, "y": -50}]})),
        (
            "unequal-points",
            _prompts(POINT, {"points": [ON_RED | {"x": 1, "y": 1}, minus | {"x": 5, "y": 5}]}),
        ),
    ):
        yield posting(name, SEGMENT_PATH, SEGMENT, prompts=prompts)
