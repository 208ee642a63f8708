"""`diff`: two deployments are reached, asked the same, and compared; the record tells of it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import assay
from assay import extensions
from assay.differ import verdict
from assay.differ.asking import Asker, Echo
from assay.differ.options import NAMES, DiffOptions
from assay.differ.rules import RULES, SAME
from assay.errors import Exit, TargetUnreachable, UsageProblem
from assay.likeness.answers import judges
from assay.likeness.choosing import Choice as Chosen
from assay.likeness.choosing import choose
from assay.plugin.opening import folder_for
from assay.plugin.options import CheckOptions
from assay.plugin.progress import Progress
from assay.plugin.quiet import hypothesis_elsewhere, silent_client, termination_as_interrupt
from assay.questions.choice import withholding
from assay.questions.concluding import ended
from assay.questions.question import Question, refuse_unmatched
from assay.questions.respondent import Respondent, care, made_ready, reached
from assay.record import Beside, Place, RecordWriter, Redactor, Run, read
from assay.report.text import one_line
from assay.target.budget import Budget

Watch = Callable[[Progress], None]
Sides = tuple[Respondent, Respondent]
COMMAND: Final = "diff"
"""By which the record of such a run is known."""
SAME_BUILD: Final = ("name", "version", "engine")


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison that is over. `run` is its record, read again."""

    run: Run
    exit_code: Exit


def diff(options: DiffOptions, echo: Echo, watch: Watch = lambda _: None) -> Compared:
    """Ask, compare, record and report. Raises UsageProblem, TargetUnreachable, Fault; KeyboardInterrupt before that."""
    with ExitStack() as resources:
        for kept_away in (termination_as_interrupt(), silent_client(), hypothesis_elsewhere()):
            resources.enter_context(kept_away)
        before = _before(options)
        judges()  # raises where a package's own cannot be used
        questions = list(options.choice.questions())
        refuse_unmatched(options.choice.only, [question.id for question in questions])
        progress = Progress(total=len(questions))
        watch(progress)
        sides = _reached(options, before, resources)
        progress.target = sides[0].target
        redactor = _redactor(sides)

        def say(line: str) -> None:
            echo(one_line(redactor.text(line), 300))

        chosen = _made_ready(options, sides, questions, say)
        writer = _writer(options, sides, redactor, before, resources)
        if before is None:
            writer.header(**_header(options, sides, chosen, questions))
            for rule in RULES:
                writer.rule(rule)
        _recorded_to(writer, sides)
        settled = {each["case"] for each in before.outcomes if each["rule"] == SAME.id} if before else set[str]()
        del before  # of thousands of questions it takes much room, and the record is read again at the end
        asker = Asker(
            sides, writer, chosen.profile, progress, say, options.choice.seed, options.twice, alone=options.alone
        )
        return _run(asker, questions, settled, options)


def _before(options: DiffOptions) -> Run | None:
    """The run that is gone on with. Raises UsageProblem where it is finished, or asked something else."""
    if options.resumed is None:
        return None
    run = read(options.resumed)
    if run.footer is not None:
        raise UsageProblem(f"the run in {options.resumed} is finished; start a new run")
    stated = run.header["configuration"]
    if stated.get("command") != COMMAND:
        raise UsageProblem(f"the run in {options.resumed} compared no two deployments")
    now = {**options.as_json(), "seed": options.choice.seed}
    was = {**stated, "seed": run.header["seed"]}
    other = next((name for name, value in now.items() if was.get(name) != value), None)
    if other is not None:
        raise UsageProblem(
            f"the run in {options.resumed} was of something else: its {other.replace('_', ' ')} was "
            f"{was.get(other)!r}, and is {now[other]!r}; give the same options, or start a new run"
        )
    return run


def _reached(options: DiffOptions, before: Run | None, resources: ExitStack) -> Sides:
    """Both deployments, the exchanges of the first with odd numbers; one alone is both sides of itself."""
    numbers = [int(name.lstrip("x")) for name in before.exchanges] if before else []
    last = max(numbers, default=0)
    if options.alone:
        one = reached(options.first, resources, sent=last, budget=_budget(options.first, len(numbers)))
        _refuse_another(before, (one, one))
        return one, one
    last += last % 2
    odd = sum(number % 2 for number in numbers)
    with _named("A", options.first):
        first = reached(options.first, resources, sent=last, budget=_budget(options.first, odd), step=2)
    second_budget = _budget(options.second, len(numbers) - odd)
    with _named("B", options.second):
        second = reached(options.second, resources, sent=last + 1, budget=second_budget, step=2)
    _refuse_another(before, (first, second))
    return first, second


@contextmanager
def _named(letter: str, options: CheckOptions) -> Iterator[None]:
    """Say of which deployment it is told what keeps it from being compared."""
    try:
        yield
    except (UsageProblem, TargetUnreachable) as error:
        key = "; for B alone there are --key-env-b, --header-b and --model-b" if letter == "B" else ""
        raise type(error)(f"{letter}, {options.target}: {error}{key}") from None


def _budget(options: CheckOptions, spent: int) -> Budget | None:
    """What is left of the requests to a side after those of the run that is gone on with."""
    return Budget(options.max_requests, spent=spent) if spent else None


def _refuse_another(before: Run | None, sides: Sides) -> None:
    """Raise UsageProblem where a deployment is another one than when the run began."""
    if before is None:
        return
    for letter, side in zip(NAMES, sides, strict=True):
        was, now = before.header["targets"][letter], side.told()
        for name in SAME_BUILD:
            if was.get(name, "") != now[name]:
                raise UsageProblem(
                    f"the run in {before.folder} was of another {letter}: its {name} was {was.get(name, '')!r}, and "
                    f"is {now[name]!r}; start a new run"
                )


def _redactor(sides: Sides) -> Redactor:
    """Takes out the secrets of both."""
    policies = [side.target.policy for side in sides]
    held = [("x-api-key", policy.key) for policy in policies if policy.key]
    secrets = tuple(held) + policies[0].secrets + policies[1].secrets
    return Redactor(policies[0].key or policies[1].key, secrets)


def _made_ready(options: DiffOptions, sides: Sides, questions: list[Question], say: Echo) -> Chosen:
    """Tell who is compared, and have the models loaded. The profile by which they are compared."""
    first, second = sides
    others = "itself" if options.alone else second.fingerprint.url
    say(f"Assay compares {first.fingerprint.url} (A) with {others} (B)")
    for letter, side in list(zip(NAMES, sides, strict=True))[: 1 if options.alone else 2]:
        for line in care(side.target.policy, side.target.sent + 2 * len(questions)):
            say(line)
        with _named(letter, side.options):
            made_ready(side, {question.operation for question in questions})
    for line in options.choice.dataset.remarks() if options.choice.dataset else ():
        say(f"  {line}")
    chosen = choose(first.told(), second.told(), options.profile or None)
    say(f"  profile {chosen.profile.name}: {chosen.because}")
    return chosen


def _writer(
    options: DiffOptions, sides: Sides, redactor: Redactor, before: Run | None, resources: ExitStack
) -> RecordWriter:
    folder, made = (before.folder, ()) if before else folder_for(options.first)
    policy = sides[0].target.policy
    writer = RecordWriter(
        folder, policy.base_url, redactor, policy.curl_words, made=made, goes_on=before is not None,
        withholding=withholding(options.no_pictures),
    )  # fmt: skip
    resources.callback(writer.close)
    return writer


def _recorded_to(writer: RecordWriter, sides: Sides) -> None:
    first, second = (side.target for side in sides)
    first.record_to(writer)
    if second is not first:
        second.record_to(Beside(writer, Place(second.policy.base_url, second.policy.curl_words)))


def _header(options: DiffOptions, sides: Sides, chosen: Chosen, questions: list[Question]) -> dict[str, Any]:
    """What the record begins with: who is compared with whom, and by what."""
    asked = {question.operation for question in questions}
    return {
        "assay": {"version": assay.__version__, "python": platform.python_version(), **extensions.told()},
        "target": sides[0].told(),
        "targets": {letter: side.told() for letter, side in zip(NAMES, sides, strict=True)},
        "seed": options.choice.seed,
        "configuration": {
            **options.as_json(),
            "again": options.again,
            "alone": options.alone,
            "profile": chosen.profile.name,
            "profile_because": chosen.because,
            "models": {letter: dict(side.models) for letter, side in zip(NAMES, sides, strict=True)},
        },
        "capabilities": {name: _capability(sides, name) for name in sides[0].capabilities if name in asked},
    }


def _capability(sides: Sides, operation: str) -> dict[str, Any]:
    """Whether both offer an operation, and if not, who lacks it and why."""
    told = [side.capabilities[operation] for side in sides]
    lacking = [
        f"{letter} does not offer it: {each.because}"
        for letter, each in zip(NAMES, told, strict=True)
        if not each.available
    ]
    return {"available": not lacking, "because": "; ".join(dict.fromkeys(lacking)) or told[0].because}


def _run(asker: Asker, questions: list[Question], settled: set[str], options: DiffOptions) -> Compared:
    """Ask everything, and conclude."""
    return Compared(
        *ended(
            asker.writer,
            lambda: asker.ask_all(questions, settled),
            lambda: asker.gone,
            options.choice,
            partial(verdict.concluded, alone=options.alone),
        )
    )
