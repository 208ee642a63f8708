"""Sound servers unlike the reference are not accused by the rules about parameters of models of boxes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assay.contract.message import Request
from assay.faults import Fault
from assay.faults.model import ALL_OPERATIONS, OWLV2
from assay.faults.operators.answers import only_if, replace_answer
from assay.faults.operators.boxes import keep_predictions
from assay.faults.operators.example_lists import has_box_outside
from assay.faults.operators.parameters import drop_parameter
from assay.faults.proxy import create_proxy
from assay.serving import running

from .conftest import Checking

OF_BOXES = (
    "service.keeps-the-surest-predictions",
    "service.withholds-unsure-keypoints",
    "service.numbers-classes-alike",
    "infer.overlap.*",
    "hosted.keypoints.spared-by-confidence",
    "hosted.overlap.spares-what-overlaps-nothing",
    "hosted.confidence.ends-of-the-scale",
    "hosted.instances.rle-agrees-with-polygon",
    "hosted.instances.decoded-alike",
)
TASKS = {
    "object-detection": "shapes/1",
    "keypoint-detection": "figures/1",
    "instance-segmentation": "outlines/1",
}


@contextmanager
def otherwise(url: str, *operations: str, **operators: object) -> Iterator[str]:
    """The deployment behind a proxy that changes it in a way that no document forbids."""
    change = Fault("other", "Something is otherwise.", operations or ALL_OPERATIONS, (), **operators)  # type: ignore[arg-type]
    with running(create_proxy(url, change)) as other:
        yield other


def _without_suppression(request: Request) -> Request:
    """As detectors answer that give one box for each object by themselves."""
    if request.path.startswith("/infer"):
        body = {**request.json(), "iou_threshold": 1}
        body.pop("class_agnostic_nms", None)
        return request.replace(body=json.dumps(body).encode())
    return drop_parameter("overlap")(request).with_query(overlap="100")


def test_a_model_that_suppresses_nothing_is_not_held_to_it(url: str, checking: Checking) -> None:
    with otherwise(url, "hosted.object-detection", "infer.object-detection", request=_without_suppression) as other:
        found = checking(other, models=TASKS, only=OF_BOXES, operations=("*.object-detection",))

    assert found.outcomes("infer.overlap.over-all-classes") == {"inconclusive"}
    assert found.outcomes("hosted.overlap.spares-what-overlaps-nothing") == {"inconclusive"}
    assert {outcome["outcome"] for outcome in found.run.outcomes} == {"inconclusive", "pass"}


def test_a_model_that_sees_nothing_is_not_held_to_what_it_would_see(url: str, checking: Checking) -> None:
    with otherwise(url, response=keep_predictions(lambda request, prediction: False)) as other:
        found = checking(other, models=TASKS, only=OF_BOXES)

    assert {outcome["outcome"] for outcome in found.run.outcomes} == {"inconclusive"}


def test_a_server_without_run_lengths_is_not_held_to_them(url: str, checking: Checking) -> None:
    with otherwise(url, "hosted.instance-segmentation", request=drop_parameter("response_mask_format")) as other:
        found = checking(other, models=TASKS, only=("hosted.instances.*",))

    assert found.outcomes("hosted.instances.rle-agrees-with-polygon") == {"inconclusive"}
    assert {outcome["outcome"] for outcome in found.run.outcomes} == {"inconclusive", "pass"}


@pytest.mark.parametrize("status", [400, 422])
def test_examples_outside_their_picture_may_be_refused(url: str, checking: Checking, status: int) -> None:
    refusal = only_if(has_box_outside, replace_answer(status, b'{"message":"A box lies outside its picture."}'))
    with otherwise(url, OWLV2, response=refusal) as other:
        found = checking(other, only=("owlv2.examples.outside-find-nothing",))

    assert found.outcomes("owlv2.examples.outside-find-nothing") == {"inconclusive"}
