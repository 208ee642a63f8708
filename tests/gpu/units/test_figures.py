"""The page of figures: means of what was valid, machines that are one, and doubts that are told."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assay.record import Figure, Load, Measurement, RecordWriter, Redactor, Run, Scenario, read

from ..figures import page, spread, write

HARDWARE = {"gpu": "NVIDIA H100 80GB HBM3", "gpus": 1, "gpu_driver": "580.1", "gpu_power_limit_watts": 700.0,
            "gpu_memory_bytes": 80 << 30, "cpu": "a processor", "cores": 16}  # fmt: skip
GPU = {"gpu": "GPU-1", "name": "NVIDIA H100 80GB HBM3", "readings": 9, "utilisation": 40.0, "memory": 1e9,
       "watts": 250.0, "joules": 500.0, "clock": 1980.0, "celsius": 40.0}  # fmt: skip


def _measurement(p50: float, repetition: int, **changes: Any) -> Measurement:
    figures = {"response.p50": Figure(p50, "ms", 200), "rate": Figure(1000 / p50, "1/s", 200)}
    return Measurement(
        "sam2.embed/new", "sam2.embed", Scenario.SINGLE_STREAM, Load("closed", clients=1), "A", repetition, 1.0, 3.0,
        200, 200, {"digest": "0" * 32, "model": "hiera_tiny"}, figures=figures, error_ms=0.1,
        telemetry={"gpus": [GPU]}, **changes,
    )  # fmt: skip


def _run(folder: Path, measurements: list[Measurement], hardware: Mapping[str, Any] = HARDWARE) -> Run:
    writer = RecordWriter(folder, "http://127.0.0.1:9", Redactor(None))
    target = {"url": "http://127.0.0.1:9", "name": "an example", "version": "1", "hardware": dict(hardware)}
    writer.header(
        assay={"version": "1", "python": "3.12"},
        client={},
        target=target,
        targets={"A": target},
        seed=0,
        configuration={},
        capabilities={},
    )
    for each in measurements:
        writer.measurement(each)
    writer.footer(counts={}, exit_code=0, verdict="measured")
    writer.close()
    return read(folder)


def test_a_figure_is_the_mean_of_the_valid_repetitions_and_their_range(tmp_path: Path) -> None:
    doubted = dataclasses.replace(_measurement(500.0, 3), reasons=("the GPU was throttled",))

    told = page([_run(tmp_path / "run", [_measurement(10.0, 1), _measurement(20.0, 2), doubted])])

    assert "| `sam2.embed/new` | hiera_tiny | 2 of 3 | 15 (10–20) | – | 75 (50–100) | 40 % | 250 | – | 0.1 |" in told
    assert "- invalid: the GPU was throttled (`sam2.embed/new`)" in told
    assert "| GPU | 1 x NVIDIA H100 80GB HBM3 |" in told
    assert "| GPU's power limit | 700 W |" in told


@pytest.mark.parametrize(("figures", "said"), [({}, True), ({"energy.idle": Figure(0.5, "J", 200)}, False)])
def test_that_idle_power_was_not_read_is_said(figures: dict[str, Figure], said: bool, tmp_path: Path) -> None:
    first = _measurement(10.0, 1)
    found = dataclasses.replace(first, figures={**first.figures, **figures})

    told = page([_run(tmp_path / "run", [found])])

    assert "what it draws idle is in it" in told
    assert ("was not read in these runs" in told) is said


def test_a_page_is_about_one_machine(tmp_path: Path) -> None:
    runs = [
        _run(tmp_path / name, [_measurement(10.0, 1)], {**HARDWARE, "gpu": name}) for name in ("NVIDIA L4", "NVIDIA T4")
    ]

    with pytest.raises(ValueError, match="different servers or machines"):
        page(runs)


def test_a_page_needs_a_record(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "runs.tar.gz", "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("nothing"), io.BytesIO())

    with pytest.raises(ValueError, match="different servers or machines"):
        write([tmp_path / "runs.tar.gz"])


@pytest.mark.parametrize(
    ("values", "said"),
    [([], "–"), ([2.0], "2"), ([2.0, 2.001], "2"), ([1.0, 3.0], "2 (1–3)"), ([0.0001234], "0.000123")],
)
def test_values_are_told_as_a_mean_with_its_range(values: list[float], said: str) -> None:
    assert spread(values) == said
