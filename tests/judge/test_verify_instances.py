"""Outlines of instances, and classes of a picture: what is found, and what a sound model may answer."""

from __future__ import annotations

from typing import Any

import pytest

from assay.judge import verify
from assay.judge.answers import Detection, Outline, outlines
from assay.judge.verdicts import NoWitness, PrerequisiteBroken
from assay.judge.verify_instances import some_outline

from .making import detected, findings, pointers, row

BOX = (100, 100, 200, 180)
AROUND: Outline = ((100, 100), (200, 100), (200, 180), (100, 180))


def instance(outline: Outline, **more: Any) -> Detection:
    points = [{"x": x, "y": y} for x, y in outline]
    return detected(row(*BOX, points=points, **{"mask_format": "polygon", **more}))


def read(answer: Detection) -> list[Outline]:
    return outlines(answer, "hosted.answer.schema")


@pytest.mark.parametrize("outline", [AROUND, (), AROUND[:3]])
def test_sound_outlines(outline: Outline) -> None:
    answer = instance(outline)

    verify.outlines_are_polygons(answer, read(answer))
    verify.outlines_in_picture(answer, read(answer), 640, 480)
    verify.outlines_fill_boxes(answer, read(answer))
    verify.mask_format_told(answer)


@pytest.mark.parametrize("outline", [AROUND[:1], AROUND[:2]])
def test_an_outline_that_is_no_polygon(outline: Outline) -> None:
    answer = instance(outline)

    assert pointers(verify.outlines_are_polygons, answer, read(answer)) == ["/predictions/0/points"]


def test_instances_of_which_the_first_alone_has_an_outline() -> None:
    def placed(number: int, outline: Outline) -> dict[str, Any]:
        points = [{"x": x, "y": y} for x, y in outline]
        return row(100 * number, 100, 100 * number + 90, 180, points=points, mask_format="polygon")

    answer = detected(placed(0, AROUND), *[placed(number, ()) for number in (1, 2, 3)])

    *strays, crowd = (detected(placed(0, AROUND), *[placed(n, ()) for n in others]) for others in ([1], [1], [1, 2]))

    assert some_outline([(answer, read(answer))]) == 1
    assert some_outline([(each, read(each)) for each in (answer, *strays)]) == 3
    (finding,) = findings(some_outline, [(each, read(each)) for each in (answer, crowd)])
    assert finding.message.startswith("none of 5 predictions after the first of their answer whose boxes")
    assert finding.pointer == "/predictions/1/points"


@pytest.mark.parametrize(("outlined", "bare"), [(3, 0), (1, 9), (1, 0)])
def test_some_instance_has_an_outline(outlined: int, bare: int) -> None:
    seen = [(each, read(each)) for each in [instance(AROUND)] * outlined + [instance(())] * bare]

    assert some_outline(seen) == outlined


def test_instances_without_outlines() -> None:
    (finding,) = findings(some_outline, [(each, read(each)) for each in [instance(())] * 3])

    assert finding.message == "none of 3 predictions whose boxes have sides of 32 px or more has an outline"
    assert finding.pointer == "/predictions/0/points"


def test_of_few_or_small_instances_nothing_is_said() -> None:
    slivers = detected(*[row(10 * number, 10, 10 * number + 9, 300, points=[]) for number in range(9)])

    for answer in (slivers, instance(())):
        with pytest.raises(NoWitness):
            some_outline([(answer, read(answer))])


def test_an_outline_outside_the_picture() -> None:
    answer = instance(((100, 100), (-2, 100), (643, 180), (0, 490)))

    (finding,) = findings(verify.outlines_in_picture, answer, read(answer), 640, 480)
    assert finding.pointer == "/predictions/0/points/2"
    assert finding.message.startswith("2 of 4 vertices")


def test_an_outline_elsewhere_than_its_box() -> None:
    answer = instance(tuple((x / 2, y / 2) for x, y in AROUND))

    assert pointers(verify.outlines_fill_boxes, answer, read(answer)) == ["/predictions/0/points"]


def test_the_form_of_masks() -> None:
    verify.mask_format_told(detected(row(*BOX, rle={"size": [1, 1], "counts": "1"}, mask_format="rle")))
    assert pointers(verify.mask_format_told, instance(AROUND, mask_format="rle")) == ["/predictions/0/mask_format"]
    assert pointers(verify.mask_format_told, instance(AROUND, mask_format=None)) == ["/predictions/0/mask_format"]


def test_an_outline_that_cannot_be_read() -> None:
    with pytest.raises(PrerequisiteBroken):
        read(detected(row(*BOX)))
