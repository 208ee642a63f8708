"""A block font: every letter and digit on 5 x 7 cells, one piece each, with ink on all four sides.

Scenes are lettered with it, and the reference deployment reads what it finds by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.bool_]

ACROSS, DOWN, GAP = 5, 7, 1
"""Cells of a glyph, and between two of them."""

# fmt: off
_PAINTED = (
    ("ABCDEFGHIJKLMNOPQR", (
        " ###  ####   #### ####  ##### #####  #### #   # ##### ##### #   # #     #   # #   #  ###  ####   ###  #### ",
        "#   # #   # #     #   # #     #     #     #   #   #      #  #  #  #     ## ## ##  # #   # #   # #   # #   #",
        "#   # #   # #     #   # #     #     #     #   #   #      #  # #   #     # # # # # # #   # #   # #   # #   #",
        "##### ####  #     #   # ####  ####  #  ## #####   #      #  ##    #     # # # #  ## #   # ####  # # # #### ",
        "#   # #   # #     #   # #     #     #   # #   #   #      #  # #   #     #   # #   # #   # #     #  ## # #  ",
        "#   # #   # #     #   # #     #     #   # #   #   #   #  #  #  #  #     #   # #   # #   # #     #   # #  # ",
        "#   # ####   #### ####  ##### #      #### #   # #####  ##   #   # ##### #   # #   #  ###  #      #### #   #",
    )),
    ("STUVWXYZ0123456789", (
        " #### ##### #   # #   # #   # #   # #   # #####  ###  ###    ###  ####     ## #####  ###  #####  ###   ### ",
        "#       #   #   # #   # #   # #   # #   #     # #   #   #   #   #     #   # # #     #         # #   # #   #",
        "#       #   #   # #   # #   #  # #   # #     #  #  ##   #       #     #  #  # #     #        #  #   # #   #",
        " ###    #   #   # #   # # # #   #     #     #   # # #   #      #   ###  ##### ####  ####    #    ###   ####",
        "    #   #   #   # #   # # # #  # #    #    #    ##  #   #     #       #     #     # #   #   #   #   #     #",
        "    #   #   #   #  # #  ## ## #   #   #   #     #   #   #    #        #     #     # #   #   #   #   #     #",
        "####    #    ###    #   #   # #   #   #   #####  ###  ##### ##### ####      # ####   ###   #     ###   ### ",
    )),
)
# fmt: on


def _glyphs() -> Mapping[str, Ink]:
    glyphs = {}
    for names, rows in _PAINTED:
        ink = np.array([[cell == "#" for cell in row.ljust(len(names) * (ACROSS + GAP))] for row in rows], np.bool_)
        for index, name in enumerate(names):
            left = index * (ACROSS + GAP)
            glyphs[name] = ink[:, left : left + ACROSS]
    return MappingProxyType(glyphs)


GLYPHS: Mapping[str, Ink] = _glyphs()
"""Each glyph as 7 x 5 cells, True for ink."""


def cells_across(text: str) -> int:
    """How many cells wide a text of one line is."""
    return len(text) * (ACROSS + GAP) - GAP


def lettering(text: str, width: int, height: int) -> Ink:
    """A text on one line, stretched to this size in px: bool, height x width. Raises KeyError for other characters."""
    wide = cells_across(text)
    line = np.zeros((DOWN, wide), np.bool_)
    for index, character in enumerate(text):
        left = index * (ACROSS + GAP)
        line[:, left : left + ACROSS] = GLYPHS[character]
    return line[np.arange(height) * DOWN // height][:, np.arange(width) * wide // width]
