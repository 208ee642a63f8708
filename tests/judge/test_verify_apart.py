"""Answers beside others: whose drawing, archive or refusal it is, and what a busy target may say."""

from __future__ import annotations

import base64
import io
import json

import cv2
import numpy as np
import pytest

from assay.contract.message import Request, Response
from assay.judge import verify_apart
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.judge.verify_apart import Mark, Moving, Pair
from assay.record.model import Exchange

from .making import Pixels


def came(body: bytes, media: str = "application/json", status: int = 200, **headers: str) -> Exchange:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    response = Response(status, (("content-type", media), *named), body)
    return Exchange("x1", Request("a", "POST", "/a"), response, None, started=0.0, seconds=0.0)


def picture(width: int, line: int | None = None) -> Pixels:
    pixels = np.full((120, width, 3), 128, np.uint8)
    if line is not None:
        pixels[line : line + 2, 5:-5] = (255, 0, 0)
    return pixels


def jpeg(pixels: Pixels) -> bytes:
    return cv2.imencode(".jpg", pixels[:, :, ::-1])[1].tobytes()


@pytest.mark.parametrize("beside", [0, 1])
def test_a_line_that_lies_a_little_beside_is_its_own_drawing(beside: int) -> None:
    drawing = came(jpeg(picture(80, 20 + beside)), "image/jpeg")
    verify_apart.its_own_drawing(drawing, picture(80, 20), [picture(90, 20)])


def test_a_drawing_in_json_is_read_too() -> None:
    body = json.dumps({"visualization": base64.b64encode(jpeg(picture(80, 20))).decode()}).encode()
    verify_apart.its_own_drawing(came(body), picture(80, 20), [])


@pytest.mark.parametrize("body", [jpeg(picture(90, 20)), b"", b"no picture"])
def test_another_drawing_or_none_is_not_its_own(body: bytes) -> None:
    with pytest.raises(RuleBroken):
        verify_apart.its_own_drawing(came(body, "image/jpeg"), picture(80, 20), [picture(90, 20)])


def archive(*shape: int, value: float = 1.0) -> Exchange:
    content = io.BytesIO()
    np.savez(content, masks=np.full(shape, value, np.float32))
    return came(content.getvalue(), "application/octet-stream")


def test_an_archive_states_the_masks_of_its_own_request() -> None:
    alone = verify_apart.archive_in(archive(1, 20, 30))
    assert alone is not None

    verify_apart.its_own_archive(archive(1, 20, 30, value=2.0), alone)
    for other in (archive(1, 30, 20), archive(2, 20, 30), archive(1, 20, 30, value=-1.0), came(b"{}")):
        with pytest.raises(RuleBroken):
            verify_apart.its_own_archive(other, alone)


def test_a_refusal_is_that_of_its_own_request() -> None:
    alone, other = (came(b'{"message":"%s"}' % what, status=status) for what, status in ((b"a", 400), (b"b", 400)))

    verify_apart.its_own_refusal(came(b'{"message":"a"}', status=400), alone, [other])
    verify_apart.its_own_refusal(came(b'{"message":"a, request 7"}', status=400), alone, [other])
    for wrong in (came(b"{}"), came(b'{"message":"a"}', status=500), came(b'{"message":"b"}', status=400)):
        with pytest.raises(RuleBroken):
            verify_apart.its_own_refusal(wrong, alone, [other])


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("told", [None, "0", "30", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_busy_target_may_refuse(status: int, told: str | None) -> None:
    headers = {} if told is None else {"retry_after": told}
    assert not verify_apart.answered_or_busy(came(b"{}", status=status, **headers))
    assert verify_apart.answered_or_busy(came(b"{}"))


@pytest.mark.parametrize("told", ["", "soon", "-1", "1.5.2"])
def test_when_to_ask_again_is_no_word(told: str) -> None:
    with pytest.raises(RuleBroken, match="no time"):
        verify_apart.answered_or_busy(came(b"{}", status=503, retry_after=told))


@pytest.mark.parametrize("status", [400, 404, 500, 507])
def test_a_valid_request_is_refused_for_nothing_else(status: int) -> None:
    with pytest.raises(RuleBroken):
        verify_apart.answered_or_busy(came(b"{}", status=status))


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_wrong_key_is_refused_for_it(status: int) -> None:
    verify_apart.key_refused(came(b"{}", status=401), "a wrong key")
    with pytest.raises(RuleBroken):
        verify_apart.key_refused(came(b"{}", status=status), "a wrong key")


def test_two_pictures_are_looked_at_each() -> None:
    second = came(b"{}")

    verify_apart.looked_at(Pair(second, "dog", False), Pair(second, "", False))
    with pytest.raises(RuleBroken):
        verify_apart.looked_at(Pair(second, "dog", True), Pair(second, "", True))
    with pytest.raises(NoWitness, match="alike"):
        verify_apart.looked_at(Pair(second, "dog", True), Pair(second, "dog", True))
    with pytest.raises(NoWitness, match="now so"):
        verify_apart.looked_at(Pair(second, "dog", True), Pair(second, "", False))


HERE = (Mark("cat", 100, 80), Mark("cat", 140, 80), Mark("dog", 40, 200))


def moved(across: float, down: float = 0.0) -> list[Mark]:
    return [Mark(mark.label, mark.x + across, mark.y + down) for mark in reversed(HERE)]


def told(*answers: list[Mark]) -> None:
    """Of two pictures, and of two like them in the opposite order, all that was told."""
    moving, back = (Moving(first, second, came(b"{}")) for first, second in (answers[:2], answers[2:]))
    verify_apart.looked_at_closely(moving, back, 12)


def test_what_has_moved_a_little_is_told_where_it_is() -> None:
    told(moved(0), moved(12), moved(12), moved(0))
    told(moved(1, 2), moved(10, -2), moved(14), moved(-2, 1))


def test_two_that_are_nearly_alike_are_taken_for_one() -> None:
    with pytest.raises(RuleBroken, match="the second is answered as the first"):
        told(moved(0), moved(0), moved(12), moved(12))


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((moved(0), moved(0), moved(0), moved(0)), "not told so much further right"),  # it knows places by a grid
        ((moved(0), moved(0), moved(24), moved(24)), "not told so much further right"),
        ((moved(0), moved(0), moved(12)[:2], moved(12)[:2]), "not told so much further right"),
        (([], [], [], []), "not told so much further right"),
        ((moved(0), moved(0), moved(12), moved(0)), "now so and now so"),
        ((moved(0), moved(12), moved(12), moved(12)), "now so and now so"),
    ],
    ids=str,
)
def test_where_nothing_is_to_be_seen_nobody_is_accused(answers: tuple[list[Mark], ...], why: str) -> None:
    with pytest.raises(NoWitness, match=why):
        told(*answers)
