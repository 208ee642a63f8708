"""OwlV2: what looks like an example."""

from __future__ import annotations

from typing import Any

from assay.contract.wire import base64_text
from assay.plugin.drivers.owlv2 import FIRST, SECOND, Owlv2Driver
from assay.questions.question import Make, Question
from assay.scene import SCENES, Scene

ASKED, JUDGED = 0.98, 0.99
LOW, JUDGED_LOW = 0.9, 0.92
"""Fractions: the script's own threshold is 0.99."""


def inline(scene: Scene) -> dict[str, str]:
    """A scene as an image object."""
    return {"type": "base64", "value": base64_text(scene.png())}


def like(scene: str, reference: str, classes: int = 1, negative: bool = False, **fields: Any) -> Make:
    """What in a scene looks like the first things of a reference picture, one for each class.

    With `negative` the second of them is an example of what is not meant.
    """

    def make() -> dict[str, Any]:
        shown = SCENES[reference]
        boxes = [Owlv2Driver.box(thing, label) for label, thing in Owlv2Driver.examples(shown, classes).items()]
        if negative:
            boxes[-1] |= {"cls": FIRST, "negative": True}
        examples = [{"image": inline(shown), "boxes": boxes}]
        return {"image": inline(SCENES[scene]), "training_data": examples, "confidence": ASKED, **fields}

    return make


SURE = {"confidence": JUDGED}
QUESTIONS = [
    Question("owlv2.infer/json/counters", "An example in the picture itself.", like("counters", "counters"),
             asserted=SURE),
    Question("owlv2.infer/json/counters-two", f"Examples of two classes, {FIRST} and {SECOND}.",
             like("counters", "counters", 2), asserted=SURE),
    Question("owlv2.infer/json/counters-negative", "An example, and one of what is not meant.",
             like("counters", "counters", 2, negative=True), asserted=SURE),
    Question("owlv2.infer/json/trio-by-square", "An example in another picture.", like("trio", "square"),
             asserted=SURE),
    Question("owlv2.infer/json/menagerie-low", "A low threshold.", like("menagerie", "menagerie", confidence=LOW),
             asserted={"confidence": JUDGED_LOW}),
    Question("owlv2.infer/json/blank-by-counters", "Nothing that looks like it.", like("blank", "counters"),
             asserted=SURE),
    Question("owlv2.infer/json/square-drawn", "With a drawing and its labels.",
             like("square", "square", 2, confidence=JUDGED, visualize_predictions=True, visualization_labels=True)),
]  # fmt: skip
