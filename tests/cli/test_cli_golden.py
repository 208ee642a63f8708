"""`assay golden`: recorded, checked and approved at the command line; what is wrong is told in one sentence."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.golden.bundle import Bundle
from assay.record import read
from assay.reference import embedded
from assay.serving import running
from tests.plugin.servers import Answer, reference

from .conftest import Assay, started, wait_for
from .test_cli_interrupt import hesitant

TRIO, SPECK = (f"hosted.object-detection/json/{name}" for name in ("trio", "speck"))
FEW = ("--only", TRIO, "--only", SPECK)


def shifted(answer: Answer) -> Answer:
    """Boxes lie 12 px further to the right."""
    if not answer.path.startswith("/shapes") or answer.body[:1] != b"{":
        return answer
    found = json.loads(answer.body)["predictions"]
    return answer.document(predictions=[{**each, "x": each["x"] + 12} for each in found])


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The same deployment after an upgrade that went wrong."""
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    with running(reference(shifted, embedded.KEY)) as url:
        yield url


def test_recorded_checked_changed_and_approved(assay: Assay, folder: Path, moved: str) -> None:
    recorded = assay("golden", "record", "reference", "--bundle", "goldens", *FEW, "--by", "Ada")
    same = assay("golden", "check", "reference", "--bundle", "goldens", "--out", "same")
    other = assay("golden", "check", moved, "--bundle", "goldens", "--out", "other")
    approved = assay("golden", "approve", "other", "--case", TRIO, "--by", "Grace")
    left = assay("golden", "check", moved, "--bundle", "goldens", "--out", "left")

    assert (recorded.code, same.code, other.code, approved.code, left.code) == (0, 0, 8, 0, 8), other.out + other.err
    assert "2 golden answers recorded: 2 new" in recorded.out
    assert "the bundle goldens takes 0.0 MB" in recorded.out
    assert "the same: 2 golden answers compared by the profile cpu" in same.out
    assert "DIFFERENT: 2 answers differ" in other.out
    assert f"FAIL {TRIO}: dog" in other.out
    assert "exit code 8: the answers differ" in other.out
    assert "1 golden answer taken over into goldens, 1 left" in approved.out
    assert "DIFFERENT: 1 answer differs" in left.out
    assert [each["by"] for each in Bundle(folder / "goldens").about.approved] == ["Grace"]


def test_the_questions_are_listed(assay: Assay) -> None:
    said = assay("golden", "questions")

    assert said.code == 0
    assert f"{TRIO} " in said.out
    assert "sam2.segment/rle/tokens-boxes" in said.out


WRONG = {
    ("record", "--bundle", "g"): "no TARGET given",
    ("check", "--bundle", "g"): "no TARGET given",
    ("record", "reference"): "--bundle FOLDER says where the golden answers lie, and is missing",
    ("record", "reference", "--bundle", ""): "--bundle FOLDER says where",
    ("check", "reference", "--bundle", "nowhere"): "nowhere: it holds no golden.toml",
    ("check", "reference", "--bundle", "broken"): "broken/golden.toml is broken",
    ("check", "reference", "--bundle", "newer"): "newer/golden.toml is of the format 99",
    ("record", "reference", "--bundle", "full"): "full: it holds something, and no golden.toml",
    ("record", "reference", "--bundle", "g", "--only", "nothing*"): "--only nothing*: no question has such an id",
    ("record", "reference", "--bundle", "g", "--pictures", "none"): "--pictures none: there is no such folder",
    ("record", "reference", "--bundle", "g", "--profile", "wide"): "wide: no such profile",
    ("check", "ftp://here", "--bundle", "good"): "is no http or https URL",
    ("check", "reference", "--bundle", "good", "--profile", "wide"): "wide: no such profile",
    ("check", "reference", "--bundle", "good", "--only", "nothing*"): "--only nothing*: no question has such an id",
    ("approve", "good", "--all"): "good holds no readable run record",
    ("check", "reference", "--bundle", "good", "--resume", "nowhere"): "nowhere holds no readable run record",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_one_sentence(assay: Assay, folder: Path, words: tuple[str, ...]) -> None:
    contents = {"broken": "format = [", "newer": "format = 99", "good": "format = 1"}
    for name, content in contents.items():
        (folder / name).mkdir()
        (folder / name / "golden.toml").write_text(content)
    (folder / "full").mkdir()
    (folder / "full" / "notes.txt").write_text("mine")

    said = assay("golden", *words)

    assert said.code == 2
    assert WRONG[words] in said.err
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.err
    assert not (folder / "g").exists()


def test_a_wrong_word_in_the_environment_is_told(assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_SAMPLE", "many")

    said = assay("golden", "record", "reference", "--bundle", "g")

    assert said.code == 2
    assert "in the environment variable ASSAY_SAMPLE" in said.err


def test_nobody_at_the_url(assay: Assay, folder: Path) -> None:
    assert assay("golden", "record", "reference", "--bundle", "goldens", *FEW).code == 0

    said = assay("golden", "check", "http://127.0.0.1:9", "--bundle", "goldens", "--ready-timeout", "0.2")

    assert said.code == 3
    assert not (folder / "assay-runs").exists()


def judged(run: Path) -> bool:
    """Whether something stands in the record already."""
    return (run / "run.jsonl").exists() and '"kind": "outcome"' in (run / "run.jsonl").read_text("utf-8")


def test_an_interrupted_check_says_how_it_goes_on(folder: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    assert assay("golden", "record", "reference", "--bundle", "goldens", "--only", "hosted.object*/json/*").code == 0
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)

    with running(hesitant(reference(key=embedded.KEY), 0.3, "/shapes")) as url:
        with started(folder, "golden", "check", url, "--bundle", "goldens", "--out", "run") as process:
            wait_for(process, "profile cpu")
            while not judged(folder / "run"):
                assert process.poll() is None
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        before = read(folder / "run")
        resumed = assay("golden", "check", url, "--bundle", "goldens", "--resume", "run")

    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    assert before.footer is None
    assert before.outcomes
    assert f"go on with it: assay golden check {url} --bundle goldens --resume run" in out
    assert resumed.code == 0
    cases = [each["case"] for each in read(folder / "run").outcomes]
    assert len(cases) == len(set(cases)) == len(Bundle(folder / "goldens").identifiers())
