"""`/sam2/embed_image` and the cache behind it: which picture a name stands for, and whose work it saves."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest

from assay.encodings import encode_png
from assay.reference.decoding import Pixels
from assay.reference.embeddings import Embedding, Embeddings, name_of
from assay.reference.errors import Refusal, bad_picture
from assay.scene import SCENES, Scene

from .truth import Segment

RED = np.full((8, 12, 3), (255, 0, 0), np.uint8)
BLUE = np.full((8, 12, 3), (0, 0, 255), np.uint8)


def cache(kept: int = 3) -> Embeddings:
    return Embeddings(kept, encoding=0)


def never() -> Pixels:
    raise AssertionError("the picture was decoded")


def embed(client: httpx.Client, picture: Scene | bytes, **fields: Any) -> httpx.Response:
    data = picture if isinstance(picture, bytes) else picture.png()
    image = {"type": "base64", "value": base64.b64encode(data).decode()}
    return client.post("/sam2/embed_image", json={"api_key": "reference", "image": image, **fields})


def area(response: httpx.Response) -> list[list[int]]:
    assert response.status_code == 200, response.text
    (one,) = response.json()["predictions"]
    return sorted(map(tuple, one["masks"][0]))  # type: ignore[arg-type]


# The cache


def test_a_name_stands_for_the_first_picture_and_spares_the_work_of_any_other() -> None:
    kept = cache()
    first = kept.of("a", lambda: RED)

    assert kept.of("a", never) is first
    assert np.array_equal(first.pixels, RED)
    assert kept.encoded == 1


def test_without_a_name_equal_pixels_are_looked_at_once() -> None:
    kept = cache()

    def looked_at(pixels: Pixels) -> Embedding:
        return kept.of(None, lambda: pixels)

    first, again, other = map(looked_at, (RED, RED.copy(), BLUE))

    assert first is again
    assert first.image_id == name_of(RED)
    assert other.image_id != first.image_id
    assert kept.encoded == 2
    assert kept.of(first.image_id, never) is first


def test_names_tell_pictures_of_another_size_apart() -> None:
    assert name_of(RED) != name_of(np.full((12, 8, 3), (255, 0, 0), np.uint8))
    assert len(name_of(RED)) == 40


def test_the_least_recently_used_is_forgotten() -> None:
    kept = cache(kept=2)
    for name in ("a", "b"):
        kept.of(name, lambda: RED)
    kept.of("a", never)
    kept.of("c", lambda: RED)

    assert (kept.known("a") is None, kept.known("b") is None, kept.known("c") is None) == (False, True, False)
    kept.of("b", lambda: BLUE)
    assert kept.encoded == 4


def test_what_cannot_be_decoded_is_not_kept() -> None:
    def broken() -> Pixels:
        raise bad_picture("Data is not image.")

    kept = cache()
    with pytest.raises(Refusal):
        kept.of("a", broken)
    assert kept.known("a") is None


def test_many_at_once_get_one_embedding() -> None:
    kept = cache()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: kept.of("a", lambda: RED), range(64)))

    assert len({id(one) for one in found} | {id(kept.of("a", never))}) == 1


# The route


def test_an_embedding_is_named(client: httpx.Client) -> None:
    given = embed(client, SCENES["counters"], image_id="mine", sam2_version_id="hiera_small")
    assert given.status_code == 200
    assert given.json()["image_id"] == "mine"
    assert given.json()["time"] >= 0

    first, again = (embed(client, SCENES["counters"]).json()["image_id"] for _ in range(2))
    assert first == again
    assert embed(client, SCENES["tokens"]).json()["image_id"] != first
    assert embed(client, encode_png(SCENES["counters"].pixels())).json()["image_id"] == first


def test_an_embedded_picture_wins_over_the_one_that_is_sent(client: httpx.Client, segment: Segment) -> None:
    embed(client, SCENES["counters"], image_id="counters")
    prompts = [{"points": [{"x": x, "y": y, "positive": True}]} for x, y in SCENES["counters"].points()[:1]]
    alone = area(segment(SCENES["counters"], prompts))

    assert area(segment(SCENES["tokens"], prompts, image_id="counters")) == alone
    assert area(segment(b"no picture at all", prompts, image_id="counters")) == alone
    assert area(segment(SCENES["tokens"], prompts)) != alone


def test_each_version_keeps_its_own(client: httpx.Client, segment: Segment) -> None:
    embed(client, SCENES["counters"], image_id="small", sam2_version_id="hiera_small")
    refused = segment(b"no picture at all", image_id="small", sam2_version_id="hiera_large")
    assert refused.status_code == 400


def test_a_cached_picture_is_answered_sooner(client: httpx.Client, segment: Segment) -> None:
    scene = Scene("new", 90, 70)

    def seconds() -> float:
        started = time.perf_counter()
        assert segment(scene, image_id="sooner").status_code == 200
        return time.perf_counter() - started

    first = seconds()
    assert min(seconds() for _ in range(5)) < first


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"image": None}, 422),
        ({"image": {"type": "base64"}}, 422),
        ({"image_id": 5}, 422),
        ({"sam2_version_id": "hiera_huge"}, 422),
        ({"image": {"type": "base64", "value": "bm8gcGljdHVyZQ=="}}, 400),
        ({"api_key": "wrong"}, 401),
    ],
)
def test_what_is_refused(client: httpx.Client, fields: dict[str, Any], status: int) -> None:
    assert embed(client, SCENES["speck"], **fields).status_code == status


def test_nothing_but_post(client: httpx.Client) -> None:
    assert client.get("/sam2/embed_image").status_code == 405
