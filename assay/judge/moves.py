"""Masks that were put into their picture wrongly: what was marked, and what is done to it to undo each mistake.

Masks are H x W, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from assay.judge.classmaps import ClassMap
from assay.judge.masks import Mask, agreement
from assay.scene import Scene


@dataclass(frozen=True)
class Marked:
    """What an answer marks in a scene: everything that is not background."""

    answer: ClassMap
    scene: Scene

    @cached_property
    def mask(self) -> Mask:
        """The pixels that are marked, in the size of the scene."""
        return np.asarray(self.answer.fitted(self.scene.width, self.scene.height) > 0, np.bool_)

    @cached_property
    def things(self) -> tuple[Mask, ...]:
        """What is to be seen of each thing of the scene, where there is anything."""
        return tuple(mask for mask in map(self.scene.mask, self.scene.things) if mask.any())

    def fit(self, mask: Mask) -> float:
        """How well a mask agrees with things of the scene, those of which more than half is marked: IoU."""
        found = [thing for thing in self.things if mask[thing].mean() > 0.5]
        return agreement(mask, np.logical_or.reduce(found)) if found else 0.0

    def shift(self) -> tuple[int, int]:
        """By how many px, across and down, the mask has to be moved to cover the things best."""
        painted = np.logical_or.reduce(self.things)
        spectra = [np.fft.rfft2(mask.astype(np.float32)) for mask in (self.mask, painted)]
        covered = np.fft.irfft2(np.conj(spectra[0]) * spectra[1], self.mask.shape)
        down, across = np.unravel_index(int(np.argmax(covered.round(3))), covered.shape)
        height, width = self.mask.shape
        return (int(across) + width // 2) % width - width // 2, (int(down) + height // 2) % height - height // 2


@dataclass(frozen=True, slots=True)
class Move:
    """One mistake; `told` says what its undoing is, and `undo` puts a mask where it would have been without it."""

    told: str
    undo: Callable[[Mask], Mask]


def _resized(mask: Mask, width: int, height: int) -> Mask:
    small = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(small, np.bool_)


def _turned(turn: Callable[[Mask], Mask]) -> Callable[[Mask], Mask]:
    """Turn it, and stretch it to the size that it had."""
    return lambda mask: _resized(np.ascontiguousarray(turn(mask)), mask.shape[1], mask.shape[0])


def _without_padding(centred: bool) -> Callable[[Mask], Mask]:
    """Cut the picture out of the square that it was padded to."""

    def undo(mask: Mask) -> Mask:
        height, width = mask.shape
        side = max(height, width)
        top, left = ((side - height) // 2, (side - width) // 2) if centred else (0, 0)
        return _resized(mask, side, side)[top : top + height, left : left + width]

    return undo


def _with_what_was_cut_off(mask: Mask) -> Mask:
    """Put the middle square of the picture, which alone was looked at, back into its middle."""
    height, width = mask.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    whole = np.zeros_like(mask)
    whole[top : top + side, left : left + side] = _resized(mask, side, side)
    return whole


def _enlarged(times: int) -> Callable[[Mask], Mask]:
    """Enlarge what stands in the top left corner."""

    def undo(mask: Mask) -> Mask:
        height, width = mask.shape
        return _resized(mask[: height // times, : width // times], width, height)

    return undo


MOVES = (
    Move("mirrored", _turned(np.fliplr)),
    Move("upside down", _turned(np.flipud)),
    Move("turned by half", _turned(lambda mask: np.rot90(mask, 2))),
    Move("transposed", _turned(np.transpose)),
    Move("turned by a quarter", _turned(np.rot90)),
    Move("turned by a quarter the other way", _turned(lambda mask: np.rot90(mask, -1))),
    Move("cut out of the square that the picture was padded to", _without_padding(centred=True)),
    Move("cut out of a square that was padded at the right or below", _without_padding(centred=False)),
    Move("put back into the middle, which alone was looked at", _with_what_was_cut_off),
    Move("made twice as large", _enlarged(2)),
    Move("made four times as large", _enlarged(4)),
)
"""The same mistake in every picture, whatever its size."""


def shifts(every: Sequence[Marked]) -> Iterator[Move]:
    """Shifts by so many px, or by so large a part of the picture: for each scene the one that suits it best."""
    found = [(marked, *marked.shift()) for marked in every if marked.mask.any() and marked.things]
    for across, down in dict.fromkeys((across, down) for _, across, down in found if (across, down) != (0, 0)):
        yield Move(f"moved by {across} px across and {down} px down", _rolled(across, down))
    shares = [(across / one.scene.width, down / one.scene.height) for one, across, down in found if across or down]
    for right, below in dict.fromkeys(shares):
        yield Move(f"moved by {right:.1%} of the width and {below:.1%} of the height", _rolled_by_share(right, below))


def _rolled(across: int, down: int) -> Callable[[Mask], Mask]:
    return lambda mask: np.roll(mask, (down, across), (0, 1))


def _rolled_by_share(right: float, below: float) -> Callable[[Mask], Mask]:
    return lambda mask: np.roll(mask, (round(below * mask.shape[0]), round(right * mask.shape[1])), (0, 1))
