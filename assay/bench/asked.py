"""One request of a load, and how its answers are judged when the load is over: by schema, and by the answer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.contract import delivery
from assay.contract.message import Request, Response
from assay.contract.operations import Operation
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


def one(driver: Driver, workload: str, request: Request) -> Asked:
    """A request about one picture."""
    operation = driver.operation
    return Asked(request, workload, driver.comparison(request), lambda response: fault_of(operation, request, response))


def batch(driver: Driver, workload: str, requests: Sequence[Request]) -> Asked:
    """One request about the pictures of all of these, which is answered with a list."""
    operation, first = driver.operation, requests[0]
    return Asked(
        delivery.as_batch(operation, requests), workload, OfEach(driver.comparison(first)),
        lambda response: _fault_of_list(operation, first, response, len(requests)), len(requests),
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


def fault_of(operation: Operation, request: Request, response: Response) -> str | None:
    """What is wrong with an answer by itself: it breaks its schema, or is no picture; None where nothing is."""
    mode = operation.mode_of(request)
    if response.status != 200:
        return f"it has status {response.status}"
    if mode.schema is None:
        return "it is no picture" if mode.media.startswith("image/") and decode(response.body) is None else None
    try:
        body = response.json()
    except ValueError as error:
        return f"it is no JSON: {error}"
    return _violation(operation, mode.schema, body)


def _violation(operation: Operation, schema: str, body: Any) -> str | None:
    found = next(filter(promised, operation.library.validate(schema, body)), None)
    return f"{found.pointer or '/'}: {found.message}" if found else None


def _fault_of_list(operation: Operation, request: Request, response: Response, count: int) -> str | None:
    mode = operation.mode_of(request)
    if response.status != 200 or mode.schema is None:
        return fault_of(operation, request, response)
    try:
        body = response.json()
    except ValueError as error:
        return f"it is no JSON: {error}"
    if not isinstance(body, list) or len(body) != count:
        return f"a list of {count} pictures is not answered with a list of as many"
    found = (
        (place, said) for place, each in enumerate(body) if (said := _violation(operation, mode.schema or "", each))
    )
    return next((f"answer {place}: {said}" for place, said in found), None)
