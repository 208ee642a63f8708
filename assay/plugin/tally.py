"""The outcomes of a run as they come, the rules that they are of, and the verdict over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.contract.rule import Rule
from assay.record import Outcome, Run
from assay.report.verdict import Verdict, verdict


class Tally:
    """`outcomes` grows case by case, in the order in which the cases ran.

    `settled` holds rule and case of what needs no judging any more.
    """

    def __init__(self, outcomes: Iterable[Outcome] = (), settled: frozenset[tuple[str, str]] = frozenset()) -> None:
        self.outcomes = list(outcomes)
        self.settled = settled
        self._severities: dict[str, str] = {}
        self._content: set[str] = set()

    @classmethod
    def of(cls, run: Run) -> Tally:
        """That of a run that is gone on with: what was judged is settled."""
        outcomes = [Outcome.of(event) for event in run.outcomes]
        tally = cls(outcomes, frozenset((outcome.rule, outcome.case) for outcome in outcomes))
        for identifier, rule in run.rules.items():
            tally._weigh(identifier, rule["severity"], bool(rule.get("content")))
        return tally

    def new(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """Those of the rules that were not in it before; from now on they are."""
        for rule in rules:
            if rule.id not in self._severities:
                self._weigh(rule.id, str(rule.severity), rule.content)
                yield rule

    def _weigh(self, identifier: str, severity: str, content: bool) -> None:
        self._severities[identifier] = severity
        self._content |= {identifier} if content else set()

    def is_settled(self, rule: str, case: str) -> bool:
        """Whether this case was judged by the run that is gone on with."""
        return (rule, case) in self.settled

    def verdict(self, *, strict: bool, gone: bool, spent: str) -> Verdict:
        """The verdict; `gone` says that the target stopped answering, `spent` which bound ended the run early."""
        return verdict(self.outcomes, self._severities, strict=strict, gone=gone, content=self._content, spent=spent)
