"""Faults in how the encodings of pictures are read: kinds of PNG and JPEG, BMP, WebP, grey."""

from __future__ import annotations

from functools import partial

from assay.faults.model import ALL_OPERATIONS, Fault
from assay.faults.operators import delivery, encodings, kinds_of_pictures
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, succeeded

KINDS_OF_PNG = "service.picture-kinds-of-png"
TRANSPARENT = "service.picture-under-its-transparency"
ENCODINGS = "service.picture-other-encodings"
KINDS_OF_JPEG = "service.picture-kinds-of-jpeg"
GREY = "service.picture-grey-as-rgb"
INKS = "service.picture-in-four-inks"
LARGE_FILES = "service.picture-in-large-files"
MEGABYTE = 1_000_000

_anywhere = partial(Fault, operations=ALL_OPERATIONS)
_by_palette = encodings.sent_png(encodings.PALETTE)
_with_alpha = encodings.sent_png(encodings.ALPHA)
_deep = encodings.sent_png(depth=16)

FAULTS: tuple[Fault, ...] = (
    _anywhere(
        name="palette-crashes",
        sentence="A PNG by palette is answered 500.",
        breaks=(KINDS_OF_PNG,),
        response=only_if(both(succeeded, _by_palette), INTERNAL_ERROR),
    ),
    _anywhere(
        name="palette-answered-with-stock-picture",
        sentence="A PNG by palette is not read; a picture of the server's own is answered instead.",
        breaks=(KINDS_OF_PNG,),
        request=delivery.stock_picture_if(_by_palette),
    ),
    _anywhere(
        name="alpha-read-the-wrong-way-round",
        sentence="What an alpha channel says is opaque is seen through, onto white.",
        breaks=(KINDS_OF_PNG,),
        request=encodings.read_otherwise(_with_alpha, encodings.negative_where_opaque),
    ),
    _anywhere(
        name="alpha-laid-on-black",
        sentence="What an alpha channel says is transparent is seen on black.",
        breaks=(TRANSPARENT,),
        request=encodings.read_otherwise(_with_alpha, encodings.laid_on(0)),
    ),
    _anywhere(
        name="alpha-laid-on-white",
        sentence="What an alpha channel says is transparent is seen on white.",
        breaks=(TRANSPARENT,),
        request=encodings.read_otherwise(_with_alpha, encodings.laid_on(255)),
    ),
    _anywhere(
        name="levels-of-16-bits-clipped",
        sentence="Of a PNG of 16 bits a channel every level above 255 is taken for 255.",
        breaks=(ENCODINGS,),
        request=encodings.read_otherwise(_deep, encodings.clipped),
    ),
    _anywhere(
        name="lower-half-of-16-bits",
        sentence="Of a PNG of 16 bits a channel the lower eight bits of each level are looked at.",
        breaks=(ENCODINGS,),
        request=encodings.read_otherwise(_deep, encodings.lower_half),
    ),
    _anywhere(
        name="bmp-upside-down",
        sentence="A BMP is read from its last row to its first.",
        breaks=(ENCODINGS,),
        request=encodings.read_otherwise(encodings.sent_bmp, encodings.upside_down),
    ),
    _anywhere(
        name="webp-crashes",
        sentence="A picture in WebP is answered 500.",
        breaks=(ENCODINGS,),
        response=only_if(both(succeeded, encodings.sent_webp), INTERNAL_ERROR),
    ),
    _anywhere(
        name="progressive-jpeg-crashes",
        sentence="A progressive JPEG is answered 500.",
        breaks=(KINDS_OF_JPEG,),
        response=only_if(both(succeeded, encodings.sent_progressive), INTERNAL_ERROR),
    ),
    _anywhere(
        name="jpeg-in-false-colours",
        sentence="Red and blue of a JPEG change places.",
        breaks=(KINDS_OF_JPEG,),
        request=encodings.read_otherwise(encodings.sent_jpeg, encodings.channels_turned),
    ),
    _anywhere(
        name="grey-crashes",
        sentence="A picture of one channel is answered 500.",
        breaks=(GREY,),
        response=only_if(both(succeeded, encodings.sent_grey), INTERNAL_ERROR),
    ),
    _anywhere(
        name="grey-read-by-threes",
        sentence="Of a picture of one channel three levels are taken for one pixel.",
        breaks=(GREY,),
        request=encodings.read_otherwise(encodings.sent_grey, encodings.thirded),
    ),
    _anywhere(
        name="inks-taken-for-their-lack",
        sentence="Of a JPEG in four inks much ink is taken for none, so that a negative is seen.",
        breaks=(INKS,),
        request=encodings.read_otherwise(encodings.sent_in_inks, encodings.negative),
    ),
    _anywhere(
        name="inks-crash",
        sentence="A JPEG in four inks is answered 500.",
        breaks=(INKS,),
        response=only_if(both(succeeded, encodings.sent_in_inks), INTERNAL_ERROR),
    ),
    _anywhere(
        name="large-files-read-in-part",
        sentence="Of a picture whose file has more than 1 MB the upper third is read, and the rest is grey.",
        breaks=(LARGE_FILES,),
        request=kinds_of_pictures.change_heavy(MEGABYTE, kinds_of_pictures.upper_part(1 / 3)),
    ),
    _anywhere(
        name="large-files-answered-with-stock-picture",
        sentence="A file of more than 1 MB is not read; a picture of the server's own is answered instead.",
        breaks=(LARGE_FILES,),
        request=delivery.stock_picture_if(kinds_of_pictures.in_a_file_beyond(MEGABYTE)),
    ),
)
