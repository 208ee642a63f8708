"""The two drawings of the hosted model route: the one alone (`image`), and the one beside the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.contract.rule import Case, Cost, over, rule
from assay.judge import answers, pictures, verify
from assay.judge.answers import Detection
from assay.judge.pictures import Pixels
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import HostedDriver
from assay.plugin.drivers.base import SHOWN
from assay.plugin.drivers.hosted import NO_LIMIT
from assay.plugin.drivers.seen import Seen

BOXES = ("hosted.object-detection", "hosted.keypoint-detection", "hosted.instance-segmentation")
GIVEN: Mapping[str, Mapping[str, Any]] = {
    "overlap": {"overlap": NO_LIMIT},
    "max_detections": {"max_detections": 1},
    "stroke-beside-labels": {"stroke": 6, "labels": True},
}
LEAST_CHANGE = 200
"""Pixels of a drawing that a parameter changes, so that it tells two drawings apart."""


@rule(
    "hosted.format.both-drawings-alike",
    requirement="Asked in the same way, the drawing alone and the drawing beside the JSON show the same.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(BOXES, given=list(GIVEN)),
    depth="standard",
    cost=Cost(own=SHOWN + 6),
)
def test_both_drawings_are_alike(hosted: HostedDriver, case: Case) -> None:
    given = GIVEN[case["given"]]
    seen = next(_changing(hosted, case["given"]), None)
    if seen is None:
        raise NoWitness(f"no scene is answered otherwise with {_told(given)}")
    plain, beside = (_beside(hosted, seen, more) for more in ({}, given))
    told_apart = pictures.changed(plain, beside)
    if told_apart < LEAST_CHANGE:
        raise NoWitness(f"beside the JSON {_told(given)} changes {told_apart} px of the drawing: too few to tell")
    bare = hosted.drawing(seen.scene, **seen.query)
    without = pictures.changed(hosted.pixels(bare, seen.scene), plain)
    if without > told_apart // 10:
        raise NoWitness("the two drawings are drawn in different ways, whatever is asked for")

    alone = hosted.drawing(seen.scene, **seen.query, **given)

    hosted.note(f"scene {seen.scene.name}: {told_apart} px differ by {_told(given)}")
    different = pictures.changed(hosted.pixels(alone, seen.scene), beside)
    why = f"from the drawing beside the JSON, with {_told(given)}"
    verify.drawn_both_ways(different, without, told_apart, alone, why)


def _changing(hosted: HostedDriver, name: str) -> Iterator[Seen]:
    """Scenes in which something is seen, and which show what is given: boxes that overlap, or more than one."""
    if name == "overlap":
        found = hosted.overlapping_more(hosted.operation.parameter("overlap").default)
        yield Seen(found.scene, found.query, hosted.again(found.scene, **found.query))
        return
    for seen in filter(None, map(hosted.look, hosted.first)):
        if name != "max_detections" or len(seen.answer.predictions) > GIVEN[name][name]:
            yield seen


def _beside(hosted: HostedDriver, seen: Seen, given: Mapping[str, Any]) -> Pixels:
    """The drawing beside the JSON."""
    answer: Detection = hosted.again(seen.scene, format="image_and_json", **seen.query, **given)
    return hosted.drawn(answers.visualization(answer, hosted.schema_rule), seen.scene)


def _told(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())
