"""A recorded request goes over the wire again byte for byte, and what comes back is set beside what came back then."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.contract.message import Pairs, Request
from assay.errors import AssayError, Exit, TargetUnreachable, UsageProblem
from assay.record import KEY_VARIABLE, RecordWriter, Redactor, Run, read
from assay.replay import replay
from assay.target import KeyPlace, Policy, Target

from .target.gateways import Authority, forward_proxy, gateway
from .target.servers import hang_up, keep_silent, listening, reset, response, saying

KEY = "kX9/fQ2+mZ7=pLw4~RtB8.vNc-"
ODD = "/animals/1"
JSON: Pairs = (("Content-Type", "application/json"),)
REQUESTS = {
    "query": Request("hosted.object-detection", "POST", ODD, (("b", "2"), ("a", "x y&z"), ("b", "1")), (), b"aW1n"),
    "characters": Request("hosted.object-detection", "POST", "/a%20b/1", (("class", "ä ' \" + %"),), (), b"\x00\xff"),
    "json": Request("sam2.segment", "POST", "/sam2/segment_image", (), JSON, b'{"prompts":   [1.0, "\xc3\xa4"]}'),
    "get": Request("service.info", "GET", "/info"),
    "empty": Request("hosted.object-detection", "POST", ODD),
    "headers": Request(
        "sam2.segment", "POST", "/x", (), (("X-Twice", "1"), ("Content-Type", "text/plain"), ("X-Twice", "2")), b"a\r\n"
    ),
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)


@contextlib.contextmanager
def recording(folder: Path, url: str, **policy: Any) -> Iterator[Target]:
    """A target whose exchanges are recorded in the folder `run`."""
    given = Policy(url, **{"key": KEY, **policy})
    writer = RecordWriter(folder / "run", given.base_url, Redactor(given.key, given.headers))
    writer.header(
        assay={"version": "0"}, target={"url": given.base_url}, configuration={"target": url}, seed=0, capabilities={}
    )
    target = Target(given)
    target.record_to(writer)
    try:
        yield target
    finally:
        target.close()
        writer.close()


def once(folder: Path, url: str, request: Request = REQUESTS["json"], **policy: Any) -> Run:
    with recording(folder, url, **policy) as target:
        target.attempt(request)
    return read(folder / "run")


@pytest.mark.parametrize("place", list(KeyPlace))
@pytest.mark.parametrize("name", list(REQUESTS))
def test_it_goes_over_the_wire_byte_for_byte(tmp_path: Path, name: str, place: KeyPlace) -> None:
    with listening(saying(response())) as server:
        run = once(
            tmp_path, server.url + "/base", REQUESTS[name], key_place=place, headers=(("X-Gateway", "s3cret-of-mine"),)
        )
        found = replay(run, "x000001", headers=(("X-Gateway", "s3cret-of-mine"),))

    first, second = server.heard
    assert first == second
    assert (found.headers, found.answer, found.differs) == ([], [], False)
    for file in (tmp_path / "run").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_what_the_client_adds_of_its_own_is_in_the_record(tmp_path: Path) -> None:
    with listening(saying(response())) as server:
        run = once(tmp_path, server.url)

    names = {name.lower() for name, _ in run.exchanges["x000001"]["request"]["headers"]}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length"}
    assert names == set(server.head())


def test_elsewhere_with_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(saying(response())) as server, listening(saying(response())) as other:
        run = once(tmp_path, server.url)
        monkeypatch.setenv("MY_KEY", "another-key")
        replay(run, "x000001", target=other.url + "/proxied", key_variable="MY_KEY")

    assert other.lines() == ["POST /proxied/sam2/segment_image HTTP/1.1"]
    assert other.head()["host"] == other.url.removeprefix("http://")
    assert json.loads(other.body())["api_key"] == "another-key"
    assert other.head()["content-length"] == str(len(other.body()))
    assert list(other.head()) == list(server.head())


ANSWER = {"time": 0.5, "id": 7, "n": [1, {"inference_id": "a", "class": "dog"}], "b": True, "none": None}
CHANGES: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], list[str], bool]] = {
    "nothing": (lambda answer: answer, [], False),
    "another time": (lambda answer: {**answer, "time": 0.25}, ["/time*"], False),
    "another id of the inference": (
        lambda answer: {**answer, "n": [1, {"inference_id": "b", "class": "dog"}]}, ["/n/1/inference_id*"], False
    ),
    "another number": (lambda answer: {**answer, "id": 8}, ["/id"], True),
    "the same number": (lambda answer: {**answer, "id": 7.0}, [], False),
    "a truth for a number": (lambda answer: {**answer, "n": [True, answer["n"][1]]}, ["/n/0"], True),
    "no time": (lambda answer: {name: answer[name] for name in answer if name != "time"}, ["/time"], True),
    "a time in words": (lambda answer: {**answer, "time": "soon"}, ["/time"], True),
    "more and less": (lambda answer: {**answer, "n": [1], "new/~": None}, ["/n/1", "/new~1~0"], True),
    "null is a value": (lambda answer: {name: answer[name] for name in answer if name != "none"}, ["/none"], True),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CHANGES))
def test_answers_are_compared_place_by_place(tmp_path: Path, name: str) -> None:
    change, places, differs = CHANGES[name]
    answers = [response(json.dumps(answer).encode()) for answer in (ANSWER, change(ANSWER))]
    with listening(saying(*answers)) as server:
        run = once(tmp_path, server.url)
        found = replay(run, "x000001")

    assert [each.place + ("*" if each.every_time else "") for each in found.answer] == places
    assert found.exit_code == (Exit.DIFFERENT if differs else Exit.OK)


@pytest.mark.parametrize(
    ("then", "now", "differs"),
    [
        (response(b"{}"), response(b"{}", 503), True),
        (response(b"\xff\xd8a"), response(b"\xff\xd8b"), True),
        (response(b"\xff\xd8a"), response(b"\xff\xd8a"), False),
        (response(b"{}"), response(b"<html>"), True),
        (response(b"{}"), response(b""), True),
        (response(b""), response(b""), False),
        (response(headers={"date": "then"}), response(headers={"date": "now"}), False),
        (response(headers={"x-engine": "old"}), response(headers={"x-engine": "new"}), False),
    ],
)
def test_statuses_headers_and_other_bodies(tmp_path: Path, then: bytes, now: bytes, differs: bool) -> None:
    with listening(saying(then, now)) as server:
        run = once(tmp_path, server.url)
        found = replay(run, "x000001")

    assert found.differs is differs
    assert {each.place: each.every_time for each in found.headers if each.place != "content-length"} in (
        {}, {"date": True}, {"x-engine": False}
    )  # fmt: skip


def test_a_server_that_hands_the_key_back_is_not_believed(tmp_path: Path) -> None:
    with listening(
        saying(response(b"{}"), response(json.dumps({"key": KEY}).encode(), headers={"x-echo": KEY}))
    ) as server:
        run = once(tmp_path, server.url)
        found = replay(run, "x000001")

    assert KEY not in repr((found.url, found.headers, found.answer))
    assert found.now.response is not None
    assert KEY.encode() not in found.now.response.body


def test_no_answer_then_and_now(tmp_path: Path) -> None:
    with listening(hang_up) as server:
        run = once(tmp_path, server.url)
        assert not replay(run, "x000001").differs
    with listening(keep_silent) as silent:
        found = replay(run, "x000001", target=silent.url, timeout=0.2)
        assert found.now.error is not None
        assert (found.now.error[0], found.differs) == ("timeout", True)


def sentence(run: Run, identifier: str = "x000001", **given: Any) -> str:
    with pytest.raises(AssayError) as raised:
        replay(run, identifier, **given)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_what_cannot_be_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        listening(saying(response())) as server,
        recording(tmp_path, server.url, headers=(("X-Mine", "hidden"),), key_place=KeyPlace.HEADER) as target,
    ):
        target.attempt(REQUESTS["json"])
        target.attempt(REQUESTS["empty"].replace(query=(("api_key", "wrong"),)))
        target.attempt(REQUESTS["json"].replace(body=b'{"api_key": "wrong-key", "a": 1}', headers=()))
        run = read(tmp_path / "run")
        heard = len(server.heard)

        assert "has no exchange 'x9'" in sentence(run, "x9")
        assert "the value of the header X-Mine was kept out of the record" in sentence(run)
        for identifier in ("x000002", "x000003"):
            assert "a secret besides the key, which no record keeps" in sentence(run, identifier)
        assert "is empty" in sentence(run, target="")
        assert "NOT_SET that --key-env names is not set" in sentence(run, key_variable="NOT_SET")
        monkeypatch.delenv(KEY_VARIABLE)
        assert f"put it into the environment variable {KEY_VARIABLE}" in sentence(run)
        monkeypatch.setenv(KEY_VARIABLE, KEY)
        for artifact in (tmp_path / "run" / "artifacts").iterdir():
            artifact.unlink()
        assert "and without it nothing can be sent again" in sentence(run)
        assert len(server.heard) == heard


def test_nobody_is_there_any_more(tmp_path: Path) -> None:
    with listening(saying(response())) as server:
        run = once(tmp_path, server.url)

    with pytest.raises(TargetUnreachable, match="no answer from"):
        replay(run, "x000001")
    with pytest.raises(UsageProblem, match="no http or https URL"):
        replay(run, "x000001", target="nonsense")


@pytest.mark.parametrize("rest", ["@{there}/x", ".evil.net/", "0/x", ":80@{there}/x", "\\\\@{there}/x", "#@{there}"])
def test_a_record_cannot_send_the_key_elsewhere(tmp_path: Path, rest: str) -> None:
    """`http://api.example@evil` and `http://api.example.evil` begin with `http://api.example`."""
    with listening(saying(response())) as evil:
        run = once(tmp_path, evil.url, REQUESTS["query"])
        run.header["target"]["url"] = run.header["configuration"]["target"] = "http://api.example"
        there = evil.url.removeprefix("http://")
        run.exchanges["x000001"]["request"]["url"] = "http://api.example" + rest.format(there=there)

        assert "went to another server than the run's target" in sentence(run)
        assert len(evil.heard) == 1


def test_a_body_that_was_not_kept(tmp_path: Path) -> None:
    withheld = {"withheld": "not kept: a picture of your own (--no-pictures)", "size": 9, "media": "image/png"}
    with listening(saying(response())) as server:
        run = once(tmp_path, server.url)
        event = run.exchanges["x000001"]
        event["response"]["body"] = withheld
        found = replay(run, "x000001")
        assert (found.answer, found.differs) == ([], False)
        assert "is not whole in the record: not kept" in found.other
        event["request"]["body"] = withheld
        assert "was not kept (--no-pictures), and without it nothing can be sent again" in sentence(run)


@pytest.mark.parametrize(("behaviour", "timeout"), [(hang_up, 5.0), (keep_silent, 0.2), (reset, 5.0)])
def test_nobody_answers_what_was_answered_then(tmp_path: Path, behaviour: Any, timeout: float) -> None:
    with listening(saying(response())) as server, listening(behaviour) as other:
        run = once(tmp_path, server.url)
        with pytest.raises(TargetUnreachable, match=r"no answer|breaks off") as raised:
            replay(run, "x000001", target=other.url, timeout=timeout)

    assert raised.value.exit_code is Exit.UNREACHABLE
    assert "\n" not in str(raised.value)


def test_through_a_gateway_again(tmp_path: Path) -> None:
    """A proxy, an authority and a certificate are given again, by the names that a check knows them by."""
    authority = Authority(tmp_path)
    certificate, key = authority.certificate("client.example")
    way: dict[str, Any] = {"ca_bundle": authority.bundle, "client_cert": certificate, "client_key": key}
    with (
        listening(saying(response())) as server,
        gateway(server.url, authority.context(demanding=True)) as outer,
        forward_proxy("hunter2hunter2") as proxy,
    ):
        way["proxy"] = proxy.url.replace("//", "//someone:hunter2hunter2@")
        run = once(tmp_path, outer, **way)
        found = replay(run, "x000001", **way)
        assert (found.now.error, found.differs) == (None, False)
        with pytest.raises(TargetUnreachable, match="--ca-bundle"):
            replay(run, "x000001")

    assert len(proxy.lines) == 2
