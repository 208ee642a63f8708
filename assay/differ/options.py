"""What `assay diff` is asked to do, and the options that a check has not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from assay.errors import UsageProblem
from assay.plugin.declared import DECLARED, Declared
from assay.plugin.options import CheckOptions, options_from_some, parse_headers, parse_models
from assay.questions.choice import COCO, GENERATED, NO_PICTURES, ONLY, PICTURES, PROFILE, SAMPLED, Choice, own_pictures

SHARED: Final = (
    "model", "key-env", "key-in", "header", "seed", "out", "timeout", "ready-timeout", "max-requests", "time-budget",
    "ca-bundle", "client-cert", "client-key", "proxy", "quiet", "config",
)  # fmt: skip
NAMES: Final = ("A", "B")
FEW: Final = 4
"""Generated requests of each operation, where nothing is said."""
TWICE: Final = 0.2
_OWN: Final = (
    ONLY, PICTURES, SAMPLED, COCO, NO_PICTURES,
    Declared(
        "generated", kind="integer", metavar="N", least=0, most=GENERATED, default=FEW,
        help="Besides, N requests of each operation that are generated from its schema by --seed.",
    ),
    PROFILE,
    Declared(
        "twice", kind="number", metavar="SHARE", least=0, most=1, default=TWICE,
        help="The share of the questions that each side is asked twice, to learn its noise; so are those that differ.",
    ),
    Declared("model-a", metavar="TASK=MODEL", multiple=True, help="As --model, for the first deployment alone."),
    Declared("model-b", metavar="TASK=MODEL", multiple=True, help="As --model, for the second deployment alone."),
    Declared(
        "key-env-b", metavar="NAME", shown="that of --key-env",
        help="Environment variable that holds the second deployment's API key.",
    ),
    Declared("header-a", metavar="'NAME: VALUE'", multiple=True, help="As --header, for the first deployment alone."),
    Declared("header-b", metavar="'NAME: VALUE'", multiple=True, help="As --header, for the second deployment alone."),
)  # fmt: skip
ALL: Final = (*_OWN, *(option for option in DECLARED if option.name in SHARED))


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """A comparison of two deployments. `twice` is the share of the questions that each is asked twice, 0 to 1.

    Without a `profile` what both tell of themselves decides. Where both are one and the same, its noise alone is told.
    """

    first: CheckOptions
    second: CheckOptions
    choice: Choice
    profile: str = ""
    twice: float = TWICE
    resumed: Path | None = None
    no_pictures: bool = False

    @property
    def alone(self) -> bool:
        """Whether one deployment is held against itself."""
        return self.first == self.second

    def as_json(self) -> dict[str, Any]:
        """What is asked, of whom: a run is gone on with where this is the same."""
        sides = (self.first, self.second)
        pictures = self.choice.pictures
        return {
            "command": "diff",
            "targets": [each.target for each in sides],
            "models_named": [dict(each.models) for each in sides],
            "headers": [[name for name, _ in each.headers] for each in sides],
            "only": list(self.choice.only),
            "generated": self.choice.generated,
            "pictures": pictures.told if pictures else "",
            "annotated": self.choice.dataset.told if self.choice.dataset else "",
            "twice": self.twice,
            "profile_named": self.profile,
            "no_pictures": self.no_pictures,
        }

    @property
    def again(self) -> list[str]:
        """The words that say the same at the command line, but for keys, headers, and where things lie here."""
        words = [f"--only={pattern}" for pattern in self.choice.only]
        words += [f"--model-a={task}={model}" for task, model in self.first.models.items()]
        words += [f"--model-b={task}={model}" for task, model in self.second.models.items()]
        stated = {
            "generated": (self.choice.generated, FEW),
            "seed": (self.choice.seed, 0),
            "twice": (self.twice, TWICE),
        }
        words += [f"--{name}={value}" for name, (value, usual) in stated.items() if value != usual]
        words += [f"--profile={self.profile}"] if self.profile else []
        words += ["--no-pictures"] if self.no_pictures else []
        return words + ([f"--sample={self.choice.drawn}"] if self.choice.pictures else [])


def diff_options(targets: tuple[str, ...], given: Mapping[str, Any], resumed: Path | None = None) -> DiffOptions:
    """From the command line's values, by field name. Raises UsageProblem."""
    if len(targets) != 2 or not all(targets):
        raise UsageProblem(
            "give two TARGETs: base URLs of deployments, such as http://old:9001 http://new:9001; one given twice is "
            "held against itself"
        )
    shared = {name.replace("-", "_"): given[name.replace("-", "_")] for name in SHARED if name != "config"}
    sides = [options_from_some(target, shared) for target in targets]
    first, second = (_with(side, given, letter) for side, letter in zip(sides, "ab", strict=True))
    if given["key_env_b"]:
        second = replace(second, key_variable=given["key_env_b"])
    pictures, annotated = own_pictures(given, first.seed)
    choice = Choice(tuple(given["only"]), pictures, given["generated"], first.seed, annotated)
    return DiffOptions(first, second, choice, given["profile"] or "", given["twice"], resumed, given["no_pictures"])


def _with(side: CheckOptions, given: Mapping[str, Any], letter: str) -> CheckOptions:
    """The side with the models and headers that are its own."""
    models = {**side.models, **parse_models(tuple(given[f"model_{letter}"]))}
    headers = side.headers + parse_headers(tuple(given[f"header_{letter}"]))
    return replace(side, models=models, headers=headers)
