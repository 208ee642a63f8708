"""Faults of the routes that name the task: the hosted models, with the model and the picture in a JSON body."""

from __future__ import annotations

from functools import partial

from assay.faults.model import INFER, Fault
from assay.faults.operators import boxes, drawings, parameters, traffic
from assay.faults.operators.fields import (
    as_object,
    as_text,
    change_field,
    drop_field,
    is_number,
    scale_field,
)

SCHEMA = "infer.answer.schema"
FIELDS = "infer.answer.server-fields"
AGREES = "infer.route.agrees-with-hosted"
AT_LEAST = "infer.confidence.at-least-threshold"
CLASSES = "infer.classes.only-those-asked"
DEFAULT_OVERLAP = "infer.overlap.default"
DRAWING = "infer.drawing.beside-json"
HEEDS = "infer.drawing.heeds-parameters"
SHOWS = "infer.drawing.shows-predictions"
ONLY_ASKED = "infer.drawing.shows-only-what-is-asked"
NOTHING_ELSE = "infer.drawing.shows-nothing-else"

_infer = partial(Fault, operations=INFER)

FAULTS: tuple[Fault, ...] = (
    _infer(
        name="route-by-task-width-missing",
        sentence="On the routes that name the task predictions have no width.",
        breaks=(SCHEMA,),
        response=drop_field("/predictions/*/width"),
    ),
    _infer(
        name="route-by-task-predictions-as-object",
        sentence="On the routes that name the task predictions are an object with numbered members.",
        breaks=(SCHEMA,),
        response=change_field("/predictions", as_object),
    ),
    _infer(
        name="route-by-task-class-id-as-text",
        sentence="On the routes that name the task class_id is sent as text.",
        breaks=(FIELDS,),
        response=change_field("/predictions/*/class_id", as_text),
    ),
    _infer(
        name="route-by-task-time-in-words",
        sentence="On the routes that name the task the time is sent in words.",
        breaks=(FIELDS,),
        response=change_field("/time", lambda value: "a while"),
    ),
    _infer(
        name="route-by-task-boxes-shifted",
        sentence="On the routes that name the task boxes lie 40 px too far to the right.",
        breaks=(AGREES,),
        response=boxes.move_boxes(boxes.shifted(right=40)),
    ),
    _infer(
        name="route-by-task-default-threshold-high",
        sentence="On the routes that name the task a threshold of 0.75 applies where none is asked for.",
        breaks=(AGREES,),
        request=parameters.set_body_default("confidence", 0.75),
    ),
    _infer(
        name="route-by-task-iou-threshold-ignored",
        sentence="On the routes that name the task iou_threshold is ignored; the default applies.",
        breaks=(AGREES,),
        request=parameters.drop_body_field("iou_threshold"),
    ),
    _infer(
        name="route-by-task-confidence-ignored",
        sentence="On the routes that name the task confidence is ignored; the default applies.",
        breaks=(AT_LEAST, AGREES),
        request=parameters.drop_body_field("confidence"),
    ),
    _infer(
        name="route-by-task-confidence-in-percent",
        sentence="On the routes that name the task a confidence of 0.5 is taken for half a percent.",
        breaks=(AT_LEAST,),
        request=parameters.change_body_field("confidence", lambda share: share / 100 if is_number(share) else share),
    ),
    _infer(
        name="route-by-task-confidence-halved",
        sentence="On the routes that name the task the confidence of a prediction is sent halved.",
        breaks=(AT_LEAST, AGREES),
        response=scale_field("/predictions/*/confidence", 0.5),
    ),
    _infer(
        name="class-filter-ignored",
        sentence="The class filter of the routes that name the task is ignored.",
        breaks=(CLASSES,),
        request=parameters.drop_body_field("class_filter"),
    ),
    _infer(
        name="unknown-classes-filter-nothing",
        sentence="A list of classes of which the model knows none restricts nothing.",
        breaks=(CLASSES,),
        request=parameters.drop_body_field("class_filter", ["assay-no-such-class"]),
    ),
    _infer(
        name="route-by-task-default-overlap-forty-five",
        sentence="On the routes that name the task boxes may overlap by 0.45 by default, instead of 0.3.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_body_default("iou_threshold", 0.45),
    ),
    _infer(
        name="route-by-task-default-overlap-ten",
        sentence="On the routes that name the task boxes may overlap by 0.1 by default, instead of 0.3.",
        breaks=(DEFAULT_OVERLAP,),
        request=parameters.set_body_default("iou_threshold", 0.1),
    ),
    _infer(
        name="class-filter-only-first",
        sentence="Of the classes in the filter only the first is honoured.",
        breaks=(CLASSES,),
        request=parameters.change_body_field(
            "class_filter", lambda names: names[:1] if isinstance(names, list) else names
        ),
    ),
    _infer(
        name="route-by-task-never-drawn",
        sentence="On the routes that name the task a drawing is never sent.",
        breaks=(DRAWING,),
        request=parameters.drop_body_field("visualize_predictions"),
    ),
    _infer(
        name="route-by-task-always-drawn",
        sentence="On the routes that name the task a drawing is sent where none was asked for.",
        breaks=(DRAWING,),
        request=parameters.set_body_default("visualize_predictions", True),
    ),
    _infer(
        name="route-by-task-drawing-half-size",
        sentence="On the routes that name the task the drawing has half the width and height.",
        breaks=(DRAWING,),
        response=drawings.redraw_field(drawings.half_size),
    ),
    _infer(
        name="route-by-task-labels-ignored",
        sentence="On the routes that name the task no labels are written into the drawing.",
        breaks=(HEEDS,),
        request=parameters.drop_body_field("visualization_labels"),
    ),
    _infer(
        name="route-by-task-stroke-ignored",
        sentence="On the routes that name the task the width of the lines is that of the default.",
        breaks=(HEEDS,),
        request=parameters.drop_body_field("visualization_stroke_width"),
    ),
    _infer(
        name="route-by-task-drawing-plain",
        sentence="On the routes that name the task the drawing is the picture as it was sent.",
        breaks=(SHOWS,),
        response=drawings.redraw_field(drawings.plain),
    ),
    _infer(
        name="route-by-task-drawing-misses-a-box",
        sentence="On the routes that name the task the last prediction is missing in the drawing.",
        breaks=(SHOWS,),
        response=drawings.redraw_field(drawings.without_last_box),
    ),
    _infer(
        name="route-by-task-drawing-below-threshold",
        sentence="On the routes that name the task everything down to one percent is drawn.",
        breaks=(ONLY_ASKED,),
        traffic=traffic.drawn_as_asked(parameters.change_body_field("confidence", lambda _: 0.01)),
    ),
    _infer(
        name="route-by-task-drawing-of-all-classes",
        sentence="On the routes that name the task all classes are drawn, whatever classes are asked for.",
        breaks=(ONLY_ASKED,),
        traffic=traffic.drawn_as_asked(parameters.drop_body_field("class_filter")),
    ),
    _infer(
        name="route-by-task-drawing-with-another-box",
        sentence="On the routes that name the task a box is drawn that is no prediction.",
        breaks=(NOTHING_ELSE,),
        response=drawings.redraw_field(drawings.with_another_box()),
    ),
    _infer(
        name="route-by-task-drawing-with-a-dashed-box",
        sentence="On the routes that name the task a dashed box is drawn that is no prediction.",
        breaks=(NOTHING_ELSE,),
        response=drawings.redraw_field(drawings.with_another_box(dashed=True)),
    ),
)
