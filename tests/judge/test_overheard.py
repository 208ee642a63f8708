"""What is heard of all answers of a run: whether they tell the key, show the server's insides, and are JSON."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest

from assay.contract.message import Request, Response
from assay.judge.overheard import Overheard, telling
from assay.record.model import Exchange

KEY = "rF+7/secret~key.0="
HOSTED = "hosted.object-detection"
PLAIN = Request(HOSTED, "POST", "/shapes/1", (("api_key", KEY),), (), b"cGljdHVyZQ==")
JSON = (("content-type", "application/json"),)


def heard(response: Response, request: Request = PLAIN, key: str | None = KEY) -> Overheard:
    listening = Overheard(key)
    listening.hear(Exchange("x1", request, response, None, 0.0, 0.1))
    return listening


def test_an_answer_that_tells_nothing() -> None:
    found = heard(Response(200, JSON, b'{"predictions":[]}')).of(HOSTED)

    assert found.with_key == {"answers": 1, "refusals": 0}
    assert found.telling_key == {"answers": [], "refusals": []}
    assert (found.json, found.no_json, found.refusals) == (1, [], 0)


SPELLINGS = (KEY, quote(KEY, safe=""), quote(quote(KEY, safe=""), safe=""), html.escape(KEY), KEY.replace("/", r"\/"))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_key_in_the_body_in_any_spelling(spelling: str) -> None:
    body = json.dumps({"message": f"no right for {spelling}"}).encode()

    (found,) = heard(Response(403, JSON, body)).of(HOSTED).telling_key["refusals"]

    assert found.message == "a refusal (status 403) tells the API key in its body"
    assert found.pointer == "/message"
    assert KEY not in repr(found)


def test_a_key_in_a_header_of_an_answer() -> None:
    (found,) = heard(Response(200, (*JSON, ("x-echo", f"Bearer {KEY}")), b"{}")).of(HOSTED).telling_key["answers"]

    assert found.message == "an answer (status 200) tells the API key in its headers"


def test_a_part_of_the_key_is_a_word_that_may_occur() -> None:
    body = json.dumps({"message": KEY[:10]}).encode()

    assert not heard(Response(403, JSON, body)).of(HOSTED).telling_key["refusals"]


def test_a_key_that_the_server_says_of_itself_cannot_be_told_from_a_word() -> None:
    info = Request("service.info", "GET", "/info")

    assert heard(Response(200, JSON, json.dumps({"name": KEY}).encode()), info).ordinary
    assert not heard(Response(200, JSON, b"{}"), info).ordinary


def test_a_key_told_to_somebody_who_sent_none() -> None:
    keyless = PLAIN.replace(query=())

    listening = heard(Response(200, JSON, json.dumps({"last": KEY}).encode()), keyless)

    assert len(listening.of(HOSTED).telling_key["answers"]) == 1
    assert not listening.ordinary


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"Traceback (most recent call last):\n  ...", "a stack trace"),
        (b'{"message": "boom\\n  File \\"app.py\\", line 3, in f"}', "a line of the server's code"),
        (b"error at handlers.py:212", "a line of the server's code"),
        (b'{"message": "cannot open /app/models/weights.onnx"}', "a path on the server's disk"),
        (b'{"message": "/home/roboflow/.cache/model.json is missing"}', "a path on the server's disk"),
    ],
)
def test_insides_in_a_refusal(body: bytes, what: str) -> None:
    messages = [found.message for found in heard(Response(500, JSON, body)).of(HOSTED).telling_internals]

    assert f"a refusal (status 500) shows {what}" in messages


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "no model at /shapes/1"}',
        b'{"message": "visit https://docs.roboflow.com/app/home.html or /var"}',
        b'{"detail": [{"loc": ["query", "confidence"], "input": "1.5", "url": "https://errors.dev/2.1/v/float"}]}',
        b'{"message": "see roboflow.com/opt/a.html"}',
    ],
)
def test_what_is_no_inside(body: bytes) -> None:
    assert not heard(Response(400, JSON, body)).of(HOSTED).telling_internals


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (Response(200, (("content-type", "text/html"),), b"<p>"), "documented as JSON comes as text/html"),
        (Response(200, (), b"{}"), "comes as something without a type"),
        (Response(200, JSON, b'{"time": NaN}'), "NaN is not a JSON number"),
        (Response(201, JSON, b'{"score": Infinity}'), "Infinity is not a JSON number"),
        (Response(200, JSON, b"Internal"), "says it is JSON is none"),
    ],
)
def test_what_is_no_json(response: Response, said: str) -> None:
    (found,) = heard(response).of(HOSTED).no_json

    assert said in found.message


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 1}]}', []),
        (b'{"a": 1, "b": [{"c": 1, "c": 1}]}', ["c"]),
        (b'{"a": 1, "a": 2}', ["a"]),
        (b'{"a": 1, "a": NaN}', []),
    ],
)
def test_members_that_an_object_has_twice(body: bytes, names: list[str]) -> None:
    found = heard(Response(200, JSON, body)).of(HOSTED).doubled

    assert [each.message for each in found] == [
        f"an object of an answer has the member {name!r} twice" for name in names
    ]


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN.replace(query=(("format", "image"),)),
        PLAIN.replace(query=(("format", "no-such"),)),
        PLAIN.replace(operation="service.openapi2"),
    ],
)
def test_what_need_not_be_json(request_: Request) -> None:
    assert not heard(Response(200, (("content-type", "image/jpeg"),), b"\xff\xd8"), request_).of(HOSTED).no_json
    assert not heard(Response(500, (("content-type", "text/plain"),), b"Internal Server Error")).of(HOSTED).no_json


@pytest.mark.parametrize(("status", "body"), [(401, b""), (502, b""), (500, b"Internal"), (400, b'{"a": NaN}')])
def test_a_gateway_that_labels_what_it_refuses_as_json(status: int, body: bytes) -> None:
    found = heard(Response(status, JSON, body)).of(HOSTED)

    assert (found.json, found.no_json) == (0, [])


def test_without_a_key_nothing_can_be_told() -> None:
    assert heard(Response(200, JSON, b"{}"), key=None).of(HOSTED).with_key == {"answers": 0, "refusals": 0}


WRONG = "assay-sends-this-as-a-wrong-key"


@pytest.mark.parametrize(
    ("response", "place"),
    [
        (Response(401, JSON, json.dumps({"message": f"no such key: {WRONG}"}).encode()), "body"),
        (
            Response(403, (*JSON, ("www-authenticate", f'Bearer error="invalid key {WRONG}"')), b"{}"),
            "www-authenticate",
        ),
    ],
)
def test_a_refusal_that_repeats_the_key_which_it_refuses(response: Response, place: str) -> None:
    found = telling(Exchange("x1", PLAIN, response, None, 0.0, 0.1), WRONG)

    assert found is not None
    assert place in found.message


@pytest.mark.parametrize("response", [Response(401, JSON, b'{"message":"Unauthorized api_key"}'), None])
def test_a_refusal_that_repeats_nothing(response: Response | None) -> None:
    assert telling(Exchange("x1", PLAIN, response, None, 0.0, 0.1), WRONG) is None
