"""Asking Florence 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assay.contract.florence import Task, tasks
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context
from assay.judge.answers import response_of
from assay.judge.florence import Told, alike, says_something, told, told_apart
from assay.judge.labels_of_places import Sought, labels_apart
from assay.judge.verdicts import NoWitness
from assay.judge.verify_florence import of_its_own_picture
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures
from assay.record.model import Exchange
from assay.scene import SCENES, Scene, Thing
from assay.target.client import Target

THINGS, WORDS, NOTHING = "cards", "sign", "blank"
PHRASES = ("a red rectangle", "the blue rectangle")
"""Both are in the scene with things; a model may know the words for one of them only."""
READING = ("OCR", "OCR_WITH_REGION", "REGION_TO_OCR")
CAPTION = "CAPTION"
SAYING = (CAPTION, "DETAILED_CAPTION", "MORE_DETAILED_CAPTION", "OCR")
"""Tasks that are answered by a text about the whole picture."""
OTHER_THINGS = "tokens"
GROUNDING = "CAPTION_TO_PHRASE_GROUNDING"
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "REGION_TO_CATEGORY": ("OD",),
    "REGION_TO_DESCRIPTION": ("DENSE_REGION_CAPTION",),
    "REGION_TO_OCR": ("OCR_WITH_REGION",),
}
"""By which task a model tells that the answers to a task differ: of one category is what is described in two ways."""
NAMING = ("OD", "DENSE_REGION_CAPTION")
"""By which it tells that the places do."""
WHOLE = "<loc_0><loc_0><loc_999><loc_999>"
MOST_PAIRS = 2
"""Pairs of things that a task is asked about: one alone may be answered alike by chance."""
BINS = 1000
NO_SUCH_ROUTE = (404, 405)
ALIASES = ("florence-2-base", "florence-2-large")
"""The aliases of the pre-trained weights. What a model of one's own says to a caption is its own affair."""


@dataclass(frozen=True, slots=True)
class TwoThings:
    """Prompts of one task about two different things in a scene, and what the model answers to each.

    Of regions there is a third, the whole picture: a model that calls two things alike may call that otherwise.
    """

    scene: Scene
    prompts: tuple[str, ...]
    answers: tuple[Told, ...]


class Florence2Driver(Driver):
    """Asks `POST /infer/lmm`. `model` is an alias, or another model of the Florence 2 family."""

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._asked: dict[Request, Exchange] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """A scene with things in it, one with words, and an empty one."""
        return SCENES[THINGS], SCENES[WORDS], SCENES[NOTHING]

    @staticmethod
    def scene_for(task: Task) -> Scene:
        """The scene in which a task has something to find."""
        return SCENES[WORDS if task.name in READING else THINGS]

    @staticmethod
    def prompts(task: Task, scene: Scene) -> tuple[str, ...]:
        """The task's token with what it takes: one phrase or another, or the region of the scene's first thing."""
        if task.takes == "phrase":
            return tuple(task.token + phrase for phrase in PHRASES)
        return (task.token + (_bins(scene.things[0], scene) if task.takes == "region" else ""),)

    def request(self, scene: Scene, prompt: str, **fields: Any) -> Request:
        """A request with the scene in base64; fields that are None are absent."""
        body = {"model_id": self.model, "prompt": prompt, **fields}
        body = {name: value for name, value in body.items() if value is not None}
        return self.operation.request(body=body, image=scene.png())

    def plain_request(self) -> Request:
        """A caption of the first scene, as JPEG."""
        body = {"model_id": self.model, "prompt": tasks()[CAPTION].token}
        return self.operation.request(body=body, image=self.scenes[0].jpeg())

    def exchange(self, task: Task, scene: Scene | None = None, prompt: str | None = None) -> Exchange:
        """Ask a task about a scene, by default the one for it and its first prompt; each request is sent once."""
        request = self._request(task, scene, prompt)
        if request not in self._asked:
            self._asked[request] = expect_success(self.send(request))
        return self.target.refer(self._asked[request])

    def _request(self, task: Task, scene: Scene | None = None, prompt: str | None = None, **fields: Any) -> Request:
        shown = scene or self.scene_for(task)
        return self.request(shown, prompt or self.prompts(task, shown)[0], **fields)

    def elsewhere(self, task: Task, model: str) -> Exchange:
        """What another model answers to a task. Raises NoWitness where the target does not serve it."""
        return self.of_another_model(self._request(task, model_id=model), model)

    @property
    def other_model(self) -> str:
        """Another model than that of the run, served or not."""
        return next(alias for alias in ALIASES if alias != self.model)

    def with_model_in_path(self, task: Task, body_model: str | None = None) -> Exchange:
        """What is answered where the model stands in the path, and in the body the same, or another.

        Raises NoWitness where the target has no such route, which no document names.
        """
        request = self._request(task, model_id=body_model or self.model)
        exchange = self.once(request.replace(path=f"{request.path}/{self.model}"))
        status = response_of(exchange).status
        if status in NO_SUCH_ROUTE:
            raise NoWitness(f"the target has no route {request.path} with a model behind it (status {status})")
        return exchange

    def limited(self, task: Task, tokens: int) -> Exchange:
        """What is answered with so many new tokens at most."""
        return self.once(self._request(task, max_new_tokens=tokens))

    def read(self, exchange: Exchange, task: Task) -> Told:
        """What an answer says to a task."""
        return told(exchange, self.schema_rule, task)

    def ask(self, task: Task, scene: Scene | None = None, prompt: str | None = None) -> Told:
        """What the model says to a task."""
        return self.read(self.exchange(task, scene, prompt), task)

    def ask_again(self, task: Task) -> Told:
        """Ask what was asked before once more."""
        return self.read(expect_success(self.send(self._request(task))), task)

    def shown(self, mode: str) -> list[Exchange]:
        """Answers to two tasks, and to a picture without anything in it."""
        known = tasks()
        return [
            self.exchange(known[CAPTION]),
            self.exchange(known["OD"]),
            self.exchange(known[CAPTION], self.scenes[2]),
        ]

    def apart(self) -> list[Alone]:
        """A scene with things in it and one without, where they are described in different words."""
        caption = tasks()[CAPTION]
        alone = {scene.name: self.ask(caption, scene) for scene in (self.scenes[0], self.scenes[2])}
        if len({answer.text for answer in alone.values()}) < 2:
            raise NoWitness("two scenes are described in the same words")
        return [self._alone(name, alone) for name in alone]

    def deck(self) -> list[Alone]:
        """Two scenes described, and another task of one of them."""
        known = tasks()
        described = self.pictured(self.apart())
        boxes = self._request(known["OD"], self.scenes[0])
        return [*described, self.compared(f"boxes in scene {self.scenes[0].name}", boxes, described[0].picture)]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """A caption."""
        return self.request(picture, tasks()[CAPTION].token)

    def gist(self, exchange: Exchange) -> str:
        """The caption."""
        return told(exchange, self.schema_rule, tasks()[CAPTION]).text

    def _alone(self, name: str, alone: Mapping[str, Told]) -> Alone:
        caption, scene = tasks()[CAPTION], SCENES[name]
        others = {other: answer for other, answer in alone.items() if other != name}

        def same(exchange: Exchange) -> None:
            answer = told(expect_success(exchange), self.schema_rule, caption)
            of_its_own_picture(answer, alone[name], others)

        return Alone(f"scene {name}", self.request(scene, caption.token), same)

    def context(self) -> Context:
        """A scene with things in it and one without, and the model."""
        return Context(pictures((self.scenes[0], self.scenes[2])), fixed={"/model_id": self.model})

    def witness(
        self, task: Task, what: str, suffices: Callable[[Told], bool] = lambda answer: True
    ) -> tuple[Scene, Told]:
        """The first answer to a task that suffices. Raises NoWitness, saying what was looked for."""
        scene = self.scene_for(task)
        prompts = self.prompts(task, scene)
        for prompt in prompts:
            answer = self.ask(task, prompt=prompt)
            if suffices(answer):
                self.note(f"{what}: scene {scene.name}, {prompt}, {_told_briefly(answer)}")
                return scene, answer
        raise NoWitness(f"to {' and '.join(prompts)} about scene {scene.name} the model answers without {what}")

    def two_things(self, task: Task) -> list[TwoThings]:
        """A task asked about things that the model itself tells apart, by their names or by their regions.

        Raises NoWitness where it tells no two apart, says nothing of either, or has not learnt the task.
        """
        scenes = [self.scene_for(task)] if task.name in READING else [SCENES[THINGS], SCENES[OTHER_THINGS]]
        by = NAMED_BY.get(task.name, NAMING)
        pairs = (self._told_apart(task, scene, tasks()[name]) for scene in scenes for name in by)
        asked = list(islice((pair for pair in pairs if pair is not None), MOST_PAIRS))
        if not asked:
            named = " and ".join(tasks()[name].token for name in by)
            raise NoWitness(f"to {named} the model names no two things apart that lie apart in Assay's scenes")
        telling = [pair for pair in asked if any(map(says_something, pair.answers))]
        if not telling:
            raise NoWitness(f"to {' and '.join(asked[0].prompts)} the model answers nothing")
        if all(map(self._as_another_task, telling)):
            raise NoWitness(f"to {task.token} the model says what it says to another task: it has not learnt this one")
        return telling

    def labels_sought(self, task: Task) -> list[list[Sought]]:
        """The labels that a task gives to things in two scenes, each looked for as a phrase. Raises NoWitness."""
        grounding = tasks()[GROUNDING]
        groups: list[list[Sought]] = []
        for scene in (SCENES[THINGS], SCENES[OTHER_THINGS]):
            labels = labels_apart(self.ask(task, scene))
            if len(labels) > 1:
                asked = [(label, self.ask(grounding, scene, grounding.token + label.text)) for label in labels]
                groups.append([Sought(*each) for each in asked])
        if not groups:
            raise NoWitness(f"to {task.token} the model names no two things apart that lie apart in Assay's scenes")
        return groups

    def _as_another_task(self, pair: TwoThings) -> bool:
        """Whether all answers are one text, which is what the model says of the whole picture, asked otherwise."""
        first, *others = pair.answers
        if first.task.gives != "text" or first.task.name in READING or not all(alike(first, one) for one in others):
            return False
        return any(self.ask(tasks()[name], pair.scene).text == first.text for name in SAYING)

    def _told_apart(self, task: Task, scene: Scene, by: Task) -> TwoThings | None:
        apart = told_apart(self.ask(by, scene), [thing.box for thing in scene.things])
        if apart is None:
            return None
        more = [each.name if task.takes == "phrase" else _bins(scene.things[each.place], scene) for each in apart]
        prompts = tuple(task.token + one for one in (*more, *([WHOLE] if task.takes == "region" else [])))
        self.note(f"scene {scene.name}: {by.token} tells {apart[0].name} from {apart[1].name}, elsewhere")
        return TwoThings(scene, prompts, tuple(self.ask(task, scene, prompt) for prompt in prompts))

    def only_pretrained(self) -> None:
        """Raises NoWitness for a model of one's own: what that has learned to say, no document tells."""
        if self.model not in ALIASES:
            raise NoWitness(f"{self.model} is not one of the documented aliases {' and '.join(ALIASES)}")


def other_alias(model: str) -> str:
    """The other of the two models; a model of one's own has no other."""
    return next(alias for alias in ALIASES if alias != model) if model in ALIASES else model


def _bins(thing: Thing, scene: Scene) -> str:
    """The box of a thing as four places of a thousandth of the picture."""
    x0, y0, x1, y1 = thing.box
    places = (x0 / scene.width, y0 / scene.height, x1 / scene.width, y1 / scene.height)
    return "".join(f"<loc_{min(int(place * BINS), BINS - 1)}>" for place in places)


def _told_briefly(answer: Told) -> str:
    if answer.task.gives == "text":
        return f"{len(answer.text)} characters"
    return ", ".join(f"{listed.entries} {listed.name}" for listed in answer.lists)
