"""A run that was cut short goes on where it stood: one record, one verdict, and nothing asked twice."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from assay.errors import UsageProblem
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.plugin.check import Check
from assay.plugin.options import CheckOptions
from assay.plugin.running import resume_check
from assay.record import Run, read
from assay.serving import running

from .conftest import Checking
from .servers import calling_itself, reference
from .test_workers import found

CHOSEN = ("hosted.classes.*", "hosted.image.*", "sam2.segment.*")
Resuming = Callable[..., Check]


def cut(folder: Path, outcomes: int) -> None:
    """The record as it is when the process is killed after so many outcomes, in the middle of the next line."""
    kept, left = [], outcomes
    for line in (folder / "run.jsonl").read_text("utf-8").splitlines():
        kind = json.loads(line)["kind"]
        left -= kind == "outcome"
        if left < 0:
            kept.append(line[:30])
            break
        kept.append(line)
    (folder / "run.jsonl").write_text("\n".join(kept))
    for report in ("report.html", "junit.xml", "summary.md"):
        (folder / report).unlink(missing_ok=True)


def resume(folder: Path, said: list[str] | None = None, **given: Any) -> Run:
    options = CheckOptions(given.pop("target", "reference"), **given)
    resume_check(folder, options, frozenset(given) | {"target"}, (said if said is not None else []).append)
    return read(folder)


@pytest.mark.parametrize("workers", [1, 2])
def test_it_ends_as_if_it_had_not_been_cut(checking: Checking, url: str, tmp_path: Path, workers: int) -> None:
    with running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        whole = checking(faulty, only=CHOSEN, seed=5, skip=("*.image-is-jpeg",), out=tmp_path / "whole")
        checking(faulty, only=CHOSEN, seed=5, skip=("*.image-is-jpeg",), out=tmp_path / "cut")
        cut(tmp_path / "cut", 9)
        before = read(tmp_path / "cut")
        said: list[str] = []
        after = resume(tmp_path / "cut", said, target=faulty, workers=workers)

    assert before.footer is None
    assert found(after) == found(whole.run)
    assert after.footer is not None
    assert after.footer["verdict"] == whole.verdict
    assert after.footer["exit_code"] == whole.exit_code == 1
    assert set(after.exchanges) > set(before.exchanges)
    settled = {f"{outcome['rule']} / {outcome['case']}" for outcome in before.outcomes}
    new = [exchange for name, exchange in after.exchanges.items() if name not in before.exchanges]
    assert not [exchange for exchange in new if exchange["purpose"] in settled], "what was judged is not asked again"
    assert len(after.header["resumed"]) == 1
    assert any("9 cases were judged before" in line for line in said)
    assert whole.verdict in (tmp_path / "cut" / "report.html").read_text("utf-8")


def test_a_run_may_be_cut_more_than_once(checking: Checking, tmp_path: Path) -> None:
    whole = checking("reference", only=CHOSEN)
    for outcomes in (4, 9):
        cut(tmp_path / "run", outcomes)
        after = resume(tmp_path / "run")

    assert found(after) == found(whole.run)
    assert len(after.header["resumed"]) == 2


def test_a_finished_run_is_not_gone_on_with(checking: Checking, tmp_path: Path) -> None:
    checking("reference", only=("hosted.image.*",))

    with pytest.raises(UsageProblem, match="is finished; start a new run"):
        resume(tmp_path / "run")


def test_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="holds no readable run record"):
        resume(tmp_path)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"target": "http://127.0.0.1:9"}, "TARGET http://127.0.0.1:9 contradicts"),
        ({"seed": 6}, "--seed 6 contradicts the run in .*, which was begun with 5; leave it out, or start a new run"),
        ({"seed": 0}, "--seed 0 contradicts"),
        ({"strict": True}, "--strict True contradicts"),
        ({"only": ("sam2.*",)}, r"--only sam2\.\* contradicts"),
        ({"models": {"segmentation": "hiera_tiny"}}, "--model segmentation=hiera_tiny contradicts"),
        ({"use_known": False}, "--no-known False contradicts"),
        ({"headers": (("X-A", "b"),)}, "was begun without any; give the same again with --header"),
        ({"known_files": (Path("mine.toml"),)}, "was begun without any; give the same again with --known"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_contradicts_it_is_refused(
    checking: Checking, tmp_path: Path, given: dict[str, Any], complaint: str
) -> None:
    checking("reference", only=("hosted.image.*",), seed=5)
    cut(tmp_path / "run", 1)
    before = (tmp_path / "run" / "run.jsonl").read_bytes()

    with pytest.raises(UsageProblem, match=complaint):
        resume(tmp_path / "run", **given)

    assert (tmp_path / "run" / "run.jsonl").read_bytes() == before


def test_what_may_change_may_change(checking: Checking, tmp_path: Path) -> None:
    checking("reference", only=("hosted.image.*",), seed=5, timeout=50)
    cut(tmp_path / "run", 1)

    run = resume(tmp_path / "run", seed=5, timeout=60, max_requests=500)

    assert (run.header["configuration"]["timeout"], run.header["configuration"]["max_requests"]) == (60, 500)
    assert run.footer


def test_a_budget_is_that_of_the_whole_run(checking: Checking, tmp_path: Path) -> None:
    checking("reference", only=("hosted.image.*", "sam2.segment.*"), max_requests=300)
    cut(tmp_path / "run", 2)
    sent = len(read(tmp_path / "run").exchanges)

    run = resume(tmp_path / "run", max_requests=sent + 40)

    assert len(run.exchanges) == sent + 40
    assert run.footer
    assert run.footer["exit_code"] == 9


def test_what_was_heard_before_is_judged_too(checking: Checking, url: str, tmp_path: Path) -> None:
    """The key stood in answers to the earlier part alone."""
    chosen = ("hosted.image.*", "service.tells-no-key")
    with running(create_proxy(url, FAULTS["key-told-in-header"])) as faulty:
        checking(faulty, only=chosen, out=tmp_path / "run")
        port = urlsplit(faulty).port
    cut(tmp_path / "run", 4)
    with running(reference(), "127.0.0.1", port or 0) as mended:
        assert mended == faulty
        run = resume(tmp_path / "run", target=mended)

    told = {outcome["case"]: outcome["outcome"] for outcome in run.outcomes if "tells" in outcome["rule"]}
    assert told["hosted.object-detection told=answers"] == "fail"


def test_another_target_is_refused(checking: Checking, tmp_path: Path) -> None:
    names = iter(["1.0", "2.0"])
    version = next(names)

    def change(answer: Any) -> Any:
        return calling_itself("A server", version)(answer)

    with running(reference(change)) as target:
        checking(target, only=("hosted.image.*",))
        cut(tmp_path / "run", 1)
        before = (tmp_path / "run" / "run.jsonl").read_bytes()
        version = next(names)
        with pytest.raises(UsageProblem, match=r"of another target: its version was '1\.0', and is '2\.0'"):
            resume(tmp_path / "run", target=target)

    assert (tmp_path / "run" / "run.jsonl").read_bytes() == before


def test_another_assay_is_refused(checking: Checking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checking("reference", only=("hosted.image.*",))
    cut(tmp_path / "run", 1)
    monkeypatch.setattr("assay.__version__", "99")

    with pytest.raises(UsageProblem, match=r"was begun by Assay .*, and this is 99"):
        resume(tmp_path / "run")


def test_every_option_is_compared_or_named() -> None:
    """An option that the record did not state would silently be another one after a resume."""
    stated = CheckOptions("reference").as_json()
    called = {"use_known": "known", "seed": None, "out": None, "key_variable": None, "quiet": None}

    for field in dataclasses.fields(CheckOptions):
        name = called.get(field.name, field.name)
        assert name is None or name in stated, field.name
