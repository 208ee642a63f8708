"""How often `assay bench A B` calls a server slower than itself, and whether it finds one that is slower by little.

    python -m tests.benchmarks.repeatability --pairs 40 --out repeatability.md

A and B are one process, the reference deployment under two addresses; what is asked of B takes longer by a share of
its own time. Every pair is a whole benchmark, targets in turn, judged from its record. Give it a quiet machine. Where
answers within 2 ms are too quick for it to be measured (its pairs come to nothing valid), `--waits 20` lets both wait
besides, as a server waits for its accelerator.

It ends in code 1 where more than 4 of 40 pairs of one server are called different, where a slower one is not found, or
where more than a tenth of the pairs came to nothing valid. Fewer than 40 pairs of one server are a trial of that, which
judges nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.record.redaction import KEY_VARIABLE
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.serving import running

WORKLOAD: Final = "hosted.object-detection/base64"
MODEL: Final = f"object-detection={MODELS['object-detection']}"
SLOW: Final = "/slow"
DIFFERENT: Final = ("better", "worse", "mixed")
NOTHING: Final = "nothing valid"
MOST_DIFFERENT, OF_PAIRS = 4, 40
"""So many of so many pairs of one server may be called different."""
MOST_INVALID: Final = 0.1
"""Of the pairs of a setting, as a share."""
HOLDS, FAILS, UNMEASURED = "holds", "DOES NOT HOLD", "not measured"
WAKES_LATE: Final = 0.002
"""s. Waits end so much before, and the rest is computed away."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A server that is slower by `percent`, and with what it is to be told: further words of the two commands."""

    percent: float
    pairs: int
    bench: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()


class Slowed:
    """The application, which waits so many milliseconds besides; below SLOW all takes so many percent longer."""

    def __init__(self, app: ASGIApp, percent: float, waits: float = 0) -> None:
        self._app, self._share, self._waits = app, percent / 100, waits / 1000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(SLOW)
        share = self._share if path != scope["path"] else 0.0
        began = time.perf_counter()

        async def later(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = time.perf_counter() - began + self._waits
                await _until(began + took + share * took)
            await send(message)

        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, later)


async def _until(due: float) -> None:
    if (wait := due - time.perf_counter() - WAKES_LATE) > 0:
        await asyncio.sleep(wait)
    while time.perf_counter() < due:
        pass


@contextmanager
def serving(percent: float, waits: float = 0) -> Iterator[str]:
    """The address of such a server, in a process of its own."""
    words = [sys.executable, "-m", "tests.benchmarks.repeatability", "--serve", str(percent), "--waits", str(waits)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@dataclass(frozen=True, slots=True)
class Pair:
    """What one benchmark of both came to. `valid` and `invalid` count measurements; on the latter nobody may rely."""

    verdict: str
    ratio: float
    valid: int
    invalid: int
    seconds: float


def judged(url: str, setting: Setting) -> Pair:
    """Measure A and B in turn, and judge them."""
    with tempfile.TemporaryDirectory() as folder:
        began, run = time.monotonic(), f"{folder}/run"
        asked = ("--workload", WORKLOAD, "--model", MODEL, "--quiet", "--out", run, *setting.bench)
        _assay("bench", url, url + SLOW, *asked)
        seconds = time.monotonic() - began
        told = json.loads(_assay("compare", run, "--json", "-", *setting.compare))
    valid = sum(row["repetitions"] for row in told["measured"])
    return Pair(*decided(told), valid, len(told["invalid"]), seconds)


def decided(comparison: dict[str, Any]) -> tuple[str, float]:
    """The verdict on the one workload of a comparison, as its JSON tells it, and the ratio on which it rests."""
    for workload in comparison["pairs"][0]["workloads"]:
        deciding = next((each for each in workload["figures"] if each["decides"]), None)
        if deciding is not None:
            return workload["verdict"], deciding["new"]["value"] / deciding["base"]["value"]
    return NOTHING, float("nan")  # a disturbed pair is told as such, and ends nothing


def _assay(*words: str) -> str:
    command = [sys.executable, "-m", "assay", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, KEY_VARIABLE: KEY})
    if done.returncode not in {0, 6, 7, 9}:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def lines(setting: Setting, pairs: Sequence[Pair]) -> Iterator[str]:
    """One row of the table."""
    verdicts = Counter(pair.verdict for pair in pairs)
    different = sum(verdicts[word] for word in DIFFERENT)
    ratios = sorted(pair.ratio for pair in pairs if not math.isnan(pair.ratio)) or [float("nan")]
    said = ", ".join(f"{times} {word}" for word, times in verdicts.most_common())
    yield (
        f"| {setting.percent:g} % | {' '.join(setting.bench + setting.compare) or 'as it is'} | {len(pairs)} "
        f"| {different} | {said} | {ratios[0]:.3f} to {ratios[-1]:.3f} | {max(pair.seconds for pair in pairs):.0f} s "
        f"| {sum(pair.invalid for pair in pairs)} |"
    )


def verdict(setting: Setting, pairs: Sequence[Pair]) -> str:
    """What was to be shown with a setting, and whether it was: by the pairs of which something is valid."""
    called = Counter(pair.verdict for pair in pairs)
    judged = len(pairs) - called[NOTHING]
    if setting.percent:
        said = f"a server that is slower by {setting.percent:g} % is found"
        held, told = called["worse"] == judged, f"{called['worse']} of {judged} pairs called worse"
    else:
        most, different = judged * MOST_DIFFERENT // OF_PAIRS, sum(called[word] for word in DIFFERENT)
        said = f"at most {MOST_DIFFERENT} of {OF_PAIRS} pairs of one server are called different"
        held, told = different <= most, f"{different} of {judged} pairs, of which {most} may be"
    invalid = f"; {called[NOTHING]} of {len(pairs)} pairs came to {NOTHING}"
    if not setting.percent and len(pairs) < OF_PAIRS:
        return f"- a trial, which judges nothing: {said}: {told}{invalid}"
    if judged and not held:
        return f"- {FAILS}: {said}: {told}{invalid}"
    return f"- {UNMEASURED if called[NOTHING] > MOST_INVALID * len(pairs) else HOLDS}: {said}: {told}{invalid}"


HEAD: Final = (
    "| slower by | asked | pairs | called different | verdicts | measured ratios | longest | invalid measurements |",
    "|---|---|---|---|---|---|---|---|",
)


def main(words: Sequence[str] | None = None) -> int:
    """Measure the pairs, and print the table with what it comes to. Returns 1 where that does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40, help="of the server with itself")
    parser.add_argument("--slowed", type=int, default=5, help="pairs with each of the slower ones")
    parser.add_argument("--seconds", default="1", help="of each repetition of those pairs")
    parser.add_argument("--waits", type=float, default=0.0, help="milliseconds that each answer takes besides")
    parser.add_argument("--out", type=Path, help="write the table there, too")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    given = parser.parse_args(words)
    if given.serve is not None:
        with running(Slowed(create_app(key=KEY, warm=False), given.serve, given.waits)) as url:
            print(url, flush=True)
            sys.stdin.read()
        return 0
    table, verdicts = list(HEAD), list[str]()
    print("\n".join(table), flush=True)
    for setting in (
        Setting(0, given.pairs, ("--seconds", given.seconds)),
        Setting(10, given.slowed),
        Setting(3, given.slowed, ("--repeat", "10"), ("--threshold", "1%")),
    ):
        if not setting.pairs:
            continue
        with serving(setting.percent, given.waits) as url:
            pairs = [judged(url, setting) for _ in range(setting.pairs)]
        table += (new := list(lines(setting, pairs)))
        verdicts.append(verdict(setting, pairs))
        print("\n".join(new), flush=True)
    print("\n".join(["", *verdicts]))
    if given.out:
        given.out.write_text("\n".join([*table, "", *verdicts, ""]), "utf-8")
    return int(any(line.startswith((f"- {FAILS}", f"- {UNMEASURED}")) for line in verdicts))


if __name__ == "__main__":
    sys.exit(main())
