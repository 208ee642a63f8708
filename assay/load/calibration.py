"""How wrong this client is, on this machine, now: it measures a server of which each service time is known."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from assay.load.endpoint import Endpoint, Wire
from assay.load.figures import MS, ErrorBound
from assay.load.plan import Measurement, Plan
from assay.load.processes import sink
from assay.load.rows import Rows
from assay.load.running import measure
from assay.load.schedule import Closed, Poisson

SECONDS: Final = 2.0
RATE, SERVICE_MS, BODY = 200.0, 5, 100_000
WITHOUT_STAMPS: Final = (0.3, 1.0)
"""ms at p50 and p99 by which a client without the kernel's stamps may be wrong under load, however it calibrates."""
SHARE_FOR_SPEED: Final = 0.25
CLIENTS_FOR_SPEED: Final = 32


@dataclass(frozen=True, slots=True)
class Calibration:
    """What this client can do. Errors are reported minus true latencies, in ms; `late` is p99 of sending after time."""

    bound: ErrorBound
    count: int
    error_p50: float
    error_p99: float
    late_p99: float
    fastest: float
    """Requests a second, at least, that one worker sends with bodies of 100 KB: the server built in gave no more."""

    @property
    def sentence(self) -> str:
        """What it comes to, for whoever reads the figures."""
        return self.sentence_of("this client")

    def sentence_of(self, who: str) -> str:
        """The same of somebody else."""
        by = "the kernel's receive stamps" if self.bound.kernel_stamps else "its own clock alone, no kernel stamps here"
        return (
            f"{who} is wrong by up to {self.bound.p50:.2f} ms at p50 and {self.bound.p99:.2f} ms at p99, sends "
            f"{self.late_p99:.2f} ms late at p99, and {self.fastest:,.0f} requests/s or more from one core; "
            f"it times by {by}"
        )


def calibrate(seconds: float = SECONDS, stamps: bool = True, seed: int = 0) -> Calibration:
    """Measure the server that is built in, for so many seconds. Raises UsageProblem, and Fault where none starts."""
    with sink() as port:
        endpoint = Endpoint("127.0.0.1", port, socket.AF_INET, ("127.0.0.1", port), local=True)
        timed = measure(_plan(Poisson(RATE), SERVICE_MS, seconds, stamps, seed), endpoint)
        fast = measure(_plan(Closed(CLIENTS_FOR_SPEED), 0, seconds * SHARE_FOR_SPEED, stamps, seed), endpoint)
    return calibration_of(timed, len(fast.rows.good) / fast.seconds)


def _plan(load: Poisson | Closed, service_ms: int, seconds: float, stamps: bool, seed: int) -> Plan:
    head = f"POST /delay?ms={service_ms}&size=1024 HTTP/1.1\r\nHost: calibration\r\nContent-Length: {BODY}\r\n\r\n"
    return Plan((Wire(head.encode(), b"x" * BODY),), load, seconds, seed=seed, stamps=stamps, timeout=10.0, window=0.1)


def calibration_of(timed: Measurement, fastest: float) -> Calibration:
    """What a measurement of the server tells, in which it stated for each request what it took."""
    rows = timed.measured.good
    if not len(rows):  # nothing came back: nothing is known
        return Calibration(ErrorBound(inf, inf, timed.kernel_stamps), 0, inf, inf, inf, fastest)
    error, late = errors_of(rows), (rows["sent"] - rows["intended"]) / MS
    p50, p99 = (float(np.quantile(np.abs(error), share)) for share in (0.5, 0.99))
    if not timed.kernel_stamps:
        p50, p99 = max(p50, WITHOUT_STAMPS[0]), max(p99, WITHOUT_STAMPS[1])
    return Calibration(
        ErrorBound(p50, p99, timed.kernel_stamps), len(rows), float(np.quantile(error, 0.5)),
        float(np.quantile(error, 0.99)), float(np.quantile(late, 0.99)), fastest,
    )  # fmt: skip


def errors_of(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Reported minus true latency in ms, of each request to the server that is built in."""
    return np.asarray((rows["last"] - rows["sent"]) / MS - rows["stated"] / 1e3, np.float64)
