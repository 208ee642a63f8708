"""COCO's scores of answers: they are what pycocotools makes of the same results, written down by hand."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from assay.annotated.dataset import Dataset
from assay.annotated.results import Results
from assay.annotated.scores import scores
from assay.photograph import LONGEST
from assay.record import Score

from .conftest import CLASSES, NAMES, Written, corners, hexagon

INSTANCES, DETECTION, KEYPOINTS = "hosted.instance-segmentation", "hosted.object-detection", "hosted.keypoint-detection"
KINDS = {"boxes": "bbox", "masks": "segm", "keypoints": "keypoints"}
Result = dict[str, Any]


def guesses(data: Dataset) -> dict[int, list[Result]]:
    """COCO results by picture: most things a little off, some of another class, and some of nothing."""
    random = np.random.default_rng(5)
    found: dict[int, list[Result]] = {picture: [] for picture in data.files}
    for thing in data.document["annotations"]:
        if random.random() < 0.15:
            continue
        x, y, width, height = thing["bbox"]
        off = random.normal(0, 0.06, 4) * (width, height, width, height)
        box = [x + off[0], y + off[1], width + off[2], height + off[3]]
        points = np.reshape(thing["keypoints"], (-1, 3))[:, :2] + random.normal(0, 0.04, (17, 2)) * (width, height)
        category = thing["category_id"] if random.random() < 0.9 else 1
        found[thing["image_id"]].append(guess(random, thing["image_id"], category, box, points))
    for picture, size in data.sizes.items():
        box = corners(random, size)
        found[picture].append(guess(random, picture, 2, box, np.zeros((17, 2)) + box[:2]))
    return found


def guess(random: np.random.Generator, picture: int, category: int, box: list[float], points: Any) -> Result:
    skeleton = np.column_stack([points, np.ones(17)]).ravel().tolist()
    score = round(float(random.uniform(0.05, 0.99)), 4)
    return {"image_id": picture, "category_id": category, "score": score, "bbox": box, "keypoints": skeleton}


def answer(results: list[Result], size: tuple[int, int]) -> dict[str, Any]:
    """What a server says that sees a picture of this size, made no longer than 1280 px."""
    by = min(1.0, LONGEST / max(size))

    def prediction(each: Result) -> dict[str, Any]:
        x, y, width, height = (value * by for value in each["bbox"])
        outline = np.reshape(hexagon(each["bbox"]), (-1, 2)) * by
        points = np.reshape(each["keypoints"], (-1, 3))[:, :2] * by
        return {
            "x": x + width / 2, "y": y + height / 2, "width": width, "height": height, "confidence": each["score"],
            "class": CLASSES[each["category_id"] - 1].lower().replace(" ", "-"), "class_id": 0,
            "points": [{"x": float(a), "y": float(b)} for a, b in outline],
            "keypoints": [
                {"x": float(a), "y": float(b), "confidence": 1.0, "class_id": index, "class": NAMES[index]}
                for index, (a, b) in reversed(list(enumerate(points)))
            ],
        }  # fmt: skip

    return {"predictions": [prediction(each) for each in results]}


def told(data: Dataset, operation: str, found: Mapping[int, list[Result]]) -> dict[str, Score]:
    """Assay's scores, by what is scored."""
    results = Results(data)
    for picture, each in found.items():
        results.add(results.read(picture, answer(each, data.sizes[picture])))
    return {score.truth: score for score in scores(data, operation, "A", results, list(found))}


def expected(data: Dataset, found: Mapping[int, list[Result]], truth: str, document: dict[str, Any]) -> Any:
    """What pycocotools accumulates: precision by IoU, recall, category, area, and how many count."""
    results = [dict(each) for several in found.values() for each in several]
    for each in results:
        width, height = data.sizes[each["image_id"]]
        if truth == "masks":
            each["segmentation"] = masks.merge(masks.frPyObjects([hexagon(each["bbox"])], height, width))
            del each["bbox"], each["keypoints"]
        elif truth == "boxes":
            del each["keypoints"]
        else:
            del each["bbox"]
    with contextlib.redirect_stdout(io.StringIO()):
        given = COCO()
        given.dataset = document
        given.createIndex()
        judge = COCOeval(given, given.loadRes(results), KINDS[truth])
        judge.params.imgIds = sorted(found)
        judge.evaluate()
        judge.accumulate()
    return judge.eval["precision"][:, :, :, 0, -1]


def mean(precision: Any) -> float:
    return float(precision[precision > -1].mean())


@pytest.mark.parametrize(
    ("operation", "truth"),
    [(DETECTION, "boxes"), (INSTANCES, "boxes"), (INSTANCES, "masks"), (KEYPOINTS, "boxes"), (KEYPOINTS, "keypoints")],
)
def test_they_are_those_of_pycocotools(written: Written, operation: str, truth: str) -> None:
    data = written.read()
    found = guesses(data)
    document = {**written.document, "categories": written.document["categories"][:3]}
    precision = expected(data, found, truth, document)

    score = told(data, operation, found)[truth]

    assert score.ap == pytest.approx(mean(precision), abs=1e-6)
    assert score.ap50 == pytest.approx(mean(precision[0]), abs=1e-6)
    assert score.ap75 == pytest.approx(mean(precision[5]), abs=1e-6)
    assert 0.1 < (score.ap or 0) < 0.95, "some are right, and some are not"
    for index, name in enumerate(CLASSES):
        of_class = next(each for each in score.classes if each.name == name)
        assert of_class.ap == pytest.approx(mean(precision[:, :, index]), abs=1e-6)


def test_those_of_a_part_of_the_pictures_are_of_that_part(written: Written) -> None:
    data = written.read()
    found = {picture: several for picture, several in guesses(data).items() if picture % 2}
    precision = expected(data, found, "boxes", dict(written.document))

    score = told(data, DETECTION, found)["boxes"]

    assert (score.pictures, score.left_out) == (6, 6)
    assert score.ap == pytest.approx(mean(precision), abs=1e-6)


def test_what_is_exactly_right_is_perfect(written: Written) -> None:
    data = written.read()
    found: dict[int, list[Result]] = {picture: [] for picture in data.files}
    for thing in data.document["annotations"]:
        found[thing["image_id"]].append({**thing, "score": 0.9})

    for operation in (DETECTION, INSTANCES, KEYPOINTS):
        for score in told(data, operation, found).values():
            assert score.ap == score.ap50 == 1
            assert not score.unknown


def test_who_says_nothing_finds_nothing(written: Written) -> None:
    data = written.read()

    score = told(data, DETECTION, {picture: [] for picture in data.files})["boxes"]

    assert (score.ap, score.ap50) == (0, 0)
    assert score.things == len(data.document["annotations"])
    assert [each.name for each in score.classes] == list(CLASSES), "of a class that nothing is of, nothing is told"


def test_a_class_that_no_category_is_called_as_is_counted(written: Written) -> None:
    data = written.read()
    results = Results(data)
    picture = next(iter(data.files))

    box = {"x": 20, "y": 20, "width": 9, "height": 9, "confidence": 0.8}
    several = [{**box, "class": name} for name in ("wolf", "TRAFFIC_LIGHT", "wolf")]
    results.add(results.read(picture, {"predictions": several}))

    assert results.unknown == {"wolf": 2}
    assert [each["category_id"] for each in results.found] == [2]


def test_of_two_categories_of_one_name_it_is_the_one_that_things_are_of(written: Written) -> None:
    written.document["categories"].append({"id": 50, "name": "dog"})
    data = Dataset(written.read().files, written.document)

    read, _ = Results(data).read(100, {"predictions": [
        {"x": 20, "y": 20, "width": 9, "height": 9, "confidence": 0.8, "class": "dog"}
    ]})  # fmt: skip

    assert [each["category_id"] for each in read] == [1]


def test_without_outlines_and_keypoints_boxes_alone_are_scored(written: Written) -> None:
    for each in written.document["annotations"]:
        del each["segmentation"], each["keypoints"]
    data = Dataset(written.read().files, written.document)
    found: dict[int, list[Result]] = {picture: [] for picture in data.files}

    assert set(told(data, INSTANCES, found)) == set(told(data, KEYPOINTS, found)) == {"boxes"}
