"""The pages of the models: their scripts, run by the real SDK, supervision and curl against the reference."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.scene import Scene, Thing
from assay.serving import running

from ..reference.truth import overlap
from .conftest import Runs
from .documents import printed
from .pictures import BICYCLE, DOG
from .running import Ran
from .tap import tapped

Mask = NDArray[np.bool_]
LABEL = 44
"""Pixels above a box that a label of supervision may take, and to its right."""
DOGS, CAT = DOG.of_kind("dog"), DOG.of_kind("cat")[0]
POINTED_AT, OTHER = BICYCLE.things


def changed(written: Path, original: bytes) -> Mask:
    """Where an annotated picture differs from the one that it was drawn upon, by more than packing explains."""
    before = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_COLOR)
    after = cv2.imread(str(written))
    assert before is not None
    assert after is not None
    assert after.shape == before.shape
    return np.asarray(np.abs(after.astype(int) - before).max(axis=2) > 12, np.bool_)


def frame(thing: Thing, scene: Scene, width: int) -> Mask:
    """The pixels that lie within `width` of the edges of a thing's box, on either side."""
    x0, y0, x1, y1 = thing.box
    mask = np.zeros((scene.height, scene.width), np.bool_)
    mask[max(y0 - width, 0) : y1 + width, max(x0 - width, 0) : x1 + width] = True
    mask[y0 + width : y1 - width, x0 + width : x1 - width] = False
    return mask


def label(thing: Thing, scene: Scene) -> Mask:
    """Where the label of a thing may stand: above its box or, at the picture's rim, within."""
    x0, y0, x1, _ = thing.box
    mask = np.zeros((scene.height, scene.width), np.bool_)
    mask[max(y0 - LABEL, 0) : y0 + 4, max(x0 - 4, 0) : x1 + 4] = True
    return mask


def boxes_stand_around_the_dogs(ran: Ran) -> None:
    """What supervision has drawn: a frame and a label for each dog, and nothing anywhere else."""
    assert ran.status == 0, ran.errors
    drawn = changed(ran.folder / "dog_annotated.png", DOG.jpeg())
    for dog in DOGS:
        x0, y0, x1, y1 = dog.box
        for side in (drawn[y0:y1, x0 - 3 : x0 + 3].any(axis=1), drawn[y1 - 3 : y1 + 3, x0:x1].any(axis=0)):
            assert side.mean() > 0.98
    elsewhere = drawn & ~np.logical_or.reduce([frame(dog, DOG, 4) | label(dog, DOG) for dog in DOGS])
    assert not elsewhere.any()
    assert all(drawn[label(dog, DOG)].mean() > 0.02 for dog in DOGS)


def the_thing_pointed_at_is_covered(ran: Ran) -> None:
    """What the SDK's polygons come to: a mask over what the point lies in, and over nothing else."""
    assert ran.status == 0, ran.errors
    drawn = changed(ran.folder / "bicycle_annotated.png", BICYCLE.png())
    assert overlap(drawn, BICYCLE.mask(POINTED_AT)) > 0.97


def each_class_has_a_mask(ran: Ran) -> None:
    """What the class map comes to: both classes are covered, each in a colour of its own, and named."""
    assert ran.status == 0, ran.errors
    assert ran.output.splitlines() == ["Saved annotated.png"]
    drawn = changed(ran.folder / "annotated.png", BICYCLE.png())
    labels = label(POINTED_AT, BICYCLE) | label(OTHER, BICYCLE)
    masks = [BICYCLE.mask(thing) for thing in (POINTED_AT, OTHER)]
    assert overlap(drawn & ~labels, (masks[0] | masks[1]) & ~labels) > 0.99
    after = cv2.imread(str(ran.folder / "annotated.png"))
    assert after is not None
    tints = [after[mask & ~labels].astype(int) * 2 - BICYCLE.pixels()[mask & ~labels][:, ::-1] for mask in masks]
    assert np.abs(np.median(tints[0], axis=0) - np.median(tints[1], axis=0)).max() > 40
    assert all(drawn[label(thing, BICYCLE)].any() for thing in (POINTED_AT, OTHER))


def the_caption_names_what_is_there(ran: Ran) -> None:
    """What the script prints: the task's token with the caption."""
    assert ran.status == 0, ran.errors
    assert ast.literal_eval(ran.output) == {"<CAPTION>": CAPTION}


CAPTION = "a blue square, two red squares and the words ASSAY"
CHECKS: dict[str, Callable[[Ran], None]] = {
    "owlv2": boxes_stand_around_the_dogs,
    "sam2": the_thing_pointed_at_is_covered,
    "semantic": each_class_has_a_mask,
    "florence2": the_caption_names_what_is_there,
}
BROKEN = {
    "owlv2": ("example-boxes-from-corner", "example-predictions-called-detections"),
    "sam2": ("polygons-shifted", "masks-missing"),
    "semantic": ("class-mask-mirrored", "class-masks-at-the-top"),
    "florence2": ("captions-keep-places", "captions-empty"),
}
"""For each script a fault that it draws or prints, and one at which it ends or has nothing to show."""


AS_DOCUMENTED = {
    "owlv2": "owlv2-python.json",
    "sam2": "sam2-sdk.json",
    "sam2-curl": "sam2-curl.json",
    "florence2-curl": "florence2-curl.json",
}
"""The request of fixtures/documents that each sample makes."""
DOCUMENTS = Path(__file__).resolve().parents[2] / "fixtures" / "documents"


def without_values(body: Any) -> Any:
    """A body without what was edited: its key, and the content or the address of pictures."""
    if isinstance(body, list):
        return [without_values(item) for item in body]
    if isinstance(body, dict):
        return {name: without_values(item) for name, item in body.items() if name not in ("api_key", "value")}
    return body


@pytest.mark.parametrize("name", CHECKS)
def test_a_script_shows_what_is_there(name: str, reference: str, runs: Runs) -> None:
    CHECKS[name](runs(printed()[name], reference))


@pytest.mark.parametrize(("name", "shown_as"), AS_DOCUMENTED.items())
def test_a_sample_asks_what_the_fixtures_say_that_it_asks(name: str, shown_as: str, reference: str, runs: Runs) -> None:
    with tapped(reference) as tap:
        ran = runs(printed()[name], tap.url)
    (sent,) = tap.requests()
    wanted = json.loads((DOCUMENTS / shown_as).read_text("utf-8"))["request"]

    assert ran.status == 0, ran.errors
    assert sent.first == f"{wanted['method']} {wanted['url']} HTTP/1.1"
    assert sent.header("Content-Type") == wanted["headers"]["content-type"]
    assert without_values(json.loads(sent.body)) == without_values(wanted["body"])


@pytest.mark.parametrize(("name", "fault"), [(name, fault) for name, faults in BROKEN.items() for fault in faults])
def test_a_script_shows_a_fault(name: str, fault: str, reference: str, runs: Runs) -> None:
    with running(create_proxy(reference, FAULTS[fault])) as broken:
        ran = runs(printed()[name], broken)

    with pytest.raises(AssertionError):
        CHECKS[name](ran)


def test_the_sdk_refuses_semantic_segmentation_at_other_hosts(reference: str, runs: Runs) -> None:
    ran = runs(printed()["semantic"], reference, altered=lambda text: text.replace(".select_api_v0()", ""))

    assert ran.status != 0
    assert "ModelTaskTypeNotSupportedError" in ran.errors


def test_the_classes_are_told_apart_by_name(reference: str, runs: Runs) -> None:
    more = "print([(str(name), *map(int, box)) for name, box in zip(names, xyxy)])\n"
    ran = runs(printed()["semantic"], reference, altered=lambda text: text + more)
    assert ran.status == 0, ran.errors
    found = ast.literal_eval(ran.output.splitlines()[-1])

    last = [(thing.kind, x0, y0, x1 - 1, y1 - 1) for thing in BICYCLE.things for x0, y0, x1, y1 in [thing.box]]
    assert sorted(found) == sorted(last)


def prompted(text: str) -> Callable[[str], str]:
    return lambda script: script.replace("<CAPTION>", text)


@pytest.mark.parametrize(
    ("task", "phrase"),
    [
        ("<OD>", ""),
        ("<OCR>", ""),
        ("<DETAILED_CAPTION>", ""),
        ("<OPEN_VOCABULARY_DETECTION>", "blue square"),
        ("<REFERRING_EXPRESSION_SEGMENTATION>", "blue square"),
    ],
)
def test_the_prompts_that_the_page_lists(task: str, phrase: str, reference: str, runs: Runs) -> None:
    ran = runs(printed()["florence2"], reference, altered=prompted(task + phrase))
    assert ran.status == 0, ran.errors
    ((token, value),) = ast.literal_eval(ran.output).items()

    assert token == task
    if task == "<OD>":
        wanted = sorted((thing.kind, thing.box) for thing in (*DOGS, CAT))
        found = sorted(zip(value["labels"], map(tuple, value["bboxes"]), strict=True))
        assert [name for name, _ in found] == [name for name, _ in wanted]
        assert np.abs(np.array([box for _, box in found]) - [box for _, box in wanted]).max() <= 3
    elif task == "<OCR>":
        assert value == "ASSAY"
    elif task == "<DETAILED_CAPTION>":
        assert CAPTION in value
    elif task == "<OPEN_VOCABULARY_DETECTION>":
        assert value["bboxes_labels"] == [phrase]
        assert np.abs(np.array(value["bboxes"]) - [CAT.box]).max() <= 3
    else:
        filled = np.zeros((DOG.height, DOG.width), np.uint8)
        for polygons in value["polygons"]:
            cv2.fillPoly(filled, [np.array(flat, np.int32).reshape(-1, 2) for flat in polygons], 1)
        assert overlap(filled > 0, DOG.mask(CAT)) > 0.97


def test_curl_asks_florence(reference: str, runs: Runs) -> None:
    ran = runs(printed()["florence2-curl"], reference)

    assert json.loads(ran.output)["response"] == {"<CAPTION>": CAPTION}


def test_curl_asks_sam2(reference: str, runs: Runs) -> None:
    ran = runs(printed()["sam2-curl"], reference)
    (prediction,) = json.loads(ran.output)["predictions"]

    filled = np.zeros((BICYCLE.height, BICYCLE.width), np.uint8)
    cv2.fillPoly(filled, [np.array(polygon, np.int32) for polygon in prediction["masks"]], 1)
    assert overlap(filled > 0, BICYCLE.mask(POINTED_AT)) > 0.97
