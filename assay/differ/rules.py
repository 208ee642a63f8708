"""What a comparison of two deployments looks for, in the form of rules: so each report can tell of it."""

from __future__ import annotations

from typing import Final

from assay.contract.rule import Authority, Case, Rule, Severity

EVERY: Final = (Case("every question"),)
SAME: Final = Rule(
    id="diff.says-the-same",
    requirement="Both deployments answer the same, as far as the profile of tolerances and their own noise allow.",
    source=Authority.SOUND,
    severity=Severity.MUST,
    cases=EVERY,
)
STEADY: Final = Rule(
    id="diff.is-steady",
    requirement="A deployment that is asked the same question twice says the same, as far as the profile allows.",
    source=Authority.SOUND,
    severity=Severity.SHOULD,
    cases=EVERY,
)
SCHEMA: Final = Rule(
    id="diff.keeps-its-schema",
    requirement="An answer keeps the schema of its operation; a check tells the sentence of the document.",
    source=Authority.SOUND,
    severity=Severity.NOTE,
    cases=EVERY,
)
RULES: Final = (SAME, STEADY, SCHEMA)
