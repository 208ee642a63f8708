"""Whether a comparison keeps what its gates say. Nothing holds, and nothing falls short, by a single repetition.

But where none may fail, one failure is one too many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assay.compare.comparison import Comparison, Pair
from assay.compare.conformance import Change
from assay.compare.expressions import Bounded, Gate, NoNew, Tolerated
from assay.compare.figures import ERRORS, more_is_better
from assay.compare.judging import ALPHA, ONE_RUN, UNKNOWN_ERROR, USUAL, Judged, gathered
from assay.compare.pairing import Series, thing_of
from assay.compare.ratio import CONFIDENCE, Group, exp, holm
from assay.compare.saying import change, from_to, number
from assay.compare.student import binomial_bounds, t_quantile
from assay.contract.sentences import count
from assay.errors import EXIT_ORDER, Exit, UsageProblem

SHOWN = 5


class State(StrEnum):
    """What a gate came to."""

    HELD = "held"
    SHORT = "fell short"
    UNDECIDED = "undecided"
    INVALID = "invalid"
    NOTHING = "nothing to judge"


CODES = {
    State.HELD: Exit.OK,
    State.SHORT: Exit.GATE,
    State.UNDECIDED: Exit.UNDECIDED,
    State.INVALID: Exit.INVALID,
    State.NOTHING: Exit.NOTHING_CHECKED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A gate on one side and one workload: what it came to and, in a sentence, why."""

    gate: str
    side: str
    about: str
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class _Tolerance:
    """A tolerated change on one workload, to be judged with all others."""

    gate: Tolerated
    side: str
    about: str
    judged: Judged


MEANING = {
    Exit.OK: "compared",
    Exit.NOTHING_CHECKED: "nothing could be compared",
    Exit.INVALID: "a measurement is invalid",
    Exit.GATE: "a gate fell short",
    Exit.UNDECIDED: "undecided: more repetitions or runs are needed",
}
"""What an exit code of a comparison says, in words."""


def exit_code(comparison: Comparison, judgements: Sequence[Judgement]) -> Exit:
    """The exit code: the first that applies. Without gates a comparison tells, and judges nothing."""
    if judgements:
        found = {CODES[each.state] for each in judgements}
        return next(code for code in EXIT_ORDER if code in found)
    if any(pair.conformance for pair in comparison.pairs):
        return Exit.OK
    workloads = [each for pair in comparison.pairs for each in pair.workloads]
    if workloads and all(each.base.spoiled or each.new.spoiled for each in workloads):
        return Exit.INVALID
    if comparison.published and not comparison.pairs:
        return Exit.OK if any(each.valid for each in comparison.measured[0].values()) else Exit.NOTHING_CHECKED
    return Exit.OK if any(each.judged for each in workloads) else Exit.NOTHING_CHECKED


def hold(comparison: Comparison, gates: Sequence[Gate]) -> list[Judgement]:
    """Judge the gates. Raises UsageProblem where one needs a base and there is none."""
    alone = next((gate for gate in gates if not isinstance(gate, Bounded)), None)
    if alone is not None and not comparison.pairs:
        raise UsageProblem(f'--fail-on "{alone.text}" needs a base and what is set against it; name a second run')
    found: list[Judgement | _Tolerance] = []
    for gate in gates:
        found += list(_judgements(comparison, gate)) or [_nothing(gate, "no run has anything that it is about")]
    tolerances = [each for each in found if isinstance(each, _Tolerance)]
    judged = [each.judged for each in tolerances]
    chances = iter(holm([each.difference.p for each in judged if each.difference and each.decides]))
    return [
        _tolerated(each, next(chances) if each.judged.decides else 1.0) if isinstance(each, _Tolerance) else each
        for each in found
    ]


def _nothing(gate: Gate, why: str) -> Judgement:
    return Judgement(gate.text, "", "", State.NOTHING, why)


def _judgements(comparison: Comparison, gate: Gate) -> Iterator[Judgement | _Tolerance]:
    match gate:
        case NoNew():
            yield from (_no_new(gate, pair) for pair in comparison.pairs)
        case Tolerated():
            for pair in comparison.pairs:
                yield from _changes(gate, pair)
        case Bounded():
            first = 1 if comparison.pairs else 0
            for side, own in list(zip(comparison.sides, comparison.measured))[first:]:
                for key, each in own.items():
                    about = str(thing_of(key, (each,)))
                    if gate.figure != ERRORS and not each.measures(gate.figure):
                        continue
                    if each.spoiled:
                        yield Judgement(gate.text, side.name, about, State.INVALID, _reasons(each))
                    elif gate.figure == ERRORS:
                        yield Judgement(gate.text, side.name, about, *_errors(gate, each))
                    else:
                        yield Judgement(gate.text, side.name, about, *_bounded(gate, each))


def _reasons(each: Series) -> str:
    reasons = dict.fromkeys(reason for taken in each.invalid for reason in taken.measurement.reasons)
    return f"too few valid measurements are left: {'; '.join(list(reasons)[:SHOWN])}"


def _no_new(gate: NoNew, pair: Pair) -> Judgement:
    found, name = pair.conformance, pair.new.name
    if found is None:
        return replace(_nothing(gate, "one of the sides judged no rule"), side=name)
    failing = gate.text == "newly-failing"
    broken = [each for each in (found.failing if failing else found.untested) if each.decides]
    about = count(found.cases, "case")
    cut = [side for side in found.interrupted if side == name]
    certain = [each for each in broken if not (cut and each.is_open)]
    if certain:
        return Judgement(gate.text, name, about, State.SHORT, _listed(certain))
    if cut:
        return Judgement(gate.text, name, about, State.UNDECIDED, "its run was cut short before every case was judged")
    unknown = [each for each in found.unjudged if each.decides]
    if failing and unknown and pair.base.name in found.interrupted:
        why = f"the run of {pair.base.name} was cut short before it judged {_listed(unknown)}"
        return Judgement(gate.text, name, about, State.UNDECIDED, why)
    return Judgement(gate.text, name, about, State.HELD, "none")


def _listed(changes: Sequence[Change]) -> str:
    told = [f"{each.rule} ({each.case}): {each.base}, now {each.new}" for each in changes[:SHOWN]]
    rest = [f"and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    return "; ".join([f"{count(len(changes), 'case')}", *told, *rest])


def _changes(gate: Tolerated, pair: Pair) -> Iterator[Judgement | _Tolerance]:
    for workload in pair.workloads:
        if not (workload.base.measures(gate.figure) or workload.new.measures(gate.figure)):
            continue
        about, judged = str(workload.thing), gathered(workload.base, workload.new, [gate.figure])
        lacking = next((each for each in (workload.base, workload.new) if each.spoiled), None)
        if lacking is not None:
            yield Judgement(gate.text, pair.new.name, about, State.INVALID, _reasons(lacking))
        elif judged:
            yield _Tolerance(gate, pair.new.name, about, judged[0])
        else:
            why = f"{gate.figure} was not measured on both sides, or is 0 there"
            yield Judgement(gate.text, pair.new.name, about, State.UNDECIDED, why)
    for each in pair.unpaired:
        if each.side == pair.base.name and each.series.measures(gate.figure):
            yield Judgement(gate.text, pair.new.name, "", State.UNDECIDED, each.sentence)


def _tolerated(each: _Tolerance, p: float) -> Judgement:
    judged, found = each.judged, each.judged.difference
    told = Judgement(each.gate.text, each.side, each.about, State.UNDECIDED, "")
    if judged.apart:
        came = f"{from_to(judged)}, {change(found.ratio)}; " if found else ""
        return replace(told, why=f"{came}{ONE_RUN}")
    if found is None:
        n = min(judged.base.n, judged.new.n)
        why = f"a side has {count(n, judged.counted)} only; {USUAL} a side usually decide"
        return replace(told, why=why)
    limit, direction = math.log1p(each.gate.by), -1 if more_is_better(each.gate.figure) else 1
    low, high = found.bounds(2 * CONFIDENCE - 1)
    worst = high if direction > 0 else -low
    told_change = f"{from_to(judged)}, {change(found.ratio)}"
    if p <= ALPHA and direction * found.log > max(direction * limit, 0):
        if judged.unseen:
            return replace(told, why=f"{told_change}; {judged.unseen}")
        return replace(told, state=State.SHORT, why=told_change)
    if worst <= direction * limit:
        return replace(told, state=State.HELD, why=told_change)
    room = abs(found.log - limit)
    more = found.more(room, CONFIDENCE)
    needs = f"; about {count(more, 'more ' + judged.counted)} a side would decide" if more else ""
    return replace(told, why=f"{told_change}{needs}")


def _bounded(gate: Bounded, each: Series) -> tuple[State, str]:
    values, unit = each.values(gate.figure), each.unit(gate.figure)
    counted = "run" if each.by_run else "repetition"
    if not values:
        return State.UNDECIDED, f"{gate.figure} is 0 in a repetition"
    group = Group.of(values)
    if group.n < 2:
        return State.UNDECIDED, f"there is one {counted} only; {USUAL} usually decide"
    reach = t_quantile(CONFIDENCE, group.n - 1) * math.sqrt(group.variance / group.n)
    low, middle, high = (exp(group.mean + part) for part in (-reach, 0, reach))
    told = f"{number(middle)} {unit} [{number(low)}, {number(high)}] of {count(group.n, counted)}{_alone(each)}"
    if unit != "ms":
        return _against(gate, low, high), told
    if each.error_ms is None:
        return State.UNDECIDED, f"{told}; {UNKNOWN_ERROR}"
    return _against(gate, low - each.error_ms, high + each.error_ms), f"{told}, ±{each.error_ms:.2g} ms by the client"


def _alone(each: Series) -> str:
    """A bound is about one side, and one run may keep it: what it says is of this run, and says so."""
    return "" if each.by_run else " of one run"


def _against(gate: Bounded, low: float, high: float) -> State:
    """What an interval says of a bound."""
    if gate.below:
        held, short = (high < gate.limit if gate.strictly else high <= gate.limit), low > gate.limit
    else:
        held, short = (low > gate.limit if gate.strictly else low >= gate.limit), high < gate.limit
    return State.HELD if held else State.SHORT if short else State.UNDECIDED


def _errors(gate: Bounded, each: Series) -> tuple[State, str]:
    """Failures come in bursts: the bounds are those of the binomial, or of repetitions or runs where wider."""
    failed, requests = each.failed, each.requests
    told = f"{failed:,} of {count(requests, 'request')}{_alone(each)} failed"
    if gate.limit == 0 and failed:
        return State.SHORT, told
    if not requests:
        return State.UNDECIDED, told
    if len(each.valid) < 2:
        return State.UNDECIDED, f"{told}, in one repetition only"
    if gate.limit == 0:
        return State.HELD, told
    low, high = binomial_bounds(failed, requests, CONFIDENCE)
    shares = each.error_shares()
    middle = failed / requests
    spread = math.sqrt(sum((share - middle) ** 2 for share in shares) / (len(shares) - 1) / len(shares))
    reach = t_quantile(CONFIDENCE, len(shares) - 1) * spread
    state = _against(gate, min(low, middle - reach), max(high, middle + reach))
    if state is State.UNDECIDED and not failed:
        told += f"; {math.ceil(math.log(ALPHA) / math.log1p(-gate.limit)):,} without a failure are needed to tell"
    return state, told
