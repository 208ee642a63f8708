"""Asking for golden answers one by one: each is compared, and what came instead is kept."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any, Final

from assay.contract.message import Response
from assay.golden.bundle import NO_PICTURES, Bundle, Golden
from assay.golden.rules import MISSING, ORPHAN, SAME, SCHEMA
from assay.golden.telling import SIDES
from assay.golden.work import Work
from assay.interrupts import raise_lost
from assay.likeness.answers import likeness
from assay.likeness.profiles import Profile
from assay.likeness.report import Likeness
from assay.photograph import UnusablePicture
from assay.plugin.progress import Progress
from assay.questions.answered import broken_promises, unanswered
from assay.questions.asking import Asking
from assay.questions.drawings import difference_of
from assay.questions.own import is_own
from assay.questions.question import Question
from assay.questions.respondent import NotAsked, Respondent, bare
from assay.questions.telling import finding, witness
from assay.record import Comparison, Exchange, Finding, Outcome, OutcomeKind, RecordWriter, Shown

Echo = Callable[[str], None]
CANDIDATES: Final = "candidates"
"""Within the folder of a run: what came instead of golden answers, as a bundle."""
SCHEMA_FINDINGS: Final = 3


@dataclass(slots=True)
class Asker:
    """Asks one deployment, and records what becomes of each golden answer."""

    bundle: Bundle
    respondent: Respondent
    writer: RecordWriter
    profile: Profile
    progress: Progress
    say: Echo
    no_pictures: bool = False
    _candidates: Bundle | None = field(default=None)

    def ask_all(self, work: Work, settled: Container[str]) -> None:
        """Everything that was not settled before. Raises BudgetSpent; stops where the target is gone."""
        for name in work.orphans:
            if name not in settled:
                self._add(ORPHAN.id, name, OutcomeKind.WARN, message="no question asks for it any more")
        for name in work.goldens:
            raise_lost()
            if self._is_next(name, settled):
                lent = work.lent.get(name)
                self._compare(self.bundle.read(name, lent.asking if lent else None))
        for question in work.missing:
            if self._is_next(question.id, settled):
                self._miss(question)

    def _is_next(self, name: str, settled: Container[str]) -> bool:
        self.progress.done += 1
        self.progress.doing = name
        target = self.respondent.target
        target.probe()
        return name not in settled and not target.gone

    def _compare(self, golden: Golden) -> None:
        exchange = self._ask(SAME.id, golden.id, golden.asking, "it was answered when it was recorded, and now: ")
        if exchange is None:
            return
        assert exchange.response is not None
        found = self._likeness(golden, exchange.response)
        if not found.alike:
            self._keep(golden.id, golden.asking, exchange.response)
        self._show(golden, exchange, found)
        findings = tuple(finding(each, exchange.id, SIDES) for each in found.differences)
        kind = OutcomeKind.PASS if found.alike else OutcomeKind.FAIL
        self._add(SAME.id, golden.id, kind, exchange, findings=findings, witness=witness(found))
        self._look_at_schema(golden.asking, golden.id, exchange)

    def _ask(self, rule: str, name: str, asking: Asking, before: str) -> Exchange | None:
        """The exchange, if it holds an answer; else the case is concluded."""
        absent = OutcomeKind.FAIL if rule == SAME.id else OutcomeKind.SKIP
        try:
            exchange = self.respondent.ask(asking, name)
        except NotAsked as why:
            self._add(rule, name, absent, message=f"{before}it is not asked, for {why}")
            return None
        if why_not := unanswered(exchange):
            kind = OutcomeKind.ERROR if exchange.error else absent
            self._add(rule, name, kind, exchange, message=f"{before}{why_not}")
            return None
        return exchange

    def _likeness(self, golden: Golden, answer: Response) -> Likeness:
        return likeness(
            golden.asking.described,
            golden.mode,
            self.respondent.request(golden.asking),
            golden.answer,
            bare(answer),
            self.profile,
            threshold=golden.asking.threshold,
        )

    def _show(self, golden: Golden, exchange: Exchange, found: Likeness) -> None:
        """Keep the golden answer beside what came, so that reports need the record alone."""
        assert exchange.response is not None
        first = Shown("golden", body=self.writer.answer(golden.answer.body, golden.answer.media_type))
        picture = None if found.alike else difference_of(golden.answer, exchange.response)
        self.writer.comparison(
            Comparison(
                golden.id,
                golden.asking.operation,
                golden.mode,
                first,
                Shown("now", exchange.id),
                found.as_json(),
                self.writer.artifact(picture, "image/png") if picture else None,
            )
        )

    def _miss(self, question: Question) -> None:
        try:
            asking = question.asking
        except UnusablePicture as why:  # one file of thousands
            self._add(MISSING.id, question.id, OutcomeKind.SKIP, message=str(why))
            return
        exchange = self._ask(MISSING.id, question.id, asking, "there is no golden answer, and none comes: ")
        if exchange is None:
            return
        assert exchange.response is not None
        self._keep(question.id, asking, exchange.response)
        message = "there is no golden answer; what came is kept, and `assay golden approve` makes it one"
        self._add(MISSING.id, question.id, OutcomeKind.FAIL, exchange, message=message)

    def _keep(self, name: str, asking: Asking, answer: Response) -> None:
        """Keep what came instead in the run's folder, as a golden answer is kept."""
        if self._candidates is None:
            self._candidates = Bundle.begun(self.writer.folder / CANDIDATES)
            told = self.respondent.fingerprint.as_json()
            self._candidates.about.asked = {NO_PICTURES: True} if self.no_pictures else {}
            self._candidates.about.server = {key: value for key, value in told.items() if key != "url" and value}
            self._candidates.save()
        clean = answer.replace(body=self.respondent.redactor.body(answer.body))
        self._candidates.write(name, asking, bare(clean), shown=not (self.no_pictures and is_own(name)))

    def _look_at_schema(self, asking: Asking, name: str, exchange: Exchange) -> None:
        assert exchange.response is not None
        broken = broken_promises(asking, name.split("/")[1], exchange.response)
        if broken:
            told = (Finding(each.message, each.pointer, exchange=exchange.id) for each in broken[:SCHEMA_FINDINGS])
            self._add(SCHEMA.id, name, OutcomeKind.NOTE, exchange, findings=tuple(told))

    def _add(self, rule: str, case: str, kind: OutcomeKind, exchange: Exchange | None = None, **told: Any) -> None:
        """Record an outcome, and say it where it is bad; `told` are the fields of `Outcome` beside these."""
        outcome = Outcome(
            rule,
            case,
            case.partition("/")[0],
            kind,
            exchanges=(exchange.id,) if exchange else (),
            seconds=exchange.seconds if exchange else 0.0,
            **told,
        )
        self.writer.outcome(outcome)
        self.progress.count(kind)
        if kind.is_bad:
            said = outcome.findings[0].message if outcome.findings else outcome.message
            self.say(f"{str(kind).upper()} {case}: {said}")
