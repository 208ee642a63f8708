"""What a reader is to look at first: the root of what decides the verdict, with all that is needed to see it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from assay.contract.rule import GROUND
from assay.record import OutcomeKind, Run
from assay.report.evidence import command
from assay.report.text import one_line, told
from assay.report.view import Document, Group, RuleView, causes, first_message, is_diff, is_golden

USUAL_DEPTH: Final = "standard"
USUAL_PLACE: Final = "documented"
NAMED: Final = {
    "--ca-bundle": "ca_bundle", "--client-cert": "client_cert", "--client-key": "client_key", "--proxy": "proxy",
    "--asset-bind": "asset_bind", "--asset-base-url": "asset_base_url", "--known": "known_files",
    "--pictures": "pictures",
}  # fmt: skip
"""Options whose values, or the names of whose files, stand in a record, by the fields that hold them."""


@dataclass(frozen=True, slots=True)
class Foremost:
    """One case in a few lines; `again` is the command that judges its rule alone."""

    rule: str
    kind: OutcomeKind
    operation: str
    requirement: str
    document: Document | None
    section: str
    sentence: str
    message: str
    pointer: str | None
    expected: str | None
    actual: str | None
    curl: str | None
    again: str


def foremost(run: Run) -> Foremost | None:
    """The first thing to look at; None where nothing decides the verdict against the target."""
    found = [(rule, group) for rule, group in causes(run) if group.kind.is_bad]
    if not found:
        return None
    rule, group = min(found, key=lambda each: _rank(*each))
    return _told(run, rule, group)


def _rank(rule: RuleView, group: Group) -> tuple[bool, int, int]:
    """What others rest on comes before what rests on it, a failure before what broke, and many cases before few."""
    root = next((number for number, pattern in enumerate(GROUND) if fnmatchcase(rule.id, pattern)), len(GROUND))
    return group.kind is not OutcomeKind.FAIL, root, -len(group.outcomes)


def _told(run: Run, rule: RuleView, group: Group) -> Foremost:
    outcome = group.first
    finding = outcome["findings"][0] if outcome["findings"] else {}
    exchange = run.exchanges.get(str(finding.get("exchange") or next(iter(outcome["exchanges"]), "")))
    says = finding.get("says") or {}
    return Foremost(
        rule=rule.id,
        kind=group.kind,
        operation=str(outcome["operation"]),
        requirement=str(rule.rule["requirement"]),
        document=rule.document,
        section=str(says.get("section") or rule.rule.get("section") or ""),
        sentence=str(says.get("sentence") or rule.rule.get("sentence") or ""),
        message=first_message(outcome),
        pointer=one_line(finding["pointer"], 300) if finding.get("pointer") else None,
        expected=_value(finding.get("expected")),
        actual=_value(finding.get("actual")),
        curl=command(exchange) if exchange else None,
        again=_again(run, rule.id, str(outcome["case"])),
    )


def _value(value: object) -> str | None:
    return None if value is None else told(value, 300)


def _again(run: Run, rule: str, case: str) -> str:
    target, stated = str(run.header["target"].get("url", "TARGET")), run.header["configuration"]
    question = case.partition(" (")[0]
    if is_diff(run):
        others = [word for word in stated.get("again", ()) if not str(word).startswith("--only=")]
        return _line("assay diff", *stated.get("targets", ()), *others, "--only", question)
    if is_golden(run):
        bundle = stated.get("bundle", "FOLDER")
        return _line("assay golden check", stated.get("target", target), "--bundle", bundle, "--only", question)
    return _line("assay check", stated.get("target", target), "--only", rule, *_asked_as_before(run))


def _asked_as_before(run: Run) -> Iterator[str]:
    """The options without which a check asks something else, or does not get there. A header has its name alone."""
    stated, seed = run.header["configuration"], run.header["seed"]
    for task in stated.get("models_named", ()):
        yield from ("--model", f"{task}={stated['models'][task]}")
    if stated.get("depth", USUAL_DEPTH) != USUAL_DEPTH:
        yield from ("--depth", stated["depth"])
    if seed:
        yield from ("--seed", str(seed))
    yield from (f"--{name.replace('_', '-')}" for name in ("strict", "allow_hostile") if stated.get(name))
    if not stated.get("known", True):
        yield "--no-known"
    if stated.get("key_place", USUAL_PLACE) != USUAL_PLACE:
        yield from ("--key-in", stated["key_place"])
    for name in stated.get("headers", ()):
        yield from ("--header", f"{name}: VALUE")
    for option, field in NAMED.items():
        given = stated.get(field) or ()
        for value in [given] if isinstance(given, str) else given:
            yield from (option, str(value))


def _line(command: str, *words: object) -> str:
    return " ".join([command, *(shlex.quote(one_line(str(word), 300)) for word in words)])
