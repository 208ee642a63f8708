"""Two answers of any operation say the same, or they do not: by structure, with tolerances."""

from __future__ import annotations

import base64
import copy
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contract import load
from assay.judge.equal import Comparison, comparison, new_in_each_answer

DOG = {"x": 100.0, "y": 80.0, "width": 40, "height": 30, "confidence": 0.91, "class": "dog", "class_id": 0}
CAT = {"x": 300.0, "y": 200.0, "width": 50, "height": 60, "confidence": 0.77, "class": "cat", "class_id": 1}
ANSWER = {"time": 0.1, "inference_id": "a", "image": {"width": 640, "height": 480}, "predictions": [DOG, CAT]}
SQUARE = [[10, 10], [110, 10], [110, 110], [10, 110]]


def told(first: Any, second: Any, **how: Any) -> list[str]:
    return [found.pointer for found in Comparison(**how).differences(first, second)]


def changed(answer: Any, *path: Any, value: Any) -> Any:
    document = copy.deepcopy(answer)
    place = document
    for token in path[:-1]:
        place = place[token]
    place[path[-1]] = value
    return document


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_an_answer_says_what_it_says(value: Any) -> None:
    assert Comparison().differences(value, copy.deepcopy(value)) == []


@given(json_values, json_values)
def test_who_comes_first_makes_no_difference(first: Any, second: Any) -> None:
    assert bool(Comparison().differences(first, second)) == bool(Comparison().differences(second, first))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("time",), 9.9),
        (("inference_id",), None),
        (("predictions", 0, "x"), 102.0),
        (("predictions", 0, "confidence"), 0.93),
        (("predictions", 1, "width"), 48.5),
        (("predictions",), [CAT, DOG]),
        (("predictions",), [{**CAT, "detection_id": "b"}, DOG]),
    ],
)
def test_what_may_differ(path: tuple[Any, ...], value: Any) -> None:
    assert told(ANSWER, changed(ANSWER, *path, value=value)) == []


@pytest.mark.parametrize(
    ("path", "value", "places"),
    [
        (("predictions", 0, "x"), 102.1, ["/predictions", "/predictions/0"]),
        (("predictions", 0, "confidence"), 0.935, ["/predictions", "/predictions/0"]),
        (("predictions", 0, "class"), "fox", ["/predictions", "/predictions/0"]),
        (("predictions", 0, "class_id"), 1, ["/predictions", "/predictions/0"]),
        (("predictions",), [CAT], ["/predictions"]),
        (("predictions",), [DOG, CAT, DOG], ["/predictions/2"]),
        (("predictions",), {}, ["/predictions"]),
        (("image", "width"), 641, ["/image/width"]),
        (("image",), None, ["/image"]),
        (("more",), True, ["/more"]),
    ],
)
def test_what_may_not(path: tuple[Any, ...], value: Any, places: list[str]) -> None:
    assert told(ANSWER, changed(ANSWER, *path, value=value)) == places


def test_a_missing_member_is_told_at_its_place() -> None:
    without = {name: value for name, value in ANSWER.items() if name != "image"}

    assert told(ANSWER, without) == ["/image"]
    assert told({"a/b~c": 1}, {}) == ["/a~1b~0c"]


@pytest.mark.parametrize(("first", "second"), [(1, True), (0, False), ("1", 1), (None, 0), ([], {}), ("a", "b")])
def test_values_of_another_kind(first: Any, second: Any) -> None:
    assert told({"value": first}, {"value": second}) == ["/value"]


def test_predictions_are_matched_so_that_as_many_as_can_be_find_a_partner() -> None:
    row = [{**DOG, "x": 100.0}, {**DOG, "x": 101.5}, {**DOG, "x": 103.0}]
    other = [{**DOG, "x": 103.4}, {**DOG, "x": 99.0}, {**DOG, "x": 101.6}]

    assert told(row, other) == []


def test_near_the_threshold_a_prediction_may_come_and_go() -> None:
    faint = {**CAT, "confidence": 0.41}

    assert told({"predictions": [DOG, faint]}, {"predictions": [DOG]}, threshold=0.4) == []
    assert told({"predictions": [DOG]}, {"predictions": [faint, DOG]}, threshold=0.4) == []
    assert told({"predictions": [DOG, faint]}, {"predictions": [DOG]}, threshold=0.2) == ["/predictions"]
    assert told({"predictions": [DOG, faint]}, {"predictions": [DOG]}) == ["/predictions"]


def test_what_names_no_class_keeps_its_order() -> None:
    first, second = {"confidence": 0.9, "masks": [SQUARE]}, {"confidence": 0.5, "masks": [[[1, 1], [9, 1], [9, 9]]]}

    assert told([first, second], [first, second]) == []
    assert told([first, second], [second, first]) != []
    assert told(["a", "b"], ["b", "a"]) == ["/0", "/1"]
    assert told([[1, 2], [3, 4]], [[1, 2]]) == [""]


def test_outlines_are_compared_by_what_they_enclose() -> None:
    finer = [[10, 10], [60, 10], [110, 10], [110, 109], [10, 110]]
    smaller = [[10, 10], [80, 10], [80, 110], [10, 110]]

    assert told({"masks": [SQUARE]}, {"masks": [finer]}) == []
    assert told({"masks": [SQUARE]}, {"masks": [smaller]}) == ["/masks"]
    assert told({"masks": [SQUARE]}, {"masks": []}) == ["/masks"]
    assert told({"points": named(SQUARE)}, {"points": named(finer)}) == []
    assert told({"points": named(SQUARE)}, {"points": named(smaller)}) == ["/points"]


def test_outlines_beyond_any_picture_are_not_drawn() -> None:
    far = [[0, 0], [1e9, 0], [1e9, 1e9]]

    assert told({"masks": [SQUARE]}, {"masks": [far]}) == ["/masks"]


def named(points: list[list[int]]) -> list[dict[str, int]]:
    return [{"x": x, "y": y} for x, y in points]


def test_run_lengths_are_compared_by_what_they_mark() -> None:
    half = {"size": [4, 4], "counts": "88"}  # 8 px of background, then 8 of foreground
    none = {"size": [4, 4], "counts": "`0"}
    broken = {"size": [4, 4], "counts": "\x00"}

    assert told({"masks": half}, {"masks": dict(half)}) == []
    assert told({"masks": half}, {"masks": none}) == ["/masks"]
    assert told({"masks": half}, {"masks": broken}) == ["/masks"]


def picture(value: int, changed_rows: int = 0, extension: str = ".png") -> str:
    pixels = np.full((100, 40), value, np.uint8)
    pixels[:changed_rows] += 3
    return base64.b64encode(cv2.imencode(extension, pixels)[1].tobytes()).decode()


def test_pictures_are_compared_by_their_pixels() -> None:
    assert told({"segmentation_mask": picture(1)}, {"segmentation_mask": picture(1, 2)}) == []
    assert told({"segmentation_mask": picture(1)}, {"segmentation_mask": picture(1, 3)}) == ["/segmentation_mask"]
    assert told({"segmentation_mask": picture(1)}, {"segmentation_mask": picture(2)}) == ["/segmentation_mask"]
    assert told({"confidence_mask": picture(100)}, {"confidence_mask": picture(105)}) == []
    assert told({"confidence_mask": picture(100)}, {"confidence_mask": picture(106)}) == ["/confidence_mask"]


def test_long_texts_that_are_no_pictures_agree_exactly() -> None:
    text = "a man with a dog on his back " * 4

    assert told({"response": text}, {"response": text}) == []
    assert told({"response": text}, {"response": text + "."}) == ["/response"]


def test_findings_hold_no_huge_values() -> None:
    (found,) = Comparison().differences({"a": "x" * 100_000}, {"a": "y" * 100_000})

    assert len(found.expected) < 300
    assert "100,000 characters" in found.expected


@pytest.mark.parametrize("name", list(load().operations))
def test_ids_of_an_answer_are_known_by_their_meaning(name: str) -> None:
    operation = load().operations[name]
    mode = next(iter(operation.modes))

    assert {"time", "inference_id", "model_package_id"} <= new_in_each_answer(operation, mode)
    assert not {"x", "class", "confidence", "predictions"} & new_in_each_answer(operation, mode)


def test_what_the_schema_does_not_describe_is_not_compared() -> None:
    by_schema = comparison(load().operations["hosted.object-detection"], "json", 0.4)
    first = {**ANSWER, "request_id": "a", "predictions": [{**DOG, "zone": 1}], "visualization": None}
    second = {**ANSWER, "elapsed": 900, "predictions": [{**DOG, "zone": 2}]}

    assert by_schema.differences(first, {**second, "visualization": None}) == []
    assert told(first, second) != []
    moved = {**second, "predictions": [{**DOG, "x": 300.0}], "visualization": None}
    assert [found.pointer for found in by_schema.differences(first, moved)] == ["/predictions", "/predictions/0"]


def test_free_names_are_compared_all_the_same() -> None:
    by_schema = comparison(load().operations["hosted.semantic-segmentation"], "json")
    first, second = ({"predictions": {"class_map": {"0": "background", "1": name}}} for name in ("road", "car"))

    assert [found.pointer for found in by_schema.differences(first, second)] == ["/predictions/class_map/1"]


def test_which_of_several_servers_answered_is_not_compared() -> None:
    by_schema = comparison(load().operations["hosted.object-detection"], "json")
    first, second = ({**ANSWER, "resolved_model": {"model_id": "a/1", "backend": kind}} for kind in ("onnx", "trt"))

    assert by_schema.differences(first, second) == []
