"""Golden answers of the real server: its newer engine gives them, and what its older one says otherwise is listed.

They were recorded by `assay golden record` on the newer engine, and lie in `fixtures/goldens`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType

import pytest

from assay.errors import Exit
from assay.golden.bundle import Bundle
from assay.golden.checking import Checked, check
from assay.golden.options import GoldenOptions, RecordOptions
from assay.golden.recording import record
from assay.plugin.options import CheckOptions
from assay.questions.choice import Choice
from assay.suite import suite_folder

from .server import Instance

GOLDENS = suite_folder("fixtures") / "goldens" / "roboflow-inference-1.8.3"

NO_THRESHOLD = "the older engine applies no threshold to the class of a pixel, nor tells how sure it is of it alike"
NO_PHRASES = (
    "the rig's Florence 2 knows two pictures and no phrase; what it says beyond them, the engines say otherwise"
)
OTHER_COLOURS = "the older engine draws boxes in other colours"
CUT_AT_THE_BORDER = "the older engine cuts keypoints off at the picture's border, and the newer one does not"
NEARLY_EQUAL = "with the rig's random features many boxes are nearly as sure, of which the engines keep others"
DIFFERENCES = MappingProxyType(
    {
        "hosted.semantic-segmentation/*": NO_THRESHOLD,
        "infer.semantic-segmentation/*": NO_THRESHOLD,
        "florence2.infer/json/*": NO_PHRASES,
        "hosted.*/image/*": OTHER_COLOURS,
        "hosted.*/image_and_json/*": OTHER_COLOURS,
        "infer.*/json/*-drawn": OTHER_COLOURS,
        "hosted.keypoint-detection/json/menagerie": CUT_AT_THE_BORDER,
        "owlv2.infer/json/counters*": NEARLY_EQUAL,
    }
)
"""What the older engine says otherwise, by the ids of questions, as in a shell."""


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
    copy = shutil.copytree(GOLDENS, tmp_path / "goldens")
    target = CheckOptions(new_engine.url, key_variable="RIG_KEY")

    found = record(RecordOptions(target, copy, Choice(), "somebody else"), lambda _: None)

    assert found.written == {"same": len(Bundle(GOLDENS).identifiers())}
    assert (copy / "golden.toml").read_bytes() == (GOLDENS / "golden.toml").read_bytes()


def test_what_the_older_engine_says_otherwise_is_listed(old_engine: Instance, tmp_path: Path) -> None:
    found = held(old_engine, tmp_path / "run")

    differing = set(cases(found, "fail"))
    unlisted = {name for name in differing if not any(fnmatchcase(name, pattern) for pattern in DIFFERENCES)}
    unseen = {pattern for pattern in DIFFERENCES if not any(fnmatchcase(name, pattern) for name in differing)}
    assert found.exit_code == Exit.DIFFERENT
    assert not unlisted
    assert not unseen, "what no longer occurs is taken off the list"
