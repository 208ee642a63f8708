"""What is here: this machine, this Python, and what of Assay's own is installed."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import socket
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

import psutil

import assay
from assay.contract.sentences import count
from assay.doctor.fact import Fact, mind, ok
from assay.extensions import told
from assay.load.clock import stamp_received
from assay.load.gpu import Nvml
from assay.load.machine import processor
from assay.plugin.options import CheckOptions
from assay.record.redaction import KEY_VARIABLE
from assay.suite import suite_folder
from assay.target.policy import PROXY_VARIABLE

STATED: Final = ("pytest", "httpx", "hypothesis", "numpy", "opencv-python-headless", "jsonschema")
"""Packages whose versions are told: what goes wrong is most often told apart by them."""
EXTRAS: Final = {
    "pytest-benchmark": ("pytest-benchmark", "`pytest benchmarks` reports by it"),
    "locust": ("locust", "`assay bench --load-hosts` has several machines send by it"),
}
"""Packages that an extra of Assay brings, the extra, and what it is for."""
PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy")
BUSY: Final = 0.35
"""Cores that others may use on average without making a benchmark doubtful."""
LEAST_ROOM: Final = 4 << 30
"""bytes: a run keeps bodies of 2 GB at most, and a benchmark its columns."""


def here(options: CheckOptions, settings: str = "") -> Iterator[Fact]:
    """All that this machine tells. `settings` names the file that the options came from, besides the command line."""
    yield ok(f"Assay {assay.__version__}, its suite in {suite_folder('conformance').parent}")
    yield ok(f"Python {platform.python_version()}; {', '.join(f'{each} {_version(each)}' for each in STATED)}")
    yield from _extras()
    if added := told().get("plugins"):
        yield ok(f"packages that add rules, judges or workloads: {', '.join(added)}")
    memory = psutil.virtual_memory().total / (1 << 30)
    cores = psutil.cpu_count() or 1
    system = f"{platform.system()} {platform.release()}"
    yield ok(f"{system}, {processor() or 'a processor'}, {count(cores, 'core')}, {memory:.0f} GiB of memory")
    yield from _others(cores)
    yield _clock()
    yield _gpus()
    yield _room(options.out or Path())
    if settings:
        yield ok(f"settings are read from {settings}")
    yield from _environment(options)


def _version(package: str) -> str:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return "(not installed under this name)"


def _extras() -> Iterator[Fact]:
    for package, (extra, purpose) in EXTRAS.items():
        try:
            yield ok(f"{package} {metadata.version(package)}: {purpose}")
        except metadata.PackageNotFoundError:
            yield mind(f"{package} is not installed: {purpose}; pip install 'assay[{extra}]'")


def _others(cores: int) -> Iterator[Fact]:
    """What else runs here; a check does not mind, and a benchmark does."""
    with contextlib.suppress(OSError, AttributeError):
        load = os.getloadavg()[0]
        if load > BUSY:
            busy = f"{load:.1f} processes wanted one of {count(cores, 'core')} during the last minute"
            yield mind(f"{busy}: a benchmark from here may be invalid")


def _clock() -> Fact:
    step = time.get_clock_info("perf_counter").resolution * 1e9
    with socket.socket() as probe:
        stamped = stamp_received(probe)
    told = f"the clock has steps of {step:g} ns"
    if stamped:
        return ok(f"{told}, and the kernel says when an answer came in")
    return mind(f"{told}, and the kernel does not say when an answer came in: latencies hold Assay's own delay")


def _gpus() -> Fact:
    try:
        nvml = Nvml()
    except LookupError:
        return ok("no GPU is seen here: of one elsewhere a DCGM exporter tells, by `assay bench --metrics-url`")
    with contextlib.closing(nvml):
        return ok(
            f"GPUs that NVML sees: {', '.join(str(each.get('name', 'one without a name')) for each in nvml.facts)}"
        )


def _room(folder: Path) -> Fact:
    """Whether a run can be written where it would land."""
    place = next((each for each in (folder.absolute(), *folder.absolute().parents) if each.exists()), Path("/"))
    if not os.access(place, os.W_OK | os.X_OK):
        return mind(f"nothing can be written in {place}: name another folder with --out")
    free = shutil.disk_usage(place).free
    told = f"{free / (1 << 30):.0f} GiB are free in {place}"
    return ok(told) if free >= LEAST_ROOM else mind(f"only {told}: a run may take more")


def _environment(options: CheckOptions) -> Iterator[Fact]:
    """The key, and proxies that are set and not used. Neither's value is told."""
    variable = options.key_variable or KEY_VARIABLE
    if options.on_reference:
        yield ok("the embedded deployment has a key of its own")
    elif options.key() is None:
        yield mind(f"no API key: {variable} is not set")
    else:
        yield ok(f"an API key is in {variable}")
    unused = [name for name in PROXIES if os.environ.get(name)]
    if unused and options.proxy is None and not options.on_reference:
        yield mind(f"{unused[0]} is set, and never used: say --proxy, or {PROXY_VARIABLE}, to go through it")
