"""Reaching a target and finding out what it offers, from sound answers and from very odd ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from assay.contract import load
from assay.contract.message import Request
from assay.errors import Exit, TargetUnreachable
from assay.target import Target, discover
from assay.target.discovery import Discovery
from assay.target.waiting import wait_until_reached

from .servers import hang_up, keep_silent, listening, response, routes, saying

Make = Callable[..., Target]
OPERATIONS = tuple(load().operations.values())
NAMES = tuple(load().operations)
HOSTED = tuple(operation.id for operation in OPERATIONS if operation.path == "/{dataset}/{version}")
OPENAPI = Request("service.openapi", "GET", "/openapi.json")
PRIVATE = [{"name": "disable_active_learning", "in": "query"}, {"name": "confidence", "in": "query"}]
PATHS: dict[str, Any] = {
    **{operation.path: {operation.method.lower(): {}} for operation in OPERATIONS if operation.id not in HOSTED},
    "/{dataset_id}/{version_id}": {"get": {}, "post": {"parameters": PRIVATE}},
}
INFO = {"name": "Roboflow Inference Server", "version": "1.8.3"}
REGISTRY = {
    "models": [
        {"model_id": "shapes/1", "task_type": "object-detection"},
        {"model_id": "other/2", "task_type": "object-detection"},
        {"model_id": "figures/1", "task_type": "keypoints-detection"},
    ]
}


def found(target: Make, openapi: Any = ..., info: Any = INFO, registry: Any = REGISTRY) -> Discovery:
    """What discovery makes of these three answers; bytes are sent as they are."""
    described = {"paths": PATHS} if openapi is ... else openapi
    with listening(routes({"/openapi.json": described, "/info": info, "/model/registry": registry})) as server:
        return discover(target(server.url), OPERATIONS)


def offered(discovery: Discovery) -> list[str]:
    return [name for name, capability in discovery.capabilities.items() if capability.available]


def test_a_sound_target(target: Make) -> None:
    with_engine = response(b'{"paths": {}}', headers={"x-inference-engine": "old-inference", "server": "uvicorn"})
    sound, bare = found(target), found(target, with_engine)

    assert offered(sound) == list(NAMES)
    assert (sound.fingerprint.name, sound.fingerprint.version) == ("Roboflow Inference Server", "1.8.3")
    assert sound.models == {"object-detection": "shapes/1", "keypoint-detection": "figures/1"}
    assert (bare.fingerprint.engine, bare.fingerprint.server) == ("old-inference", "uvicorn")
    assert offered(bare) == []
    for capability in bare.capabilities.values():
        assert "/openapi.json does not list POST" in capability.because


def test_discovery_asks_three_questions_without_a_body(target: Make) -> None:
    with listening(routes({"/openapi.json": {"paths": PATHS}, "/info": INFO, "/model/registry": REGISTRY})) as server:
        discover(target(server.url, key="kX9fQ2mZ7pLw"), OPERATIONS)

    assert sorted(server.lines()) == [
        "GET /info HTTP/1.1", "GET /model/registry HTTP/1.1", "GET /openapi.json HTTP/1.1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ({"/{a}/{b}": {"post": {}}}, HOSTED),
        ({**PATHS, "/{dataset}/{version:path}": {"post": {}}}, NAMES),
        ({"/{a}/{b}": {"get": {}}}, ()),  # the path without the method
        ({"/{a}/{b}": {"post": {}}, "/{c}/{d}": {"get": {}}}, HOSTED),  # one path, spelled twice
        ({"/{a}/{b}": {"get": {}}, "/{c}/{d}": {"post": {}}}, HOSTED),
        ({"/{a}": {"post": {}}, "/{a}/{b}/{c}": {"post": {}}, "/a/{b}": {"post": {}}}, ()),
        ({"/sam2/segment_image/": {"post": {}}, "/SAM2/segment_image": {"post": {}}}, ()),
        ({"/sam2/{anything}": {"post": {}}}, ()),
        ({"/sam2/segment_image": {"post": None}}, ("sam2.segment",)),
        ({"/sam2/segment_image": ["post"], "/{a}/{b}": "post"}, ()),
        ({}, ()),
    ],
)
def test_what_is_offered_is_what_is_listed(target: Make, paths: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert offered(found(target, {"paths": paths})) == list(expected)


@pytest.mark.parametrize(
    "openapi",
    [
        response(b'{"detail": "Not Found"}', 404),
        response(b"{}", 401),
        response(b"oops", 500),
        response(b"<h1>no</h1>", 404, {"content-type": "text/html"}),
        response(b'{"paths": '),
        response(b"\xff\xfe"),
        response(b"[" * 100_000),
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        [],
        None,
        "text",
        {},
        {"paths": None},
        {"paths": []},
        {"paths": "everything"},
        {"openapi": "3.1.0"},
    ],
)
def test_a_target_that_describes_itself_in_no_way_is_asked_everything(target: Make, openapi: Any) -> None:
    discovery = found(target, response(b"null") if openapi is None else openapi)

    assert offered(discovery) == list(NAMES)
    assert all("publishes no /openapi.json" in capability.because for capability in discovery.capabilities.values())


@pytest.mark.parametrize("status", [200, 203])
def test_a_web_page_is_no_api(target: Make, status: int) -> None:
    page = response(b"<h1>Please log in</h1>", status, {"content-type": "text/html; charset=utf-8"})

    with pytest.raises(TargetUnreachable, match="web page") as caught:
        found(target, page)

    assert caught.value.exit_code is Exit.UNREACHABLE


@pytest.mark.parametrize(
    ("info", "name", "version"),
    [
        (INFO, "Roboflow Inference Server", "1.8.3"),
        ({"name": "x", "version": 1.8}, "x", "1.8"),
        ({"name": "x"}, "x", ""),
        ({"name": None, "version": None}, "", ""),
        ({"name": ["x"], "version": {"major": 1}}, "", ""),
        ([INFO], "", ""),
        ("Roboflow", "", ""),
        (response(b"oops"), "", ""),
        (response(b"{}", 401), "", ""),
        (response(b'{"name": "x", "version": "1"}', 500), "", ""),
        (b"no HTTP at all\r\n\r\n", "", ""),
    ],
)
def test_who_answers(target: Make, info: Any, name: str, version: str) -> None:
    fingerprint = found(target, info=info).fingerprint

    assert (fingerprint.name, fingerprint.version) == (name, version)
    assert set(fingerprint.as_json()) == {"url", "name", "version", "engine", "server"}


@pytest.mark.parametrize(
    ("registry", "models"),
    [
        ({"models": []}, {}),
        ({"models": None}, {}),
        ({"models": {"shapes/1": {}}}, {}),
        ({}, {}),
        ([], {}),
        (response(b"oops"), {}),
        (response(b'{"models": []}', 404), {}),
        ({"models": [None, 5, "shapes/1", ["shapes/1"], {}]}, {}),
        ({"models": [{"model_id": None, "task_type": "object-detection"}, {"model_id": 5}]}, {}),
        ({"models": [{"model_id": "a/1"}, {"model_id": "a/1", "task_type": None}]}, {}),
        ({"models": [{"model_id": "a/1", "task_type": "new-task"}]}, {"new-task": "a/1"}),
        (
            {"models": [{"model_id": name, "task_type": "object-detection"} for name in ("owlv2/large", "a/1")]},
            {"owlv2": "large", "object-detection": "a/1"},
        ),
        ({"models": [{"model_id": "a/1", "task_type": "t"}, {"model_id": "b/1", "task_type": "t"}]}, {"t": "a/1"}),
    ],
)
def test_what_is_loaded(target: Make, registry: Any, models: dict[str, str]) -> None:
    discovery = found(target, registry=registry)

    assert discovery.models == models
    assert offered(discovery) == list(NAMES)


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"parameters": PRIVATE}, {"disable_active_learning"}),
        (
            {"parameters": [*PRIVATE, {"name": "disable_model_monitoring"}]},
            {"disable_active_learning", "disable_model_monitoring"},
        ),
        ({"parameters": [{"name": "source"}, {"$ref": "#/components/parameters/x"}]}, set()),
        (
            {"parameters": [{"name": ["disable_active_learning"]}, {"name": {}}, None, 5, "disable_active_learning"]},
            set(),
        ),
        ({"parameters": None}, set()),
        ({"parameters": {"disable_active_learning": {}}}, set()),
        ({"parameters": 5}, set()),
        ({}, set()),
        (None, set()),
        ("text", set()),
    ],
)
def test_privacy_parameters_are_those_that_are_listed(target: Make, described: Any, expected: set[str]) -> None:
    paths = {"/{a}/{b}": {"post": described}, "/sam2/segment_image": {"post": {}}}
    with listening(routes({"/openapi.json": {"paths": paths}})) as server:
        asked = target(server.url)
        discover(asked, OPERATIONS)

    assert asked.privacy_parameters == {name: frozenset(expected if name in HOSTED else ()) for name in NAMES}


def test_nobody_listens(target: Make) -> None:
    with listening(saying(response())) as server:
        gone = server.url
    begun = time.perf_counter()

    with pytest.raises(TargetUnreachable, match="check the URL and that the server is running"):
        discover(target(gone, ready_timeout=60), OPERATIONS)

    assert time.perf_counter() - begun < 20, "of 60 s"


def test_who_hangs_up_is_no_target(target: Make) -> None:
    with listening(hang_up) as server, pytest.raises(TargetUnreachable, match="broken answer"):
        wait_until_reached(target(server.url), OPENAPI)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_target_that_is_not_ready_yet_is_waited_for(target: Make, status: int) -> None:
    with listening(saying(response(b"", status), response(b'{"paths": {}}'))) as server:
        exchange = wait_until_reached(target(server.url), OPENAPI)

    assert exchange.response is not None
    assert exchange.response.status == 200
    assert len(server.heard) == 2


@pytest.mark.parametrize("status", [200, 301, 401, 404, 429, 500, 501])
def test_any_other_answer_means_that_it_is_reached(target: Make, status: int) -> None:
    with listening(saying(response(b"", status))) as server:
        exchange = wait_until_reached(target(server.url), OPENAPI)

    assert exchange.response is not None
    assert exchange.response.status == status


def test_a_target_that_is_never_ready(target: Make) -> None:
    with listening(saying(response(b"", 503))) as server, pytest.raises(TargetUnreachable) as caught:
        wait_until_reached(target(server.url, ready_timeout=0.2), OPENAPI)

    assert "not ready after 0.2 s (status 503)" in str(caught.value)
    assert "--ready-timeout" in str(caught.value)


def test_a_target_that_keeps_silent(target: Make) -> None:
    with listening(keep_silent) as server:
        asked = target(server.url, ready_timeout=0.2)
        with pytest.raises(TargetUnreachable, match="no answer in time"):
            wait_until_reached(asked, OPENAPI)
        asked.close()
