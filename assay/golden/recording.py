"""Recording: a trusted deployment is asked each question once, and its answers become a bundle."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Final

from assay.contract.message import Response
from assay.contract.sentences import count
from assay.errors import EXIT_ORDER, BudgetSpent, Exit
from assay.golden.bundle import NO_PICTURES, Bundle
from assay.golden.options import RecordOptions
from assay.interrupts import raise_lost
from assay.likeness import profiles
from assay.photograph import UnusablePicture
from assay.plugin.opening import ONE_LABEL
from assay.plugin.options import LABELS
from assay.plugin.progress import Progress
from assay.plugin.quiet import hypothesis_elsewhere, silent_client, termination_as_interrupt
from assay.questions.answered import broken_promises, unanswered
from assay.questions.own import is_own
from assay.questions.question import Question, refuse_unmatched
from assay.questions.respondent import NotAsked, Respondent, bare, care, made_ready, reached
from assay.report.text import one_line

Echo = Callable[[str], None]
Watch = Callable[[Progress], None]
LARGE: Final = 20_000_000
"""Bytes of a bundle from which on it is heavy to keep under version control."""
NAMED: Final = 8


@dataclass(slots=True)
class Recorded:
    """What a recording came to: what was written, and why what was not was not, by id."""

    bundle: Bundle
    written: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    spent: str = ""
    gone: bool = False
    interrupted: bool = False

    @property
    def total(self) -> int:
        """Answers that were recorded, those that were there and are the same included."""
        return sum(self.written.values()) - self.written["kept"]

    @property
    def exit_code(self) -> Exit:
        """The first of those that apply."""
        applies = {
            Exit.INTERRUPTED: self.interrupted,
            Exit.UNREACHABLE: self.gone,
            Exit.NOTHING_CHECKED: not self.total and not self.written["kept"],
            Exit.FAILED: bool(self.refused),
            Exit.UNDECIDED: bool(self.spent),
            Exit.OK: True,
        }
        return next(code for code in EXIT_ORDER if applies.get(code))


def record(options: RecordOptions, echo: Echo, watch: Watch = lambda _: None) -> Recorded:
    """Record into the bundle. Raises UsageProblem, TargetUnreachable. What was recorded before an interrupt stays."""
    with ExitStack() as resources:
        for kept_away in (termination_as_interrupt(), silent_client(), hypothesis_elsewhere()):
            resources.enter_context(kept_away)
        bundle = Bundle.begun(options.bundle)
        if options.profile:
            profiles.load(options.profile)
        questions = list(options.choice.questions())
        refuse_unmatched(options.choice.only, [question.id for question in questions])
        return _Recording(options, bundle, questions, echo, watch).run(resources)


class _Recording:
    def __init__(
        self, options: RecordOptions, bundle: Bundle, questions: list[Question], echo: Echo, watch: Watch
    ) -> None:
        self.options, self.bundle, self.questions, self._echo = options, bundle, questions, echo
        self.found = Recorded(bundle)
        self.progress = Progress(total=len(questions))
        watch(self.progress)

    def run(self, resources: ExitStack) -> Recorded:
        models = {**self.bundle.about.models, **self.options.target.models}
        respondent = reached(replace(self.options.target, models=models), resources)
        self.progress.target = respondent.target
        self.say(respondent, f"Assay records {respondent.fingerprint.url} into {self.bundle.folder}")
        for line in care(respondent.target.policy, respondent.target.sent + len(self.questions)):
            self.say(respondent, line)
        try:
            made_ready(respondent, {question.operation for question in self.questions})
            self._ask_all(respondent)
        except BudgetSpent as spent:
            self.found.spent = str(spent)
        except KeyboardInterrupt:
            self.found.interrupted = True
        finally:  # whatever ends it, what was recorded is a bundle
            self.found.gone = respondent.target.gone
            if self.found.total:
                self._tell_about(respondent)
        return self.found

    def say(self, respondent: Respondent, line: str) -> None:
        """Tell how it goes, without secrets."""
        self._echo(one_line(respondent.redactor.text(line), 300))

    def _ask_all(self, respondent: Respondent) -> None:
        for number, question in enumerate(self.questions):
            raise_lost()
            self.progress.done, self.progress.doing = number, question.id
            respondent.target.probe()
            if respondent.target.gone:
                return
            if self.options.missing and question.id in self.bundle:
                self.found.written["kept"] += 1
                continue
            self._ask(respondent, question)
        self.progress.done = len(self.questions)

    def _ask(self, respondent: Respondent, question: Question) -> None:
        try:
            asking = question.asking
            exchange = respondent.ask(asking, question.id)
        except (NotAsked, UnusablePicture) as why:
            self.found.left_out[question.id] = str(why)
            return
        if why_not := unanswered(exchange):
            self.found.refused[question.id] = why_not
            self.say(respondent, f"not recorded: {question.id}: {why_not}")
            return
        answer = exchange.response
        assert answer is not None
        if broken := broken_promises(asking, question.mode, answer):
            self.found.doubtful[question.id] = str(broken[0].message)
        shown = not (self.options.no_pictures and is_own(question.id))
        self.found.written[self.bundle.write(question.id, asking, _clean(respondent, answer), shown=shown)] += 1

    def _tell_about(self, respondent: Respondent) -> None:
        """Whose answers they are. Where nothing has changed, neither has the day."""
        about, target = self.bundle.about, respondent.fingerprint
        said = about.as_toml()
        about.server = {name: value for name, value in target.as_json().items() if name != "url" and value}
        operations = {identifier.split("/")[0] for identifier in self.bundle.identifiers()}
        described = respondent.deployment.contract.operations
        tasks = {described[name].task for name in operations if name in described}
        tasks |= {LABELS} if ONE_LABEL in tasks else set()
        models = {task: model for task, model in respondent.models.items() if task in tasks}
        about.models = dict(sorted({**about.models, **models}.items()))
        about.resolved = dict(sorted({**about.resolved, **respondent.smoke.resolved}.items()))
        about.profile = self.options.profile or about.profile
        hidden = self.bundle.without_pictures or (self.options.no_pictures and self.options.choice.pictures is not None)
        about.asked = self.options.choice.added_to(about.asked if about.recorded else None)
        if hidden:
            about.asked = {**about.asked, NO_PICTURES: True}
        changed = self.found.written["new"] + self.found.written["changed"]
        if about.as_toml() != said or changed:
            about.recorded, about.by = datetime.date.today().isoformat(), self.options.by
        self.bundle.save()


def _clean(respondent: Respondent, answer: Response) -> Response:
    """The answer as it is kept: nothing around it, and no secret in it."""
    return bare(answer.replace(body=respondent.redactor.body(answer.body)))


def lines(found: Recorded) -> Iterator[str]:
    """What a recording came to, in words."""
    written = found.written
    for why, identifiers in _by_reason(found.left_out).items():
        named = ", ".join(sorted({identifier.split("/")[0] for identifier in identifiers})[:NAMED])
        yield f"not asked: {count(len(identifiers), 'question')} ({named}): {one_line(why, 300)}"
    if found.doubtful:
        identifier, why = next(iter(found.doubtful.items()))
        several = count(len(found.doubtful), "answer breaks its schema and is", "answers break their schema and are")
        yield f"{several} recorded all the same, the first of them {identifier}: {one_line(why, 200)}"
    if unused := found.bundle.unused_pictures() if found.total else []:
        yield f"no request shows {count(len(unused), 'picture')} any more: {', '.join(unused[:NAMED])}"
    told = [f"{written[name]} {words}" for name, words in _WORDS if written[name]]
    yield f"{count(found.total, 'golden answer')} recorded" + (f": {', '.join(told)}" if told else "")
    if found.total:
        size = found.bundle.size
        yield f"the bundle {found.bundle.folder} takes {size / 1e6:,.1f} MB"
        if size > LARGE:
            yield "that is much for a repository: fewer pictures (--sample), or a store for large files, keep it light"
    if found.refused:
        yield f"{count(len(found.refused), 'question was', 'questions were')} not answered well, and not recorded"
    if found.spent:
        yield f"{found.spent}; `--missing` goes on"
    if found.interrupted:
        yield "interrupted; what was recorded stays, and `--missing` goes on"


_WORDS = (
    ("new", "new"), ("changed", "changed"), ("same", "as before, to the byte"), ("kept", "there already"),
)  # fmt: skip


def _by_reason(left_out: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for identifier, why in left_out.items():
        found.setdefault(why, []).append(identifier)
    return found
