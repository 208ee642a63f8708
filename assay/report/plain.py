"""A case explained in plain lines of text, for a terminal, a CI log or JUnit."""

from __future__ import annotations

from collections.abc import Iterator

from assay.contract.sentences import count, cut
from assay.record import Run
from assay.report.evidence import FindingView, answer_in_words, command, loose_finding, request_line, split
from assay.report.excerpt import Answer
from assay.report.picture import body_of
from assay.report.text import command_lines, one_line, wrapped
from assay.report.view import Event, Group, RuleView, own_message

WIDTH = 110
FINDINGS = 3
EXCHANGES = 2
OTHERS = 3
EXCERPT = 16
NAMES = 4


def promise(rule: RuleView, indent: str = "  ", width: int = WIDTH) -> Iterator[str]:
    """The requirement, and the document's sentence with where it stands."""
    yield from wrapped(one_line(rule.rule["requirement"], 600), width, indent)
    if rule.document and rule.rule.get("sentence"):
        section = f", section {one_line(rule.rule['section'], 200)}" if rule.rule.get("section") else ""
        said = f'"{one_line(rule.rule["sentence"], 1200)}"'
        yield from wrapped(f"{rule.document.title}{section}: {said}", width, indent)
        if rule.document.link:
            yield f"{indent}{rule.document.link}"


def explanation(run: Run, group: Group, indent: str = "  ", width: int = WIDTH) -> Iterator[str]:
    """What is wrong with the first case of a group, with evidence; the other cases are named."""
    outcome = group.first
    yield from wrapped(f"case {one_line(outcome['case'])}", width, indent, indent + "     ")
    inner = indent + "  "
    if message := own_message(outcome):
        yield from wrapped(message, width, inner)
    yield from _evidence(run, outcome, inner, width)
    if group.others:
        named = ", ".join(one_line(each["case"], 120) for each in group.others[:NAMES])
        rest = f" and {len(group.others) - NAMES} others" if len(group.others) > NAMES else ""
        more = f"and {count(len(group.others), 'more case')} with the same finding: {named}{rest}"
        yield from wrapped(more, width, indent, indent + "  ")


def _evidence(run: Run, outcome: Event, indent: str, width: int) -> Iterator[str]:
    """The exchanges that findings point into, or else the first one; the others are named."""
    by_exchange = split(run, outcome)
    telling = [each for each, findings in by_exchange.items() if findings or not each]
    if telling == [""]:
        telling += list(by_exchange)[1:2]
    room = FINDINGS
    for identifier in telling[: EXCHANGES + 1]:
        findings = by_exchange[identifier]
        shown = findings[: max(1, room)]
        room -= len(shown)
        for finding in shown:
            yield from _finding(loose_finding(finding), indent, width)
        if len(findings) > len(shown):
            yield f"{indent}and {count(len(findings) - len(shown), 'more finding')} in the same answer"
        if identifier:
            pointer = shown[0]["pointer"] if shown else None
            yield from _exchange(run, run.exchanges[identifier], pointer, indent, width)
    others = [each for each in by_exchange if each not in telling[: EXCHANGES + 1]]
    for identifier in others[:OTHERS]:
        yield from wrapped(f"{identifier}  {request_line(run.exchanges[identifier])}", width, indent, indent + " " * 9)
    if len(others) > OTHERS:
        yield f"{indent}and {count(len(others) - OTHERS, 'more exchange')}"


def _finding(finding: FindingView, indent: str, width: int) -> Iterator[str]:
    yield from wrapped(f"- {finding.message}", width, indent, indent + "  ")
    facts = (
        ("says", finding.says),
        ("at", finding.pointer),
        ("expected", finding.expected),
        ("actual", finding.actual),
    )
    for name, value in facts:
        if value is not None:
            yield from wrapped(f"{name + ':':<10}{value}", width, indent + "  ", indent + " " * 12)


def _exchange(run: Run, exchange: Event, pointer: str | None, indent: str, width: int) -> Iterator[str]:
    yield from wrapped(f"{exchange['id']}  {answer_in_words(exchange)}", width, indent)
    if exchange["error"]:
        said = f"{exchange['error']['kind']}: {exchange['error']['message']}"
        yield from wrapped(one_line(said, 600), width, indent + "  ")
    body = body_of(run, exchange["response"]) if exchange["response"] else None
    if body:
        for line in Answer(body, str(exchange["response"]["body"]["media"])).lines(pointer, EXCERPT):
            gutter = " >" if line.marked else " |"
            yield cut(f"{indent}{gutter} {line.text}", width)
    yield from wrapped(f"send it again, in {run.folder}:", width, indent)
    yield from command_lines(command(exchange), width, indent + "  ")
