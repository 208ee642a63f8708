"""What a case says that it varies, it varies: with what the drivers fix on the reference, two values at least."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from assay.contract import Operation, Request, load
from assay.contract.rule import Case
from assay.generate import Context
from assay.plugin.catalogue import catalogue
from assay.plugin.deployment import Deployment
from assay.reference.embedded import MODELS
from assay.target import Policy, Target

from .servers import KEY

RULES = catalogue()
MODULE = sys.modules["assay_conformance.test_requests"]
DRAWS = 20


def _has_values(case: Case) -> bool:
    """Whether there are two values of it: where a schema names only one, that one is sent or left out."""
    if case["varied"] == MODULE.EVERYTHING:
        return False
    return len(load().operation(case.operation).parameter(case["varied"]).schema.get("enum", (1, 2))) > 1


CASES = [
    case
    for name in ("service.answers-valid-requests", "service.answers-requests-of-the-server")
    for case in RULES[name].cases
    if _has_values(case)
]


class Asked:
    """An operation with the context that its driver gives."""

    def __init__(self, operation: Operation, context: Context) -> None:
        self.operation = operation
        self._context = context

    def context(self) -> Context:
        return self._context


@pytest.fixture(scope="module")
def deployment(url: str) -> Iterator[Any]:
    target = Target(Policy(url, key=KEY))
    deployment = Deployment(target, load(), MODELS, 0, 1)
    yield cache(lambda name: Asked(load().operation(name), deployment.driver(name).context()))
    target.close()


def value_of(request: Request, asked: Asked, name: str) -> str:
    if asked.operation.parameter(name).place == "query":
        return json.dumps(request.parameter(name))
    return json.dumps(request.json().get(name), sort_keys=True)


class Enough(Exception):
    """Two values were drawn."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_varies_what_it_names(deployment: Any, case: Case) -> None:
    asked, drawn = deployment(case.operation), set()

    @seed(0)
    @settings(
        max_examples=DRAWS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(MODULE._requests(asked, case["varied"]))
    def draw(request: Request) -> None:
        drawn.add(value_of(request, asked, case["varied"]))
        if len(drawn) > 1:
            raise Enough

    with pytest.raises(Enough):
        draw()
