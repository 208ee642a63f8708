"""Golden answers of the real server: its newer engine gives them, and what its older one says otherwise is listed.

They were recorded by `assay golden record` on the newer engine, and lie in `fixtures/goldens`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import Exit
from assay.golden.bundle import Bundle
from assay.golden.checking import Checked, check
from assay.golden.options import GoldenOptions, RecordOptions
from assay.golden.recording import record
from assay.plugin.options import CheckOptions
from assay.questions.choice import Choice
from assay.suite import suite_folder

from .otherwise import unlisted, unseen
from .server import Instance

GOLDENS = suite_folder("fixtures") / "goldens" / "roboflow-inference-1.8.3"


def held(instance: Instance, out: Path) -> Checked:
    options = GoldenOptions(CheckOptions(instance.url, key_variable="RIG_KEY", out=out), GOLDENS)
    return check(options, lambda _: None)


@pytest.fixture(autouse=True)
def _key(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_KEY", "rig-key")


def cases(found: Checked, kind: str) -> Iterator[str]:
    return (each["case"] for each in found.run.outcomes if each["outcome"] == kind)


def test_the_engine_that_was_recorded_says_the_same(new_engine: Instance, tmp_path: Path) -> None:
    found = held(new_engine, tmp_path / "run")

    assert found.exit_code == Exit.OK, list(cases(found, "fail"))
    assert set(cases(found, "pass")) == set(Bundle(GOLDENS).identifiers())


def test_recording_it_again_changes_no_byte(new_engine: Instance, tmp_path: Path) -> None:
    """On one machine: the model's own arithmetic differs by the last bit between processors."""
    copy = shutil.copytree(GOLDENS, tmp_path / "goldens")
    asked = RecordOptions(CheckOptions(new_engine.url, key_variable="RIG_KEY"), copy, Choice(), "somebody else")
    first = record(asked, lambda _: None)
    assert set(first.written) <= {"same", "changed"}
    before = content(copy)

    again = record(asked, lambda _: None)

    assert again.written == {"same": len(Bundle(GOLDENS).identifiers())}
    assert content(copy) == before


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_the_older_engine_says_otherwise_is_listed(old_engine: Instance, tmp_path: Path) -> None:
    found = held(old_engine, tmp_path / "run")

    differing = set(cases(found, "fail"))
    assert found.exit_code == Exit.DIFFERENT
    assert not unlisted(differing)
    assert not unseen(differing), "what no longer occurs is taken off the list"
