"""`assay replay`: what it prints, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.record import read
from assay.reference.app import create_app
from assay.reference.embedded import KEY
from assay.serving import running

from .conftest import Assay


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two workers against the embedded deployment."""
    place = tmp_path_factory.mktemp("recorded")
    words = ("check", "reference", "--only", "hosted.classes.*", "--workers", "2", "--out", "run")
    subprocess.run([sys.executable, "-m", "assay", *words], cwd=place, capture_output=True, check=True)
    return place / "run"


@pytest.fixture
def exchange(recorded: Path, folder: Path) -> str:
    """The number of a recorded question for one class alone, to the embedded deployment."""
    shutil.copytree(recorded, folder / "run")
    run = read(folder / "run")
    purpose = "hosted.classes.only-those-asked / hosted.object-detection asked=one"
    asked = {name: each["request"]["url"] for name, each in run.exchanges.items() if each["purpose"] == purpose}
    return next(name for name, url in asked.items() if "classes=" in url)


def test_again_to_the_embedded_deployment(assay: Assay, exchange: str) -> None:
    said = assay("replay", "run", exchange)

    lines = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert lines[0].startswith(f"{exchange}  POST http://127.0.0.1:")
    assert "api_key=$ROBOFLOW_API_KEY" in lines[0]
    assert lines[1].startswith("  then  200 application/json, ")
    assert lines[2].startswith("  now   200 application/json, ")
    assert any(line.startswith("  /time: then 0.") and line.endswith("(differs every time)") for line in lines)
    assert lines[-1] == "the answers agree, but for what differs every time"
    assert KEY not in said.out


def test_a_server_that_answers_otherwise(assay: Assay, exchange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    with running(create_app(key=KEY)) as url, running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        assay("replay", "run", exchange, "--target", faulty)  # by the answer the proxy learns what the model does
        said = assay("replay", "run", exchange, "--target", faulty)

    assert (said.code, said.err) == (8, "")
    assert ": then nothing, now {" in said.out, "predictions of classes that were not asked for"
    assert said.out.splitlines()[-1] == "the answers differ"


def test_the_body_alone(exchange: str, folder: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "assay", "replay", "run", exchange, "--raw"], cwd=folder, capture_output=True, check=True
    )

    assert json.loads(told.stdout)["predictions"]
    assert told.stderr == b""


def test_mistakes_are_told_in_a_sentence(
    assay: Assay, exchange: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, code, complaint in (
        (("nowhere", exchange), 2, "nowhere holds no readable run record: there is no run.jsonl in it\n"),
        (("run", "x999"), 2, "has no exchange 'x999'; its report names them, such as x000001"),
        (("run", exchange, "--target", ""), 2, "TARGET is empty"),
        (("run", exchange, "--target", "http://127.0.0.1:1"), 2, "put it into the environment variable"),
        (("run", exchange, "--header", "nonsense"), 2, "give NAME: VALUE"),
    ):
        said = assay("replay", *arguments)
        assert (said.code, said.out, said.err.count("\n")) == (code, "", 1), said
        assert complaint in said.err
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    said = assay("replay", "run", exchange, "--target", "http://127.0.0.1:1")
    assert (said.code, said.out) == (3, "")
    assert "no answer from http://127.0.0.1:1" in said.err
    for artifact in (folder / "run" / "artifacts").iterdir():
        artifact.unlink()
    assert "without it nothing can be sent again" in assay("replay", "run", exchange).err
