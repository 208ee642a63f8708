"""A page for each rule, and one that lists them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import FunctionType
from typing import Any, Final, NamedTuple

from assay.contract import load
from assay.contract.rule import Authority, Case, Rule, Severity, rule_of
from assay.contract.sentences import count
from assay.contract.unjudged import unjudged
from assay.expect.known import Deviation, shipped
from assay.faults.catalogue import FAULTS
from assay.plugin.catalogue import module_of_rules
from assay.plugin.requiring import REQUIRED
from assay.suite import suite_folder
from docs.generating.markdown import code, codes, page, prose, table, written_from
from docs.generating.witnesses import asked_by

ALONE: Final = "---\norphan: true\n---\n"
"""Hundreds of rules would bury the site's menu: their pages are reached from the index, and from what names them."""
SHOWN: Final = 40
"""Cases that a page lists of one operation; `assay explain` lists all."""
MEANS: Final = {
    Severity.MUST: "broken, it fails the run (exit code 1)",
    Severity.SHOULD: "broken, it warns, and fails the run under `--strict`",
    Severity.NOTE: "told, and never judged",
}
SAYS: Final = {
    Authority.DOCUMENT: "a document states it",
    Authority.SAMPLE: "a sample that a document prints needs it",
    Authority.SERVER: "the open-source server does so, and no document promises it",
    Authority.SOUND: "it is true of any sound service",
}


class Written(NamedTuple):
    """A rule as it stands in the code; the function is None where the engine judges it itself."""

    rule: Rule
    function: Callable[..., Any] | None
    file: str


@cache
def written() -> Mapping[str, Written]:
    """Every rule of the suite by its id; what packages add is theirs to describe."""
    found = {REQUIRED.id: Written(REQUIRED, None, "assay/plugin/requiring.py")}
    for path in sorted(suite_folder("conformance").glob("test_*.py")):
        for function in vars(module_of_rules(path)).values():
            rule = rule_of(function) if isinstance(function, FunctionType) else None
            if rule is not None:
                found.setdefault(rule.id, Written(rule, function, f"conformance/{path.name}"))
    return found


def address(rule: str, base: str) -> str:
    """A rule as a link from a page whose address leads to the root by `base`; plain code where there is no page."""
    return f"[{code(rule)}](<{base}rules/{rule}.md>)" if rule in written() else code(rule)


def pages() -> Iterator[tuple[str, str]]:
    """The index, and each rule's page under `rules/<id>.md`."""
    yield "reference/rules.md", _index()
    for one in written().values():
        yield f"rules/{one.rule.id}.md", f"{ALONE}{_page(one)}"


def _index() -> str:
    rules = sorted((one.rule for one in written().values()), key=lambda rule: rule.id.partition(".")[0])
    sections = []
    for family, members in itertools.groupby(rules, key=lambda rule: rule.id.partition(".")[0]):
        rows = [
            [
                address(rule.id, "../"),
                str(rule.severity),
                str(rule.source),
                str(len(rule.cases)),
                prose(rule.requirement),
            ]
            for rule in members
        ]
        sections += [f"## {family}", table(["rule", "severity", "source", "cases", "requirement"], rows)]
    cases = sum(len(rule.cases) for rule in rules)
    return page(
        "Rules",
        f"{count(len(rules), 'rule')} with {count(cases, 'case')}. "
        "[Severity and source](../explanation/severity-and-source.md) says what the two columns mean.",
        *sections,
        "## Promises without a rule",
        *(f"- {prose(one.says)} {prose(one.reason)}" for one in unjudged()),
        written_from("the catalogue of rules"),
    )


def _page(one: Written) -> str:
    rule = one.rule
    return page(
        code(rule.id),
        "[All rules](../reference/rules.md)",
        prose(rule.requirement),
        table(*_facts(one)),
        *_said(rule),
        "## What it asks",
        "\n".join(f"- {sentence}" for sentence in _asks(rule)),
        "## Its witness",
        *_witness(one),
        "## Its cases",
        *_cases(rule),
        "## Faults that it should notice",
        *_faults(rule),
        *_known(rule),
        "## To run it alone",
        f"```sh\n{_alone(rule)}\n```",
        written_from(f"{code(one.file)} and the schemas"),
    )


def _facts(one: Written) -> tuple[list[str], Iterator[list[str]]]:
    rule = one.rule
    return ["severity", f"{rule.severity}: {MEANS[rule.severity]}"], _further_facts(one)


def _further_facts(one: Written) -> Iterator[list[str]]:
    rule = one.rule
    yield ["source", f"**{rule.source}**: {SAYS[rule.source]}"]
    if rule.says is not None:
        document = load().documents[rule.says.document]
        yield ["document", f"[{prose(document.title)}](<{document.url}>), read on {document.retrieved}"]
        yield ["section", prose(rule.says.section)]
    yield ["operations", codes(dict.fromkeys(case.operation for case in rule.cases))]
    name = "" if one.function is None else f", {code(one.function.__name__)}"
    yield ["code", f"{code(one.file)}{name}"]


def _said(rule: Rule) -> Iterator[str]:
    if rule.says is not None:
        yield "## What the document says"
        yield f"> {prose(rule.says.sentence)}"
        if rule.says.note:
            yield prose(rule.says.note)


def _asks(rule: Rule) -> Iterator[str]:
    cost = rule.cost
    if rule.id == REQUIRED.id:
        yield "Nothing: what the target offers was found out before. It is judged for what `--require` names."
        return
    if cost.shown:
        yield "Nothing of its own: it judges answers to a few plain requests, which all cases of an operation share."
    else:
        sent = f"At most {count(cost.own, 'request')} for each case" if cost.own else "For each case"
        more = f"{' and' if cost.own else ''} {cost.scenes} for each scene that is shown" if cost.scenes else ""
        yield f"{sent}{more}, beside those by which a witness is looked for{_shared(rule)}."
    if cost.drawn:
        yield "Requests are generated from the schemas; how many, `--examples` and `--depth` say."
    if rule.depth != "quick":
        yield f"It is judged at `--depth {rule.depth}` and deeper, or where `--only` names it in full."
    if rule.asks:
        yield "A model that the target would have to load is asked for at `--depth deep` only."
    for holds, sentence in (
        (rule.prerequisite, "Others rest on it: they are blocked where it is broken."),
        (rule.compares, "It compares answers to different requests, and asks again before it accuses."),
        (rule.alone == "task", "It is judged while nothing else is asked of the models of its task."),
        (rule.alone == "run", "It is judged while nothing else is asked."),
        (rule.late > 0, "It is judged after all others."),
        (rule.hostile, "It sends hostile input, and is judged with `--allow-hostile` only."),
    ):
        if holds:
            yield sentence


def _shared(rule: Rule) -> str:
    return "; what it sends is sent once for all rules about the same" if rule.cost.shared else ""


def _witness(one: Written) -> Iterator[str]:
    if one.function is None:
        yield "What was found out of the target's operations."
        return
    asked = asked_by(one.function)
    if asked.wanted:
        yield "A case is judged where there is:"
        yield "\n".join(f"- {prose(words)}" for words in asked.wanted)
    elif one.rule.content:
        yield "An answer in which the model saw something: in an empty one there is nothing to judge."
    elif asked.without:
        yield "An answer that shows what is judged."
    else:
        yield "An answer. What the model saw in the picture does not matter."
    if asked.without:
        yield "It stays *inconclusive*, and never passes, where it is found that"
        yield "\n".join(f"- {prose(words)}" for words in asked.without)


def _cases(rule: Rule) -> Iterator[str]:
    rows = []
    for operation, members in itertools.groupby(rule.cases, key=lambda case: case.operation):
        varied = [_varied(case) for case in members]
        left = f", and {len(varied) - SHOWN} more" if len(varied) > SHOWN else ""
        shown = "; ".join(code(words) for words in varied[:SHOWN] if words)
        rows.append([code(operation), str(len(varied)), (shown or "the operation itself") + left])
    yield table(["operation", "cases", "what is varied"], rows)


def _varied(case: Case) -> str:
    return case.id.removeprefix(case.operation).strip()


def _faults(rule: Rule) -> Iterator[str]:
    broken = [fault for fault in FAULTS.values() if rule.id in fault.breaks]
    if not broken:
        yield "No fault that has a name is aimed at it; those that follow from the schemas may be."
        return
    rows = [
        [code(fault.name), prose(fault.sentence), "first" if fault.breaks[0] == rule.id else ""] for fault in broken
    ]
    yield table(["fault", "what is broken", "named by this rule"], rows)
    yield f"`assay serve --fault {broken[0].name}` serves the first of them, to be checked."


@cache
def _deviations() -> tuple[Deviation, ...]:
    return shipped().entries


def _known(rule: Rule) -> Iterator[str]:
    entries = [entry for entry in _deviations() if entry.rule == rule.id]
    if entries:
        yield "## Known deviations"
        yield "\n".join(
            f"- {prose(f'{entry.name} {entry.version}')}: {prose(entry.reason)} ({count(len(entry.cases), 'case')})"
            for entry in entries
        )
        yield "[Known deviations](../reference/known-deviations.md) has the evidence of each."


def _alone(rule: Rule) -> str:
    if rule.id == REQUIRED.id:
        return "assay check TARGET --require 'sam2.*'"
    hostile = " --allow-hostile" if rule.hostile else ""
    return f"assay explain {rule.id}\nassay check TARGET --only {rule.id}{hostile}"
