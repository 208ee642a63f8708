"""Asking the hosted model route for boxes: object detection and keypoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

from assay.contract import load
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.generate import Context, askable
from assay.judge import boxes, verify
from assay.judge.additions import stands_clear
from assay.judge.answers import Detection, Outline, detection, outlines, response_of
from assay.judge.boxes import Prediction
from assay.judge.pictures import Pixels
from assay.judge.readings import Altered, Painted
from assay.judge.verdicts import NoWitness, PrerequisiteBroken
from assay.judge.verify_places import FEWEST
from assay.judge.verify_slants import Leaning, leanings
from assay.photograph import ALTERATIONS, Photograph, in_other_sizes
from assay.picture import decode
from assay.plugin.drivers.base import Alone, Driver, expect_success, pictures
from assay.plugin.drivers.seen import DEFAULT_CONFIDENCE, Overlapping, Seen, Withholding
from assay.probes import SLANTS
from assay.record.model import Exchange
from assay.scene import SCENES, Scene
from assay.target.client import Target

HOSTED_SCENES = ("menagerie", "crowd", "portrait", "duo", "wide", "trio", "pair", "speck")
LOW_CONFIDENCE = 10
"""Percent. Asked for where the default threshold leaves no witness."""
OVERLAPPING_SCENES = ("pair", "counters", "crowd")
"""Where boxes that overlap are looked for: few, because each is asked several times."""
PAIRS_SCENE = "stack"
"""Where pairs of one class overlap by a little less than the default limit, and by a little more."""
TWO_CLASSES_SCENE = "overlay"
"""Where boxes of two classes overlap."""
MOST_OWN_OVERLAPPING = 5
"""Of the user's own pictures."""
NO_LIMIT = 100
"""Percent. The overlap at which nothing is suppressed."""
MOST_PREDICTIONS = load().operations["hosted.object-detection"].parameter("max_detections").default
"""An answer of as many may be cut short: of it nothing is known but what it holds."""
LEAST_OVERLAP = 0.05
"""IoU below which two boxes merely touch."""


class HostedDriver(Driver):
    """Asks `POST /{dataset}/{version}`. `as_drawing` asks for a drawing, in the words of this route."""

    as_drawing: Mapping[str, Any] = MappingProxyType({"format": "image"})

    def __init__(self, target: Target, operation: Operation, model: str) -> None:
        super().__init__(target, operation, model)
        self._seen: dict[tuple[str, int | None], Seen] = {}
        self._shown: dict[str, list[Exchange]] = {}

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes in which a witness is looked for, in this order."""
        return (*self.depth.choose(HOSTED_SCENES), *self.own)

    def request(self, scene: Scene, **query: Any) -> Request:
        """A request with the scene as base64 body; parameters that are None are absent."""
        dataset, version = self.model.split("/")
        given = {name: value for name, value in query.items() if value is not None}
        return self.operation.request(path={"dataset": dataset, "version": version}, query=given, image=scene.png())

    def plain_request(self) -> Request:
        """The first scene as JPEG, and no parameter."""
        dataset, version = self.model.split("/")
        return self.operation.request(path={"dataset": dataset, "version": version}, image=self.scenes[0].jpeg())

    def exchange(self, scene: Scene, **query: Any) -> Exchange:
        """Ask, and expect an answer."""
        return expect_success(self.send(self.request(scene, **query)))

    def ask(self, scene: Scene, **query: Any) -> Detection:
        """Ask for predictions as JSON."""
        return detection(self.exchange(scene, **query), self.schema_rule)

    def again(self, scene: Scene, **query: Any) -> Detection:
        """Ask for predictions as JSON, unless that was asked before."""
        return detection(expect_success(self.once(self.request(scene, **query))), self.schema_rule)

    def drawing(self, scene: Scene, **query: Any) -> Exchange:
        """Ask for a drawing, unless that was asked before."""
        return expect_success(self.once(self.request(scene, format="image", **query)))

    def pixels(self, exchange: Exchange, scene: Scene) -> Pixels:
        """The drawing that came back, H x W x 3 RGB. Raises NoWitness where it is none of the scene's size."""
        return self.drawn(response_of(exchange).body, scene)

    def drawn(self, drawing: bytes, scene: Scene) -> Pixels:
        """The drawing, H x W x 3 RGB. Raises NoWitness where it is none of the scene's size."""
        found = decode(drawing)
        if found is None or found.shape != scene.pixels().shape:
            raise NoWitness("the drawing is no picture of the size that was sent, which is judged by another rule")
        return found

    def outlines(self, answer: Detection) -> list[Outline]:
        """The outline of each prediction, where the task of the model has outlines."""
        return []

    def seen(self, scene: Scene, confidence: int | None = None) -> Seen:
        """What a plain request says of a scene; asked once."""
        key = (scene.name, confidence)
        if key not in self._seen:
            query = {} if confidence is None else {"confidence": confidence}
            self._seen[key] = Seen(scene, query, self.ask(scene, **query))
        self.target.refer(self._seen[key].answer.exchange)
        return self._seen[key]

    def sees(self, scene: Scene) -> bool:
        """Whether a plain request about the scene is answered with a prediction."""
        try:
            return bool(self.seen(scene).answer.predictions)
        except PrerequisiteBroken:
            return False

    def shown(self, mode: str) -> list[Exchange]:
        """Answers of one mode about the first scenes; asked once."""
        if mode not in self._shown:
            self._shown[mode] = [self.exchange(scene, format=mode) for scene in self.first]
        return [self.target.refer(exchange) for exchange in self._shown[mode]]

    def all_seen(self) -> Iterator[Seen]:
        """Everything that scenes show, first at the documented default threshold, then at a low one."""
        for confidence in (None, LOW_CONFIDENCE):
            for scene in self.scenes:
                yield self.seen(scene, confidence)

    def painted(self) -> list[Painted]:
        """What is answered about scenes of which it is known what lies where; at a low threshold if need be."""
        sights: list[Painted] = []
        for confidence in (None, LOW_CONFIDENCE):
            seen = [self.seen(scene, confidence) for scene in self.scenes if scene.things]
            sights = [Painted(each.answer, each.size, tuple(t.box for t in each.scene.things)) for each in seen]
            if sum(len(sight.answer.predictions) for sight in sights) >= FEWEST:
                break
        return sights

    def leaning(self) -> list[Leaning]:
        """What is answered about painted bands that lean, at a low threshold if need be."""
        looks = filter(None, map(self.look, SLANTS))
        return [each for look in looks for each in leanings(look.answer, look.scene, self.outlines(look.answer))]

    def altered(self, how: str) -> list[Altered]:
        """What is answered about the first pictures, and about the same altered in this way."""
        sights = []
        for seen in filter(None, map(self.look, self.first)):
            changed = ALTERATIONS[how](seen.scene)
            answer = self.again(changed, **seen.query)
            size, things = (changed.width, changed.height), tuple(thing.box for thing in seen.scene.things)
            sights.append(Altered(seen.answer, answer, seen.size, size, how == "mirrored", things=things))
        return sights

    def resized(self) -> list[tuple[Detection, tuple[int, int]]]:
        """What is answered about the first pictures in other sizes, at the threshold at which each shows something.

        With the width and height of each picture, px.
        """
        queries = {seen.scene.name: seen.query for seen in filter(None, map(self.look, self.first))}
        shown = [scene for scene in self.first if scene.name in queries]
        return [
            (self.again(picture, **queries[scene.name]), (picture.width, picture.height))
            for scene, picture in in_other_sizes(shown)
        ]

    def look(self, scene: Scene) -> Seen | None:
        """What a scene shows, at a low threshold if need be; None where it shows nothing."""
        looks = (self.seen(scene, confidence) for confidence in (None, LOW_CONFIDENCE))
        return next((seen for seen in looks if seen.answer.predictions), None)

    def apart(self) -> list[Alone]:
        """Scenes of different sizes in which something is seen."""
        alone = [self.seen(scene) for scene in self.scenes]
        distinct: dict[tuple[int, int], Seen] = {}
        for seen in alone:
            size = seen.scene.width, seen.scene.height
            if seen.answer.predictions and not (size in distinct and isinstance(seen.scene, Photograph)):
                distinct[size] = seen
        if len(distinct) < 2:
            raise NoWitness("fewer than two scenes of different sizes are answered with predictions")
        return [self._alone(seen) for seen in distinct.values()]

    def _alone(self, seen: Seen) -> Alone:
        def same(exchange: Exchange) -> None:
            answer = detection(expect_success(exchange), self.schema_rule)
            verify.image_size(answer, seen.scene.width, seen.scene.height)
            why = "though alone the same request is answered otherwise"
            verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)

        return Alone(f"scene {seen.scene.name}", self.request(seen.scene), same)

    def deck(self) -> list[Alone]:
        """One scene with several parameters, and another scene."""
        seen = self.witness("two confidences with room between them", lambda answer: _gap(answer) is not None)
        low, high = _gap(seen.answer) or (0.0, 0.0)
        scene = seen.scene
        asked: list[dict[str, Any]] = [
            {},
            {"confidence": DEFAULT_CONFIDENCE},
            {"confidence": round(50 * (low + high), 1)},
            {"confidence": LOW_CONFIDENCE, "overlap": NO_LIMIT},
            *({"classes": label} for label in askable(seen.answer.labels)[:1] if "," not in label),
        ]
        drawn = self.request(scene, **self.as_drawing)
        others = (each for each in self.apart() if each.what != f"scene {scene.name}")
        return [
            *(self.compared(_told(scene, query), self.request(scene, **query), scene.name) for query in asked),
            self.of_its_kind(_told(scene, self.as_drawing), drawn, scene.name),
            *self.pictured(islice(others, 1)),
        ]

    def about(self, picture: Scene, scene: Scene) -> Request:
        """Under a name, as the samples send it: the same for pictures of one size."""
        return self.request(picture, name=f"picture-{picture.width}.png")

    def gist(self, exchange: Exchange) -> tuple[str, ...]:
        """The classes of the predictions."""
        return tuple(sorted(each.label for each in detection(exchange, self.schema_rule).predictions))

    def reaches_its_threshold(self, exchange: Exchange) -> None:
        """Predictions reach the threshold that the request itself asks for. Raises RuleBroken."""
        percent = exchange.request.parameter("confidence")
        if percent is not None and response_of(exchange).media_type == "application/json":
            verify.at_least(detection(exchange, self.schema_rule), float(percent) / 100 - boxes.ROUNDING)

    def context(self) -> Context:
        """Scenes, the model, and the classes that it was seen to know."""
        dataset, version = self.model.split("/")
        labels = {label for scene in self.first for label in self.seen(scene).answer.labels}
        path = {"dataset": dataset, "version": version}
        return Context(pictures(self.first), path=path, classes=askable(labels))

    def witness(self, what: str, suffices: Callable[[Detection], bool], painted: bool = False) -> Seen:
        """The first answer that suffices, `painted` where only Assay's own scenes show it beyond doubt.

        Raises NoWitness, saying what was looked for and where.
        """
        for seen in self.all_seen():
            if len(seen.answer.predictions) >= MOST_PREDICTIONS:  # what else there was may have been left out
                continue
            if suffices(seen.answer) and not (painted and isinstance(seen.scene, Photograph)):
                labels = ", ".join(seen.answer.labels) or "nothing"
                self.note(f"{what}: scene {seen.scene.name}, {len(seen.answer.predictions)} predictions of {labels}")
                return seen
        places = "Assay's scenes, and this is judged in no other picture" if painted else self.places
        raise NoWitness(f"no scene shows {what}; the model {self.model} sees too little in {places}")

    def candidates(self, scene: Scene, confidence: float) -> Sequence[Prediction]:
        """All boxes over a threshold in percent before any of them are combined or suppressed.

        Raises NoWitness where there may be more of them than an answer holds.
        """
        found = self.again(scene, confidence=confidence, overlap=NO_LIMIT).predictions
        if len(found) >= MOST_PREDICTIONS:
            raise NoWitness(f"scene {scene.name} has {len(found)} candidates, and may have more than are answered")
        return found

    def withholding_by_threshold(self) -> Iterator[Withholding]:
        """Painted scenes, each asked with a threshold that leaves some of its predictions and withholds others."""
        for seen in self.seen_painted():
            for low, high in boxes.gaps([each.confidence for each in seen.answer.predictions], boxes.CLEAR_GAP):
                kept, below = seen.answer.above(high), [one for one in seen.answer.predictions if one.confidence <= low]
                if withheld := _clear(below, kept, seen.scene):
                    query = {"confidence": round(50 * (low + high), 1)}
                    yield self._withholding(seen.scene, query, withheld)
                    break

    def withholding_by_class(self) -> Iterator[Withholding]:
        """Painted scenes, each asked for one of the classes that it shows."""
        for seen in self.seen_painted():
            for label in askable(seen.answer.labels) if len(seen.answer.labels) > 1 else ():
                others = [one for one in seen.answer.predictions if one.label != label]
                withheld = _clear(others, seen.answer.of([label]), seen.scene)
                if withheld and "," not in label:
                    yield self._withholding(seen.scene, {**seen.query, "classes": label}, withheld)
                    break

    def _withholding(self, scene: Scene, query: Mapping[str, Any], withheld: Sequence[Prediction]) -> Withholding:
        answer = self.again(scene, **query)
        lost = boxes.match(withheld, answer.predictions).only_first
        return Withholding(scene, query, answer, lost)

    def seen_painted(self) -> Iterator[Seen]:
        """Everything that Assay's own scenes show, of which it is known beyond doubt what is on them."""
        return (seen for seen in self.all_seen() if not isinstance(seen.scene, Photograph))

    def _with_own(self, *names: str) -> Iterator[Scene]:
        """Painted scenes, and then some of the user's own in which something is seen."""
        yield from (SCENES[name] for name in names)
        yield from islice(filter(self.sees, self.own), MOST_OWN_OVERLAPPING)

    def overlapping(
        self, limit: float, suffices: Callable[[Detection], bool] = lambda _: True, *first: str
    ) -> Overlapping:
        """A scene whose boxes overlap, fewer of which are answered where they may overlap by `limit` percent only.

        The scenes of these names are looked at `first`.
        Raises NoWitness: a model that suppresses nothing answers the same whatever overlap is asked for.
        """
        for confidence in (None, LOW_CONFIDENCE):
            for scene in self._with_own(*first, *OVERLAPPING_SCENES):
                query = {} if confidence is None else {"confidence": confidence}
                loose = self.again(scene, overlap=NO_LIMIT, **query)
                share = boxes.overlap_of(loose.predictions)
                if share < max(LEAST_OVERLAP, limit / 100) or not suffices(loose):
                    continue
                strict = self.again(scene, overlap=limit, **query)
                if len(strict.predictions) < len(loose.predictions):
                    counted = f"{len(strict.predictions)} with overlap={limit:g}"
                    self.note(f"scene {scene.name}, {len(loose.predictions)} boxes with overlap={NO_LIMIT}, {counted}")
                    return Overlapping(scene, query, loose, share)
        raise NoWitness(
            f"no scene shows boxes of one class that overlap and are suppressed with overlap={limit:g}; "
            f"the model {self.model} sees none, or suppresses none, as models without that step do"
        )

    def overlapping_more(self, limit: float) -> Overlapping:
        """The same, by little more than `limit` percent if that is the default."""
        return self.overlapping(limit, lambda _: True, PAIRS_SCENE)

    def overlapping_less(self, limit: float) -> Seen:
        """A scene with two boxes of one class that overlap, and are answered, as they do by less than `limit` percent.

        With the limit, or without one of their own: what is asked for either of them must not hide its own witness.
        Raises NoWitness.
        """
        for scene in self._with_own(PAIRS_SCENE):
            limited = Seen(scene, {}, self.again(scene, overlap=limit))
            for seen in (limited, self.seen(scene)):
                every = boxes.overlaps(seen.answer.predictions)
                if shares := [each for each in every if LEAST_OVERLAP <= each < limit / 100]:
                    self.note(f"scene {scene.name}, two boxes with an IoU of {max(shares):.2f} beside each other")
                    return seen
        raise NoWitness(f"no scene shows two boxes of one class that overlap by less than {limit:g} percent")

    def beside_other_classes(self, limit: float) -> tuple[Seen, list[Prediction]]:
        """A scene as it is answered with no limit to overlap, and the boxes that others of another class overlap.

        By more than `limit` percent each, and by none of their own class. Raises NoWitness where there are none.
        """
        for scene in self._with_own(TWO_CLASSES_SCENE):
            query = {"overlap": NO_LIMIT}
            seen = Seen(scene, query, self.again(scene, **query))
            found = boxes.beside_other_classes(seen.answer.predictions, max(LEAST_OVERLAP, limit / 100))
            if found:
                self.note(f"scene {scene.name}: {' and '.join(map(str, found[:2]))} overlap")
                return seen, found
        raise NoWitness(
            f"no scene shows boxes of two classes that overlap by more than {limit:g} percent; the model {self.model} "
            "sees none, or combines them before `overlap` is heeded"
        )


def _told(scene: Scene, query: Mapping[str, Any]) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in query.items())
    return f"scene {scene.name} with {parameters or 'no parameters'}"


def _gap(answer: Detection) -> tuple[float, float] | None:
    return boxes.widest_gap(answer.predictions, boxes.CLEAR_GAP)


def _clear(some: Sequence[Prediction], others: Sequence[Prediction], scene: Scene) -> list[Prediction]:
    """Those of some predictions that stand clear of the others; none where there are no others."""
    taken = [other.corners for other in others]
    return [one for one in some if taken and stands_clear(one.corners, taken, scene.width, scene.height)]


class InstancesDriver(HostedDriver):
    """Asks `POST /{dataset}/{version}` for instances: boxes with outlines."""

    def outlines(self, answer: Detection) -> list[Outline]:
        """The outline of each prediction. Raises PrerequisiteBroken where one cannot be read."""
        return outlines(answer, self.schema_rule)
