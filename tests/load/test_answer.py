"""Answers as they are read: at one look where they are plain, by the parser everywhere else, and always to the same."""

from __future__ import annotations

import gc
import socket
import weakref
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.load.address import Address
from assay.load.answer import Answer, read_plain
from assay.load.clock import SECOND, Realtime, now
from assay.load.columns import Failure
from assay.load.connection import Connection
from assay.load.exchange import Exchange, Outgoing
from assay.load.reactor import Reactor

from ..target.servers import response

REQUEST = Outgoing([memoryview(b"GET / HTTP/1.1\r\n\r\n")])
WAIT = 20


class Spoken:
    """A connection to this test, which answers."""

    def __init__(self) -> None:
        self.reactor = Reactor()
        self._door = socket.create_server(("127.0.0.1", 0))
        address = Address(socket.AF_INET, self._door.getsockname(), "here")
        self.connection = Connection(self.reactor, address, Realtime(), None, self._ended)
        self.connection.open()
        self._server, _ = self._door.accept()
        self._run(lambda: self.connection.opening)
        self.ended: list[dict[str, Any]] = []

    def answered(self, pieces: Sequence[bytes]) -> dict[str, Any]:
        """What becomes of a request that is answered in these pieces, after which the server closes."""
        self.connection.send(Exchange(0, 0), REQUEST)
        assert self._server.recv(100) == bytes(REQUEST.parts[0])
        for piece in pieces:
            self._server.sendall(piece)
            if not self.ended:
                rounds = iter((True, False))
                self._run(lambda rounds=rounds: next(rounds))
        self._server.shutdown(socket.SHUT_WR)
        self._run(lambda: not self.ended)
        return self.ended[0]

    def _ended(self, connection: Connection, one: Exchange) -> None:
        names = ("status", "failure", "stated", "cold", "size", "digest")
        self.ended.append({**{name: getattr(one, name) for name in names}, "usable": connection.usable})

    def _run(self, going: Any) -> None:
        give_up = now() + WAIT * SECOND
        self.reactor.at(give_up, lambda: None)
        self.reactor.run(lambda: now() < give_up and going())
        assert now() < give_up

    def close(self) -> None:
        self.connection.close()
        self._server.close()
        self._door.close()
        self.reactor.close()


@contextmanager
def spoken() -> Iterator[Spoken]:
    one = Spoken()
    try:
        yield one
    finally:
        one.close()


def answered(*pieces: bytes) -> dict[str, Any]:
    with spoken() as one:
        return one.answered(pieces)


LINES = st.sampled_from(
    [
        b"Content-Type: application/json", b"content-length: 5", b"Content-Length:5", b"Content-Length: 5 ",
        b"Content-Length: +5", b"Content-Length: 7", b"Content-Length: ", b"CONTENT-LENGTH: 05",
        b"Content-Length: 5, 5",
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Connection: close", b"Connection: keep-alive",
        b"connection: Keep-Alive", b"Connection: keep-alive, close", b"Connection: upgrade", b"Upgrade: h2c",
        b"X-Processing-Time: 0.0125", b"x-processing-time:\t1e-3 ", b"X-Processing-Time: soon",
        b"X-Processing-Time: nan",
        b"X-Processing-Time: 1_0", b"X-Processing-Time:", b"X-Model-Cold-Start: True", b"x-model-cold-start: false ",
        b"X-Nothing:", b"X-Name: caf\xc3\xa9", b"X Y: z", b": z", b"no colon", b" folded", b"X-Zero: \x00",
        b"Date: now\rX: y",
        b"X-Content-Length: 9", b"Server: content-length: 9",
    ]
)  # fmt: skip
STATUS = st.sampled_from([
    b"200 OK", b"200 ", b"200", b"201 Fine \t so", b"204 No", b"304 Not", b"404 Caf\xe9", b"429 Slow", b"500 ",
    b"999 x", b"099 x", b"101 Switch", b"103 Early", b"20 x", b"2000 x",
])  # fmt: skip
VERSION = st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"http/1.1", b"HTTP/2.0", b"ICY"])
END = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n"])
BODY = st.sampled_from([b"12345", b"1234", b"123456", b"", b"\r\n\r\n5", b"5\r\n12345\r\n0\r\n\r\n"])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Answers of all shapes, many of them wrong in some way."""
    lines = draw(st.lists(LINES, max_size=4))
    if draw(st.booleans()):
        lines.insert(draw(st.integers(0, len(lines))), b"Content-Length: 5")
    end = draw(END)
    return end.join([b" ".join([draw(VERSION), draw(STATUS)]), *lines, b"", draw(BODY)])


@given(answers())
def test_one_look_at_an_answer_comes_to_the_same_as_the_parser(answer: bytes) -> None:
    looked_at = answered(answer)

    with patch("assay.load.connection.read_plain", lambda data, count, exchange: False):
        assert answered(answer) == looked_at
    assert looked_at["status"] >= 200 or looked_at["failure"], "what is no answer is not taken for one"


ANNOUNCED = b"HTTP/1.1 103 Early\r\nContent-Length: 0\r\nX-Processing-Time: 9\r\nX-Model-Cold-Start: true\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
WHOLE = response(b"12345")


@pytest.mark.parametrize(
    ("pieces", "failure", "status", "size"),
    [
        ([CONTINUE], Failure.RESET, 0, 0),
        ([CONTINUE + b"HTTP/1.1 200 OK\r\nContent-Le"], Failure.SHORT_BODY, 0, 0),
        ([CONTINUE, b"HTTP/1.1 200 OK\r\nContent-Le"], Failure.SHORT_BODY, 0, 0),
        ([ANNOUNCED + b"HTTP/1.1 200 OK\r\n\r\nbody"], Failure.NONE, 200, 4),
        ([ANNOUNCED, WHOLE], Failure.NONE, 200, 5),
        ([SWITCHING], Failure.NOT_HTTP, 0, 0),
        ([SWITCHING + b"\x00\x00\x04"], Failure.NOT_HTTP, 0, 0),
        ([b"HTTP/1.1 099 Low\r\n\r\nbody"], Failure.NOT_HTTP, 99, 0),
        ([WHOLE + WHOLE], Failure.NOT_HTTP, 200, 5),
        ([WHOLE + response(b"bad", status=500)], Failure.NOT_HTTP, 200, 5),
        ([WHOLE + CONTINUE], Failure.NOT_HTTP, 200, 5),
        ([WHOLE[:20], WHOLE[20:] + b"HTTP"], Failure.NOT_HTTP, 200, 5),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345"], Failure.SHORT_BODY, 200, 5),
    ],
)  # fmt: skip
def test_what_an_answer_comes_to(pieces: list[bytes], failure: Failure, status: int, size: int) -> None:
    found = answered(*pieces)

    assert (found["failure"], found["status"], found["size"]) == (failure, status, size)
    assert (found["stated"], found["cold"]) == (-1, 0), "what was said of an announcement is not of the answer"


@pytest.mark.parametrize("size", [100, 5000])
def test_an_answer_is_kept_whole_up_to_a_bound_however_small_its_pieces_are(size: int) -> None:
    one = Exchange(0, 0)
    one.keep_answer()
    answer = Answer(one)
    chunks = b"".join(b"1\r\n%c\r\n" % (number % 256) for number in range(size))

    with patch("assay.load.answer.MOST_KEPT", 1000):
        assert answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        assert answer.over
        answer.end()

    body = bytes(number % 256 for number in range(size))
    assert (one.size, one.digest) == (size, zlib.crc32(body))
    assert one.pieces is None if size > 1000 else b"".join(one.pieces or []) == body


PLAIN = st.sampled_from([
    b"Server: content-length: 9", b"X-Nothing:", b"connection: Keep-Alive", b"X-Processing-Time: 0.0125",
    b"x-processing-time:\t1e-3 ", b"X-Processing-Time: nan", b"X-Model-Cold-Start: True", b"x-model-cold-start: false ",
])  # fmt: skip


@given(st.sampled_from([b"200 OK", b"404 ", b"503 Busy"]), st.lists(PLAIN), st.binary(max_size=40), st.data())
def test_a_plain_answer_is_the_same_wherever_it_is_cut(
    status: bytes, lines: list[bytes], body: bytes, data: st.DataObject
) -> None:
    lines.insert(data.draw(st.integers(0, len(lines))), b"Content-Length: %d" % len(body))
    answer = b"\r\n".join([b"HTTP/1.1 " + status, *lines, b"", body])
    assert read_plain(bytearray(answer), len(answer), Exchange(0, 0))

    cut = data.draw(st.integers(1, len(answer) - 1))

    assert answered(answer[:cut], answer[cut:]) == answered(answer)


USUAL = response(b"12345", headers={"Date": "Fri, 01 Jan 2027 00:00:00 GMT", "X-Processing-Time": "0.5",
                                    "Connection": "keep-alive", "X-Model-Cold-Start": "true"})  # fmt: skip


def test_what_servers_usually_answer_is_plain() -> None:
    assert read_plain(bytearray(USUAL + b"of an earlier one"), len(USUAL), Exchange(0, 0))
    assert answered(USUAL) == {
        "status": 200, "failure": Failure.NONE, "stated": 500_000, "cold": 1, "size": 5,
        "digest": zlib.crc32(b"12345"), "usable": True,
    }  # fmt: skip


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"


@pytest.mark.parametrize("answer", [CHUNKED, CHUNKED[:-5], b"nothing\r\n"], ids=["whole", "short", "not HTTP"])
def test_nothing_of_an_answer_waits_for_the_garbage_collector(answer: bytes) -> None:
    """Which does not run during a load."""
    made: list[weakref.ref[Answer]] = []

    def making(exchange: Exchange) -> Answer:
        one = Answer(exchange)
        made.append(weakref.ref(one))
        return one

    gc.disable()
    try:
        with patch("assay.load.connection.Answer", making), spoken() as one:
            one.answered([answer])
            one.connection.send(Exchange(0, 0), REQUEST)
        assert [each() for each in made] == [None]
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "answer",
    [
        USUAL[:-1], USUAL + b"6", response(b"12345", headers={"transfer-encoding": "identity"}),
        response(b"12345", headers={"connection": "close"}), response(b"12345", headers={"Content-Length": "5"}),
        response(b"", status=204), response(b"", status=103), USUAL.replace(b"1.1", b"1.0"),
        b"HTTP/1.1 200 OK\r\n\r\n12345",
    ],
    ids=["short", "long", "encoded", "closing", "twice as long", "bodiless", "announced", "older", "without a length"],
)  # fmt: skip
def test_what_is_not_surely_plain_is_left_to_the_parser(answer: bytes) -> None:
    assert not read_plain(bytearray(answer), len(answer), Exchange(0, 0))
