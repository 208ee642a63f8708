"""What a large report costs: written from a record of 10,000 exchanges, opened and searched in Chromium.

    python -m tests.benchmarks.report_cost --exchanges 10000

Prints how long writing took, how much memory it held, how large the file is, and how long the browser was busy until
the page stood, and until a search had settled.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from assay.contract import load
from assay.contract.message import Request, Response
from assay.contract.rule import Case, Rule
from assay.plugin.catalogue import catalogue
from assay.record import Exchange, Finding, Outcome, OutcomeKind, RecordWriter, Redactor, read
from assay.report import html

URL: Final = "http://127.0.0.1:9001"
MB: Final = 1e6
FAILING: Final = 20
"""One case in so many is broken."""


def record(folder: Path, exchanges: int) -> None:
    """A run in which every case of the catalogue is told again and again, until there are so many exchanges."""
    writer = RecordWriter(folder, URL, Redactor())
    operations = list(load().operations)
    capabilities = {name: {"available": True, "because": "the path is in /openapi.json"} for name in operations}
    writer.header(
        assay={"version": "0"}, target={"url": URL, "name": "A server"}, seed=0, documents=[],
        configuration={"strict": False, "depth": "deep"}, capabilities=capabilities,
    )  # fmt: skip
    rules = [rule for rule in catalogue().values() if rule.cases]
    for rule in rules:
        writer.rule(rule)
    cases = [(rule, case) for rule in rules for case in rule.cases]
    for number in range(exchanges):
        rule, case = cases[number % len(cases)]
        identifier = f"x{number + 1:06d}"
        writer.exchange(_exchange(identifier, case, number), "conformance")
        writer.outcome(_outcome(rule, case, number, identifier))
    writer.footer(counts={}, exit_code=1, verdict="FAILED: of a record that was made to be large")
    writer.close()


def _outcome(rule: Rule, case: Case, number: int, identifier: str) -> Outcome:
    broken = number % FAILING == 0
    found = (Finding(f"box {number} lies elsewhere", "/predictions/0/x", 40.0, float(number), identifier),)
    return Outcome(
        rule=rule.id,
        case=f"{case.id} again={number}",
        operation=case.operation,
        kind=OutcomeKind.FAIL if broken else OutcomeKind.PASS,
        message="",
        seconds=0.1,
        exchanges=(identifier,),
        findings=found if broken else (),
        witness="16 predictions",
    )


def _exchange(identifier: str, case: Case, number: int) -> Exchange:
    box = {"x": float(number), "y": 50.0, "width": 20.0, "height": 20.0, "class": "dog", "confidence": 0.9}
    body = {"predictions": [box] * 8, "image": {"width": 640, "height": 480}, "time": 0.01}
    answer = Response(200, (("content-type", "application/json"),), json.dumps(body).encode())
    request = Request(case.operation, "POST", "/animals/1", (("confidence", str(number % 100)),))
    return Exchange(identifier, request, answer, None, 1_790_000_000.0 + number, 0.1)


def written(folder: Path) -> tuple[float, float, int]:
    """Seconds and bytes that writing the report took, and the length of the file."""
    began = time.perf_counter()
    html.write(read(folder), folder / "report.html")
    unit = 1 if sys.platform == "darwin" else 1024
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return time.perf_counter() - began, held, (folder / "report.html").stat().st_size


def seen(file: Path) -> tuple[float, float]:
    """Seconds until the page stood, and until all that fits a word was left of it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        began = time.perf_counter()
        page.goto(file.as_uri())
        stood = time.perf_counter() - began
        sifted = max(_busy(page, word) for word in ("d", "do", "dog", "elsewhere 100"))
        browser.close()
        return stood, sifted


def _busy(page: Page, words: str) -> float:
    """Seconds from a key to the frame in which the page shows what is left."""
    script = """(words) => new Promise((done) => {
      const field = document.querySelector("[name=words]"), began = performance.now();
      field.value = words;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - began) / 1000)));
    })"""
    return float(page.evaluate(script, words))


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a record, and print what its report costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=10_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        record(run, asked.exchanges)
        seconds, held, length = written(run)
        stood, sifted = seen(run / "report.html")
    print(
        f"{asked.exchanges:,} exchanges: written in {seconds:.1f} s, with {held / MB:.0f} MB; {length / MB:.2f} MB long"
    )
    print(f"in Chromium: stands after {stood:.2f} s, the slowest search is done after {1000 * sifted:.0f} ms")


if __name__ == "__main__":
    main()
