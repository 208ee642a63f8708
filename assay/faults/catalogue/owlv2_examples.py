"""Faults of what OwlV2 makes of its examples: given twice, named otherwise, outside their picture, or misshapen."""

from __future__ import annotations

from functools import partial

from assay.faults.model import OWLV2, Fault
from assay.faults.operators import answers, boxes, example_lists, examples, parameters
from assay.faults.operators.fields import edit_json

ONCE = "owlv2.examples.counted-once"
BESIDE = "owlv2.examples.found-beside-others"
BESIDE_PICTURES = "owlv2.examples.found-beside-other-pictures"
AT_WILL = "owlv2.classes.named-at-will"
OUTSIDE = "owlv2.examples.outside-find-nothing"
LITTLE = "owlv2.boxes.overlap-little"
MISSHAPEN = "owlv2.examples.misshapen-are-refused"
SEVERAL = "owlv2.image.several-at-once"

_owlv2 = partial(Fault, operations=(OWLV2,))

FAULTS: tuple[Fault, ...] = (
    _owlv2(
        name="examples-added-up",
        sentence="The likeness to each example is added up, so that one that is given twice finds nearly everything.",
        breaks=(ONCE,),
        request=parameters.edit_body(example_lists.with_no_threshold_where_twice),
        response=edit_json(example_lists.wholly_sure_where_twice),
    ),
    _owlv2(
        name="equal-examples-lost",
        sentence="Of two examples that are equal none is left.",
        breaks=(ONCE,),
        request=parameters.edit_body(example_lists.without_what_is_twice),
    ),
    _owlv2(
        name="last-example-lost",
        sentence="Of several example boxes in a picture the last one is not read.",
        breaks=(BESIDE,),
        request=parameters.edit_body(example_lists.without_the_last),
    ),
    _owlv2(
        name="last-example-of-each-class",
        sentence="Of the example boxes of one class in a picture only the last one is read.",
        breaks=(BESIDE,),
        request=parameters.edit_body(example_lists.last_of_each_class),
    ),
    _owlv2(
        name="one-class-at-a-time",
        sentence="Only boxes of the class that is surest are answered.",
        breaks=(BESIDE,),
        response=edit_json(example_lists.only_of_the_surest_class),
    ),
    _owlv2(
        name="first-reference-only",
        sentence="Of several reference pictures only the first is looked at.",
        breaks=(BESIDE_PICTURES,),
        request=parameters.edit_body(example_lists.only_the_first_reference),
    ),
    _owlv2(
        name="last-reference-only",
        sentence="Of several reference pictures only the last is looked at.",
        breaks=(BESIDE_PICTURES,),
        request=parameters.edit_body(example_lists.only_the_last_reference),
    ),
    _owlv2(
        name="all-examples-in-the-first-reference",
        sentence="The example boxes of all reference pictures are read in the first of them.",
        breaks=(BESIDE_PICTURES,),
        request=parameters.edit_body(example_lists.all_in_the_first_reference),
    ),
    _owlv2(
        name="example-classes-in-plain-letters",
        sentence="Classes are named in plain letters, without accents and without other scripts.",
        breaks=(AT_WILL,),
        response=edit_json(example_lists.in_plain_letters),
    ),
    _owlv2(
        name="example-classes-in-small-letters",
        sentence="Classes whose names differ by capital letters alone are one class.",
        breaks=(AT_WILL,),
        request=examples.change_boxes(examples.class_in_small_letters),
    ),
    _owlv2(
        name="example-classes-of-few-letters",
        sentence="Under a class whose name is longer than eight letters nothing is found.",
        breaks=(AT_WILL,),
        response=edit_json(example_lists.without_long_names),
    ),
    _owlv2(
        name="example-outside-takes-all",
        sentence="With an example box outside its picture nothing at all is found.",
        breaks=(OUTSIDE,),
        response=edit_json(example_lists.without_all_others),
    ),
    _owlv2(
        name="example-outside-pulled-inside",
        sentence="An example box outside its picture stands for what the first example shows.",
        breaks=(OUTSIDE,),
        request=parameters.edit_body(example_lists.pulled_inside),
    ),
    _owlv2(
        name="example-outside-crashes",
        sentence="An example box outside its picture ends in an internal error.",
        breaks=(OUTSIDE,),
        response=answers.only_if(example_lists.has_box_outside, answers.INTERNAL_ERROR),
    ),
    _owlv2(
        name="example-boxes-doubled",
        sentence="The first box comes twice, the second time a little to the right.",
        breaks=(LITTLE,),
        response=edit_json(boxes.with_first_box_doubled),
    ),
    _owlv2(
        name="example-boxes-of-both-classes",
        sentence="Of two classes each finds what the other one finds, too.",
        breaks=(LITTLE,),
        response=edit_json(example_lists.with_the_other_class_beside),
    ),
    _owlv2(
        name="example-boxes-cut-to-pixels",
        sentence="An example box with a fraction of a pixel is cut to whole ones and answered.",
        breaks=(MISSHAPEN,),
        request=parameters.edit_body(example_lists.in_whole_pixels),
    ),
    _owlv2(
        name="example-boxes-completed",
        sentence="What an example box lacks is made up: its class is object, and it is as wide as it is high.",
        breaks=(MISSHAPEN,),
        request=parameters.edit_body(example_lists.with_what_is_missing),
    ),
    _owlv2(
        name="list-of-targets-crashes",
        sentence="A list of target pictures ends in an internal error.",
        breaks=(SEVERAL,),
        response=answers.only_if(example_lists.has_list_of_pictures, answers.UNHANDLED_ERROR),
    ),
    _owlv2(
        name="list-of-targets-cut-to-one",
        sentence="Of a list of target pictures only the first is answered.",
        breaks=(SEVERAL,),
        request=parameters.edit_body(example_lists.only_the_first_picture),
    ),
)
