"""Masks of two answers: of instances, paired by their boxes, and of SAM2, which gives one for each prompt in turn."""

from __future__ import annotations

import math
from operator import itemgetter
from typing import Any

import numpy as np

from assay.contract.delivery import picture_of
from assay.judge.archives import read_archive
from assay.judge.boxes import ROUNDING
from assay.judge.values import as_list, as_number
from assay.likeness import boxes, detections, members, patches
from assay.likeness.context import Context
from assay.likeness.measures import Overlap, band_floor, overlap
from assay.likeness.patches import Corners, Patch, Size
from assay.likeness.report import SIDES, Mark
from assay.picture import MOST_PIXELS, stated_size

INSTANCE = (*detections.BOX, "points", "rle")
LEAST_DISTANCE = 1.5
"""px by which borders of the thinnest mask may lie apart where anything is allowed: a step along the diagonal."""
LEAST_PATCH = 1.0
"""px by which a patch may be thicker than borders are that lie as far apart as they may, on either side of it."""
LOGITS = ("masks", "low_res_masks")
"""Arrays of an archive; a pixel above 0 is marked."""
X, Y = itemgetter("x"), itemgetter("y")


def instances(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare boxes, and the masks of those that are one thing. Raises what reading raises."""
    pairs = detections.pairs(context, first, second, pointers, INSTANCE)
    size = _stated(first)
    for i, j in (*pairs.same, *pairs.renamed):
        one, other = first["predictions"][i], second["predictions"][j]
        if one.get("points") == other.get("points") and one.get("rle") == other.get("rle"):
            context.ledger.count("masks")
            continue
        places = f"{pointers[0]}/predictions/{i}", f"{pointers[1]}/predictions/{j}"
        compare(context, _instance(one, size), _instance(other, size), places, (str(one.get("class")), size))
    members.compare(context, first, second, pointers, skipped=("predictions", "visualization"))


def _instance(prediction: dict[str, Any], size: Size | None) -> Patch:
    if prediction.get("rle") is not None:
        return patches.of_rle(prediction["rle"])
    points = as_list(prediction["points"])
    return patches.of_polygons([_vertices(list(map(X, points)), list(map(Y, points)))], size)


def _vertices(across: list[Any], down: list[Any]) -> Corners:
    """The vertices, N x 2, of an outline, from their x and their y. Raises TypeError for what is no number."""
    if not {*map(type, across), *map(type, down)} <= {int, float}:
        raise TypeError("a vertex is not a pair of numbers")
    return np.array((across, down), np.float64).T


def _stated(body: Any) -> Size | None:
    size = body.get("image") or {}
    width, height = size.get("width"), size.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        return None
    return (width, height) if 0 < width * height <= MOST_PIXELS else None


def prompted(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare what SAM2 marks for each prompt, in whichever form of JSON. Raises what reading raises."""
    one, other = as_list(first["predictions"]), as_list(second["predictions"])
    size = _sent(context)
    if len(one) != len(other):
        message = f"the first answer has {len(one)} masks, the second {len(other)}"
        context.differ("count", (f"{pointers[0]}/predictions", f"{pointers[1]}/predictions"), message)
    for index, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        places = f"{pointers[0]}/predictions/{index}", f"{pointers[1]}/predictions/{index}"
        told = f"prompt {index + 1}"
        if mine["masks"] == theirs["masks"]:
            context.ledger.count("masks")
        else:
            drawn = [_masks_of(each["masks"], size) for each in (mine, theirs)]
            compare(context, drawn[0], drawn[1], places, (told, size))
        sureness = mine.get("confidence"), theirs.get("confidence")
        if None not in sureness:
            numbers = as_number(sureness[0]), as_number(sureness[1])
            at = f"{places[0]}/confidence", f"{places[1]}/confidence"
            boxes.sure(context, "masks.confidence", f"the mask of {told}", numbers, at)
        members.presence(context, [(mine, theirs)], [places], f"{pointers[0]}/predictions/*", ("masks",))
    members.compare(context, first, second, pointers, skipped=("predictions",))


def _masks_of(value: Any, size: Size | None) -> Patch:
    if isinstance(value, dict):
        return patches.of_rle(value)
    outlines = []
    for polygon in as_list(value):
        pairs = [(x, y) for x, y in as_list(polygon)]
        outlines.append(_vertices([x for x, _ in pairs], [y for _, y in pairs]))
    return patches.of_polygons(outlines, size)


def _sent(context: Context) -> Size | None:
    """The size of the picture that was sent; None where it was sent by its address, or before."""
    try:
        size = stated_size(picture_of(context.operation, context.request))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return size if size is not None and 0 < size[0] * size[1] <= MOST_PIXELS else None


def archives(context: Context, first: bytes, second: bytes) -> None:
    """Compare two archives of logits, mask by mask. Raises ValueError for what is none."""
    one, other = read_archive(first), read_archive(second)
    for name in dict.fromkeys([*one, *other]):
        if name not in one or name not in other:
            side = SIDES[name not in one]
            context.differ("member", (f"/{name}", f"/{name}"), f"the array {name} stands in the {side} archive alone")
        elif one[name].shape != other[name].shape:
            message = f"the array {name} has the shape {list(one[name].shape)}, in the second answer "
            context.differ("shape", (f"/{name}", f"/{name}"), message + f"{list(other[name].shape)}")
        elif name in LOGITS and one[name].ndim == 3:
            for index in range(len(one[name])):
                marked = [patches.of_array(each[name][index] > 0) for each in (one, other)]
                size = (one[name].shape[2], one[name].shape[1])
                at = f"/{name}/{index}"
                compare(context, marked[0], marked[1], (at, at), (f"array {name}, prompt {index + 1}", size))


def compare(
    context: Context, first: Patch, second: Patch, places: tuple[str, str], about: tuple[str, Size | None]
) -> Overlap:
    """Hold two masks to each other; `about` is what they are of, and the size of the picture."""
    told, size = about
    context.ledger.count("masks")
    found = overlap(first, second)
    broken = _judged(context, found, size, places[0])
    if broken:
        tolerance, measured, allowed, unit = broken[0]
        message = f"the mask of {told} {_moved(found, first, second)}: {'; '.join(map(_told, broken))}"
        context.differ(
            "mask", places, f"{message}; boundary IoU {found.boundary(size):.3g}",
            measured=measured, allowed=allowed, unit=unit, tolerance=tolerance, marks=_drawn(first, second, told),
        )  # fmt: skip
    return found


Broken = tuple[str, float, float, str]


def _judged(context: Context, found: Overlap, size: Size | None, place: str) -> list[Broken]:
    """What is broken. Boundary IoU takes as long as all else, and is measured where it is judged."""
    profile = context.profile
    shift, thick = profile["masks.shift"], found.thickness
    distance = min(profile["masks.distance"], max(profile["masks.distance-share"] * 2 * thick, LEAST_DISTANCE))
    area = max(1 - profile["masks.area"] - (shift / thick if thick > 0 else 1.0), 0.0)
    checks = [
        ("masks.shift", found.iou, band_floor(thick, shift), "IoU", True),
        ("masks.distance", found.hd95, distance, "px HD95", False),
        ("masks.area", found.area, area, "of the area", True),
    ]
    patch = 2 * distance + LEAST_PATCH
    if thicker := found.patch(math.floor(patch)):
        checks.append(("masks.patch", thicker, patch, "px of a patch", False))
    if profile["masks.boundary"] > 0:
        checks.append(("masks.boundary", found.boundary(size), profile["masks.boundary"], "boundary IoU", True))
    broken: list[Broken] = []
    for name, measured, allowed, unit, floor in checks:
        context.ledger.note(name, measured, allowed, unit, place, floor=floor)
        fits = measured >= allowed - ROUNDING if floor else measured <= allowed + ROUNDING
        if not fits:
            broken.append((name, measured, allowed, unit))
    return broken


def _told(broken: Broken) -> str:
    _, measured, allowed, unit = broken
    word = "at most" if unit.startswith("px") else "at least"
    return f"{measured:.3g} {unit}, where {allowed:.3g} {word} is allowed"


def _moved(found: Overlap, first: Patch, second: Patch) -> str:
    if not first.area or not second.area:
        return "is empty in the " + ("first answer" if not first.area else "second answer")
    return (
        f"is another one in the second answer ({first.area} and {second.area} px, thickness {found.thickness:.0f} px)"
    )


def _drawn(first: Patch, second: Patch, told: str) -> tuple[Mark, ...]:
    sides = zip(SIDES, (first, second), strict=True)
    return tuple(Mark(side, "outline", line, told) for side, patch in sides for line in patch.outlines())
