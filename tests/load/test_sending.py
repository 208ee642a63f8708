"""One engine against servers that behave badly: each request is a row that says what became of it."""

from __future__ import annotations

import errno
import itertools
import os
import socket
import ssl
import tempfile
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from assay.load import connection as connections
from assay.load.columns import Failure
from assay.load.tls import context_for

from ..target.gateways import Authority, gateway
from ..target.servers import Behaviour, hang_up, keep_silent, listening, reset, response, saying, trickle
from .helpers import done, failures, job


def test_each_request_of_a_schedule_is_a_row_in_the_order_of_sending(tmp_path: Path) -> None:
    with listening(saying(response(b"{}" * 50))) as server:
        found = done(job(server.url), tmp_path, [0.0, 0.0, 0.01, 0.02])

    assert failures(found) == [Failure.NONE] * 4
    assert {(row["status"], row["size"], row["digest"]) for row in found} == {(200, 100, zlib.crc32(b"{}" * 50))}
    for row in found:
        assert row["intended"] <= row["sent"] < row["first"] <= row["last"] <= row["read"]
    assert all(request.endswith(b"12345") for request in server.heard)


def test_a_connection_is_kept_and_none_is_opened_without_need(tmp_path: Path) -> None:
    with listening(saying(response())) as server:
        found = done(job(server.url, clients=1, most=5), tmp_path)

    assert len(found) == 5
    assert server.connections == 1
    assert [row["connected"] > 0 for row in found] == [True, False, False, False, False]


def test_what_the_server_states_is_kept(tmp_path: Path) -> None:
    told = response(headers={"X-Processing-Time": "0.0125", "X-Model-Cold-Start": "true"})
    with listening(saying(told, response(headers={"x-processing-time": "soon"}))) as server:
        found = done(job(server.url, clients=1, most=2), tmp_path)

    assert [row["stated"] for row in found] == [12_500, -1]
    assert [row["cold"] for row in found] == [1, 0]


ENDS_WITH_THE_CONNECTION = b"HTTP/1.1 200 OK\r\n\r\nsome words"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nsome\r\n6\r\n words\r\n0\r\n\r\n"
ANNOUNCED = b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(b"some words")


def _and_close(answer: bytes) -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


@pytest.mark.parametrize(
    "behaviour",
    [_and_close(ENDS_WITH_THE_CONNECTION), saying(CHUNKED), saying(ANNOUNCED), _and_close(response(b"some words"))],
    ids=["ended by the connection", "chunked", "announced", "closed after each"],
)
def test_an_answer_is_whole_however_its_end_is_told(tmp_path: Path, behaviour: Behaviour) -> None:
    with listening(behaviour) as server:
        found = done(job(server.url), tmp_path, [0.0])

    assert failures(found) == [Failure.NONE]
    assert found[0]["digest"] == zlib.crc32(b"some words")


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (hang_up, Failure.RESET),
        (reset, Failure.SHORT_BODY),
        (_and_close(response(b"x" * 100)[:-50]), Failure.SHORT_BODY),
        (saying(b"what is this?\r\n\r\n"), Failure.NOT_HTTP),
        (saying(response(status=404)), Failure.CLIENT_ERROR),
        (saying(response(status=307, headers={"location": "/other"})), Failure.CLIENT_ERROR),
        (saying(response(status=429)), Failure.TOO_MANY),
        (saying(response(status=503)), Failure.SERVER_ERROR),
    ],
)
def test_what_goes_wrong_is_told_by_its_kind(tmp_path: Path, behaviour: Behaviour, failure: Failure) -> None:
    with listening(behaviour) as server:
        found = done(job(server.url), tmp_path, [0.0])

    assert failures(found) == [failure]


@pytest.mark.parametrize("behaviour", [keep_silent, trickle])
def test_a_request_gets_so_much_time_and_no_more(tmp_path: Path, behaviour: Behaviour) -> None:
    with listening(behaviour) as server:
        found = done(job(server.url, timeout=0.3), tmp_path, [0.0])

    assert failures(found) == [Failure.TIMEOUT]


def test_nobody_who_listens_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}"

    found = done(job(url, warm_connections=2), tmp_path, [0.0, 0.0])

    assert failures(found) == [Failure.REFUSED] * 2
    assert [row["sent"] for row in found] == [0, 0]


def test_a_kept_connection_that_the_server_closed_is_not_the_same_as_one_that_it_broke(tmp_path: Path) -> None:
    answered = threading.Event()

    def behave(connection: socket.socket, _: bytes) -> None:
        if not answered.is_set():
            answered.set()
            connection.sendall(response())
        else:
            connection.close()

    with listening(behave) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "SOON", 10**10)
        found = done(job(server.url, connections=1), tmp_path, [0.0, 0.0])

    assert failures(found) == [Failure.NONE, Failure.CLOSED_IDLE], "and it is not sent again"


def test_a_server_that_closes_each_connection_is_connected_to_each_time(tmp_path: Path) -> None:
    with listening(saying(response(headers={"connection": "close"}))) as server:
        found = done(job(server.url, clients=1, most=3), tmp_path)

    assert failures(found) == [Failure.NONE] * 3
    assert server.connections == 3
    for row in found:
        assert row["sent"] - row["intended"] >= row["connected"] * 1000 > 0, "connecting is part of what a client waits"


def test_what_waits_for_a_connection_counts_from_when_it_was_due(tmp_path: Path) -> None:
    with listening(saying(response())) as server:
        found = done(job(server.url, connections=1), tmp_path, [0.0, 0.0, 0.0])

    assert failures(found) == [Failure.NONE] * 3
    assert len({row["intended"] for row in found}) == 1
    assert server.connections == 1
    for before, after in itertools.pairwise(found):
        assert after["sent"] > before["last"]


def test_what_was_due_and_never_sent_is_counted(tmp_path: Path) -> None:
    with listening(keep_silent) as server:
        found = done(job(server.url, connections=1), tmp_path, [0.0, 0.0, 0.0], abort_after=0.2)

    assert failures(found) == [Failure.UNFINISHED] * 3
    assert sorted(row["sent"] > 0 for row in found) == [False, False, True]


def test_a_drain_is_bounded(tmp_path: Path) -> None:
    with listening(keep_silent) as server:
        found = done(job(server.url, connections=1, drain=0.1), tmp_path, [0.0, 0.0])

    assert failures(found) == [Failure.UNFINISHED] * 2


def test_a_server_that_refuses_before_it_has_read_all_is_understood(tmp_path: Path) -> None:
    body = b"x" * 20_000_000
    with socket.create_server(("127.0.0.1", 0)) as door:

        def refuse() -> None:
            for _ in range(2):
                connection, _ = door.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(response(status=413))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(1 << 20):
                        pass

        thread = threading.Thread(target=refuse)
        thread.start()
        asked = job(f"http://127.0.0.1:{door.getsockname()[1]}", body, clients=1, most=2)
        found = done(asked, tmp_path, body=body)
        thread.join(10)

    assert failures(found) == [Failure.CLIENT_ERROR] * 2
    assert {row["status"] for row in found} == {413}


LARGE = b"".join(b"%07d," % number for number in range(500_000))


def _reading_slowly(listener: socket.socket, heard: list[bytes], requests: int) -> None:
    connection, _ = listener.accept()
    with connection:
        for _ in range(requests):
            content = bytearray()
            while not content.endswith(LARGE[-8:]):
                content += connection.recv(1 << 18)
            heard.append(bytes(content))
            connection.sendall(response())


@pytest.mark.parametrize("takes", [True, False], ids=["taken from the file", "not taken from the file"])
@pytest.mark.parametrize("led", [True, False], ids=["after its head", "alone"])
def test_a_large_body_arrives_whole_wherever_it_is_taken_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes: bool, led: bool
) -> None:
    if not takes:
        monkeypatch.setattr(os, "sendfile", lambda *_: (_ for _ in ()).throw(OSError(errno.EINVAL, "not this file")))
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door, tempfile.TemporaryFile() as file:
        thread = threading.Thread(target=_reading_slowly, args=(door, heard, 2))
        thread.start()
        asked = job(f"http://127.0.0.1:{door.getsockname()[1]}", LARGE, clients=1, most=2)
        head = asked.requests[0].head.encode()
        before = b"another" + (head if led else b"")
        file.write(before + LARGE)
        file.flush()
        one = replace(asked.requests[0], start=len(before))
        found = done(replace(asked, requests=(one,), bodies=file.fileno()), tmp_path, body=before + LARGE)
        thread.join(10)

    assert failures(found) == [Failure.NONE] * 2
    assert heard == [head + LARGE] * 2


def test_a_client_sends_again_when_it_has_read_the_answer(tmp_path: Path) -> None:
    with listening(saying(response())) as server:
        found = done(job(server.url, clients=1, most=20), tmp_path)

    assert len(found) == 20
    for before, after in itertools.pairwise(found):
        assert before["read"] < after["intended"] == after["sent"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return Authority(folder)


def test_tls_is_spoken_and_connections_are_kept(tmp_path: Path, authority: Authority) -> None:
    body = b"x" * 3_000_000
    with listening(saying(response(b"y" * 300_000))) as server, gateway(server.url, authority.context()) as url:
        asked = job(url, body, clients=1, most=3, tls=True, ca_bundle=str(authority.bundle))
        found = done(asked, tmp_path, body=body, tls=context_for(asked))

    assert failures(found) == [Failure.NONE] * 3
    assert {row["size"] for row in found} == {300_000}
    assert server.connections == 1
    assert all(request.endswith(body) for request in server.heard)


def test_a_certificate_of_nobody_is_refused(tmp_path: Path, authority: Authority) -> None:
    with listening(saying(response())) as server, gateway(server.url, authority.context()) as url:
        found = done(job(url), tmp_path, [0.0], tls=ssl.create_default_context())

    assert failures(found) == [Failure.TLS]


@pytest.mark.parametrize("behaviour", [saying(response(status=400)), hang_up], ids=["speaks HTTP", "hangs up"])
def test_a_server_that_speaks_no_tls_is_told(tmp_path: Path, behaviour: Behaviour) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            connection, _ = door.accept()
            with connection:
                connection.recv(1000)
                behaviour(connection, b"")

        thread = threading.Thread(target=answer)
        thread.start()
        asked = job(f"http://127.0.0.1:{door.getsockname()[1]}")
        found = done(asked, tmp_path, [0.0], tls=ssl.create_default_context())
        thread.join(10)

    assert failures(found) == [Failure.TLS]
