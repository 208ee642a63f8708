"""Asking another machine and being answered, over a bus on which everybody speaks at once."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator
from typing import Any, Final

from assay.load.hosts.bus import Bus
from assay.load.hosts.frames import CHUNK, Frame

PATIENCE: Final = 60.0
"""Seconds that an answer may take; whoever is gone is noticed much sooner."""
ANSWER: Final = "answer"
PROBLEM: Final = "problem"
"""In an answer: why what was asked for cannot be."""


class Gone(Exception):
    """The other side is not there any more, for the reason that is said."""


class Refused(Gone):
    """The other side is there, and cannot do what it was asked for."""


class Line:
    """To one of the others. Whoever reads the bus hands on the answers that came, by `take`."""

    def __init__(self, bus: Bus, peer: str) -> None:
        self._bus, self._peer = bus, peer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.Queue[Frame | None]] = {}
        self._lock = threading.Lock()
        self._gone = ""

    def tell(self, kind: str, body: bytes = b"", **head: Any) -> None:
        """Say something that is not answered."""
        self._bus.send(self._peer, {"kind": kind, **head}, body)

    def ask(self, kind: str, body: bytes = b"", **head: Any) -> Frame:
        """Say something, and wait for the answer. Raises Gone, and Refused where it is that it cannot be done."""
        answers: queue.Queue[Frame | None] = queue.Queue()
        with self._lock:
            if self._gone:
                raise Gone(self._gone)
            number = next(self._numbers)
            self._waiting[number] = answers
        try:
            self.tell(kind, body, n=number, **head)
            answer = answers.get(timeout=PATIENCE)
        except queue.Empty:
            raise Gone(f"it did not answer for {PATIENCE:g} s") from None
        finally:
            del self._waiting[number]
        if answer is None:
            raise Gone(self._gone)
        if why := answer.head.get(PROBLEM):
            raise Refused(str(why))
        return answer

    def bring(self, kind: str, parts: Iterator[bytes], **head: Any) -> None:
        """Say something long, part by part: the next one once it is known that the one before has come. Raises Gone."""
        for part in parts:
            self.ask(kind, part, **head)

    def answer(self, asked: Frame, body: bytes = b"", **head: Any) -> None:
        """Answer what was asked."""
        self._bus.send(self._peer, {"kind": ANSWER, "n": asked.head.get("n"), **head}, body)

    def take(self, answer: Frame) -> None:
        """An answer has come; one that nobody waits for any more is let go."""
        waiting = self._waiting.get(answer.head.get("n", 0))
        if waiting is not None:
            waiting.put(answer)

    def hang_up(self, why: str) -> None:
        """Whoever waits is told that no answer will come."""
        with self._lock:
            self._gone = self._gone or why
            waiting = list(self._waiting.values())
        for each in waiting:
            each.put(None)


def parts_of(content: bytes | memoryview) -> Iterator[bytes]:
    """Something long in parts; one at least."""
    for start in range(0, max(len(content), 1), CHUNK):
        yield bytes(content[start : start + CHUNK])
