"""Known deviations: they explain what fails, for the targets that they are about and until they expire."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.errors import UsageProblem
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.serving import running

from . import servers
from .conftest import Checking

RULE = "hosted.classes.only-those-asked"
BROKEN = ["hosted.object-detection asked=one", "hosted.object-detection asked=other"]
ALL_BROKEN = [
    f"hosted.{task} asked={asked}"
    for task, broken in {
        "object-detection": ("one", "other", "none-of-the-model"),
        "keypoint-detection": ("none-of-the-model",),
        "instance-segmentation": ("one", "other", "none-of-the-model"),
    }.items()
    for asked in broken
]
NAME = "Hypothetical Inference"
TOMORROW = datetime.date.today() + datetime.timedelta(days=1)
YESTERDAY = datetime.date.today() - datetime.timedelta(days=1)


@contextlib.contextmanager
def hypothetical(fault: str | None, version: str = "2.4.1") -> Iterator[str]:
    """A deployment of another name, with a fault or without."""
    named = servers.reference(servers.calling_itself(NAME, version))
    with running(named) as url:
        if fault is None:
            yield url
        else:
            with running(create_proxy(url, FAULTS[fault])) as faulty:
                yield faulty


def listed(folder: Path, **changes: object) -> Path:
    """A list with one entry, which explains all that the fault breaks."""
    entry = {
        "rule": RULE,
        "cases": ALL_BROKEN,
        "finding": "*",
        "reason": "It never knew them.",
        "evidence": "Seen on a Tuesday.",
        "expires": TOMORROW,
        "version": ">=2.4,<3",
        **changes,
    }
    lines = [f"{name} = {entry[name]!r}" for name in ("rule", "cases", "finding", "reason", "evidence")]
    lines += [f"expires = {entry['expires']}", f'target = {{ name = "{NAME}", version = "{entry["version"]}" }}']
    file = folder / "known.toml"
    file.write_text("\n".join(["[[deviation]]", *lines]))
    return file


def test_a_listed_deviation_is_no_failure(checking: Checking, tmp_path: Path) -> None:
    with hypothetical("classes-ignored") as url:
        found = checking(url, only=(RULE,), known_files=(listed(tmp_path),))

    assert found.exit_code == 0
    assert found.verdict.startswith("passed, with 1 known deviation (7 cases)")
    known = [outcome for outcome in found.run.outcomes if outcome["outcome"] == "known"]
    assert len(known) == 7
    assert known[0]["known"]["reason"] == "It never knew them."
    assert known[0]["findings"], "what was found stays in sight"
    assert "It never knew them." in (found.run.folder / "report.html").read_text("utf-8")


def test_it_explains_only_the_cases_that_it_lists(checking: Checking, tmp_path: Path) -> None:
    with hypothetical("classes-ignored") as url:
        found = checking(url, only=(RULE,), known_files=(listed(tmp_path, cases=BROKEN),))

    assert found.exit_code == 1
    assert found.outcomes(RULE) == {"known", "fail", "pass"}


@pytest.mark.parametrize(
    "changes", [{"expires": YESTERDAY}, {"version": ">=3"}, {"version": "<2.4"}], ids=["expired", "newer", "older"]
)
def test_an_entry_about_something_else_explains_nothing(
    checking: Checking, tmp_path: Path, changes: dict[str, object]
) -> None:
    with hypothetical("classes-ignored") as url:
        found = checking(url, only=(RULE,), known_files=(listed(tmp_path, **changes),))

    assert found.exit_code == 1
    assert "known" not in found.outcomes(RULE)


def test_without_the_list_everything_is_judged_bare(checking: Checking, tmp_path: Path) -> None:
    with hypothetical("classes-ignored") as url:
        found = checking(url, only=(RULE,), known_files=(listed(tmp_path),), use_known=False)

    assert found.exit_code == 1
    assert "known" not in found.outcomes(RULE)


def test_a_deviation_that_is_gone_makes_the_list_out_of_date(checking: Checking, tmp_path: Path) -> None:
    with hypothetical(None) as url:
        found = checking(url, only=(RULE,), known_files=(listed(tmp_path, cases=BROKEN),))

    assert found.exit_code == 5
    assert found.outcomes(RULE) == {"resolved", "pass"}
    assert found.verdict.startswith("OUT OF DATE: 2 listed deviations")


def test_the_shipped_list_is_for_the_servers_that_it_names(checking: Checking, tmp_path: Path) -> None:
    """What Roboflow's server 1.8 does is known of that one, and of no other."""
    for number, (version, expected) in enumerate({"1.8.3": 0, "1.9.0": 1}.items()):
        app = servers.reference(servers.calling_itself("Roboflow Inference Server", version))
        with running(app) as url, running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
            assert checking(faulty, only=(RULE,), out=tmp_path / str(number)).exit_code == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "cannot be read"),
        ("[[deviation]\n", "cannot be read"),
        ('[[deviation]]\nrule = "a"', "reason, .*must be given"),
        ({"reason": ""}, "reason must be given"),
        ({"expires": "2027-06-30T00:00:00Z"}, "expires must be a date"),
        ({"version": "new"}, "target.version must be a condition"),
    ],
    ids=str,
)
def test_a_list_that_is_none(
    checking: Checking, tmp_path: Path, url: str, text: str | dict[str, object] | None, complaint: str
) -> None:
    file = listed(tmp_path, **text) if isinstance(text, dict) else tmp_path / "known.toml"
    if isinstance(text, str):
        file.write_text(text)

    with pytest.raises(UsageProblem, match=complaint) as caught:
        checking(url, known_files=(file,))

    assert str(file) in str(caught.value)
    assert not (tmp_path / "run").exists()
