"""Asking SAM2 for embeddings, and for masks of what was embedded."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from assay.contract import delivery
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context
from assay.judge import masks
from assay.judge.answers import Segmentation, image_name, response_of
from assay.judge.equal import Comparison
from assay.judge.verdicts import AnswerOfAnother, NoWitness
from assay.judge.verify import SAME_PICTURES_MASK
from assay.judge.verify_sam2 import NOT_SAVED, UNCHANGED, Pace, of_its_own_picture, same_name
from assay.photograph import remarked
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures
from assay.plugin.drivers.sam2 import SAM2_SCENES, Sam2Driver
from assay.record.model import Exchange
from assay.scene import Scene, Thing
from assay.target.client import Target

EMBEDDED, PACED, REFUSED = 2, 3, 3
"""Pictures that are embedded to see the cost of it, pictures that are segmented again, requests that cost nothing."""
ONE, MORE = "named", "and-more"
"""By which names end that begin alike: a server that cuts them short takes one for the other."""
TRIES = 3
"""How often a picture is segmented again: behind a balancer each process has embeddings of its own."""


@dataclass(frozen=True, slots=True)
class Known:
    """A scene and a prompt for it, with its mask in that scene and in another one, both read in the scene's size."""

    scene: Scene
    other: Scene
    prompt: dict[str, Any]
    alone: Segmentation
    elsewhere: Segmentation


class Sam2EmbeddingDriver(Driver):
    """Asks `POST /sam2/embed_image`. `model` is the version.

    `segmenter` asks /sam2/segment_image; None where the target does not offer it.
    """

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self.segmenter: Sam2Driver | None = None
        self._named_by_pixels = False
        self._pair: tuple[Known, Known] | None = None

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """Those that are segmented: a new picture costs seconds."""
        return self.depth.choose(SAM2_SCENES)

    @property
    def segmenting(self) -> Sam2Driver:
        """Who asks for masks. Raises NoWitness where the target does not offer them."""
        if self.segmenter is None:
            raise NoWitness("the target does not offer /sam2/segment_image, without which no embedding can be seen")
        return self.segmenter

    def request(self, picture: bytes, image_id: str | None = None) -> Request:
        """A request with the picture in base64, under a name or none."""
        body = {"sam2_version_id": self.model, **({"image_id": image_id} if image_id else {})}
        return self.operation.request(body=body, image=picture)

    def plain_request(self) -> Request:
        """The first scene as JPEG, and no name."""
        return self.request(self.scenes[0].jpeg())

    def shown(self, mode: str) -> list[Exchange]:
        """Answers about the first scenes; asked once."""
        return [expect_success(self.once(self.request(scene.png()))) for scene in self.scenes[:2]]

    def context(self) -> Context:
        """What segmentations are generated from, so that no picture is new."""
        return Context(pictures(self.scenes[:2]), fixed={"/sam2_version_id": self.model})

    def unnamed(self, scene: Scene) -> Exchange:
        """The answer to a scene that is sent without a name; asked each time."""
        return expect_success(self.send(self.request(scene.png())))

    def apart(self) -> list[Alone]:
        """Scenes that get different names, and the same one each time."""
        named = {}
        for scene in self.scenes:
            first, second = (image_name(self.unnamed(scene)) for _ in range(2))
            if first is not None and first == second:
                named[first] = scene
        if len(named) < 2:
            raise NoWitness("names of different pictures cannot be told apart, or change from call to call")
        return [self._alone(scene, name) for name, scene in named.items()]

    def _alone(self, scene: Scene, name: str) -> Alone:
        def same(exchange: Exchange) -> None:
            same_name(name, expect_success(exchange))

        return Alone(f"scene {scene.name}", self.request(scene.png()), same)

    def deck(self) -> list[Alone]:
        """Pictures that get names of their own."""
        return [replace(each, picture=each.what) for each in self.apart()]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """Without a name."""
        return self.request(picture.png())

    def gist(self, exchange: Exchange) -> str | None:
        """The name that the picture gets."""
        return image_name(exchange)

    def telling(self) -> tuple[Request, Exchange]:
        """As of any operation, where the name is made of the pixels: other bytes of the same pixels get the same one.

        Raises NoWitness where it is not: how a picture travels may show in its name then, and no document forbids it.
        """
        self._named_by_pixels = True
        try:
            request, exchange = super().telling()
            other = self.request(remarked(delivery.picture_of(self.operation, request), "the same pixels"))
            if image_name(expect_success(self.once(other))) != image_name(exchange):
                raise NoWitness("the name of a picture is made of more than its pixels")
        except NoWitness:
            self._named_by_pixels = False
            raise
        return request, exchange

    def comparison(self, request: Request) -> Comparison:
        """With the name, unless it was seen not to be made of the pixels alone."""
        usual = super().comparison(request)
        return replace(usual, ignored=usual.ignored - {"image_id"}) if self._named_by_pixels else usual

    # Names and pictures that no earlier run can have sent

    def fresh(self, words: str) -> str:
        """A name that is new to the target, for it is made of what the target has answered: of its time, for one.

        The same answers give the same names.
        """
        answer = response_of(self.once(self.plain_request()))
        told = repr((words, answer.headers)).encode() + answer.body
        return f"assay-{hashlib.sha256(told).hexdigest()[:24]}"

    def fresh_scene(self, number: int) -> Scene:
        """A picture that is new to the target: one thing, whose place and shade are made of a fresh name."""
        a, b, c, d, e, f, *_ = hashlib.sha256(self.fresh(f"scene {number}").encode()).digest()
        x, y = 20 + a % 100, 20 + b % 60
        box = (x, y, x + 90 + c % 60, y + 80 + d % 50)
        return Scene("fresh", 320, 240, (Thing("dog", box, (255 - e % 32, 0, 0)),), (120 + f % 64,) * 3)

    def embedded(self, scene: Scene) -> tuple[str, Exchange]:
        """The fresh name under which a scene was embedded, and the answer; asked once."""
        name = self.fresh(scene.name)
        return name, expect_success(self.once(self.request(scene.png(), name)))

    # Masks of what was embedded

    def pair(self) -> tuple[Known, Known]:
        """Two scenes, each with a prompt that is answered otherwise in the other; looked for once.

        Raises NoWitness where there are none, and where the target answers the same request now so and now so.
        """
        if self._pair is None:
            first, second = self.scenes[:2]
            self._pair = self._known(first, second), self._known(second, first)
        for known in self._pair:
            size = int(known.alone.masks[0].sum())
            self.note(f"scene {known.scene.name}: a mask of {size} px, unlike that in {known.other.name}")
        return self._pair

    def _known(self, scene: Scene, other: Scene) -> Known:
        for prompt, (x, y) in zip(self.segmenting.prompts(scene), scene.points(), strict=True):
            if x >= other.width or y >= other.height:
                continue
            alone = self.segmenting.ask(scene, [prompt])
            elsewhere = self.segmenting.read(self.segmenting.exchange(other, [prompt]), scene)
            if not masks.tell_apart([*alone.masks[:1], *elsewhere.masks[:1]]):
                continue
            again = self.segmenting.read(expect_success(self.send_mask(scene, prompt)), scene)
            if not again.masks or masks.agreement(alone.masks[0], again.masks[0]) < UNCHANGED:
                raise NoWitness("the same request is not answered with the same mask twice")
            return Known(scene, other, prompt, alone, elsewhere)
        raise NoWitness(f"no prompt for scene {scene.name} is answered otherwise in scene {other.name}")

    def send_mask(self, scene: Scene, prompt: dict[str, Any]) -> Exchange:
        """Ask for a mask, whether or not it was asked for before."""
        return self.segmenting.send(self.segmenting.request(scene, [prompt]))

    def in_spite_of(self, known: Known) -> Segmentation:
        """The mask by name where another picture is sent: tried anew where a process without that embedding answers."""
        answer = self.by_name(known, sent=known.other)
        for number in range(1, TRIES):
            if not answer.masks or masks.agreement(answer.masks[0], known.alone.masks[0]) >= SAME_PICTURES_MASK:
                break
            name = self.fresh(f"{known.scene.name} {number}")
            for _ in range(number + 1):
                expect_success(self.send(self.request(known.scene.png(), name)))
            exchange = self.segmenting.exchange(known.other, [known.prompt], image_id=name)
            answer = self.segmenting.read(exchange, known.scene)
        return answer

    def segmented(self, known: Known, name: str) -> Segmentation:
        """The mask for the prompt of a scene, which is sent under this name."""
        return self.segmenting.read(self.segmenting.exchange(known.scene, [known.prompt], image_id=name), known.scene)

    def by_name(self, known: Known, sent: Scene) -> Segmentation:
        """The mask for the prompt of a scene under the name that it was embedded by, with the picture of `sent`."""
        name, _ = self.embedded(known.scene)
        return self.segmenting.read(self.segmenting.exchange(sent, [known.prompt], image_id=name), known.scene)

    def names(self, walk: int) -> list[Alone]:
        """Two pictures embedded and segmented, under names that are new to this walk and begin alike, and without."""
        base = self.fresh(f"walk {walk}")
        (first, second), both = self.pair(), f"{base}-given-to-both"
        names = {f"{base}-{ONE}": first, f"{base}-{ONE}-{MORE}": second}
        return [
            *(self._named(each, name) for name, each in names.items()),
            *(self._segmented(each, name) for name, each in names.items()),
            *(self._segmented(each, None) for each in (first, second)),
            *(self._named(each, both) for each in (first, second)),
            self._of_either(second, both),
        ]

    def _named(self, known: Known, name: str) -> Alone:
        def same(exchange: Exchange) -> None:
            expect_success(exchange)

        return Alone(f"embedding {known.scene.name}", self.request(known.scene.png(), name), same)

    def _segmented(self, known: Known, name: str | None) -> Alone:
        what = f"segmenting {known.scene.name} {'by its name' if name else 'without a name'}"

        def same(exchange: Exchange) -> None:
            answer = self.segmenting.read(expect_success(exchange), known.scene)
            of_its_own_picture(answer, known.alone, known.elsewhere, what)

        request = self.segmenting.request(known.scene, [known.prompt], image_id=name)
        return Alone(what, request, same, picture=known.scene.name)

    def _of_either(self, known: Known, name: str) -> Alone:
        """Of a name that was given to two pictures no document says which it stands for: for one of them."""
        what = f"segmenting {known.scene.name} by a name that {known.other.name} was given, too"

        def same(exchange: Exchange) -> None:
            answer = self.segmenting.read(expect_success(exchange), known.scene)
            with contextlib.suppress(AnswerOfAnother):
                of_its_own_picture(answer, known.alone, known.elsewhere, what)

        return Alone(what, self.segmenting.request(known.scene, [known.prompt], image_id=name), same)

    def of_another_version(self, version: str) -> Sam2EmbeddingDriver:
        """Who asks another version. Raises NoWitness where the target does not serve it."""
        self.segmenting.version(version)
        other = Sam2EmbeddingDriver(self.target, self.operation, version)
        other.segmenter = Sam2Driver(self.target, self.segmenting.operation, version)
        other.depth = other.segmenter.depth = self.depth
        other.notes = self.notes
        return other

    # Time

    def cost(self) -> float:
        """Seconds that embedding takes: of the quicker of two pictures, less those of a refused request."""
        nothing = base64.b64encode(b"no picture at all, " * 60).decode()
        idle = min(self.send(self.with_picture(nothing)).seconds for _ in range(REFUSED))
        embedded = [
            expect_success(
                self.send(self.request(self.fresh_scene(number).png(), self.fresh(f"cost {number}")))
            ).seconds
            for number in range(EMBEDDED)
        ]
        return min(embedded) - idle

    def pace(self, number: int, cost: float) -> Pace:
        """A fresh picture, segmented for the first time and again; more than once only where that was no faster."""
        scene, name = self.fresh_scene(EMBEDDED + number), self.fresh(f"pace {number}")
        request = self.segmenting.request(scene, self.segmenting.prompts(scene), image_id=name)
        first = expect_success(self.segmenting.send(request))
        again: list[Exchange] = []
        while len(again) < TRIES and (not again or Pace(first, tuple(again)).saved < 2 * NOT_SAVED * cost):
            again.append(expect_success(self.segmenting.send(request)))
        return Pace(first, tuple(again))
