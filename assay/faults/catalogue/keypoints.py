"""Faults of keypoints: their shape, and the names and ids that tell them apart."""

from __future__ import annotations

from functools import partial

from assay.faults.model import KEYPOINT_DETECTION, Fault
from assay.faults.operators import answers, keypoints
from assay.faults.operators.fields import as_text, change_field, drop_field, edit_json, rename_field
from assay.faults.operators.traffic import every

SCHEMA = "hosted.answer.schema"
NAMES = "hosted.keypoints.names-are-stable"
ORIGIN = "hosted.keypoints.from-top-left"
INSIDE = "hosted.keypoints.inside-image"
APART = "hosted.keypoints.lie-apart"
ON_THINGS = "hosted.keypoints.lie-on-what-they-are-of"
AS_MANY = "hosted.keypoints.as-many-for-each"
THERE = "hosted.keypoints.are-there"

_keypoints = partial(Fault, operations=(KEYPOINT_DETECTION,))

FAULTS: tuple[Fault, ...] = (
    _keypoints(
        name="last-keypoint-lost-from-the-third-on",
        sentence="From the third person on the last keypoint is missing.",
        breaks=(AS_MANY,),
        response=edit_json(keypoints.without_last_from_third),
    ),
    _keypoints(
        name="keypoints-of-the-first-alone-whole",
        sentence="Only the first person has the first keypoint.",
        breaks=(AS_MANY,),
        response=edit_json(keypoints.without_first_from_second),
    ),
    _keypoints(
        name="keypoints-in-the-middle",
        sentence="All keypoints of a person lie in the middle of the box.",
        breaks=(APART,),
        response=edit_json(keypoints.in_the_middle),
    ),
    _keypoints(
        name="keypoints-upon-the-first",
        sentence="All keypoints of a person lie where the first of them is.",
        breaks=(APART,),
        response=edit_json(keypoints.upon_the_first),
    ),
    _keypoints(
        name="keypoints-mirrored-in-their-box",
        sentence="Keypoints are mirrored from left to right in the box of their person.",
        breaks=(ON_THINGS,),
        response=edit_json(keypoints.mirrored_in_the_box(across=True)),
    ),
    _keypoints(
        name="keypoints-upside-down-in-their-box",
        sentence="Keypoints are counted from the lower edge of their person's box.",
        breaks=(ON_THINGS,),
        response=edit_json(keypoints.mirrored_in_the_box(across=False)),
    ),
    _keypoints(
        name="keypoints-without-class-id",
        sentence="Keypoints have no class_id.",
        breaks=(SCHEMA,),
        response=drop_field("/predictions/*/keypoints/*/class_id"),
    ),
    _keypoints(
        name="keypoints-nameless",
        sentence="Keypoints have no name.",
        breaks=(SCHEMA,),
        response=answers.in_turn(*(drop_field(f"/predictions/*/keypoints/*/{name}") for name in keypoints.NAMES)),
    ),
    _keypoints(
        name="keypoints-called-points",
        sentence="The keypoints of a prediction are sent under the name points.",
        breaks=(SCHEMA,),
        response=rename_field("/predictions/*/keypoints", "points"),
    ),
    _keypoints(
        name="keypoint-x-as-text",
        sentence="The x of a keypoint is sent as text.",
        breaks=(SCHEMA,),
        response=change_field("/predictions/*/keypoints/*/x", as_text),
    ),
    _keypoints(
        name="keypoints-empty",
        sentence="The list of keypoints of each prediction is empty.",
        breaks=(THERE,),
        response=change_field("/predictions/*/keypoints", lambda _: []),
    ),
    _keypoints(
        name="keypoints-beside-predictions",
        sentence="Keypoints stand in one list beside the predictions, whose own lists are empty.",
        breaks=(THERE,),
        response=edit_json(keypoints.beside_predictions),
    ),
    _keypoints(
        name="keypoint-names-swapped",
        sentence="In every second person the names of the first two keypoints are exchanged.",
        breaks=(NAMES,),
        response=edit_json(keypoints.swap_names_in_every_second),
    ),
    _keypoints(
        name="keypoint-names-shifted",
        sentence="In every other answer each keypoint carries the name of the next one.",
        breaks=(NAMES,),
        traffic=every(2, edit_json(keypoints.shift_names)),
    ),
    _keypoints(
        name="keypoint-ids-numbered-through",
        sentence="Keypoint ids count on through the answer instead of beginning anew with each person.",
        breaks=(NAMES,),
        response=edit_json(keypoints.number_through),
    ),
    _keypoints(
        name="keypoint-ids-reversed",
        sentence="In every second person the ids of the keypoints run the other way.",
        breaks=(NAMES,),
        response=edit_json(keypoints.number_downwards),
    ),
    _keypoints(
        name="keypoints-from-box",
        sentence="Keypoints are counted from the top left corner of their box instead of the picture's.",
        breaks=(ORIGIN,),
        response=edit_json(keypoints.counted_from_box),
    ),
    _keypoints(
        name="keypoints-as-fractions",
        sentence="Keypoints are in fractions of the picture's width and height instead of in pixels.",
        breaks=(ORIGIN,),
        response=edit_json(keypoints.as_fractions),
    ),
    _keypoints(
        name="keypoints-below-their-box",
        sentence="Keypoints lie nine tenths of their box's height too far down.",
        breaks=(ORIGIN,),
        response=edit_json(keypoints.below_their_box),
    ),
    _keypoints(
        name="keypoints-far-below",
        sentence="Keypoints lie half the picture's height too far down.",
        breaks=(INSIDE,),
        response=edit_json(keypoints.moved_down),
    ),
    _keypoints(
        name="keypoints-in-network-pixels",
        sentence="Keypoints are in the pixels of a network input of 1280 x 1280 and were never scaled back.",
        breaks=(INSIDE,),
        response=edit_json(keypoints.stretched),
    ),
)
