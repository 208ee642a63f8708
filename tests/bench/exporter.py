"""A DCGM exporter that says what it is told to: recorded readings of one L4, whose counter of energy goes on."""

from __future__ import annotations

import time

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

LABELS = '{gpu="0",UUID="GPU-0009",modelName="NVIDIA L4",DCGM_FI_DRIVER_VERSION="570.1"}'
WATTS = 60.0
SOUND = {
    "GPU_UTIL": 91, "FB_USED": 3000, "FB_FREE": 19000, "FB_RESERVED": 500, "POWER_USAGE": WATTS, "SM_CLOCK": 1635,
    "GPU_TEMP": 71, "CLOCK_THROTTLE_REASONS": 0, "POWER_MGMT_LIMIT": 72,
}  # fmt: skip


class Exporter:
    """Answers each request with metrics, or with 503 while it is `silent`; `values` are those of its fields."""

    def __init__(self, **values: float) -> None:
        self.values, self.silent, self.asked = {**SOUND, **values}, False, 0
        self._began = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        spent = {"TOTAL_ENERGY_CONSUMPTION": (time.monotonic() - self._began) * WATTS * 1000}
        lines = [f"DCGM_FI_DEV_{name}{LABELS} {value}" for name, value in {**self.values, **spent}.items()]
        answer = PlainTextResponse("\n".join([*lines, ""]), 503 if self.silent else 200)
        await answer(scope, receive, send)
