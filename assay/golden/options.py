"""What `assay golden` is asked to do, and the options that a check has not."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assay.annotated.dataset import Dataset
from assay.errors import UsageProblem
from assay.plugin.declared import DECLARED, Declared
from assay.plugin.options import CheckOptions, options_from_some
from assay.questions.choice import COCO, GENERATED, NO_PICTURES, ONLY, PICTURES, PROFILE, SAMPLED, Choice, own_pictures
from assay.questions.own import OwnPictures

SHARED: Final = (
    "model", "key-env", "key-in", "header", "seed", "timeout", "ready-timeout", "max-requests", "time-budget",
    "ca-bundle", "client-cert", "client-key", "proxy", "quiet", "config",
)  # fmt: skip
BUNDLE: Final = Declared("bundle", kind="folder", metavar="FOLDER", help="Where the golden answers lie.")
BY: Final = Declared("by", metavar="NAME", shown="the name of your account", help="Who takes the answers for good.")
OUT: Final = next(option for option in DECLARED if option.name == "out")
STRICT: Final = Declared("strict", kind="flag", help="A golden answer that no question asks for fails the check too.")
OF_CHECK: Final = tuple(option for option in DECLARED if option.name in SHARED)
RECORD: Final = (
    BUNDLE, ONLY, PICTURES, SAMPLED, COCO, NO_PICTURES,
    Declared(
        "generated", kind="integer", metavar="N", least=0, most=GENERATED, default=0,
        help="Besides, N requests of each operation that are generated from its schema by --seed.",
    ),
    Declared("missing", kind="flag", help="Only what the bundle does not hold yet: to go on, or to add to it."),
    PROFILE, BY, *OF_CHECK,
)  # fmt: skip
CHECK: Final = (BUNDLE, ONLY, PICTURES, SAMPLED, COCO, NO_PICTURES, PROFILE, STRICT, OUT, *OF_CHECK)


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """A recording. `target` holds how the deployment is reached."""

    target: CheckOptions
    bundle: Path
    choice: Choice
    by: str
    profile: str = ""
    missing: bool = False
    no_pictures: bool = False


@dataclass(frozen=True, slots=True)
class GoldenOptions:
    """A check of a bundle. Without a `profile` that of the bundle holds, or what both sides tell decides."""

    target: CheckOptions
    bundle: Path
    only: tuple[str, ...] = ()
    pictures: OwnPictures | None = None
    profile: str = ""
    strict: bool = False
    resumed: Path | None = field(default=None)
    dataset: Dataset | None = None
    no_pictures: bool = False


def record_options(target: str, given: Mapping[str, Any]) -> RecordOptions:
    """From the command line's values, by field name. Raises UsageProblem."""
    refuse_no_bundle(given["bundle"])
    options = options_from_some(target, {name: given[name] for name in _fields(OF_CHECK)})
    pictures, annotated = own_pictures(given, options.seed)
    choice = Choice(tuple(given["only"]), pictures, given["generated"], options.seed, annotated)
    return RecordOptions(
        options,
        given["bundle"],
        choice,
        given["by"] or account(),
        given["profile"] or "",
        given["missing"],
        given["no_pictures"],
    )


def golden_options(target: str, given: Mapping[str, Any], resumed: Path | None = None) -> GoldenOptions:
    """The same for a check."""
    refuse_no_bundle(given["bundle"])
    shared = {name: given[name] for name in (*_fields(OF_CHECK), "out")}
    options = options_from_some(target, shared)
    pictures, annotated = own_pictures(given, options.seed)
    return GoldenOptions(
        options, given["bundle"], tuple(given["only"]), pictures, given["profile"] or "", given["strict"], resumed,
        annotated, given["no_pictures"],
    )  # fmt: skip


def refuse_no_bundle(folder: Path | None) -> None:
    """Raise UsageProblem where no bundle is named: a variable that is not set must not make one somewhere."""
    if folder is None or not folder.name:
        raise UsageProblem("--bundle FOLDER says where the golden answers lie, and is missing")


def account() -> str:
    """The name of the user's account; empty where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _fields(options: tuple[Declared, ...]) -> tuple[str, ...]:
    return tuple(option.field for option in options if option.name != "config")
