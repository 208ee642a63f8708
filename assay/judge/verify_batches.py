"""The named verifications about several pictures in one call. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.contract.sentences import brief, cut
from assay.judge.answers import response_of
from assay.judge.equal import Comparison
from assay.judge.verdicts import RuleBroken, broken_if
from assay.record.model import Exchange, Finding

MOST_TOLD = 5


def listed(exchange: Exchange, count: int) -> None:
    """The answer is a list of so many."""
    _answers(exchange, count)


def sizes_in_order(exchange: Exchange, sizes: Sequence[tuple[int, int]]) -> None:
    """Each answer states the width and height, in px, of the picture at its place."""
    findings = []
    for index, (answer, (width, height)) in enumerate(zip(_answers(exchange, len(sizes)), sizes, strict=True)):
        expected = {"width": width, "height": height}
        stated = answer.get("image") if isinstance(answer, dict) else None
        if not isinstance(stated, dict) or any(stated.get(name) != value for name, value in expected.items()):
            message = f"picture {index} of the list is {width} x {height} px, the answer at its place says otherwise"
            place = f"/{index}/image"
            findings.append(Finding(message, place, expected=expected, actual=stated, exchange=exchange.id))
    broken_if(findings)


def as_alone(exchange: Exchange, alone: Sequence[Any], comparison: Comparison) -> None:
    """Each answer says what the parsed answer at its place among `alone` says."""
    broken_if(
        [
            Finding(
                f"{difference.message}, in the answer to picture {index} of the list, as against that picture alone",
                pointer=f"/{index}{difference.pointer}",
                expected=difference.expected,
                actual=difference.actual,
                exchange=exchange.id,
            )
            for index, (answer, expected) in enumerate(zip(_answers(exchange, len(alone)), alone, strict=True))
            for difference in comparison.differences(expected, answer)
        ][:MOST_TOLD]
    )


def _answers(exchange: Exchange, count: int) -> list[Any]:
    """The answers to a list of pictures."""
    try:
        body = response_of(exchange).json()
    except ValueError as error:
        raise RuleBroken([Finding(cut(f"the answer is no JSON ({error})", 300), exchange=exchange.id)]) from None
    if not isinstance(body, list) or len(body) != count:
        message = f"a list of {count} is not answered with a list of as many"
        actual = f"a list of {len(body)}" if isinstance(body, list) else brief(body)
        raise RuleBroken([Finding(message, "", expected=f"a list of {count}", actual=actual, exchange=exchange.id)])
    return body
