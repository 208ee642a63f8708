"""A check: a deployment is asked for every golden answer of a bundle, and what comes is compared by meaning."""

from __future__ import annotations

import platform
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import assay
from assay import extensions
from assay.errors import Exit, UsageProblem
from assay.golden import verdict
from assay.golden.asking import Asker, Echo
from assay.golden.bundle import Bundle
from assay.golden.options import GoldenOptions
from assay.golden.recording import Watch
from assay.golden.rules import RULES
from assay.golden.work import Work, work_of
from assay.likeness.answers import judges
from assay.likeness.choosing import Choice as Chosen
from assay.likeness.choosing import choose
from assay.plugin.opening import folder_for
from assay.plugin.progress import Progress
from assay.plugin.quiet import hypothesis_elsewhere, silent_client, termination_as_interrupt
from assay.questions.choice import Choice, withholding
from assay.questions.concluding import ended
from assay.questions.respondent import Respondent, care, made_ready, reached
from assay.record import RecordWriter, Run, Withholding, read
from assay.report.text import one_line
from assay.target.budget import Budget

COMMAND: Final = "golden check"
"""By which the record of such a run is known."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check that is over. `run` is its record, read again."""

    run: Run
    exit_code: Exit


def check(options: GoldenOptions, echo: Echo, watch: Watch = lambda _: None) -> Checked:
    """Check, record and report. Raises UsageProblem, TargetUnreachable, Fault; KeyboardInterrupt before the first."""
    bundle = Bundle(options.bundle)
    judges()  # raises where a package's own cannot be used
    with ExitStack() as resources:
        for kept_away in (termination_as_interrupt(), silent_client(), hypothesis_elsewhere()):
            resources.enter_context(kept_away)
        work = work_of(bundle, options)
        bundle.refuse_broken(work.goldens)
        before = _before(options, bundle)
        progress = Progress(total=work.total)
        watch(progress)
        respondent = _reached(options, bundle, before, resources)
        progress.target = respondent.target

        def say(line: str) -> None:
            echo(one_line(respondent.redactor.text(line), 300))

        say(f"Assay holds {respondent.fingerprint.url} to the golden answers in {bundle.folder}")
        for line in care(respondent.target.policy, respondent.target.sent + work.total):
            say(line)
        progress.doing = "asking each operation once"
        made_ready(respondent, work.operations)
        asked = options.profile or bundle.about.profile or None
        chosen = choose(bundle.about.fingerprint, respondent.told(), asked)
        say(f"  profile {chosen.profile.name}: {chosen.because}")
        hidden = options.no_pictures or bundle.without_pictures
        writer = _writer(options, respondent, before, resources, withholding(hidden))
        if before is None:
            writer.header(**_header(options, bundle, work, respondent, chosen))
            for rule in RULES:
                writer.rule(rule)
        respondent.target.record_to(writer)
        settled = {outcome["case"] for outcome in before.outcomes} if before else set[str]()
        del before  # of thousands of questions it takes much room, and the record is read again at the end
        asker = Asker(bundle, respondent, writer, chosen.profile, progress, say, hidden)
        return _run(asker, work, settled, options)


def _before(options: GoldenOptions, bundle: Bundle) -> Run | None:
    """The run that is gone on with. Raises UsageProblem where it is finished, or of other golden answers."""
    if options.resumed is None:
        return None
    run = read(options.resumed)
    if run.footer is not None:
        raise UsageProblem(f"the run in {options.resumed} is finished; start a new run")
    configuration = run.header["configuration"]
    if configuration.get("command") != COMMAND:
        raise UsageProblem(f"the run in {options.resumed} is no check of golden answers")
    if configuration.get("digest") != bundle.digest:
        raise UsageProblem(
            f"the run in {options.resumed} was of other golden answers than {bundle.folder} holds now; start a new run"
        )
    return run


def _reached(options: GoldenOptions, bundle: Bundle, before: Run | None, resources: ExitStack) -> Respondent:
    """The target, with the models that the bundle is of, where the user names no others."""
    target = replace(options.target, models={**bundle.about.models, **options.target.models})
    if before is None:
        return reached(target, resources)
    last = max((int(name.lstrip("x")) for name in before.exchanges), default=0)
    budget = Budget(target.max_requests, spent=len(before.exchanges))
    respondent = reached(target, resources, sent=last, budget=budget)
    was, now = before.header["target"], respondent.told()
    for name in ("name", "version", "engine", *(() if target.on_reference else ("url",))):
        if was.get(name, "") != now[name]:
            raise UsageProblem(
                f"the run in {before.folder} was of another target: its {name} was {was.get(name, '')!r}, and is "
                f"{now[name]!r}; start a new run"
            )
    return respondent


def _writer(
    options: GoldenOptions, respondent: Respondent, before: Run | None, resources: ExitStack, hidden: Withholding | None
) -> RecordWriter:
    folder, made = (before.folder, ()) if before else folder_for(options.target)
    policy = respondent.target.policy
    writer = RecordWriter(
        folder,
        policy.base_url,
        respondent.redactor,
        policy.curl_words,
        made=made,
        goes_on=before is not None,
        withholding=hidden,
    )
    resources.callback(writer.close)
    return writer


def _header(
    options: GoldenOptions, bundle: Bundle, work: Work, respondent: Respondent, chosen: Chosen
) -> dict[str, Any]:
    """What the record begins with: who is held to whose answers, and by what."""
    about = bundle.about
    return {
        "assay": {"version": assay.__version__, "python": platform.python_version(), **extensions.told()},
        "target": respondent.told(),
        "seed": options.target.seed,
        "configuration": {
            "command": COMMAND,
            "target": options.target.target,
            "bundle": str(bundle.folder),
            "digest": bundle.digest,
            "recorded": {"on": about.recorded, "by": about.by, **about.server},
            "profile": chosen.profile.name,
            "profile_because": chosen.because,
            "strict": options.strict,
            "only": list(options.only),
            "models": {task: respondent.models[task] for task in about.models if task in respondent.models},
        },
        "capabilities": {
            name: {"available": capability.available, "because": capability.because}
            for name, capability in respondent.capabilities.items()
            if name in work.operations
        },
    }


def _run(asker: Asker, work: Work, settled: set[str], options: GoldenOptions) -> Checked:
    """Ask everything, and conclude."""
    return Checked(
        *ended(
            asker.writer,
            lambda: asker.ask_all(work, settled),
            lambda: asker.respondent.target.gone,
            Choice(pictures=options.pictures, dataset=options.dataset),
            partial(verdict.concluded, strict=options.strict),
        )
    )
