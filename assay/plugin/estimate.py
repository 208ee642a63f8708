"""How many requests a run will send at most, as far as can be told before it begins."""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable

from assay.contract.rule import Case, Rule
from assay.plugin.drivers.base import SHOWN

LOOKS = 2
"""How often a scene is looked at for a witness: at the default threshold, and at a low one."""


def requests_of(rules: Iterable[Rule], operations: Container[str], examples: int, scenes: Callable[[str], int]) -> int:
    """The most requests that these rules send to these operations while they pass.

    `scenes` says how many scenes an operation is shown. A rule that fails may send more, to find the simplest request
    that breaks it, and a target that is busy is asked again.
    """
    shares: dict[Hashable, int] = {}
    for rule in rules:
        for case in rule.cases:
            if case.operation in operations:
                shares |= _shares(rule, case, examples, scenes(case.operation))
    return sum(shares.values())


def _shares(rule: Rule, case: Case, examples: int, scenes: int) -> dict[Hashable, int]:
    """What a case may send, under a name for each part: cases of the same name share the answers."""
    shares: dict[Hashable, int] = {("looking", case.operation): LOOKS * scenes}
    if rule.cost.shown:
        shares["shown", case.operation, case["mode"]] = SHOWN
    else:
        shares[rule.cost.shared or rule.id, case.id] = rule.cost.own + rule.cost.scenes * scenes
    if rule.cost.drawn:
        shares["drawn", rule.cost.drawn, case.id] = rule.cost.examples(examples)
    return shares
