"""Small exchanges in the manner of a real server's, and an upstream that plays them back."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import Response as Answer
from starlette.routing import Route

from assay.contract.message import Request, Response

Exchange = tuple[Request, Response]

WIDTH, HEIGHT = 320, 240
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


def people() -> list[dict[str, Any]]:
    names = ("nose", "left_hip", "right_hip")
    return [
        {"x": float(x), "y": float(y), "width": 50.0, "height": 60.0, "confidence": 0.9, "class": "person"}
        | {"class_id": 0}
        | {
            "keypoints": [
                {"x": x + 5.0 * i, "y": float(y), "confidence": 0.9 - i / 10, "class_id": i, "class": name}
                for i, name in enumerate(names)
            ]
        }
        for x, y in PEOPLE
    ]


def hosted_answer(predictions: list[dict[str, Any]], **more: Any) -> Response:
    size = {"width": WIDTH, "height": HEIGHT}
    return as_json(200, {**more, "time": 0.0097, "image": size, "predictions": predictions})


def segment_answer(masks: list[Any], kind: str) -> Response:
    rows = [{"masks": mask, "confidence": 0.5296351313591003, "format": kind} for mask in masks]
    return as_json(200, {"inference_id": None, "time": 0.0798, "predictions": rows})


def as_json(status: int, document: Any) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return Response(status, (("content-type", "application/json"), ("x-request-id", "e8947")), body)


def hosted_request(body: bytes = PICTURE, model: str = "rig-animals", **query: str) -> Request:
    operation = "hosted.keypoint-detection" if model == "rig-people" else "hosted.object-detection"
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    return Request(operation, "POST", f"/{model}/1", tuple(query.items()), headers, body)


def segment_request(**changes: Any) -> Request:
    prompts = [{"points": [{"x": x, "y": y, "positive": True}]} for x, y in ((60, 45), (220, 165))]
    image = {"type": "base64", "value": PICTURE.decode()}
    document = {"image": image, "prompts": {"prompts": prompts}, "sam2_version_id": "hiera_tiny"} | changes
    headers = (("content-type", "application/json"),)
    body = {name: value for name, value in document.items() if value is not ...}
    return Request("sam2.segment", "POST", "/sam2/segment_image", (), headers, json.dumps(body).encode())


def polygons() -> list[Any]:
    return [
        [[[40, 30], [60, 25], [79, 30], [79, 59], [40, 59]]],
        [[[200, 150], [200, 179], [239, 179], [239, 150]], [[10, 200], [10, 210], [20, 210]]],
    ]


# The squares of SQUARES as one 240 x 320 mask, compressed by pycocotools.
RUN_LENGTHS = r"n\9n0b6" + "0" * 77 + "hWl00XhSO" + "0" * 77 + "Zcb0"


def recorded() -> dict[str, Exchange]:
    """Exchanges by name, one for each way of answering that the faults reach into."""
    jpeg = Response(200, (("content-type", "image/jpeg"),), drawn())
    visualization = base64.b64encode(drawn()).decode()
    counts = [{"size": [HEIGHT, WIDTH], "counts": RUN_LENGTHS}]
    bad_image = as_json(400, {"message": "Could not load input image. Cause: Data is not image."})
    bad_number = as_json(422, {"detail": [{"loc": ["query", "confidence"], "msg": "no number", "input": "abc"}]})
    no_image = as_json(422, {"detail": [{"loc": ["body", "image"], "msg": "Field required"}]})
    text_image = {"type": "base64", "value": NO_PICTURE.decode()}
    plain = hosted_answer(detections())
    return {
        "json": (hosted_request(), plain),
        "threshold": (hosted_request(confidence="40"), plain),
        "classes": (hosted_request(classes="cat,dog"), plain),
        "overlap and limit": (hosted_request(overlap="30", max_detections="5"), plain),
        "image": (hosted_request(format="image", labels="true", stroke="5"), jpeg),
        "image_and_json": (
            hosted_request(format="image_and_json"),
            hosted_answer(detections(), visualization=visualization),
        ),
        "bad image": (hosted_request(NO_PICTURE), bad_image),
        "bad number": (hosted_request(confidence="abc"), bad_number),
        "keypoints": (hosted_request(model="rig-people"), hosted_answer(people())),
        "polygons": (segment_request(), segment_answer(polygons(), "polygon")),
        "rle": (segment_request(format="rle"), segment_answer(counts, "rle")),
        "single mask": (segment_request(multimask_output=False), segment_answer(polygons(), "polygon")),
        "bad image of sam2": (segment_request(image=text_image), bad_image),
        "no image": (segment_request(image=...), no_image),
    }


def playback(exchanges: dict[str, Exchange]) -> Starlette:
    """An upstream that answers each recorded request with its answer, and any other with `{}`."""
    answers = {(request.url, request.body): response for request, response in exchanges.values()}

    async def answer(received: Received) -> Answer:
        url = received.url.path + (f"?{received.url.query}" if received.url.query else "")
        response = answers.get((url, await received.body()))
        await asyncio.sleep(0.001)  # so that requests can be under way side by side
        if response is None:
            return Answer(b"{}", media_type="application/json")
        return Answer(response.body, response.status, headers=dict(response.headers))

    return Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])


@pytest.fixture
def exchanges() -> dict[str, Exchange]:
    return recorded()


@pytest.fixture
def upstream(exchanges: dict[str, Exchange]) -> Starlette:
    return playback(exchanges)


@pytest.fixture
def picture() -> np.ndarray[Any, Any]:
    return painted()


@pytest.fixture
def hosted() -> Callable[..., Request]:
    return hosted_request


@pytest.fixture
def segment() -> Callable[..., Request]:
    return segment_request
