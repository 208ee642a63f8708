"""A server that refuses URLs as one out of the box does, and judges the key at every call."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import TWO_URL, Case, hosted, posting
from ..normalise import PLATFORM
from . import lmm, owlv2, sam2

DETECTOR = "rig-animals/1"


def cases() -> Iterator[Case]:
    """Each operation with its key and then without, and URLs of every refused kind."""
    yield hosted("detection", DETECTOR)
    yield hosted("detection-no-key-after-load", DETECTOR, key=None)
    yield hosted("detection-wrong-key-after-load", DETECTOR, key="nope")
    yield hosted("detection-key-forbidden-after-load", DETECTOR, key="forbidden-key")
    for name, url in (
        ("http", TWO_URL),
        ("https-address", f"https://{PLATFORM}/img/two.jpg"),
        ("https-unknown-host", "https://no-such-host.example.com/two.jpg"),
        ("no-url", "two.jpg"),
    ):
        yield hosted(f"image-url-{name}", DETECTOR, None, image=url)
    for name, path, body in (
        ("lmm", lmm.PATH, lmm.BASE),
        ("sam2-segment", sam2.SEGMENT_PATH, sam2.SEGMENT),
        ("owlv2", owlv2.PATH, owlv2.BASE),
    ):
        yield posting(name, path, body)
        yield posting(f"{name}-no-key-after-load", path, body, api_key=...)
