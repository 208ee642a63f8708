"""What is settled before a run begins: the models to ask for, what can be asked at all, and where the record lies."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from assay.contract.operations import Operation
from assay.errors import UsageProblem
from assay.plugin.drivers.owlv2 import SERVER_DEFAULT
from assay.plugin.options import HOSTED_TASKS, CheckOptions
from assay.target import Capability
from assay.target.discovery import Discovery

DEFAULT_MODELS = {"segmentation": "hiera_tiny", "owlv2": SERVER_DEFAULT, "florence-2": "florence-2-base"}
"""What the pages' own samples send: Florence's an alias, SAM2's a version, OwlV2's none: the server takes its own."""
RUNS = Path("assay-runs")


def models_for(options: CheckOptions, found: Discovery) -> dict[str, str]:
    """A model for each task: the user's word first, then what the target has loaded, then the documents' own sample."""
    if options.on_reference:
        from assay.reference import embedded  # only here: no other target needs it

        return {**embedded.MODELS, **options.models}
    return {**DEFAULT_MODELS, **found.models, **options.models}


def capability_for(
    operation: Operation, options: CheckOptions, found: Discovery, models: Mapping[str, str]
) -> Capability:
    """Whether an operation can be asked: the target offers it, as far as is known, and a model is known for it.

    Where nothing tells, a model that the user names or that the target holds does.
    """
    offered, task = found.capabilities[operation.id], operation.task
    form = "DATASET/VERSION" if task in HOSTED_TASKS else "MODEL"
    if not offered.described and not (task in options.models or task in found.models or options.on_reference):
        return Capability(False, f"{offered.because}; name a model with --model {task}={form} to have it asked")
    if offered.available and task not in models:
        return Capability(False, f"no model is known for {task}; name one with --model {task}={form}")
    return offered


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
