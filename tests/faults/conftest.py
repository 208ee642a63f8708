"""Small exchanges in the manner of a real server's, and an upstream that plays them back."""

from __future__ import annotations

import asyncio
import base64
import io
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

from .journeys import about_the_server, encoded_otherwise, keyed, nasty, refused, saying_of_itself, travelling, written

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
                {"x": x + 5.0 * i, "y": float(y), "confidence": 0.9 - i / 10, "class_id": i, "class": name}
                for i, name in enumerate(names)
            ]
        }
        for x, y in PEOPLE
    ]


def classes() -> dict[str, Any]:
    """The predictions of a segmenter: a dog and a cat, as sure as 0.9."""
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, (x0, y0, x1, y1) in enumerate(SQUARES, 1):
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


def hosted_answer(predictions: list[dict[str, Any]] | dict[str, Any], **more: Any) -> Response:
    size = {"width": WIDTH, "height": HEIGHT}
    return as_json(200, {**more, "time": 0.0097, "image": size, "predictions": predictions})


def segment_answer(masks: list[Any], kind: str) -> Response:
    rows = [{"masks": mask, "confidence": 0.5296351313591003, "format": kind} for mask in masks]
    return as_json(200, {"inference_id": None, "time": 0.0798, "predictions": rows})


def as_json(status: int, document: Any) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    return Response(status, (("content-type", "application/json"), ("x-request-id", "e8947")), body)


def hosted_request(body: bytes = PICTURE, model: str = "rig-animals", **query: str) -> Request:
    operation = f"hosted.{TASKS[model]}"
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    return Request(operation, "POST", f"/{model}/1", tuple(query.items()), headers, body)


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
        "overlap and limit": (hosted_request(overlap="30", max_detections="1"), plain),
        "no overlap": (hosted_request(overlap="0"), plain),
        "low threshold": (hosted_request(confidence="15"), hosted_answer(detections()[::-1])),
        "no threshold": (hosted_request(confidence="0"), plain),
        "highest threshold": (hosted_request(confidence="100"), hosted_answer([])),
        "best threshold": (hosted_request(confidence="best"), plain),
        "default threshold": (hosted_request(confidence="default"), plain),
        "image": (hosted_request(format="image", labels="true", stroke="5"), jpeg),
        "image_and_json": (
            hosted_request(format="image_and_json"),
            hosted_answer(detections(), visualization=visualization),
        ),
        "no limits": (hosted_request(confidence="0.5", overlap="0.5", format="json"), plain),
        "limits": (hosted_request(confidence="1", overlap="60", stroke="6"), plain),
        "labels": (hosted_request(labels="true"), plain),
        "no labels": (hosted_request(labels="false"), plain),
        "little overlap": (hosted_request(overlap="15"), plain),
        "middling threshold": (hosted_request(confidence="55", overlap="10"), hosted_answer(one_over_another())),
        "high threshold": (hosted_request(confidence="85"), hosted_answer(detections()[:1])),
        "bad image": (hosted_request(NO_PICTURE), bad_image),
        "bad number": (hosted_request(confidence="abc"), bad_number),
        "keypoints": (hosted_request(model="rig-people"), hosted_answer(people())),
        "keypoints over a threshold": (hosted_request(model="rig-people", confidence="85"), hosted_answer(people())),
        "sure keypoints": (hosted_request(model="rig-people", keypoint_confidence="0.75"), hosted_answer(people())),
        "segmented": (hosted_request(model="rig-road"), hosted_answer(classes())),
        "segmented over a threshold": (hosted_request(model="rig-road", confidence="60"), hosted_answer(classes())),
        "segmented and drawn": (hosted_request(model="rig-road", format="image"), jpeg),
        "segmented with drawing": (
            hosted_request(model="rig-road", format="image_and_json"),
            hosted_answer(classes(), visualization=visualization),
        ),
        "segmented from a JPEG": (
            hosted_request(base64.b64encode(encoded(painted())), model="rig-road"),
            hosted_answer(classes()),
        ),
        "segmented by JSON": (segment_classes_request(), hosted_answer(classes())),
        "instances": (hosted_request(model="outlines"), hosted_answer(instances())),
        "classification": (hosted_request(model="kinds"), hosted_answer(kinds(), top="cat", confidence=0.7)),
        **drawn_of_other_tasks(jpeg, visualization),
        **beside_others(),
        **one_after_another(),
        "by task": (infer_request(), hosted_answer(detections())),
        "by task, settings": (
            infer_request(confidence=0.5, iou_threshold=0.3, class_filter=["cat", "dog"], visualize_predictions=True),
            hosted_answer(detections(), visualization=visualization),
        ),
        "by task, not drawn": (infer_request(visualize_predictions=False, confidence=0.4), hosted_answer(detections())),
        "most detections": (hosted_request(max_detections="300"), plain),
        "by task, over all classes": (
            infer_request(class_agnostic_nms=True, max_detections=1),
            hosted_answer(detections()),
        ),
        "by task, keypoints": (infer_request("rig-people"), hosted_answer(people())),
        "by task, bad image": (infer_request(image=text_image), bad_image),
        **listed(text_image, bad_image),
        "polygons": (segment_request(), segment_answer(polygons(), "polygon")),
        "rle": (segment_request(format="rle"), segment_answer(counts, "rle")),
        "single mask": (segment_request(multimask_output=False), segment_answer(polygons(), "polygon")),
        "bad image of sam2": (segment_request(image=text_image), bad_image),
        **prompted(),
        **embedded(),
        "no image": (segment_request(image=...), no_image),
        "examples": (examples_request(), examples_answer()),
        "examples elsewhere": (examples_request(training_data=[unlike_examples()]), examples_answer()),
        **examples_otherwise(),
        "examples drawn": (examples_request(visualize_predictions=True), examples_answer(visualization)),
        "examples by default": (examples_request(confidence=...), examples_answer()),
        "bad image of owlv2": (examples_request(image=text_image), bad_image),
        **told_by_florence(),
        "bad image of florence": (florence_request(image=text_image), bad_image),
        **travelling(),
        **keyed(),
        **nasty(),
        **written(),
        **refused(),
        **encoded_otherwise(),
        **saying_of_itself(),
        **about_the_server(),
    }


def listed(text_image: dict[str, str], bad_image: Response) -> dict[str, Exchange]:
    """Exchanges with a list of pictures."""
    image = {"type": "base64", "value": PICTURE.decode()}
    alone = hosted_answer(detections()).json()
    other = alone | {"image": {"width": HEIGHT, "height": WIDTH}, "predictions": detections()[1:]}
    return {
        "list of one": (infer_request(image=[image]), as_json(200, [alone])),
        "list of two": (infer_request(image=[image, image]), as_json(200, [alone, other])),
        "list with a bad image": (infer_request(image=[image, text_image]), bad_image),
    }


def drawn_of_other_tasks(jpeg: Response, visualization: str) -> dict[str, Exchange]:
    """Exchanges about instances and classes with parameters and with drawings."""
    asked = {"confidence": "40", "classes": "cat,dog", "overlap": "30"}
    look = {"labels": "true", "stroke": "6"}
    of_none = hosted_answer([], top="", confidence=0.0)
    beside = {"visualization": visualization}
    return {
        "instances asked": (hosted_request(model="outlines", **asked), hosted_answer(instances())),
        "instances in run lengths": (hosted_request(model="outlines", response_mask_format="rle"), in_run_lengths()),
        "instances, fast": (hosted_request(model="outlines", mask_decode_mode="fast"), hosted_answer(instances())),
        "instances, slow": (hosted_request(model="outlines", mask_decode_mode="slow"), hosted_answer(instances())),
        "instances, beyond": (hosted_request(model="outlines", tradeoff_factor="2"), hosted_answer(instances())),
        "instances drawn": (hosted_request(model="outlines", format="image", classes="cat", **look), jpeg),
        "instances with drawing": (
            hosted_request(model="outlines", format="image_and_json", classes="cat"),
            hosted_answer(instances(), **beside),
        ),
        "classified over all": (hosted_request(model="kinds", confidence="90"), of_none),
        "classified and drawn": (hosted_request(model="kinds", format="image"), jpeg),
        "classified with drawing": (
            hosted_request(model="kinds", format="image_and_json", **look),
            hosted_answer(kinds(), top="cat", confidence=0.7, **beside),
        ),
    }


def one_after_another() -> dict[str, Exchange]:
    """Exchanges that differ from others in one thing, which a server may forget."""
    image = {"type": "base64", "value": PICTURE.decode()}
    other = {"type": "base64", "value": base64.b64encode(encoded(painted()[::-1], ".png")).decode()}
    name = "a name of some length"
    boxes = [{"x": 220, "y": 165, "w": 40, "h": 30, "cls": "dog"}, {"x": 60, "y": 45, "w": 40, "h": 30, "cls": "cat"}]
    answer = segment_answer(polygons(), "polygon")
    return {
        "one class": (hosted_request(name="one-class"), hosted_answer(detections()[1:])),
        "long name": (segment_request(image_id=f"{name}, and as much again of it"), answer),
        "name of another": (segment_request(image_id=name, image=other, sam2_version_id="hiera_small"), answer),
        "other boxes": (examples_request(training_data=[{"image": image, "boxes": boxes}]), examples_answer()),
    }


def beside_others() -> dict[str, Exchange]:
    """Exchanges like others, with another drawing or archive in the answer: those may be mixed up."""
    jpeg = encoded(painted())
    visualization = base64.b64encode(jpeg).decode()
    archive = io.BytesIO()
    np.savez(archive, masks=np.zeros((1, HEIGHT, WIDTH), np.float32))
    octets = (("content-type", "application/octet-stream"),)
    return {
        "image besides": (
            hosted_request(format="image", stroke="2"),
            Response(200, (("content-type", "image/jpeg"),), jpeg),
        ),
        "image_and_json besides": (
            hosted_request(format="image_and_json", stroke="2"),
            hosted_answer(detections(), visualization=visualization),
        ),
        "binary besides": (
            segment_request(format="binary", multimask_output=False),
            Response(200, octets, archive.getvalue()),
        ),
    }


def prompted() -> dict[str, Exchange]:
    """Exchanges of SAM2 that differ in their prompts, their version or their format."""
    answer = segment_answer(polygons(), "polygon")
    first, second = ({"x": x, "y": y, "positive": positive} for x, y, positive in ((60, 45, True), (220, 165, False)))
    around = {"x": 60, "y": 45, "width": 50, "height": 40}
    unknown = as_json(422, {"detail": [{"loc": ["body", "format"], "msg": "not one of these"}]})
    logits = np.where(np.arange(HEIGHT * WIDTH).reshape(1, HEIGHT, WIDTH) % 3, 8.0, -8.0).astype(np.float32)
    archive = io.BytesIO()
    np.savez(archive, masks=np.repeat(logits, 2, axis=0), low_res_masks=np.zeros((2, 256, 256), np.float32))
    octets = (("content-type", "application/octet-stream"),)
    return {
        "negative point": (segment_request(prompts={"prompts": [{"points": [first, second]}]}), answer),
        "box": (segment_request(prompts={"prompts": [{"box": around}]}), answer),
        "box beside point": (segment_request(prompts={"prompts": [{"box": around}, {"points": [first]}]}), answer),
        "point outside": (segment_request(prompts={"prompts": [{"points": [{**first, "x": -9}]}]}), answer),
        "bare list": (segment_request(prompts=[{"points": [first]}]), answer),
        "bare prompt": (segment_request(prompts={"points": [first]}), answer),
        "several masks": (segment_request(multimask_output=True), answer),
        "older points": (segment_request(point_coords=[[60, 45]], point_labels=[1]), answer),
        "large": (segment_request(sam2_version_id="hiera_large"), answer),
        "small": (segment_request(sam2_version_id="hiera_small"), answer),
        "unknown format": (segment_request(format="bogus"), unknown),
        "binary": (segment_request(format="binary"), Response(200, octets, archive.getvalue())),
        "by name": (segment_request(image_id="a name of some length"), answer),
        "by other name": (segment_request(image_id="another name"), answer),
    }


def embedded() -> dict[str, Exchange]:
    """Exchanges of SAM2's embeddings."""

    def embed_request(**changes: Any) -> Request:
        document = segment_request(prompts=..., **changes)
        return document.replace(operation="sam2.embed", path="/sam2/embed_image")

    text_image = {"type": "base64", "value": NO_PICTURE.decode()}
    refusal = as_json(400, {"message": "Could not load input image. Cause: Data is not image."})
    name = "a name of some length"
    return {
        "embed": (embed_request(), as_json(200, {"time": 0.1, "image_id": "0023a95cb265"})),
        "embed by name": (embed_request(image_id=name), as_json(200, {"time": 0.1, "image_id": name})),
        "embed no picture": (embed_request(image=text_image), refusal),
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

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


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
