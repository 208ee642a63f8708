"""One thread that waits for descriptors and for times, and calls who asked for them.

It does for one process of load what an event loop would, and nothing more, because all that it does between two
requests is taken from the requests. Times are ns of our clock. Where the kernel has a timer, it is waited for as a
descriptor; elsewhere the waiting itself ends at the time, which may round it to a millisecond.
"""

from __future__ import annotations

import heapq
import select
import selectors
from collections.abc import Callable
from typing import Final, Protocol

from assay.load.clock import SECOND, KernelTimer, now

IN: Final = 1
OUT: Final = 4
"""Bits of what is waited for and of what came, as epoll has them; others of what came stand for an error or the end."""
END: Final = 0x2000
"""The other side writes no more (EPOLLRDHUP)."""
MOST: Final = 64
"""Descriptors that are told of at once: the fewer, the sooner what is due has its turn."""
NEVER: Final = 2**63 - 1
Call = Callable[[], None]


def _nothing() -> None:
    pass


class Waiting(Protocol):
    """Waits for descriptors. `precise` says whether the waiting ends within 0.1 ms of the time that it is given.

    `tells_ends` says whether an end is told of along with what is still to be read before it.
    """

    precise: bool
    tells_ends: bool

    def watch(self, descriptor: int, events: int, before: int) -> None:
        """Wait for these events of a descriptor, and no more for those before; 0 is none."""

    def ready(self, until: int) -> list[tuple[int, int]]:
        """Descriptors with what they are ready for, once there is one or the time has come."""

    def close(self) -> None:
        """Give back what it holds."""


class KernelWaiting:
    """By epoll and a timerfd. Raises OSError or AttributeError where the system has neither."""

    precise = tells_ends = True

    def __init__(self) -> None:
        self._timer = KernelTimer()
        self._epoll = select.epoll()
        self._poll = self._epoll.poll
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)  # so it never has to be read
        self._set = NEVER

    def watch(self, descriptor: int, events: int, before: int) -> None:
        """Wait for these events of a descriptor, and for its end."""
        events |= END if events & IN else 0
        if not events:
            self._epoll.unregister(descriptor)
        elif before:
            self._epoll.modify(descriptor, events)
        else:
            self._epoll.register(descriptor, events)

    def ready(self, until: int) -> list[tuple[int, int]]:
        """What is ready; of the timer, which nobody watches, is told as well."""
        if until <= now():
            return self._poll(0, MOST)
        if until != self._set:
            self._timer.arm(until)
            self._set = until
        return self._poll(None, MOST)

    def close(self) -> None:
        """Give back the timer and the epoll."""
        self._epoll.close()
        self._timer.close()


class AnyWaiting:
    """By the best that `selectors` finds: on macOS, and wherever else there is no timerfd."""

    precise = tells_ends = False

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, descriptor: int, events: int, before: int) -> None:
        """Wait for these events of a descriptor."""
        kinds = (selectors.EVENT_READ if events & IN else 0) | (selectors.EVENT_WRITE if events & OUT else 0)
        if not events:
            self._selector.unregister(descriptor)
        elif before:
            self._selector.modify(descriptor, kinds)
        else:
            self._selector.register(descriptor, kinds)

    def ready(self, until: int) -> list[tuple[int, int]]:
        """What is ready, once there is something or the time has come."""
        patience = None if until == NEVER else max(until - now(), 0) / SECOND
        return [
            (key.fd, (IN if kinds & selectors.EVENT_READ else 0) | (OUT if kinds & selectors.EVENT_WRITE else 0))
            for key, kinds in self._selector.select(patience)
        ]

    def close(self) -> None:
        """Give it back."""
        self._selector.close()


def best_waiting() -> Waiting:
    """The most exact that this system has."""
    try:
        return KernelWaiting()
    except (OSError, AttributeError):
        return AnyWaiting()


class Reactor:
    """Calls what is ready and what is due, one after the other. What a call raises ends `run`."""

    def __init__(self, waiting: Waiting | None = None) -> None:
        self._waiting = waiting or best_waiting()
        self.precise, self.tells_ends = self._waiting.precise, self._waiting.tells_ends
        self.came = 0
        """What the descriptor that is being called for is ready for."""
        self._readers: dict[int, Call] = {}
        self._writers: dict[int, Call] = {}
        self._watched: dict[int, int] = {}
        self._gone: set[int] = set()
        self._due: list[tuple[int, int, Call]] = []
        self._number = 0
        self._last: Call = _nothing

    # Descriptors

    def on_readable(self, descriptor: int, call: Call) -> None:
        """Call whenever there is something to read, or an end or an error to find by reading."""
        self._readers[descriptor] = call
        self._watch(descriptor)

    def on_writable(self, descriptor: int, call: Call) -> None:
        """Call whenever something can be written."""
        self._writers[descriptor] = call
        self._watch(descriptor)

    def no_more_writable(self, descriptor: int) -> None:
        """Call no more when something can be written."""
        self._writers.pop(descriptor, None)
        self._watch(descriptor)

    def forget(self, descriptor: int) -> None:
        """Call no more for a descriptor: before it is closed, for its number may soon be another's."""
        self._readers.pop(descriptor, None)
        self._writers.pop(descriptor, None)
        self._watch(descriptor)
        self._gone.add(descriptor)

    def _watch(self, descriptor: int) -> None:
        before = self._watched.pop(descriptor, 0)
        events = (IN if descriptor in self._readers else 0) | (OUT if descriptor in self._writers else 0)
        if events != before:
            self._waiting.watch(descriptor, events, before)
        if events:
            self._watched[descriptor] = events

    # Times

    def at(self, when: int, call: Call) -> None:
        """Call once, not before this time."""
        self._number += 1
        heapq.heappush(self._due, (when, self._number, call))

    def after(self, seconds: float, call: Call) -> None:
        """Call once, not before so many seconds have passed."""
        self.at(now() + round(seconds * SECOND), call)

    def soon(self, call: Call) -> None:
        """Call once, when what is going on has returned."""
        self.at(now(), call)

    # Going on

    def after_each_round(self, call: Call) -> None:
        """Call whenever all that was ready at once has been called."""
        self._last = call

    def run(self, going: Callable[[], bool]) -> None:
        """Call what is ready and due, as long as this says so. It is asked after each round."""
        ready, readers, writers, gone, due = self._waiting.ready, self._readers, self._writers, self._gone, self._due
        while going():
            for descriptor, events in ready(due[0][0] if due else NEVER):
                if descriptor in gone:  # closed in this round, and what is told is of the one before
                    continue
                self.came = events
                if events & ~OUT and (call := readers.get(descriptor)):
                    call()
                if events & ~(IN | END) and (call := writers.get(descriptor)) and descriptor not in gone:
                    call()
            gone.clear()
            self._last()
            if due and due[0][0] <= now():
                self._call_due()

    def _call_due(self) -> None:
        """Call what is due by now; what these calls make due has its turn in the next round."""
        due, at = self._due, now()
        calls = []
        while due and due[0][0] <= at:
            calls.append(heapq.heappop(due)[2])
        for call in calls:
            call()

    def close(self) -> None:
        """Give back what the system holds for it."""
        self._waiting.close()
