"""Painted pictures of bands that lean: things that fill little of their boxes, and that lie elsewhere in a mirror.

What is said of a band is told from what is said of its box, and from what would be said of the band that leans the
other way. They are painted as scenes are, and like those of `assay.scene` in shades of their own.
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
"""Both lean both ways. They stand beside the scenes that every rule looks at, because few rules need them."""
