"""Requests and answers as a client and the rig's server make them, one at a time, for operators to work on."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from assay.contract.message import Request, Response

Exchange = tuple[Request, Response]

WIDTH, HEIGHT = 320, 240
TASKS = {
    "rig-animals": "object-detection",
    "rig-people": "keypoint-detection",
    "rig-road": "semantic-segmentation",
    "outlines": "instance-segmentation",
    "kinds": "classification",
}
PEOPLE = ((60, 45), (260, 45))
SQUARES = ((40, 30, 80, 60), (200, 150, 240, 180))


def painted() -> np.ndarray[Any, Any]:
    """The picture that is sent: a red and a blue square on white."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, dtype=np.uint8)
    for colour, (x0, y0, x1, y1) in zip(((0, 0, 255), (255, 0, 0)), SQUARES, strict=True):
        pixels[y0:y1, x0:x1] = colour
    return pixels


def encoded(pixels: np.ndarray[Any, Any], extension: str = ".jpg") -> bytes:
    return cv2.imencode(extension, pixels)[1].tobytes()


def drawn() -> bytes:
    """The drawing of the predictions in `detections`, as a JPEG."""
    pixels = painted()
    for x0, y0, x1, y1 in SQUARES:
        cv2.rectangle(pixels, (x0, y0), (x1, y1), (0, 200, 0), 2)
    return encoded(pixels)


PICTURE = base64.b64encode(encoded(painted(), ".png"))
NO_PICTURE = base64.b64encode(b"just a text")


def detections() -> list[dict[str, Any]]:
    rows = zip(SQUARES, (0.9108613729476929, 0.4617106080055237), ("dog", "cat"), strict=True)
    return [
        {
            "x": (x0 + x1) / 2,
            "y": (y0 + y1) / 2,
            "width": float(x1 - x0),
            "height": float(y1 - y0),
            "confidence": confidence,
            "class": name,
            "class_id": i,
            "detection_id": f"00000000-0000-4000-8000-00000000000{i}",
        }
        for i, ((x0, y0, x1, y1), confidence, name) in enumerate(rows)
    ]


def one_over_another() -> list[dict[str, Any]]:
    """A dog, and a cat that covers the most of it."""
    dog, cat = detections()
    return [dog, {**cat, "x": dog["x"] + 5, "y": dog["y"] + 5, "confidence": 0.6}]


def people() -> list[dict[str, Any]]:
    names = ("nose", "left_hip", "right_hip")
    return [
        {"x": float(x), "y": float(y), "width": 50.0, "height": 60.0, "confidence": 0.9, "class": "person"}
        | {"class_id": 0}
        | {
            "keypoints": [
                {"x": x + 5.0 * i, "y": y + 4.0 * i, "confidence": 0.9 - i / 10, "class_id": i, "class": name}
                for i, name in enumerate(names)
            ]
        }
        for x, y in PEOPLE
    ]


def classes(squares: Sequence[tuple[int, int, int, int]] = SQUARES) -> dict[str, Any]:
    """The predictions of a segmenter: a dog and a cat, as sure as 0.9."""
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, (x0, y0, x1, y1) in enumerate(squares, 1):
        ids[y0:y1, x0:x1] = number
    masks = {"segmentation_mask": ids, "confidence_mask": np.full_like(ids, 230)}
    files = {name: base64.b64encode(encoded(mask, ".png")).decode() for name, mask in masks.items()}
    return {
        **files,
        "class_map": {"0": "background", "1": "dog", "2": "cat", "3": "cow"},
        "present_class_ids": [0, 1, 2],
    }


def segment_classes_request(**changes: Any) -> Request:
    image = {"type": "base64", "value": PICTURE.decode()}
    body = json.dumps({"model_id": "rig-road/1", "image": image} | changes).encode()
    headers = (("content-type", "application/json"),)
    return Request("infer.semantic-segmentation", "POST", "/infer/semantic_segmentation", (), headers, body)


def instances() -> list[dict[str, Any]]:
    corners = [[(x0, y0), (x0, y1), (x1, y1), (x1, y0)] for x0, y0, x1, y1 in SQUARES]
    outlines = [[{"x": float(x), "y": float(y)} for x, y in corner] for corner in corners]
    return [
        {**row, "points": outline, "mask_format": "polygon"}
        for row, outline in zip(detections(), outlines, strict=True)
    ]


def in_run_lengths() -> Response:
    """Instances with masks in run lengths, of which the second is told by other runs than the first."""
    runs = ({"size": [HEIGHT, WIDTH], "counts": counts} for counts in (RUN_LENGTHS, "PP20"))
    return hosted_answer(
        [{**one, "rle": rle, "mask_format": "rle"} for one, rle in zip(detections(), runs, strict=True)]
    )


def kinds() -> list[dict[str, Any]]:
    rows = (("cat", 0.7), ("dog", 0.2), ("nothing", 0.1))
    return [{"class": name, "class_id": i, "confidence": confidence} for i, (name, confidence) in enumerate(rows)]


def labels() -> dict[str, dict[str, Any]]:
    """The same from a model of several labels, of which all but the last reach a threshold of 15 %."""
    return {one["class"]: {"confidence": one["confidence"], "class_id": one["class_id"]} for one in kinds()}


def hosted_answer(predictions: list[dict[str, Any]] | dict[str, Any], **more: Any) -> Response:
    size = {"width": WIDTH, "height": HEIGHT}
    return as_json(200, {**more, "time": 0.0097, "image": size, "predictions": predictions})


def in_an_upright_picture() -> Response:
    """The same boxes, in a picture that is higher than wide."""
    size = {"width": HEIGHT, "height": WIDTH}
    return as_json(200, {"time": 0.0097, "image": size, "predictions": detections()})


def segment_answer(masks: list[Any], kind: str) -> Response:
    rows = [{"masks": mask, "confidence": 0.5296351313591003, "format": kind} for mask in masks]
    return as_json(200, {"inference_id": None, "time": 0.0798, "predictions": rows})


def as_json(status: int, document: Any) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return Response(status, (("content-type", "application/json"), ("x-request-id", "e8947")), body)


def hosted_request(body: bytes = PICTURE, /, model: str = "rig-animals", **query: str) -> Request:
    operation = f"hosted.{TASKS[model]}"
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    return Request(operation, "POST", f"/{model}/1", tuple(query.items()), headers, body)


def in_form(request: Request) -> Request:
    """The request with its body as a part of a form."""
    body = b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + request.body + b"\r\n--B--\r\n"
    return request.replace(headers=(("content-type", "multipart/form-data; boundary=B"),), body=body)


def segment_request(**changes: Any) -> Request:
    prompts = [{"points": [{"x": x, "y": y, "positive": True}]} for x, y in ((60, 45), (220, 165))]
    image = {"type": "base64", "value": PICTURE.decode()}
    document = {"image": image, "prompts": {"prompts": prompts}, "sam2_version_id": "hiera_tiny"} | changes
    headers = (("content-type", "application/json"),)
    body = {name: value for name, value in document.items() if value is not ...}
    return Request("sam2.segment", "POST", "/sam2/segment_image", (), headers, json.dumps(body).encode())


def examples_request(**changes: Any) -> Request:
    image = {"type": "base64", "value": PICTURE.decode()}
    boxes = [{"x": 60, "y": 45, "w": 40, "h": 30, "cls": "dog"}, {"x": 220, "y": 165, "w": 40, "h": 30, "cls": "cat"}]
    document = {"image": image, "training_data": [{"image": image, "boxes": boxes}], "confidence": 0.999} | changes
    headers = (("content-type", "application/json"),)
    body = {name: value for name, value in document.items() if value is not ...}
    return Request("owlv2.infer", "POST", "/owlv2/infer", (), headers, json.dumps(body).encode())


def examples_answer(drawing: str | None = None) -> Response:
    rows = [each | {"class_id": 1 - i, "parent_id": None} for i, each in enumerate(detections())]
    return hosted_answer(rows, visualization=drawing)


def in_capitals() -> dict[str, Any]:
    """One reference picture with an example whose class has capital letters, and a negative one."""
    image = {"type": "base64", "value": PICTURE.decode()}
    boxes = [
        {"x": 60, "y": 45, "w": 40, "h": 30, "cls": "Dog"},
        {"x": 220, "y": 165, "w": 40, "h": 30, "cls": "Dog", "negative": True},
    ]
    return {"image": image, "boxes": boxes}


def unlike_examples() -> dict[str, Any]:
    """A reference picture other than the target, with a negative example."""
    reference = {"type": "base64", "value": base64.b64encode(encoded(painted()[:, ::-1], ".png")).decode()}
    box = {"x": 260, "y": 45, "w": 40, "h": 30, "cls": "dog"}
    return {"image": reference, "boxes": [box, {**box, "x": 100, "negative": True}]}


def examples_otherwise() -> dict[str, Exchange]:
    """Exchanges with examples that are given twice, named otherwise, far outside, incomplete; and with two targets."""
    image = {"type": "base64", "value": PICTURE.decode()}
    box = {"x": 60, "y": 45, "w": 40, "h": 30, "cls": "dog"}
    refusal = as_json(422, {"detail": [{"loc": ["body", "training_data"], "msg": "Field required"}]})

    def asked(*boxes: dict[str, Any]) -> Request:
        return examples_request(training_data=[{"image": image, "boxes": list(boxes)}])

    named = [each | {"class": "Hündchen mit Fell"} for each in detections()]
    return {
        "examples twice": (asked(box, box), examples_answer()),
        "examples of a long name": (asked(box | {"cls": "Hündchen mit Fell"}), hosted_answer(named)),
        "example outside": (asked(box, box | {"x": 9000, "cls": "cat"}), examples_answer()),
        "example without class": (asked({"x": 60, "y": 45, "w": 40, "h": 30}), refusal),
        "example between pixels": (asked(box | {"x": 60.5}), refusal),
        "examples in two references": (
            examples_request(training_data=[{"image": image, "boxes": [box]}, unlike_examples()]),
            examples_answer(),
        ),
        "examples in two targets": (examples_request(image=[image, image]), as_json(422, {"detail": "no list"})),
    }


def florence_request(prompt: str = "<CAPTION>", **changes: Any) -> Request:
    image = {"type": "base64", "value": PICTURE.decode()}
    document = {"image": image, "model_id": "florence-2-base", "prompt": prompt} | changes
    headers = (("content-type", "application/json"),)
    return Request("florence2.infer", "POST", "/infer/lmm", (), headers, json.dumps(document).encode())


def florence_answer(token: str, value: Any) -> Response:
    size = {"width": WIDTH, "height": HEIGHT}
    return as_json(200, {"inference_id": "5f", "time": 0.125, "image": size, "response": {token: value}})


def told_by_florence() -> dict[str, Exchange]:
    """Answers of Florence 2 to tasks of each form."""
    boxes = [[float(number) for number in square] for square in SQUARES]
    outline = [40.0, 30.0, 80.0, 30.0, 80.0, 60.0]
    values: dict[str, tuple[str, Any]] = {
        "<CAPTION>": ("", "a red square and a blue one"),
        "<DETAILED_CAPTION>": ("", "The image shows a red square and a blue one."),
        "<MORE_DETAILED_CAPTION>": ("", "The image shows a red square at the left, and a blue one at the right."),
        "<OD>": ("", {"bboxes": boxes, "labels": ["dog", "cat"]}),
        "<REGION_PROPOSAL>": ("", {"bboxes": boxes, "labels": ["", ""]}),
        "<REFERRING_EXPRESSION_SEGMENTATION>": ("a red square", {"polygons": [[outline]], "labels": [""]}),
        "<OCR>": ("", "STOP"),
        "<OCR_WITH_REGION>": ("", {"quad_boxes": [[*outline, 40.0, 60.0]], "labels": ["STOP"]}),
    }
    told = {
        f"florence {token}": (florence_request(token + more), florence_answer(token, value))
        for token, (more, value) in values.items()
    }
    caption = florence_answer("<CAPTION>", values["<CAPTION>"][1])
    told["florence large"] = (florence_request(model_id="florence-2-large"), caption)
    elsewhere = florence_request(model_id="florence-2-large")
    told["florence by path"] = (florence_request().replace(path="/infer/lmm/florence-2-base"), caption)
    told["florence by two names"] = (elsewhere.replace(path="/infer/lmm/florence-2-base"), caption)
    for name, region in (
        ("first", "<loc_125><loc_125><loc_250><loc_250>"),
        ("second", "<loc_625><loc_625><loc_750><loc_750>"),
    ):
        category = florence_answer("<REGION_TO_CATEGORY>", f"the {name} square")
        told[f"florence, {name} region"] = (florence_request(f"<REGION_TO_CATEGORY>{region}"), category)
    nothing = florence_answer("<REFERRING_EXPRESSION_SEGMENTATION>", {"polygons": [], "labels": []})
    told["florence, other phrase"] = (florence_request("<REFERRING_EXPRESSION_SEGMENTATION>a cow"), nothing)
    told["florence in few words"] = (florence_request(max_new_tokens=3), caption)
    return told


def polygons() -> list[Any]:
    return [
        [[[40, 30], [60, 25], [79, 30], [79, 59], [40, 59]]],
        [[[200, 150], [200, 179], [239, 179], [239, 150]], [[10, 200], [10, 210], [20, 210]]],
    ]


def infer_request(model: str = "rig-animals", **changes: Any) -> Request:
    task = "keypoints" if model == "rig-people" else "object"
    operation = f"infer.{task.rstrip('s')}-detection"
    image = {"type": "base64", "value": PICTURE.decode()}
    document = {"model_id": f"{model}/1", "image": image} | changes
    headers = (("content-type", "application/json"),)
    body = json.dumps({name: value for name, value in document.items() if value is not ...}).encode()
    return Request(operation, "POST", f"/infer/{task}_detection", (), headers, body)


# The squares of SQUARES as one 240 x 320 mask, compressed by pycocotools.
RUN_LENGTHS = r"n\9n0b6" + "0" * 77 + "hWl00XhSO" + "0" * 77 + "Zcb0"
