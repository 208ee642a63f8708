"""What a benchmark came to: one sentence and one exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.compare.comparison import Comparison, compare_sides
from assay.compare.expressions import Gate
from assay.compare.gates import MEANING, Judgement, exit_code, hold
from assay.compare.sides import sides_of
from assay.contract.sentences import count
from assay.errors import EXIT_ORDER, Exit
from assay.record import Run


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The exit code and the sentence; the comparison of two targets, and what the gates came to."""

    code: Exit
    sentence: str
    comparison: Comparison | None = None
    judgements: tuple[Judgement, ...] = ()


def concluded(run: Run, gates: Sequence[Gate], *, gone: bool, interrupted: bool) -> Conclusion:
    """Conclude from what was recorded. Without gates an invalid measurement decides, with gates they do."""
    found = run.measurements
    invalid = sum(not each["validity"]["valid"] for each in found)
    answered = any(each["successes"] for each in found)
    ended = run if interrupted else replace(run, footer={})  # which is written once it is known what it says
    comparison = compare_sides(sides_of(ended)) if found else None
    judgements = tuple(hold(comparison, gates)) if comparison and gates else ()
    by_gates = exit_code(comparison, judgements) if comparison and judgements else None
    applies = {
        Exit.INTERRUPTED: interrupted,
        Exit.UNREACHABLE: gone,
        Exit.NOTHING_CHECKED: not answered or by_gates is Exit.NOTHING_CHECKED,
        Exit.INVALID: bool(invalid) if by_gates is None else by_gates is Exit.INVALID,
        Exit.GATE: by_gates is Exit.GATE,
        Exit.UNDECIDED: by_gates is Exit.UNDECIDED,
        Exit.OK: True,
    }
    code = next(each for each in EXIT_ORDER if applies.get(each))
    return Conclusion(code, _sentence(code, len(found), invalid, by_gates), comparison, judgements)


def _sentence(code: Exit, total: int, invalid: int, by_gates: Exit | None) -> str:
    told = count(total, "measurement")
    doubtful = invalid and code is not Exit.INVALID
    aside = f"; {count(invalid, 'measurement is', 'measurements are')} invalid" if doubtful else ""
    match code:
        case Exit.INTERRUPTED:
            return f"interrupted: {told} until then{aside}"
        case Exit.UNREACHABLE:
            return f"TARGET LOST: it stopped answering; {told} until then"
        case Exit.NOTHING_CHECKED if not total:
            return "NOTHING WAS MEASURED: no workload could be; the lines above say why"
        case Exit.NOTHING_CHECKED if by_gates is None:
            return f"NOTHING WAS MEASURED: no request was answered well in {told}"
        case Exit.INVALID if by_gates is None:
            return f"INVALID: {invalid} of {told} cannot be relied upon, for the reasons stated with each"
        case Exit.OK if by_gates is None:
            return f"measured: {told}, all valid"
        case Exit.OK:
            return f"measured: {told}, every gate held{aside}"
        case _:
            return f"{code.name.replace('_', ' ')}: {MEANING[code]} ({told}{aside})"
