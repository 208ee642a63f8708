"""What the table tells of: noise that is harmless, and changes that matter, each on a small and on a large thing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from assay.contract.message import Request, Response
from assay.likeness.report import Likeness

from .asking import PROFILES, answer, compared, recorded
from .shapes import (
    PALETTE,
    Bits,
    Ids,
    Pixels,
    asked_about,
    bar,
    disc,
    drawn,
    jpeg,
    photograph,
    pixels_of,
    png,
    polygons,
    rle,
)

SIDES = {"small": 24.0, "large": 400.0}
"""px of a thing; the picture is of 1280 x 960 px."""
SIZE = {"width": 1280, "height": 960}
WHOLE = (1280, 960)
MIDDLE = (640.0, 480.0)
TOLERANT = PROFILES[1:]
HALF = PROFILES[3:]
FINE = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
NAMES = ("nose", "left_eye", "right_eye", "left_shoulder", "right_shoulder")


@dataclass(frozen=True)
class Case:
    """Two answers to one request. `allowed` are the profiles by which they are alike: none, where a change matters."""

    what: str
    thing: str
    operation: str
    first: Response
    second: Response
    mode: str = "json"
    request: Request | None = None
    allowed: tuple[str, ...] = ()

    def by(self, profile: str) -> Likeness:
        """The comparison by a profile."""
        return compared(self.first, self.second, self.operation, self.mode, profile, self.request)


Change = Callable[[dict[str, Any]], None]


def _detected(side: float, **more: Any) -> dict[str, Any]:
    """Two things of one size, of two classes."""
    box = {"width": side, "height": side}
    one = {"x": 260.0, "y": 300.0, **box, "class": "dog", "class_id": 0, "confidence": 0.91, "detection_id": "a"}
    other = {"x": 900.5, "y": 640.25, **box, "class": "cat", "class_id": 1, "confidence": 0.78, "detection_id": "b"}
    return {"time": 0.1, "inference_id": "a", "image": SIZE, "predictions": [one, other], **more}


def _skeleton(side: float) -> dict[str, Any]:
    body = _detected(side)
    for one in body["predictions"]:
        one["keypoints"] = [
            {
                "x": one["x"] + side / 3 * np.cos(number), "y": one["y"] + side / 3 * np.sin(number),
                "confidence": 0.9, "class_id": number, "class_name": name,
            }
            for number, name in enumerate(NAMES)
        ]  # fmt: skip
    return body


def _changed(body: dict[str, Any], change: Change) -> Response:
    other = copy.deepcopy(body)
    change(other)
    return answer(other)


def _each(body: dict[str, Any], **by: float) -> None:
    signs = (1, -1)
    for number, one in enumerate(body["predictions"]):
        for name, step in by.items():
            one[name] += step * signs[number % 2]


def _prediction(number: int, **values: Any) -> Change:
    return lambda body: body["predictions"][number].update(values)


def _new(body: dict[str, Any]) -> None:
    body["predictions"].reverse()
    for one in body["predictions"]:
        one.update(detection_id="other", class_id=one["class_id"] + 5)
    body.update(time=0.7, inference_id="b")


def _as_text(body: dict[str, Any]) -> None:
    for one in body["predictions"]:
        one.update(x=round(one["x"] + 3e-7, 6), confidence=round(one["confidence"] + 3e-7, 6))


def _exchange(body: dict[str, Any]) -> None:
    one, other = body["predictions"]
    one["class"], other["class"] = other["class"], one["class"]


def _point(**by: float) -> Change:
    def change(body: dict[str, Any]) -> None:
        for name, step in by.items():
            body["predictions"][0]["keypoints"][0][name] += step

    return change


def _points(by: float) -> Change:
    def change(body: dict[str, Any]) -> None:
        for number, point in enumerate(body["predictions"][0]["keypoints"]):
            point["x"] += by * (-1) ** number

    return change


BOXES: Mapping[str, tuple[Change, tuple[str, ...]]] = {
    "other ids, times, numbers of classes, another order": (_new, PROFILES),
    "numbers written with six decimals": (_as_text, PROFILES),
    "boxes 1 px off, confidences 0.01": (lambda body: _each(body, x=1, height=1, confidence=0.01), TOLERANT),
    "boxes 4 px off, confidences 0.015": (lambda body: _each(body, x=4, y=-4, confidence=0.015), HALF),
    "one box lost": (lambda body: body["predictions"].pop(), ()),
    "one box added": (lambda body: body["predictions"].append({**body["predictions"][0], "x": 700.0}), ()),
    "one box shifted by 12 px": (_prediction(0, x=272.0), ()),
    "one box shifted by 12 px along the diagonal": (_prediction(0, x=268.5, y=308.5), ()),
    "one edge 12 px off": (lambda body: body["predictions"][0].update(
        width=body["predictions"][0]["width"] + 12, x=266.0), ()),
    "classes of two boxes exchanged": (_exchange, ()),
    "one class renamed": (_prediction(1, **{"class": "fox"}), ()),
    "one confidence 0.1 lower": (_prediction(0, confidence=0.81), ()),
    "the picture's size exchanged": (lambda body: body.update(image={"width": 960, "height": 1280}), ()),
}  # fmt: skip
KEYPOINTS: Mapping[str, tuple[Change, tuple[str, ...]]] = {
    "keypoints 1 px off": (_points(1), TOLERANT),
    "one keypoint moved by 12 px": (_point(x=12), ()),
    "one keypoint lost": (lambda body: body["predictions"][0]["keypoints"].pop(), ()),
    "one keypoint hidden": (_point(confidence=-0.85), ()),
}


def _masks() -> Iterator[tuple[str, str, Bits, Bits, tuple[str, ...]]]:
    for thing, side in SIDES.items():
        radius = side / 2
        mask = disc(radius, *MIDDLE, WHOLE)
        yield "a mask moved by 1 px", thing, mask, disc(radius, 641, 480, WHOLE), TOLERANT
        yield "a mask 1 px smaller all round", thing, mask, disc(radius - 1, *MIDDLE, WHOLE), TOLERANT
        yield "a hole of a tenth in a mask", thing, mask, mask - disc(radius * 0.1**0.5, *MIDDLE, WHOLE), ()
        yield "a mask shifted by 12 px", thing, mask, disc(radius, 652, 480, WHOLE), ()
        if thing == "large":
            yield "a patch of 30 px beside a mask", thing, mask, mask | bar(30, 30, 20, 20, WHOLE), ()
        half = mask.copy()
        half[:, 640:] = 0
        yield "half of a mask lost", thing, mask, half, ()
        yield "a mask lost", thing, mask, np.zeros_like(mask), ()


def _rounded(side: float) -> Case:
    turns = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    points = [[MIDDLE[0] + side / 2 * np.cos(turn), MIDDLE[1] + side / 2 * np.sin(turn)] for turn in turns]
    bodies = [
        {"image": SIZE, "predictions": [{**_detected(side)["predictions"][0], "x": MIDDLE[0], "y": MIDDLE[1],
         "points": [{"x": float(x), "y": float(y)} for x, y in outline]}]}
        for outline in (points, np.round(points))
    ]  # fmt: skip
    thing = next(name for name, length in SIDES.items() if length == side)
    operation = "hosted.instance-segmentation"
    return Case(
        "outlines rounded to whole px", thing, operation, answer(bodies[0]), answer(bodies[1]), allowed=TOLERANT
    )


NAMED = {"0": "background", "1": "road", "2": "car"}


def _classes(ids: Ids, names: Mapping[str, str] = NAMED, sure: int = 230) -> Response:
    masks = {
        "segmentation_mask": png(ids), "class_map": names, "confidence_mask": png(np.full(ids.shape, sure, np.uint8)),
    }  # fmt: skip
    return answer({"image": SIZE, "predictions": masks})


def _class_maps() -> Iterator[Case]:
    operation = "hosted.semantic-segmentation"
    for thing, side in SIDES.items():
        road = disc(120, 200, 300, WHOLE)
        car = disc(side / 2, *MIDDLE, WHOLE)
        ids: Ids = (road + 2 * car).astype(np.uint8)
        hole = disc(side / 2 * 0.1**0.5, *MIDDLE, WHOLE)
        lane = bar(round(5 * side) if thing == "small" else 900, 4, 100, 900, WHOLE)
        told = _classes(ids)
        numbers = np.array([0, 9, 4], np.uint8)[ids]
        for what, second, allowed in (
            ("a class map by other numbers", _classes(numbers, {"0": "background", "9": "road", "4": "car"}), PROFILES),
            ("borders between classes moved by 1 px", _classes(np.roll(ids, 1, 1)), TOLERANT),
            ("confidences of pixels 4 levels off", _classes(ids, sure=226), TOLERANT),
            ("the class map permuted", _classes(ids, {"0": "background", "1": "car", "2": "road"}), ()),
            ("a thing lost from a class map", _classes(ids * (1 - car)), ()),
            ("a lane of 4 px that only one map has", _classes(np.where(lane > 0, 1, ids).astype(np.uint8)), ()),
            ("a hole of a tenth in a class", _classes(ids * (1 - hole)), ()),
            ("confidences of pixels 60 levels off", _classes(ids, sure=170), ()),
        ):
            yield Case(what, thing, operation, told, second, allowed=allowed)


LONG = "the quick brown fox jumps over the lazy dog and goes home to sleep until the sun is up again"


def _texts() -> Iterator[Case]:
    for thing, text in (("small", "NO ENTRY"), ("large", LONG)):
        word = text.split()[1]
        for task, what, second, allowed in (
            ("<OCR>", "spaces and line breaks in what was read", text.replace(" ", "\n "), PROFILES),
            ("<OCR>", "a stop more in what was read", text + ".", TOLERANT),
            ("<OCR>", "one word read otherwise", text.replace(word, word[:-1] + "X"), ()),
            ("<OCR>", "a sign before a number not read", text + " 5", ()),
            ("<OCR>", "one word not read", text.replace(word, "").strip(), ()),
            ("<CAPTION>", "a caption of something else", "two boats on a lake at dawn", ()),
        ):
            golden = text + " -5" if "sign" in what else text
            bodies = [answer({"response": {task: each}}) for each in (golden, second)]
            yield Case(what, thing, "florence2.infer", bodies[0], bodies[1], allowed=allowed)
        side = SIDES[thing]
        found = {"bboxes": [[100, 100, 100 + side, 100 + side], [600, 500, 600 + side, 500 + side]]}
        first = {**found, "labels": ["dog", "cat"]}
        moved = [[number + 12 for number in found["bboxes"][0]], found["bboxes"][1]]
        beside = [number + 12 * (index % 2 == 0) for index, number in enumerate(found["bboxes"][0])]
        near = [[number + 1 for number in box] for box in found["bboxes"]]
        for what, second_one, allowed in (
            ("named places 1 px off", {**first, "bboxes": near}, TOLERANT),
            ("one named place shifted by 12 px", {**first, "bboxes": moved}, ()),
            ("one named place 12 px further right", {**first, "bboxes": [beside, found["bboxes"][1]]}, ()),
            ("names of two places exchanged", {**first, "labels": ["cat", "dog"]}, ()),
        ):
            pair = [answer({"response": {"<OD>": each}}) for each in (first, second_one)]
            yield Case(what, thing, "florence2.infer", pair[0], pair[1], allowed=allowed)


def _clipped(pixels: Any) -> Pixels:
    return np.asarray(np.clip(pixels, 0, 255), np.uint8)


def _drawings() -> Iterator[Case]:
    picture = photograph(960, 720)
    request = asked_about(picture, format="image")
    sizes = {"small": (30.0, 24.0), "large": (400.0, 300.0)}
    for thing, (width, height) in sizes.items():
        boxes = [
            {"x": 300.0, "y": 300.0, "width": width, "height": height, "class": "dog", "confidence": 0.91},
            {"x": 720.0, "y": 420.0, "width": width, "height": height, "class": "cat", "confidence": 0.84},
        ]
        plain = drawn(picture, boxes)
        noise = np.random.default_rng(1).integers(-1, 2, plain.shape)
        shifted = [{**boxes[0], "x": 312.0, "y": 312.0}, boxes[1]]
        near = [{**box, "x": float(str(box["x"])) + 1} for box in boxes]
        surer = [{**box, "confidence": float(str(box["confidence"])) + 0.01} for box in boxes]
        wrong = {**PALETTE, "cat": PALETTE["dog"]}
        for what, second, allowed in (
            ("a drawing encoded again", jpeg(pixels_of(jpeg(plain))), TOLERANT),
            ("a drawing encoded at a quality of 90", jpeg(plain, 90), TOLERANT),
            ("a drawing by an encoder that keeps more colour", jpeg(plain, 90, FINE), TOLERANT),
            ("a drawing one level off, as decoders are", jpeg(_clipped(plain + noise)), TOLERANT),
            ("what is drawn moved by 1 px", jpeg(drawn(picture, near)), TOLERANT),
            ("a digit in each label", jpeg(drawn(picture, surer)), TOLERANT),
            ("a box missing in a drawing", jpeg(drawn(picture, boxes[1:])), ()),
            ("a box shifted by 12 px in a drawing", jpeg(drawn(picture, shifted)), ()),
            ("a label missing in a drawing", jpeg(drawn(picture, boxes, labels=("dog",))), ()),
            ("a box in the colour of another class", jpeg(drawn(picture, boxes, palette=wrong)), ()),
            ("red and blue exchanged in a drawing", jpeg(np.ascontiguousarray(plain[:, :, ::-1])), ()),
            ("red and blue exchanged in what is drawn", jpeg(drawn(
                picture, boxes, palette={name: colour[::-1] for name, colour in PALETTE.items()})), ()),
        ):  # fmt: skip
            sides = [Response(200, (("content-type", "image/jpeg"),), content) for content in (jpeg(plain), second)]
            yield Case(what, thing, "hosted.object-detection", sides[0], sides[1], "image", request, allowed)


REAL = {
    "hosted.object-detection": "hosted-object-detection/plain",
    "hosted.keypoint-detection": "hosted-keypoints/plain",
    "sam2.segment": "sam2-segment/two-prompts",
    "florence2.infer": "lmm/prompt-od",
}


def _real() -> Iterator[Case]:
    for operation, case in REAL.items():
        request, first = recorded("new", case, operation)
        _, second = recorded("old", case, operation)
        allowed = PROFILES if operation == "florence2.infer" else TOLERANT
        yield Case(
            "the two engines of the real server", "–", operation, first, second, request=request, allowed=allowed
        )


def cases() -> Iterator[Case]:
    """Every case, noise and changes in the order in which the page tells them."""
    yield from _real()
    for thing, side in SIDES.items():
        for operation, make, table in (
            ("hosted.object-detection", _detected, BOXES),
            ("hosted.keypoint-detection", _skeleton, KEYPOINTS),
        ):
            body = make(side)
            for what, (change, allowed) in table.items():
                yield Case(what, thing, operation, answer(body), _changed(body, change), allowed=allowed)
        yield _rounded(side)
    for what, thing, one, other, allowed in _masks():
        for mode, form in (("json", polygons), ("rle", rle)):
            if mode == "json" and "hole" in what:
                continue  # outer borders cannot state one
            bodies = [answer({"predictions": [{"masks": form(mask), "confidence": 0.9}]}) for mask in (one, other)]
            yield Case(f"{what} ({mode})", thing, "sam2.segment", bodies[0], bodies[1], mode, allowed=allowed)
    yield from _class_maps()
    yield from _texts()
    yield from _drawings()


@dataclass
class Row:
    """One line of the table: a case on things of some size, and what came of it by each profile."""

    case: Case
    found: dict[str, Likeness] = field(default_factory=dict)


def rows() -> list[Row]:
    """All cases, compared by all profiles."""
    return [Row(case, {profile: case.by(profile) for profile in PROFILES}) for case in cases()]
