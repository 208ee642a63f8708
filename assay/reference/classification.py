"""What a picture is of: the colour that covers most of it, or nothing; and every colour in it, each for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.reference.decoding import Pixels
from assay.reference.detection import CHANNELS, coloured

LITTLE = 0.002
"""Share of a picture that a colour has to cover to be more than chance."""


@dataclass(frozen=True, slots=True)
class Score:
    """A class and its confidence, 0 to 1."""

    label: str
    class_id: int
    confidence: float


def classify(pixels: Pixels, classes: Mapping[str, str], threshold: float) -> list[Score]:
    """The classes of at least this confidence (a share of one), surest first; all confidences together are one.

    `classes` maps each class to its colour; the class of another colour is that of a picture without any.
    """
    shares = [coloured(pixels, colour) if colour in CHANNELS else LITTLE for colour in classes.values()]
    scores = [
        Score(label, number, round(share / sum(shares), 4))
        for number, (label, share) in enumerate(zip(classes, shares, strict=True))
    ]
    return sorted((one for one in scores if one.confidence >= threshold), key=lambda one: -one.confidence)


def label(pixels: Pixels, classes: Mapping[str, str]) -> list[Score]:
    """How sure each class is to be in the picture, each for itself, in their order. `classes` as for `classify`."""
    shares = [coloured(pixels, colour) for colour in classes.values()]
    return [
        Score(name, number, round(share / (share + LITTLE), 4))
        for number, (name, share) in enumerate(zip(classes, shares, strict=True))
    ]
