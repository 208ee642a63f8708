"""Sending: the key and the privacy parameters where they belong, and nothing that the record does not show."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.contract.message import Request
from assay.errors import UsageProblem, WireError
from assay.record import RecordWriter, Redactor, read
from assay.target import KeyPlace, Target, client

from .servers import hang_up, keep_silent, listening, reset, response, saying, trickle

Make = Callable[..., Target]
KEY = "kX9fQ2mZ7pLw4RtB8vNc"
JSON = (("Content-Type", "application/json"),)
TEXT = (("Content-Type", "application/x-www-form-urlencoded"),)
SEGMENT = Request("sam2.segment", "POST", "/sam2/segment_image", (), JSON, b'{"image": 1}')
DETECT = Request("hosted.object-detection", "POST", "/shapes/1", (("confidence", "40"),), TEXT, b"cGljdHVyZQ==")
INFO = Request("service.info", "GET", "/info")


def sent(target: Make, request: Request, **policy: Any) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers and body as they went over the wire, and as the exchange has them."""
    with listening(saying(response())) as server:
        exchange = target(server.url, **policy).send(request)
    (line,) = server.lines()
    assert line == f"{exchange.request.method} {exchange.request.url} HTTP/1.1"
    head = server.head()
    for name, value in exchange.request.headers:
        assert head[name.lower()] == value
    assert server.body() == exchange.request.body
    return line, head, server.body()


def has_key(place: str, line: str, head: dict[str, str], body: bytes) -> bool:
    """Whether the key stands there, and nowhere else."""
    found = {
        "query": f"api_key={KEY}" in line,
        "header": head.get("authorization") == f"Bearer {KEY}",
        "body": f'"api_key": "{KEY}"'.encode() in body,
        "nowhere": False,
    }
    return sum(found.values()) == (place != "nowhere") and (place == "nowhere" or found[place])


@pytest.mark.parametrize(
    ("place", "request_", "stands"),
    [
        (KeyPlace.DOCUMENTED, SEGMENT, "body"),
        (KeyPlace.DOCUMENTED, DETECT, "query"),
        (KeyPlace.DOCUMENTED, INFO, "nowhere"),
        (KeyPlace.QUERY, SEGMENT, "query"),
        (KeyPlace.QUERY, DETECT, "query"),
        (KeyPlace.QUERY, INFO, "nowhere"),
        (KeyPlace.HEADER, SEGMENT, "header"),
        (KeyPlace.HEADER, DETECT, "header"),
        (KeyPlace.HEADER, INFO, "header"),
        (KeyPlace.BODY, SEGMENT, "body"),
        (KeyPlace.BODY, DETECT, "query"),  # a picture in base64 has no room for it
        (KeyPlace.BODY, INFO, "nowhere"),
        # A JSON body that is no object has no room either; without a key such a request would be refused for that.
        (KeyPlace.DOCUMENTED, SEGMENT.replace(body=b"[1, 2]"), "query"),
        (KeyPlace.BODY, SEGMENT.replace(body=b"null"), "query"),
        (KeyPlace.DOCUMENTED, SEGMENT.replace(body=b'{"image": '), "query"),
        (KeyPlace.DOCUMENTED, SEGMENT.replace(body=b'{"image": NaN}'), "query"),
        (KeyPlace.DOCUMENTED, SEGMENT.replace(body=b""), "query"),
    ],
)
def test_where_the_key_travels(target: Make, place: KeyPlace, request_: Request, stands: str) -> None:
    assert has_key(stands, *sent(target, request_, key=KEY, key_place=place))


@pytest.mark.parametrize("request_", [SEGMENT, DETECT, INFO])
def test_without_a_key_the_request_goes_as_it_is(target: Make, request_: Request) -> None:
    line, head, body = sent(target, request_)

    assert line.split(" ")[1] == request_.url
    assert "authorization" not in head
    assert body == request_.body


def test_a_key_that_the_request_has_already_stays(target: Make) -> None:
    _, _, body = sent(target, SEGMENT.replace(body=b'{"api_key": "its own", "image": 1}'), key=KEY)

    assert json.loads(body) == {"api_key": "its own", "image": 1}


def test_odd_characters_of_a_key_and_of_parameters_arrive(target: Make) -> None:
    line, _, _ = sent(target, DETECT.replace(query=(("classes", "a&b=c d+é/?#"),)), key="a+b/c=d~e")

    assert line.split(" ")[1] == "/shapes/1?classes=a%26b%3Dc+d%2B%C3%A9%2F%3F%23&api_key=a%2Bb%2Fc%3Dd~e"


def test_headers_of_the_user_are_added(target: Make) -> None:
    _, head, _ = sent(target, SEGMENT, headers=(("X-Gateway", "open sesame"), ("Cookie", "a=b")), key=KEY)

    assert (head["x-gateway"], head["cookie"], head["content-type"]) == ("open sesame", "a=b", "application/json")


def test_privacy_is_asked_for_only_where_the_target_lists_it(target: Make) -> None:
    names = frozenset({"disable_model_monitoring", "disable_active_learning"})
    with listening(saying(response())) as server:
        asked = target(server.url)
        asked.privacy_parameters = {DETECT.operation: names, SEGMENT.operation: frozenset()}
        for request in (DETECT, SEGMENT, INFO):
            asked.send(request)

    assert server.lines() == [
        "POST /shapes/1?confidence=40&disable_active_learning=true&disable_model_monitoring=true HTTP/1.1",
        "POST /sam2/segment_image HTTP/1.1",
        "GET /info HTTP/1.1",
    ]


def test_a_base_url_with_a_path(target: Make) -> None:
    with listening(saying(response())) as server:
        target(f"{server.url}/gateway/v1/").send(DETECT)

    assert server.lines() == ["POST /gateway/v1/shapes/1?confidence=40 HTTP/1.1"]


@pytest.mark.parametrize("status", [200, 204, 301, 400, 404, 429, 500, 503])
def test_any_status_is_an_answer_and_is_asked_for_once(target: Make, status: int) -> None:
    headers = {"location": "/elsewhere", "retry-after": "0"}
    with listening(saying(response(b"" if status == 204 else b"{}", status, headers))) as server:
        exchange = target(server.url).send(DETECT)

    assert exchange.response is not None
    assert exchange.response.status == status
    assert len(server.heard) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(target: Make, status: int) -> None:
    with (
        listening(saying(response())) as other,
        listening(saying(response(b"", status, {"location": other.url}))) as server,
    ):
        exchange = target(server.url).send(SEGMENT)

    assert exchange.response is not None
    assert exchange.response.header("Location") == other.url
    assert other.connections == 0


def test_cookies_are_not_kept(target: Make) -> None:
    """A cookie would tie later requests to one replica, and the record would not show why."""
    with listening(saying(response(headers={"set-cookie": "sticky=replica-1; Path=/"}))) as server:
        asked = target(server.url)
        for _ in range(2):
            exchange = asked.send(INFO)

    assert "cookie" not in server.head()
    assert exchange.response is not None
    assert exchange.response.header("set-cookie") == "sticky=replica-1; Path=/"


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def test_the_environments_proxy_is_none_for_this_machine(target: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(saying(response())) as proxy, listening(saying(response())) as server:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        target(server.url).send(INFO)

    assert (len(server.heard), proxy.connections) == (1, 0)


def test_the_environments_proxy_is_none_for_others_either(target: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be meant for other programs, and would see every picture: only --proxy says which one to use."""
    with listening(saying(response())) as proxy:
        for name in PROXIES:
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(WireError):
            target("http://target.invalid:9001").send(INFO)
        target("http://target.invalid:9001", proxy=proxy.url).send(INFO)

    assert proxy.lines() == ["GET http://target.invalid:9001/info HTTP/1.1"]


def test_the_body_is_whole_and_decoded(target: Make) -> None:
    head = b"HTTP/1.1 200 OK\r\nX-Twice: a\r\nx-twice: b\r\ntransfer-encoding: chunked\r\n\r\n"
    with listening(saying(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) as server:
        exchange = target(server.url).send(INFO)

    assert exchange.response is not None
    assert exchange.response.body == b"abcde"
    assert [value for name, value in exchange.response.headers if name.lower() == "x-twice"] == ["a", "b"]
    assert exchange.error is None
    assert exchange.seconds > 0


def gzip_that_is_none() -> bytes:
    return response(b"this is no gzip", headers={"content-encoding": "gzip"})


BROKEN = {
    "short body": (saying(response(b"{}", headers={"content-length": "500"})), "short body"),
    "reset": (reset, ("reset", "short body")),
    "silence": (keep_silent, "timeout"),
    "trickling": (trickle, "timeout"),
    "hanging up": (hang_up, "broken answer"),
    "no HTTP": (saying(b"SSH-2.0-OpenSSH_9\r\n\r\n"), "broken answer"),
    "bad encoding": (saying(gzip_that_is_none()), "bad encoding"),
}


@pytest.mark.parametrize(("behaviour", "kind"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_whole_answer_is_an_error_of_its_kind_and_is_not_tried_again(
    target: Make, behaviour: Any, kind: str | tuple[str, ...]
) -> None:
    def and_close(connection: Any, request: bytes) -> None:
        behaviour(connection, request)
        connection.close()

    with listening(and_close) as server:
        asked = target(server.url, timeout=0.4 if kind == "timeout" else 5)
        exchange = asked.attempt(INFO)
        asked.close()

    assert exchange.response is None
    assert exchange.error is not None
    assert exchange.error[0] in ((kind,) if isinstance(kind, str) else kind)
    assert exchange.error[1]
    assert len(server.heard) == 1
    assert exchange.seconds < 10


def test_a_refused_connection(target: Make) -> None:
    with listening(saying(response())) as server:
        gone = server.url
    asked = target(gone)

    for _ in range(client.GONE_AFTER):
        assert not asked.gone
        with pytest.raises(WireError) as caught:
            asked.send(INFO)
        assert caught.value.kind == "refused"
    assert asked.gone


def test_an_answer_without_end_is_cut(target: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST_ANSWER", 1000)
    with listening(saying(response(b"x" * 5000))) as server:
        exchange = target(server.url).attempt(INFO)

    assert exchange.response is None
    assert exchange.error is not None


def test_silence_is_told_from_slow_requests_by_asking_for_something_small(target: Make) -> None:
    def answer(connection: Any, request: bytes) -> None:
        if b"/info" in request:
            connection.sendall(response())
        else:
            keep_silent(connection, request)

    with listening(answer) as server:
        asked = target(server.url)
        for _ in range(client.GONE_AFTER):
            asked.attempt(SEGMENT, timeout=0.1)
        asked.probe()
        assert server.lines()[-1] == "GET /info HTTP/1.1"
        assert not asked.gone
        asked.close()
    with listening(keep_silent) as server:
        asked = target(server.url, timeout=0.5)
        for _ in range(client.GONE_AFTER):
            asked.attempt(SEGMENT, timeout=0.1)
        assert not asked.gone
        asked.probe()
        assert asked.gone
        asked.close()


def test_the_budget_is_kept_by_any_number_of_threads(target: Make) -> None:
    with listening(saying(response())) as server:
        asked = target(server.url, max_requests=10)
        refused: list[str] = []

        def work() -> None:
            for _ in range(4):
                try:
                    asked.send(INFO)
                except UsageProblem as problem:
                    refused.append(str(problem))

        threads = [threading.Thread(target=work) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(server.heard) == 10
    assert len(refused) == 10
    assert "--max-requests" in refused[0]


def test_exchanges_are_numbered_recorded_and_named_as_evidence(target: Make, tmp_path: Path) -> None:
    with listening(saying(response(json.dumps({"echo": KEY}).encode()))) as server:
        asked = target(server.url, key=KEY)
        first = asked.send(INFO)
        writer = RecordWriter(tmp_path / "run", server.url, Redactor(KEY))
        writer.header(assay={"version": "0"}, target={"url": server.url}, configuration={}, seed=0, capabilities={})
        asked.record_to(writer)
        with asked.during("judging") as evidence:
            second = asked.send(SEGMENT)
            asked.refer(first)
            asked.refer(first)
        third = asked.send(DETECT)
        writer.close()
    run = read(tmp_path / "run")

    assert [exchange.id for exchange in evidence] == [second.id, first.id]
    assert [one.id for one in (first, second, third)] == ["x000001", "x000002", "x000003"] == list(run.exchanges)
    assert [event["purpose"] for event in run.exchanges.values()] == ["discovery", "judging", "discovery"]
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_target_shows_no_secret(target: Make) -> None:
    assert KEY not in repr(target("http://target.invalid", key=KEY))


@pytest.mark.parametrize("path", ["@127.0.0.1:{port}/x", ".evil.net/x", "0/x", ":1@127.0.0.1:{port}/x"])
def test_a_path_cannot_lead_to_another_server(target: Make, path: str) -> None:
    with listening(saying(response())) as evil:
        port = evil.url.rpartition(":")[2]
        with pytest.raises(UsageProblem, match=r"would go to .* and not to the target was not sent"):
            target("http://api.example").attempt(INFO.replace(path=path.format(port=port)))

    assert evil.heard == []
