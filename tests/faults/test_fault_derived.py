"""Derived faults: none is forgotten, each does what it says, and who is wronged follows from the schemas."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from assay.contract import load
from assay.contract.message import Request, Response
from assay.faults import FAULTS, Derived, derived
from assay.faults.derived import values
from assay.faults.operators.memories import Before, first_by, parameters_of, picture_of
from assay.faults.operators.traffic import slow
from assay.faults.proxy import create_proxy
from assay.serving import Application

Exchanges = dict[str, tuple[Request, Response]]
EVERY = derived()
OPERATIONS = [*load().operations.values(), *load().services.values()]
DETECTION = "hosted.object-detection"
NO_COUNTS = (10**400, 1e301, float("inf"), float("-inf"), float("nan"))


def test_every_derived_fault_is_described() -> None:
    for name, fault in EVERY.items():
        assert name == fault.name
        assert re.fullmatch(r"[A-Z].{10,140}\.", fault.sentence), name
        assert fault.breaks == ()
        assert sum(act is not None for act in (fault.request, fault.response, fault.traffic)) == 1
        assert (fault.promise in ("other-task", "nobody")) == bool(fault.because), name
    assert not set(EVERY) & set(FAULTS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_no_member_of_an_answer_is_forgotten(operation: Any) -> None:
    for mode in operation.modes:
        for checkpoint in operation.checkpoints(mode):
            place = checkpoint.pattern[1:].replace("/", ".")
            if checkpoint.kind == "property":
                wanted = {f"{operation.id}/{place}/{name}" for name in ("dropped", "renamed", "null", "retyped")}
                assert wanted <= EVERY.keys()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_no_parameter_of_a_request_is_forgotten(operation: Any) -> None:
    for parameter in operation.parameters:
        if parameter.place != "path":
            assert f"{operation.id}?{parameter.name}/ignored" in EVERY
            if parameter.default is not None:
                assert f"{operation.id}?{parameter.name}/fixed" in EVERY


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_no_operation_is_forgotten(operation: Any) -> None:
    names = {"truncated", "status-201", "status-204", "status-500", "refused-as-200", "json-called-text"}
    if operation.parameters:
        names |= {"answer-before", "first-of-path", "first-of-parameters", "first-of-picture", "swapped-under-load"}
    assert {f"{operation.id}/{name}" for name in names} <= EVERY.keys()


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("/predictions.*.x/off", "document"),
        ("/predictions.*.x/dropped", "document"),
        ("/predictions.*.confidence/negative", "document"),
        ("/predictions.*.class_id/retyped", "server"),
        ("/predictions.*.class_id/dropped", "nobody"),
        ("/predictions.*.detection_id/null", "nobody"),
        ("/predictions.*.detection_id/cut", "nobody"),
        ("/time/off", "nobody"),
        ("/truncated", "sound"),
        ("/slow-now-and-then", "nobody"),
        ("?confidence/ignored", "document"),
        ("?max_detections/ignored", "server"),
        ("?disable_active_learning/ignored", "nobody"),
        ("?disable_preproc_contrast/inverted", "nobody"),
        ("?name/ignored", "nobody"),
    ],
)
def test_who_is_wronged_follows_from_the_schemas(name: str, promise: str) -> None:
    assert EVERY[DETECTION + name].promise == promise


@pytest.mark.parametrize(
    ("name", "promise"),
    [
        ("hosted.classification?classes/ignored", "other-task"),
        ("hosted.classification?max_detections/ignored", "server"),
        ("hosted.instance-segmentation/predictions.*.points/last-doubled", "nobody"),
        ("hosted.keypoint-detection/predictions.*.keypoints.*.class_id/off", "nobody"),
        ("hosted.keypoint-detection/predictions.*.keypoints.*.class_id/negative", "document"),
        ("sam2.segment/predictions.*.confidence/off", "nobody"),
    ],
)
def test_what_a_schema_tells_of_other_places(name: str, promise: str) -> None:
    assert EVERY[name].promise == promise


JSON = (("content-type", "application/json"),)


def answered(name: str, document: Any) -> Any:
    fault = EVERY[name]
    assert fault.response is not None
    response = Response(200, JSON, json.dumps(document).encode())
    return fault.response(Request(fault.operations[0], "POST", "/m/1"), response).json()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dropped", {}),
        ("renamed", {"x_": 44.0}),
        ("null", {"x": None}),
        ("retyped", {"x": "44.0"}),
        ("in-a-list", {"x": [44.0]}),
        ("off", {"x": 54.0}),
        ("hundredfold", {"x": 4400.0}),
        ("negative", {"x": -44.0}),
        ("to-tens", {"x": 40.0}),
    ],
)
def test_what_becomes_of_a_number(name: str, expected: Any) -> None:
    found = answered(f"{DETECTION}/predictions.*.x/{name}", {"predictions": [{"x": 44.0}]})

    assert found == {"predictions": [expected]}


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        (values.retyped, {"a": 1}, [1]),
        (values.retyped, [1], {"0": 1}),
        (values.retyped, "abc", 3),
        (values.retyped, True, "true"),
        (values.swapped_axes, {"x": 1, "y": 2, "width": 3, "height": 4}, {"x": 2, "y": 1, "width": 4, "height": 3}),
        (values.swapped_axes, [1, 2, 3, 4], [2, 1, 4, 3]),
        (values.aside(0.1), 0.95, pytest.approx(0.85)),
        (values.last_doubled, [1, 2], [1, 2, 2]),
        (values.in_turn_of(("a", "b")), "b", "a"),
        (values.halved, "abcd", "ab"),
    ],
)
def test_what_becomes_of_other_values(change: values.Change, before: Any, after: Any) -> None:
    assert change(before) == after


CHANGES = [
    value for value in vars(values).values() if callable(value) and getattr(value, "__module__", "") == values.__name__
]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1.5,
        "",
        "text",
        [],
        [1],
        [[None]],
        {},
        {"x": "a"},
        {"x": 1, "y": []},
        *NO_COUNTS,
    ],
)
def test_no_value_is_too_odd(value: Any) -> None:
    makers = (values.more, values.aside, values.times, values.in_turn_of)
    for change in CHANGES:
        (change((1,) if change is values.in_turn_of else 1.0) if change in makers else change)(value)


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("confidence/ignored", {"confidence": "60"}, {}),
        ("confidence/fixed", {"confidence": "60"}, {"confidence": "40"}),
        ("confidence/off", {"confidence": "60"}, {"confidence": "65.0"}),
        ("confidence/hundredth", {"confidence": "60"}, {"confidence": "0.6"}),
        ("labels/inverted", {"labels": "true"}, {"labels": "false"}),
        ("format/another-choice", {"format": "image"}, {"format": "image_and_json"}),
        ("classes/last-lost", {"classes": "dog,cat"}, {"classes": "dog"}),
        ("classes/last-lost", {"classes": "dog"}, {"classes": "dog"}),
        ("confidence/off", {"confidence": "many"}, {"confidence": "many"}),
        ("confidence/off", {"confidence": "NaN"}, {"confidence": "NaN"}),
    ],
)
def test_what_becomes_of_a_parameter(name: str, query: dict[str, str], expected: dict[str, str]) -> None:
    fault = EVERY[f"{DETECTION}?{name}"]
    assert fault.request is not None

    changed = fault.request(Request(DETECTION, "POST", "/m/1", tuple(query.items())))

    assert dict(changed.query) == expected


def test_a_member_of_a_body_is_a_parameter_too() -> None:
    fault = EVERY["sam2.segment?prompts.prompts.*.points.*/swapped-axes"]
    assert fault.request is not None
    body = {"prompts": {"prompts": [{"points": [{"x": 1, "y": 2, "positive": True}]}]}}

    changed = fault.request(Request("sam2.segment", "POST", "/sam2/segment_image", body=json.dumps(body).encode()))

    assert changed.json()["prompts"]["prompts"][0]["points"] == [{"x": 2, "y": 1, "positive": True}]


def request(picture: str, **query: str) -> Request:
    return Request(DETECTION, "POST", "/m/1", tuple(query.items()), body=picture.encode())


async def echo(sent: Request) -> Response:
    return Response(200, JSON, sent.url.encode() + b" " + sent.body)


def said(traffic: Any, *requests: Request) -> list[str]:
    async def each() -> list[str]:
        return [(await traffic(one, echo)).body.decode() for one in requests]

    return asyncio.run(each())


ONE, TWO, ONE_AT_TEN = request("one"), request("two"), request("one", confidence="10")


def test_each_request_gets_the_answer_before() -> None:
    assert said(Before(), ONE, TWO, ONE) == ["/m/1 one", "/m/1 one", "/m/1 two"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (lambda each: each.path, ["/m/1 one", "/m/1 one", "/m/1 one"]),
        (parameters_of, ["/m/1 one", "/m/1 one", "/m/1?confidence=10 one"]),
        (picture_of, ["/m/1 one", "/m/1 two", "/m/1 one"]),
    ],
    ids=["path", "parameters", "picture"],
)
def test_the_first_answer_is_given_for_ever(key: Any, expected: list[str]) -> None:
    assert said(first_by(key)(), ONE, TWO, ONE_AT_TEN) == expected


def test_a_slow_answer_is_the_same() -> None:
    assert said(slow(2, 0.001)(), ONE, TWO) == ["/m/1 one", "/m/1 two"]


def played(proxy: Application, *requests: Request) -> None:
    async def all_of_them() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(proxy), base_url="http://proxy") as client:
            for each in requests:
                await client.request(each.method, each.url, headers=list(each.headers), content=each.body)

    asyncio.run(all_of_them())


@pytest.mark.parametrize(
    ("name", "alike", "expected"), [("classes/ignored", True, (1, 0)), ("classes/ignored", False, (1, 1))]
)
def test_the_proxy_tells_whether_a_changed_request_changes_the_answer(
    name: str, alike: bool, expected: tuple[int, int], upstream: Starlette, exchanges: Exchanges
) -> None:
    transport = httpx.ASGITransport(upstream)
    fault = EVERY[f"{DETECTION}?{name}"]
    proxy = create_proxy("http://upstream", fault, transport=transport, alike=lambda *_: alike)
    plain = next(each for each, _ in exchanges.values() if each.operation == DETECTION and not each.query)

    played(proxy, plain, plain.with_query(classes="dog"))

    assert proxy.state.tally.changed == 1
    assert (proxy.state.tally.compared, proxy.state.tally.answered_otherwise) == expected


@pytest.mark.parametrize("operator", sorted({fault.operator for fault in EVERY.values()}))
def test_no_answer_is_too_odd_for_an_operator(operator: str) -> None:
    document = {"predictions": [None, 3, {"x": "a", "points": {}}], "image": [], "response": {"<OD>": None}}
    fault: Derived
    for fault in EVERY.values():
        if fault.operator == operator:
            sent = Request(fault.operations[0], "POST", "/m/1", (("confidence", "x"),), body=b'{"prompts":3}')
            if fault.request is not None:
                fault.request(sent)
            if fault.response is not None:
                for status in (200, 400):
                    fault.response(sent, Response(status, JSON, json.dumps(document).encode()))
