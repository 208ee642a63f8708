"""Pictures painted for one question each, which stand beside the scenes that every rule looks at.

A band fills little of its box, and lies elsewhere in a mirror. What is said of it is told from what is said of its box,
and from what would be said of the band that leans the other way. A bar is ten times as long as it is wide: a box with
width for height hardly meets it. Of a pair the weaker thing lies upon the stronger, so that all of it is to be seen:
who leaves it out suppresses it. They are painted as scenes are, in shades of their own.
"""

from __future__ import annotations

from assay.scene import Box, Scene, Thing

FALLING, RISING = "falling", "rising"


def _pair(under: Box, upper: Box, level: int) -> tuple[Thing, Thing]:
    """Two things of one kind; the upper one is weaker by far more than its shade is told by."""
    return Thing("dog", under, (level, 0, 0)), Thing("dog", upper, (level - 76, 0, 0))


def _band(shape: str, level: int, box: Box) -> Thing:
    return Thing("person", box, (level, 0, 0), shape)


SLANTS: tuple[Scene, ...] = (
    Scene(
        "slants",
        680,
        500,
        (
            _band(FALLING, 250, (30, 30, 270, 220)),
            _band(RISING, 224, (400, 40, 620, 240)),
            _band(RISING, 200, (80, 270, 310, 460)),
        ),
        (128, 128, 128),
    ),
    Scene(
        "upright slants",
        460,
        620,
        (_band(RISING, 244, (40, 50, 250, 290)), _band(FALLING, 212, (170, 350, 400, 580))),
        (160, 160, 160),
    ),
)
"""Both lean both ways."""
BARS: tuple[Scene, ...] = (
    Scene(
        "bars",
        680,
        440,
        (
            Thing("dog", (70, 80, 590, 132), (250, 0, 0)),
            Thing("cat", (420, 220, 468, 400), (0, 0, 230)),
        ),
        (128, 128, 128),
    ),
    Scene(
        "upright bars",
        460,
        640,
        (
            Thing("dog", (80, 60, 130, 580), (244, 0, 0)),
            Thing("cat", (210, 420, 410, 464), (0, 0, 220)),
        ),
        (160, 160, 160),
    ),
)
"""The first thing of either is longer by far than it is wide."""
PAIRS = Scene(
    "pairs",
    920,
    580,
    (
        *_pair((40, 40, 200, 160), (96, 81, 256, 201), 252),
        *_pair((340, 40, 500, 160), (386, 76, 546, 196), 245),
        *_pair((640, 40, 800, 160), (680, 68, 761, 132), 238),
        *_pair((40, 300, 200, 420), (76, 326, 164, 398), 231),
        *_pair((340, 300, 440, 480), (364, 379, 464, 559), 224),
        *_pair((640, 300, 740, 480), (656, 374, 756, 554), 217),
    ),
    (128, 128, 128),
)
"""Pairs that overlap by a little less than the default of `overlap`, and by a little more, in turn."""
