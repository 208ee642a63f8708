"""The reference's Florence 2: fifteen tasks from pixels, held against the scenes' ground truth."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from assay.contract import load
from assay.contract.florence import OPERATION, tasks
from assay.reference.florence import MODELS, TASKS, told
from assay.reference.looking import Sight
from assay.scene import SCENES, Scene, Thing
from assay.serving import running

Ask = Callable[..., httpx.Response]
COVERED = ("pair", "overlay", "stack")
"""Scenes in which one thing covers a part of another."""
PAINTED = [scene for scene in SCENES.values() if scene.name not in COVERED]
SCHEMA = str(load().operation(OPERATION).modes["json"].schema)


@pytest.fixture
def ask(client: httpx.Client) -> Ask:
    """Sends a scene, or a picture's bytes, with a prompt: `ask(scene, "<OD>", max_new_tokens=3)`."""

    def send(picture: Scene | bytes, prompt: str = "<CAPTION>", /, **fields: Any) -> httpx.Response:
        data = picture if isinstance(picture, bytes) else picture.png()
        image = {"type": "base64", "value": base64.b64encode(data).decode()}
        body = {"api_key": "reference", "model_id": "florence-2-base", "image": image, "prompt": prompt, **fields}
        return client.post("/infer/lmm", json={name: value for name, value in body.items() if value is not ...})

    return send


def value(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    (answer,) = response.json()["response"].values()
    return answer


def told_box(thing: Thing, scene: Scene) -> list[int]:
    """The corners of a thing as the middles of their bins, computed otherwise than by the reference."""
    bins = np.linspace(0, 1, 1001)
    middles = (bins[:-1] + bins[1:]) / 2
    sides = (scene.width, scene.height) * 2
    places = [
        int(np.searchsorted(bins, corner / side, side="right")) - 1
        for corner, side in zip(thing.box, sides, strict=True)
    ]
    return [int(middles[min(place, 999)] * side + 1e-9) for place, side in zip(places, sides, strict=True)]


def region(thing: Thing, scene: Scene) -> str:
    x0, y0, x1, y1 = thing.box
    places = (x0 / scene.width, y0 / scene.height, x1 / scene.width, y1 / scene.height)
    return "".join(f"<loc_{min(round(place * 1000), 999)}>" for place in places)


def near(box: list[int], wanted: list[int]) -> bool:
    return max(abs(a - b) for a, b in zip(box, wanted, strict=True)) <= 1


def test_every_task_of_the_contract_is_known() -> None:
    assert set(TASKS) == set(tasks())


@pytest.mark.parametrize("form", ["png", "jpeg"])
@pytest.mark.parametrize("scene", PAINTED, ids=lambda scene: scene.name)
def test_detection_finds_what_is_painted(ask: Ask, scene: Scene, form: str) -> None:
    found = value(ask(getattr(scene, form)(), "<OD>"))

    wanted = [(thing.kind, told_box(thing, scene)) for thing in scene.things if not thing.text]
    assert len(found["bboxes"]) == len(found["labels"]) == len(wanted)
    for kind, box in wanted:
        slack = 2 if form == "jpeg" else 1
        assert any(
            label == kind and max(abs(a - b) for a, b in zip(one, box, strict=True)) <= slack
            for label, one in zip(found["labels"], found["bboxes"], strict=True)
        ), (kind, box)


@pytest.mark.parametrize("scene", SCENES.values(), ids=lambda scene: scene.name)
def test_answers_keep_the_schema_and_stand_under_their_task(ask: Ask, scene: Scene) -> None:
    for task in tasks().values():
        more = {"nothing": "", "phrase": "a red rectangle", "region": "<loc_100><loc_100><loc_400><loc_300>"}[
            task.takes
        ]
        body = ask(scene, task.token + more).json()
        assert load().validate(SCHEMA, body) == []
        assert list(body["response"]) == [task.token]
        assert body["image"] == {"width": scene.width, "height": scene.height}


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_it_reads_what_is_written(ask: Ask, form: str) -> None:
    scene = SCENES["sign"]
    data = getattr(scene, form)()

    assert value(ask(data, "<OCR>")) == " ".join(scene.texts)
    pieces = value(ask(data, "<OCR_WITH_REGION>"))
    assert pieces["labels"] == list(scene.texts)
    for quad, thing in zip(pieces["quad_boxes"], scene.things, strict=True):
        x0, y0, x1, y1 = told_box(thing, scene)
        assert near(quad, [x0, y0, x1, y0, x1, y1, x0, y1])
        assert value(ask(data, f"<REGION_TO_OCR>{region(thing, scene)}")) == thing.text


def test_a_picture_without_letters_reads_as_nothing(ask: Ask) -> None:
    assert value(ask(SCENES["menagerie"], "<OCR>")) == ""
    assert value(ask(SCENES["menagerie"], "<OCR_WITH_REGION>")) == {"quad_boxes": [], "labels": []}


@pytest.mark.parametrize("scene", SCENES.values(), ids=lambda scene: scene.name)
def test_captions_are_sentences_of_growing_detail(ask: Ask, scene: Scene) -> None:
    said = [value(ask(scene, f"<{name}>")) for name in ("CAPTION", "DETAILED_CAPTION", "MORE_DETAILED_CAPTION")]

    assert all(text and text == text.strip() and "<" not in text for text in said)
    assert all(len(less) <= len(more) for less, more in pairwise(said))


def test_captions_tell_colours_kinds_numbers_and_places(ask: Ask) -> None:
    assert value(ask(SCENES["cards"])) == "two red rectangles and a blue rectangle"
    assert value(ask(SCENES["blank"])) == "an empty grey background"
    assert value(ask(SCENES["sign"])) == "the words ASSAY GATE 42"
    assert "a blue rectangle at the bottom right" in value(ask(SCENES["cards"], "<MORE_DETAILED_CAPTION>"))
    assert value(ask(SCENES["crowd"])) == "four red figures"


def test_phrases_are_grounded_by_their_words(ask: Ask) -> None:
    scene = SCENES["cards"]
    found = value(ask(scene, "<CAPTION_TO_PHRASE_GROUNDING>a blue box next to two red rectangles"))

    assert found["labels"] == ["a blue box", "two red rectangles", "two red rectangles"]
    assert near(found["bboxes"][0], told_box(scene.things[1], scene))


@pytest.mark.parametrize(
    ("phrase", "number"),
    [("a red rectangle", 2), ("cats", 1), ("a green dog", 0), ("shapes", 3), ("hello", 0), ("", 0)],
)
def test_open_vocabulary_and_references_mean_the_same(ask: Ask, phrase: str, number: int) -> None:
    found = value(ask(SCENES["cards"], f"<OPEN_VOCABULARY_DETECTION>{phrase}"))
    outlined = value(ask(SCENES["cards"], f"<REFERRING_EXPRESSION_SEGMENTATION>{phrase}"))

    assert len(found["bboxes"]) == len(found["bboxes_labels"]) == number
    assert found["polygons"] == found["polygons_labels"] == []
    assert len(outlined["polygons"]) == len(outlined["labels"]) == number


def test_outlines_follow_the_thing(ask: Ask) -> None:
    scene = SCENES["portrait"]
    ellipse = scene.things[1]
    (outlines,) = value(ask(scene, "<REFERRING_EXPRESSION_SEGMENTATION>a blue ellipse"))["polygons"]
    drawn = np.zeros((scene.height, scene.width), np.uint8)
    for flat in outlines:
        cv2.fillPoly(drawn, [np.array(flat, np.int32).reshape(-1, 2)], 1)
    painted = scene.mask(ellipse)
    assert (drawn.astype(bool) & painted).sum() / (drawn.astype(bool) | painted).sum() > 0.93


def test_a_region_is_told_by_the_thing_in_it(ask: Ask) -> None:
    scene = SCENES["tokens"]
    for thing, name in zip(
        scene.things, ("red rectangle", "blue square", "orange ellipse", "sky blue rectangle"), strict=True
    ):
        place = region(thing, scene)
        assert value(ask(scene, f"<REGION_TO_CATEGORY>{place}")) == thing.kind
        assert name in value(ask(scene, f"<REGION_TO_DESCRIPTION>{place}"))
        assert len(value(ask(scene, f"<REGION_TO_SEGMENTATION>{place}"))["polygons"]) == 1
    assert value(ask(scene, "<REGION_TO_CATEGORY><loc_0><loc_0><loc_20><loc_20>")) == "background"


def test_proposals_have_no_labels(ask: Ask) -> None:
    assert value(ask(SCENES["cards"], "<REGION_PROPOSAL>"))["labels"] == ["", "", ""]


def test_places_are_the_middles_of_bins() -> None:
    sight = Sight(640, 480, "grey", (), ())
    assert told(80, 60, sight) == (80, 60)
    assert told(0, 0, sight) == (0, 0)
    assert told(640, 480, sight) == (639, 479)
    assert told(81, 61, sight) == (80, 61)  # bins 126 and 127: 80.96 and 61.2


@pytest.mark.parametrize("limit", [1, 3, 6])
def test_no_more_tokens_are_told_than_asked_for(ask: Ask, limit: int) -> None:
    whole = value(ask(SCENES["cards"], "<CAPTION>")).split()

    assert value(ask(SCENES["cards"], "<CAPTION>", max_new_tokens=limit)).split() == whole[:limit]
    boxes = value(ask(SCENES["cards"], "<OD>", max_new_tokens=limit))["bboxes"]
    assert len(boxes) == limit // 5  # a word and four places each
    assert len(value(ask(SCENES["cards"], "<OD>", max_new_tokens=10**30))["bboxes"]) == 3
    assert value(ask(SCENES["cards"], "<CAPTION>", max_new_tokens=2.0)).split() == whole[:2]  # as JSON Schema counts


@pytest.mark.parametrize(
    ("fields", "status", "where"),
    [
        ({"prompt": ...}, 422, ["body", "prompt"]),
        ({"prompt": None}, 422, ["body", "prompt"]),
        ({"prompt": "<CAPTION>extra text"}, 422, ["body", "prompt"]),
        ({"prompt": "<BOGUS>"}, 422, ["body", "prompt"]),
        ({"prompt": "What is in the picture?"}, 422, ["body", "prompt"]),
        ({"prompt": "<REGION_TO_CATEGORY>"}, 422, ["body", "prompt"]),
        ({"prompt": "<REGION_TO_CATEGORY><loc_1><loc_2><loc_3><loc_1000>"}, 422, ["body", "prompt"]),
        ({"model_id": ...}, 422, ["body", "model_id"]),
        ({"model_id": None}, 422, ["body", "model_id"]),
        ({"image": ...}, 422, ["body", "image"]),
        ({"image": []}, 422, ["body", "image"]),
        ({"image": {"type": "base64"}}, 422, ["body", "image", "value"]),
        ({"image": {"type": "numpy", "value": "x"}}, 422, ["body", "image", "type"]),
        ({"max_new_tokens": 0}, 422, ["body", "max_new_tokens"]),
        ({"max_new_tokens": True}, 422, ["body", "max_new_tokens"]),
        ({"max_new_tokens": 1.5}, 422, ["body", "max_new_tokens"]),
        ({"id": 5}, 422, ["body", "id"]),
        ({"disable_preproc_auto_orient": "yes"}, 422, ["body", "disable_preproc_auto_orient"]),
    ],
)
def test_what_breaks_the_schema_is_refused(ask: Ask, fields: dict[str, Any], status: int, where: list[str]) -> None:
    prompt = fields.pop("prompt", "<CAPTION>")
    refused = ask(SCENES["cards"], prompt, **fields)

    assert refused.status_code == status
    assert refused.json()["detail"][0]["loc"] == where
    assert load().validate("responses/error.json", refused.json()) == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"api_key": "wrong"}, 401),
        ({"api_key": ...}, 401),
        ({"model_id": "florence-9-mega"}, 404),
        ({"image": {"type": "base64", "value": "bm8gcGljdHVyZQ=="}}, 400),
    ],
)
def test_keys_models_and_pictures_are_refused_in_their_own_ways(ask: Ask, fields: dict[str, Any], status: int) -> None:
    assert ask(SCENES["cards"], **fields).status_code == status


def test_broken_json_and_other_methods_are_refused(client: httpx.Client) -> None:
    assert client.post("/infer/lmm?api_key=reference", content=b"{").status_code == 422
    assert client.post("/infer/lmm?api_key=reference", json=[1, 2]).status_code == 422
    assert client.get("/infer/lmm").status_code == 405


def test_both_models_answer_and_are_listed(ask: Ask, client: httpx.Client) -> None:
    answers = [value(ask(SCENES["cards"], model_id=model)) for model in MODELS]
    assert answers[0] == answers[1]
    listed = {model["model_id"]: model["task_type"] for model in client.get("/model/registry").json()["models"]}
    assert {listed[model] for model in MODELS} == {"lmm"}


def test_an_id_comes_back(ask: Ask) -> None:
    assert ask(SCENES["cards"], id="mine").json()["inference_id"] == "mine"
    assert re.fullmatch(r"[0-9a-f-]{36}", ask(SCENES["cards"]).json()["inference_id"])


def test_a_picture_by_its_address_is_answered_alike(ask: Ask) -> None:
    scene = SCENES["cards"]

    async def picture(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scene.png()})

    with running(picture) as url:
        by_address = ask(scene, "<OD>", image={"type": "url", "value": f"{url}/a.png"})
    assert value(by_address) == value(ask(scene, "<OD>"))
