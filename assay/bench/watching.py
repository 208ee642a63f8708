"""The server's machine beside the load: where its GPUs and its processes can be read, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import psutil

from assay.contract.message import Request
from assay.errors import UsageProblem
from assay.load.endpoint import Endpoint
from assay.load.gpu import Chosen, Dcgm, GpuSource, Nvml, dcgm_readings
from assay.load.listening import Listeners, listening
from assay.load.machine import processor
from assay.load.telemetry import Telemetry, which_is_not_known
from assay.target import Target
from assay.target.policy import without_credentials

PATIENCE: Final = 2.0
"""Seconds that an exporter gets to answer."""
LARGEST: Final = 8_000_000
"""bytes of metrics that are read at most"""
FACTS: Final = ("driver", "cuda", "power_limit_watts", "memory_bytes", "vbios", "mig", "pcie_generation", "pcie_width",
                "most_clock_mhz")  # fmt: skip
"""What a fingerprint tells of GPUs, beside their name and number."""


@dataclass(slots=True)
class Watched:
    """What can be read of a server's machine. `hardware` is for the fingerprint; `unseen` says what cannot, and why."""

    telemetry: Telemetry | None = None
    hardware: Mapping[str, Any] = field(default_factory=dict)
    unseen: str = ""


def watched(
    target: Target, endpoint: Endpoint, metrics_url: str | None, resources: ExitStack, gpus: Sequence[str] = ()
) -> Watched:
    """Begin to read what can be read; it ends with `resources`. Raises UsageProblem for a URL that tells of no GPU.

    On this machine NVML tells of the GPUs, and the system of the processes that listen on the target's port. Of another
    machine an exporter does, the one that is named or the target itself. `gpus` names those that are the target's.
    """
    here = listening(endpoint.port) if endpoint.local else Listeners(elsewhere=True)
    source, because = _gpus(target, here, metrics_url, resources)
    if gpus:
        source = _chosen(source, gpus, because)
    unseen = [because] if because else []
    if not here.pids and not here.elsewhere:
        why = f"{here.passed_on} passes its port on" if here.passed_on else "the system does not tell who they are"
        unseen.append(f"the server's processes are not seen: {why}")
    telemetry = None
    if source is not None or here.pids:
        telemetry = resources.enter_context(Telemetry(source, here.pids, chosen=bool(gpus)))
    hardware = {} if here.elsewhere else {"cpu": processor(), "cores": psutil.cpu_count() or 0,
                                          "memory_bytes": psutil.virtual_memory().total}  # fmt: skip
    told = _of_gpus(source, telemetry.processes.pids, chosen=bool(gpus)) if source and telemetry else {}
    if listed := told.get("gpus_listed"):
        unseen.append(which_is_not_known(listed))
    return Watched(telemetry, {**told, **hardware}, "; ".join(unseen))


def _gpus(
    target: Target, here: Listeners, metrics_url: str | None, resources: ExitStack
) -> tuple[GpuSource | None, str]:
    """Where GPUs are told of; or why nowhere."""
    if metrics_url is not None:
        return _exporter(metrics_url, resources), ""
    if not here.elsewhere:
        try:
            return Nvml(), ""
        except LookupError as error:
            return None, str(error)
    own = Dcgm(lambda: _own_metrics(target))
    if own.read():
        return own, ""
    return None, "nothing tells of its GPUs; --metrics-url names a DCGM exporter that does"


def _chosen(source: GpuSource | None, gpus: Sequence[str], because: str) -> GpuSource:
    """Those of the GPUs that are named. Raises UsageProblem for one that is not listed."""
    if source is None:
        raise UsageProblem(f"--gpu {gpus[0]}: no GPU is listed: {because}")
    try:
        return Chosen(source, gpus)
    except LookupError as error:
        raise UsageProblem(f"--gpu {error}") from None


def _exporter(url: str, resources: ExitStack) -> Dcgm:
    shown = f"--metrics-url {without_credentials(url)}"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageProblem(f"{shown}: give the URL of a DCGM exporter, such as http://gpu-box:9400/metrics")
    client = resources.enter_context(httpx.Client(timeout=PATIENCE, trust_env=False))

    def fetch() -> str | None:
        try:
            answer = client.get(url)
        except httpx.HTTPError:
            return None
        return answer.text[:LARGEST] if answer.status_code == 200 else None

    text = fetch()
    if text is None:
        raise UsageProblem(f"{shown}: nobody answers there with metrics")
    if not dcgm_readings(text, 0):
        raise UsageProblem(f"{shown}: what answers there tells of no GPU; give a DCGM exporter's URL")
    source = Dcgm(fetch)
    source.read()
    return source


def _own_metrics(target: Target) -> str | None:
    response = target.attempt(Request("service.metrics", "GET", "/metrics"), timeout=PATIENCE).response
    if response is None or response.status != 200:
        return None
    return response.body[:LARGEST].decode("utf-8", "replace")


def _of_gpus(source: GpuSource, server: frozenset[int], *, chosen: bool) -> dict[str, Any]:
    """The GPUs for the fingerprint: those that the server computes on, where that is known, and all otherwise.

    `gpus` is how many are the target's, and `gpus_listed` how many there are where that is not known.
    """
    used = set() if chosen else {one.gpu for one in source.read() if one.processes and one.processes & server}
    facts = [one for one in source.facts if not used or one.get("uuid") in used]
    if not facts:
        return {}
    number = "gpus" if chosen or used or len(facts) == 1 else "gpus_listed"
    names = dict.fromkeys(str(one.get("name", "GPU")) for one in facts)
    first = {f"gpu_{name}": facts[0][name] for name in FACTS if name in facts[0]}
    return {"gpu": " + ".join(names), number: len(facts), **first, "gpu_uuids": [one.get("uuid") for one in facts]}
