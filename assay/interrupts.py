"""Ctrl-C. The first ends what is going on, as KeyboardInterrupt; a second must not break the ending.

It stands on the ground and imports next to nothing: it is there before anything else is read.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

INTERRUPTED = 130
"""The exit code of a process that was interrupted."""
SAME_WISH = 1.0
"""Seconds in which a second signal says no more than the first: `timeout` sends it to the process and to its group."""


class Interrupts:
    """What arrived of a signal, and its handler.

    The first is raised as KeyboardInterrupt, at once or when nobody holds it back any more; where it is lost on its
    way, as in a callback, `seen` still tells of it. Another one in the second after it is none. A later one leaves at
    once where `leave` is given, which cleans up and returns the sentence to end with; else it is raised again.
    """

    def __init__(self) -> None:
        self.leave: Callable[[], str] | None = None
        self._first: float | None = None
        self._holding = 0
        self._due = False

    @property
    def seen(self) -> bool:
        """Whether there was one."""
        return self._first is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take a signal."""
        now = time.monotonic()
        if self._first is None:
            self._first = now
        elif now - self._first < SAME_WISH:
            return
        elif self.leave is not None:
            leave_with(self.leave())
        if self._holding:
            self._due = True
        else:
            raise KeyboardInterrupt

    def hold(self) -> None:
        """Raise none until it is let go of again: what is being done is done as a whole, or is the ending itself."""
        self._holding += 1

    def let_go(self) -> None:
        """The opposite of `hold`. Raises KeyboardInterrupt where one was held back."""
        self._holding -= 1
        if self._due and not self._holding:
            self._due = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Raise none before the end of the block."""
        self.hold()
        try:
            yield
        finally:
            self.let_go()


@contextlib.contextmanager
def taken(*numbers: signal.Signals) -> Iterator[Interrupts]:
    """Take these signals while the block lasts, where nobody else has; inside another such block they are one.

    Outside the main thread, which alone hears signals, nothing is taken.
    """
    outer = signal.getsignal(signal.SIGINT)
    interrupts = outer if isinstance(outer, Interrupts) else Interrupts()
    hears = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in numbers if hears}
    free = [number for number, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
    for number in free:
        signal.signal(number, interrupts)
    try:
        yield interrupts
    finally:
        for number in free:
            signal.signal(number, before[number])


def raise_lost() -> None:
    """Raise KeyboardInterrupt where one was raised before and lost on its way, as in a callback of a library.

    For loops that ask one question after the other: without it, such a Ctrl-C would end none of them.
    """
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(handler, Interrupts) and handler.seen:
        raise KeyboardInterrupt


@contextlib.contextmanager
def blocked(*numbers: signal.Signals, whether: bool = True) -> Iterator[None]:
    """Have signals wait until the end of the block, and for ever in processes that are started in it.

    With `whether` false, the opposite: in the block they are heard, those too that waited.
    """
    if not hasattr(signal, "pthread_sigmask"):  # no terminal sends signals to whole groups there
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK if whether else signal.SIG_UNBLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_with(sentence: str) -> None:
    """End this process now, whatever it is doing, with one last line: below the one that a terminal shows."""
    above = "\n" if os.isatty(2) else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{above}assay: {sentence}\n".encode(errors="backslashreplace"))
    os._exit(INTERRUPTED)
