"""Checkpoints: every violation fails one case and no other, and a case without witness says so."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from assay.contract import Operation, checkpoint_of, load, sort_violations
from assay.contract.pointers import split
from assay.suite import suite_folder

KEYPOINTS = load().operation("hosted.keypoint-detection")
ANSWER = json.loads((suite_folder("fixtures") / "documents" / "hosted-keypoint-answer.json").read_text("utf-8"))
EXAMPLE = ANSWER["response"]["body"]
JUDGED = [
    (operation, mode.name)
    for operation in load().operations.values()
    for mode in operation.modes.values()
    if mode.schema is not None
]


def failing(instance: Any, operation: Operation = KEYPOINTS, mode: str = "json") -> dict[str, int]:
    """Checkpoints that fail, with the number of their violations."""
    schema = operation.modes[mode].schema
    assert schema is not None
    found = sort_violations(load().validate(schema, instance), operation.checkpoints(mode))
    return {checkpoint.pattern: len(violations) for checkpoint, violations in found.items() if violations}


def witnesses(instance: Any) -> dict[str, int]:
    return {checkpoint.pattern: checkpoint.seen(instance) for checkpoint in KEYPOINTS.checkpoints("json")}


def test_the_checkpoints_of_a_keypoint_answer() -> None:
    assert [(found.pattern, found.kind) for found in KEYPOINTS.checkpoints("json")] == [
        ("", "object"),
        ("/predictions", "property"),
        ("/predictions/*", "object"),
        *((f"/predictions/*/{name}", "property") for name in ("x", "y", "width", "height", "class", "confidence")),
        ("/predictions/*/keypoints", "property"),
        ("/predictions/*/keypoints/*", "object"),
        *(
            (f"/predictions/*/keypoints/*/{name}", "property")
            for name in ("x", "y", "class_name", "class_id", "confidence")
        ),
        ("/image", "property"),
        ("/image/width", "property"),
        ("/image/height", "property"),
    ]


@pytest.mark.parametrize(("operation", "mode"), JUDGED)
def test_patterns_are_unique_and_every_checkpoint_names_its_promise(operation: Operation, mode: str) -> None:
    checkpoints = operation.checkpoints(mode)
    assert len({found.pattern for found in checkpoints}) == len(checkpoints)
    assert all(found.source is not None and found.description for found in checkpoints)


def test_what_is_not_json_has_no_checkpoints() -> None:
    assert KEYPOINTS.checkpoints("image") == []
    with pytest.raises(KeyError):
        KEYPOINTS.checkpoints("bogus")


def test_witnesses_of_the_documented_answer() -> None:
    seen = witnesses(EXAMPLE)
    assert seen[""] == seen["/predictions"] == seen["/predictions/*"] == seen["/predictions/*/x"] == 1
    assert seen["/predictions/*/keypoints/*"] == seen["/predictions/*/keypoints/*/class_name"] == 2


def test_an_empty_answer_is_no_witness_for_what_is_inside() -> None:
    seen = witnesses({"predictions": [], "image": {"width": 1, "height": 1}})
    assert (seen["/predictions"], seen["/image/width"]) == (1, 1)
    assert (seen["/predictions/*"], seen["/predictions/*/x"], seen["/predictions/*/keypoints/*/class_name"]) == (
        0,
        0,
        0,
    )


def test_a_missing_class_name_fails_one_case_which_has_its_witness() -> None:
    answer = copy.deepcopy(EXAMPLE)
    for keypoint in answer["predictions"][0]["keypoints"]:
        keypoint["class"] = keypoint.pop("class_name")
    assert failing(answer) == {"/predictions/*/keypoints/*/class_name": 2}
    assert witnesses(answer)["/predictions/*/keypoints/*/class_name"] == 2


@pytest.mark.parametrize("wrong", [None, "text", 5, []])
def test_a_parent_of_the_wrong_type_fails_alone_and_its_children_have_no_witness(wrong: Any) -> None:
    answer = copy.deepcopy(EXAMPLE)
    answer["predictions"][0]["keypoints"][0] = wrong
    answer["image"] = wrong
    assert failing(answer) == {"/predictions/*/keypoints/*": 1, "/image": 1}
    seen = witnesses(answer)
    assert (seen["/predictions/*/keypoints/*"], seen["/predictions/*/keypoints/*/x"]) == (2, 1)
    assert (seen["/image"], seen["/image/width"]) == (1, 0)


@pytest.mark.parametrize("wrong", [None, "text", 5, {}])
def test_a_list_of_the_wrong_type_fails_alone(wrong: Any) -> None:
    answer = {**EXAMPLE, "predictions": wrong}
    assert failing(answer) == {"/predictions": 1}
    assert witnesses(answer)["/predictions/*"] == 0


def test_an_answer_that_is_no_object_fails_at_its_root() -> None:
    assert failing([]) == {"": 1}
    assert [place for place, seen in witnesses([]).items() if seen] == [""]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"time": "long"}, ""),
        ({"resolved_model": {"backend": 5}}, ""),
        ({"inference_id": 5}, ""),
        ({"image": {"width": 0, "height": 1}}, "/image/width"),
    ],
)
def test_what_is_optional_belongs_to_the_object_around_it(change: dict[str, Any], place: str) -> None:
    assert failing({**EXAMPLE, **change}) == {place: 1}


def test_masks_are_judged_as_a_whole() -> None:
    sam2 = load().operation("sam2.segment")
    assert failing({"predictions": [{"masks": [[[1, 2, 3]]]}]}, sam2) == {"/predictions/*/masks": 1}
    assert failing({"predictions": [{"masks": {"size": [1], "counts": 5}}]}, sam2, "rle") == {
        "/predictions/*/masks/size": 1,
        "/predictions/*/masks/counts": 1,
    }


@pytest.mark.parametrize(("operation", "mode"), JUDGED)
def test_every_checkpoint_of_a_property_fails_when_the_property_is_taken_away(operation: Operation, mode: str) -> None:
    whole = fullest(operation, mode)
    assert failing(whole, operation, mode) == {}
    for checkpoint in operation.checkpoints(mode):
        assert checkpoint.seen(whole), checkpoint.pattern
        if checkpoint.kind == "property":
            assert failing(without(whole, checkpoint.pattern), operation, mode) == {checkpoint.pattern: 1}


def fullest(operation: Operation, mode: str) -> Any:
    """An answer in which every checkpoint has one witness."""
    if operation.id == "florence2.infer":
        return {"response": {"<CAPTION>": "a dog"}, "image": {"width": 1, "height": 1}}
    if operation.id == "sam2.segment":
        masks: Any = {"size": [4, 4], "counts": "0"} if mode == "rle" else [[[1, 1], [2, 1], [2, 2]]]
        return {"predictions": [{"masks": masks, "confidence": 0.9, "format": "rle" if mode == "rle" else "polygon"}]}
    if operation.id == "sam2.embed":
        return {"image_id": "a", "time": 0.1}
    answer = copy.deepcopy(EXAMPLE)
    if operation.family == "semantic":
        masks = {"segmentation_mask": "QUJD", "class_map": {"0": "background"}}
        return {**answer, "predictions": masks, "visualization": "QUJD"}
    del answer["predictions"][0]["keypoints"][1:]
    answer["predictions"][0]["points"] = [{"x": 1, "y": 1}]
    if operation.id == "hosted.classification":
        answer |= {"top": "helmet", "confidence": 0.544}
    return {**answer, "visualization": "QUJD"}


def without(instance: Any, pattern: str) -> Any:
    changed = copy.deepcopy(instance)
    *around, name = split(pattern.replace("*", "0"))
    holder = changed
    for token in around:
        holder = holder[int(token)] if isinstance(holder, list) else holder[token]
    del holder[name]
    return changed


def test_a_violation_outside_of_all_checkpoints_is_an_error() -> None:
    (violation,) = load().validate("responses/hosted-object-detection.json", [])
    with pytest.raises(LookupError):
        checkpoint_of(violation, [])
