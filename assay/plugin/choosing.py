"""Which rules a run judges, and of which operations: by pattern, and by how deep it goes."""

from __future__ import annotations

from fnmatch import fnmatchcase

from assay.contract.rule import Rule
from assay.errors import UsageProblem
from assay.plugin.catalogue import catalogue
from assay.plugin.options import CheckOptions


def is_asked_for(rule: Rule, options: CheckOptions) -> bool:
    """Whether `--only` lets the rule be seen at all."""
    return not options.only or any(fnmatchcase(rule.id, pattern) for pattern in options.only)


def is_operation_asked_for(operation: str, options: CheckOptions) -> bool:
    """Whether `--operation` lets the operation, or the route about the server itself, be asked."""
    return not options.operations or any(fnmatchcase(operation, pattern) for pattern in options.operations)


def operations_judged(options: CheckOptions) -> frozenset[str]:
    """The operations of which at least one case is judged: nothing else needs to be asked."""
    rules = [rule for rule in catalogue().values() if is_asked_for(rule, options) and not why_left_out(rule, options)]
    named = {case.operation for rule in rules for case in rule.cases}
    return frozenset(operation for operation in named if is_operation_asked_for(operation, options))


def is_to_look(options: CheckOptions) -> bool:
    """Whether a rule that is judged has to know what the target holds, before and after the first requests."""
    rules = (rule for rule in catalogue().values() if is_asked_for(rule, options) and not why_left_out(rule, options))
    return any(rule.looks or rule.asks for rule in rules)


def refuse_empty_choice(options: CheckOptions) -> None:
    """Raise UsageProblem where the user's own words exclude each other, so that nothing would be checked."""
    chosen = [rule for rule in catalogue().values() if is_asked_for(rule, options)]
    reasons = {why_left_out(rule, options) for rule in chosen}
    if chosen and None not in reasons:
        asked = f"that {_given('only', options.only)} asks for " if options.only else ""
        because = " or ".join(sorted(filter(None, reasons)))
        raise UsageProblem(f"every rule {asked}is {because}: nothing would be checked")
    if options.only and options.operations and not operations_judged(options):
        raise UsageProblem(
            f"no rule that {_given('only', options.only)} asks for has a case of "
            f"{_given('operation', options.operations)}; `assay rules` lists the rules"
        )


def _given(option: str, patterns: tuple[str, ...]) -> str:
    return " ".join(f"--{option} {pattern}" for pattern in patterns)


def why_left_out(rule: Rule, options: CheckOptions) -> str | None:
    """Why the user's own words leave this rule out; None where they do not. No depth leaves out what is named."""
    if any(fnmatchcase(rule.id, pattern) for pattern in options.skip):
        return "left out by --skip"
    if rule.hostile and not options.allow_hostile:
        return "left out: hostile input is sent with --allow-hostile only"
    if options.how_deep.leaves_out(rule) and rule.id not in options.only:
        return f"left out at --depth {options.depth}; --depth {rule.depth} judges it"
    return None
