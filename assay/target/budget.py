"""How many requests may still be sent: the user's bound, over all processes that send."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from assay.errors import BudgetSpent


class Budget:
    """Counts requests, against a limit where there is one. Safe to use from several threads.

    With a `ledger`, a file in which each request is one byte, several processes share what is left: appending tells
    each of them which byte was its own.
    """

    def __init__(self, limit: int | None, spent: int = 0, ledger: Path | None = None) -> None:
        self._limit = limit
        self._spent = spent
        self._ledger = ledger
        self._lock = threading.Lock()

    @property
    def spent(self) -> int:
        """The number of requests so far, of all who share the ledger."""
        with self._lock:
            counted = self._spent if self._ledger is None else _size(self._ledger, otherwise=self._spent)
        return counted if self._limit is None else min(counted, self._limit)

    def spend(self) -> None:
        """Count one request. Raises BudgetSpent when there is none left."""
        with self._lock:
            number = self._next()
        if self._limit is not None and number > self._limit:
            raise BudgetSpent(f"the budget of {self._limit} requests is spent; raise --max-requests to check more")

    def share(self, ledger: Path) -> None:
        """From now on count in a file, with what was spent until now in it. Raises OSError."""
        with self._lock:
            ledger.write_bytes(b"." * self._spent)
            self._ledger = ledger

    def _next(self) -> int:
        self._spent += 1
        if self._ledger is None:
            return self._spent
        ledger = os.open(self._ledger, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(ledger, b".")
            return os.lseek(ledger, 0, os.SEEK_CUR)
        finally:
            os.close(ledger)


def _size(ledger: Path, otherwise: int) -> int:
    """How much stands in the file; `otherwise` where it is gone, for the run is over."""
    try:
        return ledger.stat().st_size
    except OSError:
        return otherwise
