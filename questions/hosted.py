"""The models of the hosted route, `POST /{dataset}/{version}`, and the JSON routes to them.

Boxes are asked for at a lower threshold than they are judged by: one that comes to lie just below it is still there to
be recognised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.contract import load
from assay.contract.wire import base64_text
from assay.plugin.options import LABELS
from assay.questions.question import Make, Question
from assay.scene import SCENES

DETECTING = ("object-detection", "keypoint-detection", "instance-segmentation")
SEEN = {
    "object-detection": ("menagerie", "trio", "portrait", "wide", "speck", "stack", "blank"),
    "keypoint-detection": ("crowd", "duo", "menagerie", "speck", "blank"),
    "instance-segmentation": ("menagerie", "trio", "portrait", "speck", "overlay", "blank"),
}
"""Small and large things, some at the border of the picture, some that overlap, and none."""
ASKED, JUDGED = 30, 40
"""Percent: what is asked for, and the documented default, which is judged by."""
LOW, JUDGED_LOW = 5, 15


def hosted(scene: str, **query: Any) -> Make:
    """A scene as base64 in the body."""

    def make() -> dict[str, Any]:
        return {**({"query": query} if query else {}), "body": base64_text(SCENES[scene].png())}

    return make


def in_json(scene: str, **fields: Any) -> Make:
    """A scene as base64 in a JSON body."""

    def make() -> dict[str, Any]:
        return {"image": {"type": "base64", "value": base64_text(SCENES[scene].png())}, **fields}

    return make


def of_boxes(task: str) -> Iterator[Question]:
    """What is asked of the hosted route about boxes, and what hangs on them."""
    operation, (first, second, *_) = f"hosted.{task}", SEEN[task]
    for scene in SEEN[task]:
        yield Question(f"{operation}/json/{scene}", "The documented threshold.", hosted(scene, confidence=ASKED),
                       asserted={"confidence": JUDGED})  # fmt: skip
    yield Question(f"{operation}/json/{first}-low", "A low threshold.", hosted(first, confidence=LOW),
                   asserted={"confidence": JUDGED_LOW})  # fmt: skip
    yield Question(f"{operation}/json/{first}-overlap", "Boxes that may overlap by more.",
                   hosted("stack" if task != "keypoint-detection" else first, confidence=ASKED, overlap=60),
                   asserted={"confidence": JUDGED})  # fmt: skip
    label = "person" if task == "keypoint-detection" else "cat"
    yield Question(f"{operation}/json/{first}-classes", "One class alone.",
                   hosted(first, confidence=ASKED, classes=label), asserted={"confidence": JUDGED})  # fmt: skip
    yield Question(f"{operation}/json/{second}-multipart", "The picture as a form's file.",
                   hosted(second, confidence=ASKED), "multipart", {"confidence": JUDGED})  # fmt: skip
    yield Question(f"{operation}/image/{first}", "A drawing.", hosted(first, format="image"))
    yield Question(f"{operation}/image/{second}-labels", "A drawing with labels and wide lines.",
                   hosted(second, format="image", labels=True, stroke=5))  # fmt: skip
    yield Question(f"{operation}/image/blank", "A drawing of nothing.", hosted("blank", format="image"))
    yield Question(f"{operation}/image_and_json/{second}", "Both, with labels.",
                   hosted(second, format="image_and_json", labels=True, stroke=2))  # fmt: skip


def of_json_route(task: str) -> Iterator[Question]:
    """What is asked of the JSON route to the same models, whose thresholds are fractions."""
    operation, (first, second, *_) = f"infer.{task}", SEEN[task]
    asked, judged = ASKED / 100, {"confidence": JUDGED / 100}
    for scene in (first, second, "speck", "blank"):
        yield Question(f"{operation}/json/{scene}", "The documented threshold.", in_json(scene, confidence=asked),
                       asserted=judged)  # fmt: skip
    yield Question(f"{operation}/json/stack-overlap", "Boxes that may overlap by more.",
                   in_json("stack", confidence=asked, iou_threshold=0.6), asserted=judged)  # fmt: skip
    label = "person" if task == "keypoint-detection" else "cat"
    yield Question(f"{operation}/json/{first}-classes", "One class alone.",
                   in_json(first, confidence=asked, class_filter=[label]), asserted=judged)  # fmt: skip
    yield Question(f"{operation}/json/{second}-drawn", "With a drawing, its labels and wide lines.",
                   in_json(second, visualize_predictions=True, visualization_labels=True,
                           visualization_stroke_width=4))  # fmt: skip


def of_classes() -> Iterator[Question]:
    """What a picture is of: one class, or several labels."""
    operation = "hosted.classification"
    for scene in ("tower", "wide", "portrait", "speck", "blank"):
        yield Question(f"{operation}/json/{scene}", "Every class that the model has an opinion on.",
                       hosted(scene, confidence=1))  # fmt: skip
    yield Question(f"{operation}/json/tower-default", "The documented threshold.", hosted("tower"))
    yield Question(f"{operation}/json/wide-multipart", "The picture as a form's file.", hosted("wide", confidence=1),
                   "multipart")  # fmt: skip
    for scene in ("menagerie", "tower", "blank"):
        yield Question(f"{operation}/json/labels-{scene}", "A model of several labels.", hosted(scene, confidence=1),
                       task=LABELS)  # fmt: skip
    yield Question(f"{operation}/image/tower", "A drawing.", hosted("tower", confidence=1, format="image"))
    yield Question(f"{operation}/image_and_json/wide", "Both.", hosted("wide", confidence=1, format="image_and_json"))


def of_class_maps() -> Iterator[Question]:
    """The class of every pixel."""
    operation, route = "hosted.semantic-segmentation", "infer.semantic-segmentation"
    for scene in ("menagerie", "portrait", "tower", "wide", "speck", "blank"):
        yield Question(f"{operation}/json/{scene}", "The documented threshold.", hosted(scene))
    yield Question(f"{operation}/json/menagerie-high", "A high threshold.", hosted("menagerie", confidence=90))
    yield Question(f"{operation}/json/tower-multipart", "The picture as a form's file.", hosted("tower"), "multipart")
    yield Question(f"{operation}/image/menagerie", "A drawing.", hosted("menagerie", format="image"))
    yield Question(f"{operation}/image_and_json/tower", "Both.", hosted("tower", format="image_and_json"))
    for scene in ("menagerie", "pair", "blank"):
        yield Question(f"{route}/json/{scene}", "The documented threshold.", in_json(scene))
    yield Question(f"{route}/json/menagerie-high", "A high threshold.", in_json("menagerie", confidence=0.9))


QUESTIONS = [
    *(question for task in DETECTING for question in of_boxes(task)),
    *of_classes(),
    *of_class_maps(),
    *(question for task in DETECTING if f"infer.{task}" in load().operations for question in of_json_route(task)),
]
