"""Semantic segmentation: the class of every pixel, exactly, and what thresholds, classes and formats do to it."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from assay.reference.class_masks import segment_classes
from assay.scene import SCENES, Scene

from .truth import Infer

MODEL = "regions/1"
IDS = {"dog": 1, "person": 1, "cat": 2}
CLASSES = {"dog": "red", "cat": "blue"}
scenes = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())


def plane(text: str) -> np.ndarray[Any, Any]:
    """A mask as it stands in an answer: a PNG, decoded as it is."""
    content = base64.b64decode(text, validate=True)
    assert content.startswith(b"\x89PNG")
    mask = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert mask is not None
    assert mask.dtype == np.uint8
    assert mask.ndim == 2
    return np.asarray(mask)


def wanted(scene: Scene, at_least: float = 0.4) -> np.ndarray[Any, Any]:
    """The class of every pixel as the scene's painter knows it."""
    ids = np.zeros((scene.height, scene.width), np.uint8)
    for thing in scene.things:
        sure = 0.97 * max(thing.colour) / 255 >= at_least
        ids[scene.mask(thing)] = IDS.get(thing.kind, 0) if sure else 0
    return ids


@pytest.fixture
def by_json(client: httpx.Client) -> Any:
    """Asks the JSON route: `by_json(scene, confidence=0.5)`."""

    def send(picture: Scene | bytes, **fields: Any) -> httpx.Response:
        data = base64.b64encode(picture if isinstance(picture, bytes) else picture.png()).decode()
        body = {"api_key": "reference", "model_id": MODEL, "image": {"type": "base64", "value": data}, **fields}
        sent = {name: value for name, value in body.items() if value is not ...}
        return client.post("/infer/semantic_segmentation", json=sent)

    return send


@scenes
def test_every_pixel_has_its_class(infer: Infer, scene: Scene) -> None:
    body = infer(scene, MODEL).json()
    assert body["image"] == {"width": scene.width, "height": scene.height}
    predictions = body["predictions"]
    ids, sure = plane(predictions["segmentation_mask"]), plane(predictions["confidence_mask"])
    assert np.array_equal(ids, wanted(scene))
    assert predictions["class_map"] == {"0": "background", "1": "dog", "2": "cat"}
    assert predictions["present_class_ids"] == np.unique(ids).tolist()
    assert sure.shape == ids.shape
    assert (sure[ids > 0] >= 0.4 * 255).all()


@scenes
def test_a_jpeg_is_read_as_well_but_for_the_rims_of_things(infer: Infer, scene: Scene) -> None:
    ids = plane(infer(scene.jpeg(), MODEL).json()["predictions"]["segmentation_mask"])
    things = (scene.owners() + 1).astype(np.uint8)
    rims = cv2.morphologyEx(things, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0  # 2 px on either side
    wrong = ids != wanted(scene)
    assert not wrong[~rims].any()
    assert wrong.sum() <= rims.sum() / 4  # a pixel of the four, where a thing shows several shades


@pytest.mark.parametrize("percent", [0, 30, 60, 85, 98, 100])
def test_the_threshold_decides_pixel_by_pixel(infer: Infer, by_json: Any, percent: int) -> None:
    scene = SCENES["menagerie"]
    body = infer(scene, MODEL, confidence=percent).json()
    assert np.array_equal(plane(body["predictions"]["segmentation_mask"]), wanted(scene, percent / 100))
    assert by_json(scene, confidence=percent / 100).json()["predictions"] == body["predictions"]


def test_the_background_is_as_sure_as_nothing_contradicts_it(infer: Infer) -> None:
    scene = SCENES["menagerie"]
    sure = plane(infer(scene, MODEL, confidence=50).json()["predictions"]["confidence_mask"])
    dog, faint = scene.things[0], scene.things[6]
    assert sure[0, 100] == 255
    assert set(np.unique(sure[scene.mask(dog)])) == {247}
    assert set(np.unique(sure[scene.mask(faint)])) == {round(255 * (1 - 0.97 * 92 / 255))}


def test_classes_restrict_the_mask(infer: Infer) -> None:
    scene = SCENES["menagerie"]
    ids = plane(infer(scene, MODEL, classes="cat").json()["predictions"]["segmentation_mask"])
    everything = wanted(scene)
    assert np.array_equal(ids, np.where(everything == 2, 2, 0))


@scenes
def test_both_routes_answer_alike(infer: Infer, by_json: Any, scene: Scene) -> None:
    hosted, called = infer(scene, MODEL).json(), by_json(scene).json()
    assert hosted["predictions"] == called["predictions"]
    assert hosted["image"] == called["image"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"api_key": "wrong"}, 401),
        ({"api_key": ...}, 401),
        ({"model_id": ...}, 422),
        ({"model_id": None}, 422),
        ({"model_id": "shapes/1"}, 404),  # a model of another task
        ({"model_id": "no/1"}, 404),
        ({"image": ...}, 422),
        ({"image": "text"}, 422),
        ({"image": {"type": "base64"}}, 422),
        ({"image": {"type": "base64", "value": 7.5}}, 422),
        ({"image": {"type": "numpy", "value": "QUJD"}}, 422),
        ({"image": {"type": "base64", "value": "QUJD"}}, 400),
        ({"image": {"type": "url", "value": "http://192.0.2.1/a.png"}}, 400),
        ({"confidence": 1.5}, 422),
        ({"confidence": "high"}, 422),
        ({"confidence": True}, 422),
        ({"disable_preproc_auto_orient": "yes"}, 422),
        ({"id": 5}, 422),
    ],
)
def test_what_the_json_route_refuses(by_json: Any, fields: dict[str, Any], status: int) -> None:
    response = by_json(SCENES["speck"], **fields)
    assert response.status_code == status, response.text
    assert "reference" not in response.text


def test_a_body_that_is_no_json_object(client: httpx.Client) -> None:
    key = {"authorization": "Bearer reference"}
    for content in (b"", b"[]", b"{", b"\xff"):
        assert client.post("/infer/semantic_segmentation", content=content, headers=key).status_code == 422
    assert client.get("/infer/semantic_segmentation").status_code == 405


@pytest.mark.parametrize("stroke", [1, 5, 1000])
@pytest.mark.parametrize("labels", ["true", "false"])
def test_the_drawing_shows_the_classes(infer: Infer, stroke: int, labels: str) -> None:
    scene = SCENES["portrait"]
    response = infer(scene, MODEL, format="image", stroke=stroke, labels=labels)
    assert response.headers["content-type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    drawn = picture[:, :, ::-1].astype(int)
    assert drawn.shape == (scene.height, scene.width, 3)
    changed = np.abs(drawn - scene.pixels().astype(int)).max(axis=2) > 40
    ids = wanted(scene)
    assert changed[ids > 0].mean() > 0.9
    if stroke < 1000:
        assert changed[cv2.dilate(ids, np.ones((31, 31), np.uint8)) == 0].mean() < 0.01
    beside = infer(scene, MODEL, format="image_and_json", stroke=stroke, labels=labels).json()
    assert base64.b64decode(beside["visualization"]) == response.content
    assert beside["predictions"] == infer(scene, MODEL).json()["predictions"]


def test_a_picture_without_things_is_all_background() -> None:
    masks = segment_classes(SCENES["blank"].pixels(), CLASSES, 0.0)
    assert not masks.ids.any()
    assert (masks.confidence == 255).all()
