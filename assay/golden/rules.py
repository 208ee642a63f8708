"""What a check of golden answers holds a deployment to, in the form of rules: so each report can tell of it."""

from __future__ import annotations

from typing import Final

from assay.contract.rule import Authority, Case, Rule, Severity

EVERY: Final = (Case("every golden answer"),)
SAME: Final = Rule(
    id="golden.says-the-same",
    requirement="The deployment answers what its golden answer says, as far as the profile of tolerances allows.",
    source=Authority.SOUND,
    severity=Severity.MUST,
    cases=EVERY,
)
MISSING: Final = Rule(
    id="golden.is-there",
    requirement="Every question has a golden answer.",
    source=Authority.SOUND,
    severity=Severity.MUST,
    cases=EVERY,
)
ORPHAN: Final = Rule(
    id="golden.is-asked-for",
    requirement="Every golden answer is of a question that is still asked.",
    source=Authority.SOUND,
    severity=Severity.SHOULD,
    cases=EVERY,
)
SCHEMA: Final = Rule(
    id="golden.keeps-its-schema",
    requirement="An answer keeps the schema of its operation; a check tells the sentence of the document.",
    source=Authority.SOUND,
    severity=Severity.NOTE,
    cases=EVERY,
)
RULES: Final = (SAME, MISSING, ORPHAN, SCHEMA)
