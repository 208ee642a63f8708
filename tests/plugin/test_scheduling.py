"""What takes longest is begun first, so that no worker is waited for alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from assay.plugin.scheduling import ByTask


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


TESTS = {"many/1": "many", "many/2": "many", "many/3": "many", "slow/1": "slow", "slow/2": "slow", "short/1": "short"}
SECONDS = {test: 5.0 if task == "slow" else 0.1 for test, task in TESTS.items()}


def scheduled(workers: list[Worker]) -> ByTask:
    config: Any = SimpleNamespace(
        option=SimpleNamespace(loadscopereorder=True), getvalue=lambda name: ["popen"] * len(workers)
    )
    schedule = ByTask(config, None, TESTS, SECONDS)
    for worker in workers:
        schedule.add_node(worker)
        schedule.add_node_collection(worker, list(TESTS))
    schedule.schedule()
    return schedule


def test_what_takes_longest_comes_first_however_few_its_cases() -> None:
    one, other = Worker("gw0"), Worker("gw1")

    scheduled([one, other])

    tests = list(TESTS)
    assert [tests[number] for number in one.given][:2] == ["slow/1", "slow/2"]
    assert [tests[number] for number in other.given][:3] == ["many/1", "many/2", "many/3"]
    assert sorted(one.given + other.given) == list(range(len(TESTS)))


def test_all_of_a_task_goes_to_one_worker() -> None:
    alone = Worker("gw0")

    schedule = scheduled([alone])

    assert sum(len(unit) for unit in schedule.assigned_work[alone].values()) == len(alone.given)
    assert [list(TESTS)[number] for number in alone.given][:5] == ["slow/1", "slow/2", "many/1", "many/2", "many/3"]
