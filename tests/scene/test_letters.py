"""The block font: each glyph is one piece that touches its four sides, and no two are alike."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import pytest

from assay.letters import ACROSS, DOWN, GLYPHS, cells_across, lettering


@pytest.mark.parametrize("name", GLYPHS)
def test_a_glyph_is_one_piece_with_ink_on_all_sides(name: str) -> None:
    glyph = GLYPHS[name]
    assert glyph.shape == (DOWN, ACROSS)
    assert cv2.connectedComponents(glyph.astype(np.uint8), connectivity=8)[0] == 2
    assert all(side.any() for side in (glyph[0], glyph[-1], glyph[:, 0], glyph[:, -1]))


def test_all_letters_and_digits_are_there_and_differ() -> None:
    assert "".join(GLYPHS) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    assert all((GLYPHS[one] != GLYPHS[other]).sum() >= 2 for one, other in combinations(GLYPHS, 2))


def test_a_text_is_stretched_to_its_size() -> None:
    assert cells_across("AB") == 11
    line = lettering("AB", 33, 14)
    assert line.shape == (14, 33)
    assert (line[::2, ::3][:, :5] == GLYPHS["A"]).all()
    assert (line[::2, ::3][:, 6:] == GLYPHS["B"]).all()
    assert not line[:, 15:18].any()


def test_other_characters_have_no_glyph() -> None:
    with pytest.raises(KeyError):
        lettering("a", 5, 7)
