"""How asking ends, for whatever reason, with nothing lost that was recorded: one sentence and one exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay.errors import EXIT_ORDER, AssayError, BudgetSpent, Exit, Fault
from assay.questions.choice import Choice
from assay.questions.scoring import score
from assay.record import RecordWriter, Run, read
from assay.report.files import write_reports
from assay.report.verdict import counted


@dataclass(frozen=True, slots=True)
class Ending:
    """How asking ended, beside what was found. `spent` names the bound that was reached, if one was."""

    gone: bool = False
    interrupted: bool = False
    spent: str = ""


@dataclass(frozen=True, slots=True)
class Concluded:
    """The exit code, the sentence, and the cases by outcome."""

    code: Exit
    sentence: str
    counts: dict[str, int]


def conclusion(run: Run, applies: Mapping[Exit, bool], sentence: Callable[[Exit], str]) -> Concluded:
    """The first of the exit codes that apply, in their documented order, and what is said of it."""
    code = next(each for each in EXIT_ORDER if applies.get(each))
    return Concluded(code, sentence(code), counted(run.outcomes))


def ended(
    writer: RecordWriter,
    ask: Callable[[], None],
    gone: Callable[[], bool],
    choice: Choice,
    concluded: Callable[[Run, Ending], Concluded],
) -> tuple[Run, Exit]:
    """Ask everything, score it, conclude, and write the reports. An interrupted record gets no footer: it is resumed.

    Raises the errors of `ask`, when the reports of what was recorded until then are written, and any other as a Fault.
    """
    spent, interrupted = "", False
    try:
        ask()
    except KeyboardInterrupt:
        interrupted = True
    except BudgetSpent as error:
        spent = str(error)
    except AssayError:
        write_reports(writer.folder)
        raise
    except Exception as error:
        raise Fault.of(error, writer.redactor.text, writer.folder) from error
    if not interrupted:
        score(writer, choice)
    reached = concluded(read(writer.folder), Ending(gone(), interrupted, spent))
    if not interrupted:
        writer.footer(counts=reached.counts, exit_code=int(reached.code), verdict=reached.sentence)
    writer.close()
    return write_reports(writer.folder), reached.code
