"""Probing a target that describes nothing, where every unknown path may be the id of a model; and its registry."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from assay.contract import load
from assay.target import Target, discover
from assay.target.discovery import Discovery
from assay.target.registry import loaded_models

from .servers import Behaviour, Listener, listening, response, routes

Make = Callable[..., Target]
OPERATIONS = tuple(load().operations.values())
SEGMENT = "sam2.segment"
PATH = load().operations[SEGMENT].path


def refusing(*places: Any, status: int = 422) -> bytes:
    """As the server refuses a body: these members are wrong."""
    return response(json.dumps({"detail": [{"type": "missing", "loc": place} for place in places]}).encode(), status)


def probed(target: Make, answers: dict[str, Any] | Behaviour, **policy: Any) -> tuple[Discovery, Listener]:
    behaviour = answers if callable(answers) else routes(answers)
    with listening(behaviour) as server:
        return discover(target(server.url, **policy), OPERATIONS), server


@pytest.mark.parametrize(
    "answer",
    [
        refusing(["body", "image"]),
        refusing(["body", "training_data"], ["body", "image", "list[InferenceRequestImage]"]),
    ],
)
def test_an_operation_that_names_its_own_member_is_there(target: Make, answer: bytes) -> None:
    found, _ = probed(target, {PATH: answer})

    assert found.capabilities[SEGMENT].available
    assert found.capabilities[SEGMENT].described
    assert "naming the member" in found.capabilities[SEGMENT].because


@pytest.mark.parametrize(
    "answer",
    [
        response(b'{"message": "Unauthorized access to roboflow API"}', 401),
        response(b'{"message": "Requested Roboflow resource not found."}', 404),
        response(b'{"message": "Could not load input image. Cause: Malformed base64 input image."}', 400),
        response(b'{"detail": "Not Found"}', 404),
        response(b'{"message": "Internal error."}', 500),
        response(b'{"predictions": []}'),
        refusing(["body", "image"], status=400),
        refusing(["query", "confidence"]),
        refusing(["body"], ["body", "model_id"]),
        refusing("body", None, 5, ["query", "image"]),
        response(b'{"detail": {"loc": ["body", "image"]}}', 422),
        response(b'["body", "image"]', 422),
        response(b"oops", 422),
        b"no HTTP at all\r\n\r\n",
    ],
)
def test_any_other_answer_tells_nothing(target: Make, answer: bytes) -> None:
    found, _ = probed(target, {PATH: answer})

    assert not found.capabilities[SEGMENT].described
    assert "which tells nothing" in found.capabilities[SEGMENT].because


def test_a_probe_asks_nothing_of_a_model(target: Make) -> None:
    """It carries the key, because hosted services let nothing else in; and it is not a picture."""
    _, server = probed(target, {PATH: refusing(["body", "image"])}, key="kX9fQ2mZ7pLw")

    asked = [(line, server.body(number)) for number, line in enumerate(server.lines()) if line.startswith("POST")]
    bodies = {line.split(" ")[1]: json.loads(body) for line, body in asked}
    assert set(bodies) == {each.path for each in OPERATIONS if each.shape == "json-body"}
    for body in bodies.values():
        assert (body.pop("image"), body.pop("api_key")) == (0, "kX9fQ2mZ7pLw")
        assert set(body) <= {"disable_model_monitoring", "disable_active_learning"}


def test_what_is_described_is_not_probed(target: Make) -> None:
    _, server = probed(target, {"/openapi.json": {"paths": {PATH: {"post": {}}}}})

    assert not [line for line in server.lines() if line.startswith("POST")]


def test_a_probe_that_hangs_is_given_up(target: Make) -> None:
    def silent_there(connection: socket.socket, request: bytes) -> None:
        if request.startswith(b"POST"):
            connection.recv(1)
        else:
            connection.sendall(response(b"{}", 404))

    found, _ = probed(target, silent_there, timeout=0.2)

    assert f"POST {PATH} is not answered when it is probed" in found.capabilities[SEGMENT].because


def test_an_undescribed_target_is_asked_for_privacy_where_the_contract_knows_how(target: Make) -> None:
    with listening(routes({})) as server:
        asked = target(server.url)
        discover(asked, OPERATIONS)

    both = frozenset({"disable_active_learning", "disable_model_monitoring"})
    assert asked.privacy_parameters["hosted.object-detection"] == both
    assert asked.privacy_fields[SEGMENT] == {"disable_model_monitoring"}


REFERENCE = {"$ref": "#/components/schemas/Request"}
WANTED: dict[str, Any] = {"properties": {"disable_active_learning": {}, "confidence": {}}}


@pytest.mark.parametrize(
    ("schema", "parts", "expected"),
    [
        (WANTED, {}, {"disable_active_learning"}),
        (REFERENCE, {"Request": WANTED}, {"disable_active_learning"}),
        ({"anyOf": [{"type": "null"}, REFERENCE]}, {"Request": WANTED}, {"disable_active_learning"}),
        ({"allOf": [REFERENCE, {"properties": {"disable_model_monitoring": {}}}]}, {}, {"disable_model_monitoring"}),
        (REFERENCE, {"Request": REFERENCE}, set()),
        (REFERENCE, {}, set()),
        ({"$ref": 5, "anyOf": {}, "properties": []}, {}, set()),
        (None, {}, set()),
        ("text", {}, set()),
    ],
)
def test_privacy_is_asked_for_in_a_body_where_it_is_described(
    target: Make, schema: Any, parts: dict[str, Any], expected: set[str]
) -> None:
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    document = {"paths": {PATH: {"post": operation}}, "components": {"schemas": parts}}
    with listening(routes({"/openapi.json": document})) as server:
        asked = target(server.url)
        discover(asked, OPERATIONS)

    assert asked.privacy_fields[SEGMENT] == expected


def model(name: str, task: str, *aliases: str) -> dict[str, Any]:
    return {"model_id": name, "task_type": task, "request_aliases": list(aliases)}


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ([model("owlv2/owlv2-large-patch14-ensemble", "object-detection")], {"owlv2": "owlv2-large-patch14-ensemble"}),
        (
            [model("owlv2/owlv2-base-patch16-ensemble", "object-detection"), model("a/1", "object-detection")],
            {"owlv2": "owlv2-base-patch16-ensemble", "object-detection": "a/1"},
        ),
        ([model("sam2/hiera_large", "unsupervised-segmentation")], {"segmentation": "hiera_large"}),
        ([model("florence-2-base", "lmm", "florence-pretrains/3")], {"florence-2": "florence-2-base"}),
        ([model("florence-pretrains/3", "lmm", "florence-2-base")], {"florence-2": "florence-2-base"}),
        ([model("moondream2", "lmm")], {}),
        ([model("yolov8n-640", "object-detection", "coco/3")], {"object-detection": "coco/3"}),
        ([model("coco/3", "object-detection", "yolov8n-640")], {"object-detection": "coco/3"}),
        ([model("yolov8n-640", "object-detection")], {}),
        ([model("b/1", "multi-label-classification")], {"multi-label-classification": "b/1"}),
        ([model("c/1", "keypoints-detection")], {"keypoint-detection": "c/1"}),
        ([model("a\x1b[31m/1", "object-detection"), model("b/1", "object-detection")], {"object-detection": "b/1"}),
        ([model("a/" + "1" * 2_000_000, "object-detection", "c/2\n")], {}),
        ([{**model("d/1", "semantic-segmentation"), "request_aliases": "d"}], {"semantic-segmentation": "d/1"}),
    ],
)
def test_a_model_is_known_by_what_it_is(models: list[dict[str, Any]], expected: dict[str, str]) -> None:
    assert loaded_models({"models": models}) == expected
