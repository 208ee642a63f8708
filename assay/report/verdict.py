"""The verdict: one sentence and one exit code, drawn from the outcomes alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.contract.rule import decides
from assay.contract.sentences import count, tally
from assay.errors import EXIT_ORDER, Exit
from assay.record import Outcome, OutcomeKind

Event = Mapping[str, Any]

WORST_FIRST = tuple(OutcomeKind)
_KINDS = {str(kind): kind for kind in OutcomeKind}
MEANING = {
    0: "nothing that decides the verdict was found wrong",
    1: "a case of a rule that decides the verdict failed, was blocked or broke",
    2: "wrong usage or configuration",
    3: "the target could not be reached, or was not ready",
    4: "nothing was checked: no case had what it needs in order to mean anything",
    5: "a listed deviation no longer occurs",
    6: "a performance gate fell short",
    7: "a measurement is invalid: its figures cannot be relied upon",
    8: "the answers differ",
    9: "nothing was found wrong, but the requests or the time allowed were used up before every case was judged",
    130: "interrupted",
}
"""What an exit code says, in words."""
MEANING_OF_BENCHMARK = {
    **MEANING,
    0: "what was measured can be relied upon, as far as the client can tell",
    4: "nothing was measured",
    9: "undecided: more repetitions are needed",
}
"""The same of a benchmark."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`counts` holds the number of cases by outcome, those that occurred, worst first."""

    sentence: str
    exit_code: int
    counts: dict[str, int]


def kind_of(outcome: Event) -> OutcomeKind:
    """What became of a case, by its line in a record."""
    return _KINDS[outcome["outcome"]]  # asked for some ten thousand times: OutcomeKind() takes ten times as long


def is_cause(outcome: Event, severity: str, strict: bool) -> bool:
    """Whether this case is a reason for exit code 1."""
    return kind_of(outcome).is_bad and decides(severity, strict)


def counted(outcomes: Iterable[Event]) -> dict[str, int]:
    """The number of cases by outcome, those that occurred, worst first."""
    found = Counter(outcome["outcome"] for outcome in outcomes)
    return {str(kind): found[kind] for kind in WORST_FIRST if found[kind]}


def verdict(
    outcomes: Iterable[Outcome | Event],
    severities: Mapping[str, str],
    strict: bool = False,
    gone: bool = False,
    content: Container[str] = (),
    *,
    spent: str = "",
) -> Verdict:
    """Judge a run by its outcomes.

    `outcomes` are `Outcome`s or outcome lines of a record; `severities` maps rule ids to `must`, `should` or
    `note`, and a rule that it lacks counts as `must`. With `strict` a `should` decides as a `must` does; `gone` says
    that the target stopped answering during the run. `content` holds the rules about what a model sees in a picture: an
    operation in which none of them could be judged was not checked, whatever else about it is in order. `spent` says
    which bound of the user's ended the run early.
    """
    events = [each.as_json() if isinstance(each, Outcome) else each for each in outcomes]
    found = [event for event in events if kind_of(event).is_bad]
    decisive = [event for event in found if is_cause(event, severities.get(event["rule"], "must"), strict)]
    minor = [event for event in found if event not in decisive]
    unseen = _unseen(events, content)
    applies: dict[Exit, bool] = {
        Exit.UNREACHABLE: gone,
        Exit.NOTHING_CHECKED: not any(kind_of(event).has_witness for event in events)
        or (bool(unseen) and not decisive),
        Exit.FAILED: bool(decisive),
        Exit.STALE_DEVIATION: any(kind_of(event) is OutcomeKind.RESOLVED for event in events),
        Exit.UNDECIDED: bool(spent),
        Exit.OK: True,
    }
    code = next(each for each in EXIT_ORDER if applies.get(each))
    sentence = _sentence(code, events, decisive, minor, unseen)
    return Verdict(_open(sentence, spent, code) if spent else sentence, int(code), counted(events))


def _open(sentence: str, spent: str, code: Exit) -> str:
    """The sentence of a run that a bound ended."""
    return f"UNDECIDED: {spent}; what was judged {sentence}" if code is Exit.UNDECIDED else f"{sentence}; {spent}"


def _unseen(events: list[Event], content: Container[str]) -> list[str]:
    """The operations in whose answers nothing was seen that could be judged."""
    about = [event for event in events if event["rule"] in content]
    judged = {event["operation"] for event in about if kind_of(event).has_witness}
    inconclusive = {event["operation"] for event in about if kind_of(event) is OutcomeKind.INCONCLUSIVE}
    return sorted(inconclusive - judged)


def _sentence(
    code: Exit, events: list[Event], decisive: list[Event], minor: list[Event], unseen: Sequence[str] = ()
) -> str:
    asked = [event for event in events if not kind_of(event).is_left_out]
    rules = len({event["rule"] for event in asked})
    counts = counted(events)
    aside = _aside(counts, events, minor)
    if code is Exit.UNREACHABLE:
        return f"TARGET LOST: it stopped answering during the run; until then {_listed(counts)}"
    if code is Exit.NOTHING_CHECKED and unseen:
        return f"NOT CHECKED: {' and '.join(unseen)} answered with nothing that could be judged; {_listed(counts)}"
    if code is Exit.NOTHING_CHECKED:
        return f"NOTHING WAS CHECKED: {_listed(counts)}{_why_nothing(events)}"
    if code is Exit.FAILED:
        return f"FAILED: {', '.join([*_broken(decisive, rules), *aside])}"
    if code is Exit.STALE_DEVIATION:
        stale = count(counts["resolved"], "listed deviation no longer occurs", "listed deviations no longer occur")
        return f"OUT OF DATE: {stale}; otherwise {', '.join(['passed', *aside])}"
    open_cases = counts.get("inconclusive", 0)
    judged = f"{len(asked) - open_cases:,} of " if open_cases else ""
    held = f"{count(rules, 'rule')}, {judged}{count(len(asked), 'case')}"
    return f"passed, with {', '.join(aside)} ({held})" if aside else f"passed ({held})"


def _broken(decisive: list[Event], rules: int) -> list[str]:
    counts = counted(decisive)
    cases = sum(kind_of(event).is_broken for event in decisive)
    broken = len({event["rule"] for event in decisive if kind_of(event).is_broken})
    words = [f"{broken} of {count(rules, 'rule')} broken ({count(cases, 'case')})" if cases else "no rule seen broken"]
    if blocked := counts.get("blocked"):
        words.append(f"{count(blocked, 'case')} blocked")
    if errors := counts.get("error"):
        words.append(f"{count(errors, 'case')} ended in an error")
    return words


def _aside(counts: dict[str, int], events: list[Event], minor: list[Event]) -> list[str]:
    """What a reader should know beside the verdict itself."""
    words = []
    if warned := sum(kind_of(event).is_broken for event in minor):
        words.append(count(warned, "warning"))
    if prevented := sum(kind_of(event).is_prevented for event in minor):
        words.append(f"{prevented:,} that could not be judged")
    if known := counts.get("known"):
        words.append(_known(known, events))
    if inconclusive := counts.get("inconclusive"):
        words.append(f"{inconclusive:,} inconclusive")
    return words


def _known(cases: int, events: list[Event]) -> str:
    """`2 known deviations (5 cases)`: one listed entry may explain several cases."""
    entries = (event["known"] for event in events if kind_of(event) is OutcomeKind.KNOWN)
    deviations = len({json.dumps(entry, sort_keys=True, default=str) for entry in entries})
    words = count(deviations, "known deviation")
    return words if deviations == cases else f"{words} ({count(cases, 'case')})"


def _why_nothing(events: list[Event]) -> str:
    """The reason that most cases give for not having been judged."""
    asked = (event for event in events if kind_of(event) is not OutcomeKind.DISABLED)
    reasons = Counter(event["message"] for event in asked if event["message"])
    return f"; above all: {reasons.most_common(1)[0][0]}" if reasons else ""


def _listed(counts: dict[str, int]) -> str:
    return tally(counts) or "no case ran"
