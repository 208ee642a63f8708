"""Workloads: what is sent to an operation, and in which regime. They stand in `benchmarks/`, as data."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from assay.bench.own import OwnPictures
from assay.bench.pictures import SIZES, Form, Picture, picture
from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.contract.wire import kind_of
from assay.errors import UsageProblem
from assay.extensions import WORKLOADS, Extension, extensions
from assay.plugin.drivers import Driver
from assay.suite import suite_folder

SIZE: Final = "640"
"""The size of pictures where a workload is not about it."""
SHOWN: Final = 16
"""Requests of which the digest of a workload is made."""
NOT_SENT_ALIKE: Final = frozenset({"api_key", "model_id", "sam2_version_id", "owlv2_version_id"})
"""Members of a body that are left out of a digest: other models are compared with the same pictures."""


def nowhere(picture: bytes) -> str:
    """An address of a picture at which nothing is served; the same for the same bytes."""
    return f"https://pictures.invalid/{hashlib.sha256(picture).hexdigest()[:32]}.{kind_of(picture)[1]}"


@dataclass(frozen=True, slots=True)
class Kit:
    """What a workload makes requests from. `seed` decides the pictures; `salt` makes them others than any before.

    They are painted, JPEG of 640 x 480 px where `size` and `form` say nothing else; or the user's `own`, as they are
    where nothing is said. `publish` has a picture served to the target, and tells its address.
    """

    driver: Driver
    seed: int
    salt: str = ""
    size: str | None = None
    form: Form | None = None
    own: OwnPictures | None = None
    publish: Callable[[bytes], str] = nowhere

    @property
    def operation(self) -> Operation:
        """The operation of the contract: its `request` validates."""
        return self.driver.operation

    @property
    def model(self) -> str:
        """The model id, in the form that the operation takes."""
        return self.driver.model

    def pictures(self, count: int) -> Iterator[Picture]:
        """So many different pictures; fewer where the user has not so many, and they need not be new."""
        if self.own is not None:
            yield from self.own.pictures(count, self.seed, self.salt, self.size, self.form)
            return
        for number in range(count):
            yield picture(f"{self.seed} {self.salt} {number}", self.size or SIZE, self.form or "jpeg")

    def of_path(self) -> Mapping[str, str]:
        """The model as the hosted route takes it."""
        dataset, version = self.model.split("/")
        return {"dataset": dataset, "version": version}


Make = Callable[[Kit, int], Iterable[Request]]


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing to measure, with pictures of a `size` and `form` where these are what it is about.

    `make` makes so many different requests of the operation, the same from the same kit. With `fresh` no request is
    sent twice, and every repetition and every run sends other pictures. Without it `count` requests are sent again and
    again, each once before the measurement. `usual` ones are measured where none is named.
    One `by_address` is for a target that fetches its pictures.
    """

    id: str
    sentence: str
    operation: str
    make: Make = field(compare=False, repr=False)
    count: int = 8
    fresh: bool = False
    usual: bool = False
    size: str | None = None
    form: Form | None = None
    by_address: bool = False
    file: str = ""
    """The path of the file that lists it."""
    origin: str = ""
    """The package that adds it, with its version; empty for the suite's own."""

    def kit(self, driver: Driver, seed: int, salt: str = "", own: OwnPictures | None = None) -> Kit:
        """What it makes its requests from."""
        return Kit(driver, seed, salt, self.size, self.form, own)

    def described(self, own: bool) -> str:
        """Its sentence, with the pictures that are sent."""
        kind = (self.form or "jpeg").upper()
        width, height = SIZES[self.size or SIZE]
        if not own:
            return f"{self.sentence} {kind} of {width} x {height} px."
        fitted = f" within {width} x {height} px" if self.size else ""
        as_they_are = "Your own pictures, as they are." if not (self.size or self.form or self.fresh) else ""
        return f"{self.sentence} {as_they_are or f'Your own pictures, as {kind}{fitted}.'}"

    def digest(self, kit: Kit) -> str:
        """What tells pictures and parameters apart: 32 hex digits, without key, host and model."""
        digest = hashlib.sha256(self.id.encode())
        for request in self.make(kit, min(self.count, SHOWN)):
            digest.update(repr((request.method, request.query)).encode())
            digest.update(_without_model(request))
        return digest.hexdigest()[:32]


def takes_lists(workload: Workload) -> bool:
    """Whether a workload can be sent with several pictures in a request."""
    return not workload.fresh and delivery.takes_lists(load().operations[workload.operation])


def _without_model(request: Request) -> bytes:
    if request.header("content-type") != "application/json":
        return request.body
    body: Any = request.json()
    return json.dumps({name: body[name] for name in sorted(body) if name not in NOT_SENT_ALIKE}).encode()


@cache
def workloads() -> Mapping[str, Workload]:
    """Every workload by id, in the order of the files and of their lists; last those that packages add.

    Raises ValueError when two of the suite share an id, UsageProblem where a package's own cannot be used.
    """
    found: dict[str, Workload] = {}
    for path in sorted(suite_folder("benchmarks").glob("*.py")):
        for each in _listed(path):
            if each.id in found:
                raise ValueError(f"two workloads have the id {each.id}")
            found[each.id] = replace(each, file=str(path))
    for extension in extensions(WORKLOADS):
        for each in _added(extension):
            if each.id in found:
                raise extension.problem(f"there is another workload with the id {each.id}")
            found[each.id] = replace(each, file=str(extension.path), origin=extension.origin)
    return found


def added_files() -> list[Path]:
    """The files in which packages list workloads."""
    return [extension.path for extension in extensions(WORKLOADS)]


def _added(extension: Extension) -> Sequence[Workload]:
    """The list WORKLOADS of a package's module. Raises UsageProblem where there is none that can be measured."""
    listed = getattr(extension.value, "WORKLOADS", None)
    if not isinstance(listed, Sequence) or not all(isinstance(each, Workload) for each in listed):
        raise extension.problem("it has no list WORKLOADS of workloads")
    unknown = next((each for each in listed if each.operation not in load().operations), None)
    if unknown is not None:
        raise extension.problem(f"the workload {unknown.id} is of {unknown.operation}, and there is no such operation")
    return listed


def _listed(path: Path) -> Sequence[Workload]:
    """The list WORKLOADS of a file of the suite."""
    name = f"assay_benchmarks.{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    listed: Sequence[Workload] = module.WORKLOADS
    return listed


def chosen(patterns: Sequence[str]) -> list[Workload]:
    """The workloads that match one of the patterns; without any, the usual ones.

    Raises UsageProblem for a pattern that none matches: it would measure nothing.
    """
    known = workloads()
    for pattern in patterns:
        if not any(fnmatchcase(identifier, pattern) for identifier in known):
            raise UsageProblem(f"no workload matches {pattern!r}; `assay bench --workloads` lists them")
    if not patterns:
        return [each for each in known.values() if each.usual]
    return [each for each in known.values() if any(fnmatchcase(each.id, pattern) for pattern in patterns)]
