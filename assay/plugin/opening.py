"""What is settled before a run begins: the models to ask for, what can be asked at all, and where the record lies."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from assay import expect
from assay.contract.operations import Operation
from assay.errors import UsageProblem
from assay.plugin.drivers.owlv2 import SERVER_DEFAULT
from assay.plugin.options import HOSTED_TASKS, LABELS, CheckOptions
from assay.plugin.smoke import refuse_refusal
from assay.record import Redactor
from assay.target import Capability, Policy
from assay.target.discovery import Discovery, another_api, no_api

if TYPE_CHECKING:
    from assay.reference.embedded import Started

DEFAULT_MODELS = {"segmentation": "hiera_tiny", "owlv2": SERVER_DEFAULT, "florence-2": "florence-2-base"}
"""What the pages' own samples send: Florence's an alias, SAM2's a version, OwlV2's none: the server takes its own."""
ONE_LABEL = "classification"
"""The task on whose route models of several labels answer too."""
RUNS = Path("assay-runs")


def deployments_for(options: CheckOptions, resources: ExitStack, number: int) -> list[Started]:
    """So many embedded deployments, which start; none where another target is checked. They end with `resources`."""
    if not options.on_reference:
        return []
    from assay.reference import embedded  # only here: no other target needs it

    return resources.enter_context(embedded.starting(number))


def policy_for(options: CheckOptions, resources: ExitStack, started: Sequence[Started] = ()) -> Policy:
    """The policy towards the target. The reference deployment is started for it, and ends with `resources`.

    Where any were `started` before, the first of them is taken.
    """
    if not options.on_reference:
        return options.policy(options.target, options.key())
    from assay.reference import embedded  # only here: no other target needs it

    if options.key_variable:  # no use here, but a mistake in it is told
        Policy(url="http://127.0.0.1", key=options.key())
    first, *_ = started or deployments_for(options, resources, 1)
    return options.policy(first.url, embedded.KEY)


def refuse_unasked(
    found: Discovery, capabilities: Mapping[str, Capability], options: CheckOptions, redactor: Redactor
) -> None:
    """Raise TargetUnreachable or UsageProblem where a target offers nothing and its answers say why."""
    if any(capability.available for capability in capabilities.values()):
        return
    if found.web_pages:
        raise no_api(found.fingerprint.url)
    if found.refusal:
        refuse_refusal(found.refusal, options, redactor)
    if not found.tells_of_itself and not any(_is_there(found.capabilities[name]) for name in capabilities):
        raise another_api(found)


def _is_there(offered: Capability) -> bool:
    return offered.available and offered.described


def models_for(options: CheckOptions, found: Discovery) -> dict[str, str]:
    """A model for each task: the user's word first, then what the target has loaded, then the documents' own sample."""
    if options.on_reference:
        from assay.reference import embedded  # only here: no other target needs it

        return {**embedded.MODELS, **options.models}
    models = {**DEFAULT_MODELS, **found.models, **options.models}
    if LABELS in models:
        models.setdefault(ONE_LABEL, models[LABELS])
    return models


def capability_for(
    operation: Operation, options: CheckOptions, found: Discovery, models: Mapping[str, str]
) -> Capability:
    """Whether an operation can be asked: the target offers it, as far as is known, and a model is known for it.

    Where nothing tells, a model that the user names or that the target holds does.
    """
    offered, task = found.capabilities[operation.id], operation.task
    form = "DATASET/VERSION" if task in HOSTED_TASKS else "MODEL"
    held = {*options.models, *found.models}
    known = task in held or (task == ONE_LABEL and LABELS in held) or options.on_reference
    if not offered.described and not known:
        return Capability(False, f"{offered.because}; name a model with --model {task}={form} to have it asked")
    if offered.available and task not in models:
        return Capability(False, f"no model is known for {task}; name one with --model {task}={form}")
    return offered


def listed_deviations(options: CheckOptions) -> expect.KnownDeviations:
    """The deviations that are listed for any target: the user's own first, then those that Assay ships; or none."""
    if not options.use_known:
        return expect.KnownDeviations()
    own = expect.load(options.known_files)
    return expect.KnownDeviations(own.entries + expect.shipped().entries)


def folder_for(options: CheckOptions) -> tuple[Path, tuple[Path, ...]]:
    """Where the run lands, and which folders were made for it: the one that the user names, or one of its own.

    That one is made here, so that nobody who begins in the same second takes it too. Raises UsageProblem.
    """
    if options.out:
        return options.out, ()
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    above = () if RUNS.exists() else (RUNS,)
    try:
        RUNS.mkdir(exist_ok=True)
        folder, number = RUNS / stamp, 1
        while not _claimed(folder):
            number += 1
            folder = RUNS / f"{stamp}-{number}"
    except OSError as error:
        raise UsageProblem(f"cannot write to {RUNS}: {error.strerror}; name another folder with --out") from None
    return folder, (folder, *above)


def _claimed(folder: Path) -> bool:
    """Whether nobody has this folder yet; from now on we do."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
