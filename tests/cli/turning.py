"""A deployment that turns in the middle of a load: `python -m tests.cli.turning PORT KEY NUMBER` serves one.

It says `ready`, serves once it is told a line, says `up`, and `asked` when the load has come to this many requests.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.reference.app import create_app
from assay.reference.embedded import MODELS
from assay.serving import running

PATH = f"/{MODELS['classification']}"


class Turning:
    """A deployment in front of which somebody counts the requests of the load, by the status that they got.

    `turn` is called with the number of each, and answers in the deployment's place where it returns something.
    """

    def __init__(self, app: ASGIApp, turn: Callable[[int], ASGIApp | None]) -> None:
        self._app, self._turn, self.number = app, turn, 0
        self.statuses: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or not _of_the_load(scope):
            await self._app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.statuses[message["status"]] += 1
            await send(message)

        self.number += 1
        await (self._turn(self.number) or self._app)(scope, receive, counted)


def _of_the_load(scope: Scope) -> bool:
    """Whether it is none of those that are asked alone, before the load and after it: these would be compressed."""
    return (b"accept-encoding", b"identity") in scope["headers"]


def main(port: int, key: str, number: int) -> None:
    """Serve until the input ends."""

    def tell(count: int) -> None:
        if count == number:
            print("asked", flush=True)

    target = Turning(create_app(key=key), tell)
    print("ready", flush=True)
    sys.stdin.readline()
    with running(target, port=port):
        print("up", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
