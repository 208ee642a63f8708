"""X-Model-Cold-Start on first use: demanded where the registry shows that a model was loaded, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.reference import embedded
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Checked, Checking
from .servers import KEY, Answer, changed

FIRST_USE = "service.tells-first-use"
HEADER = b"x-model-cold-start"


def started(change: Callable[[Answer], Answer] = lambda answer: answer, warm: bool = False) -> ASGIApp:
    """A server that was just started."""
    return changed(create_app(key=KEY, warm=warm), change)


def check(checking: Checking, app: ASGIApp) -> Checked:
    with running(app) as url:
        return checking(url, models=embedded.MODELS, only=(FIRST_USE,))


def saying(answer: Answer, value: bytes | None, *more: tuple[bytes, bytes]) -> Answer:
    """The answer with this X-Model-Cold-Start, and without what else it says of a load."""
    told = [(name, held) for name, held in answer.headers if not name.startswith(b"x-model-load-")]
    kept = [(name, held if name != HEADER else value) for name, held in told]
    headers = [(name, held) for name, held in kept if held is not None]
    return Answer(answer.scope, answer.sent, answer.status, [*headers, *more], answer.body)


def test_a_server_that_was_just_started_is_judged(checking: Checking) -> None:
    assert check(checking, started()).outcomes(FIRST_USE) == {"pass"}


def test_one_that_says_false_of_each_first_use_is_found(checking: Checking) -> None:
    found = check(checking, started(lambda answer: saying(answer, b"false")))

    assert found.outcomes(FIRST_USE) == {"warn"}
    assert "a model was loaded for a request, and X-Model-Cold-Start of its answer is false" in found.messages


def test_one_that_has_been_asked_before_is_not_judged(checking: Checking) -> None:
    found = check(checking, started(warm=True))

    assert found.outcomes(FIRST_USE) == {"inconclusive", "pass"}  # it holds all but SAM2 and OwlV2


def test_one_without_the_header_is_not_judged(checking: Checking) -> None:
    assert check(checking, started(lambda answer: saying(answer, None))).outcomes(FIRST_USE) == {"inconclusive"}


def test_a_time_that_a_load_took_tells_of_one(checking: Checking) -> None:
    told = (b"x-model-load-time", b"0.7")
    found = check(checking, started(lambda answer: saying(answer, b"false", told), warm=True))

    assert found.outcomes(FIRST_USE) == {"warn"}


@pytest.mark.parametrize(("others", "outcome"), [(b"0", "warn"), (b"1", "inconclusive")])
def test_a_count_tells_of_a_load_where_it_is_0_elsewhere(checking: Checking, others: bytes, outcome: str) -> None:
    def counting(answer: Answer) -> Answer:
        count = b"1" if answer.path == "/shapes/1" else others
        return saying(answer, b"false", (b"x-model-cold-start-count", count))

    found = check(checking, started(counting, warm=True))

    judged = {each["case"]: each["outcome"] for each in found.run.outcomes if each["rule"] == FIRST_USE}
    assert judged["hosted.object-detection"] == outcome


def test_a_registry_that_says_nothing_shows_nothing(checking: Checking) -> None:
    def without(answer: Answer) -> Answer:
        answer = saying(answer, b"false")
        return answer.saying(b"{}", status=404) if answer.path == "/model/registry" else answer

    assert check(checking, started(without)).outcomes(FIRST_USE) == {"inconclusive"}


def test_a_server_that_still_loads_its_models_is_not_judged(checking: Checking) -> None:
    """What it loads of its own accord is no load of a request's, though the request may wait for it."""

    def preloading(answer: Answer) -> Answer:
        answer = saying(answer, b"false")
        return answer.saying(b'{"status":"not ready"}', status=503) if answer.path == "/readiness" else answer

    assert check(checking, started(preloading)).outcomes(FIRST_USE) == {"inconclusive"}


def by_turns() -> Iterator[int]:
    return cycle((0, 1))


def at_random(seed: int) -> Callable[[], Iterator[int]]:
    def turns() -> Iterator[int]:
        chance = random.Random(seed)
        while True:
            yield chance.randrange(2)

    return turns


@pytest.mark.parametrize("turns", [by_turns, *map(at_random, range(4))])
def test_two_processes_of_which_one_is_warm_are_not_accused(
    checking: Checking, turns: Callable[[], Iterator[int]]
) -> None:
    processes, order = (create_app(key=KEY, warm=True), create_app(key=KEY, warm=False)), turns()

    async def balancer(scope: Scope, receive: Receive, send: Send) -> None:
        await processes[next(order)](scope, receive, send)

    assert "warn" not in check(checking, balancer).outcomes(FIRST_USE)
