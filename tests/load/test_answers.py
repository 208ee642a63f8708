"""Answers under load: kept without a cost in memory, and found out where they are fast and wrong."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.contract.message import Response
from assay.load import sample
from assay.load.answers import check_answers
from assay.load.columns import Failure
from assay.load.figures import figures_of
from assay.load.plan import KeptAnswer, Measurement
from assay.load.running import measure
from assay.load.sample import Sample
from assay.load.schedule import Closed

from ..target.servers import listening, response
from .helpers import exchange, measured
from .plans import plan, to, wire
from .test_figures import made


def answer(body: Any, status: int = 200, media: str = "application/json") -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, (("content-type", media),), content)


GOOD = {"predictions": [{"class": "a", "confidence": 0.9, "x": 10.0}], "time": 0.012}


def run(*bodies: Any, media: str = "application/json") -> Measurement:
    """A measurement of which each answer was kept, all to one request."""
    kept = [KeptAnswer(row, 0, answer(body, media=media)) for row, body in enumerate(bodies)]
    rows = made(stated=np.full(len(bodies), -1), size=[len(one.response.body) for one in kept])
    return measured(rows, answers=kept)


def alone(*bodies: Any) -> Callable[[int], Response | None]:
    left = list(bodies)
    return lambda request: answer(left.pop(0) if len(left) > 1 else left[0])


def test_answers_that_say_the_same_are_right_however_they_are_written() -> None:
    later = {**GOOD, "time": 0.5}

    found = check_answers(run(GOOD, later), alone(GOOD))

    assert (found.compared, found.wrong, found.notes) == (2, (), ())


def test_an_answer_that_is_fast_and_wrong_has_failed() -> None:
    whole = run(GOOD, {"predictions": [], "time": 0.001}, GOOD)

    found = check_answers(whole, alone(GOOD))

    assert [one.row for one in found.wrong] == [1]
    assert whole.rows["failure"].tolist() == [0, Failure.UNEXPECTED, 0]
    assert figures_of(whole).errors == {"unexpected": 1}
    assert found.share[0] == pytest.approx(1 / 3)


def test_whoever_was_answered_with_the_same_bytes_was_answered_wrongly_too() -> None:
    whole = run({"predictions": []}, GOOD)
    wrong = whole.answers[0].response.body
    whole.rows["digest"][1], whole.rows["size"][1] = zlib.crc32(wrong), len(wrong)
    whole.answers.pop()

    check_answers(whole, alone(GOOD))

    assert whole.rows["failure"].tolist() == [Failure.UNEXPECTED] * 2


@pytest.mark.parametrize(
    ("body", "why"), [(b"{", "no JSON"), ({"predictions": [{"class": "b", "confidence": 0.9, "x": 10.0}]}, "alone it")]
)
def test_why_it_is_wrong_is_said(body: Any, why: str) -> None:
    found = check_answers(run(body), alone(GOOD))

    assert why in found.wrong[0].why


def test_what_the_schema_forbids_is_wrong_by_itself() -> None:
    found = check_answers(run(GOOD), alone(GOOD), faults=lambda request, response: "it lacks `image`")

    assert found.wrong[0].why == "it lacks `image`"


def test_a_target_that_never_answers_the_same_is_not_accused() -> None:
    found = check_answers(run(GOOD), alone({"predictions": []}, GOOD))

    assert (found.compared, found.unjudged) == (0, 1)
    assert "also alone" in found.notes[0]


def test_a_request_that_gets_no_answer_alone_is_not_compared() -> None:
    found = check_answers(run(GOOD), lambda request: None)

    assert (found.compared, found.unjudged) == (0, 1)
    assert "no answer alone" in found.notes[0]


def test_a_picture_that_is_packed_otherwise_is_not_judged() -> None:
    whole = run(b"\xff\xd8one", b"\xff\xd8other", media="image/jpeg")

    found = check_answers(whole, lambda request: answer(b"\xff\xd8one", media="image/jpeg"))

    assert (found.compared, found.unjudged, found.wrong) == (1, 1, ())


def test_the_time_that_an_answer_states_is_kept() -> None:
    whole = run(GOOD, {"predictions": [], "time": "soon"})

    check_answers(whole, alone(GOOD))

    assert whole.rows["stated"].tolist() == [12_000, -1]


def test_a_sample_is_spread_over_the_time_and_bounded() -> None:
    kept = Sample(8)

    for number in range(1000):
        one = exchange(size=10)
        if kept.wants(number * 10_000_000):
            one.pieces = [b"x" * 10]
        kept.offer(number, one)

    rows = [one["row"] for one in kept.told()]
    assert 4 <= len(rows) <= 8
    assert rows[0] < 200
    assert rows[-1] > 600


def test_large_answers_are_kept_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "MOST_BYTES", 100)
    kept = Sample(1000)

    for number in range(50):
        kept.offer(number, exchange(size=30, pieces=[b"x" * 30]))

    assert sum(len(one["body"]) for one in kept.told()) <= 200


def test_what_failed_is_not_kept() -> None:
    kept = Sample(8)
    kept.offer(0, exchange(pieces=[], failure=Failure.RESET))

    assert kept.told() == []


def test_a_server_that_answers_wrongly_under_load_is_caught(tmp_path: Path) -> None:
    right, wrong = json.dumps(GOOD).encode(), json.dumps({"predictions": []}).encode()

    def hurried(connection: socket.socket, request: bytes) -> None:
        connection.sendall(response(wrong if b"hurry" in request else right))

    with listening(hurried) as server:
        port = int(server.url.rpartition(":")[2])
        wanted = plan(Closed(2), requests=(wire(), wire(body=b"hurry")), answers=10, workers=2, most=400, seconds=60)
        whole = measure(wanted, to(port))
    found = check_answers(whole, alone(GOOD))

    assert found.compared > 0
    assert {one.request for one in found.wrong} == {1}
    by_request = {number: set(whole.rows.where(whole.rows["request"] == number)["failure"]) for number in (0, 1)}
    assert by_request == {0: {Failure.NONE}, 1: {Failure.UNEXPECTED}}
