"""The reference deployment as `assay check reference` starts it: with a key and models that are known."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import IO

KEY = "assay-embedded-key"
MODELS: Mapping[str, str] = {
    "object-detection": "shapes/1",
    "keypoint-detection": "figures/1",
    "semantic-segmentation": "regions/1",
    "instance-segmentation": "outlines/1",
    "classification": "kinds/1",
    "multi-label-classification": "labels/1",
    "segmentation": "hiera_tiny",
    "owlv2": "owlv2-large-patch14-ensemble",
    "florence-2": "florence-2-base",
}


class Started:
    """A deployment that was started, and may not serve yet."""

    def __init__(self, process: subprocess.Popen[str], said: IO[bytes]) -> None:
        self._process, self._said = process, said

    @cached_property
    def url(self) -> str:
        """Its base URL, as soon as it serves. Raises RuntimeError where it does not start."""
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        if not url:
            self._said.seek(0)
            told = self._said.read()[-500:].decode(errors="replace")
            raise RuntimeError(f"the embedded deployment did not start: {told}")
        return url


@contextmanager
def deployment() -> Iterator[str]:
    """Serve it on a free port of the loopback interface; yields its base URL.

    It runs in a process of its own: whoever judges it computes at the same time. The process ends with the block, and
    by itself when this one is gone. Raises RuntimeError where it does not start.
    """
    with starting(1) as (started,):
        yield started.url


@contextmanager
def starting(number: int) -> Iterator[list[Started]]:
    """So many of them, started all at once while the caller does something else. They end with the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(_deployment()) for _ in range(number)]


@contextmanager
def _deployment() -> Iterator[Started]:
    with tempfile.TemporaryFile() as said, _started(said) as process:  # libraries complain there of what is no picture
        yield Started(process, said)


@contextmanager
def _started(said: IO[bytes]) -> Iterator[subprocess.Popen[str]]:
    """The process, whose errors go into a file; it ends with the block."""
    command = [sys.executable, "-P", "-m", "assay.reference"]  # -P: no module of the folder that a user stands in
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=said, text=True, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.kill()  # it holds nothing that has to be brought to an end, and a graceful one takes seconds
        process.wait()
        process.stdout.close()
