"""What a check is asked to do, however it was asked: by `assay check` or by pytest's own command line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assay.contract import load
from assay.contract.message import Pairs
from assay.errors import UsageProblem
from assay.record.redaction import KEY_VARIABLE
from assay.target.policy import KeyPlace, Policy

REFERENCE = "reference"
REQUESTS_ELSEWHERE = 2000
"""Most requests to a target that is not on this machine, unless the user says otherwise."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
TASKS = tuple(dict.fromkeys(operation.task for operation in load().operations.values()))


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """One check. `models` maps a task to a model id; `only` and `skip` are patterns of rule ids, as in a shell.

    Times are in seconds. Raises UsageProblem for a number below its least.
    """

    target: str
    models: Mapping[str, str] = field(default_factory=dict)
    key_variable: str | None = None
    key_place: KeyPlace = KeyPlace.DOCUMENTED
    headers: Pairs = field(default=(), repr=False)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    strict: bool = False
    seed: int = 0
    examples: int = 8
    use_known: bool = True
    known_files: tuple[Path, ...] = ()
    out: Path | None = None
    timeout: float = 120.0
    ready_timeout: float = 60.0
    max_requests: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("examples", 1), ("timeout", 0.1), ("ready_timeout", 0.1), ("max_requests", 1)):
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise UsageProblem(f"{name.replace('_', '-')} must be at least {least:g}, and is {value:g}")

    @property
    def on_reference(self) -> bool:
        """Whether the target is the embedded reference deployment."""
        return self.target == REFERENCE

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
            headers=self.headers,
        )
        bounded = policy.loopback or policy.max_requests is not None
        return policy if bounded else replace(policy, max_requests=REQUESTS_ELSEWHERE)

    def as_json(self) -> dict[str, Any]:
        """The configuration as it stands in the record: no key, and headers by name only."""
        return {
            "target": self.target,
            "models": dict(self.models),
            "key_place": str(self.key_place),
            "headers": [name for name, _ in self.headers],
            "only": list(self.only),
            "skip": list(self.skip),
            "strict": self.strict,
            "examples": self.examples,
            "known": self.use_known,
            "known_files": [file.name for file in self.known_files],
            "timeout": self.timeout,
            "ready_timeout": self.ready_timeout,
            "max_requests": self.max_requests,
        }


def parse_models(words: tuple[str, ...]) -> dict[str, str]:
    """Read TASK=MODEL words. Raises UsageProblem for a word of another form or an unknown task."""
    models: dict[str, str] = {}
    for word in words:
        task, found, model = word.partition("=")
        if not found or not model:
            raise UsageProblem(f"--model {word}: give TASK=MODEL, such as object-detection=my-project/3")
        if task not in TASKS:
            raise UsageProblem(f"--model {word}: unknown task {task!r}; the tasks are {', '.join(TASKS)}")
        if task != "segmentation" and (model.count("/") != 1 or model.startswith("/") or model.endswith("/")):
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
