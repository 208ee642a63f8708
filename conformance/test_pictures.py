"""Ways in which a picture travels: by address, in base64, in a form. The same picture gets the same answer by each."""

from __future__ import annotations

import base64
import textwrap

import numpy as np

from assay.contract import delivery, load
from assay.contract.citing import parameter, refusal, route
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.contract.rule import Case, Cost, over, rule
from assay.encodings import encode_png, oriented, stored_turned
from assay.judge import answers, verify, verify_service
from assay.judge.answers import response_of
from assay.judge.pictures import Pixels
from assay.judge.verdicts import NoWitness, PrerequisiteBroken
from assay.picture import decode
from assay.plugin.drivers import Driver, expect_success
from assay.plugin.drivers.addressed import two_told_apart
from assay.plugin.drivers.base import unless_refused
from assay.record.model import Exchange

OPERATIONS = load().operations
AS_STORED = "disable_preproc_auto_orient"
HOSTED_ROUTE = "/{dataset}/{version}"
OF_THE_WHOLE = "hosted.classification"
"""An answer about a picture as a whole need not tell which way it is turned."""
BY_A_QUARTER = (6, 8)
MIRRORING = (2, 3, 4, 5, 7)
"""Orientations that mirror a picture or turn it upside down, with or without a quarter."""


def _with(*names: str) -> list[str]:
    """The operations with a parameter of each of these names."""
    return [name for name, each in OPERATIONS.items() if {*names} <= {parameter.name for parameter in each.parameters}]


def _states_size(operation: Operation) -> bool:
    return any(place.pattern == "/image/width" for place in operation.checkpoints(next(iter(operation.modes))))


PICTURED = [name for name, each in OPERATIONS.items() if delivery.takes_pictures(each)]
UNDOCUMENTED = [name for name in PICTURED if (says := OPERATIONS[name].source) and says.strength == "server"]
IN_ENCODINGS = [name for name, each in OPERATIONS.items() if each.body and "multipart/form-data" in each.body.media]
SIZED = [name for name in PICTURED if _states_size(OPERATIONS[name])]


@rule(
    "service.picture-by-address",
    requirement="A picture given by its address is fetched, and answered as the same bytes in base64 are.",
    says=parameter("hosted.object-detection", "image"),
    source="document",
    severity="must",
    invariants=("G-05", "F-14"),
    compares=True,
    cases=over([name for name in PICTURED if name not in UNDOCUMENTED]),
)
def test_a_picture_by_its_address_is_answered_alike(asked: Driver) -> None:
    _answered_by_address(asked)


@rule(
    "infer.picture.by-address",
    requirement="A picture given by its address is fetched, and answered as the same bytes in base64 are.",
    source="server",
    severity="should",
    invariants=("G-05",),
    compares=True,
    cases=over(UNDOCUMENTED),
)
def test_a_picture_by_its_address_is_answered_alike_here(asked: Driver) -> None:
    _answered_by_address(asked)


def _answered_by_address(asked: Driver) -> None:
    offered = asked.offers()
    bare = asked.bare()
    url = offered.publish(delivery.picture_of(asked.operation, bare.request))

    exchange = asked.once(delivery.by_url(asked.operation, bare.request, url))

    why = "in which the picture is given by its address"
    verify_service.same_answer(exchange, bare.answer, asked.comparison(bare.request), why, asked.operation.source)
    verify_service.fetched(offered.fetches(url), exchange)
    bare.require_witness()  # a fetch alone does not show that what was fetched is what was answered


@rule(
    "service.picture-by-address-with-query",
    requirement="The query of a picture's address belongs to it: without it there may be another picture, or none.",
    source="sound",
    severity="must",
    invariants=("G-05",),
    compares=True,
    cases=over([name for name in PICTURED if name not in UNDOCUMENTED]),
    depth="standard",
    cost=Cost(own=4),
)
def test_a_picture_is_fetched_with_the_query_of_its_address(asked: Driver) -> None:
    offered, one, other = asked.offers(), *two_told_apart(asked)
    url = offered.behind_a_query(one.picture, other.picture)

    asked.send(delivery.by_url(asked.operation, one.request, url.partition("?")[0]))  # so that it may be remembered
    exchange = unless_refused(asked.send(delivery.by_url(asked.operation, one.request, url)), "an address with a query")

    why = "in which the picture is given by its address, and without the query of it there is another one,"
    verify_service.same_answer(exchange, one.answer, asked.comparison(one.request), why)
    verify_service.fetched(offered.fetches(url), exchange)


@rule(
    "service.picture-by-address-anew",
    requirement="A picture served with Cache-Control: no-store is fetched anew each time that its address is given.",
    source="sound",
    severity="should",
    invariants=("G-05",),
    compares=True,
    cases=over([name for name in PICTURED if name not in UNDOCUMENTED]),
    depth="standard",
    cost=Cost(own=4),
)
def test_a_picture_is_fetched_anew(asked: Driver) -> None:
    offered, one, other = asked.offers(), *two_told_apart(asked)
    url = offered.changing(one.picture, other.picture)
    request = delivery.by_url(asked.operation, one.request, url)

    before = unless_refused(asked.send(request), "this address of a picture")
    why = "in which the picture is given by its address"
    verify_service.same_answer(before, one.answer, asked.comparison(one.request), why)
    offered.change(url, other.picture)
    exchange = asked.send(request)

    why = "in which the picture is given by an address at which there was another one before"
    verify_service.same_answer(exchange, other.answer, asked.comparison(one.request), why)


@rule(
    "service.picture-by-get",
    requirement="On the hosted model route a picture by its address is answered by GET as it is by POST.",
    says=route(HOSTED_ROUTE, "get"),
    source="sample",
    severity="must",
    invariants=("B-24",),
    compares=True,
    cases=over([name for name in PICTURED if OPERATIONS[name].path == HOSTED_ROUTE]),
)
def test_a_picture_by_its_address_is_answered_to_get(asked: Driver) -> None:
    offered = asked.offers()
    bare = asked.bare()
    url = offered.publish(delivery.picture_of(asked.operation, bare.request))
    posted = delivery.by_url(asked.operation, bare.request, url)

    exchange = asked.once(posted.replace(method="GET"))

    expected = expect_success(asked.once(posted))
    why = "in which it is asked by GET"
    verify_service.same_answer(exchange, expected, asked.comparison(bare.request), why, route(HOSTED_ROUTE, "get"))
    bare.require_witness()


@rule(
    "service.picture-as-form",
    requirement="A picture sent as the part `file` of a form is answered as the same bytes in base64 are.",
    source="server",
    severity="should",
    invariants=("G-05",),
    compares=True,
    cases=over(IN_ENCODINGS),
)
def test_a_picture_in_a_form_is_answered_alike(asked: Driver) -> None:
    bare = asked.bare()

    exchange = asked.once(delivery.as_form(asked.operation, bare.request))

    why = "in which the picture is a part of a form"
    verify_service.same_answer(exchange, bare.answer, asked.comparison(bare.request), why)
    bare.require_witness()


SPELLINGS = {
    "lines": lambda picture: "\n".join(textwrap.wrap(base64.b64encode(picture).decode(), 76)) + "\n",
    "data-prefix": lambda picture: f"data:image/png;base64,{base64.b64encode(picture).decode()}",
}


@rule(
    "service.picture-spellings",
    requirement="Base64 in lines of 76 characters, or behind a data prefix, is read as bare base64 is.",
    source="server",
    severity="should",
    invariants=("G-06",),
    compares=True,
    cases=over(PICTURED, spelling=list(SPELLINGS)),
    depth="standard",
)
def test_base64_is_read_in_its_spellings(asked: Driver, case: Case) -> None:
    bare = asked.bare()
    text = SPELLINGS[case["spelling"]](delivery.picture_of(asked.operation, bare.request))

    exchange = asked.once(delivery.by_base64(asked.operation, bare.request, text))

    why = f"in which the base64 is spelled with {case['spelling'].replace('-', ' ')}"
    verify_service.same_answer(exchange, bare.answer, asked.comparison(bare.request), why)
    bare.require_witness()


@rule(
    "service.picture-turned-by-exif",
    requirement="A picture that its EXIF orientation turns by a quarter is answered with the size it has then.",
    source="server",
    severity="should",
    invariants=("G-03",),
    cases=over(SIZED, orientation=[6, 8]),
    depth="standard",
)
def test_exif_orientation_is_applied(asked: Driver, case: Case) -> None:
    stored, (width, height) = _jpeg(asked)

    exchange = expect_success(asked.once(_turned(asked, stored, case["orientation"])))

    asked.note(f"stored as {width} x {height} px, with EXIF orientation {case['orientation']}")
    verify_service.size_stated(exchange, height, width, "after it was turned")


@rule(
    "service.picture-seen-upright",
    requirement="In a picture that its EXIF orientation turns, things are found where they are in the upright one.",
    source="server",
    severity="should",
    content=True,
    invariants=("G-03",),
    compares=True,
    cases=over([name for name in SIZED if name != OF_THE_WHOLE], orientation=BY_A_QUARTER),
    cost=Cost(own=3),
    depth="standard",
)
def test_a_turned_picture_is_seen_upright(asked: Driver, case: Case) -> None:
    _seen_as_exif_means_it(asked, case["orientation"])


@rule(
    "service.picture-mirrored-by-exif",
    requirement="A picture that its EXIF orientation mirrors or turns upside down is seen as EXIF means it.",
    source="server",
    severity="should",
    content=True,
    invariants=("G-03",),
    compares=True,
    cases=over(("hosted.object-detection", "hosted.semantic-segmentation"), orientation=MIRRORING),
    depth="standard",
    cost=Cost(own=3),
)
def test_a_mirrored_picture_is_seen_as_it_is_meant(asked: Driver, case: Case) -> None:
    _seen_as_exif_means_it(asked, case["orientation"])


def _seen_as_exif_means_it(asked: Driver, orientation: int) -> None:
    """A picture that EXIF changes is answered as what it changes it into is. Raises NoWitness where none is seen."""
    request = asked.plain_request()
    pixels = decode(delivery.picture_of(asked.operation, request))
    assert pixels is not None
    jpeg, upright_png = stored_turned(pixels, orientation)

    upright, unturned, turned = (
        expect_success(asked.once(delivery.by_base64(asked.operation, request, base64.b64encode(picture).decode())))
        for picture in (upright_png, jpeg, oriented(jpeg, orientation))
    )

    comparison = asked.comparison(request).without("image")
    as_upright, as_stored = (answers.answer(each, asked.schema_rule).body for each in (upright, unturned))
    if not comparison.differences(as_upright, as_stored):
        raise NoWitness("the answer to this picture is the same, whichever way it is turned")
    asked.note(f"with EXIF orientation {orientation}; as it is stored, the picture is answered otherwise")
    verify_service.same_answer(turned, upright, comparison, "in which EXIF turns the picture upright")


@rule(
    "service.picture-left-as-stored",
    requirement="With disable_preproc_auto_orient a picture is taken as it is stored, whatever its EXIF says.",
    source="server",
    severity="should",
    invariants=("G-04",),
    cases=over([name for name in SIZED if name in _with(AS_STORED)], orientation=[6]),
)
def test_exif_orientation_can_be_switched_off(asked: Driver, case: Case) -> None:
    stored, (width, height) = _jpeg(asked)
    request = _turned(asked, stored, case["orientation"])

    exchange = expect_success(asked.once(delivery.with_member(asked.operation, request, AS_STORED, True)))

    asked.note(f"stored as {width} x {height} px, with EXIF orientation {case['orientation']}")
    verify_service.size_stated(exchange, width, height, "as it is stored")


def _jpeg(asked: Driver) -> tuple[bytes, tuple[int, int]]:
    """The JPEG of the plain request and its width and height. Raises NoWitness for a square one."""
    stored = delivery.picture_of(asked.operation, asked.plain_request())
    pixels = decode(stored)
    if pixels is None or pixels.shape[0] == pixels.shape[1]:
        raise NoWitness("the picture is square: it does not show whether it was turned")
    return stored, (pixels.shape[1], pixels.shape[0])


def _turned(asked: Driver, stored: bytes, orientation: int) -> Request:
    text = base64.b64encode(oriented(stored, orientation)).decode()
    return asked.with_picture(text)


@rule(
    "service.refuses-pickled-picture",
    requirement="A pickled array is refused with a 4xx and a reason: whoever unpickles runs what a stranger sends.",
    says=refusal("pickled-picture"),
    source="document",
    severity="should",
    invariants=("G-18",),
    cases=over(PICTURED),
    depth="standard",
)
def test_a_pickled_picture_is_refused(asked: Driver) -> None:
    pixels = _small(asked)

    exchange = asked.send(delivery.as_pickle(asked.operation, asked.plain_request(), pixels))

    height, width, _ = pixels.shape
    asked.note(f"a harmless pickle of {width} x {height} px, as clients in Python make it; a plain picture is answered")
    what = "a pickled array"
    if response_of(exchange).status == 200 and _answered_as_its_picture(asked, exchange, pixels):
        what += ", which is answered as the same picture in base64 is and so was unpickled,"
    verify.refused(exchange, what)


def _small(asked: Driver) -> Pixels:
    """Every second pixel of the plain picture, which gateways let pass and whose prompts still lie in it."""
    pixels = decode(delivery.picture_of(asked.operation, asked.plain_request()))
    assert pixels is not None
    return np.ascontiguousarray(pixels[::2, ::2])


def _answered_as_its_picture(asked: Driver, exchange: Exchange, pixels: Pixels) -> bool:
    text = base64.b64encode(encode_png(pixels)).decode()
    request = asked.with_picture(text)
    try:
        found = [answers.answer(each, asked.schema_rule).body for each in (asked.once(request), exchange)]
    except PrerequisiteBroken:
        return False
    return not asked.comparison(request).differences(*found)
