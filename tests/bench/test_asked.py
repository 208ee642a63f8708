"""Requests with lists of pictures: each answer of a list keeps the schema, and says what it says alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assay.bench import asked
from assay.bench.workload import Kit, takes_lists, workloads
from assay.contract import load
from assay.contract.message import Response
from assay.plugin.deployment import Deployment
from assay.plugin.drivers import Driver
from assay.reference.embedded import MODELS
from assay.target import Policy, Target

SIZE = {"width": 640, "height": 480}


@pytest.fixture
def driver() -> Iterator[Driver]:
    target = Target(Policy(url="http://127.0.0.1:9", key="assay-test-key"))
    yield Deployment(target, load(), MODELS, 0, 1).driver("infer.object-detection")
    target.close()


def answered(*bodies: Any) -> Response:
    return Response(200, (("content-type", "application/json"),), json.dumps(bodies).encode())


def found(x: float) -> dict[str, Any]:
    """An answer with one dog."""
    dog = {"x": x, "y": 50.0, "width": 20.0, "height": 20.0, "confidence": 0.9, "class": "dog", "class_id": 0,
           "detection_id": "00000000-0000-4000-8000-000000000001"}  # fmt: skip
    return {"predictions": [dog], "image": SIZE, "time": 0.01, "inference_id": "a"}


@pytest.fixture
def batch(driver: Driver) -> asked.Asked:
    workload = workloads()["infer.object-detection/640"]
    return asked.batch(driver, workload.id, list(workload.make(Kit(driver, 0), 2)))


def test_the_pictures_stand_in_one_request(batch: asked.Asked) -> None:
    assert batch.pictures == 2
    assert len(batch.request.json()["image"]) == 2


def test_a_good_list_is_good(batch: asked.Asked) -> None:
    assert batch.fault(answered(found(10.0), found(90.0))) is None
    assert batch.comparison.differences([found(10.0), found(90.0)], [found(10.5), found(90.0)]) == []


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (answered(found(10.0)), "not answered with a list of as many"),
        (answered(found(10.0), {"predictions": 5}), "answer 1: "),
        (Response(500, (), b""), "status 500"),
        (Response(200, (), b"{"), "no JSON"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(response: Response, said: str, batch: asked.Asked) -> None:
    fault = batch.fault(response)

    assert fault is not None
    assert said in fault


def test_answers_that_changed_places_are_told(batch: asked.Asked) -> None:
    differences = batch.comparison.differences([found(10.0), found(90.0)], [found(90.0), found(10.0)])

    assert differences
    assert differences[0].pointer.startswith("/0")
    assert batch.comparison.differences([found(10.0)], [found(10.0), found(10.0)])


def test_only_routes_whose_requests_take_lists_are_measured_so() -> None:
    assert {each.operation for each in workloads().values() if takes_lists(each)} == {
        name for name in load().operations if name.startswith("infer.")
    }
