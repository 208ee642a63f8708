"""The reference deployment as `assay check reference` starts it: with a key and models that are known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

KEY = "assay-embedded-key"
STOP_TIMEOUT = 10.0
"""Seconds that the process gets to end."""
MODELS: Mapping[str, str] = {
    "object-detection": "shapes/1",
    "keypoint-detection": "figures/1",
    "semantic-segmentation": "regions/1",
    "instance-segmentation": "outlines/1",
    "classification": "kinds/1",
    "segmentation": "hiera_tiny",
    "owlv2": "owlv2-large-patch14-ensemble",
    "florence-2": "florence-2-base",
}


@contextmanager
def deployment() -> Iterator[str]:
    """Serve it on a free port of the loopback interface; yields its base URL.

    It runs in a process of its own: whoever judges it computes at the same time. The process ends with the block, and
    by itself when this one is gone. Raises RuntimeError where it does not start.
    """
    command = [sys.executable, "-P", "-m", "assay.reference"]  # -P: no module of the folder that a user stands in
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the embedded deployment did not start")
        yield url
    finally:
        process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
