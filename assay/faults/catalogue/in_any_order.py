"""Faults that only a sequence of requests shows: what a server keeps in mind of one for another."""

from __future__ import annotations

from functools import partial

from assay.faults.model import (
    ALL_OPERATIONS,
    BOXES,
    CLASSIFICATION,
    FLORENCE,
    HOSTED,
    INFER,
    OWLV2,
    SEGMENT,
    SEMANTIC,
    SEMANTIC_JSON,
    Fault,
)
from assay.faults.operators import memories

ORDERS = "service.answers-in-any-order"
EACH = "service.looks-at-each-picture"
CLOSELY = "service.looks-closely-at-each-picture"

NUMBERS = "service.numbers-classes-alike"

_numbered = partial(Fault, operations=(*BOXES, CLASSIFICATION, *INFER))
EACH_PICTURE = "owlv2.examples.of-each-reference-picture"
EXAMPLES = "owlv2.examples.in-any-order"

_owlv2 = partial(Fault, operations=(OWLV2,))
_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_hosted = partial(Fault, operations=HOSTED)
_placing = partial(Fault, operations=(*BOXES, *INFER, SEMANTIC, SEMANTIC_JSON, SEGMENT, OWLV2))

_ORDERS = (
    _anywhere(
        name="third-answer-is-the-first",
        sentence="Of three answers of a route the third is that to the first request.",
        breaks=(ORDERS,),
        traffic=memories.ThirdIsFirst,
    ),
    _hosted(
        name="confidence-goes-to-the-next",
        sentence="The confidence of a request holds for the next one as well that has none.",
        breaks=(ORDERS,),
        traffic=memories.sticking("confidence"),
    ),
    _hosted(
        name="confidence-stays",
        sentence="A request without a confidence has that which was given last, however long ago.",
        breaks=(ORDERS,),
        traffic=memories.sticking("confidence", keeps=True),
    ),
    _hosted(
        name="format-goes-to-the-next",
        sentence="After a drawing was asked for, the next plain request is answered with one.",
        breaks=(ORDERS,),
        traffic=memories.sticking("format"),
    ),
    Fault(
        name="prompts-of-the-request-before",
        sentence="SAM2 is asked by the prompts of the request before.",
        operations=(SEGMENT,),
        breaks=(ORDERS,),
        traffic=memories.staying("prompts"),
    ),
    Fault(
        name="task-of-the-request-before",
        sentence="Florence 2 does what the request before wanted.",
        operations=(FLORENCE,),
        breaks=(ORDERS,),
        traffic=memories.staying("prompt"),
    ),
    Fault(
        name="picture-of-the-request-before",
        sentence="OwlV2 looks at the target picture of the request before.",
        operations=(OWLV2,),
        breaks=(ORDERS,),
        traffic=memories.staying("image"),
    ),
)

_EACH = (
    _anywhere(
        name="answers-kept-by-size",
        sentence="An answer is kept by the size of its picture, and given for any other picture of that size.",
        breaks=(EACH,),
        traffic=memories.remembering(memories.by_size),
    ),
    _anywhere(
        name="answers-kept-by-beginning",
        sentence="An answer is kept by the first characters of its picture, and given where others begin so.",
        breaks=(EACH,),
        traffic=memories.remembering(memories.by_beginning),
    ),
    _anywhere(
        name="answers-kept-by-length",
        sentence="An answer is kept by the length of its picture's file, and given for any other of that length.",
        breaks=(EACH,),
        traffic=memories.remembering(memories.by_length),
    ),
    _hosted(
        name="answers-kept-by-file-name",
        sentence="An answer is kept by the name of the file, and given for whatever comes under that name.",
        breaks=(EACH,),
        traffic=memories.remembering(memories.by_file_name),
    ),
)

_CLOSELY = (
    _placing(
        name="answers-kept-by-small-copy",
        sentence="An answer is kept by what is light and dark in its picture, and given for any other that is so.",
        breaks=(CLOSELY,),
        traffic=memories.remembering(memories.by_small_copy),
    ),
    _placing(
        name="answers-kept-by-colours",
        sentence="An answer is kept by how much its picture has of each colour, and given wherever that lies.",
        breaks=(CLOSELY,),
        traffic=memories.remembering(memories.by_colours),
    ),
)

_NUMBERS = (
    _numbered(
        name="class-ids-by-first-sight",
        sentence="Classes are numbered in each answer by the order in which they come there.",
        breaks=(NUMBERS,),
        response=memories.numbered_anew(lambda labels: list(dict.fromkeys(labels))),
    ),
    _numbered(
        name="class-ids-by-alphabet-of-the-answer",
        sentence="Classes are numbered in each answer by the alphabet, backwards, of those that occur there.",
        breaks=(NUMBERS,),
        response=memories.numbered_anew(lambda labels: sorted(set(labels), reverse=True)),
    ),
    _numbered(
        name="class-ids-by-place",
        sentence="The class_id of a prediction is its place in the answer.",
        breaks=(NUMBERS,),
        response=memories.numbered_by_place,
    ),
    _numbered(
        name="class-ids-count-up",
        sentence="The class_id of the first prediction of each answer is one more than in the answer before.",
        breaks=(NUMBERS,),
        traffic=memories.CountsUp,
    ),
)

_EXAMPLES = (
    _owlv2(
        name="examples-kept-by-picture",
        sentence="What examples show is kept by their pictures, and used for all other boxes in these.",
        breaks=(EXAMPLES,),
        traffic=memories.kept_examples(memories.pictures_of_examples),
    ),
    _owlv2(
        name="examples-kept-by-boxes",
        sentence="What examples show is kept by their boxes, whatever reference picture these are in.",
        breaks=(EACH_PICTURE,),
        traffic=memories.kept_examples(memories.boxes_of_examples),
    ),
    _owlv2(
        name="examples-kept-by-size",
        sentence="What examples show is kept by the names and sizes of their boxes.",
        breaks=(EACH_PICTURE, EXAMPLES),
        traffic=memories.kept_examples(memories.sizes_of_examples),
    ),
    _owlv2(
        name="examples-kept-by-name",
        sentence="What examples show is kept by their pictures and names, wherever the boxes are.",
        breaks=(EXAMPLES,),
        traffic=memories.kept_examples(memories.names_of_examples),
    ),
    _owlv2(
        name="names-of-the-examples-before",
        sentence="Examples get the names that as many of the request before had.",
        breaks=(EXAMPLES,),
        traffic=memories.NamesStay,
    ),
)

FAULTS: tuple[Fault, ...] = (*_ORDERS, *_EACH, *_CLOSELY, *_NUMBERS, *_EXAMPLES)
