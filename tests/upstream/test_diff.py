"""`assay diff` on the real server: its engines against each other, and each against itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.differ.options import DiffOptions
from assay.differ.running import Compared, diff
from assay.errors import Exit
from assay.plugin.options import CheckOptions
from assay.questions.choice import Choice
from assay.report.agreement import agreements, moved

from .otherwise import unlisted, unseen
from .server import Instance
from .settings import ENGINES, Engine

MODELS = {
    "object-detection": "rig-animals/1",
    "keypoint-detection": "rig-people/1",
    "semantic-segmentation": "rig-road/1",
}
GENERATED = 4
"""Requests of each operation that are generated from its schema."""


def compared(first: Instance, second: Instance, out: Path) -> Compared:
    sides = [CheckOptions(each.url, models=MODELS, key_variable="RIG_KEY", out=out) for each in (first, second)]
    return diff(DiffOptions(sides[0], sides[1], Choice(generated=GENERATED)), lambda _: None)


def cases(found: Compared, kind: str) -> set[str]:
    """The questions of which this came."""
    said = (each for each in found.run.outcomes if each["rule"] == "diff.says-the-same")
    return {each["case"] for each in said if each["outcome"] == kind}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIG_KEY", "rig-key")


def test_the_engines_differ_where_it_is_listed_and_nowhere_else(
    new_engine: Instance, old_engine: Instance, tmp_path: Path
) -> None:
    found = compared(new_engine, old_engine, tmp_path / "run")

    differing = cases(found, "fail")
    assert found.exit_code == Exit.DIFFERENT
    assert not unlisted(differing)
    assert not unseen(differing), "what no longer occurs is taken off the list"
    assert not cases(found, "error") | cases(found, "inconclusive")
    assert [noise.moved for noise in moved(found.run)] == [0, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_against_itself_moves_nowhere(engine: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    instance: Instance = request.getfixturevalue(f"{engine}_engine")

    found = compared(instance, instance, tmp_path / "run")

    assert found.exit_code == Exit.OK, cases(found, "fail")
    assert sum(each.compared for each in agreements(found.run)) > 100
