"""SAM2: masks for points and boxes, in every form in which they come, and the embedding of a picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from assay.contract.wire import base64_text
from assay.plugin.drivers.sam2 import Sam2Driver
from assay.questions.question import Make, Question
from assay.scene import SCENES, Scene

FORMS = ("json", "rle", "binary")


def on(scene: str, *prompts: dict[str, Any], **fields: Any) -> Make:
    """Prompts for a scene, which is named by its own bytes: a new picture costs a server seconds, a known one less."""

    def make() -> dict[str, Any]:
        picture = SCENES[scene].png()
        return {
            "image": {"type": "base64", "value": base64_text(picture)},
            "image_id": f"assay-{hashlib.sha256(picture).hexdigest()[:24]}",
            **({"prompts": {"prompts": list(prompts)}} if prompts else {}),
            **fields,
        }

    return make


def point(x: float, y: float, positive: bool = True) -> dict[str, Any]:
    """A point in px from the top left."""
    return {"x": x, "y": y, "positive": positive}


def on_each(scene: Scene) -> list[dict[str, Any]]:
    """One prompt for each thing: a point on it."""
    return [Sam2Driver.point(x, y) for x, y in scene.points()]


def but_not_the_next(scene: Scene) -> list[dict[str, Any]]:
    """One prompt for each thing: a point on it, and a negative one on the next."""
    partners = Sam2Driver.partners(scene)
    return [
        {"points": [point(x, y), point(*partner, positive=False)]}
        for (x, y), partner in zip(scene.points(), partners, strict=True)
    ]


def of_masks() -> Iterator[Question]:
    """Prompts of every kind."""
    counters, tokens, operation = SCENES["counters"], SCENES["tokens"], "sam2.segment"
    first, every = on_each(counters)[:1], on_each(counters)
    for form in FORMS:
        yield Question(f"{operation}/{form}/counters-point", "A point on a large thing.",
                       on("counters", *first, format=form))  # fmt: skip
        yield Question(f"{operation}/{form}/counters-points", "A point on each thing.",
                       on("counters", *every, format=form))  # fmt: skip
    yield Question(f"{operation}/json/speck-point", "A point on a small thing.", on("speck", *on_each(SCENES["speck"])))
    yield Question(f"{operation}/json/tower-points", "Points on things near each other.",
                   on("tower", *on_each(SCENES["tower"])))  # fmt: skip
    yield Question(
        f"{operation}/json/blank-point", "A point where nothing is.", on("blank", Sam2Driver.point(300, 220))
    )
    yield Question(f"{operation}/json/counters-corner", "A point in the corner of the picture.",
                   on("counters", Sam2Driver.point(0, 0)))  # fmt: skip
    yield Question(f"{operation}/json/tokens-negative", "A point on a thing, and a negative one on another.",
                   on("tokens", *but_not_the_next(tokens)))  # fmt: skip
    yield Question(f"{operation}/rle/tokens-boxes", "A box around each thing.",
                   on("tokens", *({"box": box} for box in Sam2Driver.boxes(tokens)), format="rle"))  # fmt: skip
    yield Question(f"{operation}/json/tokens-boxes", "The same as polygons.",
                   on("tokens", *({"box": box} for box in Sam2Driver.boxes(tokens))))  # fmt: skip
    yield Question(f"{operation}/json/counters-one-mask", "A point, and one mask to choose from.",
                   on("counters", *first, multimask_output=False))  # fmt: skip


QUESTIONS = [
    *(Question(f"sam2.embed/json/{scene}", "A picture, under a name.", on(scene)) for scene in ("counters", "blank")),
    *of_masks(),
]
