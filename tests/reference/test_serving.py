"""Any ASGI application on a socket, for the length of a block."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from assay.serving import running


def saying(text: str) -> Starlette:
    async def say(request: Request) -> Response:
        return PlainTextResponse(text)

    async def linger(request: Request) -> Response:
        await asyncio.sleep(30)
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/", say), Route("/linger", linger)])


def get(url: str, timeout: float = 5) -> str:
    return httpx.get(url, trust_env=False, timeout=timeout).text


def test_it_answers_inside_the_block_and_not_after() -> None:
    before = set(threading.enumerate())
    with running(saying("hello")) as url:
        assert url.startswith("http://127.0.0.1:")
        assert not url.endswith("/")
        assert get(url) == "hello"
    with pytest.raises(httpx.ConnectError):
        get(url)
    assert set(threading.enumerate()) <= before


def test_servers_stand_side_by_side() -> None:
    with running(saying("a")) as first, running(saying("b")) as second:
        assert (get(first), get(second)) == ("a", "b")
    with running(saying("c")) as third:
        assert get(third) == "c"


def test_a_given_port_is_taken_and_comes_free_again() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        with running(saying("there"), port=port) as url:
            assert url == f"http://127.0.0.1:{port}"
            assert get(url) == "there"
            with pytest.raises(OSError, match="in use"), running(saying("twice"), port=port):
                pass


def test_an_error_in_the_block_stops_the_server() -> None:
    with pytest.raises(ZeroDivisionError), running(saying("x")) as url:
        raise ZeroDivisionError
    with pytest.raises(httpx.ConnectError):
        get(url)


def test_a_request_that_never_ends_does_not_keep_it() -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        with running(saying("x"), grace=1) as url:
            waiting = pool.submit(get, f"{url}/linger", 60)
            time.sleep(0.2)
        assert isinstance(waiting.exception(), httpx.HTTPError) or waiting.result() != "x"
    assert time.monotonic() - started < 10


def test_an_application_that_cannot_start_is_reported() -> None:
    @contextlib.asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        raise LookupError
        yield

    with pytest.raises(RuntimeError, match="starting"), running(Starlette(lifespan=broken)):
        pass


def test_answers_leave_without_delay() -> None:
    with running(saying("x" * 3000)) as url, httpx.Client(trust_env=False) as client:
        seconds = []
        for _ in range(15):
            started = time.perf_counter()
            client.post(url, content=b"y" * 3000)
            seconds.append(time.perf_counter() - started)
        assert sorted(seconds)[7] < 0.03  # Nagle's algorithm would make it 40 ms
