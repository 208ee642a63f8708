"""Hostile requests: every theme says something, within its bounds, and carries nothing that runs by accident."""

from __future__ import annotations

import base64
import pickletools

import cv2
import numpy as np
import pytest

from assay import generate
from assay.contract import Operation, load
from assay.contract.message import Request
from assay.generate import hostile
from assay.generate.hostile import framing, pictures
from assay.picture import stated_size

OPERATIONS = list(load().operations.values())
EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
WITH_NUMBERS = [each for each in OPERATIONS if "numbers" in hostile.themes(each)]
SOUND = generate.Picture(pictures.whole("jpeg"), 64, 48)
CONTEXT = generate.Context((SOUND,), {"dataset": "shapes", "version": "1"}, ("dog",))


def ground(operation: Operation) -> hostile.Ground:
    fullest = generate.example(operation, CONTEXT)
    model = "hiera_tiny" if "sam2" in operation.id else str(fullest.get("model_id", "shapes/1"))
    return hostile.Ground(operation, operation.to_request(fullest), fullest, model)


@EVERY
def test_each_theme_of_an_operation_has_requests_unlike_each_other(operation: Operation) -> None:
    themes = hostile.themes(operation)

    assert {"png", "bombs", "names", "files", "addresses", "framing", "slowness", "media"} <= set(themes)
    assert ("deep-json" in themes) == (operation.shape == "json-body")
    for theme in themes:
        made = hostile.hostile(theme, ground(operation))
        assert made or theme == "names", theme
        assert len({(one.request, one.framing) for one in made}) == len({one.words for one in made}) == len(made)
        assert len(made) <= 22


@pytest.mark.parametrize("operation", WITH_NUMBERS, ids=lambda each: each.id)
def test_a_number_stands_where_the_schema_has_one(operation: Operation) -> None:
    made = hostile.hostile("numbers", ground(operation))

    assert len(WITH_NUMBERS) >= 7
    for one in made:
        text = one.request.body.decode() if operation.shape == "json-body" else one.request.url
        assert any(number in text for number in ("1e308", "9" * 5000, "NaN", "Infinity", "1e999", "0" * 5000))
        assert "assay-stands-here" not in text


@pytest.mark.parametrize("kind", pictures.KINDS)
def test_only_the_sound_picture_is_sound(kind: str) -> None:
    whole = cv2.imdecode(np.frombuffer(pictures.whole(kind), np.uint8), cv2.IMREAD_COLOR)

    assert whole is not None
    assert whole.shape == (48, 64, 3)
    assert all(content != pictures.whole(kind) for _, content in pictures.damaged(kind))


def test_the_gif_shows_what_was_drawn() -> None:
    shown = cv2.imdecode(np.frombuffer(pictures.whole("gif"), np.uint8), cv2.IMREAD_GRAYSCALE)

    assert shown is not None
    assert np.unique(shown).size > 20


def test_no_picture_states_or_holds_more_than_the_bound() -> None:
    for words, content in pictures.bombs():
        size = stated_size(content)
        assert size is not None, words
        assert abs(size[0] * size[1]) <= hostile.MOST_PIXELS
        assert len(content) < 40_000


def test_the_pickle_fetches_an_address_and_nothing_else() -> None:
    text = hostile.knocking_pickle("http://127.0.0.1:1/a.png")
    operations = [(code.name, value) for code, value, _ in pickletools.genops(base64.b64decode(text))]

    assert operations == [
        ("GLOBAL", "urllib.request urlopen"), ("MARK", None), ("STRING", "http://127.0.0.1:1/a.png"), ("NONE", None),
        ("INT", 5), ("TUPLE", None), ("REDUCE", None), ("STOP", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("words", "write"), [*framing.FRAMINGS.items(), *framing.SLOW.items()])
def test_a_framing_keeps_the_key_and_says_what_it_means(words: str, write: framing.Framing) -> None:
    headers = (("Host", "here"), ("Authorization", "Bearer k"), ("Content-Length", "9"))
    request = Request("sam2.segment", "POST", "/sam2/segment_image", (), headers, b"some body")
    octets = write(request)

    assert ("Authorization", "Bearer k") in octets.headers
    assert octets.body == b"some body"
    framed = [name for name, _ in octets.headers if name in ("Content-Length", "Transfer-Encoding")]
    assert framed
    assert octets.due == ("slowly" in words or words == "a body in chunks")
