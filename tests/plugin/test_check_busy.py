"""Targets that are busy or not ready now and then, and gateways that let nothing through."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from starlette.responses import JSONResponse

from assay.errors import AssayError, TargetUnreachable, UsageProblem
from assay.serving import running

from . import servers
from .conftest import Checking
from .servers import HOSTED, Answer, Change

PLAIN = ("service.answers-plain-requests", "hosted.image.size", "hosted.answer.schema")
DETECTION = ("hosted.object-detection",)


def answering(status: int, when: range | None = None) -> Change:
    """The hosted route answers this status to the requests of these numbers, or to all."""
    numbers = itertools.count(1)

    def change(answer: Answer) -> Answer:
        if answer.path not in HOSTED:
            return answer
        number = next(numbers)
        return answer.saying(b"", status=status) if when is None or number in when else answer

    return change


@pytest.mark.parametrize("status", [429, 503])
def test_a_smoke_request_that_meets_a_limit_is_repeated(checking: Checking, status: int) -> None:
    with running(servers.reference(answering(status, range(1, 2)))) as url:
        found = checking(url, only=PLAIN, operations=DETECTION)

    assert found.exit_code == 0
    assert found.outcomes("service.answers-plain-requests") == {"pass"}


def test_one_operation_that_stays_busy_is_left_open(checking: Checking) -> None:
    with running(servers.reference(answering(429))) as url:
        found = checking(url, only=PLAIN, operations=(*DETECTION, "sam2.segment"), ready_timeout=0.6)

    kinds = {(outcome["operation"], outcome["outcome"]) for outcome in found.run.outcomes}
    assert ("hosted.object-detection", "inconclusive") in kinds
    assert ("sam2.segment", "pass") in kinds
    assert not {kind for _, kind in kinds} & {"fail", "blocked", "error"}


def test_nothing_but_busy(checking: Checking, tmp_path: Path) -> None:
    with (
        running(servers.reference(answering(429))) as url,
        pytest.raises(TargetUnreachable, match=r"no operation was ready after 0\.6 s"),
    ):
        checking(url, only=PLAIN, operations=DETECTION, ready_timeout=0.6)


def test_a_hiccup_in_the_middle_of_a_run_is_no_finding(checking: Checking) -> None:
    with running(servers.reference(answering(502, range(3, 5)))) as url:
        found = checking(url, only=("hosted.image.size",), operations=DETECTION)

    assert (found.exit_code, found.outcomes("hosted.image.size")) == (0, {"pass"})
    assert any("had to be repeated" in str(outcome["witness"]) for outcome in found.run.outcomes)


@pytest.mark.thorough
@pytest.mark.parametrize("status", [429, 502])
def test_a_printed_client_that_meets_a_limit_is_repeated_too(checking: Checking, status: int) -> None:
    with running(servers.reference(answering(status, range(6, 16, 2)))) as url:
        found = checking(url, only=("hosted.samples.are-answered",), operations=("hosted.keypoint-detection",))

    assert (found.exit_code, found.outcomes("hosted.samples.are-answered") - {"skip"}) == (0, {"pass"})


def test_what_stays_away_is_judged_as_it_came(checking: Checking) -> None:
    with running(servers.reference(answering(503, range(2, 10_000)))) as url:
        found = checking(url, only=("service.answers-valid-requests", "hosted.image.size"), operations=DETECTION)

    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("status", "kind", "sentence"),
    [
        (401, UsageProblem, "the target refuses the API key"),
        (403, UsageProblem, "the target refuses the API key"),
        (429, TargetUnreachable, "limits the rate of requests"),
    ],
)
def test_a_gateway_that_refuses_everything(
    checking: Checking, tmp_path: Path, status: int, kind: type[AssayError], sentence: str
) -> None:
    with (
        running(servers.everywhere(JSONResponse({"message": "no"}, status))) as url,
        pytest.raises(kind, match=sentence),
    ):
        checking(url)
    assert not list(tmp_path.iterdir())
