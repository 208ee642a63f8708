"""Servers that a check may meet: the reference deployment with something changed, and such as are none of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.contract import load
from assay.reference import embedded
from assay.reference.app import create_app
from assay.serving import running

KEY = "key-of-these-tests"
HOSTED = ("/shapes/1", "/figures/1")
OPERATIONS = (
    *(f"/{model}" for model in embedded.MODELS.values() if "/" in model),
    *sorted({operation.path for operation in load().operations.values() if "{" not in operation.path}),
)
"""The path of every operation, with the models of the reference."""


@dataclass(frozen=True)
class Answer:
    """A whole answer, and the request that it is for."""

    scope: Scope
    sent: bytes
    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    @property
    def query(self) -> str:
        return str(self.scope["query_string"].decode())

    def saying(self, body: bytes, media: str = "application/json", status: int | None = None) -> Answer:
        headers = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
        return replace(self, body=body, headers=headers, status=status or self.status)

    def document(self, **changes: Any) -> Answer:
        """The JSON object of the answer with members changed; None takes one away."""
        document = {**json.loads(self.body), **changes}
        return self.saying(json.dumps({name: value for name, value in document.items() if value is not None}).encode())


Change = Callable[[Answer], Answer]


def reference(change: Change | None = None, key: str | None = KEY) -> ASGIApp:
    """The reference deployment, each of its answers changed before it leaves."""
    app = create_app(key=key)
    return changed(app, change) if change else app


def changed(app: ASGIApp, change: Change) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        given = change(await _whole_answer(app, scope, receive))
        await send({"type": "http.response.start", "status": given.status, "headers": given.headers})
        await send({"type": "http.response.body", "body": given.body})

    return answer


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    sent, status, headers, body = bytearray(), 500, [], bytearray()

    async def heard() -> Message:
        message = await receive()
        sent.extend(message.get("body", b""))
        return message

    async def collect(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message["headers"])
        body.extend(message.get("body", b""))

    await app(scope, heard, collect)
    return Answer(scope, bytes(sent), status, headers, bytes(body))


def calling_itself(name: str, version: str) -> Change:
    """The target says in /info that it is another."""

    def change(answer: Answer) -> Answer:
        return answer.document(name=name, version=version) if answer.path == "/info" else answer

    return change


def cut_in_half(app: ASGIApp, concerns: Callable[[Scope], bool]) -> ASGIApp:
    """The connection closes halfway through the answers concerned, whose Content-Length promises the whole."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not concerns(scope):
            await app(scope, receive, send)
            return
        whole = await _whole_answer(app, scope, receive)
        await send({"type": "http.response.start", "status": whole.status, "headers": whole.headers})
        await send({"type": "http.response.body", "body": whole.body[: len(whole.body) // 2], "more_body": True})

    return answer


def falling_silent(app: ASGIApp, after: int, concerns: Callable[[Scope], bool] = lambda scope: True) -> ASGIApp:
    """After so many requests, those concerned are never answered."""
    numbers = iter(range(1, 1_000_000))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and concerns(scope) and next(numbers) > after:
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await app(scope, receive, send)

    return answer


def everywhere(response: Response) -> Starlette:
    """The same answer to everything."""
    app = Starlette()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await response(scope, receive, send)

    app.router.default = answer
    return app


def hiding(app: ASGIApp, *paths: str) -> ASGIApp:
    """The same server, which knows nothing of these paths."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in paths:
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
        else:
            await app(scope, receive, send)

    return answer


def stranger(name: str = "") -> Starlette:
    """An API, but not this one; with a name `/info` tells it."""

    async def describe(request: Request) -> Response:
        return JSONResponse({"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/basket": {}}})

    async def tell(request: Request) -> Response:
        return JSONResponse({"name": name, "version": "1"})

    app = everywhere(JSONResponse({"detail": "Not Found"}, 404))
    app.add_route("/openapi.json", describe)
    if name:
        app.add_route("/info", tell)
    return app


def web_page(status: int = 200) -> Starlette:
    return everywhere(HTMLResponse("<!doctype html><title>Welcome</title><h1>Please log in</h1>", status))


@contextlib.contextmanager
def silent_socket() -> Iterator[str]:
    """Connections are accepted and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def mortal(app: ASGIApp, dies: Callable[[Scope, int], bool]) -> Iterator[str]:
    """A server that is gone for good once `dies` says so of a request and its number."""
    dead = threading.Event()
    numbers = iter(range(1, 1_000_000))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and dies(scope, next(numbers)):
            dead.set()
            await asyncio.sleep(60)
        await app(scope, receive, send)

    with contextlib.ExitStack() as stack:
        url = stack.enter_context(running(answer, grace=1))

        def bury() -> None:
            dead.wait()
            stack.close()

        end = threading.Thread(target=bury, daemon=True)
        end.start()
        try:
            yield url
        finally:
            dead.set()
            end.join(20)
