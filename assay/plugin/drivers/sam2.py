"""Asking SAM2 for masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.contract import delivery
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context
from assay.judge import masks, verify
from assay.judge.answers import Segmentation, response_of, segmentation
from assay.judge.verdicts import NoWitness
from assay.judge.verify_apart import Mark
from assay.judge.verify_sam2_points import OPPOSITE, NearEdges
from assay.photograph import mirrored
from assay.picture import stated_size
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures, unless_refused
from assay.record.model import Exchange
from assay.scene import SCENES, Scene
from assay.target.client import Target

SAM2_SCENES = ("counters", "tokens", "pair", "speck")
FIGURES = SCENES["duo"]
"""Two of its three things have a head and legs: between those the outline turns inward."""
OK = 200
NEAR_EDGE = 5
"""px between a point and the edge of its thing."""
BOX_MARGIN = 6
"""px between a thing and the box that is drawn around it for a prompt."""
Prompts = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prompted:
    """A scene, prompts for it, and the answer to each of them alone."""

    scene: Scene
    prompts: Prompts
    answers: Sequence[Segmentation]

    @property
    def alone(self) -> list[masks.Mask]:
        """The mask of each prompt, alone."""
        return [answer.masks[0] for answer in self.answers]

    def over_and_over(self, number: int) -> list[int]:
        """Numbers of the prompts, so many, in Thue and Morse's order: no part of it comes three times running."""
        return [place.bit_count() % len(self.prompts) for place in range(number)]


class Sam2Driver(Driver):
    """Asks `POST /sam2/segment_image`. `model` is the version, as in `sam2_version_id`."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._shown: dict[str, list[Exchange]] = {}

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode, to one prompt and to two; asked once."""
        if mode not in self._shown:
            scene = self.scenes[0]
            prompts = self.prompts(scene)
            requests = [self.request(scene, prompts[:number], format=mode) for number in (1, 2)]
            self._shown[mode] = [expect_success(self.send(request)) for request in requests]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order: few, because a new picture costs seconds."""
        return self.depth.choose(SAM2_SCENES)

    @staticmethod
    def point(x: float, y: float) -> dict[str, Any]:
        """A prompt of one positive point in px."""
        return {"points": [{"x": x, "y": y, "positive": True}]}

    def prompts(self, scene: Scene) -> list[dict[str, Any]]:
        """One prompt for each thing of the scene."""
        return [self.point(x, y) for x, y in scene.points()]

    @staticmethod
    def partners(scene: Scene) -> list[tuple[int, int]]:
        """For each thing of the scene, a point (px) on the next one; the last is followed by the first."""
        points = list(scene.points())
        return points[1:] + points[:1]

    def pairs(self, scene: Scene, positive: bool) -> list[dict[str, Any]]:
        """One prompt for each thing: a positive point on it, and one on the next thing that is positive or not."""
        prompts = self.prompts(scene)
        for prompt, (x, y) in zip(prompts, self.partners(scene), strict=True):
            prompt["points"].append({"x": x, "y": y, "positive": positive})
        return prompts

    @staticmethod
    def boxes(scene: Scene) -> list[dict[str, float]]:
        """A box around each thing, in px and with (x, y) as its centre; none leaves the picture."""
        boxes = []
        for thing in scene.things:
            x0, y0 = (max(side - BOX_MARGIN, 0) for side in thing.box[:2])
            x1, y1 = min(thing.box[2] + BOX_MARGIN, scene.width), min(thing.box[3] + BOX_MARGIN, scene.height)
            boxes.append({"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0})
        return boxes

    def request(self, scene: Scene, prompts: Prompts, **fields: Any) -> Request:
        """A request with the scene in base64; fields that are None are absent."""
        body = {
            "prompts": {"prompts": list(prompts)},
            "sam2_version_id": self.model,
            **{name: value for name, value in fields.items() if value is not None},
        }
        return self.operation.request(body=body, image=scene.png())

    def plain_request(self) -> Request:
        """The first scene as JPEG, and a point in its first thing."""
        prompts = {"prompts": self.prompts(self.scenes[0])[:1]}
        body = {"prompts": prompts, "sam2_version_id": self.model}
        return self.operation.request(body=body, image=self.scenes[0].jpeg())

    def in_wrapper(self, scene: Scene, prompts: Any) -> Request:
        """A request whose `prompts` are what is given, in whatever form; None leaves them out."""
        body = {"sam2_version_id": self.model, **({} if prompts is None else {"prompts": prompts})}
        return self.operation.request(body=body, image=scene.png(), check=False)

    def exchange(self, scene: Scene, prompts: Prompts, **fields: Any) -> Exchange:
        """Ask, and expect an answer; what was asked before is remembered."""
        return expect_success(self.once(self.request(scene, prompts, **fields)))

    def ask(self, scene: Scene, prompts: Prompts, **fields: Any) -> Segmentation:
        """Ask for masks as JSON, polygons or RLE; what was asked before is remembered."""
        return self.read(self.exchange(scene, prompts, **fields), scene)

    def ask_many(self, scene: Scene, prompts: Prompts) -> Segmentation:
        """The same with many prompts at once. Raises NoWitness where they are refused."""
        exchange = unless_refused(self.once(self.request(scene, prompts)), f"{len(prompts)} prompts at once")
        return self.read(expect_success(exchange), scene)

    def read(self, exchange: Exchange, scene: Scene) -> Segmentation:
        """The masks of an answer, polygons filled in a picture of the scene's size."""
        return segmentation(exchange, self.schema_rule, scene.width, scene.height)

    def odd(self, way: str) -> Request:
        """A request of which no document says how it is to be answered."""
        scene = self.scenes[0]
        point, box = self.prompts(scene)[0], {"box": self.boxes(scene)[1]}
        outside = self.point(scene.width * 16, -50)
        fields: dict[str, dict[str, Any]] = {
            "format-polygon": {"format": "polygon"},
            "format-unknown": {"format": "no-such-format"},
            "point-outside": {"prompts": {"prompts": [outside]}},
            "box-beside-point": {"prompts": {"prompts": [box, point]}},
        }
        body = {"prompts": {"prompts": [point]}, "sam2_version_id": self.model, **fields[way]}
        return self.operation.request(body=body, image=scene.png(), check=False)

    def version(self, version: str) -> Exchange:
        """The answer of a version to the plain request. Raises NoWitness where the target does not serve it."""
        body = {**self.plain_request().json(), "sam2_version_id": version}
        return self.of_another_model(self.operation.request(body=body), version)

    def apart(self) -> list[Alone]:
        """Scenes of which a thing is answered with a mask."""
        alone = [(scene, self.ask(scene, self.prompts(scene)[:1])) for scene in self.scenes]
        several = [(scene, answer) for scene, answer in alone if answer.marked]
        if len(several) < 2:
            raise NoWitness("fewer than two scenes are answered with a mask")
        return [self._alone(scene, answer) for scene, answer in several]

    def _alone(self, scene: Scene, expected: Segmentation) -> Alone:
        def same(exchange: Exchange) -> None:
            answer = segmentation(expect_success(exchange), self.schema_rule, scene.width, scene.height)
            verify.same_masks(answer, expected, "though alone the same request is answered otherwise")

        return Alone(f"scene {scene.name}", self.request(scene, self.prompts(scene)[:1]), same)

    def deck(self) -> list[Alone]:
        """One scene with several prompts and in several forms, and another scene."""
        scene, _ = self.witness("a mask")
        first, *more = self.prompts(scene)[:2]
        asked: dict[str, Request] = {
            f"a point in scene {scene.name}": self.request(scene, [first]),
            f"other points in scene {scene.name}": self.request(scene, [*more, first]),
            f"a point in scene {scene.name} as run lengths": self.request(scene, [first], format="rle"),
            f"a point in scene {scene.name} with one mask": self.request(scene, [first], multimask_output=False),
        }
        others = (each for each in self.apart() if each.what != f"scene {scene.name}")
        return [
            *(self.compared(what, request, scene.name) for what, request in asked.items()),
            *self.pictured(islice(others, 1)),
        ]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """With a point in the first thing of the scene."""
        return self.request(picture, self.prompts(scene)[:1])

    def gist(self, exchange: Exchange) -> int:
        """What share of the picture the first mask covers, in tenths rounded up."""
        width, height = stated_size(delivery.picture_of(self.operation, exchange.request)) or (1, 1)
        found = segmentation(exchange, self.schema_rule, width, height).masks[:1]
        return -(-10 * sum(int(mask.sum()) for mask in found) // (width * height))

    def marks(self, exchange: Exchange) -> list[Mark]:
        """The middle of the first mask."""
        width, height = stated_size(delivery.picture_of(self.operation, exchange.request)) or (1, 1)
        found = segmentation(exchange, self.schema_rule, width, height).masks[:1]
        return [Mark("mask", *masks.middle(mask)) for mask in found if mask.any()]

    def in_runs(self, form: str) -> tuple[Scene, Prompts, Segmentation]:
        """Prompts that are answered, in run lengths, with a mask of some form: in several pieces, or with a hollow.

        Raises NoWitness where none is.
        """
        asks, has, first = FORMS[form]
        for scene in (*first, *self.scenes):
            if prompts := asks(self, scene):
                runs = self.ask(scene, prompts, format="rle")
                if any(map(has, runs.masks)):
                    self.note(f"scene {scene.name}, a mask {form.replace('-', ' ')}")
                    return scene, prompts, runs
        raise NoWitness(f"no prompt is answered with a mask {form.replace('-', ' ')}")

    def two_prompts(self) -> Prompted:
        """Two prompts for one scene that are answered with different masks. Raises NoWitness where there are none."""
        scene, _ = self.witness("masks of two things", prompts=2)
        prompts = self.prompts(scene)[:2]
        prompted = Prompted(scene, prompts, [self.ask(scene, [prompt]) for prompt in prompts])
        if not all(answer.masks for answer in prompted.answers) or not masks.tell_apart(prompted.alone):
            raise NoWitness("two prompts, asked alone, are not answered with different masks")
        return prompted

    def told_apart(self, asked: str, prompts: Callable[[Scene], Prompts]) -> list[tuple[Scene, Segmentation]]:
        """Scenes that are answered with masks of which two can be told apart: the model heeds its prompts there.

        Raises NoWitness where all prompts for a picture are answered with much the same mask.
        """
        found = []
        for scene in self.scenes[:2]:
            answer = self.ask(scene, prompts(scene))
            if len(answer.masks) == len(scene.things) and masks.some_differ(answer.masks):
                self.note(f"{asked}: scene {scene.name}, {len(answer.masks)} prompts, and not all of the same mask")
                found.append((scene, answer))
        if not found:
            raise NoWitness(f"{asked} for different things are answered with the same mask")
        return found

    def of_boxes(self, scene: Scene) -> Segmentation:
        """The masks for a box around each thing of the scene."""
        answer = self.ask(scene, [{"box": box} for box in self.boxes(scene)])
        verify.one_prediction_each(answer, len(scene.things))
        return answer

    def in_both_orders(self, scene: Scene, points: int = 2) -> tuple[Segmentation, Segmentation]:
        """The masks for so many positive points, on each thing and on those next to it, and in the other order."""
        every = [prompt["points"][0] for prompt in self.prompts(scene)]
        groups = [[(every + every)[place + number] for number in range(points)] for place in range(len(every))]
        ways = [{"points": group} for group in groups], [{"points": group[::-1]} for group in groups]
        answers = self.ask(scene, ways[0]), self.ask(scene, ways[1])
        for answer in answers:
            verify.one_prediction_each(answer, len(scene.things))
        return answers

    def brought_in(self, scene: Scene) -> dict[int, tuple[int, int]]:
        """The second points of pairs that lie in the mask of their pair when both are positive, by its place."""
        both = self.ask(scene, self.pairs(scene, positive=True)).masks
        return {
            index: point
            for index, (point, mask) in enumerate(zip(self.partners(scene), both, strict=False))
            if masks.covers(mask, *point)
        }

    def kept_out(self, scene: Scene) -> Segmentation:
        """The masks of the same pairs with a negative second point."""
        answer = self.ask(scene, self.pairs(scene, positive=False))
        verify.one_prediction_each(answer, len(scene.things))
        return answer

    def of_every_thing(self, scene: Scene) -> Segmentation:
        """The masks for a point on each thing of the scene."""
        return self.ask(scene, self.prompts(scene))

    def things(self, scene: Scene) -> list[masks.Mask]:
        """What is to be seen of each thing of the scene."""
        return [scene.mask(thing) for thing in scene.things]

    def near_edges(self, scene: Scene) -> NearEdges:
        """The masks for points near each edge of each thing of the scene."""
        things = self.things(scene)
        points = {edge: [masks.near_edge(thing, edge, NEAR_EDGE) for thing in things] for edge in OPPOSITE}
        answers = {edge: self.ask(scene, [self.point(x, y) for x, y in places]) for edge, places in points.items()}
        for answer in answers.values():
            verify.one_prediction_each(answer, len(things))
        return NearEdges(things, self.of_every_thing(scene), points, answers)

    def mirrored(self, scene: Scene) -> Segmentation:
        """The masks for the same points in the mirrored scene, where each lies as far from the right as it did left."""
        prompts = [self.point(scene.width - 1 - x, y) for x, y in scene.points()]
        return self.ask(mirrored(scene), prompts)

    def heeded(self) -> tuple[Scene, dict[str, Any], Segmentation]:
        """A prompt that is answered otherwise than no prompt at all. Raises NoWitness where there is none."""
        for scene in self.scenes[:2]:
            unprompted = self.once(self.in_wrapper(scene, None))
            refused = response_of(unprompted).status != OK
            usual = () if refused else self.read(unprompted, scene).masks
            for prompt in self.prompts(scene):
                answer = self.ask(scene, [prompt])
                if answer.marked and (refused or masks.some_differ([*answer.masks[:1], *usual[:1]])):
                    self.note(f"scene {scene.name}: without the prompt the answer is another")
                    return scene, prompt, answer
        raise NoWitness("no prompt is answered otherwise than no prompt at all: a lost one would not be missed")

    def context(self) -> Context:
        """The two first scenes, because a new picture costs seconds, and the version."""
        return Context(pictures(self.scenes[:2]), fixed={"/sam2_version_id": self.model})

    def witness(self, what: str, prompts: int = 1) -> tuple[Scene, Segmentation]:
        """A scene whose first `prompts` things are answered with masks that are not all empty. Raises NoWitness."""
        for scene in self.scenes:
            if len(scene.things) < prompts:
                continue
            answer = self.ask(scene, self.prompts(scene)[:prompts])
            if answer.marked:
                areas = ", ".join(f"{int(mask.sum())} px" for mask in answer.masks)
                self.note(f"{what}: scene {scene.name}, masks of {areas}")
                return scene, answer
        raise NoWitness(f"no scene shows {what}: every mask came back empty")


Form = tuple[Callable[[Sam2Driver, Scene], Prompts], Callable[[masks.Mask], bool], tuple[Scene, ...]]
FORMS: Mapping[str, Form] = {
    "of-several-pieces": (
        lambda sam2, scene: sam2.pairs(scene, positive=True) if len(scene.things) > 1 else [],
        lambda mask: bool(mask.any()) and not masks.is_one_piece(mask),
        (),
    ),
    "with-a-hollow": (lambda sam2, scene: sam2.prompts(scene), masks.has_a_hollow, (FIGURES,)),
}
"""What a mask may look like, by the prompts that may be answered so, and scenes that are likelier than others."""
