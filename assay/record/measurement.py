"""What a performance measurement is: one repetition of one workload under one load, on one target.

A repetition is what runs are compared by, and never a request: requests of one repetition share its minute, its
clocks and its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


class Scenario(StrEnum):
    """What is measured, in MLPerf's names where they mean the same."""

    SINGLE_STREAM = "SingleStream"
    MULTI_STREAM = "MultiStream"
    SERVER = "Server"
    OFFLINE = "Offline"
    SWEEP = "Sweep"
    SOAK = "Soak"
    COLD_START = "ColdStart"


@dataclass(frozen=True, slots=True)
class Load:
    """How requests were offered.

    `closed`: so many `clients`, each sends when its answer has come. `open`: `rate` requests a second, whatever becomes
    of them; `arrivals` is `poisson`, `constant` or `trace`, drawn from `seed`. The rate is what was asked for: what the
    draw made of it, is the measurement's figure `offered`. `search`: rate or clients were searched, and `objective`
    says for what, such as "p99 <= 100 ms".
    """

    kind: str
    clients: int | None = None
    rate: float | None = None
    arrivals: str | None = None
    seed: int | None = None
    objective: str | None = None

    def __str__(self) -> str:
        match self.kind:
            case "closed":
                return "1 client" if self.clients == 1 else f"{self.clients} clients"
            case "open":
                return f"{self.rate:g}/s {self.arrivals}"
            case _:
                return f"the most with {self.objective}"

    @property
    def key(self) -> tuple[Any, ...]:
        """What two measurements must share to be compared: all but the seed."""
        return (self.kind, self.clients, self.rate, self.arrivals, self.objective)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit. `low` and `high` bound it at 95 % within the repetition; `n` is what it rests on."""

    value: float
    unit: str
    n: int
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for what is no number: a figure that could not be taken is left out."""
        if not all(math.isfinite(each) for each in (self.value, self.low, self.high) if each is not None):
            raise ValueError(f"a figure must be finite: {self}")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One repetition. `began` is Unix time, `seconds` the length of the steady part that the figures are from.

    `requests` counts those that were to be sent in it; `failures` counts by kind, and none of these is in a figure but
    `rate`, which is of successes. `inputs` says what was sent: `digest` of pictures and parameters, `model`, `batch`.
    `target` names one of the header's targets. `error_ms` bounds what the client itself adds to a latency; None where
    it is not known. `reasons` say why the measurement is invalid; there is none where it is valid. `artifacts` are
    file names by what they hold, such as `columns` and `histogram`. `telemetry` is what the server's machine did,
    `client` what the sending one did, `timeline` the load by windows; `notes` are sentences to be known besides,
    `search` the loads that were tried on the way to this one, `load_hosts` what each machine had of the load, where it
    came from several.
    """

    workload: str
    operation: str
    scenario: Scenario
    load: Load
    target: str
    repetition: int
    began: float
    seconds: float
    requests: int
    successes: int
    inputs: Mapping[str, Any]
    failures: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    error_ms: float | None = None
    reasons: tuple[str, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)
    telemetry: Mapping[str, Any] | None = None
    answers: Mapping[str, Any] | None = None
    timeline: Mapping[str, Any] | None = None
    client: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    search: tuple[Mapping[str, Any], ...] = ()
    load_hosts: tuple[Mapping[str, Any], ...] = ()

    @property
    def valid(self) -> bool:
        """Whether its figures may be trusted."""
        return not self.reasons

    def as_json(self) -> dict[str, Any]:
        """The measurement as it stands in the record."""
        told = asdict(self)
        reasons = told.pop("reasons")
        told |= {"notes": list(self.notes), "search": list(self.search), "load_hosts": list(self.load_hosts)}
        told["load"] = {name: value for name, value in told["load"].items() if value is not None}
        return {"kind": "measurement", **told, "validity": {"valid": self.valid, "reasons": list(reasons)}}

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Read a measurement from its line in the record."""
        plain = {name: value for name, value in entry.items() if name in cls.__slots__}
        plain |= {
            "scenario": Scenario(entry["scenario"]),
            "load": Load(**{name: entry["load"].get(name) for name in Load.__slots__}),
            "figures": {
                name: Figure(**{part: each[part] for part in Figure.__slots__})
                for name, each in entry["figures"].items()
            },
            "reasons": tuple(entry["validity"]["reasons"]),
            "notes": tuple(entry.get("notes", ())),
            "search": tuple(entry.get("search", ())),
            "load_hosts": tuple(entry.get("load_hosts", ())),
        }
        return cls(**plain)
