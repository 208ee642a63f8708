"""Several processes judge for one run: what they find and what they ask is what one process finds and asks."""

from __future__ import annotations

import itertools
import json
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import UsageProblem
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.record import Run, read
from assay.reference.app import create_app
from assay.reference.embedded import MODELS
from assay.serving import running
from assay.suite import suite_folder
from assay.target.assets import Bind
from assay.target.budget import Budget

from .conftest import Checking
from .servers import KEY
from .test_under_pytest import run_pytest

CHOSEN = ("hosted.classes.*", "hosted.image.*", "sam2.segment.*", "service.answers-*-requests", "service.keeps*")


def found(run: Run) -> list[tuple[Any, ...]]:
    """What was found, apart from how long it took and from the numbers of exchanges."""
    return sorted(
        (
            outcome["rule"], outcome["case"], outcome["outcome"], outcome["message"], _sizeless(outcome["witness"]),
            json.dumps(outcome["known"]), len(outcome["exchanges"]),
            json.dumps([{**finding, "exchange": None} for finding in outcome["findings"]]),
        )
        for outcome in run.outcomes
    )  # fmt: skip


def _sizeless(witness: str | None) -> str | None:
    """An answer tells how long it took, and so is a byte longer or shorter; a witness may tell it, too."""
    return witness and re.sub(r"^\d+ bytes|\d+\.\d+ s", "some", witness)


def asked(run: Run) -> Counter[tuple[Any, ...]]:
    """What was asked. A picture has an address of its own in each run."""
    return Counter(
        (
            exchange["purpose"],
            re.sub(r"image=http[^&]*", "", exchange["request"]["url"]),
            json.dumps(exchange["request"]["body"]),
        )
        for exchange in run.exchanges.values()
    )


def asked_of_any(run: Run) -> Counter[tuple[Any, ...]]:
    """What was asked, of whichever of several deployments."""
    return Counter((purpose, url.split("/", 3)[3], body) for purpose, url, body in asked(run).elements())


def counting(app: ASGIApp, heard: list[str]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            heard.append(scope["path"])
        await app(scope, receive, send)

    return answer


@pytest.mark.thorough
def test_any_number_of_workers_finds_and_asks_the_same(checking: Checking, url: str, tmp_path: Path) -> None:
    with running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        one, two, four = (
            checking(faulty, only=CHOSEN, models=MODELS, seed=7, workers=workers, out=tmp_path / str(workers))
            for workers in (1, 2, 4)
        )

    assert found(one.run) == found(two.run) == found(four.run)
    assert asked(one.run) == asked(two.run) == asked(four.run)
    assert one.exit_code == two.exit_code == four.exit_code == 1
    assert one.verdict == two.verdict == four.verdict
    assert set(one.run.rules) == set(two.run.rules)
    assert sorted(line for line in one.said if "classes" in line) == sorted(
        line for line in two.said if "classes" in line
    )
    order = [(outcome["rule"], outcome["case"]) for outcome in two.run.outcomes]
    assert order == sorted(order)
    assert sorted(path.name for path in (tmp_path / "2").iterdir()) == [
        "artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md",
    ]  # fmt: skip


@pytest.mark.thorough
def test_any_number_of_embedded_deployments_is_asked_the_same(checking: Checking, tmp_path: Path) -> None:
    chosen = ("hosted.boxes.*", "owlv2.examples.*", "service.keeps*", "service.*-picture")

    one, three = (
        checking("reference", only=chosen, seed=7, workers=workers, out=tmp_path / str(workers)) for workers in (1, 3)
    )

    assert found(one.run) == found(three.run)
    assert asked_of_any(one.run) == asked_of_any(three.run)
    assert {each["id"] for each in one.run.exchanges.values() if "keeps-answers" in each["purpose"]}
    deployments = {
        exchange["request"]["url"].split("/")[2]
        for exchange in three.run.exchanges.values()
        if "service.keeps-answers-apart" in exchange["purpose"]
    }
    assert len(deployments) == 3, "each task is asked for itself where its worker asks"


@pytest.mark.thorough
def test_every_exchange_that_is_named_is_there(checking: Checking) -> None:
    run = checking("reference", only=("sam2.segment.*", "hosted.classes.*"), workers=2).run

    assert {outcome["outcome"] for outcome in run.outcomes} == {"pass"}
    for outcome in run.outcomes:
        assert set(outcome["exchanges"]) <= set(run.exchanges)
    assert len({int(identifier[1:]) // 1_000_000 for identifier in run.exchanges}) == 3, "two workers, and who leads"
    for exchange in run.exchanges.values():
        assert run.artifact(exchange["response"]["body"]["artifact"])


@pytest.mark.thorough
def test_no_more_is_sent_than_all_together_may(checking: Checking, tmp_path: Path) -> None:
    heard: list[str] = []
    with running(counting(create_app(key=KEY), heard)) as url:
        ended = checking(url, only=("service.*",), max_requests=100, workers=3)

    assert len(heard) == len(ended.run.exchanges) == 100
    assert ended.exit_code == 9
    assert "the budget of 100 requests is spent" in ended.messages
    assert not ended.outcomes("service.tells-no-key") - {"disabled"}, "nothing is asked when nothing may be"


@pytest.mark.thorough
def test_the_time_to_ask_ends_for_all(checking: Checking, url: str) -> None:
    ended = checking(url, time_budget=12, workers=2)

    assert ended.exit_code == 9
    assert "the time budget of 12 s is spent" in ended.messages


def test_what_each_has_heard_is_judged_by_one(checking: Checking, url: str, tmp_path: Path) -> None:
    """The key stands in answers that only workers have seen."""
    with running(create_proxy(url, FAULTS["key-told-in-header"])) as faulty:
        one, two = (
            checking(
                faulty, only=("service.tells-no-key", "sam2.segment.*"), workers=workers, out=tmp_path / str(workers)
            )
            for workers in (1, 2)
        )

    kinds = [{name: kind for name, _, kind, *_ in found(each.run)} for each in (one, two)]
    assert kinds[0] == kinds[1]
    assert two.outcomes("service.tells-no-key") == {"fail"}


@pytest.mark.thorough
def test_workers_offer_pictures_at_one_address(checking: Checking) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    asked_for = checking(
        "reference", only=("service.picture-by-address",), asset_bind=Bind("127.0.0.1", port), workers=2
    )

    assert asked_for.outcomes("service.picture-by-address") == {"pass"}
    assert any(int(identifier[1:]) > 1_000_000 for identifier in asked_for.run.exchanges), "workers have asked"


def test_a_budget_is_shared_by_whoever_opens_its_ledger(tmp_path: Path) -> None:
    first = Budget(5)
    first.spend()
    first.share(tmp_path / "ledger")
    others = [Budget(5, ledger=tmp_path / "ledger") for _ in range(2)]

    for budget in (first, *others, others[0]):
        budget.spend()

    for budget in (first, *others):
        with pytest.raises(UsageProblem, match="budget of 5"):
            budget.spend()


RULES = r"""
import os
import time
from pathlib import Path

from assay.contract.rule import over, rule

LOG = Path(os.environ["LOG_OF_THIS_TEST"])
OPERATIONS = ("hosted.object-detection", "sam2.segment")


def log(word):
    with LOG.open("a") as file:
        file.write(f"{word} {os.environ.get('PYTEST_XDIST_WORKER', 'leader')}\n")


@rule("own.first.alone", requirement="A", source="sound", severity="must", cases=over(OPERATIONS), alone="run")
def test_alone(asked, case):
    log("alone")


@rule("own.first.in-its-task", requirement="A", source="sound", severity="must", cases=over(OPERATIONS), alone="task")
def test_alone_in_its_task(asked, case):
    log("within")


@rule("own.second.slow", requirement="B", source="sound", severity="must", cases=over(OPERATIONS, n=[1, 2, 3]))
def test_slow(asked, case):
    if case["n"] == 2 and case.operation == "sam2.segment" and "DIE" in os.environ:
        os._exit(1)
    time.sleep(0.05)
    asked.note("it slept")
    log(case.operation)
"""


@pytest.fixture
def own_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rules of a user's own, run in several processes."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "test_own.py").write_text(RULES)
    monkeypatch.setenv("LOG_OF_THIS_TEST", str(tmp_path / "log"))
    return tmp_path


@pytest.mark.thorough
def test_what_is_alone_runs_last_and_in_no_worker(own_rules: Path, url: str) -> None:
    models = [f"--assay-model={task}={model}" for task, model in MODELS.items()]

    told = run_pytest(own_rules, "rules", "--target", url, "-n", "2", "--assay-out", "run", *models)

    lines = (own_rules / "log").read_text().splitlines()
    assert told.returncode == 0, told.stdout
    assert lines[-4:] == ["within leader"] * 2 + ["alone leader"] * 2
    assert not any("leader" in line for line in lines[:-4])


@pytest.mark.thorough
def test_each_worker_has_an_embedded_deployment_for_what_is_alone_within_a_task(own_rules: Path) -> None:
    told = run_pytest(own_rules, "rules", "--target", "reference", "-n", "2", "--assay-out", "run")

    lines = (own_rules / "log").read_text().splitlines()
    assert told.returncode == 0, told.stdout
    assert lines[-2:] == ["alone leader"] * 2
    assert "leader" not in {line.split()[1] for line in lines if line.startswith("within ")}
    workers = {operation: {line.split()[1] for line in lines if line.startswith(operation)} for operation in (
        "hosted.object-detection", "sam2.segment")}  # fmt: skip
    assert all(len(each) == 1 and "leader" not in each for each in workers.values()), "an operation has one worker"
    assert len(set(itertools.chain(*workers.values()))) == 2
    assert "passed (3 rules, 10 cases)" in told.stdout
    assert read(own_rules / "run").header["configuration"]["workers"] == 2


@pytest.mark.thorough
def test_a_worker_that_dies_is_an_error_and_no_silence(own_rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIE", "1")

    told = run_pytest(own_rules, "rules", "--target", "reference", "-n", "2", "--assay-out", "run")

    run = read(own_rules / "run")
    kinds = {(outcome["rule"], outcome["case"]): outcome["outcome"] for outcome in run.outcomes}
    assert told.returncode == 1
    assert kinds.pop(("own.second.slow", "sam2.segment n=2")) == "error"
    assert set(kinds.values()) == {"pass"}
    assert len(kinds) == 9, "another worker has gone on"
    assert any("the process that judged this case died" in outcome["message"] for outcome in run.outcomes)


OTHERS_TESTS = """
import gc


def test_garbage_is_looked_for_as_ever():
    assert gc.get_threshold()[0] < 20_000


def test_more():
    pass
"""


@pytest.mark.thorough
def test_workers_of_somebody_elses_tests_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(OTHERS_TESTS)

    told = run_pytest(tmp_path, "-q", "-n", "2", "test_other.py")

    assert told.returncode == 0, told.stdout
    assert "2 passed" in told.stdout
    assert "assay" not in told.stdout + told.stderr


def test_a_process_that_serves_nothing_loads_no_web_server() -> None:
    loaded = (
        "import sys, assay.plugin.worker, assay.plugin.running; print({'uvicorn', 'starlette'} & sys.modules.keys())"
    )

    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True)

    assert told.stdout == "set()\n"


def test_a_process_reads_the_rules_once(checking: Checking) -> None:
    checking("reference", only=("hosted.image.size",), operations=("hosted.object-detection",))

    read_by_now = Counter(getattr(module, "__file__", None) for module in list(sys.modules.values()))
    rules = {str(path): read_by_now[str(path)] for path in suite_folder("conformance").glob("test_*.py")}
    assert set(rules.values()) == {1}
