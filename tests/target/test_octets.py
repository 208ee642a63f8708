"""Bytes as they are: what goes out is what was given, and what comes back is read as any client would."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable

import pytest

from assay.contract.octets import Octets, Piece
from assay.errors import BudgetSpent, UsageProblem
from assay.target import Target
from assay.target.octets import LEFT

from .servers import hang_up, keep_silent, listening, response, saying

Make = Callable[..., Target]
HEADERS = (("hOsT", "{host}"), ("X-Two", "a"), ("X-Two", "b"), ("Content-Length", "4"))
SENT = Octets("hosted.object-detection", "POST", "/a/1?image=https:%2F%2Fx&%c3", HEADERS, (Piece(b"body"),), b"body")


def test_it_goes_out_byte_for_byte(target: Make) -> None:
    with listening(saying(response(b'{"a": 1}'))) as server:
        exchange = target(f"{server.url}/base/", headers=(("X-Own", "mine"),)).write(SENT)

    host = server.url.removeprefix("http://")
    lines = f"POST /base/a/1?image=https:%2F%2Fx&%c3 HTTP/1.1\r\nhOsT: {host}\r\nX-Two: a\r\nX-Two: b\r\n"
    assert server.heard == [f"{lines}Content-Length: 4\r\nX-Own: mine\r\n\r\nbody".encode()]
    assert exchange.response is not None
    assert exchange.response.json() == {"a": 1}
    assert exchange.request.url == SENT.target
    assert exchange.request.headers[0] == ("hOsT", host)


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (response(gzip.compress(b"[1]"), headers={"content-encoding": "gzip"}), b"[1]"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n", b"[1]"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + response(b"[1]"), b"[1]"),
        (response(b"", 204), b""),
    ],
    ids=["gzip", "chunked", "continue", "nothing"],
)
def test_an_answer_is_read_whole(target: Make, answer: bytes, body: bytes) -> None:
    with listening(saying(answer)) as server:
        exchange = target(server.url).write(SENT)

    assert exchange.error is None
    assert exchange.response is not None
    assert exchange.response.body == body


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"nonsense\r\n\r\n", "broken answer"),
        (response(b"[1", headers={"content-encoding": "gzip"}), "bad encoding"),
    ],
)
def test_what_comes_back_broken_is_told_by_kind(target: Make, answer: bytes, kind: str) -> None:
    with listening(saying(answer)) as server:
        exchange = target(server.url).write(SENT)

    assert exchange.error is not None
    assert exchange.error[0] == kind


def test_silence_ends_at_the_timeout(target: Make) -> None:
    with listening(keep_silent) as server:
        began = time.monotonic()
        exchange = target(server.url, timeout=0.3).write(SENT)

    assert exchange.error is not None
    assert exchange.error[0] == "timeout"
    assert time.monotonic() - began < 3


def test_a_closed_connection_and_a_closed_door_are_told_apart(target: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        free = door.getsockname()[1]
    with listening(hang_up) as server:
        hung = target(server.url).write(SENT)
    refused = target(f"http://127.0.0.1:{free}").write(SENT)

    assert [exchange.error and exchange.error[0] for exchange in (hung, refused)] == ["reset", "refused"]


def test_no_answer_is_waited_for_long_where_none_is_due(target: Make) -> None:
    half = Octets("a", "POST", "/a/1", HEADERS, (Piece(b"bo"),), b"body", due=False)
    with socket.create_server(("127.0.0.1", 0)) as door:
        began = time.monotonic()
        exchange = target(f"http://127.0.0.1:{door.getsockname()[1]}").write(half)
        assert time.monotonic() - began < 3

    assert exchange.error == LEFT


def test_pauses_lie_between_pieces_and_end_when_the_server_speaks(target: Make) -> None:
    slow = Octets("a", "GET", "/a/1", (("Host", "{host}"),), (Piece(b"", 20),))
    with listening(saying(response())) as server:
        began = time.monotonic()
        target(server.url, timeout=60).write(slow)
        assert time.monotonic() - began < 10


def test_the_users_bounds_hold_and_a_proxy_is_not_gone_round(target: Make) -> None:
    with listening(saying(response())) as server:
        bounded = target(server.url, max_requests=1)
        bounded.write(SENT)
        with pytest.raises(BudgetSpent):
            bounded.write(SENT)
        through = target(server.url, proxy=server.url)
        assert "--proxy" in through.no_octets
        with pytest.raises(UsageProblem, match="--proxy"):
            through.write(SENT)
