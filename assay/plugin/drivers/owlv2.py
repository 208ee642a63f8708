"""Asking OwlV2 for what looks like an example."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.contract import wire
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context
from assay.judge import verify, verify_examples
from assay.judge.answers import Detection, detection, response_of
from assay.judge.boxes import Corners, widest_gap
from assay.judge.readings import Painted
from assay.judge.verdicts import NoWitness
from assay.photograph import in_other_sizes
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures
from assay.record.model import Exchange
from assay.scene import Scene, Thing
from assay.target.client import Target

OWLV2_SCENES = ("counters", "tokens", "square", "menagerie", "trio")
SERVER_DEFAULT = "default"
"""Stands for a version where none was named: the page's own script sends none."""
FIRST, SECOND = "plum", "fig"
"""Names for what examples show: the server's list of classes, in alphabetical order, turns them round."""
CONFIDENCE = 0.99
LOW_CONFIDENCE = 0.9
"""Fractions. The script's own threshold, and one that is low for OwlV2."""
LOOKS = (CONFIDENCE, LOW_CONFIDENCE)
REPEATS, MARGIN = 3, 3
"""Times that one request is asked to see how its confidences vary, and how much more they may vary than was seen."""
GAPS = 3
"""Two confidences that a threshold is to tell apart lie at least as many times the noise from each other."""
SPOT = 4
"""Side in px of an example box that shows nothing."""

Box = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A scene, the things of it that were given as examples, by class, the threshold (0 to 1), and the answer."""

    scene: Scene
    examples: Mapping[str, Thing]
    threshold: float
    answer: Detection

    def anything(self) -> bool:
        """Whether there is a prediction."""
        return bool(self.answer.predictions)

    def sees_its_examples(self) -> bool:
        """Whether something lies where each example is, of whatever class."""
        return all(verify_examples.overlapping(self.answer, thing.box) for thing in self.examples.values())

    def finds_its_examples(self) -> bool:
        """Whether something of its class lies where each example is."""
        return all(
            any(one.label == label for one in verify_examples.overlapping(self.answer, thing.box))
            for label, thing in self.examples.items()
        )

    def spans(self, threshold: float, noise: float) -> bool:
        """Whether there are predictions that surely do not reach a threshold, and some that do."""
        sure = [prediction.confidence for prediction in self.answer.predictions]
        return bool(sure) and min(sure) < threshold - noise and max(sure) > threshold


class Owlv2Driver(Driver):
    """Asks `POST /owlv2/infer`. `model` is the version, as in `owlv2_version_id`, or SERVER_DEFAULT."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._found: dict[tuple[str, int, float], Found] = {}
        self._noise: float | None = None

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order: large things first."""
        return self.depth.choose(OWLV2_SCENES)

    @staticmethod
    def box(thing: Thing, label: str, **more: Any) -> Box:
        """An example box around a thing, in whole px about its centre."""
        return Owlv2Driver.around(thing.box, label, **more)

    @staticmethod
    def around(place: Corners, label: str, **more: Any) -> Box:
        """An example box of these corners (px), in whole px about its centre."""
        x0, y0, x1, y1 = place
        width, height = round(x1 - x0), round(y1 - y0)
        return {"x": int((x0 + x1) / 2), "y": int((y0 + y1) / 2), "w": width, "h": height, "cls": label, **more}

    @staticmethod
    def spot(scene: Scene, label: str) -> Box:
        """An example box of a few px that shows nothing but background, as far from things as there is room."""
        owners = scene.owners()
        bare = ((x, y) for y in range(SPOT, scene.height, SPOT) for x in range(SPOT, scene.width, SPOT))
        free = (place for place in bare if (owners[_around(place[1]), _around(place[0])] < 0).all())
        x, y = max(free, key=lambda place: _distance(scene, *place))
        return {"x": x, "y": y, "w": SPOT, "h": SPOT, "cls": label}

    @staticmethod
    def outside(scene: Scene, label: str) -> Box:
        """An example box as large as that of the first thing, ten pictures away to the right and below."""
        box = Owlv2Driver.box(scene.things[0], label)
        return {**box, "x": 10 * scene.width, "y": 10 * scene.height}

    @staticmethod
    def mirrored(scene: Scene) -> Scene:
        """The scene mirrored from left to right: the same things at other places."""
        things = tuple(
            dataclasses.replace(thing, box=(scene.width - x1, y0, scene.width - x0, y1))
            for thing in scene.things
            for x0, y0, x1, y1 in [thing.box]
        )
        return dataclasses.replace(scene, name=f"{scene.name}, mirrored", things=things)

    @staticmethod
    def examples(scene: Scene, classes: int) -> dict[str, Thing]:
        """A thing for each of so many classes, 1 or 2: the first one, and the first that is of another kind."""
        first = scene.things[0]
        others = [thing for thing in scene.things if thing.kind != first.kind]
        return dict(zip((FIRST, SECOND)[:classes], (first, *others), strict=False))

    def request(
        self, scene: Scene, boxes: Sequence[Box], reference: Scene | None = None, *, check: bool = True, **fields: Any
    ) -> Request:
        """A request with the scene in base64, and boxes in a reference picture, by default the scene itself.

        Fields that are None are absent. Without `check` it may break its schema.
        """
        return self.request_of(scene.png(), (reference or scene).png(), boxes, fields, check)

    def request_of(
        self, image: bytes, reference: bytes, boxes: Sequence[Box], fields: Mapping[str, Any], check: bool = True
    ) -> Request:
        """The same with pictures that are encoded already."""
        version = None if self.model == SERVER_DEFAULT else self.model
        asked = {"confidence": CONFIDENCE, "owlv2_version_id": version, **fields}
        body = {
            "training_data": [self.reference_of(reference, boxes)],
            **{name: value for name, value in asked.items() if value is not None},
        }
        return self.operation.request(body=body, image=image, check=check)

    @staticmethod
    def in_a_list(request: Request, times: int) -> Request:
        """The same request with its picture so many times, in a list, for the target."""
        body = request.json()
        return request.replace(body=wire.json_bytes({**body, "image": [body["image"]] * times}))

    @staticmethod
    def reference_of(picture: bytes, boxes: Sequence[Box]) -> dict[str, Any]:
        """One entry of `training_data`: an encoded reference picture with its boxes."""
        return {"image": _inline(picture), "boxes": list(boxes)}

    def plain_request(self) -> Request:
        """The first scene as JPEG, target and reference at once, with one box, as the script does."""
        scene = self.scenes[0]
        return self.request_of(scene.jpeg(), scene.jpeg(), [self.box(scene.things[0], FIRST)], {})

    def exchange(self, scene: Scene, boxes: Sequence[Box], reference: Scene | None = None, **fields: Any) -> Exchange:
        """Ask, and expect an answer."""
        return expect_success(self.once(self.request(scene, boxes, reference, **fields)))

    def ask(self, scene: Scene, boxes: Sequence[Box], reference: Scene | None = None, **fields: Any) -> Detection:
        """Ask for predictions; a request that was answered before is not sent again."""
        return detection(self.exchange(scene, boxes, reference, **fields), self.schema_rule)

    def ask_if_taken(self, scene: Scene, boxes: Sequence[Box], **fields: Any) -> Detection | None:
        """Ask for predictions; None where the target refuses such examples with a 4xx."""
        exchange = self.once(self.request(scene, boxes, **fields))
        if 400 <= response_of(exchange).status < 500:
            return None
        return detection(expect_success(exchange), self.schema_rule)

    def found(self, scene: Scene, classes: int = 1, confidence: float = CONFIDENCE) -> Found:
        """What is found in a scene by examples that are taken from it; asked once."""
        key = (scene.name, classes, confidence)
        if key not in self._found:
            examples = self.examples(scene, classes)
            answer = self.ask(scene, self._boxes(examples), confidence=confidence)
            self._found[key] = Found(scene, examples, confidence, answer)
        self.target.refer(self._found[key].answer.exchange)
        return self._found[key]

    @property
    def noise(self) -> float:
        """By how much a confidence may differ from call to call: more than was seen, and a little on any target."""
        if self._noise is None:
            found = self.found(self.scenes[0], confidence=LOW_CONFIDENCE)
            request = self.request(found.scene, self.boxes(found), confidence=LOW_CONFIDENCE)
            again = [detection(expect_success(self.send(request)), self.schema_rule) for _ in range(REPEATS - 1)]
            seen = verify_examples.noise_of([found.answer, *again])
            self._noise = max(verify_examples.NOISE, MARGIN * seen)
        return self._noise

    def boxes(self, found: Found) -> list[Box]:
        """The example boxes by which something was found."""
        return self._boxes(found.examples)

    def _boxes(self, examples: Mapping[str, Thing]) -> list[Box]:
        return [self.box(thing, label) for label, thing in examples.items()]

    def all_found(self, classes: int = 1) -> Iterator[Found]:
        """What is found in all scenes, first at the usual threshold, then at a low one."""
        for confidence in LOOKS:
            for scene in self.scenes:
                if len(self.examples(scene, classes)) == classes:
                    yield self.found(scene, classes, confidence)

    def painted(self) -> list[Painted]:
        """What is found of two examples in scenes of which it is known what lies where: the surest box of each class.

        Those are of the examples themselves; what else is found is only like them.
        """
        every = [self.found(scene, classes=len(self.examples(scene, 2))) for scene in self.scenes]
        return [
            Painted(_surest(one.answer), (one.scene.width, one.scene.height), tuple(t.box for t in one.scene.things))
            for one in every
        ]

    def resized(self) -> list[tuple[Detection, tuple[int, int]]]:
        """What the examples of the first scenes find in the same in other sizes, of this width and height, px."""
        found = {scene.name: self.found(scene) for scene in self.scenes}
        seen = [each.scene for each in found.values() if each.anything()]
        asked = {"confidence": CONFIDENCE}
        return [
            (self.ask(picture, self.boxes(found[scene.name]), scene, **asked), (picture.width, picture.height))
            for scene, picture in in_other_sizes(seen)
        ]

    def witness(self, what: str, suffices: Callable[[Found], bool], classes: int = 1) -> Found:
        """The first answer that suffices. Raises NoWitness, saying what was looked for."""
        for found in self.all_found(classes):
            if suffices(found):
                self.note(f"{what}: scene {found.scene.name}, {len(found.answer.predictions)} predictions")
                return found
        raise NoWitness(f"no scene shows {what}; OwlV2 finds too little in Assay's scenes")

    def with_gap(self) -> tuple[float, float, Found]:
        """Two neighbouring confidences with room between them, and the answer that has them. Raises NoWitness."""
        found = self.witness("two confidences with room between them", lambda one: self._gap(one) is not None)
        low, high = self._gap(found) or (0.0, 0.0)
        return low, high, found

    def _gap(self, found: Found) -> tuple[float, float] | None:
        return widest_gap(found.answer.predictions, GAPS * self.noise)

    def just_below(self) -> Found:
        """Of the answers at a low threshold that whose surest prediction below the usual threshold is nearest to it.

        A default that is lower by little would let that through. Raises NoWitness where no answer has one.
        """
        low = [self.found(scene, confidence=LOW_CONFIDENCE) for scene in self.scenes]
        below = {
            one.confidence: found
            for found in low
            for one in found.answer.predictions
            if one.confidence < CONFIDENCE - self.noise
        }
        if not below:
            raise NoWitness(f"no scene shows a prediction below {CONFIDENCE}; OwlV2 finds too little in Assay's scenes")
        nearest = below[max(below)]
        self.note(f"a prediction below {CONFIDENCE}: scene {nearest.scene.name}, confidence {max(below):g}")
        return nearest

    def shown(self, mode: str) -> list[Exchange]:
        """Answers about the first scenes, by one example and by two, whether they can be read or not; asked once."""
        asked = [(scene, self._boxes(self.examples(scene, classes))) for scene in self.scenes[:2] for classes in (1, 2)]
        return [self.target.refer(self.exchange(scene, boxes, confidence=CONFIDENCE)) for scene, boxes in asked]

    def apart(self) -> list[Alone]:
        """Scenes of different sizes in which something is found."""
        alone = [self.found(scene) for scene in self.scenes]
        distinct = {(one.scene.width, one.scene.height): one for one in alone if one.answer.predictions}
        if len(distinct) < 2:
            raise NoWitness("fewer than two scenes of different sizes are answered with predictions")
        return [self._alone(one) for one in distinct.values()]

    def deck(self) -> list[Alone]:
        """One scene at two thresholds and with a drawing, and another scene."""
        found = self.witness("a prediction", Found.anything)
        others = (scene for scene in self.scenes if scene != found.scene and self.found(scene).anything())
        looks = [(found.scene, confidence) for confidence in LOOKS]
        looks += [(scene, CONFIDENCE) for scene in islice(others, 1)]
        drawn = self.request(found.scene, self.boxes(found), visualize_predictions=True)
        return [
            *(self._settled(*look) for look in looks),
            self.of_its_kind(f"scene {found.scene.name}, drawn", drawn, found.scene.name),
        ]

    def _settled(self, scene: Scene, confidence: float) -> Alone:
        found = self.found(scene, confidence=confidence)
        request = self.request(scene, self.boxes(found), confidence=confidence)
        found = dataclasses.replace(found, answer=detection(self.settled(request), self.schema_rule))
        what = f"scene {scene.name} at {confidence}"
        return dataclasses.replace(self._alone(found), what=what, picture=scene.name)

    def other_examples(self) -> list[Alone]:
        """Examples of two things in one picture, each under each name, alone and both together.

        Raises NoWitness where not both are surely found, each under the name of its example.
        """
        found = self.witness("two examples in their own picture", self.surely_found, classes=2)
        one, other = found.examples.values()
        sets = [{FIRST: one}, {SECOND: one}, {FIRST: other}, {SECOND: other}, {FIRST: one, SECOND: other}]
        return [self._by_examples(found, examples) for examples in (*sets, {FIRST: other, SECOND: one})]

    def surely_found(self, found: Found) -> bool:
        """Whether its examples are found, and by more than the noise over the threshold."""
        sure = {
            label: max((one.confidence for one in verify_examples.overlapping(found.answer, thing.box)), default=0.0)
            for label, thing in found.examples.items()
        }
        return found.finds_its_examples() and min(sure.values()) > found.threshold + self.noise

    def _by_examples(self, found: Found, examples: Mapping[str, Thing]) -> Alone:
        numbers = {thing: number for number, thing in enumerate(found.examples.values(), 1)}
        what = " and ".join(f"thing {numbers[thing]} called {label}" for label, thing in examples.items())

        def same(exchange: Exchange) -> None:
            answer = detection(expect_success(exchange), self.schema_rule)
            verify_examples.of_these_examples(answer, {label: thing.box for label, thing in examples.items()})

        request = self.request(found.scene, self._boxes(examples), confidence=found.threshold)
        return Alone(what, request, same, picture=what)

    def about(self, picture: Scene, scene: Scene) -> Request:
        """By an example that the scene shows."""
        return self.request(picture, [self.box(scene.things[0], FIRST)], scene)

    def gist(self, exchange: Exchange) -> bool:
        """Whether anything is found."""
        return bool(detection(exchange, self.schema_rule).predictions)

    def _alone(self, found: Found) -> Alone:
        def same(exchange: Exchange) -> None:
            answer = detection(expect_success(exchange), self.schema_rule)
            if "image" in found.answer.body:
                verify.image_size(answer, found.scene.width, found.scene.height)
            why = "though alone the same request is answered otherwise"
            verify_examples.same_finds(answer, found.answer, why, found.threshold + self.noise)

        request = self.request(found.scene, self.boxes(found), confidence=found.threshold)
        return Alone(f"scene {found.scene.name}", request, same)

    def context(self) -> Context:
        """The first two scenes, and the version where one was named."""
        fixed = {} if self.model == SERVER_DEFAULT else {"/owlv2_version_id": self.model}
        return Context(pictures(self.scenes[:2]), fixed=fixed)

    def example(self) -> Any:
        """With an example box that shows something: what follows on nothing is not reached otherwise."""
        fullest = super().example()
        for one in fullest["training_data"]:
            one["boxes"] = [self.box(self.scenes[0].things[0], FIRST)]
        return fullest


def _surest(answer: Detection) -> Detection:
    """The answer with the most confident prediction of each class alone."""
    of_each = (answer.of([label]) for label in answer.labels)
    best = tuple(max(found, key=lambda one: one.confidence) for found in of_each)
    return dataclasses.replace(answer, predictions=best)


def _inline(data: bytes) -> dict[str, str]:
    return {"type": "base64", "value": base64.b64encode(data).decode("ascii")}


def _around(place: int) -> slice:
    return slice(place - SPOT // 2, place + SPOT // 2)


def _distance(scene: Scene, x: int, y: int) -> float:
    """From a place to the nearest thing's box, in px along the longer axis."""
    return min(max(x0 - x, x - x1, y0 - y, y - y1) for x0, y0, x1, y1 in (thing.box for thing in scene.things))
