"""How others load a server, each in a process of its own: `python peers.py CLIENT URL BODY_BYTES IN_FLIGHT SECONDS`.

It prints what the client reports: how many were answered, and p50 and p99 in ms. What each of them does in its timed
part is its own: aiohttp and httpx send bodies that are there, and `api-speed` does as Roboflow's `inference benchmark
api-speed` does: threads, a session of requests each, and within the time a picture that is made smaller and encoded,
base64, JSON, and a question for the registry over a connection of its own.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

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


def as_api_speed(url: str, body: bytes, in_flight: int, seconds: float) -> list[float]:
    """Threads, each with a session; what is sent is encoded within the time that is taken."""
    import cv2
    import requests

    side = max(int((len(body) / 3) ** 0.5), 16)  # noise: its JPEG in base64 weighs about as much as the body
    picture = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    registry = url.partition("/delay")[0] + "/registry"
    taken: list[float] = []
    end = time.time() + seconds

    def client() -> None:
        session = requests.Session()
        session.trust_env = False
        while (began := time.time()) < end:
            requests.get(registry, timeout=60)
            smaller = cv2.resize(picture, (side, side))
            encoded = base64.b64encode(cv2.imencode(".jpg", smaller)[1].tobytes()).decode()
            session.post(url, json={"image": {"type": "base64", "value": encoded}}, timeout=60).json()
            taken.append(time.time() - began)

    threads = [threading.Thread(target=client) for _ in range(in_flight)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken


def main() -> None:
    """Load, and print what was found."""
    name, url, size, in_flight, seconds = sys.argv[1:]
    given: tuple[Any, ...] = (url, b"x" * int(size), int(in_flight), float(seconds))
    if name == "api-speed":
        taken = as_api_speed(*given)
    else:
        taken = asyncio.run({"aiohttp": with_aiohttp, "httpx": with_httpx}[name](*given))
    p50, p99 = np.quantile(np.array(taken) * 1e3, (0.5, 0.99))
    print(json.dumps({"count": len(taken), "p50": float(p50), "p99": float(p99), "seconds": float(seconds)}))


if __name__ == "__main__":
    main()
