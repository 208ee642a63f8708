"""A run as a reader meets it: rules under their document and operation, cases with the same finding folded."""

from __future__ import annotations

import datetime
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from assay.contract.rule import decides
from assay.record import OutcomeKind, Run
from assay.report.text import one_line, safe_link
from assay.report.verdict import MEANING, MEANING_OF_BENCHMARK, WORST_FIRST, counted, is_cause, kind_of

Event = dict[str, Any]

NO_VERDICT = "interrupted: no verdict"
NONE_YET = "none, for nothing was judged yet"
"""Of the cases of a run that was interrupted before the first of them: a run that came to its end has some."""
GONE = "it no longer occurs: take it off the list"
SOURCES = {
    "document": "the document states it",
    "sample": "a sample of the document needs it",
    "server": "the open-source server does it",
    "sound": "true of any sound service",
}

_BAD = frozenset(kind for kind in OutcomeKind if kind.is_bad)
_VARYING = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that makes promises; `link` is None where none may be followed."""

    id: str
    title: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one rule with the same outcome and the same finding, but for numbers and names in it."""

    outcomes: tuple[Event, ...]

    @property
    def first(self) -> Event:
        """The case that is told in full."""
        return self.outcomes[0]

    @property
    def others(self) -> tuple[Event, ...]:
        """The cases that are only named."""
        return self.outcomes[1:]

    @property
    def kind(self) -> OutcomeKind:
        """The outcome that they share."""
        return kind_of(self.first)


@dataclass(frozen=True)
class RuleView:
    """A rule and what became of its cases: of all, or of those of one operation."""

    rule: Event
    outcomes: tuple[Event, ...]
    document: Document | None

    @property
    def id(self) -> str:
        """The rule's id."""
        return str(self.rule["id"])

    @property
    def severity(self) -> str:
        """`must`, `should` or `note`."""
        return str(self.rule["severity"])

    @cached_property
    def kind(self) -> OutcomeKind:
        """The worst outcome of its cases."""
        return worst(self.outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """The number of cases by outcome."""
        return counted(self.outcomes)

    @cached_property
    def groups(self) -> list[Group]:
        """What did not simply pass, worst first, the same findings folded."""
        found: dict[tuple[str, ...], list[Event]] = {}
        for outcome in self.outcomes:
            if kind_of(outcome) is not OutcomeKind.PASS:
                found.setdefault(_signature(outcome), []).append(outcome)
        groups = [Group(tuple(outcomes)) for outcomes in found.values()]
        return sorted(groups, key=lambda group: WORST_FIRST.index(group.kind))

    @property
    def passing(self) -> list[Event]:
        """The cases that passed."""
        return [outcome for outcome in self.outcomes if kind_of(outcome) is OutcomeKind.PASS]


def worst(outcomes: Iterable[Event]) -> OutcomeKind:
    """The outcome that a reader should see first."""
    return min(map(kind_of, outcomes), key=WORST_FIRST.index)


def word(kind: str) -> str:
    """The outcome as it is written: what needs attention in capitals. A comparison also has cases that are absent."""
    return kind.upper() if kind in _BAD else kind


def _signature(outcome: Event) -> tuple[str, ...]:
    """What makes two cases tell the same story: their messages without the numbers and names that vary."""
    reason = str((outcome["known"] or {}).get("reason", ""))
    if kind_of(outcome) is OutcomeKind.BLOCKED or not outcome["findings"]:
        return (outcome["outcome"], reason, _unvaried(outcome["message"][:2000]))
    stories = dict.fromkeys(story(finding) for finding in outcome["findings"][:50])
    return (outcome["outcome"], reason, *sorted(stories))


def story(finding: Event) -> str:
    """What a finding says without the numbers and names that vary from one answer to the next."""
    told = str(finding["message"])[:2000]
    varying = [finding["expected"], finding["actual"], *(mark[4] for mark in finding["marks"])]
    for value in varying:
        if isinstance(value, str) and 0 < len(value) < 200:
            told = told.replace(value, "#")
    return _unvaried(told)


@lru_cache(4096)
def _unvaried(told: str) -> str:
    """A message without numbers and quoted names. Most that are left out say the same, a thousand times."""
    return _VARYING.sub("#", told)


def documents(run: Run) -> dict[str, Document]:
    """The documents that the record names, by id."""
    listed = [entry for entry in run.header.get("documents", []) if isinstance(entry, dict) and "id" in entry]
    return {
        str(entry["id"]): Document(
            str(entry["id"]), one_line(entry.get("title", entry["id"])), safe_link(entry.get("url"))
        )
        for entry in listed
    }


def document_of(rule: Event, known: dict[str, Document]) -> Document | None:
    """The document that a rule cites; one that the record does not list is named by its id."""
    if not rule.get("document"):
        return None
    identifier = str(rule["document"])
    return known.get(identifier) or Document(identifier, one_line(identifier), safe_link(rule.get("url")))


def _rule_event(run: Run, identifier: str) -> Event:
    """The rule's entry. A rule that the record does not hold is taken for a `must`, as the verdict does."""
    absent = {
        "id": identifier, "requirement": "(the record does not hold this rule)", "source": "sound", "severity": "must",
    }  # fmt: skip
    return run.rules.get(identifier, absent)


def rules(run: Run, outcomes: Iterable[Event] | None = None) -> list[RuleView]:
    """The rules that have outcomes, worst first and then by id."""
    of_rule: dict[str, list[Event]] = {}
    for outcome in run.outcomes if outcomes is None else outcomes:
        of_rule.setdefault(outcome["rule"], []).append(outcome)
    known = documents(run)
    views = [
        RuleView(event := _rule_event(run, identifier), tuple(found), document_of(event, known))
        for identifier, found in of_rule.items()
    ]
    return sorted(views, key=lambda view: (WORST_FIRST.index(view.kind), view.id))


def outcomes_told(counts: dict[str, int]) -> list[tuple[str, str]]:
    """The outcomes that a reader may choose from, with the number of cases of each."""
    return [(kind, f"{word(kind)} ({number:,})") for kind, number in counts.items()]


def documents_told(run: Run) -> list[tuple[str, str]]:
    """The documents that a reader may choose from, by id and title."""
    return [(each.id, each.title) for each in documents(run).values()] + [("none", "none: sound behaviour")]


def operations_told(run: Run) -> list[tuple[str, str]]:
    """The operations that a reader may choose from."""
    return [(name, name) for name in dict.fromkeys(str(outcome["operation"]) for outcome in run.outcomes)]


def by_operation(run: Run) -> Iterator[tuple[Document | None, list[tuple[str, list[RuleView]]]]]:
    """Documents in the order in which the record lists them, each with its operations and their rules.

    The worst operation of a document comes first; what no document states comes last, under None.
    """
    known = documents(run)
    shelves: dict[str, tuple[Document | None, dict[str, list[Event]]]] = {}
    for outcome in run.outcomes:
        document = document_of(_rule_event(run, outcome["rule"]), known)
        shelf = shelves.setdefault(document.id if document else "", (document, {}))
        shelf[1].setdefault(outcome["operation"], []).append(outcome)
    order = {identifier: number for number, identifier in enumerate(known)}
    for identifier in sorted(shelves, key=lambda each: (not each, order.get(each, len(order)), each)):
        document, operations = shelves[identifier]
        told = sorted(operations.items(), key=lambda each: (_rank(each[1]), each[0]))
        yield document, [(name, rules(run, found)) for name, found in told]


def _rank(outcomes: Iterable[Event]) -> int:
    """Operations of which something needs attention come first."""
    return WORST_FIRST.index(worst(outcomes))


@dataclass(frozen=True, slots=True)
class OperationView:
    """An operation in one line: what became of all its cases, and the document under which it first stands."""

    id: str
    counts: dict[str, int]
    shelf: str
    because: str


def operations(run: Run) -> list[OperationView]:
    """The operations that the target was asked, or might have been, in the order of the record."""
    shelves: dict[str, str] = {}
    of_operation: dict[str, list[Event]] = {name: [] for name in run.header["capabilities"]}
    for outcome in run.outcomes:
        of_operation.setdefault(outcome["operation"], []).append(outcome)
    for document, found in by_operation(run):
        for name, _ in found:
            shelves.setdefault(name, document.id if document else "")
    capabilities = run.header["capabilities"]
    return [
        OperationView(name, counted(outcomes), shelves.get(name, ""), capabilities.get(name, {}).get("because", ""))
        for name, outcomes in of_operation.items()
    ]


def strict(run: Run) -> bool:
    """Whether the run was configured so that a `should` decides."""
    return run.header["configuration"].get("strict") is True


def depth(run: Run) -> str:
    """How deep the run went; empty where it does not say."""
    stated = run.header["configuration"].get("depth")
    return one_line(stated, 20) if isinstance(stated, str) else ""


def causes(run: Run) -> list[tuple[RuleView, Group]]:
    """The rules that decide the exit code, each with the first thing that is wrong; stale deviations come last."""
    found = []
    for view in rules(run):
        decisive = [group for group in view.groups if is_cause(group.first, view.severity, strict(run))]
        stale = [group for group in view.groups if group.kind is OutcomeKind.RESOLVED]
        found += [(view, group) for group in (decisive or stale)[:1]]
    return found


def is_urgent(view: RuleView, run: Run) -> bool:
    """Whether the rule is shown opened: it decides the verdict, and it is not merely blocked by another."""
    return view.kind.is_bad and view.kind is not OutcomeKind.BLOCKED and decides(view.severity, strict(run))


def first_message(outcome: Event) -> str:
    """What is said about a case in one line: its first finding, or its message. A blocked case says by what."""
    told = outcome["findings"] and kind_of(outcome) is not OutcomeKind.BLOCKED
    return one_line(outcome["findings"][0]["message"] if told else outcome["message"])


def own_message(outcome: Event) -> str:
    """The case's message, unless its findings or the reason of its deviation say the same."""
    told = [finding["message"] for finding in outcome["findings"]]
    said = {*told, "; ".join(told), (outcome["known"] or {}).get("reason")}
    return "" if outcome["message"] in said else one_line(outcome["message"], 1000)


def sentence(run: Run) -> str:
    """The verdict as it was given; an interrupted run has none."""
    return one_line(run.footer["verdict"], 1000) if run.footer else NO_VERDICT


def going_on(run: Run) -> str | None:
    """How an interrupted run is gone on with; None for one that came to its end, and for a benchmark."""
    if run.footer is not None or is_benchmark(run):
        return None
    if is_golden(run):
        stated = run.header["configuration"]
        words = (stated.get("target", "TARGET"), "--bundle", stated.get("bundle", "FOLDER"), "--resume", run.folder)
        return f"go on with it: assay golden check {' '.join(shlex.quote(one_line(str(word), 300)) for word in words)}"
    if is_diff(run):
        stated = run.header["configuration"]
        words = (*stated.get("targets", ()), *stated.get("again", ()), "--resume", run.folder)
        return f"go on with it: assay diff {' '.join(shlex.quote(one_line(str(word), 300)) for word in words)}"
    return go_on_with(run.folder)


def go_on_with(folder: Path) -> str:
    """How the interrupted run in a folder is gone on with."""
    return f"go on with it: assay check --resume {shlex.quote(str(folder))}"


def exit_code(run: Run) -> int | None:
    """The exit code as it was given; None for an interrupted run."""
    return int(run.footer["exit_code"]) if run.footer else None


def exit_meaning(run: Run) -> str:
    """What the exit code says, in words."""
    code = exit_code(run)
    if code is None and is_benchmark(run):
        return "the run was cut short; what was measured until then stands"
    if code is None:
        return "the run was cut short, so nothing can be concluded"
    return (MEANING_OF_BENCHMARK if is_benchmark(run) else MEANING).get(code, "")


def is_benchmark(run: Run) -> bool:
    """Whether the run measured, and judged no rule."""
    return "targets" in run.header and not run.outcomes and not is_diff(run)


def is_golden(run: Run) -> bool:
    """Whether the run held a deployment to golden answers."""
    return bool(run.header["configuration"].get("command") == "golden check")


def is_diff(run: Run) -> bool:
    """Whether the run compared two deployments."""
    return bool(run.header["configuration"].get("command") == "diff")


def about(run: Run) -> str:
    """What the report is of."""
    if is_benchmark(run):
        return "benchmark"
    if is_diff(run):
        return "difference"
    return "golden answers" if is_golden(run) else "conformance"


def moment(seconds: float) -> str:
    """Unix time in seconds as `2026-11-20 14:03:07 UTC`."""
    return instant(seconds).strftime("%Y-%m-%d %H:%M:%S UTC")


def instant(seconds: float) -> datetime.datetime:
    """Unix time as a date in UTC; one that no calendar holds becomes 1970."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.datetime.fromtimestamp(0, datetime.UTC)
