"""Drawings of the hosted model route, with `format=image` and `format=image_and_json` (S4)."""

from __future__ import annotations

from assay.contract.citing import parameter, response_mode
from assay.contract.rule import Case, over, rule
from assay.judge import answers, pictures, verify
from assay.judge.answers import Detection
from assay.judge.boxes import Prediction, alone
from assay.judge.verdicts import NoWitness
from assay.picture import decode
from assay.plugin.drivers import HostedDriver
from assay.plugin.drivers.hosted import Seen
from assay.record.model import Exchange

DETECTION = "hosted.object-detection"
HOSTED = (DETECTION, "hosted.keypoint-detection")
PARAMETERS = {"stroke": 6, "labels": True}
"""Values of the parameters of drawings that are not the defaults."""


@rule(
    "hosted.format.image-is-jpeg",
    requirement="With `format=image` the answer is a JPEG, declared as image/jpeg, of the picture's own size.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="must",
    invariants=("R-01",),
    cases=over(HOSTED),
)
def test_format_image_is_a_jpeg_of_the_pictures_size(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    exchange = hosted.exchange(seen.scene, format="image", **seen.query)

    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(answers.response_of(exchange).body, seen.scene.width, seen.scene.height, exchange)


@rule(
    "hosted.format.image-and-json-adds-drawing",
    requirement="With `format=image_and_json` the answer is that of `json`, with a JPEG of the picture's size.",
    says=response_mode(DETECTION, "image_and_json"),
    source="document",
    severity="must",
    invariants=("R-02", "R-03"),
    compares=True,
    cases=over(HOSTED),
)
def test_image_and_json_adds_a_drawing(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    answer = hosted.ask(seen.scene, format="image_and_json", **seen.query)

    drawing = answers.visualization(answer, hosted.schema_rule)
    verify.same_predictions(answer, seen.answer.predictions, "compared with format=json", seen.threshold)
    verify.image_size(answer, seen.scene.width, seen.scene.height)
    verify.jpeg_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")


@rule(
    "hosted.format.drawing-shows-predictions",
    requirement="The drawing shows an outline wherever the same answer's JSON says that there is a prediction.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(HOSTED, mode=["image", "image_and_json"]),
)
def test_drawings_show_the_predictions(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions), painted=True)

    exchange = hosted.exchange(seen.scene, format=case["mode"], stroke=2, **seen.query)

    if case["mode"] == "image":
        content, stated = answers.response_of(exchange).body, seen.answer
    else:
        stated = answers.detection(exchange, hosted.schema_rule)
        content = answers.visualization(stated, hosted.schema_rule)
    drawing = decode(content)
    if drawing is None or drawing.shape != seen.scene.pixels().shape:
        raise NoWitness("the drawing is no picture of the size that was sent, which is judged by another rule")
    verify.outlines_drawn(stated, pictures.as_drawn_upon(seen.scene.pixels(), content), drawing)


@rule(
    "hosted.drawing.stroke-is-width",
    requirement="A larger `stroke` draws wider lines along the boxes.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(HOSTED, strokes=["1-4", "4-12"]),
)
def test_a_larger_stroke_draws_wider_lines(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions), painted=True)
    thin, thick = (int(stroke) for stroke in case["strokes"].split("-"))

    drawings = [hosted.drawing(seen.scene, stroke=stroke, **seen.query) for stroke in (thin, thick)]

    little, much = (_drawn_along_boxes(hosted, seen, drawing, reach=thick) for drawing in drawings)
    hosted.note(f"{little} changed pixels with stroke={thin}, {much} with stroke={thick}")
    verify.outlines_wider(little, much, drawings[1], (thin, thick))


def _drawn_along_boxes(hosted: HostedDriver, seen: Seen, drawing: Exchange, reach: int) -> int:
    before = pictures.as_drawn_upon(seen.scene.pixels(), answers.response_of(drawing).body)
    boxes = [prediction.corners for prediction in seen.answer.predictions]
    return pictures.changed_along(before, hosted.pixels(drawing, seen.scene), boxes, reach)


@rule(
    "hosted.drawing.labels-are-written",
    requirement="With `labels=true` something is written at each prediction that is not there without.",
    says=parameter(DETECTION, "labels"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(HOSTED),
)
def test_labels_are_written_at_the_predictions(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction with room for a label above it", lambda answer: bool(_with_room(answer)))

    plain, labelled = (hosted.drawing(seen.scene, labels=labels, **seen.query) for labels in (False, True))

    before, after = (hosted.pixels(drawing, seen.scene) for drawing in (plain, labelled))
    hosted.note(f"{pictures.changed(before, after)} pixels differ with labels")
    verify.labels_written(_with_room(seen.answer), before, after, labelled)


def _with_room(answer: Detection) -> list[Prediction]:
    """The predictions above which a label fits into the picture, and that nothing overlaps."""
    return [
        prediction
        for prediction in answer.predictions
        if prediction.corners[1] >= pictures.MARGIN and alone(prediction, answer.predictions)
    ]


@rule(
    "hosted.drawing.leaves-json-unchanged",
    requirement="`stroke` and `labels` change drawings only: the JSON says the same, beside a drawing and without.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-06", "R-03"),
    compares=True,
    cases=over(HOSTED, mode=["json", "image_and_json"], given=list(PARAMETERS)),
)
def test_parameters_of_drawings_leave_the_json_unchanged(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
    given = {case["given"]: PARAMETERS[case["given"]]}

    answer = hosted.ask(seen.scene, format=case["mode"], **given, **seen.query)

    why = f"with {case['given']}={given[case['given']]} and format={case['mode']}"
    verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)
    verify.drawing_only_where_asked(answer, case["mode"] == "image_and_json")
