"""The hosted route's models read every scene exactly, and do with it what the parameters say."""

from __future__ import annotations

import base64
from itertools import combinations
from typing import Any

import cv2
import numpy as np
import pytest

from assay.encodings import encode_png
from assay.reference.detection import detect, iou, regions, select
from assay.reference.hosted import MODELS
from assay.scene import SCENES, Scene, Thing

from .truth import KINDS, Infer, answered, truth, without_identity

scenes = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES.keys())
models = pytest.mark.parametrize("model", KINDS)
SUPPRESSED = {"pair": 0.814, "stack": 0.582}
"""The confidence of what the default overlap takes from a scene."""


@scenes
@models
def test_everything_is_read_from_a_png(infer: Infer, scene: Scene, model: str) -> None:
    body = infer(scene, model, confidence=0, overlap=100).json()
    assert sorted(answered(body)) == sorted(truth(scene, model))
    assert body["image"] == {"width": scene.width, "height": scene.height}


@scenes
@models
@pytest.mark.parametrize("quality", [100, 95, 90, 75])
def test_everything_is_read_from_a_jpeg(infer: Infer, scene: Scene, model: str, quality: int) -> None:
    found = answered(infer(scene.jpeg(quality), model, confidence=0, overlap=100).json())
    wanted = truth(scene, model)
    assert len(found) == len(wanted)
    for one, other in zip(sorted(found, key=lambda row: -row[1]), wanted, strict=True):
        assert one[0] == other[0]
        assert one[1] == pytest.approx(other[1], abs=0.02)
        assert one[2] == pytest.approx(other[2], abs=2)


@scenes
@models
def test_defaults_are_those_of_the_document(infer: Infer, scene: Scene, model: str) -> None:
    plain = infer(scene, model).json()
    assert without_identity(plain) == without_identity(infer(scene, model, confidence=40, overlap=30).json())
    wanted = [row for row in truth(scene, model, 0.4) if row[1] != SUPPRESSED.get(scene.name)]
    assert answered(plain) == wanted


def test_threshold_is_a_percentage_and_inclusive(infer: Infer) -> None:
    scene = SCENES["menagerie"]
    counts = []
    for confidence in (0, 0.5, 1, 30, 40, 60, 97, 98, 100):
        found = answered(infer(scene, confidence=confidence).json())
        assert found == truth(scene, "shapes/1", confidence / 100)
        counts.append(len(found))
    assert counts == [8, 8, 8, 7, 6, 5, 1, 0, 0]


def test_overlap_suppresses_the_less_confident_of_a_class(infer: Infer) -> None:
    scene = SCENES["pair"]
    answers = [answered(infer(scene, overlap=overlap).json()) for overlap in (0, 30, 42, 43, 100)]
    dogs = [[row for row in rows if row[0] == "dog"] for rows in answers]
    assert [len(rows) for rows in dogs] == [1, 1, 1, 2, 2]
    assert all(rows[0] == dogs[-1][0] and rows[0][1] == 0.97 for rows in dogs)


def test_other_classes_are_not_suppressed() -> None:
    red, blue = Thing("dog", (10, 10, 110, 90), (255, 0, 0)), Thing("cat", (30, 20, 90, 80), (0, 0, 255))
    pixels = Scene("nested", 160, 120, (red, blue)).pixels()
    found = select(detect(pixels, MODELS["shapes/1"].classes), 0.4, 0.0)
    assert [(one.label, one.box) for one in found] == [("dog", red.box), ("cat", blue.box)]


@pytest.mark.parametrize(
    ("classes", "kept"),
    [
        ("dog", {"dog"}),
        ("cat", {"cat"}),
        ("dog,cat", {"dog", "cat"}),
        (" cat , bird", {"cat"}),
        ("bird", set()),
    ],
)
def test_classes_filters(infer: Infer, classes: str, kept: set[str]) -> None:
    scene = SCENES["menagerie"]
    found = answered(infer(scene, classes=classes).json())
    assert found == [row for row in truth(scene, "shapes/1", 0.4) if row[0] in kept]


def test_no_class_named_means_all(infer: Infer) -> None:
    assert len(infer(SCENES["menagerie"], classes="").json()["predictions"]) == 6


def test_max_detections_keeps_the_surest(infer: Infer) -> None:
    found = answered(infer(SCENES["menagerie"], max_detections=2).json())
    assert found == truth(SCENES["menagerie"], "shapes/1", 0.4)[:2]


@pytest.mark.parametrize("name", ["menagerie", "crowd"])
def test_fields_are_typed_as_documented(infer: Infer, name: str) -> None:
    body: dict[str, Any] = infer(SCENES[name], "figures/1").json()
    assert {"predictions", "image", "time", "inference_id"} == set(body)
    ids = [one["detection_id"] for one in body["predictions"]]
    assert len(set(ids)) == len(ids) > 1
    for one in body["predictions"]:
        assert one["class_id"] == 0
        assert one["class"] == "person"
        for joint in one["keypoints"]:
            assert set(joint) == {"x", "y", "confidence", "class_id", "class_name"}
            assert 0 <= joint["confidence"] <= 1


def test_class_ids_follow_the_model(infer: Infer) -> None:
    found = infer(SCENES["menagerie"]).json()["predictions"]
    assert {(one["class"], one["class_id"]) for one in found} == {("dog", 0), ("cat", 1)}
    assert all("keypoints" not in one for one in found)


@pytest.mark.parametrize("name", ["crowd", "duo"])
def test_joints_lie_on_the_figure(infer: Infer, name: str) -> None:
    scene = SCENES[name]
    painted = scene.owners() >= 0
    body = infer(scene, "figures/1", confidence=20).json()
    for row, one in zip(answered(body), body["predictions"], strict=True):
        joints = {joint["class_name"]: joint for joint in one["keypoints"]}
        assert [joint["class_id"] for joint in one["keypoints"]] == [0, 1, 2, 3, 4]
        assert list(joints) == ["nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip"]
        x0, y0, x1, y1 = row[2]
        for joint in joints.values():
            assert x0 <= joint["x"] <= x1
            assert y0 <= joint["y"] <= y1
            assert painted[int(joint["y"]), int(joint["x"])]
        assert joints["left_shoulder"]["x"] < joints["nose"]["x"] < joints["right_shoulder"]["x"]
        assert joints["nose"]["y"] < joints["left_shoulder"]["y"] < joints["left_hip"]["y"]


def test_joints_follow_the_pixels(infer: Infer) -> None:
    """A mirrored picture has its joints mirrored, and a figure without a left half has none on the left."""
    figure = Thing("person", (40, 30, 140, 190), (255, 0, 0), "figure")
    scene = Scene("one", 200, 240, (figure,))
    (whole,) = infer(scene, "figures/1").json()["predictions"]
    pixels = scene.pixels()
    pixels[:, :90] = scene.background
    (half,) = infer(encode_png(pixels), "figures/1").json()["predictions"]
    left, cut = (one["keypoints"][1]["x"] for one in (whole, half))
    assert left < 90 < cut


def test_keypoint_confidence_drops_joints(infer: Infer) -> None:
    scene = SCENES["crowd"]
    everything = infer(scene, "figures/1").json()["predictions"]
    values = [joint["confidence"] for one in everything for joint in one["keypoints"]]
    limit = sorted(values)[len(values) // 2]
    kept = infer(scene, "figures/1", keypoint_confidence=limit).json()["predictions"]
    assert sum(len(one["keypoints"]) for one in kept) == sum(value >= limit for value in values) < len(values)


@models
def test_same_request_same_answer(infer: Infer, model: str) -> None:
    first, second = (infer(SCENES["menagerie"], model).json() for _ in range(2))
    assert without_identity(first) == without_identity(second)
    assert first["inference_id"] != second["inference_id"]


def test_touching_shades_are_two_things() -> None:
    things = (Thing("dog", (20, 20, 60, 60), (255, 0, 0)), Thing("dog", (60, 30, 100, 70), (180, 0, 0)))
    found = regions(Scene("touching", 120, 90, things).pixels(), "red")
    assert {one.box for one in found} == {thing.box for thing in things}


def test_pictures_that_are_not_scenes_get_valid_answers(infer: Infer) -> None:
    random = np.random.default_rng(2)
    gradient = np.full((240, 320, 3), 9, np.uint8)
    gradient[:, :, 0] = np.linspace(0, 255, 320)
    photographs = {
        "noise": random.integers(0, 256, (240, 320, 3), np.uint8),
        "smooth noise": cv2.GaussianBlur(random.integers(0, 256, (240, 320, 3), np.uint8), (31, 31), 0),
        "gradient": gradient,
        "a pixel": np.full((1, 1, 3), (255, 0, 0), np.uint8),
        "a line": np.full((1, 400, 3), (255, 0, 0), np.uint8),
    }
    for name, pixels in photographs.items():
        response = infer(encode_png(pixels), confidence=0, overlap=0)
        assert response.status_code == 200, name
        height, width = pixels.shape[:2]
        rows = answered(response.json())
        for _, confidence, (x0, y0, x1, y1) in rows:
            assert 0 <= confidence <= 1
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
        boxes = [(row[0], tuple(map(int, row[2]))) for row in rows]
        assert all(one[0] != two[0] or iou(one[1], two[1]) == 0 for one, two in combinations(boxes, 2))  # type: ignore[arg-type]


def test_grey_and_alpha_and_exif_are_understood(infer: Infer) -> None:
    scene = SCENES["portrait"]
    grey = cv2.imencode(".png", np.full((30, 50), 77, np.uint8))[1].tobytes()
    assert infer(grey).json()["image"] == {"width": 50, "height": 30}
    opaque = np.dstack([scene.pixels()[:, :, ::-1], np.full((scene.height, scene.width), 255, np.uint8)])
    with_alpha = cv2.imencode(".png", opaque)[1].tobytes()
    assert answered(infer(with_alpha).json()) == truth(scene, "shapes/1", 0.4)
    turned = exif(scene.jpeg(), 6)
    assert infer(turned).json()["image"] == {"width": scene.height, "height": scene.width}
    as_stored = infer(turned, disable_preproc_auto_orient="true").json()
    assert as_stored["image"] == {"width": scene.width, "height": scene.height}


def exif(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF orientation."""
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01" + bytes([0, orientation, 0, 0])
    body = b"Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def test_drawings_are_jpegs_of_the_picture_size(infer: Infer) -> None:
    scene = SCENES["portrait"]
    response = infer(scene, format="image")
    assert response.headers["content-type"] == "image/jpeg"
    assert response.content[:2] == b"\xff\xd8"
    assert drawing(response.content).shape == (scene.height, scene.width, 3)


def test_drawing_comes_with_the_json(infer: Infer) -> None:
    scene = SCENES["menagerie"]
    plain = infer(scene).json()
    drawn = infer(scene, format="image_and_json", stroke=3, labels="true").json()
    picture = base64.b64decode(drawn.pop("visualization"), validate=True)
    assert without_identity(plain) == without_identity(drawn)
    assert picture == infer(scene, format="image", stroke=3, labels="true").content


def test_stroke_labels_and_detections_change_the_drawing(infer: Infer) -> None:
    scene = SCENES["menagerie"]
    bare = drawing(infer(scene, format="image", confidence=100).content)
    assert np.abs(bare - scene.pixels().astype(int)).mean() < 3

    def changed(**query: Any) -> int:
        return int((np.abs(drawing(infer(scene, format="image", **query).content) - bare).max(axis=2) > 40).sum())

    assert 0 < changed() < changed(stroke=4) < changed(stroke=12)
    assert changed(confidence=60) < changed() < changed(labels="true")
    assert changed(stroke=10**6) > 0


def test_drawn_boxes_stand_where_the_json_says(infer: Infer) -> None:
    scene = SCENES["trio"]
    body = infer(scene, format="image_and_json", stroke=3).json()
    canvas = drawing(base64.b64decode(body["visualization"]))
    apart = np.abs(canvas - scene.pixels().astype(int)).max(axis=2) > 60
    for _, _, box in answered(body):
        x0, y0, x1, y1 = map(int, box)
        sides = [apart[y0, x0:x1], apart[y1 - 1, x0:x1], apart[y0:y1, x0], apart[y0:y1, x1 - 1]]
        assert np.concatenate(sides).mean() > 0.9
        assert apart[y0 + 10 : y1 - 10, x0 + 10 : x1 - 10].mean() < 0.02


def drawing(data: bytes) -> Any:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels[:, :, ::-1].astype(int)
