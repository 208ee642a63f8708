"""Boxes of things in scenes, as they are and as they may be read for something else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.judge.answers import Detection
from assay.judge.boxes import Corners
from assay.judge.readings import Altered, Painted
from assay.scene import SCENES, Scene

from .making import detected, row

WHERE = "where things are"
NAMES = ("menagerie", "portrait", "crowd", "wide", "trio")
ALL = (*NAMES, "duo", "pair", "speck")
Change = Callable[[Corners, int, int], Corners]


def as_it_is(box: Corners, *_: int) -> Corners:
    return box


def answered(scene: Scene, change: Change) -> Detection:
    return detected(*(row(*change(thing.box, scene.width, scene.height), thing.kind) for thing in scene.things))


def painted(change: Change = as_it_is, names: Sequence[str] = NAMES) -> list[Painted]:
    """Scenes, and answers that give each thing's box, changed."""
    return [
        Painted(answered(scene, change), (scene.width, scene.height), tuple(thing.box for thing in scene.things))
        for scene in map(SCENES.__getitem__, names)
    ]


def mirrored(change: Change = as_it_is, names: Sequence[str] = NAMES, known: bool = True) -> list[Altered]:
    """The same scenes and their mirror images; it is not known what is on photographs."""

    def seen_in_the_mirror(box: Corners, width: int, height: int) -> Corners:
        x0, y0, x1, y1 = box
        return change((width - x1, y0, width - x0, y1), width, height)

    def things(scene: Scene) -> tuple[Corners, ...]:
        return tuple(thing.box for thing in scene.things) if known else ()

    return [
        Altered(answered(scene, change), answered(scene, seen_in_the_mirror), size, size, True, things=things(scene))
        for scene in map(SCENES.__getitem__, names)
        for size in [(scene.width, scene.height)]
    ]


def widened(change: Change = as_it_is, names: Sequence[str] = NAMES) -> list[Altered]:
    """The same scenes and wider ones."""
    return [
        Altered(
            answered(scene, change),
            answered(scene, lambda box, width, height: change(box, width + width // 4, height)),
            (scene.width, scene.height),
            (scene.width + scene.width // 4, scene.height),
            mirrored=False,
            things=tuple(thing.box for thing in scene.things),
        )
        for scene in map(SCENES.__getitem__, names)
    ]


def enlarged(change: Change = as_it_is, names: Sequence[str] = NAMES, times: int = 4) -> list[Altered]:
    """The same scenes and larger ones."""

    def larger(box: Corners, width: int, height: int) -> Corners:
        x0, y0, x1, y1 = box
        return change((x0 * times, y0 * times, x1 * times, y1 * times), width * times, height * times)

    return [
        Altered(answered(scene, change), answered(scene, larger), size, (size[0] * times, size[1] * times), times=times)
        for scene in map(SCENES.__getitem__, names)
        for size in [(scene.width, scene.height)]
    ]


def moved(right: float, down: float) -> Change:
    return lambda box, *_: (box[0] + right, box[1] + down, box[2] + right, box[3] + down)


def from_corner(box: Corners, *_: int) -> Corners:
    return moved(-(box[2] - box[0]) / 2, -(box[3] - box[1]) / 2)(box, 0, 0)


def from_far_corner(box: Corners, *_: int) -> Corners:
    return moved((box[2] - box[0]) / 2, (box[3] - box[1]) / 2)(box, 0, 0)


def in_the_mirror(box: Corners, width: int, _: int) -> Corners:
    return width - box[2], box[1], width - box[0], box[3]


def upside_down(box: Corners, _: int, height: int) -> Corners:
    return box[0], height - box[3], box[2], height - box[1]


def exchanged(box: Corners, *_: int) -> Corners:
    return box[1], box[0], box[3], box[2]


def stretched(box: Corners, width: int, height: int) -> Corners:
    across, down = 1280 / width, 1280 / height
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def in_padding(box: Corners, width: int, height: int) -> Corners:
    side = max(width, height)
    return moved((side - width) / 2, (side - height) / 2)(box, width, height)


def part(left: float, top: float, right: float, bottom: float) -> Change:
    """A part of each thing, in shares of its width and height from its top left corner; also one that is more."""

    def change(box: Corners, *_: int) -> Corners:
        across, down = box[2] - box[0], box[3] - box[1]
        return box[0] + left * across, box[1] + top * down, box[0] + right * across, box[1] + bottom * down

    return change


def in_upright(change: Change) -> Change:
    return lambda box, width, height: change(box, width, height) if width < height else box


def in_broad(change: Change) -> Change:
    return lambda box, width, height: change(box, width, height) if width > height else box


def squeezed(box: Corners, width: int, height: int) -> Corners:
    across, down = width / max(width, height), height / max(width, height)
    return box[0] * across, box[1] * down, box[2] * across, box[3] * down


def squeezed_out_of_the_middle(box: Corners, width: int, height: int) -> Corners:
    return squeezed(in_padding(box, width, height), width, height)


def drawn_out(box: Corners, width: int, height: int) -> Corners:
    side = max(width, height)
    x0, y0, x1, y1 = box[0] * side / width, box[1] * side / height, box[2] * side / width, box[3] * side / height
    return moved((width - side) / 2, (height - side) / 2)((x0, y0, x1, y1), width, height)


def sides_exchanged(box: Corners, width: int, height: int) -> Corners:
    return box[0] * height / width, box[1] * width / height, box[2] * height / width, box[3] * width / height


def by_share(box: Corners, width: int, height: int) -> Corners:
    return moved(width / 12, height / 12)(box, width, height)
