"""What a GPU says of itself: by NVML where it is in this machine, by a DCGM exporter elsewhere. Not measured on a GPU.

Both are read into the same readings. What one of them does not tell is None, and never an error.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from prometheus_client.parser import text_string_to_metric_families

from assay.load.clock import now

MIB: Final = 1 << 20
BLANK: Final = 2.0**62
"""Larger numbers are DCGM's way to say that it does not know."""
DCGM: Final = "DCGM_FI_DEV_"
POWER_LIMITS: Final = ("DCGM_FI_DEV_POWER_MGMT_LIMIT", "DCGM_FI_DEV_ENFORCED_POWER_LIMIT")
MEMORY: Final = ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE", "DCGM_FI_DEV_FB_RESERVED")
"""Of which a GPU's whole memory is made, MiB."""
_DCGM: Final = {
    "DCGM_FI_DEV_GPU_UTIL": ("utilisation", 1.0),
    "DCGM_FI_DEV_FB_USED": ("memory", float(MIB)),
    "DCGM_FI_DEV_POWER_USAGE": ("watts", 1.0),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": ("joules", 1e-3),
    "DCGM_FI_DEV_SM_CLOCK": ("clock", 1.0),
    "DCGM_FI_DEV_GPU_TEMP": ("celsius", 1.0),
    "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS": ("reasons", 1.0),
    "DCGM_FI_DEV_CLOCKS_EVENT_REASONS": ("reasons", 1.0),
    "DCGM_FI_DEV_THERMAL_VIOLATION": ("too_hot", 1e-6),
    "DCGM_FI_DEV_POWER_VIOLATION": ("power_capped", 1e-6),
}
"""Each field of DCGM that is read, what it is here, and its unit in ours."""
OF_THE_WHOLE: Final = ("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")
"""What is measured of a whole GPU alone, and said of each of its parts in the same words."""


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU at one time: `at` in ns of our clock."""

    at: int
    gpu: str
    """Its UUID, or its number where it tells none."""
    name: str | None = None
    utilisation: float | None = None
    """Percent of the time in which it had work."""
    memory: float | None = None
    """Bytes in use."""
    watts: float | None = None
    joules: float | None = None
    """Since some time long ago: differences count."""
    clock: float | None = None
    """MHz of its processors."""
    celsius: float | None = None
    reasons: int | None = None
    """Why its clock is held down, as NVML's bits."""
    too_hot: float | None = None
    """Seconds in which it was held down for its heat, since long ago."""
    power_capped: float | None = None
    """Seconds in which it was held down for its power, since long ago."""
    processes: frozenset[int] | None = None
    """The processes that compute on it."""
    index: str | None = None
    """The number by which its machine lists it."""
    part: bool = False
    """Whether it is a part of a GPU (MIG). Its UUID and number are then those of the whole, with its own behind `/`."""


class GpuSource(Protocol):
    """Where readings come from. `facts` are those that do not change, for the fingerprint."""

    facts: tuple[Mapping[str, Any], ...]

    def read(self) -> list[GpuReading]:
        """One reading of each GPU; none where it does not answer."""

    def close(self) -> None:
        """Let go of it."""


class Nvml:
    """The GPUs of this machine. Raises LookupError where there are none, with the reason."""

    def __init__(self, library: Any = None) -> None:
        self._nvml = library if library is not None else importlib.import_module("pynvml")
        try:
            self._nvml.nvmlInit()
            count = self._nvml.nvmlDeviceGetCount()
        except self._nvml.NVMLError as error:
            raise LookupError(f"no GPU can be asked here: {error}") from None
        self._devices = [self._nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]
        self._names = [
            str(self._asked("nvmlDeviceGetUUID", device) or index) for index, device in enumerate(self._devices)
        ]
        self.facts: tuple[Mapping[str, Any], ...] = tuple(self._facts(device) for device in self._devices)

    def _asked(self, call: str, *words: Any) -> Any:
        """What NVML answers; None where this GPU or this driver does not know it."""
        function = getattr(self._nvml, call, None)
        if function is None:
            return None
        with contextlib.suppress(self._nvml.NVMLError):
            return function(*words)
        return None

    def _facts(self, device: Any) -> dict[str, Any]:
        limit = self._asked("nvmlDeviceGetEnforcedPowerLimit", device)
        memory = self._asked("nvmlDeviceGetMemoryInfo", device)
        mig = self._asked("nvmlDeviceGetMigMode", device)
        told = {
            "name": self._asked("nvmlDeviceGetName", device),
            "uuid": self._asked("nvmlDeviceGetUUID", device),
            "vbios": self._asked("nvmlDeviceGetVbiosVersion", device),
            "driver": self._asked("nvmlSystemGetDriverVersion"),
            "cuda": self._asked("nvmlSystemGetCudaDriverVersion_v2"),
            "power_limit_watts": None if limit is None else limit / 1000,
            "memory_bytes": None if memory is None else memory.total,
            "pcie_generation": self._asked("nvmlDeviceGetCurrPcieLinkGeneration", device),
            "pcie_width": self._asked("nvmlDeviceGetCurrPcieLinkWidth", device),
            "most_clock_mhz": self._asked("nvmlDeviceGetMaxClockInfo", device, 1),
            "mig": None if mig is None else bool(mig[0]),
        }
        return {name: value for name, value in told.items() if value is not None}

    def read(self) -> list[GpuReading]:
        """One reading of each GPU."""
        return [self._reading(index, device) for index, device in enumerate(self._devices)]

    def _reading(self, index: int, device: Any) -> GpuReading:
        use = self._asked("nvmlDeviceGetUtilizationRates", device)
        memory = self._asked("nvmlDeviceGetMemoryInfo", device)
        power = self._asked("nvmlDeviceGetPowerUsage", device)
        energy = self._asked("nvmlDeviceGetTotalEnergyConsumption", device)
        reasons = self._asked("nvmlDeviceGetCurrentClocksEventReasons", device)
        if reasons is None:  # drivers before 535
            reasons = self._asked("nvmlDeviceGetCurrentClocksThrottleReasons", device)
        running = self._asked("nvmlDeviceGetComputeRunningProcesses", device)
        return GpuReading(
            now(), self._names[index], self._asked("nvmlDeviceGetName", device),
            utilisation=None if use is None else float(use.gpu),
            memory=None if memory is None else float(memory.used),
            watts=None if power is None else power / 1000,
            joules=None if energy is None else energy / 1000,
            clock=self._asked("nvmlDeviceGetClockInfo", device, 1),
            celsius=self._asked("nvmlDeviceGetTemperature", device, 0),
            reasons=reasons,
            processes=None if running is None else frozenset(one.pid for one in running),
            index=str(index),
        )  # fmt: skip

    def close(self) -> None:
        """Let go of the library."""
        with contextlib.suppress(self._nvml.NVMLError):
            self._nvml.nvmlShutdown()


class Dcgm:
    """The GPUs of a machine whose DCGM exporter, or a server that passes its metrics on, is asked by `fetch`."""

    def __init__(self, fetch: Callable[[], str | None]) -> None:
        self._fetch = fetch
        self.facts: tuple[Mapping[str, Any], ...] = ()

    def read(self) -> list[GpuReading]:
        """One reading of each GPU; none where nothing answers, or what does is no metrics of GPUs."""
        text = self._fetch()
        readings = [] if text is None else dcgm_readings(text, now())
        if readings and text is not None and not self.facts:
            self.facts = tuple(dcgm_facts(text))
        return readings

    def close(self) -> None:
        """Nothing is held."""


class Chosen:
    """Of the GPUs of a source those that are named, by UUID or by number. Raises LookupError for one that is not there.

    `source` has been read before: its facts are known. A GPU that has only parts is named with all of them.
    """

    def __init__(self, source: GpuSource, names: Iterable[str]) -> None:
        listed = source.read()
        wanted: set[str] = set()
        for name in names:
            found = {one.gpu for one in listed if name in _names_of(one)}
            if not found:
                there = ", ".join(f"{one.index} ({one.gpu})" if one.index else one.gpu for one in listed)
                raise LookupError(f"{name} is none of the GPUs that are listed, which are {there}")
            wanted |= found
        self._source, self._wanted = source, wanted
        self.facts: tuple[Mapping[str, Any], ...] = tuple(
            facts for number, facts in enumerate(source.facts) if facts.get("uuid", str(number)) in wanted
        )

    def read(self) -> list[GpuReading]:
        """One reading of each that is named."""
        return [one for one in self._source.read() if one.gpu in self._wanted]

    def close(self) -> None:
        """Let go of the source."""
        self._source.close()


def _names_of(one: GpuReading) -> set[str]:
    """What a GPU may be called by; a part by its whole, too."""
    own = {one.gpu, one.index or one.gpu}
    return own | {name.rpartition("/")[0] for name in own if one.part}


def dcgm_readings(text: str, at: int) -> list[GpuReading]:
    """The readings in what an exporter says; none where it says nothing of GPUs, or is not to be read."""
    found: dict[str, dict[str, Any]] = {}
    for gpu, name, labels, value in _told(text):
        known = _DCGM.get(name)
        if known is not None:
            told = found.setdefault(gpu, _identity(labels))
            field, unit = known
            told[field] = int(value) if field == "reasons" else value * unit
    return [GpuReading(at, gpu, **told) for gpu, told in sorted(found.items())]


def _identity(labels: Mapping[str, str]) -> dict[str, Any]:
    """What tells a device from others: name, number, and whether it is a part."""
    part = labels.get("GPU_I_ID") or ""
    behind = f"/{part}" if part else ""
    name, index = _name(labels), labels.get("gpu") or ""
    return {"name": f"{name}{behind}" or None, "index": f"{index}{behind}" or None, "part": bool(part)}


def _name(labels: Mapping[str, str]) -> str:
    """What kind of device it is: `NVIDIA L4`, and of a part with its profile, as NVIDIA's tools call it."""
    model = labels.get("modelName") or ""
    return f"{model} MIG {labels.get('GPU_I_PROFILE') or ''}".strip() if labels.get("GPU_I_ID") else model


def dcgm_facts(text: str) -> list[dict[str, Any]]:
    """What an exporter says of its GPUs that does not change, as far as it does."""
    found: dict[str, dict[str, Any]] = {}
    parts: dict[str, dict[str, float]] = {}
    for gpu, name, labels, value in _told(text):
        facts = found.setdefault(gpu, {"uuid": gpu})
        stated = {"name": _name(labels), "driver": labels.get("DCGM_FI_DRIVER_VERSION")}
        facts |= {fact: word for fact, word in stated.items() if word}
        if labels.get("GPU_I_ID"):
            facts["mig"] = True
        if name in POWER_LIMITS:
            facts["power_limit_watts"] = value
        elif name in MEMORY:
            parts.setdefault(gpu, {})[name] = value * MIB
    for gpu, part in parts.items():
        if len(part) == len(MEMORY):
            found[gpu]["memory_bytes"] = round(sum(part.values()))
    return [facts for _, facts in sorted(found.items())]


Sample = tuple[str, str, Mapping[str, str], float]
"""Device, field, labels and value."""


def _told(text: str) -> list[Sample]:
    """All that is said of GPUs, or of parts of them; nothing where it is not to be read."""
    found: list[Sample] = []
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                name = sample.name.removesuffix("_total")
                if name.startswith(DCGM) and abs(sample.value) < BLANK:
                    gpu = sample.labels.get("UUID") or sample.labels.get("gpu") or "0"
                    found.append((gpu, name, sample.labels, float(sample.value)))
    except ValueError:
        return []
    by_gpu: dict[str, list[Sample]] = {}
    for each in found:
        by_gpu.setdefault(each[0], []).append(each)
    return [each for samples in by_gpu.values() for each in _devices(samples)]


def _devices(samples: list[Sample]) -> list[Sample]:
    """What is said of one GPU, if anything is, or else of each of its parts (MIG), as a device of its own."""
    parts = {labels["GPU_I_ID"] for _, _, labels, _ in samples if labels.get("GPU_I_ID")}
    of_whole = [each for each in samples if not each[2].get("GPU_I_ID")]
    if not parts or any(name in _DCGM for _, name, _, _ in of_whole):
        return of_whole  # a part of a GPU is told by the whole, too
    # Every part repeats the power of the whole, so that seven would draw seven times as much, and which of it is a
    # part's is told nowhere. So of several parts none has a power; the only one has all of it.
    return [
        (f"{gpu}/{labels['GPU_I_ID']}", name, labels, value)
        for gpu, name, labels, value in samples
        if labels.get("GPU_I_ID") and (len(parts) == 1 or name not in OF_THE_WHOLE)
    ]


def gpus_of(readings: Iterable[GpuReading]) -> dict[str, list[GpuReading]]:
    """Readings by GPU, in the order of time."""
    found: dict[str, list[GpuReading]] = {}
    for reading in sorted(readings, key=lambda one: one.at):
        found.setdefault(reading.gpu, []).append(reading)
    return found
