"""Files change where what an answer says does, and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from assay.contract import load
from assay.contract.wire import base64_text
from assay.golden.canonical import inside, outside, text, without_what_is_new
from assay.scene import SCENES

DETECTION = load().operations["hosted.object-detection"]
LABELS = load().operations["hosted.classification"]
PNG = SCENES["speck"].png()


def prediction(**more: Any) -> dict[str, Any]:
    return {"x": 3.5, "y": 4, "width": 10, "height": 20, "class": "cat", "confidence": 0.5, **more}


def test_ids_and_times_are_left_out() -> None:
    answer = {"time": 0.3, "inference_id": "a-b", "predictions": [prediction(detection_id="c-d", class_id=1)]}

    assert without_what_is_new(DETECTION, "json", answer) == {"predictions": [prediction(class_id=1)]}


def test_a_class_may_be_called_as_a_time_is() -> None:
    answer = {"time": 0.3, "predictions": {"time": {"confidence": 0.7, "class_id": 0}}}

    kept = without_what_is_new(LABELS, "json", answer)

    assert kept == {"predictions": {"time": {"confidence": 0.7, "class_id": 0}}}


def test_the_order_of_predictions_is_their_confidence() -> None:
    first, second, third = prediction(confidence=0.9), prediction(x=1), prediction(x=2)

    orders = ([first, second, third], [third, first, second], [second, third, first])

    assert {text(without_what_is_new(DETECTION, "json", {"predictions": order})) for order in orders} == {
        text({"predictions": [first, second, third]})
    }


def test_the_order_of_masks_is_that_of_their_prompts() -> None:
    segment = load().operations["sam2.segment"]
    answer = {"predictions": [{"masks": [], "confidence": 0.2}, {"masks": [], "confidence": 0.8}]}

    assert without_what_is_new(segment, "json", answer) == answer


def test_names_are_sorted_and_numbers_stand_as_they_came() -> None:
    written = text(json.loads('{"b": 0.30000001192092896, "a": 1e-05, "c": 1.0}'))

    assert written == '{"a": 1e-05, "b": 0.30000001192092896, "c": 1.0}\n'


def test_a_change_is_a_line() -> None:
    before, after = ({"predictions": [prediction(x=x), prediction(y=9)], "size": {"width": 640}} for x in (1.5, 2.5))

    lines = [text(each).splitlines() for each in (before, after)]

    assert len(lines[0]) == len(lines[1]) > 4
    assert sum(one != other for one, other in zip(*lines, strict=True)) == 1


def test_what_is_written_reads_the_same() -> None:
    for value in (
        [],
        {},
        [[1, 2], [3, 4]],
        {"a": {"b": [None, True, "ä\n"]}},
        "x" * 300,
        [{"x": i} for i in range(99)],
    ):
        assert json.loads(text(value)) == value


def test_pictures_become_files_and_come_back() -> None:
    kept: dict[str, bytes] = {}

    def keep(name: str, picture: bytes) -> str:
        kept[f"{name}.png"] = picture
        return f"{name}.png"

    answer = {
        "visualization": {"type": "base64", "value": base64_text(PNG)},
        "mask": base64_text(PNG),
        "text": "A" * 80,
    }

    out = outside(answer, keep)

    assert kept == {"visualization.png": PNG, "mask.png": PNG}
    assert len(text(out)) < 300
    assert inside(out, kept.__getitem__) == answer
