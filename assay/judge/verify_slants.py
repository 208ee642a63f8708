"""The named verifications of what is told of painted bands that lean. Each raises RuleBroken.

A band fills little of its box, and in a mirror leans the other way: keypoints that were mirrored in their box lie
beside it, and an outline that is the box's own encloses far more. Judged is what lies on bands of both leanings, in two
pictures: what a model puts in the same place of every box lies on one of them at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assay.judge import masks
from assay.judge.answers import Detection, Outline
from assay.judge.boxes import Prediction, iou
from assay.judge.masks import Mask
from assay.judge.readings import MUCH_LIKE
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.judge.verify_keypoints import visible
from assay.record.model import Finding
from assay.scene import Scene, Thing

FEWEST = 3
"""Bands about which something is told, before anything is said."""
NEARLY_ALL, FEW = 0.8, 1 / 3
"""Shares of keypoints that lie on their band where they are misplaced: once they are mirrored, and as they are."""
MOSTLY = 0.5
"""The same where they are in place."""
SAME = 0.95
"""IoU from which on an outline is that of a box."""
ALIKE, UNLIKE = 0.5, 0.25
"""IoU from which on an outline is that of its band, and below which it is not."""
REACH = 2
"""px by which a keypoint may miss its band."""
MOST_TOLD = 3

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leaning:
    """A painted band, the prediction whose box is about it, and the outline of that, where the model tells outlines."""

    answer: Detection
    scene: Scene
    thing: Thing
    one: Prediction
    outline: Outline = ()

    def on_it(self, mirrored: bool = False) -> float:
        """The share of the keypoints that are likely to be visible that lie on the band."""
        places = self._in_the_box([(point.x, point.y) for point in visible(self.one)], mirrored)
        return float(np.mean([min(x, y) >= 0 and masks.covers(self._painted, x, y, REACH) for x, y in places]))

    def encloses(self, mirrored: bool = False) -> float:
        """How well the outline agrees with the band: IoU."""
        return masks.agreement(self._filled(self._in_the_box(self.outline, mirrored)), self._painted)

    @property
    def is_its_box(self) -> bool:
        """Whether the outline is that of the prediction's box."""
        x0, y0, x1, y1 = self.one.corners
        box = self._filled([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        return masks.agreement(self._filled(self.outline), box) >= SAME

    def _in_the_box(self, places: Sequence[Place], mirrored: bool) -> list[Place]:
        """Places as they are, or mirrored in the box: from left to right, which is the same to a band either way."""
        return [(2 * self.one.x - x if mirrored else x, y) for x, y in places]

    @property
    def _painted(self) -> Mask:
        return self.scene.mask(self.thing)

    def _filled(self, outline: Sequence[Place]) -> Mask:
        return masks.from_polygons([outline], self.scene.width, self.scene.height)


def leanings(answer: Detection, scene: Scene, outlines: Sequence[Outline] = ()) -> Iterator[Leaning]:
    """The predictions whose boxes are about the painted bands, each with its outline."""
    for index, one in enumerate(answer.predictions):
        best = max(scene.things, key=lambda thing: iou(one.corners, thing.box))
        if iou(one.corners, best.box) >= MUCH_LIKE:
            yield Leaning(answer, scene, best, one, outlines[index] if outlines else ())


def keypoints_on_bands(found: Sequence[Leaning]) -> int:
    """Keypoints lie on the band that their box is about, and not beside it, where only a mirror would put them on it.

    Returns about how many bands that is told. Raises NoWitness where too few have keypoints, or these lie elsewhere.
    """
    told = [each for each in found if visible(each.one)]
    _enough(told, "keypoints")
    if all(each.on_it() <= FEW and each.on_it(mirrored=True) >= NEARLY_ALL for each in told):
        message = "keypoints lie on what they are of only if they are mirrored in their box"
        raise RuleBroken([_finding(each, message) for each in told[:MOST_TOLD]])
    return _in_place([each for each in told if each.on_it() >= MOSTLY], "keypoints lie on them")


def outlines_around_bands(found: Sequence[Leaning]) -> int:
    """Outlines are those of the bands that their boxes are about: not those of the boxes, and not mirrored in them.

    Returns of how many. Raises NoWitness where too few have an outline, or it is of something else.
    """
    told = [each for each in found if len(each.outline) > 2]
    _enough(told, "an outline")
    if all(each.is_its_box for each in told):
        message = "the outline of a band that leans is that of its box"
        raise RuleBroken([_finding(each, message) for each in told[:MOST_TOLD]])
    if all(each.encloses() <= UNLIKE and each.encloses(mirrored=True) >= ALIKE for each in told):
        message = "outlines enclose what they are of only if they are mirrored in their box"
        raise RuleBroken([_finding(each, message) for each in told[:MOST_TOLD]])
    return _in_place([each for each in told if each.encloses() >= ALIKE], "outlines enclose them")


def _in_place(placed: Sequence[Leaning], how: str) -> int:
    if len(placed) < FEWEST or not _lean_both_ways(placed):
        raise NoWitness(f"of {len(placed)} bands that lean the {how}, too few to tell: the model means others")
    return len(placed)


def _enough(told: Sequence[Leaning], what: str) -> None:
    if len(told) < FEWEST or not _lean_both_ways(told) or len({each.scene.name for each in told}) < 2:
        raise NoWitness(f"{len(told)} boxes with {what} are about bands that lean, too few to tell")


def _lean_both_ways(several: Sequence[Leaning]) -> bool:
    return len({each.thing.shape for each in several}) > 1


def _finding(each: Leaning, message: str) -> Finding:
    what = "points" if each.outline else "keypoints"
    places = list(each.outline) or [(point.x, point.y) for point in visible(each.one)]
    return each.answer.finding(
        f"{message}: {each.one}, for one",
        f"{each.one.pointer}/{what}",
        expected=f"places on the band, which is {each.thing.shape} to the right",
        actual=[[round(number, 1) for number in place] for place in places[:5]],
        marks=(each.one.mark,),
    )
