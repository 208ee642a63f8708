"""Painted pictures of bands that lean, and of bars: things whose boxes tell little, or much, of them.

A band fills little of its box, and lies elsewhere in a mirror. What is said of it is told from what is said of its box,
and from what would be said of the band that leans the other way. A bar is ten times as long as it is wide: a box with
width for height hardly meets it. They are painted as scenes are, in shades of their own.
"""

from __future__ import annotations

from assay.scene import Box, Scene, Thing

FALLING, RISING = "falling", "rising"


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
"""Both lean both ways. They and BARS stand beside the scenes that every rule looks at: few rules need them."""
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
