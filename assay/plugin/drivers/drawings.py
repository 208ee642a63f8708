"""What a drawing shows beside what JSON says of the same picture, on the routes of the hosted models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from assay.judge import additions, answers
from assay.judge.answers import Detection
from assay.judge.pictures import Mask
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.hosted import HostedDriver
from assay.plugin.drivers.seen import Seen, Withholding
from assay.record.model import Exchange

TRIED: Final = 3
"""Scenes in which something is looked for that ought not to be drawn."""
PLAIN_TO_SEE: Final = 4
"""px of a line that stands out from what it is drawn on, and that compression leaves its colour."""


def drawing_and_json(hosted: HostedDriver, exchange: Exchange, seen: Seen) -> tuple[bytes, Detection]:
    """The drawing in an answer, and what JSON says: the same answer, or that seen before of one alone."""
    if exchange.request.parameter("format") == "image":
        return answers.response_of(exchange).body, seen.answer
    stated = answers.detection(exchange, hosted.schema_rule)
    return answers.visualization(stated, hosted.schema_rule), stated


def additions_of(hosted: HostedDriver, exchange: Exchange, seen: Seen) -> tuple[Detection, Mask]:
    """What JSON says, and where the drawing has colours that the picture lacks."""
    content, stated = drawing_and_json(hosted, exchange, seen)
    return stated, additions.added(seen.scene.pixels(), content, hosted.drawn(content, seen.scene))


def seen_in(added: Mask, stated: Detection) -> bool:
    """Whether any of the predictions is drawn so that it can be seen: others would be seen then, too."""
    return any(additions.shows(added, prediction.corners) for prediction in stated.predictions)


def withholding(
    hosted: HostedDriver, scenes: Iterator[Withholding], asked: Mapping[str, Any]
) -> tuple[Withholding, Detection, Mask]:
    """The first scene in which something is withheld, and whose drawing shows what is not.

    With what JSON says of it, and where the drawing has colours that the picture lacks. `asked` are the parameters that
    ask for the drawing. Raises NoWitness where there is no such scene.
    """
    for found in islice((found for found in scenes if found.withheld), TRIED):
        exchange = hosted.exchange(found.scene, stroke=PLAIN_TO_SEE, **asked, **found.query)
        stated, added = additions_of(hosted, exchange, found)
        if seen_in(added, stated):
            told = ", ".join(f"{name}={value}" for name, value in found.query.items())
            hosted.note(f"scene {found.scene.name}: {told} withholds {found.withheld[0]}")
            return found, stated, added
    raise NoWitness(
        f"no scene shows what is withheld clear of what is drawn, in a colour that the picture lacks; the model "
        f"{hosted.model} sees too little in Assay's scenes, and this is judged in no other picture"
    )
