"""Sound deployments of SAM2 that are unlike the reference: none of them is accused of anything."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.reference import embeddings, prompts
from assay.reference.app import create_app
from assay.reference.prompts import Prompt
from assay.serving import running

from .conftest import Checking
from .servers import KEY, Answer, reference

EMBEDDING = ("sam2.embed.*", "service.keeps-answers-apart")
NAMES = {"segmentation": "hiera_tiny"}
FASTER = "sam2.embed.second-segmentation-is-faster"
WINS = "sam2.embed.cached-picture-wins"


def accused(checking: Checking, app: ASGIApp, **options: Any) -> tuple[set[str], Any]:
    """The rules that a check finds broken."""
    with running(app) as url:
        found = checking(url, models=NAMES, **options)
    return {one["rule"] for one in found.run.outcomes if one["outcome"] in ("fail", "warn", "error", "blocked")}, found


def in_turn(*apps: Starlette) -> ASGIApp:
    """A balancer that gives each request to the next of several processes."""
    turns = itertools.cycle(apps)

    async def next_one(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await next(turns)(scope, receive, send)
        else:
            await apps[0](scope, receive, send)

    return next_one


@pytest.mark.thorough
@pytest.mark.parametrize("processes", [2, pytest.param(3, marks=pytest.mark.thorough)])
def test_processes_with_embeddings_of_their_own(checking: Checking, processes: int) -> None:
    balanced = in_turn(*(create_app(key=KEY) for _ in range(processes)))
    broken, _ = accused(checking, balanced, only=EMBEDDING)

    assert not broken


def test_an_encoder_too_quick_to_be_timed(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings.Embeddings.__init__, "__defaults__", (embeddings.KEPT, 0.0))
    broken, found = accused(checking, create_app(key=KEY), only=EMBEDDING)

    assert not broken
    assert found.outcomes(FASTER) == {"inconclusive"}


@pytest.mark.thorough
def test_no_document_promises_a_name(checking: Checking) -> None:
    def nameless(answer: Answer) -> Answer:
        return answer.document(image_id=None) if answer.path == "/sam2/embed_image" else answer

    broken, found = accused(checking, reference(nameless), only=EMBEDDING)

    assert broken == {"sam2.embed.given-name-comes-back", "sam2.embed.name-follows-from-pixels"}
    assert found.exit_code == 0
    assert "inconclusive" in found.outcomes("service.keeps-answers-apart")
    assert found.outcomes(WINS) == {"pass"}


def test_a_model_that_heeds_no_prompt_is_neither_praised_nor_accused(checking: Checking) -> None:
    square = [[[40, 40], [40, 90], [90, 90], [90, 40]]]

    def always_the_same(answer: Answer) -> Answer:
        if answer.path != "/sam2/segment_image" or answer.status != 200 or b'"format":"rle"' in answer.sent:
            return answer
        count = max(answer.sent.count(b'"points"') + answer.sent.count(b'"box"'), 1)
        return answer.document(predictions=[{"masks": square, "confidence": 0.9}] * count)

    heeds = ("heeds-boxes", "heeds-every-point")
    rules = ("sam2.segment.p*", "sam2.segment.n*", "sam2.segment.box-*", "sam2.segment.other-*", "sam2.segment.heeds-*")
    broken, found = accused(checking, reference(always_the_same), only=rules)

    assert not broken
    for rule in ("positive-point-inside", "negative-point-outside", "box-anchored-at-its-centre", *heeds):
        assert found.outcomes(f"sam2.segment.{rule}") == {"inconclusive"}
    assert found.outcomes("sam2.segment.other-wrappers-of-prompts") == {"pass", "inconclusive"}


def one_piece_of_several(prompt: Prompt) -> Prompt:
    """What a model is asked that takes one of several points for the surest, wherever it stands in the list."""
    positive = sorted((each for each in prompt.points if each.positive), key=lambda each: (each.x, each.y))
    return replace(prompt, points=(*positive[:1], *(each for each in prompt.points if not each.positive)))


def larger_box(prompt: Prompt) -> Prompt:
    """What a model is asked that looks beyond the box."""
    box = prompt.box and replace(prompt.box, width=prompt.box.width * 1.3, height=prompt.box.height * 1.3)
    return replace(prompt, box=box)


@pytest.mark.parametrize("reads", [one_piece_of_several, larger_box])
def test_a_model_that_answers_prompts_in_its_own_way(
    checking: Checking, monkeypatch: pytest.MonkeyPatch, reads: Callable[[Prompt], Prompt]
) -> None:
    """One mask of two points' is no fault, as long as their order does not choose it; nor is a mask beyond a box."""
    read = prompts._prompts
    monkeypatch.setattr(prompts, "_prompts", lambda value: tuple(map(reads, read(value))))
    broken, found = accused(checking, reference(), only=("sam2.segment.heeds-*",))

    assert not broken
    assert found.outcomes("sam2.segment.heeds-boxes") == {"pass"}
    assert found.outcomes("sam2.segment.heeds-every-point") == {"pass"}


@pytest.mark.parametrize("status", [403, 404, 507])
def test_a_version_that_is_not_served_is_no_fault(checking: Checking, status: int) -> None:
    def tiny_only(answer: Answer) -> Answer:
        if b"hiera_tiny" in answer.sent or answer.path != "/sam2/segment_image":
            return answer
        return answer.saying(b'{"message": "There is no such model here."}', status=status)

    broken, found = accused(checking, reference(tiny_only), only=("sam2.segment.every-version-answers",))

    assert not broken
    assert found.outcomes("sam2.segment.every-version-answers") == {"pass", "inconclusive"}
    assert f"the target does not serve hiera_large (status {status})" in found.messages


@pytest.mark.thorough
def test_embedding_alone_can_be_offered(checking: Checking) -> None:
    def no_masks(answer: Answer) -> Answer:
        return (
            answer.saying(answer.body.replace(b"/sam2/segment_image", b"/sam2/other"))
            if answer.path == ("/openapi.json")
            else answer
        )

    broken, found = accused(checking, reference(no_masks), only=EMBEDDING)

    assert not broken
    assert found.outcomes("sam2.embed.given-name-comes-back") == {"pass"}
    assert found.outcomes(WINS) == {"inconclusive"}
