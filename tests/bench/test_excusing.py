"""A server that is known to break a schema breaks it alone as under load: no load has made those answers wrong."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from assay import expect
from assay.bench import asked
from assay.bench.excusing import Excuses
from assay.bench.workload import Kit, workloads
from assay.contract import load
from assay.contract.message import Response
from assay.plugin.deployment import Deployment
from assay.plugin.drivers import Driver
from assay.reference.embedded import MODELS
from assay.target import Fingerprint, Policy, Target

REAL = Fingerprint(
    url="http://127.0.0.1:9", name="Roboflow Inference Server", version="1.8.3", engine="inference-models"
)
TODAY = datetime.date(2026, 12, 1)


@pytest.fixture
def driver() -> Iterator[Driver]:
    target = Target(Policy(url="http://127.0.0.1:9", key="assay-test-key"))
    yield Deployment(target, load(), MODELS, 0, 1).driver("hosted.keypoint-detection")
    target.close()


@pytest.fixture
def excuses() -> Excuses:
    return Excuses(expect.shipped().for_target(REAL, TODAY))


def answered(name: str, **more: Any) -> Response:
    """A person whose one keypoint has its name in this field."""
    nose = {"x": 50.0, "y": 50.0, "confidence": 0.9, "class_id": 0, name: "nose"}
    person = {"x": 50.0, "y": 50.0, "width": 20.0, "height": 20.0, "confidence": 0.9, "class": "person", "class_id": 0,
              "detection_id": "00000000-0000-4000-8000-000000000001", "keypoints": [nose]}  # fmt: skip
    image = {"width": 640, "height": 480}
    body = {"predictions": [person], "image": image, "time": 0.01, "inference_id": "a", **more}
    return Response(200, (("content-type", "application/json"),), json.dumps(body).encode())


@pytest.mark.parametrize("workload", ["base64", "image-and-json"])
def test_what_is_listed_of_such_a_server_is_noted_and_not_counted(
    workload: str, driver: Driver, excuses: Excuses
) -> None:
    chosen = workloads()[f"hosted.keypoint-detection/{workload}"]
    [request] = chosen.make(Kit(driver, 0), 1)
    one = asked.one(driver, chosen.id, request, excuses)

    fault = one.fault(answered("class", visualization="aGVsbG8="))

    assert fault is None
    assert excuses.notes() == (
        "known of such a server, and not counted as wrong: "
        "The server gives the name of a keypoint as `class`; the document calls the field `class_name`.",
    )


@pytest.mark.parametrize("response", [answered("label"), answered("class", predictions=5)])
def test_what_is_not_listed_is_a_fault(response: Response, driver: Driver, excuses: Excuses) -> None:
    one = asked.one(driver, "hosted.keypoint-detection/base64", request_of(driver), excuses)

    assert one.fault(response)


def test_of_another_server_nothing_is_excused(driver: Driver) -> None:
    other = Excuses(
        expect.shipped().for_target(Fingerprint(url="http://127.0.0.1:9", name="Another", version="1.8.3"), TODAY)
    )
    one = asked.one(driver, "hosted.keypoint-detection/base64", request_of(driver), other)

    assert "class_name" in str(one.fault(answered("class")))
    assert other.notes() == ()


def request_of(driver: Driver) -> Any:
    [request] = workloads()["hosted.keypoint-detection/base64"].make(Kit(driver, 0), 1)
    return request


def test_a_drawing_that_is_known_to_be_empty_is_told_and_any_other_is_not(excuses: Excuses) -> None:
    asked_for_a_drawing = (
        load()
        .operation("hosted.semantic-segmentation")
        .request(path={"dataset": "road", "version": "1"}, query={"format": "image"}, image=b"picture", check=False)
    )
    empty, drawn = (Response(200, (("content-type", "image/jpeg"),), body) for body in (b"", b"\xff\xd8"))

    assert "draws nothing" in excuses.nothing_drawn(asked_for_a_drawing, empty)
    assert excuses.nothing_drawn(asked_for_a_drawing, drawn) == ""
    assert Excuses().nothing_drawn(asked_for_a_drawing, empty) == ""
