"""Labels that a model gives a picture: which of them count as predicted, and what does not depend on the threshold."""

from __future__ import annotations

from typing import Any

import pytest

from assay.judge import verify_labels
from assay.judge.answers import Labelling, labelling
from assay.judge.verdicts import NoWitness, PrerequisiteBroken

from .making import exchange, findings

KNOWN = {"dog": 0.9, "cat": 0.41, "toy": 0.1}


def labels(predicted: list[str], known: dict[str, float] | None = None) -> Labelling:
    scores = {name: {"confidence": value, "class_id": 0} for name, value in (known or KNOWN).items()}
    return labelling(exchange({"predictions": scores, "predicted_classes": predicted}), "hosted.answer.schema")


@pytest.mark.parametrize("predicted", [["dog"], ["cat", "dog"]])  # 0.41 is too near to 0.4 to be held to either side
def test_labels_over_the_threshold(predicted: list[str]) -> None:
    verify_labels.predicted_reach(labels(predicted), 0.4)


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ([], "'dog' reaches 0.4 and is not predicted"),
        (["dog", "toy"], "'toy' is predicted and does not reach 0.4"),
        (["dog", "bird"], "'bird' is predicted and has no confidence"),
    ],
)
def test_others_are_found(predicted: list[str], message: str) -> None:
    (found,) = findings(verify_labels.predicted_reach, labels(predicted), 0.4)

    assert (found.message, found.pointer, found.actual) == (message, "/predicted_classes", predicted)


@pytest.mark.parametrize("known", [{"dog": 0.9}, {**KNOWN, "toy": 0.0}, {**KNOWN, "bird": 0.2}])
def test_other_confidences_are_found(known: dict[str, float]) -> None:
    verify_labels.same_confidences(labels(["dog"]), labels(["dog", "cat"], {**KNOWN, "toy": 0.11}), "by rounding")

    (found,) = findings(verify_labels.same_confidences, labels(["dog"], known), labels(["dog"]), "by threshold")

    assert found.message == "other labels, or other confidences, by threshold"


@pytest.mark.parametrize(
    "body",
    [
        {"predictions": [], "predicted_classes": []},
        {"predictions": {"dog": 0.9}, "predicted_classes": []},
        {"predictions": {"dog": {"confidence": 90}}, "predicted_classes": []},
        {"predictions": {}},
        {"predictions": {}, "predicted_classes": "dog"},
    ],
)
def test_what_cannot_be_read_is_no_answer(body: Any) -> None:
    with pytest.raises(PrerequisiteBroken):
        labelling(exchange(body), "hosted.answer.schema")


def test_labels_are_numbered_apart() -> None:
    def numbered(*numbers: object) -> Labelling:
        known = {f"kind {place}": {"confidence": 0.5, "class_id": each} for place, each in enumerate(numbers)}
        return labelling(exchange({"predictions": known, "predicted_classes": []}), "hosted.answer.schema")

    assert verify_labels.numbered_apart(numbered(0, 2, 1)) == 3
    assert verify_labels.numbered_apart(numbered(0, None, 1)) == 2
    (found,) = findings(verify_labels.numbered_apart, numbered(0, 1, 0))
    assert found.message == "'kind 0' and 'kind 2' have the same class_id"
    with pytest.raises(NoWitness):
        verify_labels.numbered_apart(numbered(0, None, "1"))
