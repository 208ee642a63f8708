"""A sample of answers that is kept whole, spread evenly over however long a load takes, in bounded memory."""

from __future__ import annotations

import base64
from typing import Any, Final

from assay.load.columns import Failure
from assay.load.exchange import Exchange

FIRST_GAP: Final = 50_000_000
"""ns between two answers that are wanted, at first."""
MOST_BYTES: Final = 32_000_000


class Sample:
    """Up to `most` answers. When there are more, every other is dropped, and from then on half as many are wanted."""

    def __init__(self, most: int) -> None:
        self._most, self._gap, self._next, self._bytes = most, FIRST_GAP, 0, 0
        self._kept: list[tuple[int, Exchange]] = []

    def wants(self, at: int) -> bool:
        """Whether the answer to a request that is sent at this time, ns, is to be kept."""
        if not self._most or at < self._next:
            return False
        self._next = at + self._gap
        return True

    def offer(self, row: int, exchange: Exchange) -> None:
        """Keep an answer if it was wanted and came well."""
        if exchange.pieces is None or exchange.failure is not Failure.NONE:
            return
        self._kept.append((row, exchange))
        self._bytes += exchange.size
        while len(self._kept) > self._most or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._kept = self._kept[::2]
            self._bytes = sum(one.size for _, one in self._kept)
            self._gap *= 2

    def told(self) -> list[dict[str, Any]]:
        """What was kept, as the worker tells it: the row, and the answer with its body in base64."""
        return [
            {
                "row": row, "request": one.request, "status": one.status,
                "headers": [(name.decode("latin-1"), value.decode("latin-1")) for name, value in one.headers or []],
                "body": base64.b64encode(b"".join(one.pieces or [])).decode(),
            }
            for row, one in self._kept
        ]  # fmt: skip
