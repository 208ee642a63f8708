"""Asking both deployments question by question, and some of the questions twice."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any, Final

from assay.differ.comparing import both_refuse, both_silent, compared
from assay.differ.noise import beyond, is_drawn
from assay.differ.options import NAMES
from assay.differ.rules import SAME, SCHEMA, STEADY
from assay.interrupts import raise_lost
from assay.likeness.profiles import Profile
from assay.likeness.report import Likeness
from assay.photograph import UnusablePicture
from assay.plugin.progress import Progress
from assay.questions.answered import broken_promises
from assay.questions.asking import Asking
from assay.questions.drawings import difference_of
from assay.questions.question import Question
from assay.questions.respondent import NotAsked, Respondent
from assay.questions.telling import Sides, finding, witness
from assay.record import Comparison, Exchange, Finding, Outcome, OutcomeKind, RecordWriter, Shown

Echo = Callable[[str], None]
Pair = tuple[Exchange, Exchange]
BETWEEN: Final = Sides("the answer of A", "the answer of B", NAMES)
SCHEMA_FINDINGS: Final = 3


@dataclass(slots=True)
class Asker:
    """Asks both sides, and records what becomes of each question. `alone` where both sides are one deployment."""

    sides: tuple[Respondent, Respondent]
    writer: RecordWriter
    profile: Profile
    progress: Progress
    say: Echo
    seed: int
    twice: float
    alone: bool = False

    @property
    def gone(self) -> bool:
        """Whether one of the deployments has stopped answering."""
        return any(side.target.gone for side in self.sides)

    def ask_all(self, questions: Iterable[Question], settled: Container[str]) -> None:
        """Everything that was not settled before. Raises BudgetSpent; stops where a deployment is gone."""
        for number, question in enumerate(questions):
            raise_lost()
            self.progress.done, self.progress.doing = number + 1, question.id
            for side in self.sides:
                side.target.probe()
            if self.gone:
                return
            if question.id not in settled:
                self._one(question, number)

    def _one(self, question: Question, number: int) -> None:
        try:
            asking = question.asking
        except UnusablePicture as why:  # one file of thousands
            self._add(SAME.id, question.id, OutcomeKind.SKIP, message=str(why))
            return
        if self._left_out(question.id, asking):
            return
        try:
            pair = self._both(asking, question.id, turned=bool(number % 2))
            self._compare(question, asking, pair)
        except NotAsked as why:
            self._add(SAME.id, question.id, OutcomeKind.SKIP, message=str(why))

    def _left_out(self, name: str, asking: Asking) -> bool:
        """Whether a side cannot be asked: what only one of them offers is told, and compared with nothing."""
        whys = [side.reason_not_to_ask(asking) for side in self.sides]
        if not any(whys):
            return False
        lacking = [f"{side} does not ({why})" for side, why in zip(NAMES, whys, strict=True) if why]
        having = [side for side, why in zip(NAMES, whys, strict=True) if not why]
        who = f"only {having[0]} offers it" if having else "neither offers it"
        message = f"{who}: {whys[0] if whys[0] == whys[1] else '; '.join(lacking)}"
        self._add(SAME.id, name, OutcomeKind.SKIP, message=message)
        return True

    def _both(self, asking: Asking, name: str, *, turned: bool, again: str = "") -> Pair:
        """Ask A and then B, or B and then A: whatever drifts meets both alike."""
        found: dict[int, Exchange] = {}
        for index in (1, 0) if turned else (0, 1):
            found[index] = self.sides[index].ask(asking, f"{name} ({NAMES[index]}{again})")
        return found[0], found[1]

    def _compare(self, question: Question, asking: Asking, pair: Pair) -> None:
        name, mode = question.id, question.mode
        if both_silent(pair):
            message = f"neither answered: {' and '.join(str((each.error or ('', ''))[1]) for each in pair)}"
            self._add(SAME.id, name, OutcomeKind.ERROR, pair, message=message)
            return
        request = self.sides[0].request(asking)
        found = compared(asking, mode, request, pair, self.profile)
        own: list[Likeness] = []
        if not self.alone and (not found.alike or is_drawn(name, self.seed, self.twice)):
            own = self._against_themselves(question, asking, pair)
        self._keep(name, asking, mode, pair, found, NAMES)
        self._conclude(name, pair, found, own)
        self._look_at_schema(asking, name, mode, pair)

    def _against_themselves(self, question: Question, asking: Asking, pair: Pair) -> list[Likeness]:
        """Ask each side the same again, and compare it with itself."""
        again = self._both(asking, question.id, turned=True, again=" again")
        found = []
        for side, letter, first, second in zip(self.sides, NAMES, pair, again, strict=True):
            exchanges = (first, second)
            if both_silent(exchanges):
                continue
            own = compared(asking, question.mode, side.request(asking), exchanges, self.profile)
            name = f"{question.id} ({letter} again)"
            names = (letter, f"{letter} again")
            self._keep(name, asking, question.mode, exchanges, own, names)
            told = Sides(f"the first answer of {letter}", f"the second answer of {letter}", names)
            self._add(
                STEADY.id, name, OutcomeKind.PASS if own.alike else OutcomeKind.WARN, exchanges,
                findings=_findings(own, second, told), witness=witness(own),
            )  # fmt: skip
            found.append(own)
        return found

    def _conclude(self, name: str, pair: Pair, found: Likeness, own: list[Likeness]) -> None:
        if found.alike:
            status = both_refuse(pair)
            if status is not None:
                message = f"both refuse it with status {status}, so that there is nothing to compare"
                self._add(SAME.id, name, OutcomeKind.INCONCLUSIVE, pair, message=message)
                return
            self._add(SAME.id, name, OutcomeKind.PASS, pair, witness=witness(found))
            return
        left = beyond(found, own)
        kind = OutcomeKind.NOTE if left.alike else OutcomeKind.FAIL
        names = Sides("the first answer", "the second answer", NAMES) if self.alone else BETWEEN
        findings = _findings(found if left.alike else left, pair[1], names)
        message = "they differ, and no more than one of them differs from itself" if left.alike else ""
        self._add(SAME.id, name, kind, pair, findings=findings, witness=witness(found), message=message)

    def _keep(  # noqa: PLR0917 - the question, both answers, and what was found
        self, name: str, asking: Asking, mode: str, pair: Pair, found: Likeness, names: tuple[str, str]
    ) -> None:
        first, second = pair
        picture = None
        if not found.alike and first.response and second.response:
            picture = difference_of(first.response, second.response)
        self.writer.comparison(
            Comparison(
                name,
                asking.operation,
                mode,
                Shown(names[0], first.id),
                Shown(names[1], second.id),
                found.as_json(),
                self.writer.artifact(picture, "image/png") if picture else None,
            )
        )

    def _look_at_schema(self, asking: Asking, name: str, mode: str, pair: Pair) -> None:
        for letter, exchange in zip(NAMES, pair, strict=True):
            if exchange.response is None or exchange.response.status != 200:
                continue
            broken = broken_promises(asking, mode, exchange.response)
            if broken:
                told = tuple(Finding(each.message, each.pointer, exchange=exchange.id) for each in broken)
                case = f"{name} ({letter})"
                self._add(SCHEMA.id, case, OutcomeKind.NOTE, (exchange,), findings=told[:SCHEMA_FINDINGS])

    def _add(self, rule: str, case: str, kind: OutcomeKind, exchanges: tuple[Exchange, ...] = (), **told: Any) -> None:
        """Record an outcome, and say it where it is bad; `told` are the fields of `Outcome` beside these."""
        outcome = Outcome(
            rule,
            case,
            case.partition("/")[0],
            kind,
            exchanges=tuple(each.id for each in reversed(exchanges)),  # a finding points into the second: it is first
            seconds=sum(each.seconds for each in exchanges),
            **told,
        )
        self.writer.outcome(outcome)
        self.progress.count(kind)
        if kind.is_bad:
            said = outcome.findings[0].message if outcome.findings else outcome.message
            self.say(f"{str(kind).upper()} {case}: {said}")


def _findings(found: Likeness, second: Exchange, names: Sides) -> tuple[Finding, ...]:
    return tuple(finding(each, second.id, names) for each in found.differences)
