"""A comparison as JSON, for whoever wants to go on computing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from assay.compare.asked import Asked
from assay.compare.beside import NOTHING, beside
from assay.compare.comparison import Comparison, Pair, Workload
from assay.compare.gates import Judgement, exit_code
from assay.compare.judging import Judged
from assay.compare.pairing import Thing
from assay.compare.published import Row, rows
from assay.compare.sides import Side

VERSION = 1


def as_json(comparison: Comparison, judgements: Sequence[Judgement] = (), asked: Asked | None = None) -> dict[str, Any]:
    """All of a comparison: what was asked, sides, what each measured, verdicts, gates. A threshold of 3 % is 0.03."""
    return {
        "comparison_version": VERSION,
        "asked": asked and asked.as_json(),
        "threshold": comparison.threshold,
        "sides": [_side(side) for side in comparison.sides],
        "measured": [_row(row) for row in rows(comparison)],
        "published": _published(comparison),
        "pairs": [_pair(pair) for pair in comparison.pairs],
        "invalid": comparison.invalid,
        "gates": [{**asdict(each), "state": str(each.state)} for each in judgements],
        "exit_code": int(exit_code(comparison, judgements)),
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name,
        "runs": [str(run.folder) for run in side.runs],
        "fingerprint": dict(side.fingerprint),
        "client": side.runs[0].header.get("client"),
    }


def _thing(thing: Thing) -> dict[str, Any]:
    return {
        "workload": thing.workload,
        "scenario": str(thing.scenario),
        "load": {name: value for name, value in asdict(thing.load).items() if value is not None and name != "seed"},
        "batch": thing.batch,
    }


def _row(row: Row) -> dict[str, Any]:
    told = asdict(row)
    del told["thing"]
    return {**_thing(row.thing), **told, "sentence": row.sentence}


def _published(comparison: Comparison) -> dict[str, Any] | None:
    """Published figures beside what was measured; None where they were not asked for."""
    if not comparison.published:
        return None
    found = [{**_thing(each.thing), **each.as_json()} for each in beside(comparison)]
    return {"beside": found, "sentence": "" if found else NOTHING}


def _pair(pair: Pair) -> dict[str, Any]:
    return {
        "base": pair.base.name,
        "new": pair.new.name,
        "fingerprint": [asdict(each) for each in pair.unlike],
        "client": [asdict(each) for each in pair.clients],
        "workloads": [_workload(each) for each in pair.workloads],
        "unpaired": [{"side": each.side, "sentence": each.sentence} for each in pair.unpaired],
        "conformance": pair.conformance and asdict(pair.conformance),
        "notes": pair.notes,
    }


def _workload(workload: Workload) -> dict[str, Any]:
    return {
        **_thing(workload.thing),
        "verdict": str(workload.verdict),
        "word": workload.word,
        "figures": [{**_judged(each), "decides": each.figure in workload.deciding} for each in workload.judged],
    }


def _judged(each: Judged) -> dict[str, Any]:
    found = each.difference
    return {
        "figure": each.figure,
        "unit": each.unit,
        "base": asdict(each.base),
        "new": asdict(each.new),
        "counted": each.counted,
        "ratio": found and asdict(found.ratio),
        "p": each.p if each.decides else None,
        "verdict": str(each.verdict),
        "word": each.word,
        "because": each.because,
        "more": each.more,
        "more_of": each.lacks,
    }
