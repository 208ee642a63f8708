"""Operations and the requests that they build."""

from __future__ import annotations

import base64
import email.parser
import json
from typing import Any

import pytest

from assay.contract import InvalidRequest, load
from assay.contract.pointers import covers, join, places, split, within
from assay.contract.sentences import brief, listed

DETECTION = load().operation("hosted.object-detection")
SAM2 = load().operation("sam2.segment")
MODEL = {"dataset": "rig-animals", "version": "1"}
JPEG = b"\xff\xd8\xff\xe0picture"
PROMPT = {"prompts": [{"points": [{"x": 1, "y": 2, "positive": True}]}]}


def test_the_contract_is_read_once() -> None:
    assert load() is load()


def test_the_operations_and_the_services() -> None:
    assert {"hosted.object-detection", "hosted.semantic-segmentation", "sam2.embed"} <= set(load().operations)
    services = ("info", "healthz", "readiness", "registry", "openapi")
    assert list(load().services) == [f"service.{name}" for name in services]
    assert load().operation("service.info").request().url == "/info"
    with pytest.raises(KeyError):
        load().operation("hosted.bogus")


def test_the_family_of_an_operation() -> None:
    """Two routes to one kind of answer are judged by the same rules."""
    families = {name: load().operation(name).family for name in ("hosted.semantic-segmentation", "service.info")}
    assert families == {"hosted.semantic-segmentation": "semantic", "service.info": "service"}
    assert load().operation("infer.semantic-segmentation").family == "semantic"
    assert (DETECTION.family, SAM2.family) == ("hosted", "sam2")


def test_modes() -> None:
    modes = {name: (mode.media, mode.schema) for name, mode in DETECTION.modes.items()}
    assert modes == {
        "json": ("application/json", "responses/hosted-object-detection.json"),
        "image": ("image/jpeg", None),
        "image_and_json": ("application/json", "responses/hosted-object-detection-drawn.json"),
    }
    assert SAM2.modes["binary"].media == "application/octet-stream"
    assert SAM2.modes["binary"].source.strength == "server"


@pytest.mark.parametrize(
    ("name", "kind", "default", "bounds"),
    [
        ("confidence", "number", 40, (0, 100)),
        ("overlap", "number", 30, (0, 100)),
        ("stroke", "integer", 1, (1, None)),
        ("labels", "boolean", False, (None, None)),
        ("format", "string", "json", (None, None)),
        ("classes", "string", None, (None, None)),
    ],
)
def test_documented_parameters(name: str, kind: str, default: Any, bounds: tuple[Any, Any]) -> None:
    parameter = DETECTION.parameter(name)
    assert (parameter.place, parameter.required, parameter.default) == ("query", False, default)
    assert parameter.schema["type"] == kind
    assert (parameter.schema.get("minimum"), parameter.schema.get("maximum")) == bounds
    assert parameter.source is not None
    assert parameter.source.strength == "document"


def test_parameters_of_a_json_body() -> None:
    image = SAM2.parameter("image")
    assert (image.place, image.required, image.meaning) == ("body", True, "image-object")
    assert SAM2.parameter("multimask_output").default is True
    with pytest.raises(KeyError):
        SAM2.parameter("confidence")


def test_a_picture_goes_as_base64_text_under_the_form_content_type() -> None:
    request = DETECTION.request(path=MODEL, query={"confidence": 40, "labels": True, "overlap": 0.5}, image=JPEG)
    assert (request.operation, request.method) == ("hosted.object-detection", "POST")
    assert request.url == "/rig-animals/1?confidence=40&labels=true&overlap=0.5"
    assert request.headers == (("Content-Type", "application/x-www-form-urlencoded"),)
    assert base64.b64decode(request.body) == JPEG


def test_a_picture_goes_by_its_address() -> None:
    request = DETECTION.request(path=MODEL, image="https://example.org/a b.png")
    assert request.url == "/rig-animals/1?image=https%3A%2F%2Fexample.org%2Fa+b.png"
    assert (request.headers, request.body) == ((), b"")


def test_a_picture_goes_as_a_part_of_a_form() -> None:
    request = DETECTION.request(path=MODEL, image=JPEG, form="multipart")
    media = request.header("content-type")
    assert media is not None
    assert media.startswith("multipart/form-data")
    message = email.parser.BytesParser().parsebytes(f"Content-Type: {media}\r\n\r\n".encode() + request.body)
    _, part = message.walk()
    assert part.get_param("name", header="content-disposition") == "file"
    assert (part.get_content_type(), part.get_payload(decode=True)) == ("image/jpeg", JPEG)
    assert DETECTION.request(path=MODEL, image=JPEG, form="multipart") == request


def test_a_json_body_gets_the_picture_and_stays_as_it_was() -> None:
    body = {"prompts": PROMPT}
    request = SAM2.request(body=body, image=JPEG)
    assert request.header("content-type") == "application/json"
    assert request.json() == {"image": {"type": "base64", "value": base64.b64encode(JPEG).decode()}, "prompts": PROMPT}
    assert SAM2.request(image="https://example.org/a.png").json()["image"]["type"] == "url"
    assert body == {"prompts": PROMPT}


def test_a_version_may_be_given_as_a_number_and_a_path_is_encoded() -> None:
    assert DETECTION.request(path={"dataset": "a", "version": 3}, image=JPEG).path == "/a/3"
    assert DETECTION.request(path={"dataset": "a/b c", "version": 3}, image=JPEG, check=False).path == "/a%2Fb%20c/3"


@pytest.mark.parametrize(
    ("values", "pointer", "keyword"),
    [
        ({"query": {"confidence": 101}}, "/query/confidence", "maximum"),
        ({"query": {"confidence": "40"}}, "/query/confidence", "type"),
        ({"query": {"format": "png"}}, "/query/format", "enum"),
        ({"query": {"stroke": 1.5}}, "/query/stroke", "type"),
        ({"image": None}, "/body", "required"),
        ({"image": None, "body": "no base64!"}, "/body", "contentEncoding"),
        ({"image": "ftp://example.org"}, "/query/image", "pattern"),
        ({"path": {"dataset": "a"}}, "/path/version", "required"),
    ],
)
def test_values_that_break_the_schema_build_no_request(values: dict[str, Any], pointer: str, keyword: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        DETECTION.request(**{"path": MODEL, "image": JPEG, **values})
    assert (refused.value.pointer, refused.value.keyword) == (pointer, keyword)
    assert keyword in str(refused.value)


@pytest.mark.parametrize(
    ("body", "pointer", "keyword"),
    [
        ({"prompts": PROMPT}, "/image", "required"),
        ({"image": {"type": "polygon", "value": ""}}, "/image/type", "enum"),
        ({"image": {"type": "url", "value": "cat.png"}}, "/image/value", "pattern"),
        ({"image": {"type": "base64", "value": "?"}}, "/image/value", "contentEncoding"),
        ({"image": {"type": "base64", "value": "QUJD"}, "prompts": {"points": []}}, "/prompts/prompts", "required"),
    ],
)
def test_json_values_that_break_the_schema_build_no_request(body: Any, pointer: str, keyword: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        SAM2.request(body=body)
    assert (refused.value.pointer, refused.value.keyword) == (pointer, keyword)


def test_wrong_values_can_be_sent_on_purpose() -> None:
    request = DETECTION.request(path=MODEL, query={"confidence": "abc", "labels": None}, image=JPEG, check=False)
    assert request.query == (("confidence", "abc"), ("labels", "null"))
    assert SAM2.request(body=[1], check=False).body == b"[1]"


def test_extra_headers_come_last() -> None:
    request = SAM2.request(image=JPEG, headers=(("X-Request-Id", "7"),))
    assert request.headers == (("Content-Type", "application/json"), ("X-Request-Id", "7"))


def test_the_mode_that_a_request_asks_for() -> None:
    assert DETECTION.mode_of(DETECTION.request(path=MODEL, image=JPEG)).name == "json"
    assert DETECTION.mode_of(DETECTION.request(path=MODEL, image=JPEG, query={"format": "image"})).name == "image"
    assert SAM2.mode_of(SAM2.request(image=JPEG, body={"format": "rle"})).name == "rle"
    assert load().operation("service.info").mode_of(load().operation("service.info").request()).name == "json"
    with pytest.raises(KeyError):
        DETECTION.mode_of(DETECTION.request(path=MODEL, image=JPEG, query={"format": "png"}, check=False))


def test_numbers_that_json_does_not_know_are_not_sent() -> None:
    with pytest.raises(ValueError, match="JSON"):
        SAM2.request(body={"image": {}, "x": float("nan")}, check=False)


@pytest.mark.parametrize("pointer", ["", "/a", "/a/0/b", "/~0tilde/~1slash", "/"])
def test_pointers_come_back(pointer: str) -> None:
    assert join(split(pointer)) == pointer


def test_pointers_lead_to_values() -> None:
    document = {"a": [{"b": 1}, {"b": 2}, {}], "m/n": {"o~p": 3}}
    assert within(document, split("/m~1n/o~0p")) == 3
    assert [within(document, tokens) for tokens in places("/a/*/b", document)] == [1, 2]
    assert covers("/a/*", "/a/12/b")
    assert not covers("/a/*", "/a")
    assert not covers("/a/*", "/a/b")
    for wrong in ("/a/x", "/a/9", "/z", "/a/0/b/c"):
        with pytest.raises(LookupError):
            within(document, split(wrong))
    with pytest.raises(ValueError, match="slash"):
        split("a")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "an empty object"),
        ({"a": 1, "b": 2}, "an object with a and b"),
        ([1, 2], "[1, 2]"),
        ([["x" * 100]], "an array of 1 item"),
        (None, "null"),
        ("ä", '"ä"'),
    ],
)
def test_values_in_few_words(value: Any, words: str) -> None:
    assert brief(value) == words


def test_names_in_a_row() -> None:
    assert listed(["a"]) == "a"
    assert listed(list(range(20))).endswith("11 and 8 more")


def test_the_body_of_a_request_is_compact_json() -> None:
    assert SAM2.request(image=JPEG).body == json.dumps(SAM2.request(image=JPEG).json(), separators=(",", ":")).encode()
