"""`POST /infer/lmm` with Florence 2: fifteen tasks, answered from what is to be seen in the picture.

Coordinates are px from the top left. As the model's own processor does, they are put into a thousand bins of the
picture's width and height, and told as the middle of the bin, in whole px.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assay.contract.message import parse_json
from assay.reference import telling
from assay.reference.decoding import decode_base64, decode_picture, fetch_picture
from assay.reference.detection import Box, iou
from assay.reference.errors import conflicting_models, invalid, unauthorized, unknown_model
from assay.reference.florence_body import BINS, Ask, read_body
from assay.reference.keys import given_key, is_authorised
from assay.reference.looking import Sight, Thing, look
from assay.reference.memory import memory_of

MODELS = ("florence-2-base", "florence-2-large")
TASK = "lmm"
"""Both have the same eyes."""

Point = tuple[int, int]


async def infer_lmm(request: Request) -> Response:
    """Answer a prompt. Raises Refusal."""
    started = time.perf_counter()
    raw = await request.body()
    try:
        body = parse_json(raw)
    except (ValueError, RecursionError):
        body = None
    if not is_authorised(given_key(request, body), request.app.state.key):
        raise unauthorized()
    if body is None:
        raise invalid("json_invalid", ["body"], "JSON decode error")
    ask = read_body(body)
    if request.path_params.get("model_id", ask.model) != ask.model:
        raise conflicting_models()
    if ask.model not in MODELS:
        raise unknown_model(ask.model)
    memory_of(request).use(request, ask.model, TASK)
    if ask.image_type == "url":
        data = await fetch_picture(ask.image_value)
    else:
        data = decode_base64(ask.image_value.encode("utf-8", "replace"))
    return await run_in_threadpool(_answer, ask, data, started)


def _answer(ask: Ask, data: bytes, started: float) -> Response:
    sight = _seen(data, ask.auto_orient)
    return JSONResponse(
        {
            "response": {ask.token: TASKS[ask.task](sight, ask)},
            "image": {"width": sight.width, "height": sight.height},
            "time": time.perf_counter() - started,
            "inference_id": ask.identifier or str(uuid.uuid4()),
        }
    )


@lru_cache(maxsize=16)  # a client asks many things about the same few pictures
def _seen(data: bytes, auto_orient: bool) -> Sight:
    return look(decode_picture(data, auto_orient))


# Places


def told(x: float, y: float, sight: Sight) -> Point:
    """A place as the processor tells it: the middle of its bin, whole px."""
    return _binned(x, sight.width), _binned(y, sight.height)


def _binned(value: float, side: int) -> int:
    number = min(max(int(value * BINS / side), 0), BINS - 1)
    return int((number + 0.5) * side / BINS)


def _corners(box: Box, sight: Sight) -> list[int]:
    return [*told(box[0], box[1], sight), *told(box[2], box[3], sight)]


def _quad(box: Box, sight: Sight) -> list[int]:
    x0, y0, x1, y1 = _corners(box, sight)
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def _outline(thing: Thing, sight: Sight) -> list[list[int]]:
    """The outer outlines of a thing, each flat: x, y, x, y."""
    contours, _ = cv2.findContours(thing.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    x0, y0, *_ = thing.box
    return [
        [number for x, y in contour.reshape(-1, 2).tolist() for number in told(x0 + x, y0 + y, sight)]
        for contour in contours
        if len(contour) >= 3
    ]


def _meant_by_region(sight: Sight, ask: Ask) -> Thing | None:
    """The thing that fills a region best, if any touches it."""
    region = _region(sight, ask)
    best = max(sight.things, key=lambda thing: iou(thing.box, region), default=None)
    return best if best is not None and iou(best.box, region) > 0 else None


def _region(sight: Sight, ask: Ask) -> Box:
    """The region of a prompt in px, half-open: from the beginning of its first bins to the end of its last."""
    left, top, right, bottom = ask.region
    wide, high = sight.width / BINS, sight.height / BINS
    return int(left * wide), int(top * high), int((right + 1) * wide), int((bottom + 1) * high)


# Tasks. A model that may say so many tokens and no more breaks off; a thing that is not finished then is not told.


def _text(tell: Callable[[Sight, Ask], str]) -> Callable[[Sight, Ask], str]:
    def value(sight: Sight, ask: Ask) -> str:
        words = tell(sight, ask).split(" ")
        return " ".join(words[: ask.most_tokens])

    return value


def _finished(labels: Sequence[str], places: Sequence[int], ask: Ask) -> int:
    """How many things are told in full: a token for each word of a label and for each coordinate."""
    spent = np.cumsum([len(label.split()) + place for label, place in zip(labels, places, strict=True)])
    return len(labels) if ask.most_tokens is None else int((spent <= ask.most_tokens).sum())


def _boxes(things: Sequence[Thing], labels: Sequence[str], sight: Sight, ask: Ask) -> dict[str, Any]:
    number = _finished(labels, [4] * len(labels), ask)
    return {
        "bboxes": [_corners(thing.box, sight) for thing in things[:number]],
        "labels": list(labels[:number]),
    }


def _polygons(things: Sequence[Thing], sight: Sight, ask: Ask) -> dict[str, Any]:
    outlines = [_outline(thing, sight) for thing in things]
    lengths = [sum(map(len, outline)) for outline in outlines]
    number = _finished([""] * len(outlines), lengths, ask)
    return {"polygons": outlines[:number], "labels": [""] * number}


def _detect(sight: Sight, ask: Ask) -> dict[str, Any]:
    return _boxes(sight.things, [thing.kind for thing in sight.things], sight, ask)


def _dense(sight: Sight, ask: Ask) -> dict[str, Any]:
    return _boxes(sight.things, [thing.name for thing in sight.things], sight, ask)


def _propose(sight: Sight, ask: Ask) -> dict[str, Any]:
    return _boxes(sight.things, [""] * len(sight.things), sight, ask)


def _ground(sight: Sight, ask: Ask) -> dict[str, Any]:
    found = [(phrase, thing) for phrase in telling.phrases(ask.phrase) for thing in telling.meant(phrase, sight.things)]
    return _boxes([thing for _, thing in found], [phrase for phrase, _ in found], sight, ask)


def _open_vocabulary(sight: Sight, ask: Ask) -> dict[str, Any]:
    things = telling.meant(ask.phrase, sight.things)
    found = _boxes(things, [ask.phrase] * len(things), sight, ask)
    return {
        "bboxes": found["bboxes"],
        "bboxes_labels": found["labels"],
        "polygons": [],
        "polygons_labels": [],
    }


def _refer(sight: Sight, ask: Ask) -> dict[str, Any]:
    return _polygons(telling.meant(ask.phrase, sight.things), sight, ask)


def _segment_region(sight: Sight, ask: Ask) -> dict[str, Any]:
    thing = _meant_by_region(sight, ask)
    return _polygons([thing] if thing else [], sight, ask)


def _categorise(sight: Sight, ask: Ask) -> str:
    thing = _meant_by_region(sight, ask)
    return thing.kind if thing else "background"


def _describe(sight: Sight, ask: Ask) -> str:
    thing = _meant_by_region(sight, ask)
    return telling.description(sight, thing) if thing else f"an empty {sight.background} background"


def _read_region(sight: Sight, ask: Ask) -> str:
    region = _region(sight, ask)
    return " ".join(word.text for word in sight.words if iou(word.box, region) > 0)


def _read_places(sight: Sight, ask: Ask) -> dict[str, Any]:
    number = _finished([word.text for word in sight.words], [8] * len(sight.words), ask)
    return {
        "quad_boxes": [_quad(word.box, sight) for word in sight.words[:number]],
        "labels": [word.text for word in sight.words[:number]],
    }


TASKS: Mapping[str, Callable[[Sight, Ask], Any]] = {
    "CAPTION": _text(lambda sight, ask: telling.caption(sight)),
    "DETAILED_CAPTION": _text(lambda sight, ask: telling.detailed_caption(sight)),
    "MORE_DETAILED_CAPTION": _text(lambda sight, ask: telling.more_detailed_caption(sight)),
    "OCR": _text(lambda sight, ask: telling.text(sight)),
    "OCR_WITH_REGION": _read_places,
    "OD": _detect,
    "DENSE_REGION_CAPTION": _dense,
    "REGION_PROPOSAL": _propose,
    "CAPTION_TO_PHRASE_GROUNDING": _ground,
    "OPEN_VOCABULARY_DETECTION": _open_vocabulary,
    "REFERRING_EXPRESSION_SEGMENTATION": _refer,
    "REGION_TO_SEGMENTATION": _segment_region,
    "REGION_TO_CATEGORY": _text(_categorise),
    "REGION_TO_DESCRIPTION": _text(_describe),
    "REGION_TO_OCR": _text(_read_region),
}
