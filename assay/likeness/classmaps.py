"""Class maps of semantic answers: every pixel's class by its name, whatever number it has; and how sure each is.

Pixels along the borders between classes are not counted, for there every decoder rounds otherwise. What is lost or
added as a patch is found by how thick it is, on however small a part of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from assay.contract.judging import decode_base64
from assay.contract.sentences import cut
from assay.judge.boxes import ROUNDING
from assay.judge.classmaps import BACKGROUND, decode, is_background
from assay.judge.values import as_object, as_text, as_value
from assay.likeness import members
from assay.likeness.context import Context
from assay.likeness.measures import band_floor, thickest, thickness
from assay.likeness.patches import Bits, of_array
from assay.likeness.report import SIDES, Mark
from assay.picture import largest_channel

Ids = npt.NDArray[np.uint8]
MASK, MAP, SURE = "/predictions/segmentation_mask", "/predictions/class_map", "/predictions/confidence_mask"
LARGEST = 16
"""Outlines that are kept to be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """The classes of a picture's pixels (H x W), the name of each number, and the confidences where there are any."""

    ids: Ids
    names: Mapping[int, str]
    sure: Ids | None

    def name(self, value: int) -> str:
        """The name of a class: 0 and whatever is called so is the background, and without a name the number is one."""
        found = self.names.get(value)
        return BACKGROUND if value == 0 or is_background(found) else found or str(value)


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare two class maps. Raises what reading raises."""
    one, other = _read(first), _read(second)
    _same_names(context, one, other, pointers)
    _sizes(context, one, other, pointers)
    other = _fitted(other, one.ids.shape)
    numbers, mine, theirs = _by_name(one, other)
    away = _away_from_borders(mine, theirs, round(context.profile["classmaps.band"]))
    context.ledger.count("class maps")
    _agreement(context, mine, theirs, away, pointers)
    _patches(context, mine, theirs, pointers)
    _classes(context, numbers, mine, theirs, pointers)
    _confidences(context, one, other, away, pointers)
    places = f"{pointers[0]}/predictions", f"{pointers[1]}/predictions"
    known = ("segmentation_mask", "class_map", "confidence_mask")
    pair = [(as_object(first["predictions"]), as_object(second["predictions"]))]
    members.presence(context, pair, [places], places[0], known)
    members.compare(context, first, second, pointers, skipped=("predictions", "visualization"))


def _read(body: Any) -> Map:
    predictions = body["predictions"]
    names = {as_value(value): as_text(name) for value, name in as_object(predictions["class_map"]).items()}
    sure = predictions.get("confidence_mask")
    ids = decode(decode_base64(predictions["segmentation_mask"]))
    return Map(ids, names, None if sure is None else decode(decode_base64(sure)))


def _same_names(context: Context, one: Map, other: Map, pointers: tuple[str, str]) -> None:
    """The same names, whatever their numbers."""
    mine, theirs = ({each.name(value) for value in each.names} - {BACKGROUND} for each in (one, other))
    for side, names in (("first", mine - theirs), ("second", theirs - mine)):
        if names:
            told = cut(", ".join(sorted(names)), 200)
            places = pointers[0] + MAP, pointers[1] + MAP
            context.differ("class-names", places, f"the class map of the {side} answer alone has {told}")


def _sizes(context: Context, one: Map, other: Map, pointers: tuple[str, str]) -> None:
    if one.ids.shape != other.ids.shape:
        sizes = [f"{each.ids.shape[1]} x {each.ids.shape[0]}" for each in (one, other)]
        message = f"the mask is of {sizes[0]} px, and in the second answer of {sizes[1]} px"
        context.differ("shape", (pointers[0] + MASK, pointers[1] + MASK), message)


def _fitted(answer: Map, shape: tuple[int, ...]) -> Map:
    if answer.ids.shape == shape:
        return answer
    size = (shape[1], shape[0])
    ids = np.asarray(cv2.resize(answer.ids, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    sure = None if answer.sure is None else np.asarray(cv2.resize(answer.sure, size), np.uint8)
    return Map(ids, answer.names, sure)


def _by_name(one: Map, other: Map) -> tuple[list[str], Ids, Ids]:
    """The names that occur, and both maps with each pixel's number in that list."""
    found = [np.flatnonzero(np.bincount(each.ids.ravel(), minlength=256)).tolist() for each in (one, other)]
    used = {each.name(value) for each, values in zip((one, other), found, strict=True) for value in values}
    numbers = [BACKGROUND, *sorted(used - {BACKGROUND})]
    mapped = []
    for each, values in zip((one, other), found, strict=True):
        table = np.zeros(256, np.uint16)
        for value in values:
            table[value] = numbers.index(each.name(value))
        mapped.append(np.asarray(table[each.ids], np.uint16))
    return numbers, mapped[0].astype(np.uint8), mapped[1].astype(np.uint8)


def _away_from_borders(one: Ids, other: Ids, band: int) -> npt.NDArray[np.bool_]:
    """Where neither map has a border within `band` px."""
    if band == 0:
        return np.ones(one.shape, np.bool_)
    near = np.zeros(one.shape, np.uint8)
    for ids in (one, other):
        near[:-1] |= ids[1:] != ids[:-1]
        near[1:] |= ids[1:] != ids[:-1]
        near[:, :-1] |= ids[:, 1:] != ids[:, :-1]
        near[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    kernel = np.ones((2 * band - 1, 2 * band - 1), np.uint8)  # a pixel beside the border is within 1 px already
    return np.asarray(cv2.dilate(near, kernel) == 0)


def _agreement(
    context: Context, mine: Ids, theirs: Ids, away: npt.NDArray[np.bool_], pointers: tuple[str, str]
) -> None:
    counted = int(away.sum())
    agree = float((mine == theirs)[away].mean()) if counted else 1.0
    allowed = context.profile["classmaps.agreement"]
    context.ledger.note("classmaps.agreement", agree, allowed, "share", pointers[0] + MASK, floor=True)
    if not agree >= allowed - ROUNDING:
        message = f"{agree:.2%} of the pixels away from borders are of the same class, and {allowed:.2%} are needed"
        context.differ(
            "class-map", (pointers[0] + MASK, pointers[1] + MASK), message, measured=agree, allowed=allowed,
            unit="share", tolerance="classmaps.agreement", marks=_drawn(mine != theirs),
        )  # fmt: skip


def _patches(context: Context, mine: Ids, theirs: Ids, pointers: tuple[str, str]) -> None:
    """How thick the thickest patch is that is of another class: twice the depth of its deepest pixel, less one.

    What is as thin as a border may be off is judged by its length, where one of the maps has no border nearby.
    """
    unlike = (mine != theirs).astype(np.uint8)
    thick, allowed = thickest(unlike) if unlike.any() else 0.0, context.profile["classmaps.patch"]
    long, most = _longest(mine, theirs, round(allowed)), context.profile["classmaps.streak"]
    context.ledger.note("classmaps.patch", thick, allowed, "px", pointers[0] + MASK)
    context.ledger.note("classmaps.streak", long, most, "px", pointers[0] + MASK)
    told = f"a patch of another class is {thick:.0f} px thick, and {allowed:.0f} px are allowed"
    found: dict[str, Any] = {"measured": thick, "allowed": allowed, "tolerance": "classmaps.patch"}
    if thick <= allowed + ROUNDING:
        told = f"something thin of another class is {long:.0f} px long, and {most:.0f} px are allowed"
        found = {"measured": long, "allowed": most, "tolerance": "classmaps.streak"}
    if not (thick <= allowed + ROUNDING and long <= most + ROUNDING):
        places = pointers[0] + MASK, pointers[1] + MASK
        context.differ("class-patch", places, told, unit="px", marks=_drawn(mine != theirs), **found)


def _longest(mine: Ids, theirs: Ids, reach: int) -> float:
    """How long the longest patch is, along either axis, of what is of another class and has no border in both maps.

    The edge of the picture is a border: what touches it in one map may end a pixel before it in the other.
    """
    unlike = mine != theirs
    if not unlike.any():
        return 0.0
    lone = unlike & (_away_from_borders(mine, mine, reach) | _away_from_borders(theirs, theirs, reach))
    inside = lone[reach:-reach, reach:-reach] if reach else lone
    if not inside.any():
        return 0.0
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    sides = np.asarray(stats)[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return float(sides.max(initial=0))


def _classes(context: Context, names: list[str], mine: Ids, theirs: Ids, pointers: tuple[str, str]) -> None:
    """The IoU of each class but the background, by a floor that depends on how thick its areas are."""
    least = context.profile["classmaps.least"] * mine.size
    for number, name in enumerate(names[1:], start=1):
        one, other = ((ids == number).astype(np.uint8) for ids in (mine, theirs))
        areas = [int(cv2.countNonZero(mask)) for mask in (one, other)]
        if max(areas) == 0 or max(areas) < least:
            continue
        shared = int(cv2.countNonZero(cv2.bitwise_and(one, other)))
        found = shared / (sum(areas) - shared)
        thick = max(thickness(np.pad(mask, 1), area) for mask, area in zip((one, other), areas, strict=True) if area)
        allowed = band_floor(thick, context.profile["classmaps.shift"])
        context.ledger.note("classmaps.shift", found, allowed, "IoU", pointers[0] + MASK, floor=True)
        if not found >= allowed - ROUNDING:
            message = f"the area of {cut(name, 60)} has an IoU of {found:.3f} with that in the second answer, "
            message += f"and {allowed:.3f} is needed ({areas[0]} and {areas[1]} px, thickness {thick:.0f} px)"
            context.differ(
                "class-area", (pointers[0] + MASK, pointers[1] + MASK), message, measured=found, allowed=allowed,
                unit="IoU", tolerance="classmaps.shift",
                marks=_drawn(one, "first", name) + _drawn(other, "second", name),
            )  # fmt: skip


def _confidences(
    context: Context, one: Map, other: Map, away: npt.NDArray[np.bool_], pointers: tuple[str, str]
) -> None:
    places = pointers[0] + SURE, pointers[1] + SURE
    if one.sure is None or other.sure is None:
        if (one.sure is None) is not (other.sure is None):
            side = SIDES[one.sure is None]
            context.differ("member", places, f"{places[0]} stands in the {side} answer alone")
        return
    if one.sure.shape != away.shape or other.sure.shape != away.shape:
        context.differ("shape", places, "a confidence mask is not of the size of its class map")
        return
    levels, allowed = context.profile["classmaps.levels"], context.profile["classmaps.levels-share"]
    apart = largest_channel(cv2.absdiff(one.sure, other.sure)) > levels
    share = float(apart[away].mean()) if away.any() else 0.0
    context.ledger.note("classmaps.levels-share", share, allowed, "share", places[0])
    if not share <= allowed + ROUNDING:
        message = (
            f"on {share:.1%} of the pixels away from borders the confidence is more than {levels:g} levels of 255 "
        )
        message += f"off, and {allowed:.1%} are allowed"
        context.differ(
            "confidence-mask", places, message, measured=share, allowed=allowed, unit="share",
            tolerance="classmaps.levels-share",
        )  # fmt: skip


def _drawn(mask: npt.NDArray[Any] | Bits, side: str = "second", name: str = "") -> tuple[Mark, ...]:
    lines = sorted(of_array(mask).outlines(), key=len, reverse=True)[:LARGEST]
    return tuple(Mark(SIDES[side == "second"], "outline", line, cut(name, 60)) for line in lines)
