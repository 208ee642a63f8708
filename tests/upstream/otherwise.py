"""What the older engine of the real server says otherwise than the newer one, with the reason.

Patterns are those of a shell, of ids of questions: OPERATION/MODE/NAME.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType

NO_THRESHOLD = "the older engine applies no threshold to the class of a pixel, nor tells how sure it is of it alike"
NO_PHRASES = (
    "the rig's Florence 2 knows two pictures and no phrase; what it says beyond them, the engines say otherwise"
)
OTHER_COLOURS = "the older engine draws boxes in other colours"
CUT_AT_THE_BORDER = "the older engine cuts keypoints off at the picture's border, and the newer one does not"
NEARLY_EQUAL = "with the rig's random features many boxes are nearly as sure, of which the engines keep others"
DIFFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "hosted.semantic-segmentation/*": NO_THRESHOLD,
        "infer.semantic-segmentation/*": NO_THRESHOLD,
        "florence2.infer/json/*": NO_PHRASES,
        "hosted.*/image/*": OTHER_COLOURS,
        "hosted.*/image_and_json/*": OTHER_COLOURS,
        "infer.*/json/*-drawn": OTHER_COLOURS,
        "hosted.keypoint-detection/json/menagerie": CUT_AT_THE_BORDER,
        "owlv2.infer/json/counters*": NEARLY_EQUAL,
    }
)


def unlisted(differing: Collection[str]) -> set[str]:
    """The questions that differ and are not listed."""
    return {name for name in differing if not any(fnmatchcase(name, pattern) for pattern in DIFFERENCES)}


def unseen(differing: Collection[str]) -> set[str]:
    """The patterns that none of these questions meets: what no longer occurs is taken off the list."""
    return {pattern for pattern in DIFFERENCES if not any(fnmatchcase(name, pattern) for name in differing)}
