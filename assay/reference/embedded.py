"""The reference deployment as `assay check reference` starts it: with a key and models that are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from assay.reference.app import create_app
from assay.serving import running

KEY = "assay-embedded-key"
MODELS: Mapping[str, str] = {
    "object-detection": "shapes/1",
    "keypoint-detection": "figures/1",
    "segmentation": "hiera_tiny",
}


@contextmanager
def deployment() -> Iterator[str]:
    """Serve it on a free port of the loopback interface; yields its base URL."""
    with running(create_app(key=KEY)) as url:
        yield url
