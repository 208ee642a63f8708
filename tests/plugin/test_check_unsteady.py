"""Sound deployments that answer one request otherwise each time, or say more than is documented, are not accused."""

from __future__ import annotations

import dataclasses
import itertools
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from assay.contract.message import Request, Response
from assay.faults import Fault
from assay.faults.model import ALL_OPERATIONS
from assay.faults.proxy import create_proxy
from assay.judge.boxes import iou
from assay.reference import detection, embedded, hosted
from assay.reference.detection import Detection
from assay.serving import running

from .conftest import Checked, Checking

COMPARING = (
    "service.key-in-each-place",
    "service.picture-*",
    "service.keeps-*",
    "service.withstands-bursts",
    "service.answers-in-any-order",
    "service.answers-the-same-to-the-same",
    "service.looks-at-each-picture",
    "service.looks-closely-at-each-picture",
)
Document = dict[str, Any]


def saying(url: str, edit: Callable[[Document], Document]) -> Iterator[str]:
    """The deployment with each of its JSON answers edited."""

    def changed(request: Request, response: Response) -> Response:
        of_a_model = request.method == "POST" or request.parameter("image") is not None
        if response.status != 200 or response.media_type != "application/json" or not of_a_model:
            return response
        return response.replace(body=json.dumps(edit(response.json())).encode())

    with running(create_proxy(url, Fault("other", "Something else.", ALL_OPERATIONS, (), response=changed))) as other:
        yield other


def accused(found: Checked) -> dict[str, str]:
    return {
        f"{outcome['rule']} / {outcome['case']}": outcome["message"]
        for outcome in found.run.outcomes
        if outcome["outcome"] in ("fail", "warn", "error", "blocked")
    }


@pytest.fixture
def with_numbers_of_its_own(url: str) -> Iterator[str]:
    """As servers are that say which request it was, when, and what computed it, behind a balancer of two kinds."""
    numbers = itertools.count(1)

    def edit(document: Document) -> Document:
        kind = ("onnx", "trt")[next(numbers) % 2]
        model = {"model_id": "shapes/1", "model_package_id": kind, "backend": kind, "quantization": "fp16"}
        added = {"request_id": str(uuid.uuid4()), "elapsed_ms": 100 * random.random(), "resolved_model": model}
        return document if "name" in document else {**document, **added}

    yield from saying(url, edit)


@pytest.fixture
def that_draws_its_words_anew(url: str) -> Iterator[str]:
    """As language models are that sample: the same picture is told in other words each time."""
    ends = itertools.cycle((" here.", " there."))

    def edit(document: Document) -> Document:
        told = document.get("response")
        if not isinstance(told, dict):
            return document
        end = next(ends)
        words = {task: value + end if isinstance(value, str) else value for task, value in told.items()}
        return {**document, "response": words}

    yield from saying(url, edit)


def around(one: Detection, share: float, width: int) -> Detection | None:
    """The box of a detection moved aside by a share of its width; None where there is no room."""
    x0, y0, x1, y1 = one.region.box
    step = max(3, round((x1 - x0) * share))
    step = -step if x0 >= step else step
    if x1 + step > width:
        return None
    return dataclasses.replace(one, region=dataclasses.replace(one.region, box=(x0 + step, y0, x1 + step, y1)))


def detecting(monkeypatch: pytest.MonkeyPatch, others: Callable[[Detection, int], list[Detection | None]]) -> None:
    """Let the reference see, for each thing, what `others` makes of it in a picture of that width."""

    def detect(pixels: Any, classes: Mapping[str, str]) -> list[Detection]:
        seen = [other for one in detection.detect(pixels, classes) for other in others(one, pixels.shape[1]) if other]
        return sorted(seen, key=lambda one: -one.confidence)

    monkeypatch.setattr(hosted, "detect", detect)


@pytest.fixture
def that_rounds_otherwise_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As GPUs are: of two boxes that show one thing equally well now this one stays, now that."""
    noise = random.Random(1)

    def others(one: Detection, width: int) -> list[Detection | None]:
        twins = [one, around(one, 0.08, width)]
        return [twin and dataclasses.replace(twin, confidence=one.confidence - 1e-3 * noise.random()) for twin in twins]

    detecting(monkeypatch, others)


@pytest.fixture
def that_combines_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the document says of boxes that overlap: they are combined into one, which is moved by each of them."""

    def others(one: Detection, width: int) -> list[Detection | None]:
        beside = around(one, 0.35, width)
        return [one, beside and dataclasses.replace(beside, confidence=0.45 * one.confidence)]

    def combined(found: Any, confidence: float, overlap: float, labels: Any = None, _: Any = None) -> list[Detection]:
        groups: list[list[Detection]] = []
        for one in found:
            if one.confidence < confidence or (labels is not None and one.label not in labels):
                continue
            joined = (g for g in groups if g[0].label == one.label and iou(g[0].box, one.box) > overlap)
            group = next(joined, None)
            if group is None:
                groups.append(group := [])
            group.append(one)
        return [mean(group) for group in groups]

    detecting(monkeypatch, others)
    monkeypatch.setattr(hosted, "select", combined)


def mean(group: list[Detection]) -> Detection:
    total = sum(one.confidence for one in group)
    x0, y0, x1, y1 = (round(sum(one.confidence * one.box[side] for one in group) / total) for side in range(4))
    return dataclasses.replace(group[0], region=dataclasses.replace(group[0].region, box=(x0, y0, x1, y1)))


@pytest.mark.thorough
def test_what_a_server_says_beside_is_not_compared(with_numbers_of_its_own: str, checking: Checking) -> None:
    several = ("hosted.object-detection", "hosted.semantic-segmentation", "sam2.segment")
    found = checking(with_numbers_of_its_own, models=embedded.MODELS, only=COMPARING, operations=several)

    assert accused(found) == {}
    assert {outcome["outcome"] for outcome in found.run.outcomes} == {"pass"}


def test_words_drawn_by_chance_accuse_nobody(that_draws_its_words_anew: str, checking: Checking) -> None:
    found = checking(that_draws_its_words_anew, models=embedded.MODELS, only=COMPARING, operations=("florence2.*",))

    assert accused(found) == {}
    assert "one and the same request is answered now so and now so" in found.messages


@pytest.mark.thorough
@pytest.mark.usefixtures("that_rounds_otherwise_each_time")
def test_boxes_that_change_places_accuse_nobody(url: str, checking: Checking) -> None:
    rules = (*COMPARING, "hosted.*")
    found = checking(url, models=embedded.MODELS, only=rules, operations=("hosted.object-detection",))

    assert accused(found) == {}
    assert "inconclusive" in found.outcomes("service.keeps-answers-apart")


@pytest.mark.usefixtures("that_combines_boxes")
def test_combined_boxes_are_not_held_to_thresholds(url: str, checking: Checking) -> None:
    rules = ("hosted.confidence.*", "hosted.overlap.*", "hosted.classes.*", "hosted.parameters.*")
    found = checking(url, models=embedded.MODELS, only=rules, operations=("hosted.object-detection",))

    assert accused(found) == {}


def beginning_with(url: str, *statuses: int) -> Iterator[str]:
    """The deployment whose first answers have these statuses."""
    left = iter(statuses)

    def changed(request: Request, response: Response) -> Response:
        status = next(left, None) if request.method == "POST" else None
        return Response(status, (("content-type", "text/plain"),), b"No.") if status else response

    with running(create_proxy(url, Fault("other", "Something else.", ALL_OPERATIONS, (), response=changed))) as other:
        yield other


@pytest.fixture
def that_breaks_down_once(url: str) -> Iterator[str]:
    """As a server whose first request fails, for its model was not loaded yet."""
    yield from beginning_with(url, 500)


@pytest.fixture(params=[(520,), (530, 0, 0, 524)], ids=["the first", "the first, and a later one"])
def that_is_given_up(url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """As a sound server of which a gateway got no answer to some requests."""
    yield from beginning_with(url, *request.param)


@pytest.fixture
def that_breaks_down_and_refuses(url: str) -> Iterator[str]:
    yield from beginning_with(url, 500, 422)


def test_what_breaks_down_once_is_told_and_all_else_is_judged(that_breaks_down_once: str, checking: Checking) -> None:
    rules = ("service.answers-plain-requests", "hosted.image.size")
    found = checking(that_breaks_down_once, models=embedded.MODELS, only=rules, operations=("hosted.object-detection",))

    told = "the first plain request, which was answered once it was sent again, was not answered"
    assert accused(found) == {"service.answers-plain-requests / hosted.object-detection": told}
    assert found.outcomes("hosted.image.size") == {"pass"}


def test_what_a_gateway_gives_up_accuses_nobody(that_is_given_up: str, checking: Checking) -> None:
    rules = ("service.answers-plain-requests", "hosted.image.size")
    found = checking(that_is_given_up, models=embedded.MODELS, only=rules, operations=("hosted.object-detection",))

    assert accused(found) == {}
    assert found.outcomes("hosted.image.size") == {"pass"}
    statuses = [each["response"]["status"] for each in found.run.exchanges.values() if each["response"]]
    assert max(statuses) > 500


def test_what_broke_down_and_was_not_answered_after_that_is_told_as_it_came(
    that_breaks_down_and_refuses: str, checking: Checking
) -> None:
    rules = ("service.answers-plain-requests", "hosted.image.size")
    found = checking(
        that_breaks_down_and_refuses, models=embedded.MODELS, only=rules, operations=("hosted.object-detection",)
    )

    assert accused(found) == {
        "service.answers-plain-requests / hosted.object-detection": "a plain request was not answered",
        "hosted.image.size / hosted.object-detection": "service.answers-plain-requests failed: "
        "hosted.object-detection answers no plain request (status 500, No.)",
    }
