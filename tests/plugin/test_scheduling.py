"""What takes longest is begun first, so that no worker is waited for alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from assay.contract import load
from assay.contract.message import Request, Response
from assay.contract.rule import Case
from assay.plugin.leading import Leading
from assay.plugin.scheduling import ByTask
from assay.plugin.smoke import Smoke
from assay.record.model import Exchange


class Worker:
    """One of pytest-xdist's: it remembers what it was given."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.given: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, numbers: list[int]) -> None:
        self.given += numbers

    def shutdown(self) -> None:
        self.shutting_down = True


def of_tasks(**numbers: int) -> dict[str, str]:
    """So many tests of each task, each with its task."""
    return {f"{task}/{number}": task for task, most in numbers.items() for number in range(most)}


def scheduled(workers: list[Worker], tests: dict[str, str], **seconds: float) -> ByTask:
    """These tests handed out, where a test of a task takes so many seconds."""
    config: Any = SimpleNamespace(
        option=SimpleNamespace(loadscopereorder=True), getvalue=lambda name: ["popen"] * len(workers)
    )
    log: Any = SimpleNamespace(loadscopesched=lambda *told: None)
    schedule = ByTask(config, log, tests, {test: seconds[task] for test, task in tests.items()})
    for worker in workers:
        collected(schedule, worker, tests)
    schedule.schedule()
    return schedule


def collected(schedule: ByTask, worker: Any, tests: dict[str, str]) -> None:
    schedule.add_node(worker)
    schedule.add_node_collection(worker, list(tests))


def tasks(worker: Worker, tests: dict[str, str]) -> list[str]:
    """The tasks that a worker was given, in order."""
    return list(dict.fromkeys(list(tests.values())[number] for number in worker.given))


def test_what_takes_longest_comes_first_however_few_its_cases() -> None:
    tests = of_tasks(many=3, short=1, slow=2)
    one, other = Worker("gw0"), Worker("gw1")

    scheduled([one, other], tests, many=0.1, short=0.1, slow=5)

    assert (tasks(one, tests), tasks(other, tests)) == (["slow", "short"], ["many"])


def test_all_of_a_task_goes_to_one_worker() -> None:
    tests = of_tasks(many=3, short=1, slow=2)
    workers = [Worker("gw0"), Worker("gw1"), Worker("gw2")]

    scheduled(workers, tests, many=0.1, short=0.1, slow=5)

    assert [tasks(worker, tests) for worker in workers] == [["slow"], ["many"], ["short"]]


def test_what_a_worker_had_finished_when_it_died_is_not_handed_out_again() -> None:
    """Who is given nothing to do never asks for more, and the run would wait for it for ever."""
    tests = of_tasks(long=3, following=5, many=9, rest=4)
    dying, other, replacing = Worker("gw0"), Worker("gw1"), Worker("gw2")
    schedule = scheduled([dying, other], tests, long=1, following=0.3, many=0.2, rest=0.2)
    for number in range(3):
        schedule.mark_test_complete(dying, number)
    assert tasks(dying, tests) == ["long", "following"]

    crashed = schedule.remove_node(dying)
    collected(schedule, replacing, tests)
    schedule.schedule()

    assert crashed == "following/0"
    assert tasks(replacing, tests)[0] == "following"
    assert len(replacing.given) >= 4
    assert schedule.assigned_work[replacing]["following"]["following/0"]  # it is not tried again


def test_what_a_case_takes_is_told_by_the_plain_request_of_its_operation() -> None:
    def answered(seconds: float) -> Exchange:
        return Exchange("x1", Request("one", "POST", "/one"), Response(200, (), b"{}"), None, 0.0, seconds)

    smoke = Smoke({"sam2.embed": answered(2.0), "florence2.infer": answered(0.1)})
    check: Any = SimpleNamespace(
        begun=True, knows=SimpleNamespace(smoke=smoke), deployment=SimpleNamespace(contract=load())
    )
    leading = Leading(check)
    rule: Any = None
    leading._unjudged = {name: (rule, Case(name)) for name in ("sam2.embed", "florence2.infer")}
    config: Any = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=lambda name: ["popen"])

    schedule = leading.pytest_xdist_make_scheduler(config, SimpleNamespace(loadscopesched=None))

    assert schedule._seconds["sam2.embed"] > 5 * schedule._seconds["florence2.infer"] > 0
    assert schedule._split_scope("sam2.embed") == "segmentation"
