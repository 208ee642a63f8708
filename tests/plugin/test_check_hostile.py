"""Hostile input: only with the user's word, never at a target in trouble, and no accusation of a sound one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import UsageProblem
from assay.plugin.catalogue import catalogue
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Checked, Checking
from .servers import KEY, Answer, changed, reference

DETECTION = "hosted.object-detection"
SURVIVES, IN_HAND = "service.survives-hostile-input", "service.takes-hostile-input-in-hand"
HOSTILE = tuple(name for name, rule in catalogue().items() if rule.hostile)


def hostile_check(checking: Checking, url: str, *, only: tuple[str, ...] = HOSTILE, **options: object) -> Checked:
    given = {"operations": (DETECTION,), "allow_hostile": True, "timeout": 3.0, **options}
    return checking(url, only=only, **given)


def test_without_the_users_word_nothing_hostile_is_sent(checking: Checking, url: str) -> None:
    found = checking(url, only=(*HOSTILE, "service.answers-plain-requests"), operations=(DETECTION,))

    assert found.exit_code == 0
    for rule in HOSTILE:
        if any(case.operation == DETECTION for case in catalogue()[rule].cases):
            assert found.outcomes(rule) == {"disabled"}
    assert "hostile input is sent with --allow-hostile only" in found.messages
    assert not any("hostile" in exchange["purpose"] for exchange in found.run.exchanges.values())


def test_asked_alone_without_that_word_it_is_wrong_usage(checking: Checking, url: str) -> None:
    with pytest.raises(UsageProblem, match="--allow-hostile"):
        checking(url, only=(SURVIVES,))


def test_the_reference_is_sound(checking: Checking, url: str) -> None:
    found = hostile_check(checking, url)

    assert found.exit_code == 0
    assert found.outcomes(SURVIVES) == found.outcomes(IN_HAND) == {"pass"}
    assert "hostile requests, and a good one after each" in str([each["witness"] for each in found.run.outcomes])


@pytest.mark.thorough
def test_what_two_rules_judge_is_sent_once(checking: Checking, url: str) -> None:
    found = hostile_check(checking, url, only=(SURVIVES, IN_HAND))
    purposes = [exchange["purpose"] for exchange in found.run.exchanges.values()]

    assert sum(purpose.startswith(SURVIVES) for purpose in purposes) > 50
    assert not any(purpose.startswith(IN_HAND) for purpose in purposes)
    for outcome in found.run.outcomes:
        assert outcome["exchanges"], outcome


def refusing_all(answer: Answer) -> Answer:
    """A gateway that refuses whatever is not usual, in words of its own."""
    usual = answer.status == 200
    return answer if usual else answer.saying(b"<h1>Forbidden</h1>", "text/html", 403)


@pytest.mark.thorough
def test_a_gateway_that_refuses_everything_odd_is_sound(checking: Checking) -> None:
    with running(reference(refusing_all)) as url:
        found = hostile_check(checking, url)

    assert found.exit_code == 0
    assert not {"warn", "fail", "error", "blocked"} & {outcome["outcome"] for outcome in found.run.outcomes}


@pytest.mark.thorough
def test_answers_that_vary_by_themselves_are_no_harm(checking: Checking) -> None:
    numbers = iter(range(1_000_000))

    def varying(answer: Answer) -> Answer:
        if answer.status != 200 or b'"predictions"' not in answer.body:
            return answer
        document = json.loads(answer.body)
        for one in document["predictions"]:
            one["x"] = 20.0 * (next(numbers) % 7)
        return answer.saying(json.dumps(document).encode())

    with running(reference(varying)) as url:
        found = hostile_check(checking, url, only=(SURVIVES,))

    assert found.outcomes(SURVIVES) == {"pass"}
    assert "its answer varies by itself" in str([each["witness"] for each in found.run.outcomes])


def hanging_over(app: ASGIApp, word: bytes, for_good: bool) -> ASGIApp:
    """A server that never answers a request with this word in its query; from then on nothing else either."""
    stuck = False

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal stuck
        hangs = scope["type"] == "http" and (word in scope["query_string"] or stuck)
        stuck = stuck or (hangs and for_good)
        if hangs:
            await asyncio.sleep(30)
        await app(scope, receive, send)

    return answer


@pytest.fixture
def hanging(request: pytest.FixtureRequest) -> Iterator[str]:
    with running(hanging_over(create_app(key=KEY), b"1e308", request.param), grace=1) as url:
        yield url


@pytest.mark.thorough
@pytest.mark.parametrize("hanging", [False], indirect=True)
def test_a_hang_is_a_failure_and_no_reason_to_stop(checking: Checking, hanging: str) -> None:
    found = hostile_check(checking, hanging, only=(SURVIVES,), timeout=3)
    outcomes = {outcome["case"]: outcome["outcome"] for outcome in found.run.outcomes}

    assert found.exit_code == 1
    assert outcomes[f"{DETECTION} hostile=numbers"] == "fail"
    assert set(outcomes.values()) == {"pass", "fail"}
    assert "is not answered in time" in found.messages


@pytest.mark.parametrize("hanging", [True], indirect=True)
def test_a_target_in_trouble_is_sent_nothing_more(checking: Checking, hanging: str) -> None:
    found = hostile_check(checking, hanging, only=(SURVIVES, IN_HAND), timeout=3)
    outcomes = {(each["rule"], each["case"]): each for each in found.run.outcomes}

    assert found.exit_code == 1
    assert outcomes[SURVIVES, f"{DETECTION} hostile=numbers"]["outcome"] == "fail"
    later = outcomes[SURVIVES, f"{DETECTION} hostile=slowness"]
    assert later["outcome"] == "blocked"
    assert later["exchanges"] == []
    assert outcomes[IN_HAND, f"{DETECTION} hostile=png"]["outcome"] in ("pass", "blocked")


@pytest.mark.thorough
def test_a_dropped_connection_is_a_warning_while_the_service_lives(checking: Checking) -> None:
    def dropping(answer: Answer) -> Answer:
        unwritable = [(b"x-model-id", b"a\0b")]
        return replace(answer, headers=unwritable) if b"%00" in answer.scope["raw_path"] else answer

    with running(reference(dropping)) as url:
        found = hostile_check(checking, url, only=(SURVIVES, IN_HAND))

    assert found.exit_code == 0
    assert found.outcomes(SURVIVES) == {"pass"}
    assert "ended without an answer" in found.messages


def test_a_crash_of_the_picture_reader_is_a_warning(checking: Checking) -> None:
    def crashing(answer: Answer) -> Answer:
        return answer.saying(b"Internal Server Error", "text/plain", 500) if answer.status == 400 else answer

    with running(changed(create_app(key=KEY), crashing)) as url:
        found = hostile_check(checking, url, only=(SURVIVES, IN_HAND))

    assert found.exit_code == 0
    assert found.outcomes(SURVIVES) == {"pass"}
    assert "warn" in found.outcomes(IN_HAND)
    assert "a PNG file of which the second half is missing ended in a server error" in found.messages
