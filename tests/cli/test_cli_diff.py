"""`assay diff` at the command line: what differs is named; what is wrong is told in one sentence."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.record import read
from assay.reference import embedded
from assay.serving import running
from tests.plugin.servers import reference

from .conftest import Assay, started, wait_for
from .test_cli_golden import TRIO, shifted
from .test_cli_interrupt import hesitant

MODELS = ("--model-b", "object-detection=shapes/1")
FEW = ("--only", TRIO, "--generated", "0")


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A deployment with a key of its own, whose boxes are shifted."""
    monkeypatch.setenv("KEY_OF_B", "the-key-of-the-second")
    with running(reference(shifted, "the-key-of-the-second")) as url:
        yield url


def test_a_difference_is_named(assay: Assay, folder: Path, moved: str) -> None:
    said = assay("diff", "reference", moved, "--key-env-b", "KEY_OF_B", *MODELS, *FEW, "--out", "run")

    assert said.code == 8, said.out + said.err
    assert f"FAIL {TRIO}: dog" in said.out
    assert "DIFFERENT: 1 answer differs in hosted.object-detection (1 question compared by the profile" in said.out
    assert "hosted.object-detection json  0.0 % (0.0 to 79.3 %), 1 of 1 differ" in said.out
    assert "B was asked 1 question twice, and moved in 0" in said.out
    assert b"the-key-of-the-second" not in (folder / "run" / "run.jsonl").read_bytes()


def test_a_deployment_is_held_against_itself(assay: Assay, folder: Path) -> None:
    said = assay("diff", "reference", "reference", *FEW, "--quiet")

    assert said.code == 0
    assert said.out.splitlines()[-1].startswith("steady: 1 question compared")


def test_the_report_is_rendered_again(assay: Assay, folder: Path) -> None:
    assert assay("diff", "reference", "reference", *FEW, "--out", "run").code == 0

    said = assay("report", "run")

    assert said.code == 0
    assert "steady: 1 question" in said.out


WRONG = {
    (): "give two TARGETs",
    ("reference",): "give two TARGETs",
    ("reference", "reference", "reference"): "give two TARGETs",
    ("reference", "ftp://here"): "is no http or https URL",
    ("reference", "reference", "--only", "nothing*"): "--only nothing*: no question has such an id",
    ("reference", "reference", "--pictures", "none"): "--pictures none: there is no such folder",
    ("reference", "reference", "--profile", "wide"): "wide: no such profile",
    ("reference", "reference", "--twice", "2"): "'--twice'",
    ("reference", "reference", "--model-b", "nonsense"): "--model nonsense: give TASK=MODEL",
    ("reference", "reference", "--resume", "nowhere"): "nowhere holds no readable run record",
    ("reference", "http://127.0.0.1:9", "--key-env-b", "NOT_SET"): "NOT_SET that --key-env names is not set",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_one_sentence(assay: Assay, folder: Path, words: tuple[str, ...]) -> None:
    said = assay("diff", *words)

    assert said.code == 2
    assert WRONG[words] in said.err
    assert len(said.err.splitlines()) == 1
    assert not (folder / "assay-runs").exists()


def test_it_says_which_of_the_two_is_not_there(assay: Assay, folder: Path) -> None:
    said = assay("diff", "reference", "http://127.0.0.1:9", "--ready-timeout", "0.2", *FEW)

    assert said.code == 3
    assert "B, http://127.0.0.1:9: " in said.err
    assert not (folder / "assay-runs").exists()


def test_it_says_which_of_the_two_wants_a_key(assay: Assay, folder: Path) -> None:
    with running(reference(key="the-key-of-the-second")) as url:
        said = assay("diff", "reference", url, *MODELS, *FEW)

    assert said.code == 2
    assert f"B, {url}: the target asks for an API key" in said.err
    assert "--key-env-b" in said.err


def test_an_interrupted_comparison_says_how_it_goes_on(
    folder: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    words = ("--only", "hosted.object*/json/*", "--generated", "0", *MODELS)

    with running(hesitant(reference(key=embedded.KEY), 0.3, "/shapes")) as url:
        with started(folder, "diff", "reference", url, *words, "--out", "run") as process:
            wait_for(process, "profile cpu")
            record = folder / "run" / "run.jsonl"
            while not (record.exists() and '"kind": "outcome"' in record.read_text("utf-8")):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        left = len(read(folder / "run").outcomes)
        said = assay("diff", "reference", url, *words, "--resume", "run")

    assert process.returncode == 130, err
    assert f"go on with it: assay diff reference {url} '--only=hosted.object*/json/*' " in out
    assert " --model-b=object-detection=shapes/1 --generated=0 --resume " in out
    assert said.code == 0, said.out + said.err
    assert len(read(folder / "run").outcomes) > left > 0
