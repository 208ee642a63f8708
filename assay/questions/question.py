"""A question has an id that stays, and makes what it asks when it is put. Declared ones stand in `questions/`."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from assay.contract import load
from assay.contract.wire import ImageForm
from assay.errors import UsageProblem
from assay.questions.asking import Asking
from assay.suite import suite_folder

ID: Final = re.compile(r"[a-z0-9.-]+/[a-z_]+/[A-Za-z0-9][A-Za-z0-9._-]*")
"""Operation, mode of the answer, and a name: three parts that are names of folders everywhere."""
Make = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One request, whoever answers it. `make` gives its values, as `Operation.instance` does, without a model.

    Raises ValueError for an id that is no path of three parts, or that names no operation and mode of the contract.
    """

    id: str
    sentence: str
    make: Make = field(compare=False, repr=False)
    form: ImageForm = "base64"
    asserted: Mapping[str, Any] = field(default_factory=dict, hash=False)
    task: str = ""

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(f"{self.id!r} is no id of a question: OPERATION/MODE/NAME")
        operation = load().operations.get(self.operation)
        if operation is None or self.mode not in operation.modes:
            raise ValueError(f"{self.id!r} names no operation and mode of the contract")

    @property
    def operation(self) -> str:
        """The id of the operation that it is put to."""
        return self.id.split("/")[0]

    @property
    def mode(self) -> str:
        """The form of the answer that it asks for."""
        return self.id.split("/")[1]

    @property
    def asking(self) -> Asking:
        """What it says, made now: pictures are large, and questions many."""
        return Asking(self.operation, self.make(), self.form, self.asserted, self.task)


@cache
def declared() -> Mapping[str, Question]:
    """Every question that the suite declares, by id, in the order of files and lists. Raises ValueError."""
    found: dict[str, Question] = {}
    for path in sorted(suite_folder("questions").glob("*.py")):
        for each in _listed(path):
            if each.id in found:
                raise ValueError(f"two questions have the id {each.id}")
            found[each.id] = each
    return found


def _listed(path: Path) -> Sequence[Question]:
    """The list QUESTIONS of a file of the suite."""
    name = f"assay_questions.{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    listed: Sequence[Question] = module.QUESTIONS
    return listed


def matches(identifier: str, patterns: Sequence[str]) -> bool:
    """Whether an id matches one of the patterns, as in a shell; without any, it does."""
    return not patterns or any(fnmatchcase(identifier, pattern) for pattern in patterns)


def chosen(questions: Iterable[Question], patterns: Sequence[str]) -> Iterator[Question]:
    """Those whose id matches one of the patterns, in their order, as they are made."""
    return (question for question in questions if matches(question.id, patterns))


def refuse_unmatched(patterns: Sequence[str], identifiers: Iterable[str]) -> None:
    """Raise UsageProblem for a pattern that none of these ids matches: nothing would be asked for it."""
    known = list(identifiers)
    for pattern in patterns:
        if not any(fnmatchcase(identifier, pattern) for identifier in known):
            raise UsageProblem(f"--only {pattern}: no question has such an id; {_hint(known)}")


def _hint(known: Sequence[str]) -> str:
    if not known:
        return "there is none at all"
    operations = sorted({identifier.split("/")[0] for identifier in known})
    return f"ids begin with {', '.join(operations)}; `assay golden questions` lists them"
