"""`assay explain`."""

from __future__ import annotations

import difflib
import textwrap

from assay.contract import load
from assay.contract.rule import Rule
from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.plugin.catalogue import catalogue, origins
from assay.plugin.requiring import REQUIRED


def explanation(rule_id: str) -> str:
    """A rule in words. Raises UsageProblem for an unknown id, with the nearest one."""
    rules = {**catalogue(), REQUIRED.id: REQUIRED}
    if rule_id not in rules:
        near = difflib.get_close_matches(rule_id, rules, n=1)
        hint = f"did you mean {near[0]}?" if near else "`assay rules` lists the rules"
        raise UsageProblem(f"no rule has the id {rule_id!r}; {hint}")
    return "\n".join(_lines(rules[rule_id]))


def _lines(rule: Rule) -> list[str]:
    lines = [rule.id, *_wrapped(rule.requirement), "", f"severity   {rule.severity}", f"source     {rule.source}"]
    if rule.id in origins():
        lines += [f"package    {origins()[rule.id]}"]
    if rule.says:
        document = load().documents.get(rule.says.document)  # a package may cite a document of its own
        lines += [f"document   {document.title if document else rule.says.document}, {rule.says.section}"]
        lines += [f"           {document.url}"] if document else []
        lines += ["", "The document says:", *_wrapped(rule.says.sentence)]
    if rule.depth != "quick":
        lines += ["", f"Judged at --depth {rule.depth} and deeper, or when it is named in full by --only."]
    if rule.asks:
        lines += ["A model that the target would have to load is asked for at --depth deep only."]
    return [*lines, "", f"{count(len(rule.cases), 'case')}:", *(f"  {case.id}" for case in rule.cases)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="  ")
