"""What a run exercised of the contract: each parameter, mode and status, and what was never asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.contract import load
from assay.contract.message import Request
from assay.record import Run
from assay.report.coverage import LEFT_OUT, Coverage, coverage

from .conftest import DETECT, SEGMENT, RunBuilder


@pytest.fixture
def run(builder: Callable[..., RunBuilder], segment_request: Request) -> Run:
    made = builder()
    for stroke in ("1", "2", "2"):
        made.exchange(request=Request(DETECT, "POST", "/animals/1", (("format", "image"), ("stroke", stroke))))
    made.exchange({}, request=Request(DETECT, "POST", "/animals/1", (("stroke", "-1"),)), status=400)
    made.exchange(request=Request(DETECT, "POST", "/animals/1"), error=("timeout", "no answer within 30 s"))
    made.exchange({}, request=segment_request)
    return made.finish()


def of(operation: str, run: Run) -> Coverage:
    return next(each for each in coverage(run) if each.operation == operation)


def test_modes_are_told_with_the_statuses_that_came(run: Run) -> None:
    found = of(DETECT, run)

    assert found.requests == 5
    assert found.modes["image"] == {"200": 3}
    assert found.modes["json"] == {"400": 1, "no answer": 1}
    assert found.statuses == {"200": 3, "400": 1, "no answer": 1}


def test_a_parameter_is_told_with_its_values_and_what_was_answered(run: Run) -> None:
    stroke = next(each for each in of(DETECT, run).parameters if each.name == "stroke")

    assert (stroke.place, stroke.promised, stroke.times, len(stroke.values)) == ("query", True, 4, 3)
    assert stroke.statuses == {"200": 3, "400": 1}


def test_members_of_a_json_body_are_parameters(run: Run) -> None:
    used = {each.name for each in of(SEGMENT, run).parameters if each.times}

    assert used == {"image", "api_key"}


def test_what_a_document_names_and_nobody_asked_for_is_told(run: Run) -> None:
    never = of(DETECT, run).never

    assert {"mode image_and_json", "classes", "overlap", "confidence"} <= set(never)
    assert not {"stroke", "format", "mode image"} & set(never)
    assert "max_detections" not in never, "the server alone names it"


def test_an_operation_that_was_not_asked_says_why(builder: Callable[..., RunBuilder]) -> None:
    run = builder().finish()

    assert of(SEGMENT, run).because == "the path is not in /openapi.json"
    assert of(DETECT, run).because == LEFT_OUT, "that it is listed is no reason"
    assert [each.operation for each in coverage(run)] == list(load().operations)
