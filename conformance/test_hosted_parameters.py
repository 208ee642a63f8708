"""Defaults and scales of the hosted model route's parameters, and `overlap` (S4)."""

from __future__ import annotations

from assay.contract.citing import parameter
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import pictures, verify, verify_overlap
from assay.judge.answers import Detection, response_of
from assay.judge.boxes import CONFIDENCE, ROUNDING, Prediction, alone, chained
from assay.judge.verdicts import NoWitness
from assay.judge.verify_selection import still_there
from assay.plugin.drivers import HostedDriver, expect_success
from assay.plugin.drivers.hosted import NO_LIMIT
from assay.plugin.drivers.seen import DEFAULT_CONFIDENCE, Seen
from assay.probes import PAIRS
from assay.record.model import Exchange
from assay.scene import Scene

DETECTION = "hosted.object-detection"
BOXES = (DETECTION, "hosted.keypoint-detection", "hosted.instance-segmentation")
DRAWN_OTHERWISE = {"stroke": 8, "labels": True}
"""Values that draw otherwise than the defaults do."""


@rule(
    "hosted.confidence.default",
    requirement="A request without `confidence` is answered as one with the documented default.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-08",),
    compares=True,
    cases=over(BOXES),
)
def test_the_default_of_confidence(hosted: HostedDriver) -> None:
    default = hosted.operation.parameter("confidence").default
    seen = hosted.witness("predictions on both sides of the default threshold", lambda answer: _around(answer, default))

    answer = hosted.ask(seen.scene, confidence=default)

    absent = hosted.seen(seen.scene).answer
    verify.same_predictions(answer, absent.predictions, f"with confidence={default} as against none", default / 100)


def _around(answer: Detection, percent: float) -> bool:
    """Whether another threshold would be seen to be another."""
    confidences = [100 * prediction.confidence for prediction in answer.predictions]
    clear = 100 * CONFIDENCE
    return any(each < percent - clear for each in confidences) and any(each > percent + clear for each in confidences)


@rule(
    "hosted.overlap.default",
    requirement="A request without `overlap` is answered as one with the documented default.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-08",),
    compares=True,
    cases=over(BOXES, boxes=["that-overlap-more", "that-overlap-less"]),
)
def test_the_default_of_overlap(hosted: HostedDriver, case: Case) -> None:
    default = hosted.operation.parameter("overlap").default
    more = case["boxes"] == "that-overlap-more"
    found = hosted.overlapping_more(default) if more else hosted.overlapping_less(default)

    absent = hosted.again(found.scene, **found.query)

    explicit = hosted.again(found.scene, overlap=default, **found.query)
    why = f"without overlap as against overlap={default}"
    verify.same_predictions(absent, explicit.predictions, why, found.threshold)


@rule(
    "hosted.format.default",
    requirement="A request without `format` is answered with JSON, as one with `format=json`, and without a drawing.",
    says=parameter(DETECTION, "format"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-08", "R-03"),
    compares=True,
    cases=over(BOXES),
)
def test_the_default_of_format(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
    other = hosted.drawing(seen.scene, **seen.query)
    if response_of(other).media_type == "application/json":
        raise NoWitness("format=image is answered with JSON too, which is judged by another rule")

    answer = hosted.ask(seen.scene, format="json", **seen.query)

    for each in (answer, seen.answer):
        verify.media_type(each.exchange, "application/json")
        verify.drawing_only_where_asked(each, asked=False)
    why = "with format=json as against none"
    verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)


@rule(
    "hosted.drawing.defaults",
    requirement="A drawing is the same without `stroke` or `labels` as with their documented defaults.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-08",),
    compares=True,
    cases=over(BOXES, parameter=list(DRAWN_OTHERWISE)),
    depth="standard",
)
def test_the_defaults_of_drawings(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
    name = case["parameter"]
    default = hosted.operation.parameter(name).default

    absent, explicit, other = (
        hosted.drawing(seen.scene, **seen.query, **given)
        for given in ({}, {name: default}, {name: DRAWN_OTHERWISE[name]})
    )

    pixels = [hosted.pixels(drawing, seen.scene) for drawing in (absent, explicit, other)]
    told_apart = pictures.changed(pixels[1], pixels[2])
    _drawn_alike_twice(hosted, seen.scene, explicit, told_apart)
    hosted.note(f"{told_apart} pixels tell {name}={DRAWN_OTHERWISE[name]} from {name}={default}")
    different = pictures.changed(pixels[0], pixels[1])
    verify.same_drawing(different, told_apart, absent, f"without {name} from that with {name}={default}")


def _drawn_alike_twice(hosted: HostedDriver, scene: Scene, drawing: Exchange, told_apart: int) -> None:
    """Raises NoWitness where the value makes no difference, or where the same request is drawn in other colours."""
    if not told_apart:
        raise NoWitness("another value draws the same, which is judged by another rule")
    again = expect_success(hosted.send(drawing.request))
    if pictures.changed(hosted.pixels(drawing, scene), hosted.pixels(again, scene)):
        raise NoWitness("the same request is drawn differently each time")


@rule(
    "hosted.parameters.percent-below-one",
    requirement="Thresholds count in percent over the whole scale: 0.5 is half a percent, and not a half.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-10",),
    compares=True,
    cases=over(BOXES, parameter=["confidence", "overlap"], percent=[0.5, 1]),
    depth="standard",
)
def test_small_thresholds_count_in_percent(hosted: HostedDriver, case: Case) -> None:
    percent = case["percent"]
    if case["parameter"] == "overlap":
        found = hosted.overlapping(0)
        answer = hosted.again(found.scene, overlap=percent, **found.query)
        verify.overlap_at_most(answer, percent / 100, found.scene.width, found.scene.height)
        return

    seen = hosted.witness("a prediction less sure than a half", lambda answer: _unsure(answer, percent))
    answer = hosted.again(seen.scene, confidence=percent)
    why = f"with confidence={percent:g}, though its confidence is higher"
    kept = [prediction for prediction in seen.answer.predictions if alone(prediction, seen.answer.predictions)]
    verify.nothing_lost(answer, kept, why, percent / 100)


def _unsure(answer: Detection, percent: float) -> bool:
    clear = (prediction for prediction in answer.predictions if alone(prediction, answer.predictions))
    return any(percent / 100 + CONFIDENCE < prediction.confidence < 0.5 - CONFIDENCE for prediction in clear)


@rule(
    "hosted.overlap.limits-boxes-of-a-class",
    requirement="No two boxes of one class overlap by more than `overlap` percent, where the model suppresses any.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-11",),
    cases=over(BOXES, asked=["zero", "half-of-what-is-there", "zero-below-the-default"]),
)
def test_boxes_overlap_no_more_than_asked(hosted: HostedDriver, case: Case) -> None:
    suppressed = hosted.overlapping(0)
    hosted.note(f"two boxes overlap by an IoU of {suppressed.share:.2f} where none is suppressed")
    percent = round(50 * suppressed.share) if case["asked"] == "half-of-what-is-there" else 0
    found = _below_the_default(hosted) if case["asked"] == "zero-below-the-default" else suppressed

    answer = hosted.again(found.scene, overlap=percent, **found.query)

    verify.overlap_at_most(answer, percent / 100, found.scene.width, found.scene.height)


def _below_the_default(hosted: HostedDriver) -> Seen:
    """Two boxes that the default lets pass: a 0 that is taken for the default is seen there."""
    return hosted.overlapping_less(hosted.operation.parameter("overlap").default)


@rule(
    "hosted.overlap.spares-other-classes",
    requirement="Boxes of different classes may overlap as they like: `overlap` is for boxes of one class.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="must",
    content=True,
    compares=True,
    cases=over(DETECTION, overlap=[0, None]),
)
def test_boxes_of_other_classes_are_spared(hosted: HostedDriver, case: Case) -> None:
    default = hosted.operation.parameter("overlap").default
    seen, overlapping = hosted.beside_other_classes(default if case["overlap"] is None else case["overlap"])

    answer = hosted.again(seen.scene, overlap=case["overlap"])

    why = f"with overlap={case['overlap']}" if case["overlap"] is not None else f"without overlap, {default} by default"
    told = f"{why}, though what overlaps it is of another class"
    verify.nothing_lost(answer, overlapping, told, seen.threshold)


@rule(
    "hosted.overlap.higher-keeps-more",
    requirement="The more boxes may overlap, the more of them are answered, or as many.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-12",),
    compares=True,
    cases=over(BOXES),
)
def test_a_higher_overlap_keeps_more_boxes(hosted: HostedDriver) -> None:
    found = hosted.overlapping(0, lambda answer: not chained(answer.predictions))
    share = 100 * found.share
    percents = sorted({0, round(share / 2), 100, *(min(round(share + more), 100) for more in (10, 20, 40))})

    asked = {percent: hosted.again(found.scene, overlap=percent, **found.query) for percent in percents}

    verify.more_with_each(asked, "overlap", found.threshold)


@rule(
    "hosted.overlap.is-heeded",
    requirement="Boxes are not suppressed by the default of `overlap` where another overlap is asked for.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="should",
    content=True,
    invariants=("B-11", "B-12"),
    compares=True,
    cases=over(BOXES),
    depth="standard",
    cost=Cost(own=2),
)
def test_overlap_is_heeded(hosted: HostedDriver) -> None:
    default = hosted.operation.parameter("overlap").default

    unlimited, limited = (hosted.again(PAIRS, overlap=percent) for percent in (NO_LIMIT, 0))

    pairs = list(zip(PAIRS.things[::2], PAIRS.things[1::2], strict=True))
    suppressed = verify_overlap.heeded(unlimited, limited, pairs, default / 100)
    hosted.note(f"{suppressed} boxes of painted pairs are suppressed with overlap=0 that are not without a limit")


@rule(
    "hosted.overlap.spares-what-overlaps-nothing",
    requirement="A box that overlaps no other is answered the same, however much `overlap` is allowed.",
    says=parameter(DETECTION, "overlap"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-13",),
    compares=True,
    cases=over((DETECTION, "hosted.instance-segmentation"), overlap=[0, None]),
)
def test_what_overlaps_nothing_is_spared(hosted: HostedDriver, case: Case) -> None:
    found = hosted.overlapping(0, lambda answer: bool(_lone(answer)))

    answer = hosted.again(found.scene, overlap=case["overlap"], **found.query)

    given = "without overlap" if case["overlap"] is None else f"with overlap={case['overlap']}"
    told = f"{given}, though it overlaps nothing"
    verify.nothing_lost(answer, _lone(found.answer), told, found.threshold)


def _lone(answer: Detection) -> list[Prediction]:
    return [one for one in answer.predictions if alone(one, answer.predictions)]


@rule(
    "hosted.confidence.ends-of-the-scale",
    requirement="A threshold of 100 lets through what is wholly sure, and one of 0 everything that one of 1 does.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("B-09", "B-04", "B-05"),
    compares=True,
    cases=over(BOXES, percent=[0, 100]),
)
def test_the_ends_of_the_scale_are_thresholds_too(hosted: HostedDriver, case: Case) -> None:
    if case["percent"] == 100:
        seen = hosted.witness("a prediction that is not wholly sure", _uncertain)
        verify.at_least(hosted.again(seen.scene, confidence=100), 1 - ROUNDING)
        return

    seen = hosted.witness("a prediction that the default threshold withholds", _withheld_by_default)
    lower = hosted.again(seen.scene, confidence=1)
    answer = hosted.again(seen.scene, confidence=0)
    still_there(answer, _lone(lower), "with confidence=0, though confidence=1 lets it through")


def _uncertain(answer: Detection) -> bool:
    return any(one.confidence < 1 - CONFIDENCE for one in answer.predictions)


def _withheld_by_default(answer: Detection) -> bool:
    default = DEFAULT_CONFIDENCE / 100
    return any(one.confidence < default - CONFIDENCE for one in _lone(answer))
