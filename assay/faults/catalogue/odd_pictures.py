"""Faults that depend on the picture, or on how it is asked for: by GET, of one shade, of an odd size, as JPEG."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, BOXES, CLASSIFICATION, SEMANTIC, SEMANTIC_JSON, Fault
from assay.faults.operators import answers, classmaps, kinds_of_pictures
from assay.faults.operators.classmaps import change_plane
from assay.faults.operators.fields import change_field, drop_field, is_number

BY_GET = "service.picture-by-get"
NOTHING = "service.answers-pictures-of-nothing"
SIZES = "service.withstands-odd-sizes"
CAMERA = "service.takes-pictures-of-a-camera"
TURNS = "semantic.mask.turns-with-the-picture"
AS_PNG = "semantic.picture.jpeg-as-png"
IDS = "segmentation_mask"

_TOO_LARGE_PAGE = answers.replace_answer(
    413, b"<html><head><title>413 Request Entity Too Large</title></head></html>", "text/html"
)

_hosted = partial(Fault, operations=(*BOXES, CLASSIFICATION, SEMANTIC))
_anything = partial(Fault, operations=ALL_OPERATIONS)
_semantic = partial(Fault, operations=(SEMANTIC, SEMANTIC_JSON))

FAULTS: tuple[Fault, ...] = (
    _hosted(
        name="get-not-allowed",
        sentence="On the hosted model route GET is refused: only POST is allowed.",
        breaks=(BY_GET,),
        response=answers.only_if(
            kinds_of_pictures.asked_by_get, answers.replace_answer(405, b'{"detail":"Method Not Allowed"}')
        ),
    ),
    _hosted(
        name="get-of-half-the-picture",
        sentence="Asked by GET, a picture is answered as one of half its width and height.",
        breaks=(BY_GET,),
        response=answers.only_if(
            kinds_of_pictures.asked_by_get,
            change_field("/image/*", lambda side: side // 2 if is_number(side) else side),
        ),
    ),
    _anything(
        name="picture-of-one-shade-crashes",
        sentence="A picture of one shade alone ends in an internal error.",
        breaks=(NOTHING, SIZES),
        response=answers.only_if(kinds_of_pictures.of_one_shade, answers.INTERNAL_ERROR),
    ),
    _anything(
        name="picture-of-one-shade-unanswered",
        sentence="Of a picture of one shade alone nothing is said, not even that there is nothing.",
        breaks=(NOTHING,),
        response=answers.only_if(
            kinds_of_pictures.of_one_shade,
            answers.in_turn(drop_field("/predictions"), drop_field("/response"), drop_field("/image_id")),
        ),
    ),
    _anything(
        name="narrow-picture-crashes",
        sentence="A picture of a single row or column of pixels ends in an internal error.",
        breaks=(SIZES,),
        response=answers.only_if(kinds_of_pictures.narrower_than(2), answers.INTERNAL_ERROR),
    ),
    _anything(
        name="long-picture-error-page",
        sentence="A picture fifty times as wide as it is high, or as high as wide, ends in an error without JSON.",
        breaks=(SIZES,),
        response=answers.only_if(kinds_of_pictures.longer_than(50), answers.UNHANDLED_ERROR),
    ),
    _anything(
        name="large-picture-crashes",
        sentence="A picture of more than eight megapixels ends in an internal error.",
        breaks=(SIZES,),
        response=answers.only_if(kinds_of_pictures.larger_than(8), answers.INTERNAL_ERROR),
    ),
    _anything(
        name="bodies-beyond-a-megabyte-refused",
        sentence="A proxy refuses each request of more than 1 MiB with its own page: 413, as nginx does by default.",
        breaks=(CAMERA,),
        response=answers.only_if(kinds_of_pictures.in_a_body_beyond(1 << 20), _TOO_LARGE_PAGE),
    ),
    _anything(
        name="large-picture-refused-as-too-large",
        sentence="A picture of more than eight megapixels is refused as too large, with 413 and a reason in JSON.",
        breaks=(CAMERA,),
        response=answers.only_if(
            kinds_of_pictures.larger_than(8), answers.replace_answer(413, b'{"message":"The picture is too large."}')
        ),
    ),
    _semantic(
        name="class-mask-of-the-upper-half",
        sentence="The lower half of the mask is background, whatever is there.",
        breaks=(TURNS,),
        response=change_plane(IDS, classmaps.upper_half),
    ),
    _semantic(
        name="class-mask-shifted-down",
        sentence="The mask lies an eighth of the picture's height too far down.",
        breaks=(TURNS,),
        response=change_plane(IDS, classmaps.shifted_down),
    ),
    _semantic(
        name="jpeg-with-red-for-blue",
        sentence="A JPEG is segmented with red and blue exchanged.",
        breaks=(AS_PNG,),
        request=kinds_of_pictures.change_jpeg(kinds_of_pictures.channels_swapped),
    ),
    _semantic(
        name="jpeg-at-a-sixteenth",
        sentence="A JPEG is decoded at a sixteenth of its size, and enlarged again.",
        breaks=(AS_PNG,),
        request=kinds_of_pictures.change_jpeg(kinds_of_pictures.at_a_sixteenth),
    ),
)
