"""How much memory a long load holds: ten minutes at 2,000 requests a second, on the timed server.

    python -m tests.benchmarks.long_load --minutes 10 --rate 2000

What is counted is the resident memory of this process and of those that send, pages that they share counted in each,
until the figures are taken and the measurement is judged. It ends in code 1 where that is more than 300 MB at any time,
or where a request failed; why the latencies cannot be relied upon is told, and does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from typing import Final

import psutil

from assay.load.figures import figures_of
from assay.load.schedule import Constant
from assay.load.validity import validity_of

from .against_others import load
from .timed import serving

BODY: Final = 100_000
MB: Final = 1e6
MOST: Final = 300
"""MB that may be held, however long the load is."""


class Resident(threading.Thread):
    """Looks every half second what this process and its children hold, but for the server; `most` is in bytes."""

    def __init__(self, server: int) -> None:
        super().__init__(daemon=True)
        self._server, self._over = server, threading.Event()
        self.most = 0

    def run(self) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, self._held())

    def _held(self) -> int:
        own = psutil.Process(os.getpid())
        held = 0
        for process in (own, *own.children(recursive=True)):
            if process.pid != self._server:
                try:
                    held += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
        return held

    def end(self) -> None:
        """Once more, and no more is looked at."""
        self._over.set()
        self.join()
        self.most = max(self.most, self._held())


def main(words: Sequence[str] | None = None) -> int:
    """Send the load, and say what was held. Returns 1 where that was too much, or a request failed; otherwise 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2000, help="requests a second")
    given = parser.parse_args(words)
    with serving() as server:
        resident = Resident(server.pid)
        resident.start()
        measured = load(server, "/delay?ms=5&size=1024", BODY, Constant(given.rate), given.minutes * 60)
        figures = figures_of(measured)
        validity = validity_of(measured, figures)  # as after every load of a benchmark
        resident.end()
    late = figures.queueing.at(0.99) if figures.queueing else None
    print(
        f"{figures.count:,} requests in {measured.seconds:.0f} s, {figures.rate.value:,.0f} answers/s, "
        f"errors {dict(figures.errors)}, sent late {late.value if late else float('nan'):.3f} ms at p99, "
        f"at most {resident.most / MB:.0f} MB held of the {MOST} that may be"
    )
    for doubt in validity.doubts:
        print(f"INVALID: {doubt.sentence}")
    sound = resident.most <= MOST * MB and not figures.errors and figures.count > 0
    print("holds" if sound else "DOES NOT HOLD")
    return int(not sound)


if __name__ == "__main__":
    sys.exit(main())
