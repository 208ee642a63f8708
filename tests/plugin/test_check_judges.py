"""What decides the exit code; how rules are chosen; what the same seed repeats; whether a printed command runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from assay.contract import load
from assay.errors import UsageProblem
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.record import KEY_VARIABLE, Run, read
from assay.serving import running

from . import servers
from .conftest import Checking
from .servers import KEY

DRAWING = "hosted.format.drawing-shows-predictions"
PROBE = "probe of pictures by address"
GENERATED = "service.accepts-valid-requests"
Event = dict[str, Any]


@pytest.mark.parametrize(("strict", "expected"), [(False, 0), (True, 1)])
def test_a_broken_should_warns_or_decides(checking: Checking, url: str, strict: bool, expected: int) -> None:
    with running(create_proxy(url, FAULTS["drawing-plain"])) as faulty:
        found = checking(faulty, only=("hosted.format.*",), strict=strict)

    assert found.exit_code == expected
    assert found.outcomes(DRAWING) == {"warn"}
    assert ("6 warnings" in found.verdict) is not strict


def test_a_broken_must_decides(checking: Checking, url: str) -> None:
    with running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        found = checking(faulty, only=("hosted.classes.only-those-asked", "hosted.image.size"))

    assert found.exit_code == 1
    assert found.verdict.startswith("FAILED: 1 of 2 rules broken")
    failing = next(outcome for outcome in found.run.outcomes if outcome["outcome"] == "fail")
    assert failing["findings"][0]["exchange"] in failing["exchanges"]


def test_rules_are_chosen_by_pattern(checking: Checking, url: str) -> None:
    found = checking(url, only=("hosted.image.*", "hosted.boxes.*"), skip=("*.boxes.*",))

    assert found.outcomes("hosted.image.size") == {"pass"}
    assert found.outcomes("hosted.boxes.inside-image") == {"disabled"}
    assert all(rule.startswith(("hosted.image.", "hosted.boxes.")) for rule in found.run.rules)
    assert {outcome["rule"] for outcome in found.run.outcomes} == set(found.run.rules)


@pytest.mark.parametrize("options", [{"only": ("nope.*",)}, {"skip": ("hosted",)}, {"only": ("",)}], ids=str)
def test_a_pattern_that_chooses_nothing_is_a_mistake(checking: Checking, options: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="no rule matches"):
        checking("reference", **options)


def test_the_budget_of_requests_is_kept(checking: Checking, url: str, tmp_path: Path) -> None:
    """What was judged until then can be read; the rest is said to be open, and nothing was found wrong."""
    found = checking(url, only=("hosted.image.size", "hosted.boxes.*"), max_requests=12)

    assert len(found.run.exchanges) == 12
    assert found.exit_code == 9
    assert found.verdict.startswith("UNDECIDED: the budget of 12 requests is spent; raise --max-requests")
    assert found.outcomes("hosted.image.size") == {"pass", "disabled"}
    assert "the case was not judged: the budget of 12 requests is spent" in found.messages
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_budget_that_does_not_even_begin_is_a_mistake(checking: Checking, url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="the budget of 2 requests is spent"):
        checking(url, max_requests=2)
    assert not list(tmp_path.iterdir())


def test_a_model_that_the_contract_does_not_know_is_a_mistake(checking: Checking, url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"sam2\.embed cannot be asked for the model hiera_nope .* name another"):
        checking(url, models={"segmentation": "hiera_nope"})
    assert not list(tmp_path.iterdir())


def test_an_unknown_model_is_a_mistake(checking: Checking, url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"does not know the model nobody/7 .* check --model"):
        checking(url, models={"object-detection": "nobody/7"})
    assert not list(tmp_path.iterdir())


def sent(run: Run) -> list[tuple[str, str, str]]:
    """What was sent, apart from the port: purpose, request line and body, in an order that threads cannot change."""
    rows = []
    for exchange in run.exchanges.values():
        request = exchange["request"]
        parts = urlsplit(request["url"])
        body = request["body"]["artifact"] if request["body"] else ""
        if exchange["purpose"] == PROBE:
            continue  # its address cannot be guessed, not even by another run
        rows.append((exchange["purpose"], f"{request['method']} {parts.path}?{parts.query}", body))
    return sorted(rows)


def check_apart(folder: Path, seed: int, hashing: int) -> list[tuple[str, str, str]]:
    """Check in a process of its own, whose hashes are others and which stands elsewhere."""
    folder.mkdir()
    options = ["--seed", str(seed), "--examples", "3", "--out", "run", "--only", GENERATED]
    subprocess.run(
        [sys.executable, "-m", "assay", "check", "reference", *options],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": str(hashing)},
        capture_output=True,
        timeout=120,
        check=True,
    )
    return sent(read(folder / "run"))


def test_the_same_seed_sends_the_same_requests(checking: Checking, tmp_path: Path) -> None:
    """In another process, and under a pytest in which other modules are loaded."""
    first = check_apart(tmp_path / "first", seed=5, hashing=1)
    here = checking("reference", seed=5, examples=3, only=(GENERATED,))

    assert sent(here.run) == first


@pytest.mark.thorough
def test_another_seed_sends_others(checking: Checking, tmp_path: Path) -> None:
    runs = [
        checking("reference", seed=seed, examples=3, only=(GENERATED,), out=tmp_path / str(seed)) for seed in (5, 6)
    ]
    first, second = ({row for row in sent(each.run) if row[0] != "discovery"} for each in runs)

    assert len(first - second) > 10


def run_printed(exchange: Event, folder: Path, base: str, key: str) -> int:
    """Run an exchange's command as a reader would, against a server at `base`; returns the status that came back."""
    recorded = urlsplit(exchange["request"]["url"])
    command = exchange["curl"].replace(f"{recorded.scheme}://{recorded.netloc}", base)
    command = command.replace("curl -sS", "curl -sS --noproxy '*' -o /dev/null -w '%{http_code}'")
    ran = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, KEY_VARIABLE: key},
        capture_output=True,
        timeout=30,
        check=True,
    )
    return int(ran.stdout)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
@pytest.mark.parametrize("key", [KEY, "ro+b/ke~y.7Q==x_9"])
@pytest.mark.parametrize("place", ["documented", "header"])
def test_a_printed_command_runs(checking: Checking, key: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    with running(servers.reference(key=key)) as url:
        rules = ("service.refuses-undecodable-*", "hosted.image.size", "sam2.segment.rle-*")
        found = checking(url, key_place=place, only=rules)
        exchanges = [each for each in found.run.exchanges.values() if each["purpose"] not in ("discovery", PROBE)]
        chosen = {(each["operation"], each["response"]["status"]): each for each in exchanges}
        assert len(chosen) == 2 * len(load().operations), "each operation is answered with 200 and with a refusal"
        for (_, status), exchange in chosen.items():
            assert key not in exchange["curl"]
            assert run_printed(exchange, found.run.folder, url, key) == status
        good = chosen["hosted.object-detection", 200]
        assert run_printed(good, found.run.folder, url, "another-key") == 403, "the command does send the key"


@pytest.mark.thorough
@pytest.mark.parametrize("odd", ["1" + "0" * 400, "[" * 800 + "]" * 800], ids=["number", "nesting"])
def test_odd_json_is_the_targets_and_breaks_nothing_of_ours(checking: Checking, odd: str) -> None:
    def change(answer: servers.Answer) -> servers.Answer:
        if not answer.body.startswith(b"{") or not answer.path.startswith("/shapes"):
            return answer
        return answer.saying(b'{"odd": ' + odd.encode() + b", " + answer.body[1:])

    with running(servers.reference(change)) as url:
        found = checking(url, only=("hosted.*", "service.*"), operations=("hosted.object-detection",))

    assert found.exit_code == 1
    assert "the suite broke" not in found.messages
    assert found.outcomes("hosted.answer.schema") >= {"fail"}


def test_a_class_of_any_length_neither_breaks_a_request_nor_fills_the_record(checking: Checking) -> None:
    """It would be asked for in the query, and stand in every message, mark and witness."""

    def change(answer: servers.Answer) -> servers.Answer:
        if answer.path != "/shapes/1" or not answer.body.startswith(b"{"):
            return answer
        return answer.saying(re.sub(rb'"class": ?"', b'"class": "' + b"x" * 100_000, answer.body))

    with running(servers.reference(change)) as url:
        chosen = ("hosted.classes.*", "hosted.boxes.*", "hosted.keypoints.*", "service.accepts-valid-requests")
        found = checking(url, only=chosen, operations=("hosted.object-detection",), examples=3)

    assert "URL too long" not in found.messages
    assert "the suite broke" not in found.messages
    assert found.outcomes("hosted.classes.only-those-asked") == {"inconclusive", "pass"}
    lines = [line for line in (found.run.folder / "run.jsonl").read_text("utf-8").splitlines() if '"outcome"' in line]
    assert max(map(len, lines)) < 100_000
    assert (found.run.folder / "report.html").stat().st_size < 5_000_000
