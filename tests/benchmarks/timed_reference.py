"""The reference deployment, which says in `X-Processing-Time` (s) what each answer took it: run as a script."""

from __future__ import annotations

import sys
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.reference.app import create_app
from assay.reference.embedded import KEY
from assay.serving import running


class Timed:
    """From the first byte of the request that is handed over to the first of the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()

        async def stated(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = f"{time.perf_counter() - began:.6f}".encode()
                message["headers"] = [*message["headers"], (b"x-processing-time", took)]
            await send(message)

        await self._app(scope, receive, stated)


if __name__ == "__main__":
    with running(Timed(create_app(key=KEY, warm=False))) as url:
        print(url, flush=True)
        sys.stdin.read()
