"""Asking about pictures of several megapixels: scenes made larger, of which it is known what they are answered small.

Each function gives what was found in the larger one, most of them beside what was found before. A target may refuse
what is so large: no document says how large a picture may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from assay.contract.florence import tasks
from assay.contract.message import Request
from assay.judge.answers import Detection, Segmentation, detection
from assay.judge.classmaps import ClassMap, class_map
from assay.judge.enlarged import (
    Enlarged,
    Place,
    among,
    apart,
    as_shares,
    differ,
    of_boxes,
    of_classes,
    of_masks,
    of_shapes,
    sized,
    within,
)
from assay.judge.readings import Altered
from assay.judge.verdicts import NoWitness
from assay.photograph import HEAVIEST, Photograph, enlarged, upright
from assay.plugin.drivers.base import Driver, expect_success, unless_refused
from assay.plugin.drivers.florence2 import Florence2Driver
from assay.plugin.drivers.hosted import HostedDriver
from assay.plugin.drivers.owlv2 import Found, Owlv2Driver
from assay.plugin.drivers.sam2 import Sam2Driver
from assay.plugin.drivers.seen import Seen
from assay.plugin.drivers.semantic import SemanticDriver
from assay.record.model import Exchange
from assay.scene import Scene

FEW = 2
"""Pictures by which it is seen whether a mistake is always the same."""
PlacesOf = Callable[[Detection], tuple[Place, ...]]


def taken(driver: Driver, request: Request) -> Exchange:
    """The answer to a request with a large picture; asked once. Raises NoWitness where it is refused."""
    return expect_success(unless_refused(driver.once(request), "a picture of several megapixels"))


def of_the_first(driver: Driver) -> tuple[Photograph, Exchange]:
    """The first scene made larger, and what a request about it is answered."""
    large = enlarged(driver.scenes[0])
    if isinstance(driver, (HostedDriver, SemanticDriver)):
        return large, taken(driver, driver.request(large))  # as other rules ask about it, too
    return large, taken(driver, driver.about(large, large))


def drawing(hosted: HostedDriver) -> tuple[Photograph, Exchange]:
    """The first picture in which something is seen, made larger, and the drawing of it. Raises NoWitness."""
    seen = next(_seeing(hosted), None)
    if seen is None:
        raise NoWitness(f"the model {hosted.model} sees nothing in {hosted.places}")
    large = enlarged(seen.scene)
    return large, taken(hosted, hosted.request(large, format="image", **seen.query))


def boxes(hosted: HostedDriver) -> list[Altered]:
    """What is answered about the first pictures and about the same made larger: boxes."""
    return [
        Altered(
            seen.answer,
            answer,
            seen.size,
            (large.width, large.height),
            times=_times(large, seen.scene),
            things=tuple(thing.box for thing in seen.scene.things),
        )
        for seen, large, answer in _detections(hosted)
    ]


def places(hosted: HostedDriver, places_of: PlacesOf = of_boxes) -> list[Enlarged]:
    """The same: what `places_of` an answer tells. Pictures in which it tells of none are left out."""
    told = ((sized(places_of(seen.answer)), seen, large, answer) for seen, large, answer in _detections(hosted))
    return [
        _enlarged(answer, large, seen.scene, before, places_of(answer))
        for before, seen, large, answer in told
        if before
    ]


def _detections(hosted: HostedDriver) -> Iterator[tuple[Seen, Photograph, Detection]]:
    """The first pictures in which something is seen, each with what is answered about it made larger."""
    for seen in islice(_seeing(hosted), FEW):
        large = enlarged(seen.scene)
        yield seen, large, detection(taken(hosted, hosted.request(large, **seen.query)), hosted.schema_rule)


def _seeing(hosted: HostedDriver) -> Iterator[Seen]:
    """The first pictures, where something is seen in them."""
    looks = (hosted.look(scene) for scene, _ in light(hosted.first))
    return (look for look in looks if look is not None)


def light(scenes: tuple[Scene, ...]) -> Iterator[tuple[Scene, Photograph]]:
    """Scenes that are made larger and still no heavier than hosted services take: photographs may be grainy."""
    return ((scene, large) for scene in scenes if len((large := enlarged(scene)).content) <= HEAVIEST)


def classes(semantic: SemanticDriver) -> list[Enlarged]:
    """The classes in the masks of the first pictures, and of the same made larger."""
    found: list[Enlarged] = []
    for scene, large in light(semantic.first):
        before = sized(_classes(semantic.seen(scene).answer, scene))
        if before and len(found) < FEW:
            answer = mask(semantic, large)
            found.append(_enlarged(answer, large, scene, before, _classes(answer, large)))
    return found


def mask(semantic: SemanticDriver, large: Photograph) -> ClassMap:
    """What is answered about a large picture, read."""
    return class_map(taken(semantic, semantic.request(large)), semantic.schema_rule)


def _classes(answer: ClassMap, scene: Scene) -> tuple[Place, ...]:
    return of_classes(answer, scene.width, scene.height)


def masks(sam2: Sam2Driver) -> list[Enlarged]:
    """The masks for a point on each thing of a scene, and of the same scene made larger."""
    scene, _ = sam2.witness("masks", prompts=2)
    before = sized(of_masks(sam2.of_every_thing(scene)))
    if not (apart(before) or differ(before, _of_another(sam2, scene))):
        raise NoWitness("the model answers the same mask for every point in every picture")
    large, answer = points(sam2, scene)
    return [_enlarged(answer, large, scene, before, of_masks(answer))]


def points(sam2: Sam2Driver, scene: Scene) -> tuple[Photograph, Segmentation]:
    """A scene made larger, and the answer to a point on each of its things, in px of the large picture."""
    large = enlarged(scene)
    times = large.width // scene.width
    prompts = [sam2.point(x * times + times // 2, y * times + times // 2) for x, y in scene.points()]
    return large, sam2.read(taken(sam2, sam2.request(large, prompts)), large)


def _of_another(sam2: Sam2Driver, scene: Scene) -> tuple[Place, ...]:
    """The masks for the things of another scene, as much smaller or larger as there is one."""

    def unlike(other: Scene) -> float:
        return abs(math.log(other.width * other.height / (scene.width * scene.height)))

    return sized(of_masks(sam2.of_every_thing(max((each for each in sam2.scenes if each.things), key=unlike))))


def told(florence2: Florence2Driver) -> list[Enlarged]:
    """The objects that are told of in a scene, and in the same made larger."""
    task = tasks()["OD"]
    scene, before = florence2.witness(task, "a place", lambda answer: bool(answer.shapes))
    large = enlarged(scene)
    answer = florence2.read(taken(florence2, florence2.request(large, task.token)), task)
    return [_enlarged(answer, large, scene, sized(of_shapes(before)), of_shapes(answer))]


def told_upright(florence2: Florence2Driver) -> list[Enlarged]:
    """The objects that are told of in a scene, and in the same with more below it, which makes it upright.

    Raises NoWitness for a model that tells of the same shares of both, whatever they show.
    """
    task = tasks()["OD"]
    scene, before = florence2.witness(task, "a place", lambda answer: bool(answer.shapes))
    high = upright(scene)
    answer = florence2.ask(task, high, task.token)
    sizes = (scene.width, scene.height), (high.width, high.height)
    kept, found = (within(sized(of_shapes(each)), size) for each, size in zip((before, answer), sizes, strict=True))
    shares = [as_shares(each, size) for each, size in zip((kept, found), sizes, strict=True)]
    elsewhere = tuple(one for one, share in zip(found, shares[1], strict=True) if not among(share, shares[0]))
    if not found or 2 * len(elsewhere) <= len(found):
        why = "the same shares of the picture" if found else "nothing but places that span it"
        raise NoWitness(f"the model tells of {why} once there is more below what it shows")
    return [Enlarged(answer, sizes[1], 1.0, kept, elsewhere)]


def finds(owlv2: Owlv2Driver) -> list[Enlarged]:
    """What is found by two examples in their scene, and in the same made larger; they are shown in the small one."""
    found = owlv2.witness("two examples in their own picture", Found.finds_its_examples, classes=2)
    large = enlarged(found.scene)
    asked: dict[str, Any] = {"reference": found.scene, "confidence": found.threshold}
    answer = detection(taken(owlv2, owlv2.request(large, owlv2.boxes(found), **asked)), owlv2.schema_rule)
    return [_enlarged(answer, large, found.scene, sized(of_boxes(found.answer)), of_boxes(answer))]


def _enlarged(
    answer: Any, large: Photograph, scene: Scene, before: tuple[Place, ...], found: tuple[Place, ...]
) -> Enlarged:
    return Enlarged(answer, (large.width, large.height), _times(large, scene), before, found)


def _times(large: Scene, scene: Scene) -> float:
    return large.height / scene.height
