"""The requests of a load as they are brought to load hosts: heads and bodies in one piece, known by its digest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import Final

from assay.load.hosts.frames import CHUNK
from assay.load.job import NOTHING, Prepared

LENGTH: Final = 8
"""Bytes that tell how long the heads are, which stand before the bodies."""


class Shipment:
    """One set of requests. It lies in the memory of nobody: the bodies are read from where they are, part by part."""

    def __init__(self, requests: Sequence[Prepared], bodies: int) -> None:
        heads = json.dumps([[one.head, one.start, one.size] for one in requests]).encode()
        self._first = len(heads).to_bytes(LENGTH, "big") + heads
        digest = hashlib.sha256()
        for part in self.parts(bodies):
            digest.update(part)
        self.digest = digest.hexdigest()

    def parts(self, bodies: int) -> Iterator[bytes]:
        """All of it; `bodies` is the descriptor of the file that holds them."""
        for start in range(0, len(self._first), CHUNK):
            yield self._first[start : start + CHUNK]
        at = 0
        while bodies != NOTHING and (part := os.pread(bodies, CHUNK, at)):
            at += len(part)
            yield part


def unpacked(file: int) -> tuple[Prepared, ...]:
    """The requests of a file into which all parts were written; where their bodies are is told within this file."""
    size = int.from_bytes(os.pread(file, LENGTH, 0), "big")
    before = LENGTH + size
    return tuple(
        Prepared(head, before + start, length) for head, start, length in json.loads(os.pread(file, size, LENGTH))
    )
