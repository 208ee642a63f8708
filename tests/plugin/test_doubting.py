"""An accusation that rests on two answers stays only where everything is answered so again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.contract.message import Request, Response
from assay.errors import WireError
from assay.judge.equal import Comparison
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.plugin.doubting import AGAIN, confirmed, is_doubtful
from assay.record.model import Exchange, Finding

FIRST, SECOND = (Request("hosted.object-detection", "POST", f"/a/{number}") for number in (1, 2))
BROKEN = RuleBroken([Finding("two answers differ")])


def exchange(request: Request, body: str, status: int = 200) -> Exchange:
    return Exchange(f"x{body}", request, Response(status, (), body.encode()), None, started=0, seconds=0)


def left_of(again: list[tuple[BaseException | None, list[Exchange]]]) -> BaseException:
    """What is left when the first run was told 1 and 2, and the next ones what is given here."""
    runs: Iterator[tuple[BaseException | None, list[Exchange]]] = iter(again)
    told = [exchange(FIRST, "1"), exchange(SECOND, "2")]
    return confirmed(BROKEN, told, lambda: next(runs), lambda _: Comparison())


def test_what_is_found_each_time_stays() -> None:
    same = (RuleBroken([Finding("again")]), [exchange(FIRST, "1"), exchange(SECOND, "2")])

    assert left_of([same] * AGAIN) is BROKEN


@pytest.mark.parametrize("number", range(AGAIN))
def test_a_request_that_is_answered_in_two_ways_proves_nothing(number: int) -> None:
    same = (BROKEN, [exchange(FIRST, "1"), exchange(SECOND, "2")])
    other = (BROKEN, [exchange(FIRST, "1"), exchange(SECOND, "9")])

    left = left_of([*[same] * number, other])

    assert isinstance(left, NoWitness)
    assert "now so and now so" in str(left)


def test_another_status_is_another_answer() -> None:
    assert isinstance(left_of([(BROKEN, [exchange(FIRST, "1", status=503)])]), NoWitness)


def test_what_is_kept_the_second_time_was_no_finding() -> None:
    left = left_of([(None, [exchange(FIRST, "1"), exchange(SECOND, "2")])])

    assert isinstance(left, NoWitness)
    assert "kept when everything was asked again" in str(left)


@pytest.mark.parametrize("error", [WireError("reset", "gone"), PrerequisiteBroken("a.b", []), NoWitness("nothing")])
def test_what_went_wrong_otherwise_is_told_as_it_is(error: Exception) -> None:
    assert left_of([(error, [])]) is error


def test_only_what_two_answers_tell_is_doubtful() -> None:
    assert is_doubtful(BROKEN)
    assert not is_doubtful(PrerequisiteBroken("a.b", []))
    assert not is_doubtful(None)
    assert not is_doubtful(ValueError())
