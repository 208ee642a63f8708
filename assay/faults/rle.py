"""COCO's compressed run lengths, coded here once more.

The judge and the reference have codings of their own: a mistake shared by all of them would stay unseen. The
format is that of the COCO API: runs of zeros and ones by turns, down each column from the left, the first of
zeros; from the fourth on each is stored as its difference from the run before the last; every number is cut
into groups of five bits, the lowest first, with a sixth bit where another group follows and 48 added to make
text.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def decode(size: tuple[int, int], counts: str) -> Mask:
    """The mask, `size` = (height, width), True inside.

    Raises ValueError where the runs do not fill the size exactly, or the text is not of this code.
    """
    height, width = size
    lengths = runs(counts)
    if min(lengths, default=0) < 0 or sum(lengths) != height * width:
        raise ValueError(f"{len(lengths)} runs do not fill {height} x {width} pixels")
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape((width, height)).T


def encode(mask: Mask) -> str:
    """The compressed counts of a height x width mask."""
    pixels = mask.T.reshape(-1)
    edges = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    lengths = np.diff(np.concatenate(([0], edges, [pixels.size]))).tolist()
    if pixels.size and pixels[0]:
        lengths.insert(0, 0)
    return "".join(_letters(length - (lengths[i - 2] if i > 2 else 0)) for i, length in enumerate(lengths))


def runs(counts: str) -> list[int]:
    """The run lengths behind compressed counts. Raises ValueError where the text is not of this code."""
    lengths: list[int] = []
    for i, number in enumerate(_numbers(counts)):
        lengths.append(number + lengths[i - 2] if i > 2 else number)
    return lengths


def _numbers(counts: str) -> list[int]:
    numbers, value, shift = [], 0, 0
    for letter in counts:
        group = ord(letter) - 48
        if not 0 <= group < 64:
            raise ValueError(f"{letter!r} is no letter of compressed counts")
        value |= (group & 31) << shift
        shift += 5
        if not group & 32:
            numbers.append(value - (1 << shift) if group & 16 else value)
            value = shift = 0
    if shift:
        raise ValueError("compressed counts end inside a number")
    return numbers


def _letters(number: int) -> str:
    letters = []
    while True:
        group = number & 31
        number >>= 5
        more = number != (-1 if group & 16 else 0)
        letters.append(chr(48 + group + (32 if more else 0)))
        if not more:
            return "".join(letters)
