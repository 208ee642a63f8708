"""`docs/what-counts-as-different.md`, written from what the cases give: no figure in it is typed by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2

from assay.likeness import profiles
from assay.likeness.measures import band_floor, overlap
from assay.likeness.patches import of_array
from assay.likeness.report import Likeness

from .asking import PROFILES
from .cases import Row, rows
from .shapes import disc

PAGE = Path(__file__).resolve().parents[2] / "docs" / "what-counts-as-different.md"
WRITTEN_WITH = "OpenCV {}"
INTRODUCTION = """\
# What counts as different

Two answers to one request are compared by what they say: boxes that are one thing are paired by class and overlap, and
then held to each other edge by edge; masks, class maps, keypoints, texts and drawings each by measures of their own.
How far apart they may lie is told by a *profile*: `exact` for the same build on the same device, `cpu`, `gpu`,
`tensorrt-fp16` and `int8`, chosen by what is known of both sides, or by you. Each number in a profile states where it
comes from: *published* by Roboflow in its own tests, *measured* by Assay, or *derived*, from other numbers or by
judgement. None of those of `int8` that are wider than in half precision is published by anybody: they are derived.

Ids, times, the order of predictions and the numbers of classes never count. A member that is null and one that is
absent are the same. A prediction that one side has alone is *borderline*, and no difference, where it is no surer than
the request's threshold and the profile's tolerance of confidence.

This page is written by `python -m tests.likeness`, from the cases of `tests/likeness/cases.py` ({version}). Small
things are of 24 px, or texts of two words, large ones of 400 px, or texts of twenty, in pictures of 1280 x 960 px.
"""
NOISE = """\
## What is harmless

Every line passes by each profile that should allow it. The figures are the share of the allowance that was used, of the
tolerance of which most was; `differs` stands where the profile does not allow it, and should not.
"""
CHANGES = """\
## What matters

Every change is found by every profile, on small and on large things; what is told of it is the kind of difference, and
what was measured.
"""
LIMITS = """\
## What is not seen

- A hole in a mask that comes as outer borders: such polygons cannot state one.
- Where a picture was sent by its address, nobody knows what is beneath a drawing: there, what is smaller than a letter
  (16 px), and labels without a ground of their own, are not looked at.
- A colour that is off by less than 25 levels of 255 in lines of 1 or 2 px, from which compression takes as much.
- A dot of 1 or 2 px in a drawing, such as a keypoint in one that is drawn finely: the JSON beside it tells of it.
- In what was read, other stops, commas and hyphens than those that make a number negative, and in long texts capitals.
- By `int8` and `tensorrt-fp16`, what moves by less than their tolerances: see the profiles below.
- What a model says of a picture that was encoded again depends on the model, and this claims nothing of others. The 99
  golden answers of the real server were asked for again, of the same pictures as JPEGs: at a quality of 95 all are
  alike by `cpu`. At 90, and with each pixel off by a level at most, all but three are, of OwlV2, where another of two
  overlapping boxes is kept that are about as sure. No answer tells that there was one more, so it is told as moved.
"""
SHAPES = """\
## How size matters

Discs in a picture of 640 x 640 px, measured as answers are: IoU, boundary IoU and HD95 in px, and the IoU that `cpu`
asks for. An IoU of 0.99 cannot hold for small things, and a distance of borders holds for all.
"""
PROFILES_HEAD = """\
## The profiles

`fixtures/tolerances` holds them, with the whole origin of each number. A file of your own begins with
`based-on = "gpu"` and holds what differs. P, M, D: published, measured, derived.
"""


def page() -> str:
    """The page as it should be."""
    found = rows()
    noise, changes = ([row for row in found if bool(row.case.allowed) is harmless] for harmless in (True, False))
    parts = (
        INTRODUCTION.format(version=WRITTEN_WITH.format(cv2.__version__)),
        NOISE,
        _table(("what", "of", "operation", *PROFILES), map(_harmless, noise)),
        CHANGES,
        _table(("what", "of", "operation", *PROFILES), map(_matters, changes)),
        SHAPES,
        _table(("radius, px", "what", "IoU", "boundary IoU", "HD95", "asked for"), _discs()),
        LIMITS,
        PROFILES_HEAD,
        _table(("tolerance", "unit", *PROFILES, "what it means"), _tolerances()),
    )
    return "\n".join(parts)


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), "utf-8")


def _table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    written = [columns, ["---"] * len(columns), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in written) + "\n"


def _harmless(row: Row) -> list[str]:
    return [*_told(row), *(_share(row.found[profile]) for profile in PROFILES)]


def _matters(row: Row) -> list[str]:
    return [*_told(row), *(_difference(row.found[profile]) for profile in PROFILES)]


def _told(row: Row) -> tuple[str, str, str]:
    return row.case.what, row.case.thing, f"`{row.case.operation}`"


def _share(found: Likeness) -> str:
    if not found.alike:
        return "differs"
    most = max((each.used for each in found.allowances), default=0.0)
    return f"{most:.0%}" if math.isfinite(most) else "differs"


def _difference(found: Likeness) -> str:
    if found.alike:
        return "**missed**"
    first = found.differences[0]
    if first.measured is None or not math.isfinite(first.measured):
        return first.kind
    return f"{first.kind}, {first.measured:.3g}{f' {first.unit}' if first.unit else ''}"


def _discs() -> Iterator[list[str]]:
    size = (640, 640)
    shift = profiles.load("cpu")["masks.shift"]
    for radius in (4, 10, 20, 50, 200):
        plain = disc(radius, 320, 320, size)
        for what, other in (
            ("moved by 1 px across and down", disc(radius, 321, 321, size)),
            ("1 px smaller all round", disc(radius - 1, 320, 320, size)),
            ("a hole of a tenth", plain - disc(radius * 0.1**0.5, 320, 320, size)),
        ):
            found = overlap(of_array(plain), of_array(other))
            figures = (found.iou, found.boundary(size), found.hd95, band_floor(found.thickness, shift))
            yield [str(radius), what, *(f"{figure:.3g}" for figure in figures)]


def _tolerances() -> Iterator[list[str]]:
    loaded = [profiles.load(name) for name in PROFILES]
    for name, meaning in profiles.TOLERANCES.items():
        values = [f"{one[name]:g} {one.tolerances[name].source[0].upper()}" for one in loaded]
        yield [f"`{name}`", meaning.unit or "–", *values, meaning.says]
