"""schemathesis, which knows nothing of Assay, holds the reference deployment to our OpenAPI document."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.contract import load
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.reference.app import KEY
from assay.serving import running
from assay.suite import suite_folder

from ..upstream.places import Home
from .environments import python
from .pictures import PEOPLE

HOOKS = Path(__file__).resolve().parent / "inside" / "hooks.py"
EXAMPLES = 20
"""Requests that are drawn at random of each operation and kind, beside those that cover the schema."""
LIMIT = 300
"""Seconds; a run takes about thirty."""
SEED = 20261126


@dataclass(frozen=True, slots=True)
class Examined:
    """How a run ended, what it said, and how often each (method, path, status) came."""

    status: int
    said: str
    answers: Counter[tuple[str, str, int]]


def examine(url: str, shown: str, folder: Path, *more: str) -> Examined:
    """Let schemathesis ask a deployment for everything that our document says."""
    picture, report = folder / "picture.png", folder / "report.ndjson"
    picture.write_bytes(PEOPLE.png())
    program = python(Home.chosen(), "schemathesis").with_name("schemathesis")
    command = [str(program), "run", str(suite_folder("schemas") / "openapi.json"), "--url", url]
    command += ["--header", f"Authorization: Bearer {KEY}", "--phases", "coverage,fuzzing", "--checks", "all"]
    command += ["--max-examples", str(EXAMPLES), "--seed", str(SEED), "--continue-on-failure", "--no-color"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report), *more]
    settings = {"PATH": "", "HOME": str(folder), "LANG": "C.UTF-8", "SCHEMATHESIS_HOOKS": str(HOOKS)}
    settings |= {"ASSAY_PICTURE": str(picture), "ASSAY_PICTURE_ADDRESS": f"{shown}/PEEvqPN.png"}
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=LIMIT, check=False)
    return Examined(done.returncode, done.stdout + done.stderr, _answers(report))


def _answers(report: Path) -> Counter[tuple[str, str, int]]:
    found: Counter[tuple[str, str, int]] = Counter()
    for line in report.read_text("utf-8").splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for name, exchange in recorder.get("interactions", {}).items():
            asked, response = recorder["cases"][name]["value"], exchange.get("response") or {}
            found[asked["method"], asked["path"], response.get("status_code", 0)] += 1
    return found


def test_it_finds_nothing(reference: str, shown: str, tmp_path: Path) -> None:
    examined = examine(reference, shown, tmp_path)

    assert examined.status == 0, examined.said
    for operation in load().operations.values():  # a run that reached no model would have found nothing either
        assert examined.answers[operation.method, operation.path, 200] > 0, operation.id
        if operation.method == "POST":
            refused = sum(examined.answers[operation.method, operation.path, status] for status in (400, 404, 422))
            assert refused > 0, operation.id


@pytest.mark.parametrize(
    ("fault", "path"),
    [("masks-missing", "/sam2/segment_image"), ("answer-called-html", "/{dataset}/{version}")],
)
def test_it_finds_a_fault(fault: str, path: str, reference: str, shown: str, tmp_path: Path) -> None:
    with running(create_proxy(reference, FAULTS[fault])) as broken:
        examined = examine(broken, shown, tmp_path, "--include-path", path, "--max-failures", "1", "--no-shrink")

    assert examined.status == 1, examined.said
    assert path in examined.said
