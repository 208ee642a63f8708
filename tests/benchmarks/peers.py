"""How others load a server, each in a process of its own: `python peers.py CLIENT URL BODY_BYTES IN_FLIGHT SECONDS`.

It prints what the client reports: how many were answered, and p50 and p99 in ms.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

import numpy as np

Ask = Callable[[], Awaitable[None]]


async def _load(ask: Ask, in_flight: int, seconds: float) -> list[float]:
    """So many at a time, for so long: what each took, s."""
    taken: list[float] = []
    end = time.perf_counter() + seconds

    async def client() -> None:
        while (began := time.perf_counter()) < end:
            await ask()
            taken.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(in_flight)))
    return taken


async def with_aiohttp(url: str, body: bytes, in_flight: int, seconds: float) -> list[float]:
    """A session with as many connections as there are requests in flight."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def ask() -> None:
            async with session.post(url, data=body) as answer:
                await answer.read()

        return await _load(ask, in_flight, seconds)


async def with_httpx(url: str, body: bytes, in_flight: int, seconds: float) -> list[float]:
    """A client with as many connections as there are requests in flight."""
    import httpx

    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:

        async def ask() -> None:
            await client.post(url, content=body)

        return await _load(ask, in_flight, seconds)


def main() -> None:
    """Load, and print what was found."""
    name, url, size, in_flight, seconds = sys.argv[1:]
    load = {"aiohttp": with_aiohttp, "httpx": with_httpx}[name]
    taken = asyncio.run(load(url, b"x" * int(size), int(in_flight), float(seconds)))
    p50, p99 = np.quantile(np.array(taken) * 1e3, (0.5, 0.99))
    print(json.dumps({"count": len(taken), "p50": float(p50), "p99": float(p99), "seconds": float(seconds)}))


if __name__ == "__main__":
    main()
