"""From what a load came to, to the event in the record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final

from assay.bench.timeline import course_of, readings_of
from assay.compare.figures import ENERGY, IDLE_ENERGY, OFFERED
from assay.contract.sentences import cut
from assay.load.answers import Checked
from assay.load.clock import unix_time
from assay.load.figures import Distribution, Figures
from assay.load.own import own_of
from assay.load.plan import MOST_HELD, Part
from assay.load.plan import Measurement as Measured
from assay.load.scenarios import Result
from assay.load.telemetry import Telemetry
from assay.load.validity import Validity
from assay.record import Figure, Load, Measurement, RecordWriter, Scenario

COLUMNS, HISTOGRAM = "application/x-npz", "application/x-hdrhistogram"
NOTES: Final = 5
"""Sentences about answers that are kept."""
PARTS: Final = {
    "response": "response", "service": "service", "stated": "server", "queueing": "queueing", "connecting": "connect",
    "first_byte": "first-byte", "transfer": "transfer",
}  # fmt: skip
"""What the parts of a latency are called in the record."""
INTERRUPTED: Final = "interrupted before it was over"


def figures_told(figures: Figures, images: int = 1) -> dict[str, Figure]:
    """Every figure that could be taken, by the names of the record."""
    found: dict[str, Figure] = {}
    for part, name in PARTS.items():
        distribution: Distribution | None = getattr(figures, part)
        if distribution is not None:
            found |= _of(distribution, name)
    rate = figures.rate
    if figures.good:
        found["rate"] = Figure(rate.value, "1/s", figures.good, rate.low, rate.high)
        low, high = (None if each is None else images * each for each in (rate.low, rate.high))
        found["images.rate"] = Figure(images * rate.value, "1/s", figures.good, low, high)
    if figures.offered is not None:
        found[OFFERED] = Figure(figures.offered, "1/s", figures.count)
    return found


def _of(distribution: Distribution, name: str) -> dict[str, Figure]:
    n = distribution.count
    quantiles = {
        f"{name}.p{100 * each.share:g}": Figure(each.value, "ms", n, each.low, each.high)
        for each in distribution.quantiles
    }
    return {**quantiles, f"{name}.mean": Figure(distribution.mean, "ms", n)}


def measured(
    result: Result,
    writer: RecordWriter,
    *,
    scenario: Scenario,
    load: Load,
    reasons: tuple[str, ...] = (),
    more: Mapping[str, Figure] | None = None,
    telemetry: Telemetry | None = None,
    notes: tuple[str, ...] = (),
    keep_answers: bool = True,
    **facts: Any,
) -> Measurement:
    """The event of a result; its rows and its histogram become artifacts. `facts` are the fields that it lacks.

    `more` are figures that the result itself does not hold, `telemetry` is what read the server's machine
    meanwhile. An answer may show a picture of the user's: without `keep_answers` a wrong one is counted and not kept.
    """
    figures, measurement = result.figures, result.measurement
    found = {**figures_told(figures, result.images), **(more or {})}
    for name, joules in ((ENERGY, result.joules_each), (IDLE_ENERGY, result.idle_joules_each)):
        if joules is not None:
            found[name] = Figure(joules, "J", figures.good)
    doubts = tuple(doubt.sentence for doubt in result.validity.doubts)
    bound = figures.bound.p99 if figures.bound else math.inf
    return Measurement(
        scenario=scenario,
        load=load,
        began=unix_time(measurement.since),
        seconds=measurement.seconds,
        requests=figures.count,
        successes=figures.good,
        failures=dict(figures.errors),
        figures=found,
        error_ms=bound if math.isfinite(bound) else None,
        reasons=(*reasons, *((INTERRUPTED,) if result.interrupted else ()), *doubts),
        artifacts=_artifacts(result, writer, keep_answers),
        telemetry=_telemetry(result, telemetry),
        answers=_answers(result.checked),
        timeline=course_of(measurement),
        load_hosts=_load_hosts(result),
        client=dataclasses.asdict(own_of(measurement)) | {"kernel_stamps": measurement.kernel_stamps},
        notes=(*notes, *(note.sentence for note in result.validity.notes)),
        **facts,
    )


def _load_hosts(result: Result) -> tuple[Mapping[str, Any], ...]:
    """What each machine had of the load, where it came from several."""
    measurement, validity = result.measurement, result.validity
    return tuple(
        _load_host(part, part.of(measurement), found)
        for part, found in zip(measurement.parts, validity.parts, strict=True)
    )


def _load_host(part: Part, alone: Measured, found: Validity) -> Mapping[str, Any]:
    reasons = [*([part.sender.lost] if part.sender.lost else []), *(doubt.sentence for doubt in found.doubts)]
    return {
        "name": part.sender.name,
        "offset_ms": part.sender.offset,
        "uncertainty_ms": part.sender.uncertain,
        "error_ms": part.sender.error_p99,
        "requests": sum(map(len, alone.counted("failure"))),
        "lost": part.sender.lost,
        "client": dataclasses.asdict(own_of(alone)) | {"kernel_stamps": part.kernel_stamps},
        "validity": {"valid": not reasons, "reasons": reasons},
    }


def _telemetry(result: Result, telemetry: Telemetry | None) -> Mapping[str, Any] | None:
    if result.use is None or telemetry is None:
        return None
    return {**dataclasses.asdict(result.use), "timeline": readings_of(telemetry, result.measurement)}


def _artifacts(result: Result, writer: RecordWriter, keep_answers: bool) -> Mapping[str, str]:
    kept = {"columns": writer.numbers(result.measurement.rows.thinned(MOST_HELD).to_bytes(), COLUMNS)}
    if result.figures.good:
        kept["histogram"] = writer.numbers(result.figures.histogram, HISTOGRAM)
    if keep_answers and result.checked is not None and result.checked.wrong:
        answer = result.checked.wrong[0].response
        kept["wrong-answer"] = writer.artifact(answer.body, answer.media_type or "application/octet-stream")
    return kept


def _answers(checked: Checked | None) -> Mapping[str, Any] | None:
    if checked is None:
        return None
    why = dict.fromkeys([each.why for each in checked.wrong] + list(checked.notes))
    return {
        "checked": checked.compared,
        "wrong": len(checked.wrong),
        "unjudged": checked.unjudged,
        "notes": [cut(each, 300) for each in list(why)[:NOTES]],
    }
