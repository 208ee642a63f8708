"""The figures of a measurement: what they are called, which way is better, which decide in each scenario."""

from __future__ import annotations

import re
from typing import Final

from assay.record import Scenario

RATE: Final = "rate"
OFFERED: Final = "offered"
"""Requests a second that became due in an open load: what the draw made of the rate that was asked for."""
ENERGY: Final = "energy.per-inference"
IDLE_ENERGY: Final = "energy.idle"
"""Of the energy of an inference, what the GPUs would have drawn without any."""
COST: Final = "cost.per-1000"
CREDITS: Final = "credits.per-1000"
ERRORS: Final = "errors"
"""Not a figure of the record: the share of requests that failed."""

DECIDING: Final = {
    Scenario.SINGLE_STREAM: ("response.p50", "response.p90"),
    Scenario.MULTI_STREAM: ("response.p50", "response.p99"),
    Scenario.SERVER: ("response.p50", "response.p99", RATE),
    Scenario.OFFLINE: (RATE,),
    Scenario.SWEEP: ("response.p50", "response.p99"),
    Scenario.SOAK: ("response.p50", "response.p99"),
    Scenario.COLD_START: ("coldstart.p50",),
}
"""What a workload's verdict is drawn from. A rate decides only where it was not given."""
BESIDE: Final = (ENERGY, COST)
"""What is judged as well, where both sides have it: machines are compared by what an answer takes, too."""

_SHORT: Final = {"energy": ENERGY, "cost": COST, "error-rate": ERRORS, "throughput": RATE}
_PERCENTILE = re.compile(r"p\(?(\d{1,2}(?:\.\d+)?)\)?|median|mean")


def full_name(said: str) -> str:
    """The figure that is meant: `p99` and `p(99)` are of the response time, `energy` is energy.per-inference."""
    name = said.strip().lower()
    if match := _PERCENTILE.fullmatch(name):
        return f"response.{'p50' if name == 'median' else 'mean' if name == 'mean' else 'p' + match.group(1)}"
    return _SHORT.get(name, name)


def more_is_better(name: str) -> bool:
    """Whether a greater figure is a better one: only of rates."""
    return name.rpartition(".")[2] == RATE


def words(name: str) -> tuple[str, str]:
    """What a better and a worse figure of this name is called."""
    if name == ENERGY or name.startswith("energy."):
        return "less energy", "more energy"
    if name.startswith(("cost.", "credits.")):
        return "cheaper", "dearer"
    if name.endswith((".drift", "memory")) or name.startswith("memory."):
        return "less", "more"
    return "faster", "slower"


def deciding(scenario: Scenario, searched: bool) -> tuple[str, ...]:
    """The figures from which the verdict of a workload is drawn."""
    names = DECIDING[scenario]
    if searched:
        return (RATE,)
    return names if scenario is Scenario.OFFLINE else tuple(name for name in names if name != RATE)
