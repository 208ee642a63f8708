"""The same picture in another encoding: what holds the same pixels gets the same answer.

The documents speak of pictures in base64, and their samples send JPEG. Which other encodings are read no document
says: a target that refuses one is not held to it, but what it answers has to be true of the picture.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TypeVar

from assay.cmyk import cmyk_jpeg
from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.encodings import ENCODINGS, NoSuchEncoding, encode_png, grey_as_rgb, heavy_png, jpeg_as_png, transparent_png
from assay.judge import verify, verify_service
from assay.judge.answers import answer
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.picture import Pixels, decode
from assay.plugin.drivers import Alone, Driver, expect_success
from assay.plugin.drivers.base import SHOWN, unless_refused
from assay.record.model import Exchange

_OF_A_ROUTE = {
    each.path: name for name, each in reversed([*load().operations.items()]) if delivery.takes_pictures(each)
}
PICTURED = [name for name in load().operations if name in _OF_A_ROUTE.values()]
"""One operation for each route: a picture is decoded before its model is asked."""
SLOW = ("sam2.", "florence2.")
"""A picture that is new to them may take them a minute on a small machine."""
QUICK = [name for name in PICTURED if not name.startswith(SLOW)]
BY_EXAMPLE = ("owlv2.infer",)
"""What resembles an example may do so in any colour."""
READING = ("hosted.object-detection", "infer.object-detection", "owlv2.infer", "florence2.infer", "sam2.segment")
"""One operation for each way to read a request and to judge what was seen: large files take their time."""
HEAVY = 2_000_000
"""bytes of a file: twice what careless servers and gateways read of one."""
UPPER = 1 / 4
"""Share of a picture, below which something has to be found."""
Encoded = TypeVar("Encoded")
KINDS_OF_PNG = ("png-palette", "png-alpha")


@rule(
    "service.picture-kinds-of-png",
    requirement="A PNG by palette or with an opaque alpha channel is answered as the same pixels in RGB are.",
    source="sound",
    severity="should",
    invariants=("G-08",),
    compares=True,
    cases=over(PICTURED, form=KINDS_OF_PNG),
    depth="standard",
    cost=Cost(own=1),
)
def test_each_kind_of_png_is_read(asked: Driver, case: Case) -> None:
    _same_in_this_form(asked, case["form"], ENCODINGS[case["form"]], may_be_refused=False)


@rule(
    "service.picture-other-encodings",
    requirement="Lossless WebP, BMP and PNG of 16 bits, where they are read, get the answer of the same pixels as PNG.",
    source="sound",
    severity="should",
    compares=True,
    cases=over(PICTURED, form=[form for form in ENCODINGS if form not in KINDS_OF_PNG]),
    depth="standard",
    cost=Cost(own=1),
)
def test_other_encodings_are_read_alike(asked: Driver, case: Case) -> None:
    _same_in_this_form(asked, case["form"], ENCODINGS[case["form"]], may_be_refused=True)


@rule(
    "service.picture-under-its-transparency",
    requirement="Of a PNG with an alpha channel the colours are read as they are, however transparent they are.",
    source="server",
    severity="should",
    invariants=("G-08",),
    compares=True,
    cases=over(QUICK),
    depth="standard",
    cost=Cost(own=1),
)
def test_transparency_counts_for_nothing(asked: Driver) -> None:
    _same_in_this_form(asked, "transparent PNG", transparent_png, may_be_refused=True)


def _same_in_this_form(asked: Driver, form: str, encode: Callable[[Pixels], bytes], may_be_refused: bool) -> None:
    bare = asked.bare()
    picture = _in_form(encode, _pixels(asked, bare.request))

    exchange = asked.once(_with(asked, bare.request, picture))

    if may_be_refused:
        _require_read(exchange, form)
    why = f"in which the picture is sent as {form}"
    verify_service.same_answer(exchange, bare.answer, asked.comparison(bare.request), why)
    bare.require_witness()


@rule(
    "service.picture-kinds-of-jpeg",
    requirement="A JPEG, progressive or not, is answered as its own pixels are when they come as PNG.",
    source="sound",
    severity="should",
    invariants=("S-11",),
    compares=True,
    cases=over(QUICK, form=["baseline", "progressive"]),
    depth="standard",
    cost=Cost(own=2),
)
def test_each_kind_of_jpeg_is_read(asked: Driver, case: Case) -> None:
    progressive = case["form"] == "progressive"
    _same_pixels_in_both(asked, lambda pixels: jpeg_as_png(pixels, progressive), f"{case['form']} JPEG")


@rule(
    "service.picture-grey-as-rgb",
    requirement="A grey picture of one channel is answered as the same grey in three channels is.",
    source="server",
    severity="should",
    invariants=("G-07",),
    compares=True,
    cases=over(QUICK, form=["png", "jpeg"]),
    depth="standard",
    cost=Cost(own=2),
)
def test_grey_is_read_as_rgb(asked: Driver, case: Case) -> None:
    _same_pixels_in_both(asked, lambda pixels: grey_as_rgb(pixels, case["form"]), f"grey {case['form'].upper()}")


@rule(
    "service.picture-in-four-inks",
    requirement="A JPEG in cyan, magenta, yellow and black, where it is read, is not answered as its negative is.",
    source="sound",
    severity="should",
    compares=True,
    cases=over([name for name in QUICK if name not in BY_EXAMPLE]),
    depth="standard",
    cost=Cost(own=3),
)
def test_four_inks_are_no_negative(asked: Driver, case: Case) -> None:
    telling, _ = asked.telling()
    pixels = _pixels(asked, telling)
    right, wrong = (expect_success(asked.once(_with(asked, telling, encode_png(each)))) for each in (pixels, ~pixels))
    _require_unlike(asked, right, wrong)

    exchange = asked.once(_with(asked, telling, cmyk_jpeg(pixels)))

    _require_read(exchange, "JPEG in four inks")
    actual, expected, mistaken = (answer(each, asked.schema_rule) for each in (exchange, right, wrong))
    what = "that of the negative, when the picture is sent in four inks"
    verify_service.not_as_another(actual, expected, mistaken, asked.comparison(telling), what)


@rule(
    "service.picture-in-large-files",
    requirement="A file of 2 MB is read to its end: a picture is answered as the same pixels in a small file are.",
    source="sound",
    severity="should",
    compares=True,
    cases=over(READING),
    depth="standard",
    cost=Cost(own=1 + SHOWN),
)
def test_large_files_are_read_to_their_end(asked: Driver) -> None:
    alone = _with_something_below(asked)
    expected = expect_success(asked.once(alone.request))

    heavy = heavy_png(_pixels(asked, alone.request), HEAVY)
    exchange = asked.once(_with(asked, alone.request, heavy))

    _require_read(exchange, "PNG of 2 MB")
    why = f"in which the same pixels are sent in a file of {len(heavy) / 1e6:.1f} MB"
    verify_service.same_answer(exchange, expected, asked.comparison(alone.request), why)
    alone.same(exchange)


def _with_something_below(asked: Driver) -> Alone:
    """A request that is answered otherwise with no more than the upper part of its picture. Raises NoWitness."""
    for alone in asked.apart()[:SHOWN]:
        pixels = _pixels(asked, alone.request)
        cut = pixels.copy()
        cut[int(UPPER * len(cut)) :] = cut[0, 0]
        if _is_another(asked, alone, expect_success(asked.once(_with(asked, alone.request, encode_png(cut))))):
            asked.note(f"{alone.what} is answered otherwise without what is below its upper quarter")
            return alone
    raise NoWitness("no picture is answered otherwise without what is below its upper quarter")


def _is_another(asked: Driver, alone: Alone, other: Exchange) -> bool:
    """Whether an answer is another than that to the request alone."""
    bodies = [answer(one, asked.schema_rule).body for one in (asked.once(alone.request), other)]
    try:
        alone.same(other)
    except RuleBroken:
        return True
    return bool(asked.comparison(alone.request).differences(*bodies))


def _same_pixels_in_both(asked: Driver, encode: Callable[[Pixels], tuple[bytes, bytes]], form: str) -> None:
    """Hold the first of two encodings of the same pixels to the answer of the second, a PNG in RGB."""
    telling, _ = asked.telling()
    picture, as_png = _in_form(encode, _pixels(asked, telling))
    expected = expect_success(asked.once(_with(asked, telling, as_png)))

    exchange = asked.once(_with(asked, telling, picture))

    _require_read(exchange, form)
    why = f"in which the same pixels are sent as {form}"
    verify_service.same_answer(exchange, expected, asked.comparison(telling), why)
    _require_unlike(asked, expected, _of_another_picture(asked, telling))


def _of_another_picture(asked: Driver, request: Request) -> Exchange:
    """The answer to another picture than that of the request, both of them answered differently."""
    others = (each.request for each in asked.apart())
    picture = delivery.picture_of(asked.operation, request)
    return asked.once(next(each for each in others if delivery.picture_of(asked.operation, each) != picture))


def _require_unlike(asked: Driver, exchange: Exchange, other: Exchange) -> None:
    """Raise NoWitness where two answers say the same."""
    bodies = [answer(each, asked.schema_rule).body for each in (other, exchange)]
    if not asked.comparison(exchange.request).differences(*bodies):
        raise NoWitness("in these colours two different pictures get the same answer")
    asked.note("in these colours, too, the answer to this picture differs from that to another")


def _pixels(asked: Driver, request: Request) -> Pixels:
    pixels = decode(delivery.picture_of(asked.operation, request))
    assert pixels is not None
    return pixels


def _in_form(encode: Callable[[Pixels], Encoded], pixels: Pixels) -> Encoded:
    try:
        return encode(pixels)
    except NoSuchEncoding as reason:
        raise NoWitness(str(reason)) from None


def _with(asked: Driver, request: Request, picture: bytes) -> Request:
    return delivery.by_base64(asked.operation, request, base64.b64encode(picture).decode())


def _require_read(exchange: Exchange, form: str) -> None:
    """Raise NoWitness where the target refuses a picture in this form: no document promises that it is read."""
    verify.answered(unless_refused(exchange, f"a {form}"), f"a picture as {form}", None)
