"""Runs an ASGI application as a real HTTP server, for as long as a `with` block lasts."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import uvicorn

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Application = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@contextlib.contextmanager
def running(
    app: Application, host: str = "127.0.0.1", port: int = 0, *, start_timeout: float = 20, grace: float = 2
) -> Iterator[str]:
    """Serve `app` from a thread of its own and yield its base URL, "http://127.0.0.1:45123", no final slash.

    Port 0 takes a free one. The URL is yielded once requests are answered; leaving the block stops the
    server: requests in flight get `grace` seconds to end. Servers may run side by side, and inside one
    another. Raises OSError where the address cannot be bound, RuntimeError where the server does not start
    within `start_timeout` seconds.
    """
    import uvicorn  # only here: most processes of a run serve nothing

    listener = _listen(host, port)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,  # the application's own answer, and behind a proxy the upstream's, is all there is
            date_header=False,
            loop="asyncio",
            ws="none",
            timeout_graceful_shutdown=round(grace),
        )
    )
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            server.run(sockets=[listener])
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=serve, name=f"serving {host}", daemon=True)
    thread.start()
    try:
        _wait(server, thread, failures, start_timeout)
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(grace + 5)
        if thread.is_alive():  # a request that never ends: drop it
            server.force_exit = True
            thread.join(5)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; left on, an answer costs 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _wait(server: uvicorn.Server, thread: threading.Thread, failures: list[BaseException], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server stopped while it was starting") from next(iter(failures), None)
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start in {timeout} seconds")
        time.sleep(0.005)
