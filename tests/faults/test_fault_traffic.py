"""What goes wrong by turns, and what goes wrong only while several requests are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from assay.contract.message import Request, Response
from assay.faults.model import Traffic
from assay.faults.operators.answers import INTERNAL_ERROR, only_if, succeeded
from assay.faults.operators.crowds import Leak, Previous, Swap
from assay.faults.operators.memories import by_address, remembering
from assay.faults.operators.traffic import every, the_one_before

JSON = (("content-type", "application/json"),)
UNDER_LOAD: list[Callable[[], Traffic]] = [Swap, Previous, Leak]


def request(name: str, path: str = "/m/1") -> Request:
    return Request("hosted.object-detection", "POST", path, body=name.encode())


async def echo(sent: Request) -> Response:
    """An upstream that finds in each request a prediction of its own name, all equally fast."""
    await asyncio.sleep(0.01)
    return Response(200, JSON, b'{"predictions":["' + sent.body + b'"]}')


def found(response: Response) -> str:
    return ",".join(response.json()["predictions"])


async def at_once(traffic: Traffic, *requests: Request) -> list[str]:
    return [found(answer) for answer in await asyncio.gather(*(traffic(each, echo) for each in requests))]


async def one_by_one(traffic: Traffic, *requests: Request) -> list[str]:
    return [found(await traffic(each, echo)) for each in requests]


@pytest.mark.parametrize("begin", UNDER_LOAD)
def test_a_lone_client_sees_its_own_answers(begin: Callable[[], Traffic]) -> None:
    assert asyncio.run(one_by_one(begin(), *(request(name) for name in "abcab"))) == list("abcab")


@pytest.mark.parametrize("begin", UNDER_LOAD)
def test_other_routes_are_kept_apart(begin: Callable[[], Traffic]) -> None:
    one, two = request("a"), request("b", "/other/1")
    assert asyncio.run(at_once(begin(), one, two)) == ["a", "b"]


def test_two_answers_under_way_change_places() -> None:
    assert asyncio.run(at_once(Swap(), request("a"), request("b"))) == ["b", "a"]


def test_of_three_answers_two_change_places_and_none_is_lost() -> None:
    after = asyncio.run(at_once(Swap(), *(request(name) for name in "abc")))
    assert sorted(after) == list("abc")
    assert sum(name != own for name, own in zip(after, "abc", strict=True)) == 2


def test_equal_requests_have_nothing_to_change() -> None:
    assert asyncio.run(at_once(Swap(), request("a"), request("a"), request("a"))) == ["a", "a", "a"]


def test_an_answer_that_waits_is_let_go_when_the_other_request_fails() -> None:
    async def failing(sent: Request) -> Response:
        await asyncio.sleep(0.02)
        raise ConnectionError

    async def both() -> tuple[str, bool]:
        swap = Swap()
        waits, fails = (
            asyncio.create_task(swap(request("a"), echo)),
            asyncio.create_task(swap(request("b"), failing)),
        )
        done = await asyncio.gather(waits, fails, return_exceptions=True)
        assert isinstance(done[0], Response)
        return found(done[0]), isinstance(done[1], ConnectionError)

    assert asyncio.run(asyncio.wait_for(both(), 5)) == ("a", True)


def test_a_client_that_goes_away_takes_no_answer_along() -> None:
    async def slowly(sent: Request) -> Response:
        await asyncio.sleep(0.05)
        return await echo(sent)

    async def both() -> str:
        swap = Swap()
        leaves = asyncio.create_task(swap(request("a"), echo))
        stays = asyncio.create_task(swap(request("b"), slowly))
        await asyncio.sleep(0.03)
        leaves.cancel()
        return found(await stays)

    assert asyncio.run(asyncio.wait_for(both(), 5)) == "b"


def test_the_answer_before_is_given_under_load() -> None:
    async def run() -> list[str]:
        traffic = Previous()
        await one_by_one(traffic, request("x"))
        return await at_once(traffic, request("a"), request("b"))

    assert asyncio.run(run()) == ["x", "b"]


def test_predictions_leak_under_load() -> None:
    async def run() -> list[str]:
        traffic = Leak()
        await one_by_one(traffic, request("x"))
        return await at_once(traffic, request("a"), request("b"))

    assert asyncio.run(run()) == ["a,x", "b"]


def test_every_nth_of_the_answers_that_can_be_changed() -> None:
    async def run() -> list[int]:
        traffic = every(3, only_if(succeeded, INTERNAL_ERROR))()

        async def alternating(sent: Request) -> Response:
            return Response(400 if sent.body == b"bad" else 200, JSON, b"{}")

        sent = [request(name) for name in ("ok", "bad", "ok", "ok", "bad", "ok", "ok", "ok")]
        return [(await traffic(each, alternating)).status for each in sent]

    assert asyncio.run(run()) == [200, 400, 200, 500, 400, 200, 200, 500]


def test_every_nth_answer_is_the_one_before() -> None:
    assert asyncio.run(one_by_one(the_one_before(3)(), *(request(name) for name in "abcdef"))) == list("abbdee")


def test_a_cached_answer_is_given_for_any_picture_but_not_to_another_question() -> None:
    other = request("c").replace(query=(("confidence", "5"),))
    assert asyncio.run(one_by_one(remembering(by_address)(), request("a"), request("b"), other)) == ["a", "a", "c"]


def test_each_proxy_counts_for_itself() -> None:
    begin = every(2, INTERNAL_ERROR)

    async def run() -> list[int]:
        one, two = begin(), begin()
        return [(await traffic(request("a"), echo)).status for traffic in (one, two, one)]

    assert asyncio.run(run()) == [200, 200, 500]
