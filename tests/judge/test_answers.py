"""Reading answers: what is there is read as it stands, and what cannot be read is laid to the rule about schemas."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from assay.judge.answers import detection, segmentation, visualization
from assay.judge.verdicts import PrerequisiteBroken

from .making import detected, exchange, hosted, point, row, segmented

RULE = "hosted.answer.schema"


def test_predictions_are_read_with_the_place_where_they_stand() -> None:
    answer = detected(row(10, 20, 30, 60, "dog", confidence=0.75), row(1, 2, 3, 4, "cat", confidence=1))
    first, second = answer.predictions

    assert (first.x, first.y, first.width, first.height, first.confidence) == (20, 40, 20, 40, 0.75)
    assert (first.label, first.pointer, second.pointer) == ("dog", "/predictions/0", "/predictions/1")
    assert first.keypoints == ()
    assert str(first) == "dog 0.750 at (10, 20, 30, 60)"
    assert answer.exchange.id == "x000007"


def test_labels_classes_and_thresholds() -> None:
    answer = detected(
        row(0, 0, 9, 9, "dog", confidence=0.4),
        row(0, 0, 9, 9, "cat", confidence=0.6),
        row(0, 0, 9, 9, "dog", confidence=0.9),
    )

    assert answer.labels == ("cat", "dog")
    assert [prediction.confidence for prediction in answer.of(["dog"])] == [0.4, 0.9]
    assert answer.of([]) == ()
    assert [prediction.confidence for prediction in answer.above(0.4)] == [0.4, 0.6, 0.9]  # the threshold itself counts
    assert [prediction.confidence for prediction in answer.above(0.4000001)] == [0.6, 0.9]
    assert detected().labels == ()


def test_keypoints_are_read_under_either_name() -> None:
    named = {"x": 1, "y": 2, "confidence": 0.5, "class_id": 3}
    points = [
        {**named, "class_name": "nose"},
        {**named, "class": "nose"},
        named,
        {**named, "class_name": "a", "class": "b"},
    ]

    read = detected(row(0, 0, 9, 9, keypoints=points)).predictions[0].keypoints

    assert [keypoint.name for keypoint in read] == ["nose", "nose", None, "a"]
    assert {(keypoint.x, keypoint.y, keypoint.confidence, keypoint.identifier) for keypoint in read} == {(1, 2, 0.5, 3)}
    assert [keypoint.pointer for keypoint in read] == [f"/predictions/0/keypoints/{number}" for number in range(4)]


@pytest.mark.parametrize("absent", [None, []])
def test_absent_keypoints_are_none(absent: Any) -> None:
    assert detected(row(0, 0, 9, 9, keypoints=absent)).predictions[0].keypoints == ()


def changed(**fields: Any) -> dict[str, Any]:
    return hosted([{**row(0, 0, 9, 9), **fields}])


def keypoint_with(**fields: Any) -> dict[str, Any]:
    return hosted([row(0, 0, 9, 9, keypoints=[{**point(0, "nose"), **fields}])])


def without(name: str) -> dict[str, Any]:
    return hosted([{field: value for field, value in row(0, 0, 9, 9).items() if field != name}])


UNREADABLE: dict[str, Any] = {
    "no JSON": b"<html>",
    "nothing": b"",
    "no text": b"\xff\xfe",
    "cut off": json.dumps(hosted([row(0, 0, 9, 9)])).encode()[:-9],
    "NaN": json.dumps(changed(x=float("nan"))).encode(),
    "infinity": json.dumps(changed(x=float("inf"))).encode(),
    "an infinity in digits": json.dumps(changed(x=1)).replace('"x": 1', '"x": 1e999').encode(),
    "a whole number that no float holds": json.dumps(changed(x=1)).replace('"x": 1', f'"x": {10**400}').encode(),
    "endless brackets": b"[" * 200_000,
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a list": [],
    "null": None,
    "a text": "predictions",
    "a number": 5,
    "no predictions": {"image": {}},
    "predictions are null": hosted([]) | {"predictions": None},
    "predictions are an object": hosted([]) | {"predictions": {}},
    "predictions are a text": hosted([]) | {"predictions": "none"},
    "a prediction is null": hosted([None]),
    "a prediction is a list": hosted([[1, 2, 3, 4]]),
    "a prediction is a text": hosted(["dog"]),
    **{f"no {name}": without(name) for name in ("x", "y", "width", "height", "confidence", "class")},
    "x is a text": changed(x="12"),
    "x is true": changed(x=True),
    "width is null": changed(width=None),
    "confidence in percent": changed(confidence=97),
    "confidence above 1": changed(confidence=1.0011),
    "confidence below 0": changed(confidence=-0.0011),
    "class is a number": changed(**{"class": 3}),
    "class is null": changed(**{"class": None}),
    "keypoints are an object": changed(keypoints={"nose": [1, 2]}),
    "keypoints are a number": changed(keypoints=17),
    "a keypoint is a list": changed(keypoints=[[1, 2]]),
    "a keypoint's id is a text": keypoint_with(class_id="0"),
    "a keypoint's name is a number": keypoint_with(class_name=5),
    "a keypoint without x": changed(keypoints=[{"y": 1, "confidence": 1, "class_id": 0}]),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_laid_to_the_schema(body: Any) -> None:
    with pytest.raises(PrerequisiteBroken) as caught:
        detection(exchange(body), RULE)

    assert caught.value.prerequisite == RULE
    (finding,) = caught.value.findings
    assert finding.exchange == "x000007"
    assert 20 < len(finding.message) <= 300


def test_huge_but_finite_numbers_are_read() -> None:
    (prediction,) = detected({**row(0, 0, 1, 1), "x": 1e308, "width": 10**300}).predictions

    assert (prediction.x, prediction.width) == (1e308, 1e300)


SQUARE = [[2, 2], [6, 2], [6, 6], [2, 6]]


def test_polygons_and_their_vertices() -> None:
    answer = segmented([SQUARE, [[10, 10], [12, 10], [12, 12]]], [[]], [], width=20, height=16)

    assert [int(mask.sum()) for mask in answer.masks] == [25 + 6, 0, 0]
    assert all(mask.shape == (16, 20) for mask in answer.masks)
    assert answer.outlines[0][0] == ((2, 2), (6, 2), (6, 6), (2, 6))
    assert (answer.outlines[1], answer.outlines[2]) == (((),), ())
    assert answer.marked == 1


def test_a_mask_beyond_the_picture_is_marked_though_no_pixel_is() -> None:
    answer = segmented([[[100, 100], [110, 100], [110, 110]]], width=20, height=16)

    assert not answer.masks[0].any()
    assert answer.marked == 1


def test_run_lengths_have_no_vertices() -> None:
    answer = segmented({"size": [2, 3], "counts": "06"}, {"size": [2, 3], "counts": "6"}, width=3, height=2)

    assert [int(mask.sum()) for mask in answer.masks] == [6, 0]
    assert answer.outlines == ((), ())
    assert answer.marked == 1
    assert np.array_equal(answer.masks[0], np.ones((2, 3), np.bool_))


@pytest.mark.parametrize(
    "masks",
    [
        None,
        5,
        "text",
        [["x"]],
        [[[1]]],
        [[[1, 2, 3]]],
        [[["1", "2"], ["3", "4"]]],
        [[[True, False], [1, 2]]],
        [SQUARE, 7],
        {"size": [2, 3]},
        {"size": [2, 3], "counts": [0, 6]},
        {"size": [2, 3], "counts": "05"},
        {"size": "23", "counts": "06"},
        {"size": [2.0, 3.0], "counts": "06"},
        {"size": [-2, -3], "counts": "06"},
    ],
)
def test_masks_that_cannot_be_read(masks: Any) -> None:
    body = {"predictions": [{"masks": masks}]}

    with pytest.raises(PrerequisiteBroken):
        segmentation(exchange(body, operation="sam2.segment"), "sam2.answer.schema", 20, 16)


@pytest.mark.parametrize("body", [{}, {"predictions": [{}]}, {"predictions": [5]}, {"predictions": {}}, []])
def test_answers_without_masks(body: Any) -> None:
    with pytest.raises(PrerequisiteBroken):
        segmentation(exchange(body, operation="sam2.segment"), "sam2.answer.schema", 20, 16)


@pytest.mark.parametrize("confidence", [0, 1, 0.0, 1.0, 1.0000001192092896, 1.0009765625, -1e-7])
def test_confidences_at_the_ends_of_their_range(confidence: float) -> None:
    assert detected(row(0, 0, 9, 9, confidence=confidence)).predictions[0].confidence == confidence


def test_the_drawing_beside_the_json() -> None:
    picture = bytes(range(256))
    for encode in (base64.b64encode, base64.encodebytes):  # line breaks are allowed, as in the schema
        assert visualization(detected(visualization=encode(picture).decode()), RULE) == picture


@pytest.mark.parametrize(
    "drawing", [..., None, 5, "not base64!", "cGljdHVyZ", "data:image/jpeg;base64,cGljdHVyZQ==", []]
)
def test_a_drawing_that_is_none(drawing: Any) -> None:
    answer = detected(**({} if drawing is ... else {"visualization": drawing}))

    with pytest.raises(PrerequisiteBroken) as caught:
        visualization(answer, RULE)

    assert caught.value.findings[0].exchange == "x000007"
