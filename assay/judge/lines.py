"""How wide the lines of a drawing are, measured across the sides of boxes.

Pictures are H x W x 3 RGB of one size; places are px, origin at the top left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from assay.judge.boxes import Corners
from assay.judge.pictures import FAINT_CHANGE, Pixels

STEP = 5
"""px along a side from one measurement to the next."""
CLEAR = 60
"""Levels of 255 by which a line stands out from what lies on either side of it: otherwise its edges are not seen."""
HALF = 0.5
"""Share of the way from the picture's colour to the line's from which on a pixel is the line's."""
AROUND = 2
"""Times the width of a line to either side of a box's side within which it is looked for."""


def widths(before: Pixels, after: Pixels, box: Corners, stroke: int) -> list[int]:
    """The widths in px of lines across the sides of a box, where a line can be told from both sides of it.

    `before` is the picture without a drawing. A line that is much wider than `stroke`, an area for one, is left out.
    """
    return [width for before, after in _across(before, after, box, AROUND * stroke) if (width := _width(before, after))]


def _across(before: Pixels, after: Pixels, box: Corners, reach: int) -> Iterator[tuple[Pixels, Pixels]]:
    """Strips of one pixel across the middle half of each side that is no nearer to the picture's edge than `reach`."""
    x0, y0, x1, y1 = (round(side) for side in box)
    turned = [np.swapaxes(picture, 0, 1) for picture in (before, after)]
    for pictures, sides, (start, end) in (((before, after), (y0, y1), (x0, x1)), (turned, (x0, x1), (y0, y1))):
        quarter = (end - start) // 4
        for side in sides:
            if reach <= side < len(pictures[0]) - reach:
                for place in range(max(start + quarter, 0), min(end - quarter, pictures[0].shape[1]), STEP):
                    one, other = (picture[side - reach : side + reach + 1, place] for picture in pictures)
                    yield one, other


def _width(before: Pixels, after: Pixels) -> int | None:
    """The width of the line across the middle of a strip, N x 3; None where there is none, or it cannot be measured."""
    run = _run(_apart(before, after) >= FAINT_CHANGE)
    if run is None:
        return None
    colour = after[(run.start + run.stop) // 2]
    ends = np.stack([before[run.start - 1], before[run.stop]])
    if int(_apart(ends, colour).min()) < CLEAR:
        return None
    whole = _run(_apart(after, colour) <= HALF * _apart(before, colour))
    return whole.stop - whole.start if whole else None


def _run(marked: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> slice | None:
    """The longest run of what is marked, if it ends at neither end of the strip."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    runs = [slice(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
    longest = max(runs, key=lambda run: run.stop - run.start, default=None)
    return longest if longest and longest.start > 0 and longest.stop < len(marked) else None


def _apart(pixels: Pixels, other: Pixels) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """By how many levels pixels differ from others, or from one colour, in the channel that differs most."""
    return np.asarray(np.abs(pixels.astype(np.int16) - other.astype(np.int16)).max(axis=-1))


def measured(before: Pixels, after: Pixels, boxes: Sequence[Corners], stroke: int) -> list[int]:
    """The widths of the lines along several boxes."""
    return [width for box in boxes for width in widths(before, after, box, stroke)]
