"""How well one side's answers say what is on annotated pictures: COCO's average precision, over all and by class.

Its definition: https://cocodataset.org/#detection-eval. The mean is over the categories that any thing in the sample
is of; 100 predictions of a picture count, 20 where keypoints are scored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Final, Literal

import numpy as np

from assay.annotated.dataset import Dataset
from assay.annotated.library import loaded
from assay.annotated.results import Result, Results
from assay.likeness.keypoints import COCO_SIGMAS
from assay.record.score import ClassScore, Score

Truth = Literal["boxes", "masks", "keypoints"]
KIND: Final[Mapping[Truth, str]] = {"boxes": "bbox", "masks": "segm", "keypoints": "keypoints"}
MEMBER: Final[Mapping[Truth, str]] = {"boxes": "bbox", "masks": "segmentation", "keypoints": "keypoints"}
SCORED: Final[Mapping[str, tuple[Truth, ...]]] = {
    "hosted.object-detection": ("boxes",),
    "hosted.instance-segmentation": ("boxes", "masks"),
    "hosted.keypoint-detection": ("boxes", "keypoints"),
}
"""What is scored of each operation, where the annotations have it."""
OTHER_SIGMA: Final = 0.05
"""For a skeleton that is not COCO's, about the middle of COCO's own: none is published."""
UNKNOWN: Final = 20
"""Classes that are told of which no category is."""
ALL, MOST = 0, -1
"""Of areas, and of how many predictions count, in what the library gives."""


def scores(dataset: Dataset, operation: str, side: str, results: Results, pictures: Sequence[int]) -> Iterator[Score]:
    """The scores of a side's answers to an operation, about these pictures: those that both sides have answered."""
    for truth in SCORED.get(operation, ()):
        if truth in there(dataset):
            yield _score(dataset, operation, side, results, pictures, truth)


def there(dataset: Dataset) -> tuple[Truth, ...]:
    """What the annotations say of things, beside their category."""
    things = [each for each in dataset.document["annotations"] if not each["iscrowd"]]
    outlined = bool(things) and all(each.get("segmentation") for each in things)
    pointed = any(_skeleton(each) for each in dataset.document["categories"]) and any(map(_visible, things))
    return ("boxes", *(("masks",) if outlined else ()), *(("keypoints",) if pointed else ()))


def _score(  # noqa: PLR0917 - whose answers to what, and what they are held to
    dataset: Dataset, operation: str, side: str, results: Results, pictures: Sequence[int], truth: Truth
) -> Score:
    groups = _skeletons(dataset) if truth == "keypoints" else {(): [each["id"] for each in _categories(dataset)]}
    classes: list[ClassScore] = []
    totals = []
    for names, categories in groups.items():
        precision = _precision(dataset, results.found, pictures, truth, (categories, names))
        totals.append(precision)
        classes += _by_class(dataset, precision, pictures, truth, categories)
    whole = np.concatenate(totals, axis=2) if totals else np.full((10, 101, 0, 1, 1), -1.0)
    return Score(
        side,
        operation,
        truth,
        pictures=len(pictures),
        left_out=len(dataset.files) - len(pictures),
        things=sum(each.things for each in classes),
        ap=_mean(whole),
        ap50=_mean(whole[:1]),
        ap75=_mean(whole[5:6]),
        classes=tuple(classes),
        unknown=dict(results.unknown.most_common(UNKNOWN)),
    )


def _by_class(
    dataset: Dataset, precision: Any, pictures: Sequence[int], truth: Truth, categories: Sequence[int]
) -> Iterator[ClassScore]:
    """The score of each class that anything in these pictures is of, in the order of the data set."""
    shown = set(pictures)
    said = (each for each in dataset.document["annotations"] if each["image_id"] in shown and not each["iscrowd"])
    things = Counter(each["category_id"] for each in said if truth != "keypoints" or _visible(each))
    names = dataset.categories
    for index, category in enumerate(sorted(categories)):
        if things[category]:
            of_class = precision[:, :, index : index + 1]
            yield ClassScore(names[category], things[category], _mean(of_class), _mean(of_class[:1]))


def _precision(
    dataset: Dataset,
    found: Sequence[Result],
    pictures: Sequence[int],
    truth: Truth,
    group: tuple[Sequence[int], Sequence[str]],
) -> Any:
    """Precision by IoU from 0.5 to 0.95, recall from 0 to 1, category, area, and how many predictions count."""
    library, (categories, names) = loaded(), group
    meant = set(categories)
    usable = [_plain(each, truth) for each in found if each["category_id"] in meant and each.get(MEMBER[truth])]
    things = [_truth(each) for each in dataset.document["annotations"] if each["category_id"] in meant]
    given = library.COCO(
        {
            "images": list(dataset.document["images"]),
            "categories": [each for each in dataset.document["categories"] if each["id"] in meant],
            "annotations": things,
        }
    )
    sigmas = [COCO_SIGMAS.get(_name(name), OTHER_SIGMA) for name in names] if truth == "keypoints" else None
    judge = library.COCOeval_faster(
        given, given.loadRes(usable), KIND[truth], print_function=_silent, kpt_oks_sigmas=sigmas
    )
    judge.params.imgIds, judge.params.catIds = sorted(pictures), sorted(categories)
    judge.evaluate()
    judge.accumulate()
    return judge.eval["precision"]


def _plain(result: Result, truth: Truth) -> Result:
    """A result with what it is scored by alone, in a copy: the library writes into it."""
    shared = {name: result[name] for name in ("image_id", "category_id", "score")}
    member = MEMBER[truth]
    return {**shared, member: copy(result[member])}


def _truth(annotation: Mapping[str, Any]) -> dict[str, Any]:
    points = annotation.get("keypoints")
    return {**annotation, **({"num_keypoints": _visible(annotation)} if points else {})}


def _visible(annotation: Mapping[str, Any]) -> int:
    """How many keypoints of a thing are annotated."""
    return sum(1 for flag in (annotation.get("keypoints") or [])[2::3] if flag)


def _categories(dataset: Dataset) -> list[dict[str, Any]]:
    return dataset.document["categories"]


def _skeleton(category: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, category.get("keypoints") or ()))


def _skeletons(dataset: Dataset) -> dict[tuple[str, ...], list[int]]:
    """Categories that have the same keypoints: they are scored together."""
    found: dict[tuple[str, ...], list[int]] = {}
    for category in _categories(dataset):
        if names := _skeleton(category):
            found.setdefault(names, []).append(category["id"])
    return found


def _name(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _mean(precision: Any) -> float | None:
    """The mean of what was scored, 0 to 1, over all areas; None where no thing was there."""
    of_all = precision[:, :, :, ALL, MOST]
    scored = of_all[of_all > -1]
    found = float(scored.mean()) if scored.size else math.nan
    return None if math.isnan(found) else round(found, 6)


def _silent(*_: Any) -> None:
    """The library tells of its progress; nobody asked."""
