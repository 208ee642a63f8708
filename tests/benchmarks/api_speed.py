"""Roboflow's own `inference benchmark api-speed`, as the rig has it, against the timed server.

What it times is its own affair: a question for the registry over a connection of its own, a picture that is encoded as
JPEG and base64, and the request, each in turn in as many threads as there are to be requests in flight. It rounds what
it reports to a tenth of a millisecond. Its own warm-up is left out: the server would count it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from tests.upstream.environment import installed
from tests.upstream.places import Home

from .timed import Missing, Reported, Server, pinned

MODEL: Final = "timed/1"
"""That of the server's registry."""
MOST: Final = 100
"""Requests a second that are asked of it on average, so that a cell ends: it reaches that with small pictures alone."""
OVERHEAD: Final = 0.01
"""s. What a request takes it beside the server, roughly."""
PERCENTILES: Final = ("p50_inference_latency_ms", "p99_inference_latency_ms")
FEWEST: Final = 5
"""Requests of each thread."""


def command() -> Path:
    """Where it is. Raises Missing where the rig is not built."""
    environment = installed(Home.chosen())
    if environment is None:
        raise Missing("inference is not installed: python -m tests.upstream build")
    return environment.python.with_name("inference")


def measured(server: Server, ms: float, size: int, in_flight: int, seconds: float) -> Reported:
    """What it reports of a server that takes `ms`, by pictures that weigh about `size` bytes in base64."""
    tool, each = command(), max(int(_requests(ms, in_flight, seconds) / in_flight), FEWEST)
    server.ask(f"/reset?ms={ms}")
    with tempfile.TemporaryDirectory() as folder:
        pictures, results = Path(folder) / "pictures", Path(folder) / "results.json"
        pictures.mkdir()
        (pictures / "noise.png").write_bytes(picture(size))
        options = {
            "-m": MODEL,
            "-d": pictures,
            "-h": server.url,
            "-c": in_flight,
            "-br": each,
            "-wr": 0,
            "-a": "key",
        }
        words = [str(word) for pair in options.items() for word in pair]
        pinned([tool, "benchmark", "api-speed", *words, "-o", results, "--yes"])
        found = json.loads(results.read_text("utf-8"))["benchmark_results"]
    if found["error_rate"]:
        raise Missing(f"{found['error_rate']:g} % of its requests failed: {found['error_status_codes']}")
    count, p50, p99 = (found[name] for name in ("inferences_made", *PERCENTILES))
    return Reported(count, p50, p99, count / found["requests_per_second"])


def _requests(ms: float, in_flight: int, seconds: float) -> float:
    """How many take about so long."""
    return min(seconds / (ms / 1000 + OVERHEAD) * in_flight, seconds * MOST)


def picture(size: int) -> bytes:
    """Noise, as PNG, whose JPEG in base64 weighs about as much."""
    noise = np.random.default_rng(1).integers(0, 255, (256, 256, 3), np.uint8)
    weight = len(cv2.imencode(".jpg", noise)[1]) * 4 / 3 / noise.shape[0] ** 2
    side = round((size / weight) ** 0.5)
    picture = np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8)
    return cv2.imencode(".png", picture)[1].tobytes()
