"""What a check is asked to do, however it was asked: by `assay check` or by pytest's own command line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from assay.contract import load
from assay.contract.message import Pairs
from assay.errors import UsageProblem
from assay.plugin.declared import CONFIG, DECLARED, Declared
from assay.plugin.depth import DEPTHS, Depth
from assay.record.redaction import KEY_VARIABLE
from assay.target.assets import Bind, parse_bind
from assay.target.policy import KeyPlace, Policy, without_credentials

REFERENCE = "reference"
FILES = ("ca_bundle", "client_cert", "client_key")
NOT_STATED = frozenset({"key_variable", "out", "quiet"})
"""Fields that are in no record: they are of the machine and the moment."""
_PATTERNS = ("only", "skip", "operations", "require")
_STATED_AS_THEY_ARE = (
    "target", "strict", "depth", "examples", "timeout", "ready_timeout", "max_requests", "asset_base_url",
    "time_budget", "workers", "no_pictures", "allow_hostile",
)  # fmt: skip
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
LABELS = "multi-label-classification"
"""Models of this task answer on the route of classification, in a form of their own."""
TASKS = (*dict.fromkeys(operation.task for operation in load().operations.values()), LABELS)
HOSTED_TASKS = frozenset(
    {LABELS, *(each.task for each in load().operations.values() if each.path == "/{dataset}/{version}")}
)
"""The tasks whose models are addressed by dataset and version."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """One check. `models` maps a task to a model id; `only` and `skip` are patterns of rule ids, as in a shell.

    `operations` and `require` hold patterns of operation ids. Without `examples` there are as many as the depth says.
    Times are in seconds. Raises UsageProblem for a number below its least, and for a pattern that no operation meets.
    """

    target: str
    models: Mapping[str, str] = field(default_factory=dict)
    key_variable: str | None = None
    key_place: KeyPlace = KeyPlace.DOCUMENTED
    headers: Pairs = field(default=(), repr=False)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    strict: bool = False
    allow_hostile: bool = False
    seed: int = 0
    depth: str = "standard"
    examples: int = 0
    use_known: bool = True
    known_files: tuple[Path, ...] = ()
    out: Path | None = None
    timeout: float = 120.0
    ready_timeout: float = 60.0
    max_requests: int | None = None
    asset_bind: Bind | None = None
    asset_base_url: str | None = None
    time_budget: float | None = None
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    pictures: Path | None = None
    no_pictures: bool = False
    quiet: bool = False
    workers: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "examples", self.examples or self.how_deep.examples)
        for option in DECLARED:
            value = None if option.least is None else getattr(self, option.of_check)
            if value is not None and not value >= option.least:
                raise UsageProblem(f"{option.name} must be at least {option.least:g}, and is {value:g}")
        if self.asset_base_url is not None:
            self._check_asset_base_url(self.asset_base_url)
        for pattern in self.require:
            refuse_unknown_operation(pattern, "which is required", load().operations)
        for pattern in self.operations:
            refuse_unknown_operation(
                pattern, "so that nothing would be checked", [*load().operations, *load().services]
            )

    def _check_asset_base_url(self, url: str) -> None:
        if self.asset_bind is None or not self.asset_bind.port:
            raise UsageProblem("--asset-base-url leads to what is served at --asset-bind HOST:PORT; give both")
        try:
            Policy(url=url)
        except UsageProblem as problem:
            raise UsageProblem(str(problem).replace("TARGET", "--asset-base-url").partition(";")[0]) from None

    @property
    def how_deep(self) -> Depth:
        """What the depth comes to."""
        return DEPTHS[self.depth]

    @property
    def on_reference(self) -> bool:
        """Whether the target is the embedded reference deployment."""
        return self.target == REFERENCE

    @property
    def processes(self) -> int:
        """How many judge side by side. One where nothing is said, for another's server may be in use; ours is not."""
        return self.workers or (min(2, os.cpu_count() or 1) if self.on_reference else 1)

    def key(self) -> str | None:
        """The key from the environment. Raises UsageProblem when a variable was named that is not set."""
        value = os.environ.get(self.key_variable or KEY_VARIABLE)
        if self.key_variable and not value:
            raise UsageProblem(f"the environment variable {self.key_variable} that --key-env names is not set")
        return value or None

    def policy(self, url: str, key: str | None) -> Policy:
        """The policy towards a target at this URL."""
        policy = Policy(
            url=url,
            key=key,
            key_place=self.key_place,
            timeout=self.timeout,
            ready_timeout=self.ready_timeout,
            max_requests=self.max_requests,
            time_budget=self.time_budget,
            headers=self.headers,
            ca_bundle=self.ca_bundle,
            client_cert=self.client_cert,
            client_key=self.client_key,
            proxy=self.proxy,
        )
        if policy.loopback:
            return policy
        return replace(
            policy,
            max_requests=policy.max_requests or self.how_deep.requests,
            time_budget=policy.time_budget or self.how_deep.seconds,
        )

    def as_json(self) -> dict[str, Any]:
        """The configuration as it stands in the record: no key, and headers, lists and pictures by name only."""
        return {
            **{name: getattr(self, name) for name in _STATED_AS_THEY_ARE},
            **{name: list(getattr(self, name)) for name in _PATTERNS},
            **{name: str(getattr(self, name) or "") for name in FILES},
            "models": dict(self.models),
            "models_named": sorted(self.models),
            "key_place": str(self.key_place),
            "headers": [name for name, _ in self.headers],
            "known": self.use_known,
            "known_files": [file.name for file in self.known_files],
            "asset_bind": self.asset_bind and str(self.asset_bind),
            "proxy": without_credentials(self.proxy or ""),
            "pictures": self.pictures and self.pictures.absolute().name,
        }

    @classmethod
    def of(cls, stated: Mapping[str, Any], seed: int) -> CheckOptions:
        """The options that a record states, with the seed that it states apart.

        What it holds by name only is there by name only: headers are empty, lists and pictures lie nowhere. Variables,
        passwords and where the run lies are in no record. Raises KeyError, TypeError or ValueError for what `as_json`
        has not written, UsageProblem for what no check begins with.
        """
        plain: dict[str, Any] = {
            **{name: stated[name] for name in _STATED_AS_THEY_ARE},
            **{name: tuple(stated[name]) for name in _PATTERNS},
            **{name: Path(stated[name]) if stated[name] else None for name in FILES},
        }
        return cls(
            **plain,
            seed=seed,
            models={task: stated["models"][task] for task in stated["models_named"]},
            key_place=KeyPlace(stated["key_place"]),
            headers=tuple((name, "") for name in stated["headers"]),
            use_known=stated["known"],
            known_files=tuple(map(Path, stated["known_files"])),
            asset_bind=parse_bind(stated["asset_bind"]) if stated["asset_bind"] else None,
            proxy=stated["proxy"] or None,
            pictures=Path(stated["pictures"]) if stated["pictures"] else None,
        )


def options_from(target: str, given: Mapping[str, Any]) -> CheckOptions:
    """The options from values by field name, as they are declared. Raises UsageProblem."""
    options = (option for option in DECLARED if option.name != CONFIG)
    return CheckOptions(target, **{option.of_check: _read(option, given[option.field]) for option in options})


def options_from_some(target: str, given: Mapping[str, Any]) -> CheckOptions:
    """The same for a command that has not all options of a check; what is no such option is left alone."""
    whole = {each.field: () if each.multiple else each.default for each in DECLARED if each.name != CONFIG}
    return options_from(target, {**whole, **{name: value for name, value in given.items() if name in whole}})


def _read(option: Declared, value: Any) -> Any:
    several = tuple(value) if option.multiple else value
    return _READERS[option.field](several) if option.field in _READERS else several


def refuse_unknown_operation(pattern: str, why: str, operations: Collection[str]) -> None:
    """Raise UsageProblem for a pattern that none of these operations matches: it would require, or check, nothing."""
    if not any(fnmatchcase(operation, pattern) for operation in operations):
        near = difflib.get_close_matches(pattern, operations, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the operations are {', '.join(operations)}"
        raise UsageProblem(f"no operation matches {pattern!r}, {why}; {hint}")


def parse_models(words: tuple[str, ...]) -> dict[str, str]:
    """Read TASK=MODEL words. Raises UsageProblem for a word of another form or an unknown task."""
    models: dict[str, str] = {}
    for word in words:
        task, found, model = word.partition("=")
        if not found or not model:
            raise UsageProblem(f"--model {word}: give TASK=MODEL, such as object-detection=my-project/3")
        if task not in TASKS:
            raise UsageProblem(f"--model {word}: unknown task {task!r}; the tasks are {', '.join(TASKS)}")
        if task in HOSTED_TASKS and (model.count("/") != 1 or model.startswith("/") or model.endswith("/")):
            raise UsageProblem(f"--model {word}: a model of the hosted route has the form DATASET/VERSION")
        models[task] = model
    return models


def parse_headers(words: tuple[str, ...]) -> Pairs:
    """Read `Name: value` words. Raises UsageProblem for a word of another form; it never repeats the word."""
    pairs = []
    for word in words:
        name, found, value = word.partition(":")
        if not found or not _HEADER_NAME.fullmatch(name.strip()):
            raise UsageProblem("--header: give NAME: VALUE")
        if not value.isascii() or not value.strip().isprintable():
            raise UsageProblem(f"--header {name.strip()}: the value holds a character that no header may hold")
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "model": parse_models,
    "header": parse_headers,
    "key_in": KeyPlace,
    "examples": lambda number: number or 0,
    "no_known": lambda bare: not bare,
    "asset_bind": lambda word: parse_bind(word) if word else None,
}
"""How the value of an option becomes that of the field, by option; the others are taken as they are."""
