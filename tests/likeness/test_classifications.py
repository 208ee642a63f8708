"""Classes of a whole picture: the surest, the set of labels, and what is too near to call."""

from __future__ import annotations

from typing import Any

import pytest

from assay.contract.message import Response
from assay.likeness import embeddings

from .asking import SIZE, answer, compared, request_of

OPERATION = "hosted.classification"


def surest(**scores: float) -> Response:
    ranked = sorted(scores.items(), key=lambda each: -each[1])
    predictions = [
        {"class": name, "class_id": number, "confidence": sure} for number, (name, sure) in enumerate(ranked)
    ]
    return answer({"predictions": predictions, "image": SIZE, "top": ranked[0][0], "confidence": ranked[0][1]})


def labelled(threshold: float = 0.4, **scores: float) -> Response:
    predictions = {name: {"confidence": sure, "class_id": 0} for name, sure in scores.items()}
    predicted = [name for name, sure in scores.items() if sure >= threshold]
    return answer({"predictions": predictions, "image": SIZE, "predicted_classes": predicted})


@pytest.mark.parametrize(
    ("first", "second", "kinds"),
    [
        (surest(dog=0.8, cat=0.2), surest(dog=0.81, cat=0.19), ()),
        (surest(dog=0.8, cat=0.2), surest(dog=0.7, cat=0.3), ("confidence",)),
        (surest(dog=0.8, cat=0.2), surest(dog=0.2, cat=0.8), ("confidence", "top")),
        (surest(dog=0.505, cat=0.495), surest(dog=0.495, cat=0.505), ()),
        (surest(dog=0.8, cat=0.2), surest(dog=0.8, fox=0.2), ()),
        (surest(dog=0.5, cat=0.5), surest(dog=0.5, fox=0.5), ("lost", "added")),
        (labelled(dog=0.8, cat=0.1), labelled(cat=0.1, dog=0.8), ()),
        (labelled(dog=0.8, cat=0.41), labelled(dog=0.8, cat=0.39), ()),
        (labelled(dog=0.8, cat=0.6), labelled(dog=0.8, cat=0.1), ("confidence", "label")),
    ],
)
def test_the_surest_and_the_labels_count_and_near_ties_do_not(
    first: Response, second: Response, kinds: tuple[str, ...]
) -> None:
    found = compared(first, second, OPERATION)

    assert tuple(dict.fromkeys(found.kinds)) == kinds


def test_a_label_at_the_threshold_is_borderline() -> None:
    found = compared(labelled(dog=0.8, cat=0.41), labelled(dog=0.8, cat=0.39), OPERATION)

    assert [(each.side, each.confidence) for each in found.borderline] == [("first", 0.41)]


def test_a_class_under_the_threshold_may_come_and_go() -> None:
    request = request_of(OPERATION, confidence="10")

    found = compared(surest(dog=0.9, cat=0.11), surest(dog=0.9), OPERATION, request=request)

    assert (found.kinds, len(found.borderline)) == ((), 1)


@pytest.mark.parametrize(
    ("first", "second", "cosine"),
    [
        ([1, 0], [2, 0], 1.0),
        ([1, 0], [0, 3], 0.0),
        ([1, 1], [-1, -1], -1.0),
        ([1, 0], [1, 1], 0.5**0.5),
        ([0, 0], [0, 0], 1.0),
        ([0, 0], [1, 0], 0.0),
    ],
)
def test_embeddings_have_a_direction(first: list[float], second: list[float], cosine: float) -> None:
    assert embeddings.cosine(first, second) == pytest.approx(cosine)


@pytest.mark.parametrize("other", [[1, 2, 3], [1, float("nan")]])
def test_embeddings_that_cannot_be_compared_are_refused(other: Any) -> None:
    with pytest.raises(ValueError, match="embedding"):
        embeddings.cosine([1, 2], other)
