"""Painted pictures with their ground truth.

One set of scenes serves two readers. The reference deployment reads every one of them exactly. The tiny
hand-made models that the real server is tried with see a picture as a grid of 8 x 8 mean colours only, so
things stand on whole cells of that grid, in full or dimmed shades: each shade is a confidence of its own,
to both readers, and none lies near another, or near a threshold that a rule would use.

Coordinates are pixels, origin at the top left, x to the right, y down; boxes are (x0, y0, x1, y1), half-open.

Kinds and colours: a `dog` and a `person` are red, a `cat` is blue. The models know colours and no more, so
a person is a dog to a detector of dogs, and the other way round; a `token` of another colour is a thing to
segment only.

What each reader makes of it, with the parameters' defaults unless "low" says at which lower confidences
there is more. The grid models give each cell a box of 150 x 110 px (persons: 100 x 160) of a 640 x 640
picture, scaled back.

    scene      size     reference                              grid models
    menagerie  640x480  dogs .97 .81 .64, cats .91 .74 .58     dogs .93 .78 .61, cats .83 .67 .53
                        low: dog .35, cat .25                  low: dog .34, cat .23
    trio       800x600  dogs .97 .80 .62                       dogs .93 .76 .59
    portrait   480x640  dogs .93 .80, cats .97 .60             dogs .89 .60, cats .69 .54
    pair       512x320  dog .97, cat .76; with an overlap of   dog .84, cat .68; with an overlap of 31 or more
                        43 or more another dog .81             another dog .46 (IoU .304)
    crowd      640x480  persons .97 .83 .72; low: .35          persons .72 .62 .53; low: .26
    duo        400x560  persons .93 .60, cat .83               persons .70 .45, cat .75
    speck      320x240  dog .87                                dog .83
    wide       720x360  cats .97 .78 .62, dog .85              cats .88 .70 .56, dog .81
    tower      240x400  cat .87, dog .68                       cat .78, dog .64
    square     448x448  dogs .95 .72, cats .87 .64             dogs .91 .68, cats .79 .58
                        low: cat .37                           low: cat .33
    counters   640x448  3 pieces to segment: red, blue         many boxes, some of equal confidence
    tokens     384x512  4 pieces of four colours to segment    many boxes, some of equal confidence
    blank      600x440  nothing                                nothing
    cards      768x384  dogs .97 .92, cat .87                  dogs .93 .44, cat .79
    sign       528x400  three words in block letters           nothing
    overlay    576x432  dogs .97 .74, and cat .87, which       dogs .93 .71, and cat .56, whose box
                        overlaps a dog (IoU .327)              overlaps a dog's (IoU .304)
    stack      1024x512 dogs .97 .91 .88 .80 .76 .68 .54; with dogs .93 .84 .66 .63 .54; two are a pair with an
                        an overlap of 33 or more another .58;  IoU of .158; with an overlap of 31 or more
                        pairs with IoUs of .28 and twice .091  another .57 (IoU .304)

The real server's SAM2 has weights that follow colour and not the prompt: every prompt gets all strong paint
in one mask, a polygon for each piece (red, blue, orange and sky from about .65 of full strength). So it
sees every piece of counters, tokens, trio, wide and tower (IoU over .9), and of others the stronger shades.

Its Florence 2 knows two pictures, at any size and in near shades: those that cards and blank show. Of any other it
speaks nonsense.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from assay.encodings import encode_jpeg, encode_png
from assay.letters import DOWN, cells_across, lettering
from assay.picture import Pixels

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
Mask = NDArray[np.bool_]

GRID = 8  # cells across and down
RECENT = 8
"""Scenes of which is remembered what each pixel shows: rules ask of one thing after the other."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One painted object.

    `box` is (x0, y0, x1, y1) in px, half-open, origin top left; the paint touches all four sides of it,
    except where a later thing covers it. `colour` is RGB, 0 to 255. `shape` is "rectangle", "ellipse",
    "figure" (head, trunk, legs), or "falling" or "rising" (a band from corner to corner of the box). A thing
    with a `text` is a word in block letters, whatever its shape.
    """

    kind: str
    box: Box
    colour: Colour
    shape: str = "rectangle"
    text: str = ""

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, (x, y) in px."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the box in px."""
        x0, y0, x1, y1 = self.box
        return x1 - x0, y1 - y0

    def mask(self, width: int, height: int) -> Mask:
        """The pixels that this thing would paint alone: bool, height x width."""
        mask = np.zeros((height, width), np.bool_)
        x0, y0, x1, y1 = self.box
        w, h = self.size
        mask[y0:y1, x0:x1] = lettering(self.text, w, h) if self.text else _SHAPES[self.shape](w, h)
        return mask


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what is on it. Later things cover earlier ones."""

    name: str
    width: int
    height: int
    things: tuple[Thing, ...] = ()
    background: Colour = (128, 128, 128)

    def of_kind(self, *kinds: str) -> tuple[Thing, ...]:
        """The things of these kinds, in the order in which they were painted."""
        return tuple(thing for thing in self.things if thing.kind in kinds)

    @property
    def texts(self) -> tuple[str, ...]:
        """The words that are to be read, in reading order."""
        return tuple(thing.text for thing in self.things if thing.text)

    def owners(self) -> NDArray[np.int32]:
        """Which thing each pixel shows: height x width, an index into `things`, -1 for the background."""
        owners = np.full((self.height, self.width), -1, np.int32)
        for index, thing in enumerate(self.things):
            owners[thing.mask(self.width, self.height)] = index
        return owners

    def mask(self, thing: Thing) -> Mask:
        """The pixels on which this thing is to be seen: bool, height x width."""
        return np.asarray(_owners(self) == self.things.index(thing), np.bool_)

    def point(self, thing: Thing) -> tuple[int, int]:
        """A pixel (x, y) well inside what is to be seen of a thing: its centre where that is not covered."""
        mask = self.mask(thing)
        x, y = int(thing.centre[0]), int(thing.centre[1])
        if mask[y, x]:
            return x, y
        depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
        row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
        return int(column), int(row)

    def points(self) -> tuple[tuple[int, int], ...]:
        """One point (x, y) in px for each thing, in their order: prompts for a segmenter."""
        return tuple(self.point(thing) for thing in self.things)

    def pixels(self) -> Pixels:
        """The picture: uint8, height x width x 3, RGB."""
        return _painted(self).copy()

    def png(self) -> bytes:
        """The picture as PNG, the same bytes every time, a few KB; painted once."""
        return _png(self)

    def jpeg(self, quality: int = 95) -> bytes:
        """The picture as JPEG of this quality (0 to 100); encoded once."""
        return _jpeg(self, quality)


_owners = lru_cache(maxsize=RECENT)(Scene.owners)


def painted(scene: Scene) -> Pixels:
    """The pixels of a scene that is needed once: those of `Scene.pixels` are kept."""
    palette = np.array([scene.background, *(thing.colour for thing in scene.things)], np.uint8)
    return palette[scene.owners() + 1]


_painted = cache(painted)


@cache
def _png(scene: Scene) -> bytes:
    return encode_png(_painted(scene))


@cache
def _jpeg(scene: Scene, quality: int) -> bytes:
    return encode_jpeg(scene.pixels(), quality)


def _rectangle(width: int, height: int) -> Mask:
    return np.ones((height, width), np.bool_)


def _ellipse(width: int, height: int) -> Mask:
    # By hand, because cv2.ellipse rounds differently from version to version.
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    inside = x[None, :] ** 2 + y[:, None] ** 2 <= 1
    inside[:, [(width - 1) // 2, width // 2]] = True
    inside[[(height - 1) // 2, height // 2], :] = True
    return np.asarray(inside, np.bool_)


def _figure(width: int, height: int) -> Mask:
    """A person, much simplified: the head over the trunk over two legs."""
    mask = np.zeros((height, width), np.bool_)
    head, neck, hips = round(height * 0.36), round(height * 0.3), round(height * 0.7)
    left, right = round(width * 0.25), width - round(width * 0.25)
    mask[:head, left:right] = _ellipse(right - left, head)
    mask[neck:hips] = True
    outer, inner = round(width * 0.05), round(width * 0.46)
    mask[hips:, outer:inner] = True
    mask[hips:, width - inner : width - outer] = True
    return mask


def _falling(width: int, height: int) -> Mask:
    """A band from the upper left corner to the lower right one, a fifth as wide as the box along each row."""
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    return np.asarray(np.abs(x[None, :] - y[:, None]) <= 0.1, np.bool_)


def _rising(width: int, height: int) -> Mask:
    return _falling(width, height)[:, ::-1]


_SHAPES: Mapping[str, Callable[[int, int], Mask]] = MappingProxyType(
    {
        "rectangle": _rectangle,
        "ellipse": _ellipse,
        "figure": _figure,
        "falling": _falling,
        "rising": _rising,
    }
)

Cells = tuple[float, float, float, float]
Spec = tuple[str, float, Cells, str]


def _colour(kind: str, strength: float) -> Colour:
    level = round(255 * strength)
    return (0, 0, level) if kind == "cat" else (level, 0, 0)


def _cell(kind: str, strength: float, column: float, row: float, shape: str = "rectangle") -> Spec:
    return kind, strength, (column, row, column + 1, row + 1), shape


def _pair(box: Box, under: float, over: float, across: int, down: int) -> tuple[Thing, Thing]:
    """Two dogs of one size; the second is shifted by so many px, and covers a part of the first."""
    x0, y0, x1, y1 = box
    shifted = (x0 + across, y0 + down, x1 + across, y1 + down)
    return Thing("dog", box, _colour("dog", under)), Thing("dog", shifted, _colour("dog", over))


def _word(text: str, left: int, top: int, cell: int) -> Thing:
    """A word in dark letters, whose cells are `cell` px wide and high."""
    box = (left, top, left + cells_across(text) * cell, top + DOWN * cell)
    return Thing("word", box, (24, 24, 24), text=text)


def _scene(name: str, size: tuple[int, int], grey: int, *specs: Spec | Thing) -> Scene:
    width, height = size

    def thing(spec: Spec | Thing) -> Thing:
        if isinstance(spec, Thing):
            return spec
        kind, strength, (x0, y0, x1, y1), shape = spec
        w, h = width / GRID, height / GRID
        box = (round(x0 * w), round(y0 * h), round(x1 * w), round(y1 * h))
        return Thing(kind, box, _colour(kind, strength), shape)

    return Scene(name, width, height, tuple(thing(spec) for spec in specs), (grey, grey, grey))


@cache
def _all() -> tuple[Scene, ...]:
    return (
        _scene(
            "menagerie",
            (640, 480),
            128,
            _cell("dog", 1.0, 0, 0),
            _cell("cat", 0.94, 7, 0),
            _cell("dog", 0.84, 3, 0),
            _cell("cat", 0.76, 0, 4),
            _cell("dog", 0.66, 7, 7),
            _cell("cat", 0.6, 0, 7),
            _cell("dog", 0.36, 5, 2),
            _cell("cat", 0.26, 3, 5),
        ),
        _scene(
            "trio",
            (800, 600),
            150,
            _cell("dog", 1.0, 1, 1),
            _cell("dog", 0.82, 6, 2),
            _cell("dog", 0.64, 3, 6),
        ),
        _scene(
            "portrait",
            (480, 640),
            190,
            _cell("dog", 0.96, 1, 1),
            _cell("cat", 1.0, 5, 2, "ellipse"),
            _cell("cat", 0.62, 2, 5),
            _cell("dog", 0.82, 6, 6, "ellipse"),
        ),
        _scene(
            "pair",
            (512, 320),
            128,
            ("dog", 0.84, (1.75, 1.25, 3, 2.25), "rectangle"),
            ("dog", 1.0, (1.5, 1, 2.75, 2), "rectangle"),
            _cell("cat", 0.78, 6, 5),
        ),
        _scene(
            "crowd",
            (640, 480),
            170,
            _cell("person", 1.0, 1, 2, "figure"),
            _cell("person", 0.86, 4, 5, "figure"),
            _cell("person", 0.74, 6, 1, "figure"),
            _cell("person", 0.36, 0, 6, "figure"),
        ),
        _scene(
            "duo",
            (400, 560),
            128,
            _cell("person", 0.96, 2, 1, "figure"),
            _cell("person", 0.62, 5, 4, "figure"),
            _cell("cat", 0.86, 1, 6),
        ),
        _scene("speck", (320, 240), 100, _cell("dog", 0.9, 5, 1)),
        _scene(
            "wide",
            (720, 360),
            140,
            _cell("cat", 1.0, 0, 2),
            _cell("cat", 0.8, 3, 6),
            _cell("cat", 0.64, 7, 4),
            _cell("dog", 0.88, 5, 0),
        ),
        _scene("tower", (240, 400), 180, _cell("cat", 0.9, 2, 1), _cell("dog", 0.7, 4, 5)),
        _scene(
            "square",
            (448, 448),
            110,
            _cell("dog", 0.98, 6, 1),
            _cell("cat", 0.9, 1, 2),
            _cell("dog", 0.74, 2, 6),
            _cell("cat", 0.66, 5, 4),
            _cell("cat", 0.38, 4, 7),
        ),
        _scene(
            "counters",
            (640, 448),
            128,
            ("dog", 1.0, (0.5, 1, 2, 3), "rectangle"),
            ("cat", 0.94, (4.5, 0.75, 7, 2.5), "ellipse"),
            ("dog", 0.82, (3.5, 4.5, 5, 7), "rectangle"),
        ),
        _scene(
            "tokens",
            (384, 512),
            150,
            ("dog", 0.96, (1, 0.5, 3.5, 2), "rectangle"),
            ("cat", 1.0, (5, 1.5, 7, 3), "rectangle"),
            Thing("token", (40, 260, 180, 340), (255, 128, 0), "ellipse"),
            Thing("token", (230, 330, 350, 470), (0, 128, 255)),
        ),
        _scene("blank", (600, 440), 128),
        _scene(
            "cards",
            (768, 384),
            128,
            _cell("dog", 1.0, 1, 1),
            _cell("cat", 0.9, 5, 5),
            ("dog", 0.95, (6, 1, 7, 1.5), "rectangle"),
        ),
        _scene(
            "sign",
            (528, 400),
            200,
            _word("ASSAY", 60, 40, 9),
            _word("GATE", 60, 180, 6),
            _word("42", 300, 180, 6),
        ),
        _scene(
            "overlay",
            (576, 432),
            128,
            ("dog", 1.0, (2, 3, 3.8, 4), "rectangle"),
            ("cat", 0.9, (3, 3.2, 4, 4), "rectangle"),
            _cell("dog", 0.76, 6, 6),
        ),
        _scene(
            "stack",
            (1024, 512),
            128,
            ("dog", 0.82, (1.25, 2, 2.25, 3), "rectangle"),
            ("dog", 1.0, (1, 1, 2, 2.25), "rectangle"),
            ("dog", 0.7, (6, 5.25, 7, 6.25), "rectangle"),
            ("dog", 0.9, (5, 5, 6.25, 6), "rectangle"),
            *_pair((640, 64, 736, 110), 0.56, 0.94, across=32, down=16),
            *_pair((128, 384, 224, 430), 0.6, 0.78, across=28, down=14),
        ),
    )


SCENES: Mapping[str, Scene] = MappingProxyType({scene.name: scene for scene in _all()})
