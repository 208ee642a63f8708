"""Time, in ns: one monotonic clock, the kernel's stamps on it, and a timer that wakes when it says.

Everything is on the clock of `time.perf_counter_ns`, which is CLOCK_MONOTONIC on Linux. The kernel stamps what it
receives by CLOCK_REALTIME, which is set and slewed: `Realtime` says from time to time how far the two are apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import struct
import sys
import time
from typing import Final

now = time.perf_counter_ns

SECOND: Final = 1_000_000_000
STAMPS: Final = 35
"""SO_TIMESTAMPNS, and SCM_TIMESTAMPNS in what `recvmsg` tells, on Linux of 64 bits."""
STAMP_ROOM: Final = 64
"""bytes of ancillary data that hold a stamp."""
_TIMESPEC: Final = struct.Struct("@qq")
_SOCKET: Final = socket.SOL_SOCKET
_TRIES: Final = 5


def unix_time(at: int) -> float:
    """A time of our clock as seconds since 1970."""
    return time.time() - (now() - at) / SECOND


def kernel_stamps() -> bool:
    """Whether the kernel says when a segment of TCP came in: on Linux of 64 bits."""
    return sys.platform == "linux" and sys.maxsize > 2**32


def stamp_received(connection: socket.socket) -> bool:
    """Have the kernel stamp what this socket receives. Returns whether it does."""
    if not kernel_stamps():
        return False
    try:
        connection.setsockopt(socket.SOL_SOCKET, STAMPS, 1)
    except OSError:
        return False
    return True


def stamp_of(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """The stamp in the ancillary data of one `recvmsg`: ns since 1970, of the last segment that it read."""
    for level, kind, data in ancillary:
        if kind == STAMPS and level == _SOCKET and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return int(seconds * SECOND + nanoseconds)
    return None


class Realtime:
    """How far CLOCK_REALTIME is ahead of our clock. `drift` is what the distance has changed by, at most, in ns."""

    def __init__(self) -> None:
        self.ahead = self._measured()
        self.drift = 0

    def measure(self) -> None:
        """Measure again: once a second is often, for a clock is slewed by 0.5 ms in a second at most."""
        before, self.ahead = self.ahead, self._measured()
        self.drift = max(self.drift, abs(self.ahead - before))

    @staticmethod
    def _measured() -> int:
        """The distance by the tightest of a few readings between two of our clock."""
        best = None
        for _ in range(_TRIES):
            first, real, last = now(), time.time_ns(), now()
            if best is None or last - first < best[0]:
                best = (last - first, real - (first + last) // 2)
        assert best is not None
        return best[1]


class _Seconds(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Seconds), ("value", _Seconds))


class KernelTimer:
    """A timerfd: it wakes within 0.1 ms, where waiting for so long takes up to 1 ms more. Raises OSError elsewhere."""

    _MONOTONIC, _NONBLOCK, _ABSOLUTE = 1, 0o4000, 1

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(self._library, "timerfd_create"):
            raise OSError("this system has no timerfd")
        self._descriptor = self._library.timerfd_create(self._MONOTONIC, self._NONBLOCK)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return int(self._descriptor)

    def arm(self, at: int) -> None:
        """Wake at this time."""
        value = self._setting.value
        value.seconds, value.nanoseconds = divmod(max(at, 1), SECOND)  # 0 would disarm it
        self._library.timerfd_settime(self._descriptor, self._ABSOLUTE, ctypes.byref(self._setting), None)

    def clear(self) -> None:
        """Take note of having been woken."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._descriptor, 8)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._descriptor)
