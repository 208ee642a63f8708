"""Drawings of the hosted model route, with `format=image` and `format=image_and_json` (S4)."""

from __future__ import annotations

from itertools import islice

from assay.contract import delivery
from assay.contract.citing import parameter, response_mode
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import answers, lines, pictures, verify
from assay.judge.answers import Detection, Outline
from assay.judge.boxes import Prediction, alone, apart
from assay.judge.misdrawn import can_be_told
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.picture import decode
from assay.plugin.drivers import Driver, HostedDriver, drawings
from assay.plugin.drivers.drawings import PLAIN_TO_SEE, TRIED
from assay.plugin.drivers.seen import Seen
from assay.record.model import Exchange

DETECTION = "hosted.object-detection"
INSTANCES = "hosted.instance-segmentation"
BOXES = (DETECTION, "hosted.keypoint-detection", INSTANCES)
DRAWN = (*BOXES, "hosted.classification", "hosted.semantic-segmentation")
PARAMETERS = {"stroke": 6, "labels": True}
"""Values of the parameters of drawings that are not the defaults."""
FILLED = 0.5
"""Share of an area that has changed where it is filled."""
SPACE = 3
"""Times the width of a line that has to be free beside it: a line that reaches the next one cannot get any wider."""
WIDE = 12
"""px of a line whose width can be told from half of it, and from its double."""


@rule(
    "hosted.format.image-is-jpeg",
    requirement="With `format=image` the answer is a JPEG, declared as image/jpeg, of the picture's own size.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="must",
    invariants=("R-01",),
    cases=over(BOXES),
)
def test_format_image_is_a_jpeg_of_the_pictures_size(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    exchange = hosted.exchange(seen.scene, format="image", **seen.query)

    verify.media_type(exchange, "image/jpeg")
    verify.jpeg_of_size(answers.response_of(exchange).body, seen.scene.width, seen.scene.height, exchange)


@rule(
    "hosted.format.image-and-json-adds-drawing",
    requirement="With `format=image_and_json` the answer is that of `json`, with a drawing of the picture's size.",
    says=response_mode(DETECTION, "image_and_json"),
    source="document",
    severity="must",
    invariants=("R-02", "R-03"),
    compares=True,
    cases=over(BOXES),
)
def test_image_and_json_adds_a_drawing(hosted: HostedDriver) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))

    answer = hosted.ask(seen.scene, format="image_and_json", **seen.query)

    drawing = answers.visualization(answer, hosted.schema_rule)
    verify.same_predictions(answer, seen.answer.predictions, "compared with format=json", seen.threshold)
    verify.image_size(answer, seen.scene.width, seen.scene.height)
    verify.picture_of_size(drawing, seen.scene.width, seen.scene.height, answer.exchange, "/visualization")


@rule(
    "hosted.format.visualization-is-jpeg",
    requirement="The drawing beside the JSON is a JPEG, as the drawing alone is.",
    source="server",
    severity="should",
    invariants=("R-02",),
    cases=over(DRAWN),
    cost=Cost(own=3),
)
def test_the_drawing_beside_the_json_is_a_jpeg(asked: Driver) -> None:
    for exchange in asked.shown("image_and_json"):
        drawing = answers.visualization(answers.answer(exchange, asked.schema_rule), asked.schema_rule)
        verify.jpeg(drawing, exchange, "/visualization")
        asked.note(f"a drawing of {len(drawing)} bytes")


@rule(
    "hosted.format.drawing-shows-predictions",
    requirement="The drawing shows an outline wherever the same answer's JSON says that there is a prediction.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(BOXES, mode=["image", "image_and_json"]),
)
def test_drawings_show_the_predictions(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions), painted=True)

    exchange = hosted.exchange(seen.scene, format=case["mode"], stroke=PLAIN_TO_SEE, **seen.query)

    content, stated = drawings.drawing_and_json(hosted, exchange, seen)
    drawing = hosted.drawn(content, seen.scene)
    before = pictures.as_drawn_upon(seen.scene.pixels(), content)
    verify.outlines_drawn(stated, before, drawing, hosted.outlines(stated))


@rule(
    "hosted.format.drawing-is-of-the-picture",
    requirement="What is drawn upon is the picture that was sent, in its colours, and where it was.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="should",
    invariants=("R-04",),
    cases=over(DRAWN, mode=["image", "image_and_json"]),
    depth="standard",  # each drawing is held against the picture turned and moved: a tenth of a quick run
    cost=Cost(own=3),
)
def test_what_is_drawn_upon_is_the_picture(asked: Driver, case: Case) -> None:
    for exchange in asked.shown(case["mode"]):
        content = answers.response_of(exchange).body
        if case["mode"] == "image_and_json":
            content = answers.visualization(answers.answer(exchange, asked.schema_rule), asked.schema_rule)
        before, after = decode(delivery.picture_of(asked.operation, exchange.request)), decode(content)
        if before is None or after is None or before.shape != after.shape:
            raise NoWitness("the drawing is no picture of the size that was sent, which is judged by another rule")
        verify.of_the_picture(before, after, exchange)
        if can_be_told(before):
            asked.note(f"a coloured picture of {after.shape[1]} x {after.shape[0]} px")
    if not asked.notes:
        raise NoWitness("no picture has colours by which it could be told from another")


@rule(
    "hosted.format.drawing-keeps-threshold",
    requirement="What a threshold withholds is not drawn either.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-04", "B-04"),
    compares=True,
    cases=over(BOXES, mode=["image", "image_and_json"]),
    cost=Cost(own=2 * TRIED),
    depth="standard",
)
def test_drawings_keep_the_threshold(hosted: HostedDriver, case: Case) -> None:
    found, stated, added = drawings.withholding(hosted, hosted.withholding_by_threshold(), {"format": case["mode"]})

    verify.nothing_withheld_drawn(stated, added, found.withheld)


@rule(
    "hosted.classes.drawing-shows-only-those",
    requirement="With `classes`, predictions of other classes are not drawn either.",
    says=parameter(DETECTION, "classes"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-04", "B-15"),
    compares=True,
    cases=over((DETECTION, INSTANCES), mode=["image", "image_and_json"]),
    cost=Cost(own=2 * TRIED),
)
def test_drawings_show_only_the_classes_asked_for(hosted: HostedDriver, case: Case) -> None:
    found, stated, added = drawings.withholding(hosted, hosted.withholding_by_class(), {"format": case["mode"]})

    verify.nothing_withheld_drawn(stated, added, found.withheld)


@rule(
    "hosted.format.drawing-shows-nothing-else",
    requirement="The drawing shows no box but those of the predictions in the same answer's JSON.",
    says=response_mode(DETECTION, "image"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-04",),
    compares=True,
    cases=over(BOXES, mode=["image", "image_and_json"]),
    cost=Cost(own=TRIED),
    depth="standard",
)
def test_drawings_show_no_other_boxes(hosted: HostedDriver, case: Case) -> None:
    judged = 0
    for seen in islice((seen for seen in hosted.seen_painted() if seen.answer.predictions), TRIED):
        exchange = hosted.exchange(seen.scene, format=case["mode"], stroke=PLAIN_TO_SEE, **seen.query)
        stated, added = drawings.additions_of(hosted, exchange, seen)
        if drawings.seen_in(added, stated):
            hosted.note(f"scene {seen.scene.name}, {len(stated.predictions)} predictions")
            verify.nothing_else_drawn(stated, added)
            judged += 1
    if not judged:
        raise NoWitness("no box is drawn in a colour that the picture lacks, so that another one could not be seen")


@rule(
    "hosted.drawing.stroke-is-width",
    requirement="A larger `stroke` draws wider lines along the boxes.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(BOXES, strokes=["1-4", "4-12"]),
    depth="standard",
)
def test_a_larger_stroke_draws_wider_lines(hosted: HostedDriver, case: Case) -> None:
    thin, thick = (int(stroke) for stroke in case["strokes"].split("-"))
    seen = hosted.witness(
        "a prediction with room for wide lines", lambda answer: bool(_with_space(answer, thick)), painted=True
    )

    drawings = [hosted.drawing(seen.scene, stroke=stroke, **seen.query) for stroke in (thin, thick)]

    spaced = _with_space(seen.answer, thick)
    outlines = [outline for index, outline in enumerate(hosted.outlines(seen.answer)) if index in spaced]
    lines = [*(pictures.rectangle(seen.answer.predictions[index].corners) for index in spaced), *filter(None, outlines)]
    little, much = (_drawn_along(hosted, seen, lines, drawing, reach=thick) for drawing in drawings)
    pixels = [hosted.pixels(drawing, seen.scene) for drawing in drawings]
    apart = pictures.changed_along(pixels[0], pixels[1], lines, thick)
    hosted.note(f"{little} changed pixels with stroke={thin}, {much} with stroke={thick}")
    try:
        verify.outlines_wider(little, much, apart, drawings[1], (thin, thick))
    except RuleBroken:
        if _filled(hosted, seen, outlines, drawings[1]):
            raise NoWitness("instances are shown by their areas: no line is known to be drawn") from None
        raise


@rule(
    "hosted.drawing.stroke-in-pixels",
    requirement="`stroke` is the width of the lines in px of the picture that comes back.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(BOXES),
    depth="standard",
    cost=Cost(own=1),
)
def test_lines_are_as_wide_as_asked(hosted: HostedDriver) -> None:
    what = "a prediction with room for wide lines"
    seen = hosted.witness(what, lambda answer: bool(_with_space(answer, WIDE)), painted=True)

    drawing = hosted.drawing(seen.scene, stroke=WIDE, **seen.query)

    before = pictures.as_drawn_upon(seen.scene.pixels(), answers.response_of(drawing).body)
    boxes = [seen.answer.predictions[index].corners for index in _with_space(seen.answer, WIDE)]
    widths = lines.measured(before, hosted.pixels(drawing, seen.scene), boxes, WIDE)
    width = verify.as_wide_as_asked(widths, WIDE, drawing)
    hosted.note(f"lines of {width:g} px with stroke={WIDE}, at {len(widths)} places")


def _with_space(answer: Detection, stroke: int) -> list[int]:
    """The places of predictions whose lines, drawn so wide, leave room within the box and between it and all others."""
    room, boxes = SPACE * stroke, [prediction.corners for prediction in answer.predictions]
    return [
        index
        for index, box in enumerate(boxes)
        if min(box[2] - box[0], box[3] - box[1]) >= room
        and all(apart(box, other, room) for place, other in enumerate(boxes) if place != index)
    ]


def _drawn_along(hosted: HostedDriver, seen: Seen, lines: list[pictures.Polygon], drawing: Exchange, reach: int) -> int:
    before = pictures.as_drawn_upon(seen.scene.pixels(), answers.response_of(drawing).body)
    return pictures.changed_along(before, hosted.pixels(drawing, seen.scene), lines, reach)


def _filled(hosted: HostedDriver, seen: Seen, outlines: list[Outline], drawing: Exchange) -> bool:
    """Whether instances are shown by their areas, which no document forbids: it speaks of the lines of boxes only."""
    before = pictures.as_drawn_upon(seen.scene.pixels(), answers.response_of(drawing).body)
    after = hosted.pixels(drawing, seen.scene)
    return bool(outlines) and all(pictures.area_drawn(before, after, outline) > FILLED for outline in outlines)


@rule(
    "hosted.drawing.labels-are-written",
    requirement="With `labels=true` something is written at each prediction that is not there without.",
    says=parameter(DETECTION, "labels"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(BOXES),
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
    "hosted.drawing.heeds-parameters-beside-json",
    requirement="`stroke` and `labels` change the drawing beside the JSON as they change the one alone.",
    says=parameter(DETECTION, "labels"),
    source="document",
    severity="should",
    content=True,
    invariants=("R-05",),
    compares=True,
    cases=over(BOXES, given=list(PARAMETERS)),
    cost=Cost(own=4),
    depth="standard",
)
def test_the_drawing_beside_the_json_heeds_parameters(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction with room for a label above it", lambda answer: bool(_with_room(answer)))
    given = {case["given"]: PARAMETERS[case["given"]]}

    alone = [hosted.pixels(hosted.drawing(seen.scene, **more, **seen.query), seen.scene) for more in ({}, given)]
    asked = [hosted.exchange(seen.scene, format="image_and_json", **more, **seen.query) for more in ({}, given)]

    shown = [answers.visualization(answers.answer(each, hosted.schema_rule), hosted.schema_rule) for each in asked]
    beside = [hosted.drawn(drawing, seen.scene) for drawing in shown]
    changed = pictures.changed(*alone)
    if not changed:
        raise NoWitness(f"{case['given']} changes nothing in the drawing alone, which another rule judges")
    hosted.note(f"{case['given']} changes {changed} pixels of the drawing alone, {pictures.changed(*beside)} beside")
    verify.as_much_beside(changed, pictures.changed(*beside), asked[1], f"{case['given']}={given[case['given']]}")


@rule(
    "hosted.drawing.leaves-json-unchanged",
    requirement="`stroke` and `labels` change drawings only: the JSON says the same, beside a drawing and without.",
    says=parameter(DETECTION, "stroke"),
    source="document",
    severity="must",
    content=True,
    invariants=("R-06", "R-03"),
    compares=True,
    cases=over(BOXES, mode=["json", "image_and_json"], given=list(PARAMETERS)),
)
def test_parameters_of_drawings_leave_the_json_unchanged(hosted: HostedDriver, case: Case) -> None:
    seen = hosted.witness("a prediction", lambda answer: bool(answer.predictions))
    given = {case["given"]: PARAMETERS[case["given"]]}

    answer = hosted.ask(seen.scene, format=case["mode"], **given, **seen.query)

    why = f"with {case['given']}={given[case['given']]} and format={case['mode']}"
    verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)
    verify.drawing_only_where_asked(answer, case["mode"] == "image_and_json")
