"""Classification by a model that gives a picture several labels, each with a confidence of its own."""

from __future__ import annotations

from assay.contract.citing import answer_field
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_labels
from assay.judge.answers import Labelling
from assay.judge.boxes import CLEAR_GAP, CONFIDENCE, gaps
from assay.plugin.drivers import ClassificationDriver
from assay.plugin.drivers.base import SHOWN
from assay.plugin.drivers.classification import HIGH_CONFIDENCE, LOW_CONFIDENCE

CLASSES = "hosted.classification"


@rule(
    "hosted.classification.labels-over-threshold",
    requirement="Of several labels those are predicted that reach `confidence`, in percent and 40 when absent.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-03",),
    compares=True,
    cases=over(CLASSES, threshold=["absent", "between", "far-from-a-half"]),
    cost=Cost(own=1, scenes=1),
)
def test_labels_over_the_threshold_are_predicted(classified: ClassificationDriver, case: Case) -> None:
    if case["threshold"] == "absent":
        percent = classified.operation.parameter("confidence").default
        scene, _ = classified.labelled("labels on both sides of the default", lambda found: _splits(found, percent))
        answer = classified.labels(scene)
    else:
        thresholds = _gaps if case["threshold"] == "between" else _gaps_far_from_a_half
        scene, seen = classified.labelled(
            "labels with room between their confidences", lambda found: bool(thresholds(found))
        )
        percent = thresholds(seen)[0]
        answer = classified.labels(scene, confidence=percent)
    classified.note(f"threshold {percent:g} %")

    verify_labels.predicted_reach(answer, percent / 100)


def _splits(answer: Labelling, percent: float) -> bool:
    """Whether labels stand clearly above and clearly below a threshold."""
    sides = [confidence - percent / 100 for confidence in answer.confidences.values()]
    return max(sides) > CONFIDENCE and min(sides) < -CONFIDENCE


def _gaps(answer: Labelling) -> list[float]:
    """Thresholds in percent that are clear of every confidence, with some above and some below."""
    return [round(50 * (low + high), 1) for low, high in gaps(list(answer.confidences.values()), CLEAR_GAP)]


def _gaps_far_from_a_half(answer: Labelling) -> list[float]:
    """Those of them with a label between them and 50 percent, which a server might always go by."""
    sure = [100 * confidence for confidence in answer.confidences.values()]
    return [each for each in _gaps(answer) if any(min(each, 50) < one < max(each, 50) for one in sure)]


@rule(
    "hosted.classification.labels-whatever-threshold",
    requirement="Every label that the model knows comes with its confidence, whatever the threshold is.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-03",),
    compares=True,
    cases=over(CLASSES),
    cost=Cost(own=1, scenes=1),
)
def test_labels_come_whatever_the_threshold(classified: ClassificationDriver) -> None:
    scene, low = classified.labelled(
        "a label that a high threshold withholds", lambda found: _splits(found, HIGH_CONFIDENCE)
    )

    high = classified.labels(scene, confidence=HIGH_CONFIDENCE)

    why = f"though only confidence was {HIGH_CONFIDENCE} and not {LOW_CONFIDENCE}"
    verify_labels.same_confidences(high, low, why)


@rule(
    "hosted.classification.labels-numbered-apart",
    requirement="Each label that the model knows has a `class_id` of its own.",
    source="server",
    severity="should",
    content=True,
    invariants=("C-03",),
    cases=over(CLASSES),
    cost=Cost(own=1, scenes=1),
)
def test_labels_have_numbers_of_their_own(classified: ClassificationDriver) -> None:
    _, answer = classified.labelled("two labels", lambda found: len(found.confidences) > 1)

    numbered = verify_labels.numbered_apart(answer)
    classified.note(f"{numbered} labels, each with a number of its own")


@rule(
    "hosted.classification.labels-image-size",
    requirement="`image` gives width and height of the picture, in this order, for a model of several labels too.",
    says=answer_field(CLASSES, "/image"),
    source="document",
    severity="must",
    invariants=("C-04",),
    cases=over(CLASSES),
    cost=Cost(own=SHOWN),
)
def test_a_labelled_pictures_size_is_stated(classified: ClassificationDriver) -> None:
    oblong = [scene for scene in classified.scenes if scene.width != scene.height][:SHOWN]

    for scene in oblong:
        classified.note(f"scene {scene.name} of {scene.width} x {scene.height} px")
        verify.image_size(classified.labels(scene), scene.width, scene.height)
