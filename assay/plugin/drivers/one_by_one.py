"""Asking OwlV2 by two examples at once, each of which surely finds its thing when it is the only one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.judge import verify_examples
from assay.judge.answers import Detection
from assay.judge.boxes import Corners
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.owlv2 import CONFIDENCE, Found, Owlv2Driver
from assay.scene import Scene, Thing

Shown = Callable[[Scene, Thing], Scene]
"""The reference picture in which a thing of a scene is shown as an example."""


def in_one_picture(scene: Scene, thing: Thing) -> Scene:
    """In the scene itself, beside all else."""
    return scene


def in_a_picture_each(scene: Scene, thing: Thing) -> Scene:
    """Where it is, but alone: in a picture that shows nothing where another example is."""
    return replace(scene, name=f"{scene.name}, of which only one {thing.kind} is left", things=(thing,))


@dataclass(frozen=True, slots=True)
class OneByOne:
    """A scene, two things of it by the class of their example, and how each is shown."""

    owlv2: Owlv2Driver
    scene: Scene
    examples: dict[str, Thing]
    shown: Shown

    @property
    def places(self) -> dict[str, Corners]:
        """Where each example is, in px."""
        return {label: thing.box for label, thing in self.examples.items()}

    def ask(self, labels: Sequence[str], called: str | None = None) -> Detection:
        """What is found in the scene by these examples, each under its own class or all under one."""
        boxes: dict[Scene, list[dict[str, Any]]] = {}
        for label in labels:
            thing = self.examples[label]
            boxes.setdefault(self.shown(self.scene, thing), []).append(self.owlv2.box(thing, called or label))
        given = [self.owlv2.reference_of(reference.png(), of_it) for reference, of_it in boxes.items()]
        return self.owlv2.ask(self.scene, [], training_data=given)

    def ask_both(self, turned_round: bool, called: str | None = None) -> Detection:
        """What is found by both examples, as they are listed or the other way round."""
        return self.ask([*reversed(self.examples)] if turned_round else [*self.examples], called)

    def surely(self) -> bool:
        """Whether each surely finds its thing as the only example, and nothing where the other's is, or is found.

        That would hide that its own is lost, or be surer and take its place.
        """
        if len(self.examples) != 2:
            return False
        alone = {label: self.ask([label]) for label in self.examples}
        return all(self._surely(label, alone) for label in alone)

    def _surely(self, label: str, alone: Mapping[str, Detection]) -> bool:
        place = self.places[label]
        if not self.owlv2.surely_found(Found(self.scene, {label: self.examples[label]}, CONFIDENCE, alone[label])):
            return False
        surest = verify_examples.overlapping(alone[label], place)[0].corners
        others = [answer for name, answer in alone.items() if name != label]
        return not any(verify_examples.touching(answer, box) for answer in others for box in (place, surest))


def found_one_by_one(owlv2: Owlv2Driver, shown: Shown) -> OneByOne:
    """The first scene of which two things are surely found, each as the only example. Raises NoWitness."""
    for scene in owlv2.scenes:
        found = OneByOne(owlv2, scene, owlv2.examples(scene, 2), shown)
        if found.surely():
            owlv2.note(f"scene {scene.name}: {' and '.join(found.examples)} are found, each as the only example")
            return found
    raise NoWitness("no scene has two things that are found, each as the only example")
