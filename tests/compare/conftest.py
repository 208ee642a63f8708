"""Small records of benchmarks, written by the real writer; nothing is sent anywhere."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.contract.rule import Authority, Case, Rule, Severity
from assay.record import (
    NOT_COME_TO,
    Figure,
    Finding,
    Load,
    Measurement,
    Outcome,
    OutcomeKind,
    RecordWriter,
    Redactor,
    Scenario,
)

URL = "http://127.0.0.1:9001"
L4 = {"gpu": "NVIDIA L4", "gpus": 1, "driver": "550.1"}
SERVER = {"url": URL, "name": "Roboflow Inference Server", "version": "1.8.3", "engine": "onnx", "hardware": L4}
UNITS = {"rate": "1/s", "energy.per-inference": "J", "cost.per-1000": "USD"}
EMBED = Measurement(
    workload="sam2.embed", operation="sam2.embed", scenario=Scenario.SERVER,
    load=Load("open", rate=50.0, arrivals="poisson", seed=7), target="A", repetition=1, began=1_790_000_000.0,
    seconds=30.0, requests=1500, successes=1500, inputs={"digest": "0" * 32, "model": "hiera_tiny", "batch": 1},
    error_ms=0.1,
)  # fmt: skip

_moments = itertools.count(1_790_000_000, 40)


def repetition(number: int = 1, of: Measurement = EMBED, **figures: float) -> Measurement:
    """A repetition with these figures; `response_p50=21.3` is response.p50."""
    named = {name.replace("_", ".", 1).replace("_", "-"): value for name, value in figures.items()}
    measured = {name: Figure(value, UNITS.get(name, "ms"), 1500) for name, value in named.items()}
    return replace(of, repetition=number, began=float(next(_moments)), figures=measured)


def medians(values: Sequence[float], of: Measurement = EMBED) -> list[Measurement]:
    """Repetitions with these medians, and 99th percentiles twice as long."""
    return [
        repetition(number, of, response_p50=value, response_p99=2 * value) for number, value in enumerate(values, 1)
    ]


class Bench:
    """Writes one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self,
        measurements: Sequence[Measurement] = (),
        *,
        outcomes: dict[str, str] | None = None,
        severity: str = "must",
        footer: bool = True,
        exit_code: int = 0,
        not_come_to: Sequence[str] = (),
        targets: dict[str, Any] | None = None,
        **header: Any,
    ) -> Path:
        """A run with these measurements, outcomes by case of one rule of this severity, and cases never come to."""
        writer = RecordWriter(self.folder, URL, Redactor(None))
        stated: dict[str, Any] = {
            "assay": {"version": "0.1.0"}, "target": SERVER, "configuration": {}, "seed": 7, "capabilities": {},
            "targets": targets or {"A": SERVER}, "client": {"cpu": "EPYC", "cores": 2},
        }  # fmt: skip
        writer.header(**{**stated, **header})
        if outcomes:
            writer.rule(Rule("a.rule", "It holds.", Authority.SOUND, Severity(severity), (Case("a.operation"),)))
        for case, kind in (outcomes or {}).items():
            findings = (Finding(f"{case} is wrong"),) if kind in ("fail", "warn") else ()
            known = {"reason": "listed"} if kind == "known" else None
            writer.outcome(
                Outcome("a.rule", case, "a.operation", OutcomeKind(kind), f"{case}: {kind}", findings, known=known)
            )
        for case in not_come_to:
            message = f"{NOT_COME_TO}the budget of 60 requests is spent"
            writer.outcome(Outcome("a.rule", case, "a.operation", OutcomeKind.DISABLED, message))
        for each in measurements:
            writer.measurement(each)
        if footer:
            writer.footer(counts={}, exit_code=exit_code, verdict="measured")
        writer.close()
        return self.folder


def several_runs(folder: Path, measurements: Sequence[Measurement], **facts: Any) -> Path:
    """A side of several runs, one for each number of a repetition."""
    for number in dict.fromkeys(each.repetition for each in measurements):
        Bench(folder / f"run-{number}").write([each for each in measurements if each.repetition == number], **facts)
    return folder


Benching = Callable[..., Path]


@pytest.fixture
def bench(tmp_path: Path) -> Benching:
    """Write a run into a folder of this name: `bench("base", medians([20, 21]))`."""

    def write(name: str, measurements: Sequence[Measurement] = (), **facts: Any) -> Path:
        return Bench(tmp_path / name).write(measurements, **facts)

    return write


@pytest.fixture
def several(tmp_path: Path) -> Benching:
    """Write a side of several runs, one for each repetition: `several("base", medians([20, 21]))` has two."""

    def write(name: str, measurements: Sequence[Measurement], **facts: Any) -> Path:
        return several_runs(tmp_path / name, measurements, **facts)

    return write
