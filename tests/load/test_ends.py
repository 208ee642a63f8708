"""How connections end: announced or not, soon or late, by TCP or by TLS; and what there is none for."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.load import connection as connections
from assay.load.columns import Failure
from assay.load.reactor import AnyWaiting
from assay.load.tls import context_for

from ..target.gateways import Authority
from ..target.servers import keep_silent, listening, response, saying
from .helpers import done, failures, job

ENDED_BY_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nall of it"


def _answer_and_close_at_once(connection: socket.socket, _: bytes) -> None:
    """The end travels in the same segment as the answer."""
    if hasattr(socket, "TCP_CORK"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    connection.sendall(response())
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="only Linux tells of an end along with what is before it")
def test_a_connection_that_ends_right_behind_an_answer_is_not_used_again(tmp_path: Path) -> None:
    with listening(_answer_and_close_at_once) as server:
        found = done(job(server.url, clients=1, most=20), tmp_path)

    assert failures(found) == [Failure.NONE] * 20
    assert server.connections == 20


def test_who_closes_behind_each_answer_and_does_not_say_so_is_sent_one_request_on_each(tmp_path: Path) -> None:
    answered: set[int] = set()

    def behave(connection: socket.socket, _: bytes) -> None:
        if connection.fileno() in answered:
            connection.close()  # as if it had closed just before the second request came
        else:
            answered.add(connection.fileno())
            connection.sendall(response())

    with listening(behave) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "SOON", 10**10)
        found = done(job(server.url, clients=1, most=4), tmp_path)

    assert failures(found)[:2] == [Failure.NONE, Failure.CLOSED_IDLE]
    assert failures(found)[2:].count(Failure.CLOSED_IDLE) == 0


def test_an_end_that_comes_between_two_requests_is_seen_before_the_second_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.load.reactor.KernelWaiting", AnyWaiting)  # which tells of no end: so it always looks
    with listening(_answer_and_close_at_once) as server:
        found = done(job(server.url, clients=1, most=5), tmp_path)

    assert failures(found) == [Failure.NONE] * 5


@pytest.mark.parametrize("abrupt", [True, False], ids=["by a reset", "by an end"])
def test_a_server_that_is_killed_within_a_request_did_not_close_an_idle_connection(
    tmp_path: Path, abrupt: bool
) -> None:
    served: list[bytes] = []

    def behave(connection: socket.socket, request: bytes) -> None:
        served.append(request)
        if len(served) == 1:
            connection.sendall(response())
            return
        time.sleep(0.1)
        if abrupt:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with listening(behave) as server:
        found = done(job(server.url, clients=1, most=2), tmp_path)

    assert failures(found) == [Failure.NONE, Failure.RESET]


def test_a_server_that_ends_before_it_was_sent_all_had_closed(tmp_path: Path) -> None:
    body = b"x" * 30_000_000
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            connection, _ = door.accept()
            with connection:
                left = len(body)
                while left > 0:
                    left -= len(connection.recv(1 << 20))
                connection.sendall(response())
                connection.recv(1)
                time.sleep(0.1)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 20):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        asked = job(f"http://127.0.0.1:{door.getsockname()[1]}", body, clients=1, most=2)
        found = done(asked, tmp_path, body=body)
        thread.join(10)

    assert failures(found) == [Failure.NONE, Failure.CLOSED_IDLE]


def test_an_answer_that_fails_after_its_head_says_its_status(tmp_path: Path) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(response(b"x" * 100, status=500)[:-50])
        connection.shutdown(socket.SHUT_WR)

    with listening(behave) as server:
        found = done(job(server.url), tmp_path, [0.0])

    assert [(row["status"], row["failure"]) for row in found] == [(500, Failure.SHORT_BODY)]


def test_what_only_announces_an_answer_is_not_its_first_byte(tmp_path: Path) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.1)
        connection.sendall(response())

    with listening(behave) as server:
        (found,) = done(job(server.url), tmp_path, [0.0])

    assert found["first"] - found["sent"] > 90_000_000


def test_headers_without_an_end_are_not_http(tmp_path: Path) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-A: " + b"a" * 60_000 + b"\r\n")

    with listening(behave) as server:
        found = done(job(server.url), tmp_path, [0.0])

    assert failures(found) == [Failure.NOT_HTTP]


class Lacking(socket.socket):
    """A socket that the system cannot connect."""

    def connect(self, address: Any) -> None:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")


def _no_socket(*_: Any) -> socket.socket:
    raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize("made", [Lacking, _no_socket], ids=["no ports", "no descriptors"])
@pytest.mark.parametrize("clients", [0, 1], ids=["by a schedule", "by a client"])
def test_a_lack_of_our_own_is_not_the_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Any, clients: int
) -> None:
    asked = job("http://127.0.0.1:9", clients=clients, most=3, warm_connections=2)
    monkeypatch.setattr(socket, "socket", made)

    found = done(asked, tmp_path, [0.0] * 3)

    assert failures(found) == [Failure.CLIENT_EXHAUSTED] * 3


def test_all_that_takes_too_long_is_ended_also_when_others_still_wait(tmp_path: Path) -> None:
    with listening(keep_silent) as server:
        found = done(job(server.url, connections=2, timeout=0.3, drain=8.0), tmp_path, [0.0] * 6)

    assert failures(found) == [Failure.TIMEOUT] * 6


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.contextmanager
def speaking_tls(context: ssl.SSLContext, talk: Talk) -> Iterator[str]:
    """A server of asyncio, which says that it closes and waits for the same word before it does."""
    loop = asyncio.new_event_loop()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    starting = asyncio.start_server(attend, "127.0.0.1", 0, ssl=context, ssl_shutdown_timeout=20)
    server = loop.run_until_complete(starting)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _until_idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers, and closes 0.1 s after the last answer."""
    with contextlib.suppress(asyncio.TimeoutError):
        while True:
            await asyncio.wait_for(reader.readuntil(b"12345"), 0.1)
            writer.write(response())
            await writer.drain()


async def _by_its_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"12345")
    writer.write(ENDED_BY_CLOSE)
    await writer.drain()


async def _cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ends the connection below TLS."""
    await reader.readuntil(b"12345")
    writer.write(ENDED_BY_CLOSE)
    await writer.drain()
    with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as below:
        below.shutdown(socket.SHUT_WR)
    await reader.read()
    writer.transport.abort()


@pytest.mark.parametrize(
    ("talk", "times", "expected"),
    [
        (_until_idle, [0.0, 1.5, 3.0], [Failure.NONE] * 3),
        (_by_its_end, [0.0], [Failure.NONE]),
        (_cut, [0.0], [Failure.SHORT_BODY]),
    ],
    ids=["kept and then idle", "the end of the answer", "without a word"],
)
def test_an_end_that_tls_tells_is_one(tmp_path: Path, talk: Talk, times: list[float], expected: list[Failure]) -> None:
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = Authority(folder)
    with speaking_tls(authority.context(), talk) as url:
        asked = job(url, tls=True, ca_bundle=str(authority.bundle), timeout=10.0, connections=4)
        found = done(asked, tmp_path, times, tls=context_for(asked))

    assert failures(found) == expected
    assert all(row["connected"] for row in found), "none was sent over a connection that had ended"


def test_what_comes_unasked_closes_the_connection(tmp_path: Path) -> None:
    with listening(saying(response() + response())) as server:
        found = done(job(server.url, clients=1, most=3), tmp_path)

    assert failures(found) == [Failure.NOT_HTTP] * 3
    assert server.connections == 3
