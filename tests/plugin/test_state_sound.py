"""Sound deployments that keep what they have computed, round as they like, or take no more than so much at once."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.reference import embedded, embeddings
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Checked, Checking
from .servers import KEY, Answer, reference
from .test_check_unsteady import accused
from .test_sam2_sound import in_turn

AT_ONCE = ("service.keeps-*", "service.withstands-bursts")
IN_ANY_ORDER = (
    "service.answers-in-any-order",
    "service.looks-at-each-picture",
    "service.looks-closely-at-each-picture",
    "sam2.embed.names-*",
    "owlv2.examples.in-any-order",
    "service.numbers-classes-alike",
)
SEVERAL = ("hosted.object-detection", "sam2.*", "owlv2.infer")
SLOW = 0.02
"""Seconds that an answer waits, so that many requests are under way."""


def judged(checking: Checking, app: ASGIApp, **options: Any) -> Checked:
    with running(app) as url:
        return checking(url, models=embedded.MODELS, **options)


@pytest.mark.thorough
@pytest.mark.parametrize("processes", [2, pytest.param(3, marks=pytest.mark.thorough)])
def test_processes_with_memories_of_their_own(checking: Checking, processes: int) -> None:
    balanced = in_turn(*(create_app(key=KEY) for _ in range(processes)))
    found = judged(checking, balanced, only=(*AT_ONCE, *IN_ANY_ORDER), operations=SEVERAL)

    assert accused(found) == {}


@pytest.mark.thorough
def test_room_for_one_embedding(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings.Embeddings.__init__, "__defaults__", (1, 0.0))
    found = judged(checking, create_app(key=KEY), only=(*AT_ONCE, *IN_ANY_ORDER), operations=("sam2.*",))

    assert accused(found) == {}
    assert found.outcomes("sam2.embed.names-in-any-order") == {"pass"}


@pytest.fixture
def rounding_each_time_otherwise() -> ASGIApp:
    """As GPUs are: no confidence is twice the same, to the third digit."""
    noise = random.Random(1)

    def change(answer: Answer) -> Answer:
        if answer.status != 200 or not answer.body.startswith(b"{"):
            return answer
        document = json.loads(answer.body)
        for one in document.get("predictions", []):
            if isinstance(one, dict) and "confidence" in one:
                one["confidence"] = min(1.0, max(0.0, one["confidence"] + noise.uniform(-1e-3, 1e-3)))
        return answer.saying(json.dumps(document).encode())

    return reference(change)


@pytest.mark.thorough
def test_confidences_that_are_never_quite_the_same(checking: Checking, rounding_each_time_otherwise: ASGIApp) -> None:
    several = (*SEVERAL, "hosted.keypoint-detection", "hosted.instance-segmentation")
    found = judged(
        checking, rounding_each_time_otherwise, only=(*AT_ONCE, *IN_ANY_ORDER), operations=several, examples=8
    )

    assert accused(found) == {}
    assert found.outcomes("service.answers-in-any-order") == {"pass"}


def taking(number: int, status: int, told: str | None) -> ASGIApp:
    """The reference, which refuses what is beyond so many requests at once, and says when to ask again, or not."""
    app, under_way = create_app(key=KEY), 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal under_way
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        under_way += 1
        try:
            await asyncio.sleep(SLOW)
            if under_way > number:
                headers = {} if told is None else {"Retry-After": told}
                await JSONResponse({"message": "Too much at once."}, status, headers)(scope, receive, send)
            else:
                await app(scope, receive, send)
        finally:
            under_way -= 1

    return answer


@pytest.mark.parametrize(
    ("status", "told"), [(503, "1"), (429, "1"), (503, "Wed, 21 Oct 2026 07:28:00 GMT"), (503, None)]
)
def test_a_target_that_takes_no_more_than_so_much(checking: Checking, status: int, told: str | None) -> None:
    crowded = taking(16, status, told)
    found = judged(checking, crowded, only=("service.withstands-bursts",), operations=SEVERAL)

    assert accused(found) == {}
    assert found.outcomes("service.withstands-bursts") - {"inconclusive"} == {"pass"}, (
        "one of them may be refused each time"
    )
    assert any("refused" in str(outcome["witness"]) for outcome in found.run.outcomes)


def test_when_to_ask_again_is_a_time(checking: Checking) -> None:
    found = judged(
        checking, taking(16, 503, "soon"), only=("service.withstands-bursts",), operations=("hosted.object-detection",)
    )

    assert "that is no time" in "\n".join(accused(found).values())


def test_a_model_that_says_the_same_of_everything(checking: Checking) -> None:
    def always(answer: Answer) -> Answer:
        if answer.path != "/shapes/1" or answer.status != 200 or not answer.body.startswith(b"{"):
            return answer
        size = json.loads(answer.body)["image"]
        box = {"x": size["width"] / 2, "y": size["height"] / 2, "width": 50, "height": 40}
        return answer.document(predictions=[{**box, "confidence": 0.9, "class": "dog", "class_id": 0}])

    found = judged(
        checking, reference(always), only=("service.looks-at-each-picture",), operations=("hosted.object-detection",)
    )

    assert accused(found) == {}
    assert found.outcomes("service.looks-at-each-picture") == {"inconclusive"}


@pytest.mark.parametrize("grid", [24, 64])
def test_a_model_that_knows_places_by_a_grid(checking: Checking, grid: int) -> None:
    """What has moved a little is told where it was, or a whole cell further."""

    def coarse(answer: Answer) -> Answer:
        if answer.path != "/shapes/1" or answer.status != 200 or not answer.body.startswith(b"{"):
            return answer
        found = json.loads(answer.body)["predictions"]
        placed = [{**one, "x": one["x"] // grid * grid, "y": one["y"] // grid * grid} for one in found]
        return answer.document(predictions=placed)

    closely = "service.looks-closely-at-each-picture"
    found = judged(checking, reference(coarse), only=(closely,), operations=("hosted.object-detection",))

    assert accused(found) == {}
    assert found.outcomes(closely) == {"inconclusive"}
