"""What a check of golden answers comes to: one sentence and one exit code."""

from __future__ import annotations

from collections.abc import Mapping

from assay.contract.sentences import count
from assay.errors import Exit
from assay.golden.rules import MISSING, ORPHAN, SAME
from assay.questions.concluding import Concluded, Ending, conclusion
from assay.record import OutcomeKind, Run
from assay.report.verdict import kind_of


def concluded(run: Run, ending: Ending, *, strict: bool = False) -> Concluded:
    """Conclude from what was recorded."""
    of_rule = {
        rule.id: [kind_of(outcome) for outcome in run.outcomes if outcome["rule"] == rule.id]
        for rule in (SAME, MISSING, ORPHAN)
    }
    judged = of_rule[SAME.id] + of_rule[MISSING.id]
    differing = of_rule[SAME.id].count(OutcomeKind.FAIL)
    missing = of_rule[MISSING.id].count(OutcomeKind.FAIL)
    orphans = len(of_rule[ORPHAN.id])
    applies = {
        Exit.INTERRUPTED: ending.interrupted,
        Exit.UNREACHABLE: ending.gone,
        Exit.NOTHING_CHECKED: not any(kind.has_witness for kind in judged),
        Exit.FAILED: OutcomeKind.ERROR in judged,
        Exit.DIFFERENT: bool(differing or missing or (strict and orphans)),
        Exit.UNDECIDED: bool(ending.spent),
        Exit.OK: True,
    }
    facts = {
        "compared": sum(kind.has_witness for kind in of_rule[SAME.id]),
        "differing": differing,
        "missing": missing,
        "orphans": orphans,
        "broken": judged.count(OutcomeKind.ERROR),
    }
    return conclusion(run, applies, lambda code: _sentence(code, facts, run, ending))


def _sentence(code: Exit, facts: Mapping[str, int], run: Run, ending: Ending) -> str:
    profile = run.header["configuration"]["profile"]
    found = ", ".join(_found(facts))
    held = f"{count(facts['compared'], 'golden answer')} compared by the profile {profile}"
    match code:
        case Exit.INTERRUPTED:
            return f"interrupted: {held}{f', {found}' if found else ''}"
        case Exit.UNREACHABLE:
            return f"TARGET LOST: it stopped answering; until then {held}{f', {found}' if found else ''}"
        case Exit.NOTHING_CHECKED:
            return "NOTHING WAS CHECKED: no golden answer was compared"
        case Exit.FAILED:
            return f"BROKEN: {found} ({held})"
        case Exit.DIFFERENT:
            return f"DIFFERENT: {found} ({held}){f'; {ending.spent}' if ending.spent else ''}"
        case Exit.UNDECIDED:
            return f"UNDECIDED: {ending.spent}; no difference until then ({held})"
        case _:
            return f"the same: {held}{f'; {found}' if found else ''}"


def _found(facts: Mapping[str, int]) -> list[str]:
    words = []
    if facts["broken"]:
        words.append(f"{count(facts['broken'], 'question')} got no answer")
    if facts["differing"]:
        words.append(f"{count(facts['differing'], 'answer differs', 'answers differ')}")
    if facts["missing"]:
        words.append(f"{count(facts['missing'], 'golden answer is', 'golden answers are')} missing")
    if facts["orphans"]:
        words.append(f"{count(facts['orphans'], 'golden answer is', 'golden answers are')} of no question")
    return words
