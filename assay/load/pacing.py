"""Being woken at a stated time: by the kernel's own timer where there is one, by the event loop's elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from assay.load.clock import SECOND, KernelTimer, now


class Pacer(Protocol):
    """Wakes one caller, once for each time that is set. `precise` says whether it does so within 0.1 ms."""

    precise: bool

    def wake_at(self, at: int) -> None:
        """Call back at this time, in ns of our clock; at once where it has passed."""

    def close(self) -> None:
        """Wake nobody any more."""


class KernelPacer:
    """By a timerfd, which the event loop waits for as for a socket."""

    precise = True

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop, self._wake = loop, wake
        self._timer = KernelTimer()
        loop.add_reader(self._timer.fileno(), self._expired)

    def wake_at(self, at: int) -> None:
        """Call back at this time."""
        self._timer.arm(at)

    def _expired(self) -> None:
        self._timer.clear()
        self._wake()

    def close(self) -> None:
        """Give the timer back."""
        self._loop.remove_reader(self._timer.fileno())
        self._timer.close()


class LoopPacer:
    """By the event loop's own timers, which round to a millisecond and may be early: then it sets another."""

    precise = False

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self._loop, self._wake = loop, wake
        self._handle: asyncio.TimerHandle | None = None

    def wake_at(self, at: int) -> None:
        """Call back at this time."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop.call_later(max(at - now(), 0) / SECOND, self._expired, at)

    def _expired(self, at: int) -> None:
        if now() < at:
            self.wake_at(at)
        else:
            self._wake()

    def close(self) -> None:
        """Wake nobody any more."""
        if self._handle is not None:
            self._handle.cancel()


def pacer(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Pacer:
    """The best pacer that this system has."""
    try:
        return KernelPacer(loop, wake)
    except OSError:
        return LoopPacer(loop, wake)
