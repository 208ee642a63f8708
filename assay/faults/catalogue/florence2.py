"""Faults of Florence 2."""

from __future__ import annotations

from functools import partial
from typing import Any

from assay.contract.message import Request
from assay.faults.model import FLORENCE, Fault
from assay.faults.operators import answers, florence
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded
from assay.faults.operators.fields import as_text, change_field, drop_field, edit_json, rename_field

SCHEMA = "florence2.answer.schema"
FIELDS = "florence2.answer.server-fields"
SIZE = "florence2.answer.image-size"
KEYED = "florence2.response.keyed-by-task"
FORM = "florence2.response.form-of-the-server"
PLAIN_TEXT = "florence2.captions.plain-text"
DETAIL = "florence2.captions.more-detail-is-longer"
REPEAT = "florence2.captions.repeat"
BOXES = "florence2.boxes.corners-and-labels"
PROPOSALS = "florence2.boxes.proposals-without-labels"
POLYGONS = "florence2.polygons.points-and-labels"
QUADS = "florence2.text.quads-and-labels"
ALIKE = "florence2.models.answer-alike"
BAD_IMAGE = "service.refuses-undecodable-image"
OF_THE_SERVER = "service.answers-requests-of-the-server"

CAPTIONS = ("<CAPTION>", "<DETAILED_CAPTION>", "<MORE_DETAILED_CAPTION>")
LARGE = florence.of_model("florence-2-large")

_florence = partial(Fault, operations=(FLORENCE,))


def _size_swapped(request: Request, document: Any) -> Any:
    image = document.get("image") if isinstance(document, dict) else None
    if isinstance(image, dict):
        document["image"] = {"width": image.get("height"), "height": image.get("width")}
    return document


def _with_extra(request: Request, key: str) -> str:
    return florence.prompt(request) or key


_ANSWERS = (
    _florence(
        name="response-as-text",
        sentence="The response is the answer itself, as a text, without the task prompt around it.",
        breaks=(SCHEMA, KEYED),
        response=edit_json(florence.only_value),
    ),
    _florence(
        name="response-called-result",
        sentence="The answer is sent under the name result instead of response.",
        breaks=(SCHEMA, KEYED),
        response=rename_field("/response", "result"),
    ),
    _florence(
        name="florence-time-as-text",
        sentence="The time that an answer took is sent as a text.",
        breaks=(FIELDS,),
        response=change_field("/time", as_text),
    ),
    _florence(
        name="florence-image-without-height",
        sentence="The size of the picture is told by its width alone.",
        breaks=(FIELDS, SIZE),
        response=drop_field("/image/height"),
    ),
    _florence(
        name="florence-image-size-swapped",
        sentence="Width and height of the picture have changed places.",
        breaks=(SIZE,),
        response=edit_json(_size_swapped),
    ),
    _florence(
        name="florence-image-size-of-the-network",
        sentence="The size that is told is that of the network's square input.",
        breaks=(SIZE,),
        response=change_field("/image/*", lambda value: 768),
    ),
)

_KEYS = (
    _florence(
        name="task-key-without-brackets",
        sentence="The answer stands under the name of its task without the brackets around it.",
        breaks=(KEYED, FORM),
        response=florence.change_keys(lambda request, key: key.strip("<>")),
    ),
    _florence(
        name="task-key-with-the-phrase",
        sentence="The answer stands under the whole prompt, the phrase after the task token included.",
        breaks=(KEYED, FORM),
        response=florence.change_keys(_with_extra),
    ),
    _florence(
        name="task-key-beside-another",
        sentence="Beside the answer under its task token the raw text of the model is sent.",
        breaks=(KEYED, SCHEMA),
        response=florence.add_key("raw", "</s><s>a text</s>"),
    ),
    _florence(
        name="prompt-lost",
        sentence="The prompt is lost: every task is answered as if a caption had been asked for.",
        breaks=(KEYED, FORM),
        request=florence.always_ask("<CAPTION>"),
    ),
)

_FORMS = (
    _florence(
        name="florence-boxes-as-objects",
        sentence="A box is an object with x1, y1, x2 and y2 instead of a list of four numbers.",
        breaks=(FORM, FIELDS),
        response=florence.change_places("bboxes", florence.as_object),
    ),
    _florence(
        name="florence-labels-missing",
        sentence="Detected boxes come without their labels.",
        breaks=(FORM, FIELDS),
        response=drop_field("/response/*/labels"),
    ),
    _florence(
        name="detections-as-text",
        sentence="Detections are sent as the raw text that the model wrote, not as boxes.",
        breaks=(FORM, FIELDS),
        response=florence.change_value(lambda value, size: "dog<loc_1><loc_2><loc_3><loc_4>", "<OD>"),
    ),
)

_CAPTIONS = (
    _florence(
        name="captions-empty",
        sentence="Captions are empty texts.",
        breaks=(PLAIN_TEXT,),
        response=florence.change_text(lambda text: "", *CAPTIONS),
    ),
    _florence(
        name="captions-keep-places",
        sentence="The places that the model wrote stay in the caption as tokens.",
        breaks=(PLAIN_TEXT,),
        response=florence.change_text(lambda text: f"{text}<loc_12><loc_34><loc_56><loc_78>", *CAPTIONS),
    ),
    _florence(
        name="captions-keep-the-end",
        sentence="The marks of beginning and end that the model wrote stay in the caption.",
        breaks=(PLAIN_TEXT,),
        response=florence.change_text(lambda text: f"<s>{text}</s>", *CAPTIONS),
    ),
    _florence(
        name="detailed-caption-is-the-plain-one",
        sentence="A detailed caption is the plain caption, word for word.",
        breaks=(DETAIL,),
        traffic=florence.answered_as("<DETAILED_CAPTION>", "<CAPTION>"),
    ),
    _florence(
        name="detailed-captions-cut",
        sentence="Detailed captions break off after ten characters.",
        breaks=(DETAIL,),
        response=florence.change_text(lambda text: text[:10], "<DETAILED_CAPTION>"),
    ),
    _florence(
        name="more-detailed-captions-cut",
        sentence="More detailed captions break off after twenty characters, as if few tokens were allowed.",
        breaks=(DETAIL,),
        response=florence.change_text(lambda text: text[:20], "<MORE_DETAILED_CAPTION>"),
    ),
    _florence(
        name="captions-sampled",
        sentence="The words of a text are drawn anew each time.",
        breaks=(REPEAT,),
        traffic=florence.Sampled,
    ),
    _florence(
        name="captions-signed",
        sentence="A text ends with the identifier of its inference, so that no two are alike.",
        breaks=(REPEAT,),
        response=edit_json(florence.signed),
    ),
)

_PLACES = (
    _florence(
        name="florence-boxes-by-size",
        sentence="A box is told by its left top corner, width and height instead of by two corners.",
        breaks=(BOXES,),
        response=florence.change_places("bboxes", florence.corner_and_size),
    ),
    _florence(
        name="florence-boxes-as-fractions",
        sentence="Boxes are in fractions of the picture's width and height instead of in pixels.",
        breaks=(BOXES,),
        response=florence.change_places("bboxes", florence.as_fractions),
    ),
    _florence(
        name="florence-boxes-axes-swapped",
        sentence="The x and y of a box have changed places.",
        breaks=(BOXES,),
        response=florence.change_places("bboxes", florence.swapped),
    ),
    _florence(
        name="florence-boxes-right-first",
        sentence="The right bottom corner of a box comes before the left top one.",
        breaks=(BOXES,),
        response=florence.change_places("bboxes", florence.right_first),
    ),
    _florence(
        name="florence-labels-one-short",
        sentence="The last label of each list is lost.",
        breaks=(BOXES, POLYGONS, QUADS),
        response=florence.change_labels(florence.without_last),
    ),
    _florence(
        name="proposals-labelled",
        sentence="Region proposals are labelled as regions.",
        breaks=(PROPOSALS,),
        response=florence.change_labels(lambda labels: ["region" for _ in labels], "<REGION_PROPOSAL>"),
    ),
    _florence(
        name="proposals-numbered",
        sentence="Region proposals are numbered in their labels.",
        breaks=(PROPOSALS,),
        response=florence.change_labels(lambda labels: [str(i) for i, _ in enumerate(labels)], "<REGION_PROPOSAL>"),
    ),
    _florence(
        name="florence-polygons-odd",
        sentence="The last coordinate of each polygon is lost.",
        breaks=(POLYGONS,),
        response=florence.change_places("polygons", lambda numbers, size: florence.without_last(numbers)),
    ),
    _florence(
        name="florence-polygons-as-fractions",
        sentence="Polygons are in fractions of the picture's width and height instead of in pixels.",
        breaks=(POLYGONS,),
        response=florence.change_places("polygons", florence.as_fractions),
    ),
    _florence(
        name="quads-by-two-corners",
        sentence="The place of a text is told by two corners instead of by four.",
        breaks=(QUADS, FORM),
        response=florence.change_places("quad_boxes", florence.bounding),
    ),
    _florence(
        name="quads-as-fractions",
        sentence="The corners of a text are in fractions of the picture instead of in pixels.",
        breaks=(QUADS,),
        response=florence.change_places("quad_boxes", florence.as_fractions),
    ),
)

_MODELS = (
    _florence(
        name="large-model-crashes",
        sentence="Requests that name florence-2-large are answered 500.",
        breaks=(ALIKE,),
        response=only_if(both(succeeded, LARGE), INTERNAL_ERROR),
    ),
    _florence(
        name="large-model-says-text-only",
        sentence="The larger model answers every task with the raw text that it wrote.",
        breaks=(ALIKE,),
        response=only_if(LARGE, edit_json(florence.only_value)),
    ),
)

_SERVICE = (
    _florence(
        name="bad-image-described",
        sentence="A picture that cannot be decoded is answered 200 with a caption.",
        breaks=(BAD_IMAGE,),
        response=only_if(
            answers.picture_refused, answers.replace_answer(200, florence.as_answered("an empty picture"))
        ),
    ),
    _florence(
        name="limited-answers-crash",
        sentence="A request that limits the number of tokens is answered 500.",
        breaks=(OF_THE_SERVER,),
        response=only_if(both(succeeded, florence.limited), INTERNAL_ERROR),
    ),
)

FAULTS: tuple[Fault, ...] = (*_ANSWERS, *_KEYS, *_FORMS, *_CAPTIONS, *_PLACES, *_MODELS, *_SERVICE)
