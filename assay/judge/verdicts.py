"""How a rule says what it found, other than by returning: broken, without a witness, or held up by another rule."""

from __future__ import annotations

from collections.abc import Sequence

from assay.record.model import Finding


class RuleBroken(AssertionError):
    """The deployment broke the rule, in the ways listed."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = tuple(findings)


class PrerequisiteBroken(RuleBroken):
    """The answer could not be judged, because it breaks another rule, named `prerequisite`.

    Where that rule has failed already, this case is blocked by it; otherwise the case itself fails with these findings.
    """

    def __init__(self, prerequisite: str, findings: Sequence[Finding]) -> None:
        super().__init__(findings)
        self.prerequisite = prerequisite


class AnswerOfAnother(RuleBroken):
    """The answer is that of another request: no target that rounds, or draws by chance, ever gives it."""


class NoWitness(Exception):
    """Nothing that the deployment answered makes this case meaningful. The message says what was missing."""


def broken_if(findings: Sequence[Finding]) -> None:
    """Raise RuleBroken when there is any finding."""
    if findings:
        raise RuleBroken(findings)


class NotOffered(Exception):
    """The target does not offer what the case needs, by a fact of discovery. The message says which."""
