"""The deployment as rules see it: one driver for each operation, which asks in the words of the operation.

A driver remembers the plain answers of the scenes, because most rules look there for their witness, and tells the
current case what the witness was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from assay.contract import Contract, load
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context, Picture
from assay.judge.answers import Detection, Segmentation, busy_for, detection, response_of, segmentation
from assay.judge.verdicts import NoWitness, PrerequisiteBroken
from assay.record.model import Exchange, Finding
from assay.scene import SCENES, Scene
from assay.target.client import Target

PLAIN_RULE = "service.answers-plain-requests"
VALID_RULE = "service.answers-valid-requests"
HOSTED_SCENES = ("menagerie", "crowd", "portrait", "duo", "wide", "trio", "pair", "speck")
SAM2_SCENES = ("counters", "tokens", "pair", "speck")
SHOWN = 3
BUSY_TRIES, LONGEST_PAUSE = 5, 5.0
TOGETHER, TOGETHER_ELSEWHERE = 12, 4
"""Requests in flight, on this machine and elsewhere."""
LOW_CONFIDENCE = 10
"""Percent. Asked for where the default threshold leaves no witness."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A scene and what the deployment answered about it, with the query that it was asked with."""

    scene: Scene
    query: Mapping[str, Any]
    answer: Detection

    @property
    def threshold(self) -> float:
        """The threshold that was asked for, or the documented default, 0 to 1."""
        documented = self.answer.exchange.request.operation
        default = load().operations[documented].parameter("confidence").default
        return float(self.query.get("confidence", default)) / 100


def expect_success(exchange: Exchange) -> Exchange:
    """The exchange, if it was answered 200. Raises PrerequisiteBroken otherwise: there is nothing to judge."""
    status = response_of(exchange).status
    if status != 200:
        finding = Finding("a valid request was not answered", expected=200, actual=status, exchange=exchange.id)
        raise PrerequisiteBroken(VALID_RULE, [finding])
    return exchange


def _pictures(scenes: Sequence[Scene]) -> tuple[Picture, ...]:
    return tuple(Picture(scene.png(), scene.width, scene.height) for scene in scenes)


class Driver:
    """What drivers share. `notes` collects what made the current case meaningful."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        self.target = target
        self.operation = operation
        self.model = model
        self.notes: list[str] = []
        self._answered: dict[Request, Exchange] = {}

    @property
    def schema_rule(self) -> str:
        """The rule that holds this operation's answers to their schema."""
        return f"{self.operation.id.split('.')[0]}.answer.schema"

    def send(self, request: Request) -> Exchange:
        """Send a request of this operation; again, and recorded again, while the target says that it is busy.

        Raises NoWitness where it stays busy: a limit of the rate is no answer, and no fault.
        """
        exchange = self.target.send(request)
        for _ in range(BUSY_TRIES):
            pause = busy_for(exchange)
            if pause is None:
                return exchange
            time.sleep(min(pause, LONGEST_PAUSE))
            exchange = self.target.send(request)
        if busy_for(exchange) is None:
            return exchange
        raise NoWitness(f"the target limits the rate of requests (status {response_of(exchange).status})")

    def at_once(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send these requests, as many at the same time as the target may be asked."""
        together = TOGETHER if self.target.policy.loopback else TOGETHER_ELSEWHERE
        with ThreadPoolExecutor(max_workers=together) as pool:
            return list(pool.map(self.send, requests))

    def plain_request(self) -> Request:
        """A request as the page's sample makes it: a JPEG, and nothing that may be left out."""
        raise NotImplementedError

    def with_picture(self, text: str) -> Request:
        """A plain request in which this text stands for the picture's base64."""
        raise NotImplementedError

    def once(self, request: Request) -> Exchange:
        """Send a request unless it was answered before: two rules that generate the same ones share the answers."""
        if request not in self._answered:
            self._answered[request] = self.send(request)
        return self.target.refer(self._answered[request])

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode to plain requests; asked once."""
        raise NotImplementedError

    def context(self) -> Context:
        """What requests are generated from: pictures that the deployment has seen, and its model."""
        raise NotImplementedError

    def note(self, witness: str) -> None:
        """Keep in words what makes the case meaningful."""
        if witness not in self.notes:
            self.notes.append(witness)


class HostedDriver(Driver):
    """Asks `POST /{dataset}/{version}`."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._seen: dict[tuple[str, int | None], Seen] = {}
        self._shown: dict[str, list[Exchange]] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order."""
        return tuple(SCENES[name] for name in HOSTED_SCENES)

    def request(self, scene: Scene, **query: Any) -> Request:
        """A request with the scene as base64 body; parameters that are None are absent."""
        dataset, version = self.model.split("/")
        given = {name: value for name, value in query.items() if value is not None}
        return self.operation.request(path={"dataset": dataset, "version": version}, query=given, image=scene.png())

    def plain_request(self) -> Request:
        """The first scene as JPEG, and no parameter."""
        dataset, version = self.model.split("/")
        return self.operation.request(path={"dataset": dataset, "version": version}, image=self.scenes[0].jpeg())

    def with_picture(self, text: str) -> Request:
        """The text as the body."""
        return self.plain_request().replace(body=text.encode())

    def exchange(self, scene: Scene, **query: Any) -> Exchange:
        """Ask, and expect an answer."""
        return expect_success(self.send(self.request(scene, **query)))

    def ask(self, scene: Scene, **query: Any) -> Detection:
        """Ask for predictions as JSON."""
        return detection(self.exchange(scene, **query), self.schema_rule)

    def seen(self, scene: Scene, confidence: int | None = None) -> Seen:
        """What a plain request says of a scene; asked once."""
        key = (scene.name, confidence)
        if key not in self._seen:
            query = {} if confidence is None else {"confidence": confidence}
            self._seen[key] = Seen(scene, query, self.ask(scene, **query))
        self.target.refer(self._seen[key].answer.exchange)
        return self._seen[key]

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode about the first scenes; asked once."""
        if mode not in self._shown:
            self._shown[mode] = [self.exchange(scene, format=mode) for scene in self.scenes[:SHOWN]]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    def all_seen(self) -> Iterator[Seen]:
        """Everything that scenes show, first at the documented default threshold, then at a low one."""
        for confidence in (None, LOW_CONFIDENCE):
            for scene in self.scenes:
                yield self.seen(scene, confidence)

    def context(self) -> Context:
        """Scenes, the model, and the classes that it was seen to know."""
        dataset, version = self.model.split("/")
        labels = {label for scene in self.scenes[:SHOWN] for label in self.seen(scene).answer.labels}
        path = {"dataset": dataset, "version": version}
        return Context(_pictures(self.scenes[:SHOWN]), path=path, classes=tuple(sorted(labels)))

    def witness(self, what: str, suffices: Callable[[Detection], bool]) -> Seen:
        """The first answer that suffices. Raises NoWitness, saying what was looked for and where."""
        for seen in self.all_seen():
            if suffices(seen.answer):
                labels = ", ".join(seen.answer.labels) or "nothing"
                self.note(f"{what}: scene {seen.scene.name}, {len(seen.answer.predictions)} predictions of {labels}")
                return seen
        raise NoWitness(f"no scene shows {what}; the model {self.model} sees too little in Assay's scenes")


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
        return tuple(SCENES[name] for name in SAM2_SCENES)

    @staticmethod
    def point(x: float, y: float) -> dict[str, Any]:
        """A prompt of one positive point in px."""
        return {"points": [{"x": x, "y": y, "positive": True}]}

    def prompts(self, scene: Scene) -> list[dict[str, Any]]:
        """One prompt for each thing of the scene."""
        return [self.point(x, y) for x, y in scene.points()]

    def request(self, scene: Scene, prompts: Sequence[dict[str, Any]], **fields: Any) -> Request:
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

    def with_picture(self, text: str) -> Request:
        """The text as the value of the image."""
        body = {**self.plain_request().json(), "image": {"type": "base64", "value": text}}
        return self.operation.request(body=body, check=False)

    def ask(self, scene: Scene, prompts: Sequence[dict[str, Any]], **fields: Any) -> Segmentation:
        """Ask for masks as JSON, polygons or RLE."""
        exchange = expect_success(self.send(self.request(scene, prompts, **fields)))
        return segmentation(exchange, self.schema_rule, scene.width, scene.height)

    def context(self) -> Context:
        """The two first scenes, because a new picture costs seconds, and the version."""
        return Context(_pictures(self.scenes[:2]), fixed={"/sam2_version_id": self.model})

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


class Deployment:
    """The target with a driver for each operation that it offers and that a model is known for."""

    def __init__(self, target: Target, contract: Contract, models: Mapping[str, str], seed: int, examples: int) -> None:
        self.target = target
        self.contract = contract
        self.models = models
        self.seed = seed
        self.examples = examples
        self._drivers: dict[str, Driver] = {}

    def driver(self, operation: str) -> Driver:
        """The driver of an operation, always the same one."""
        if operation not in self._drivers:
            self._drivers[operation] = self._new_driver(self.contract.operations[operation])
        return self._drivers[operation]

    def _new_driver(self, operation: Operation) -> Driver:
        family = Sam2Driver if operation.id.startswith("sam2.") else HostedDriver
        return family(self.target, operation, self.models[operation.task])
