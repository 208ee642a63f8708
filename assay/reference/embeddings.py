"""What was looked at once is kept: pictures as the segmenter wants them, by version and name."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from assay.reference.decoding import Pixels

ENCODING = 0.04
"""Seconds. A real encoder takes from tens of milliseconds to seconds for a picture; so long is waited here, without
burning a core, so that a client can tell whether an embedding is used again."""
KEPT = 100
"""Embeddings for each version, as on open-source servers by default."""


@dataclass(frozen=True, slots=True)
class Embedding:
    """A picture that was looked at, under the name by which it is kept."""

    image_id: str
    pixels: Pixels


class Embeddings:
    """The cache of one version: the least recently used embedding is forgotten first.

    `encoded` counts the pictures that had to be looked at.
    """

    def __init__(self, kept: int = KEPT, encoding: float = ENCODING) -> None:
        self.encoded = 0
        self._kept = kept
        self._encoding = encoding
        self._cache: OrderedDict[str, Embedding] = OrderedDict()
        self._lock = Lock()

    def known(self, image_id: str | None) -> Embedding | None:
        """The embedding of that name, which is the most recently used one now."""
        with self._lock:
            if image_id is None or image_id not in self._cache:
                return None
            self._cache.move_to_end(image_id)
            return self._cache[image_id]

    def of(self, image_id: str | None, decoded: Callable[[], Pixels]) -> Embedding:
        """The embedding of that name: what is kept under it wins over the picture, which is not even decoded then.

        Without a name the picture gets one made of its pixels. Raises Refusal where it cannot be decoded.
        """
        found = self.known(image_id or None)
        if found is not None:
            return found
        pixels = decoded()
        name = image_id or name_of(pixels)
        return self.known(name) or self._encode(name, pixels)

    def _encode(self, name: str, pixels: Pixels) -> Embedding:
        time.sleep(self._encoding)
        made = Embedding(name, pixels)
        with self._lock:
            self.encoded += 1
            kept = self._cache.setdefault(name, made)  # whoever came first, while this one was made
            self._cache.move_to_end(name)
            while len(self._cache) > self._kept:
                self._cache.popitem(last=False)
        return kept


def name_of(pixels: Pixels) -> str:
    """40 hexadecimal digits, the same for pictures of the same size and pixels."""
    digest = hashlib.sha1(f"{pixels.shape}".encode(), usedforsecurity=False)
    digest.update(pixels.tobytes())
    return digest.hexdigest()
