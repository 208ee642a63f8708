"""What a comparison of two deployments comes to: one sentence and one exit code."""

from __future__ import annotations

from assay.contract.sentences import count
from assay.errors import Exit
from assay.questions.concluding import Concluded, Ending, conclusion
from assay.record import Run
from assay.report.agreement import Agreement, agreements, moved, neither, one_sided


def concluded(run: Run, ending: Ending, *, alone: bool = False) -> Concluded:
    """Conclude from what was recorded."""
    found = agreements(run)
    differing = sum(each.differ for each in found)
    silent = sum(each.silent for each in found)
    applies = {
        Exit.INTERRUPTED: ending.interrupted,
        Exit.UNREACHABLE: ending.gone,
        Exit.NOTHING_CHECKED: not any(each.compared for each in found),
        Exit.FAILED: bool(silent),
        Exit.DIFFERENT: bool(differing),
        Exit.UNDECIDED: bool(ending.spent),
        Exit.OK: True,
    }
    return conclusion(run, applies, lambda code: _sentence(code, run, found, ending, alone))


def _sentence(code: Exit, run: Run, found: list[Agreement], ending: Ending, alone: bool) -> str:
    compared = sum(each.compared for each in found)
    differing = sum(each.differ for each in found)
    held = f"{count(compared, 'question')} compared by the profile {run.header['configuration']['profile']}"
    aside = "".join(f"; {each}" for each in _aside(run, found, ending, alone))
    places = _places(found)
    differ = f"{count(differing, 'answer differs', 'answers differ')}{' from the same asked again' * alone}"
    match code:
        case Exit.INTERRUPTED:
            return f"interrupted: {held}{f', {differ}{places}' if differing else ''}"
        case Exit.UNREACHABLE:
            return f"TARGET LOST: a deployment stopped answering; until then {held}"
        case Exit.NOTHING_CHECKED:
            return f"NOTHING WAS COMPARED: no question was answered by both sides{aside}"
        case Exit.FAILED:
            silent = sum(each.silent for each in found)
            return f"BROKEN: {count(silent, 'question')} got no answer from either side ({held}){aside}"
        case Exit.DIFFERENT:
            return f"DIFFERENT: {differ}{places} ({held}){aside}"
        case Exit.UNDECIDED:
            return f"UNDECIDED: {ending.spent}; no difference until then ({held})"
        case _ if alone:
            return f"steady: {held}, and answered twice alike{aside}"
        case _:
            return f"the same: {held}{aside}"


def _places(found: list[Agreement]) -> str:
    """Where they differ: the operations, the worst first."""
    by_operation: dict[str, int] = {}
    for each in found:
        by_operation[each.operation] = by_operation.get(each.operation, 0) + each.differ
    named = sorted((name for name, number in by_operation.items() if number), key=lambda name: -by_operation[name])
    several = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f" in {', '.join(named[:3])}{several}" if named else ""


def _aside(run: Run, found: list[Agreement], ending: Ending, alone: bool) -> list[str]:
    words = []
    if within := sum(each.within for each in found):
        words.append(f"{count(within, 'more differs', 'more differ')} no further than a side from itself")
    for noise in () if alone else moved(run):
        if noise.moved:
            words.append(f"{noise.side} moved in {noise.moved} of {count(noise.asked, 'question')} asked twice")
    for letter, operations in one_sided(run).items():
        words.append(f"only {letter} offers {', '.join(operations)}")
    if apart := sum(len(operations) for operations in neither(run).values()):
        words.append(f"{count(apart, 'operation was', 'operations were')} not asked")
    if refused := sum(each.refused for each in found):
        words.append(f"{count(refused, 'question was', 'questions were')} refused by both alike")
    if ending.spent:
        words.append(ending.spent)
    return words
