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
from assay.plugin.options import NOT_STATED, CheckOptions
from assay.plugin.remembering import exchanges_before
from assay.plugin.running import resume_check
from assay.record import Run, read
from assay.scene import SCENES
from assay.serving import running
from assay.target import KeyPlace
from assay.target.assets import Bind

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
    options = CheckOptions(given.pop("target", "reference"), **{"workers": 1, **given})
    resume_check(folder, options, frozenset(given) | {"target"}, (said if said is not None else []).append)
    return read(folder)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.thorough)])
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


@pytest.mark.thorough
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


@pytest.mark.thorough
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


CERTIFICATE = Path("/etc/some.pem")
EACH: dict[str, Any] = {
    "target": "http://api.example/v1",
    "models": {"segmentation": "hiera_small", "object-detection": "a/1"},
    "key_variable": "MY_KEY",
    "key_place": KeyPlace.QUERY,
    "headers": (("X-A", "secret"), ("X-B", "secret")),
    "only": ("a.*", "b"),
    "skip": ("c.*",),
    "operations": ("sam2.*",),
    "require": ("hosted.*",),
    "strict": True,
    "seed": 7,
    "depth": "deep",
    "examples": 3,
    "use_known": False,
    "known_files": (Path("/mine/a.toml"), Path("b.toml")),
    "out": Path("somewhere"),
    "timeout": 1.5,
    "ready_timeout": 2.5,
    "max_requests": 10,
    "asset_bind": Bind("::1", 8088),
    "asset_base_url": "http://front.example",
    "time_budget": 3.5,
    "ca_bundle": CERTIFICATE,
    "client_cert": CERTIFICATE,
    "client_key": CERTIFICATE,
    "proxy": "http://name:password@proxy.example:3128",
    "pictures": Path("/mine/pics"),
    "no_pictures": True,
    "allow_hostile": True,
    "quiet": True,
    "workers": 2,
}
NEEDED: dict[str, dict[str, Any]] = {"asset_base_url": {"asset_bind": Bind("127.0.0.1", 80)}}
NAMED: dict[str, Any] = {
    "headers": (("X-A", ""), ("X-B", "")),
    "known_files": (Path("a.toml"), Path("b.toml")),
    "pictures": Path("pics"),
    "proxy": "http://proxy.example:3128",
}
"""What is left of a value of which a record holds the name, or no password."""


def test_every_option_is_in_the_round_trip() -> None:
    assert set(EACH) == {field.name for field in dataclasses.fields(CheckOptions)}
    for name, value in EACH.items():
        assert getattr(CheckOptions("reference"), name) != value, f"{name}: a value that is none of the defaults"


@pytest.mark.parametrize("name", EACH)
def test_options_come_back_from_the_record(name: str) -> None:
    """An option that the record did not state would silently be another one after a resume."""
    plain = CheckOptions("reference", **NEEDED.get(name, {}))
    options = dataclasses.replace(plain, **{name: EACH[name]})

    stated = json.loads(json.dumps(options.as_json()))

    kept = plain if name in NOT_STATED else dataclasses.replace(options, **{name: NAMED.get(name, EACH[name])})
    assert CheckOptions.of(stated, options.seed) == kept
    assert "secret" not in str(stated)
    assert "password" not in str(stated)


def test_options_that_nobody_wrote(checking: Checking, tmp_path: Path) -> None:
    checking("reference", only=("hosted.image.*",))
    cut(tmp_path / "run", 1)
    record = tmp_path / "run" / "run.jsonl"
    whole = record.read_text("utf-8")
    for old, new in (('"strict": false', '"Strict": false'), ('"models_named": []', '"models_named": 3')):
        assert old in whole
        record.write_text(whole.replace(old, new))
        with pytest.raises(UsageProblem, match="does not state with which options it was begun; start a new run"):
            resume(tmp_path / "run")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "pics"
    folder.mkdir()
    (folder / "one.png").write_bytes(SCENES["trio"].png())
    return folder


@pytest.mark.thorough
@pytest.mark.parametrize("no_pictures", [False, True])
def test_pictures_are_given_again(checking: Checking, tmp_path: Path, own: Path, no_pictures: bool) -> None:
    chosen = (*CHOSEN, "hosted.drawing.*", "service.json-is-json")
    whole = checking("reference", only=chosen, pictures=own, no_pictures=no_pictures)
    cut(tmp_path / "run", len(whole.run.outcomes) - 3)
    with pytest.raises(UsageProblem, match=r"was begun with pics; give the same again with --pictures$"):
        resume(tmp_path / "run")
    with pytest.raises(UsageProblem, match=r"was begun with pics; give the same again with --pictures$"):
        resume(tmp_path / "run", pictures=tmp_path)

    after = resume(tmp_path / "run", pictures=own)

    assert after.header["configuration"]["no_pictures"] is no_pictures
    assert [each[:3] for each in found(after)] == [each[:3] for each in found(whole.run)]


def test_an_answer_that_was_not_kept_accuses_nobody(checking: Checking, tmp_path: Path, own: Path) -> None:
    """A body that is missing is no JSON, and says nothing of what came."""
    checking("reference", only=("hosted.image.*", "hosted.drawing.*"), pictures=own, no_pictures=True)
    run = read(tmp_path / "run")
    event = next(each for each in run.exchanges.values() if each["response"]["body"]["media"] == "application/json")
    del event["response"]["body"]["artifact"]
    event["response"]["body"]["withheld"] = "not kept"
    gone = next(each for each in run.exchanges.values() if "artifact" in (each["response"]["body"] or {}))
    (run.folder / "artifacts" / gone["response"]["body"]["artifact"]).unlink()

    heard = [exchange.id for exchange in exchanges_before(run, None)]

    assert not {event["id"], gone["id"]} & set(heard)
    assert 0 < len(heard) < len(run.exchanges)


def test_an_address_in_brackets(checking: Checking, tmp_path: Path) -> None:
    checking("reference", only=("hosted.image.*",), asset_bind=Bind("::1", 0))
    cut(tmp_path / "run", 1)

    run = resume(tmp_path / "run")

    assert run.header["configuration"]["asset_bind"] == "[::1]:0"
    assert run.footer
