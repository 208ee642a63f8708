"""Workloads: what is sent to an operation, and in which regime. They stand in `benchmarks/`, as data."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from assay.bench.pictures import Form, Picture, picture
from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.errors import UsageProblem
from assay.plugin.drivers import Driver
from assay.suite import suite_folder

SHOWN: Final = 16
"""Requests of which the digest of a workload is made."""
NOT_SENT_ALIKE: Final = frozenset({"api_key", "model_id", "sam2_version_id", "owlv2_version_id"})
"""Members of a body that are left out of a digest: other models are compared with the same pictures."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What a workload makes requests from. `seed` decides the pictures; `salt` makes them others than any before."""

    driver: Driver
    seed: int
    salt: str = ""

    @property
    def operation(self) -> Operation:
        """The operation of the contract: its `request` validates."""
        return self.driver.operation

    @property
    def model(self) -> str:
        """The model id, in the form that the operation takes."""
        return self.driver.model

    def pictures(self, count: int, size: str = "640", form: Form = "jpeg") -> Iterator[Picture]:
        """So many different pictures, of a size in `pictures.SIZES`."""
        for number in range(count):
            yield picture(f"{self.seed} {self.salt} {number}", size, form)

    def of_path(self) -> Mapping[str, str]:
        """The model as the hosted route takes it."""
        dataset, version = self.model.split("/")
        return {"dataset": dataset, "version": version}


Make = Callable[[Kit, int], Iterable[Request]]


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing to measure. `make` makes so many different requests of the operation, the same from the same kit.

    With `fresh` no request is sent twice, and every repetition and every run sends other pictures. Without it `count`
    requests are sent again and again, each once before the measurement. `usual` ones are measured where none is named.
    """

    id: str
    sentence: str
    operation: str
    make: Make = field(compare=False, repr=False)
    count: int = 8
    fresh: bool = False
    usual: bool = False

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
    """Every workload by id, in the order of the files and of their lists. Raises ValueError when two share an id."""
    found: dict[str, Workload] = {}
    for path in sorted(suite_folder("benchmarks").glob("*.py")):
        for each in _listed(path):
            if each.id in found:
                raise ValueError(f"two workloads have the id {each.id}")
            found[each.id] = each
    return found


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
