"""A DCGM exporter that says what it is told to: recorded readings of an L4, whose counter of energy goes on."""

from __future__ import annotations

import time

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

LABELS = '{{gpu="{number}",UUID="GPU-000{uuid}",modelName="NVIDIA L4",DCGM_FI_DRIVER_VERSION="570.1"}}'
WATTS = 60.0
SOUND = {
    "GPU_UTIL": 91, "FB_USED": 3000, "FB_FREE": 19000, "FB_RESERVED": 500, "POWER_USAGE": WATTS, "SM_CLOCK": 1635,
    "GPU_TEMP": 71, "CLOCK_THROTTLE_REASONS": 0, "POWER_MGMT_LIMIT": 72,
}  # fmt: skip


class Exporter:
    """Answers each request with metrics, or with 503 while it is `silent`; `values` are those of its fields.

    They are the same of each of its GPUs: GPU-0009, GPU-0008 and so on.
    """

    def __init__(self, gpus: int = 1, **values: float) -> None:
        self.values, self.silent, self.asked = {**SOUND, **values}, False, 0
        self._labels = [LABELS.format(number=number, uuid=9 - number) for number in range(gpus)]
        self._began = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        spent = {"TOTAL_ENERGY_CONSUMPTION": (time.monotonic() - self._began) * WATTS * 1000}
        told = {**self.values, **spent}
        lines = [f"DCGM_FI_DEV_{name}{labels} {value}" for labels in self._labels for name, value in told.items()]
        answer = PlainTextResponse("\n".join([*lines, ""]), 503 if self.silent else 200)
        await answer(scope, receive, send)
