"""With what words a target refuses: enough to go on, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.contract.message import Request, Response
from assay.plugin.refusal import SAID, came_instead
from assay.record import Redactor
from assay.record.model import Exchange

KEY = "ro+b/ke~y.7Q==x_9"
CLEAN = Redactor(KEY).text


def came(status: int, media: str, body: bytes) -> str:
    response = Response(status, (("content-type", media),), body)
    return came_instead(Exchange("x1", Request("one", "POST", "/one"), response, None, 0.0, 0.1), CLEAN)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "Out of\nmemory."}, "status 500, Out of memory."),
        ({"Message": "Forbidden"}, "status 500, Forbidden"),
        ({"detail": "no such model"}, "status 500, no such model"),
        ({"detail": [{"loc": ["body"], "msg": "is too long", "input": {"api_key": KEY}}]}, "status 500, is too long"),
        ({"detail": [KEY]}, "status 500"),
        ({"detail": {"input": KEY}}, "status 500"),
        ({"message": {"x": 1}, "detail": "no such model"}, "status 500, no such model"),
        ({"message": [], "detail": "no such model"}, "status 500, no such model"),
        ([KEY], "status 500"),
        (3, "status 500"),
    ],
)
def test_json_is_told_by_its_words(body: Any, said: str) -> None:
    assert came(500, "application/json", json.dumps(body).encode()) == said


def test_other_answers_are_told_by_what_they_are() -> None:
    assert came(502, "text/plain", b"upstream \xff is\n\x1b[31mdown") == "status 502, upstream � is \\x1b[31mdown"
    assert came(502, "text/html", b"<!DOCTYPE html><html>") == "status 502, a web page"
    assert came(500, "image/jpeg", b"\xff\xd8") == "status 500"
    assert came(500, "text/plain; charset=utf-16", KEY.encode("utf-16")) == "status 500"
    silent = Exchange("x1", Request("one", "POST", "/one"), None, ("timeout", f"nothing from {KEY}"), 0.0, 120.0)
    assert came_instead(silent, CLEAN) == "timeout: nothing from $ROBOFLOW_API_KEY"


@pytest.mark.parametrize("times", [5, 300])
@pytest.mark.parametrize("length", [20, 500, 900, 2500, 9000])
@pytest.mark.parametrize("media", ["text/plain", "application/json"])
def test_of_long_secrets_that_come_again_and_again_nothing_is_left(media: str, length: int, times: int) -> None:
    secrets = [f"{number}{'kX9fQ2mZ7pLwRtB8vNc' * (length // 19)}" for number in range(2)]
    clean = Redactor(None, tuple((f"X-{number}", secret) for number, secret in enumerate(secrets))).text
    text = "refused: " + "; ".join(f"X-A={secrets[0]}; X-B={secrets[1]}" for _ in range(times))
    body = text if media == "text/plain" else json.dumps({"message": text})
    response = Response(500, (("content-type", media),), body.encode())

    said = came_instead(Exchange("x1", Request("one", "POST", "/one"), response, None, 0.0, 0.1), clean)

    assert "X-A=***; X-B=***" in said or times * length > 40_000  # nothing of them is left that could be shown
    assert "kX9" not in said


@pytest.mark.parametrize("media", ["text/plain", "application/json"])
def test_wherever_it_is_cut_no_part_of_the_key_is_left(media: str) -> None:
    for before in range(SAID - len(KEY) - 5, SAID + 5):
        text = f"{'-' * before}{KEY}{'-' * 50}"
        body = text if media == "text/plain" else json.dumps({"message": text})
        said = came(500, media, body.encode())

        assert KEY[:2] not in said
        assert "… (" in said
