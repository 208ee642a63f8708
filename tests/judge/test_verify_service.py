"""What headers tell of a load: a number of seconds, that is the sum of the details; and nothing when there was none."""

from __future__ import annotations

import dataclasses

import pytest

from assay.judge import verify_service
from assay.judge.answers import answer
from assay.judge.equal import Comparison
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.record.model import Exchange

from .making import exchange, findings

TIME, DETAILS = verify_service.LOAD_TIME, verify_service.LOAD_DETAILS


def telling(**headers: str) -> Exchange:
    made = exchange({})
    assert made.response is not None
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return dataclasses.replace(made, response=made.response.replace(headers=(*made.response.headers, *more)))


@pytest.mark.parametrize(
    "headers",
    [
        {"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a/1", "t": 0.5}]'},
        {"x_model_load_time": "0.9", "x_model_load_details": '[{"m": "a/1", "t": 0.5}, {"m": "b/2", "t": 0.4}]'},
        {"x_model_load_time": "0.9014", "x_model_load_details": '[{"m": "a", "t": 0.5}, {"m": "b", "t": 0.4}]'},
    ],
)
def test_load_times_that_add_up(headers: dict[str, str]) -> None:
    verify_service.load_time_told(telling(**headers))


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"x_model_load_details": '[{"m": "a/1", "t": 0.5}]'}, "no number of seconds"),
        ({"x_model_load_time": "soon"}, "no number of seconds"),
        ({"x_model_load_time": "nan"}, "no number of seconds"),
        ({"x_model_load_time": "-1"}, "no number of seconds"),
        ({"x_model_load_time": "0.579", "x_model_load_details": '[{"m": "a", "t": 0.779}]'}, "is not the sum"),
        ({"x_model_load_time": "0.5"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": "a: 0.5"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": "[]"}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '{"m": "a", "t": 0.5}'}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a"}]'}, "no JSON list"),
        ({"x_model_load_time": "0.5", "x_model_load_details": '[{"m": "a", "t": "long"}]'}, "no JSON list"),
    ],
)
def test_load_times_that_do_not(headers: dict[str, str], said: str) -> None:
    with pytest.raises(RuleBroken, match=said):
        verify_service.load_time_told(telling(**headers))


def test_of_no_load_nothing_is_told() -> None:
    verify_service.no_load_told(telling(x_model_cold_start="false", x_model_cold_start_count="0"))
    for name in (TIME, DETAILS):
        with pytest.raises(RuleBroken, match=f"has {name}"):
            verify_service.no_load_told(telling(**{name.replace("-", "_"): "0"}))


RED, BLUE, GREEN = (
    answer(exchange({"predictions": [{"class": name}]}), "a.schema") for name in ("red", "blue", "green")
)


def test_the_answer_to_the_negative_is_a_fault() -> None:
    with pytest.raises(RuleBroken, match="that of the negative"):
        verify_service.not_as_another(BLUE, RED, BLUE, Comparison(), "that of the negative")


def test_the_answer_to_the_picture_is_none() -> None:
    verify_service.not_as_another(RED, RED, BLUE, Comparison(), "that of the negative")


def test_colours_by_a_profile_are_no_fault_and_no_witness() -> None:
    with pytest.raises(NoWitness, match="a third one"):
        verify_service.not_as_another(GREEN, RED, BLUE, Comparison(), "that of the negative")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 422, 500])
def test_what_is_shut_may_be_so_in_any_way(status: int) -> None:
    verify_service.opened_by_nothing(exchange({}, status=status), "a request without a key")


@pytest.mark.parametrize("status", [200, 204])
def test_what_is_opened_by_nothing(status: int) -> None:
    with pytest.raises(RuleBroken, match=f"a request without a key was answered with status {status}"):
        verify_service.opened_by_nothing(exchange({}, status=status), "a request without a key")


def test_each_cold_start_tells_its_load() -> None:
    timed = telling(x_model_cold_start="true", x_model_load_time="0.5")
    untimed, warm = telling(x_model_cold_start="true"), telling(x_model_cold_start="false")

    assert verify_service.tells_a_load(timed)
    assert not verify_service.tells_a_load(untimed)
    assert not verify_service.tells_a_load(warm)
    verify_service.each_load_told([timed, warm, exchange({})])
    assert len(findings(verify_service.each_load_told, [timed, untimed, warm])) == 1
