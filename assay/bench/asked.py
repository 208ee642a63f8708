"""One request of a load, and how its answers are judged when the load is over: by schema, and by the answer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.bench.excusing import Excuses
from assay.contract import delivery
from assay.contract.message import Request, Response
from assay.contract.operations import Mode, Operation
from assay.judge.equal import Comparison, Difference
from assay.judge.schema import promised
from assay.load.answers import Comparing
from assay.picture import decode
from assay.plugin.drivers import Driver


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a workload. `fault` says what is wrong with an answer to it by itself; None where nothing is."""

    request: Request
    workload: str
    comparison: Comparing
    fault: Callable[[Response], str | None]
    pictures: int = 1


def one(driver: Driver, workload: str, request: Request, excuses: Excuses | None = None) -> Asked:
    """A request about one picture."""
    schema = Schema(driver.operation, request, excuses or Excuses())
    return Asked(request, workload, driver.comparison(request), schema.fault)


def batch(driver: Driver, workload: str, requests: Sequence[Request], excuses: Excuses | None = None) -> Asked:
    """One request about the pictures of all of these, which is answered with a list."""
    schema = Schema(driver.operation, requests[0], excuses or Excuses())
    return Asked(
        delivery.as_batch(driver.operation, requests), workload, OfEach(driver.comparison(requests[0])),
        lambda response: schema.fault_of_list(response, len(requests)), len(requests),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfEach:
    """Compares lists of answers, each with the one at its place."""

    alone: Comparison

    def differences(self, expected: Any, actual: Any) -> list[Difference]:
        """What the second of two parsed lists says otherwise than the first."""
        if not isinstance(expected, list) or not isinstance(actual, list) or len(expected) != len(actual):
            return self.alone.differences(expected, actual)
        return [
            Difference(f"/{place}{each.pointer}", f"answer {place}: {each.message}", each.expected, each.actual)
            for place, pair in enumerate(zip(expected, actual, strict=True))
            for each in self.alone.differences(*pair)
        ]


@dataclass(frozen=True, slots=True)
class Schema:
    """Holds answers to one request to the schema of their mode, apart from what is known of the server."""

    operation: Operation
    request: Request
    excuses: Excuses

    @property
    def mode(self) -> Mode:
        """The mode that was asked for."""
        return self.operation.mode_of(self.request)

    def fault(self, response: Response) -> str | None:
        """What is wrong with an answer by itself: it breaks its schema, or is no picture; None where nothing is."""
        if response.status != 200:
            return f"it has status {response.status}"
        if self.mode.schema is None:
            is_picture = not self.mode.media.startswith("image/") or decode(response.body) is not None
            return None if is_picture else "it is no picture"
        try:
            return self._violation(response.json())
        except ValueError as error:
            return f"it is no JSON: {error}"

    def fault_of_list(self, response: Response, count: int) -> str | None:
        """The same of an answer to a list of so many pictures."""
        if response.status != 200 or self.mode.schema is None:
            return self.fault(response)
        try:
            body = response.json()
        except ValueError as error:
            return f"it is no JSON: {error}"
        if not isinstance(body, list) or len(body) != count:
            return f"a list of {count} pictures is not answered with a list of as many"
        found = ((place, said) for place, each in enumerate(body) if (said := self._violation(each)))
        return next((f"answer {place}: {said}" for place, said in found), None)

    def _violation(self, body: Any) -> str | None:
        assert self.mode.schema is not None
        for found in filter(promised, self.operation.library.validate(self.mode.schema, body)):
            if not self.excuses.covers(self.operation, self.mode.name, found):
                return f"{found.pointer or '/'}: {found.message}"
        return None
