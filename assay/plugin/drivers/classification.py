"""Asking the hosted model route what a picture is of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context, askable
from assay.judge import verify
from assay.judge.answers import Classification, Labelling, classification, labelling, response_of
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import SHOWN, Alone, Driver, expect_success, pictures
from assay.plugin.options import LABELS
from assay.record.model import Exchange
from assay.scene import SCENES, Scene
from assay.target.client import Target

SCENES_OF_CLASSES = ("tower", "wide", "portrait", "speck", "blank")
LOW_CONFIDENCE = 1
"""Percent. Asked for so that several classes are answered."""
HIGH_CONFIDENCE = 90
"""Percent. Asked for so that few classes are answered, or none."""
DRAWN = {"confidence": LOW_CONFIDENCE, "format": "image"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene and what the deployment answered about it at a low threshold."""

    scene: Scene
    answer: Classification


class ClassificationDriver(Driver):
    """Asks `POST /{dataset}/{version}` for the class of a picture."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self.of_labels = model
        """The model to ask for several labels: the same where none was named for that."""
        self._shown: dict[str, list[Exchange]] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order."""
        return (*(SCENES[name] for name in SCENES_OF_CLASSES), *self.own)

    @property
    def _path(self) -> dict[str, str]:
        return _path_of(self.model)

    def request(self, scene: Scene, **query: Any) -> Request:
        """A request with the scene as base64 body."""
        return self.operation.request(path=self._path, query=query, image=scene.png())

    def plain_request(self) -> Request:
        """The first scene as JPEG, and no parameter."""
        return self.operation.request(path=self._path, image=self.scenes[0].jpeg())

    def plain_request_for_labels(self) -> Request:
        """The same to the model of several labels."""
        return self.operation.request(path=_path_of(self.of_labels), image=self.scenes[0].jpeg())

    def exchange(self, scene: Scene, **query: Any) -> Exchange:
        """Ask, unless that was asked before. Raises NoWitness for a model that gives a picture several classes."""
        exchange = expect_success(self.once(self.request(scene, **query)))
        if _several_labels(exchange):
            raise NoWitness(f"the model {self.model} gives a picture several labels, and answers in a form of its own")
        return exchange

    def labels(self, scene: Scene, **query: Any) -> Labelling:
        """Ask for labels. Raises NoWitness for a model that gives a picture but one class."""
        path = _path_of(self.of_labels)
        request = self.operation.request(path=path, query=query, image=scene.png())
        exchange = expect_success(self.once(request))
        if not _several_labels(exchange):
            raise NoWitness(
                f"the model {self.of_labels} gives a picture one class; "
                f"name one that gives several with --model {LABELS}=DATASET/VERSION"
            )
        return labelling(exchange, self.schema_rule)

    def labelled(self, what: str, suffices: Callable[[Labelling], bool]) -> tuple[Scene, Labelling]:
        """The first scene whose labels at a low threshold suffice. Raises NoWitness, saying what was looked for."""
        for scene in self.scenes:
            answer = self.labels(scene, confidence=LOW_CONFIDENCE)
            if answer.confidences and suffices(answer):
                self.note(f"{what}: scene {scene.name}, answered with {dict(answer.confidences)}")
                return scene, answer
        raise NoWitness(f"no scene is answered with {what} by the model {self.of_labels}")

    def ask(self, scene: Scene, **query: Any) -> Classification:
        """Ask for classes as JSON."""
        return classification(self.exchange(scene, **query), self.schema_rule)

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode about the first scenes; asked once."""
        if mode not in self._shown:
            asked = {"format": mode, "confidence": LOW_CONFIDENCE}
            self._shown[mode] = [self.exchange(scene, **asked) for scene in self.scenes[:SHOWN]]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    def all_seen(self) -> Iterator[Seen]:
        """Everything that scenes show, with all classes that a low threshold lets through."""
        for scene in self.scenes:
            yield Seen(scene, self.ask(scene, confidence=LOW_CONFIDENCE))

    def witness(self, what: str, suffices: Callable[[Classification], bool]) -> Seen:
        """The first answer that suffices. Raises NoWitness, saying what was looked for."""
        for seen in self.all_seen():
            if suffices(seen.answer):
                self.note(f"{what}: scene {seen.scene.name}, answered with {seen.answer.scores[:2]}")
                return seen
        raise NoWitness(f"no scene is answered with {what} by the model {self.model}")

    def several(self) -> list[Classification]:
        """Answers of two classes or more. Raises NoWitness where there is none."""
        found = [seen.answer for seen in self.all_seen() if len(seen.answer.scores) >= 2]
        if not found:
            raise NoWitness(f"no scene is answered with two classes; the model {self.model} is too sure of each")
        self.note(f"{len(found)} scenes answered with two classes or more, as {found[0].scores[:2]}")
        return found

    def topped(self) -> list[Classification]:
        """Answers of which one class is the surest: of two or more, or of none at all though one is named on top.

        Raises NoWitness where there is none.
        """
        listing_none = [seen.answer for seen in self.all_seen() if seen.answer.top and not seen.answer.scores]
        return listing_none or self.several()

    def apart(self) -> list[Alone]:
        """Scenes of different sizes."""
        return [self._alone(seen) for seen in islice(self.all_seen(), SHOWN)]

    def _alone(self, seen: Seen) -> Alone:
        def same(exchange: Exchange) -> None:
            answer = classification(expect_success(exchange), self.schema_rule)
            verify.image_size(answer, seen.scene.width, seen.scene.height)
            why = "though alone the same request is answered otherwise"
            verify.same_classes(answer, seen.answer, why, LOW_CONFIDENCE / 100)

        return Alone(f"scene {seen.scene.name}", self.request(seen.scene, confidence=LOW_CONFIDENCE), same)

    def deck(self) -> list[Alone]:
        """Scenes at a low threshold, one of them at a high one too."""
        first, *others = self.apart()
        scene = self.scenes[0]
        strict = self.request(scene, confidence=HIGH_CONFIDENCE)
        return [
            *self.pictured([first]),
            self.compared(f"{first.what} with confidence={HIGH_CONFIDENCE}", strict, first.what),
            self.of_its_kind(f"{first.what}, drawn", self.request(scene, **DRAWN), first.what),
            *self.pictured(others),
        ]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """At a low threshold."""
        return self.request(picture, confidence=LOW_CONFIDENCE)

    def gist(self, exchange: Exchange) -> str:
        """The surest class."""
        return classification(exchange, self.schema_rule).top

    def context(self) -> Context:
        """Scenes, the model, and the classes that it was seen to know."""
        answers = [self.ask(scene, confidence=LOW_CONFIDENCE) for scene in self.scenes[:SHOWN]]
        labels = {label for answer in answers for label, _ in answer.scores}
        return Context(pictures(self.scenes[:SHOWN]), path=self._path, classes=askable(labels))


def _path_of(model: str) -> dict[str, str]:
    dataset, version = model.split("/")
    return {"dataset": dataset, "version": version}


def _several_labels(exchange: Exchange) -> bool:
    """Whether the answer is that of a model for several labels, which has a form of its own."""
    response = response_of(exchange)
    try:
        body = response.json() if response.media_type == "application/json" else None
    except ValueError:
        return False
    return isinstance(body, dict) and "predicted_classes" in body
