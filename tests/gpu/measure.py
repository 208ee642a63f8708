"""One command that measures the example server, whatever of it fails, and packs what came of it.

Every step is bounded, and so is the whole. What a step printed, how long it took and how it ended stands in `log.txt`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

import httpx

from assay.contract.message import Response
from assay.load.gpu import Nvml
from assay.load.listening import listening

from .asking import MODELS, Asked, requests

PORT: Final = 9017
URL: Final = f"http://127.0.0.1:{PORT}"
STARTING: Final = 180.0
"""Seconds that the server gets to make its models."""
STOPPING: Final = 10.0
"""Seconds that a step gets to write down what it has, once its time is over."""
LARGEST: Final = 300_000
"""Bytes of an artifact that is packed: figures and curves need no larger one."""
HOSTED: Final = (
    "hosted.object-detection/jpeg-640", "hosted.keypoint-detection/base64", "hosted.classification/base64",
)  # fmt: skip
MORE: Final = (
    "infer.object-detection/640", "hosted.instance-segmentation/base64", "hosted.semantic-segmentation/base64",
    "hosted.object-detection/jpeg-720p",
)  # fmt: skip
SAM2: Final = ("sam2.embed/new", "sam2.segment/cold", "sam2.segment/cached")
OWLV2: Final = ("owlv2.infer/all-new", "owlv2.infer/new", "owlv2.infer/repeated")
SLOW: Final = 4.0
"""Seconds of a measurement of answers that take long: in fewer no two windows of them agree."""


@dataclass(frozen=True, slots=True)
class Step:
    """One benchmark: its name, the words for `assay bench`, and the seconds that it may take at most."""

    name: str
    words: tuple[str, ...]
    most: float


def steps(given: argparse.Namespace) -> list[Step]:
    """What is measured: all of it, the most telling first, or the steps and workloads that are named."""
    found = _steps(given)
    if given.workload:
        words = (*_workloads(*given.workload), "--seconds", f"{given.seconds:g}", *_of("hiera_tiny"))
        found.insert(0, Step("named", (*words, "--repeat", f"{given.repeat}"), 90))
    return [each for each in found if not given.step or each.name in given.step]


def _steps(given: argparse.Namespace) -> list[Step]:
    """Those that are there. The smoke's is there to see that a benchmark runs at all."""
    if given.smoke:
        some = _workloads("hosted.object-detection/jpeg-640", "sam2.segment/cached")
        return [Step("smoke", (*some, "--seconds", "1", *_of("hiera_tiny")), 40)]
    often = ("--repeat", f"{given.repeat}")
    brief = ("--seconds", f"{given.seconds:g}", *_of("hiera_tiny"))
    slow = ("--seconds", f"{max(SLOW, given.seconds):g}", *_of("hiera_tiny"))
    goal = ("--scenario", "highest-rate", "--objective", "p99 <= 100 ms, errors < 1 %")
    return [
        Step("hosted", (*_workloads(*HOSTED), *often, *brief), 80),
        Step("more", (*_workloads(*MORE), *often, *brief), 120),
        Step("florence2", (*_workloads("florence2.infer/caption"), *often, *slow), 90),
        Step("sweep", (*_workloads(HOSTED[0]), "--scenario", "sweep", *brief), 140),
        Step(
            "sam2", (*_workloads(*SAM2, "sam2.segment/cached-rle", "sam2.segment/cached-binary"), *often, *brief), 110
        ),
        Step("owlv2", (*_workloads(*OWLV2), *often, *brief), 110),
        Step("highest-rate", (*_workloads(SAM2[2]), *goal, *brief), 90),
        Step("sam2-large", (*_workloads(*SAM2), *often, *brief, "--model", "segmentation=hiera_large"), 80),
    ]


def _workloads(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--workload", name))


def _of(version: str) -> tuple[str, ...]:
    models = {**MODELS, "segmentation": version}
    return tuple(word for task, model in models.items() for word in ("--model", f"{task}={model}"))


class Log:
    """Prints, with the seconds since it began, and keeps what was printed."""

    def __init__(self, kept: IO[str]) -> None:
        self._kept, self._began = kept, time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def __call__(self, said: str) -> None:
        for to in (sys.stdout, self._kept):
            print(f"[{self.seconds:6.1f} s] {said}", file=to, flush=True)


def measure(given: argparse.Namespace) -> int:
    """Do all of it; 0 where every step ended well, 1 otherwise."""
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, (given.out / "log.txt").open("w") as kept:
        log, runs = Log(kept), Path(folder) / "runs"
        log(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
        failed: list[str] = []
        try:
            with _server(given, given.out / "server.log", log):
                if not given.step:
                    _look_around(given.out, log)
                for step in steps(given):
                    left = given.most - log.seconds
                    if left < STOPPING * 2:
                        log(f"{step.name}: no time is left")
                        failed.append(step.name)
                    elif not _bench(step, runs / step.name, min(step.most, left - STOPPING), log):
                        failed.append(step.name)
        finally:
            _pack(runs, given.out, log)
        log(f"done; {'all steps ended well' if not failed else 'not well: ' + ', '.join(failed)}")
        return int(bool(failed))


@contextlib.contextmanager
def _server(given: argparse.Namespace, said: Path, log: Log) -> Iterator[None]:
    """The example server, once it answers. Raises RuntimeError where it does not."""
    words = ["--port", str(PORT), "--device", given.device, "--dtype", given.dtype, "--sizes", given.sizes]
    with said.open("wb") as into:
        process = subprocess.Popen([sys.executable, "-m", "tests.gpu", "serve", *words], stdout=into, stderr=into)
        try:
            until = time.monotonic() + STARTING
            while not _answers():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the server did not start:\n{said.read_text(errors='replace')[-4000:]}")
                time.sleep(0.2)
            ready = said.read_text(errors="replace")
            log(f"the server is ready:\n{ready[-6000:]}")
            yield
            log(f"what it said since: {said.read_text(errors='replace')[len(ready) :][-3000:] or 'nothing'}")
        except RuntimeError as error:
            log(str(error))
            raise
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOPPING)
            process.kill()


def _answers() -> bool:
    try:
        return httpx.get(f"{URL}/info", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _look_around(out: Path, log: Log) -> None:
    """What NVML tells, which processes it and the system know, and one answer of each operation."""
    found: dict[str, object] = {"listening": listening(PORT).pids}
    try:
        source = Nvml()
        found |= {"facts": source.facts, "before": [asdict(each) for each in source.read()]}
    except LookupError as error:
        source, found["no_gpu"] = None, str(error)
    asked = [_ask(each) for each in requests()]
    if source is not None:
        found["after"] = [asdict(each) for each in source.read()]
        source.close()
    found["asked"] = asked
    (out / "smoke.json").write_text(json.dumps(found, indent=1, default=list))
    for name in ("listening", "no_gpu", "facts", "before", "after"):
        if name in found:
            log(f"{name}: {json.dumps(found[name], default=list)}")
    for one in asked:
        log(" ".join(str(value) for value in one.values()))


def _ask(asked: Asked) -> dict[str, object]:
    """One request, three times: its status, the milliseconds of each, and how the answer begins."""
    told: dict[str, object] = {"name": asked.name}
    try:
        with httpx.Client(base_url=URL, timeout=60, trust_env=False) as client:
            took = []
            for _ in range(3):
                began = time.perf_counter()
                answer = client.request(asked.request.method, asked.request.path, params=list(asked.request.query),
                                        headers=dict(asked.request.headers), content=asked.request.body)  # fmt: skip
                took.append(f"{(time.perf_counter() - began) * 1000:.1f}")
        faults = asked.faults(Response(answer.status_code, tuple(answer.headers.items()), answer.content))
        told |= {"status": answer.status_code, "ms": took, "bytes": len(answer.content),
                 "server_s": answer.headers.get("x-processing-time"), "schema": faults[:2] or "kept"}  # fmt: skip
    except httpx.HTTPError as error:
        told["error"] = f"{type(error).__name__}: {error}"
    return told


def _bench(step: Step, folder: Path, most: float, log: Log) -> bool:
    """Run one benchmark for so long at most; whether it measured anything, valid or not."""
    folder.parent.mkdir(exist_ok=True)
    words = [sys.executable, "-m", "assay", "bench", URL, *step.words, "--published", "--out", str(folder)]
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said, _ = process.communicate(timeout=most)
        how = f"exit code {process.returncode}"
    except subprocess.TimeoutExpired:
        said, how = _stopped(process)
    log(f"{step.name}: {how} after {time.monotonic() - began:.1f} s\n{said}")
    return process.returncode in (0, 7)


def _stopped(process: subprocess.Popen[str]) -> tuple[str, str]:
    """End it as a user would, so that it writes down what it has; what it said, and how it ended."""
    process.send_signal(signal.SIGINT)
    try:
        said, _ = process.communicate(timeout=STOPPING)
        return said, f"interrupted, exit code {process.returncode},"
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0], "killed"


def _pack(runs: Path, out: Path, log: Log) -> None:
    """The records with their reports in one file, without large artifacts; the reports beside it."""
    with tarfile.open(out / "runs.tar.gz", "w:gz") as packed:
        for path in sorted(runs.rglob("*")) if runs.exists() else ():
            large = path.parent.name == "artifacts" and path.stat().st_size > LARGEST
            if path.is_file() and not large:
                packed.add(path, path.relative_to(runs))
    log(f"packed {(out / 'runs.tar.gz').stat().st_size / 1e6:.1f} MB")
