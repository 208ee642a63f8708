"""What the reference deployment's Florence 2 sees in a picture: coloured things, and words in block letters.

All of it works on the pixels that were sent, whatever picture they make. Boxes are (x0, y0, x1, y1) in px, half-open,
origin at the top left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.letters import ACROSS, DOWN, GLYPHS
from assay.reference.decoding import Pixels, largest_channel
from assay.reference.detection import CHANNELS, MIN_AREA, MIN_CORE, MIN_SIDE, RIM, Box, Mask, regions

APART = 40  # levels of a channel by which something differs from the background
MAX_PIECES = 400
FULL, SLACK = 0.94, 0.05  # the part of its box that a rectangle fills; by which an ellipse may miss its own
SQUARE = 0.06  # by which the sides of a square may differ
DARK, LIGHT, GREY = 70, 205, 40  # levels: black below, white above; no colour where channels differ by less
# Hue from 0 to 180, as OpenCV has it: the upper end of each name.
HUES = ((8, "red"), (22, "orange"), (34, "yellow"), (85, "green"), (112, "sky blue"), (135, "blue"), (165, "purple"))
INK = 0.5  # of a cell that is covered where it belongs to a letter
MISREAD = 1  # cells by which a letter may be off
WORD_GAP, LINE_OFF = 3.0, 3.5  # cells between two letters of one word; cells by which one may stand lower


@dataclass(frozen=True, slots=True)
class Thing:
    """A coloured thing; `mask` tells its pixels in its box. `shape` is square, rectangle, ellipse, circle or figure."""

    colour: str
    shape: str
    box: Box
    mask: Mask

    @property
    def kind(self) -> str:
        """What it is taken for: dogs and persons are red, cats are blue, anything else is a token."""
        if self.colour == "red":
            return "person" if self.shape == "figure" else "dog"
        return "cat" if self.colour == "blue" else "token"

    @property
    def name(self) -> str:
        """Colour and shape: "red square"."""
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True, slots=True)
class Word:
    """A word in block letters, with the box around them. `line` is the top of the line that it stands on."""

    text: str
    box: Box
    line: int


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture as it was seen: its size in px, the colour behind everything, things and words in reading order."""

    width: int
    height: int
    background: str
    things: tuple[Thing, ...]
    words: tuple[Word, ...]


def look(pixels: Pixels) -> Sight:
    """Everything that is to be seen in a picture."""
    height, width = pixels.shape[:2]
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    background = np.median(border, axis=0).astype(np.uint8)
    apart = cv2.absdiff(pixels, np.broadcast_to(background, pixels.shape).copy())
    painted = np.asarray(largest_channel(apart) > APART, np.bool_)
    letters = list(_letters(painted))
    for _, box in letters:
        x0, y0, x1, y1 = box
        painted[max(y0 - 2, 0) : y1 + 2, max(x0 - 2, 0) : x1 + 2] = False
    things = sorted(_things(pixels, painted), key=lambda thing: (thing.box[1], thing.box[0]))
    return Sight(width, height, colour_name(background), tuple(things), tuple(_words(letters)))


def colour_name(rgb: NDArray[np.uint8]) -> str:
    """The English name of a colour."""
    low, high = int(rgb.min()), int(rgb.max())
    if high - low < GREY:
        return "black" if high < DARK else "white" if low > LIGHT else "grey"
    hue = int(cv2.cvtColor(rgb.reshape(1, 1, 3), cv2.COLOR_RGB2HSV)[0, 0, 0])
    return next((name for end, name in HUES if hue <= end), "red")


def _things(pixels: Pixels, painted: Mask) -> Iterator[Thing]:
    """Pure red, green and blue as the detectors see them, shade by shade; then what has another colour."""
    taken = np.zeros(painted.shape, np.uint8)
    for colour in CHANNELS:
        for region in regions(pixels, colour):
            x0, y0, x1, y1 = region.box
            if painted[y0:y1, x0:x1][region.mask].any():
                taken[y0:y1, x0:x1][region.mask] = 1
                yield Thing(colour, _shape(region.mask), region.box, region.mask)
    for box, mask in _pieces(painted & (cv2.dilate(taken, RIM) == 0), connectivity=4):
        x0, y0, x1, y1 = box
        core = cv2.erode(mask.astype(np.uint8), RIM, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        if mask.sum() >= MIN_AREA and min(x1 - x0, y1 - y0) >= MIN_SIDE and core.sum() >= MIN_CORE * mask.sum():
            middle = np.median(pixels[y0:y1, x0:x1][mask], axis=0).astype(np.uint8)
            yield Thing(colour_name(middle), _shape(mask), box, mask)


def _shape(mask: Mask) -> str:
    height, width = mask.shape
    share = float(mask.mean())
    even = abs(width - height) <= SQUARE * max(width, height)
    if share >= FULL:
        return "square" if even else "rectangle"
    as_full_below = abs(float(mask[: height // 2].mean()) - float(mask[-(height // 2) :].mean())) <= SLACK
    if abs(share - np.pi / 4) <= SLACK and as_full_below:
        return "circle" if even else "ellipse"
    return "figure"


def _pieces(mask: Mask, connectivity: int) -> Iterator[tuple[Box, Mask]]:
    """The connected pieces of a mask, each with its box, largest first."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=connectivity)
    order = sorted(range(1, len(stats)), key=lambda index: -int(stats[index, cv2.CC_STAT_AREA]))
    for index in order[:MAX_PIECES]:
        x, y, w, h = (int(value) for value in stats[index, :4])
        yield (x, y, x + w, y + h), np.asarray(labels[y : y + h, x : x + w] == index, np.bool_)


def _letters(painted: Mask) -> Iterator[tuple[str, Box]]:
    """Pieces that are glyphs of the block font."""
    for box, mask in _pieces(painted, connectivity=8):
        character = _glyph(mask)
        if character:
            yield character, box


def _glyph(mask: Mask) -> str:
    """The glyph that a piece shows; empty where it shows none. Its box is that of the glyph's 5 x 7 cells."""
    height, width = mask.shape
    if height < 2 * DOWN or abs(width / ACROSS - height / DOWN) > 0.1 * height / DOWN:
        return ""
    cells = cv2.resize(mask.astype(np.float32), (ACROSS, DOWN), interpolation=cv2.INTER_AREA) > INK
    wrong, character = min((int((cells != glyph).sum()), name) for name, glyph in GLYPHS.items())
    return character if wrong <= MISREAD else ""


def _words(letters: list[tuple[str, Box]]) -> Iterator[Word]:
    """Letters that stand together, line by line."""
    lines: list[list[tuple[str, Box]]] = []
    for letter in sorted(letters, key=lambda one: (one[1][1], one[1][0])):
        cell = (letter[1][3] - letter[1][1]) / DOWN
        if lines and abs(lines[-1][0][1][1] - letter[1][1]) <= LINE_OFF * cell:
            lines[-1].append(letter)
        else:
            lines.append([letter])
    for line in lines:
        top = min(box[1] for _, box in line)
        yield from _split(sorted(line, key=lambda one: one[1][0]), top)


def _split(line: list[tuple[str, Box]], top: int) -> Iterator[Word]:
    """The words of a line: a new one begins after a gap of several cells."""
    word = [line[0]]
    for letter in line[1:]:
        cell = (letter[1][3] - letter[1][1]) / DOWN
        if letter[1][0] - word[-1][1][2] > WORD_GAP * cell:
            yield _joined(word, top)
            word = []
        word.append(letter)
    yield _joined(word, top)


def _joined(letters: list[tuple[str, Box]], top: int) -> Word:
    boxes = np.array([box for _, box in letters])
    x0, y0 = boxes[:, :2].min(axis=0)
    x1, y1 = boxes[:, 2:].max(axis=0)
    return Word("".join(character for character, _ in letters), (int(x0), int(y0), int(x1), int(y1)), top)
