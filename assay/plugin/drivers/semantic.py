"""Asking for the class of every pixel: the hosted model route, and the JSON route to the same models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context, askable
from assay.judge import masks, verify, verify_classmaps
from assay.judge.classmaps import ClassMap, class_map
from assay.judge.verdicts import NoWitness, PrerequisiteBroken
from assay.judge.verify_apart import Mark
from assay.photograph import Photograph
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures
from assay.record.model import Exchange
from assay.scene import Scene
from assay.target.client import Target

SEMANTIC_SCENES = ("menagerie", "portrait", "pair", "tower", "wide", "trio")
"""None is square, no two are of one size, and the last has one class less: what is turned or mixed up shows."""

HIGH = 90
"""Percent. A threshold that takes classes away."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene and what the deployment answered about it."""

    scene: Scene
    answer: ClassMap


class SemanticDriver(Driver):
    """Asks `POST /{dataset}/{version}` or `POST /infer/semantic_segmentation`, by the shape of its operation."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._plain: dict[str, Exchange] = {}
        self._shown: dict[str, list[Exchange]] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order."""
        return (*self.depth.choose(SEMANTIC_SCENES), *self.own)

    def request(self, scene: Scene, percent: float | None = None, **fields: Any) -> Request:
        """A request with the scene. The threshold is given in percent, whatever the route's own scale."""
        return self._request(scene.png(), percent, fields)

    def _request(self, image: bytes, percent: float | None, fields: dict[str, Any]) -> Request:
        if self.operation.shape == "json-body":
            threshold = {} if percent is None else {"confidence": percent / 100}
            return self.operation.request(body={"model_id": self.model, **threshold, **fields}, image=image)
        threshold = {} if percent is None else {"confidence": percent}
        return self.operation.request(path=self._path(), query={**threshold, **fields}, image=image)

    def _path(self) -> dict[str, str]:
        dataset, version = self.model.split("/")
        return {"dataset": dataset, "version": version}

    def plain_request(self) -> Request:
        """The first scene as JPEG, and no parameter."""
        return self._request(self.scenes[0].jpeg(), None, {})

    def of_jpeg(self, scene: Scene) -> ClassMap:
        """What is answered about a scene as JPEG; asked once."""
        return class_map(expect_success(self.once(self._request(scene.jpeg(), None, {}))), self.schema_rule)

    def plain(self, scene: Scene) -> Exchange:
        """What a request without any parameter is answered; asked once."""
        if scene.name not in self._plain:
            self._plain[scene.name] = expect_success(self.send(self.request(scene)))
        return self.target.refer(self._plain[scene.name])

    def seen(self, scene: Scene) -> Seen:
        """The same, read."""
        return Seen(scene, class_map(self.plain(scene), self.schema_rule))

    def sees(self, scene: Scene) -> bool:
        """Whether a plain request about the scene is answered with a class beside the background."""
        try:
            return bool(self.seen(scene).answer.found)
        except PrerequisiteBroken:
            return False

    def all_seen(self, painted: bool = False) -> Iterator[Seen]:
        """Everything that scenes show; `painted` where it matters what is on them."""
        for scene in self.scenes:
            if not (painted and isinstance(scene, Photograph)):
                yield self.seen(scene)

    def ask(self, scene: Scene, percent: float | None = None, **fields: Any) -> ClassMap:
        """Ask for classes as JSON."""
        return class_map(expect_success(self.send(self.request(scene, percent, **fields))), self.schema_rule)

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode about the first scenes; asked once. JSON is what comes without a parameter too."""
        if mode == "json":
            return [self.plain(scene) for scene in self.first]
        if mode not in self._shown:
            requests = [self.request(scene, format=mode) for scene in self.first]
            self._shown[mode] = [expect_success(self.send(request)) for request in requests]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    def apart(self) -> list[Alone]:
        """Scenes, all of different sizes, in which a class is seen."""
        several = [seen for seen in self.all_seen() if seen.answer.found]
        if len(several) < 2:
            raise NoWitness("fewer than two scenes are answered with a class beside the background")
        return [self._alone(seen) for seen in several]

    def _alone(self, seen: Seen) -> Alone:
        def same(exchange: Exchange) -> None:
            answer = class_map(expect_success(exchange), self.schema_rule)
            verify.image_size(answer, seen.scene.width, seen.scene.height)
            why = "though alone the same request is answered otherwise"
            verify_classmaps.same_classes(answer, seen.answer, why, verify_classmaps.SAME_PICTURE)

        return Alone(f"scene {seen.scene.name}", self.request(seen.scene), same)

    def deck(self) -> list[Alone]:
        """One scene with and without a threshold, and other scenes."""
        first, *others = self.apart()
        scene = next(each for each in self.scenes if first.what == f"scene {each.name}")
        strict = self.compared(f"{first.what} with a threshold of {HIGH} %", self.request(scene, HIGH), first.what)
        return [
            *self.pictured([first]),
            strict,
            *self.pictured(others[:2]),
        ]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """Without any parameter."""
        return self.request(picture)

    def gist(self, exchange: Exchange) -> tuple[str, ...]:
        """The classes that were found."""
        answer = class_map(exchange, self.schema_rule)
        return tuple(sorted(answer.name(value) for value in answer.found))

    def marks(self, exchange: Exchange) -> list[Mark]:
        """The middle of what each class covers."""
        answer = class_map(exchange, self.schema_rule)
        return [Mark(answer.name(value), *masks.middle(answer.ids == value)) for value in answer.found]

    def context(self) -> Context:
        """Scenes, the model, and the classes that it was seen to know."""
        shown = pictures(self.first)
        if self.operation.shape == "json-body":
            return Context(shown, fixed={"/model_id": self.model})
        found = [seen.answer for seen in self.all_seen()]
        labels = {answer.name(value) for answer in found for value in answer.found}
        return Context(shown, path=self._path(), classes=askable(labels))

    def witness(self, what: str, suffices: Callable[[Seen], bool], painted: bool = False) -> Seen:
        """The first answer that suffices, `painted` where only Assay's own scenes show it beyond doubt.

        Raises NoWitness, saying what was looked for and where.
        """
        for seen in self.all_seen(painted):
            if suffices(seen):
                self.note(f"{what}: scene {seen.scene.name}, {seen.answer.classes}")
                return seen
        places = "Assay's scenes, and this is judged in no other picture" if painted else self.places
        raise NoWitness(f"no scene shows {what}; the model {self.model} sees too little in {places}")
