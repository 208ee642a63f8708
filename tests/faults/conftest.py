"""Small exchanges in the manner of a real server's, and an upstream that plays them back."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import Response as Answer
from starlette.routing import Route

from assay.contract.message import Request, Response

from .enlarged import in_a_large_picture
from .exchanges import (
    HEIGHT,
    NO_PICTURE,
    PICTURE,
    RUN_LENGTHS,
    WIDTH,
    Exchange,
    as_json,
    classes,
    detections,
    drawn,
    encoded,
    examples_answer,
    examples_otherwise,
    examples_request,
    florence_request,
    hosted_answer,
    hosted_request,
    in_an_upright_picture,
    in_capitals,
    in_form,
    in_run_lengths,
    infer_request,
    instances,
    kinds,
    labels,
    one_over_another,
    painted,
    people,
    polygons,
    segment_answer,
    segment_classes_request,
    segment_request,
    told_by_florence,
    unlike_examples,
)
from .journeys import about_the_server, encoded_otherwise, keyed, nasty, refused, saying_of_itself, travelling, written


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
        "labels beside JSON": (
            hosted_request(format="image_and_json", labels="true", stroke="5"),
            hosted_answer(detections(), visualization=visualization),
        ),
        "no limits": (hosted_request(confidence="0.5", overlap="0.5", format="json"), plain),
        "limits": (hosted_request(confidence="1", overlap="60", stroke="6"), plain),
        "drawn as asked": (hosted_request(format="image", overlap="100", max_detections="1"), jpeg),
        "labels": (hosted_request(labels="true"), plain),
        "no labels": (hosted_request(labels="false"), plain),
        "little overlap": (hosted_request(overlap="15"), plain),
        "middling threshold": (hosted_request(confidence="55", overlap="10"), hosted_answer(one_over_another())),
        "high threshold": (hosted_request(confidence="85"), hosted_answer(detections()[:1])),
        "upright picture": (hosted_request(name="upright.png"), in_an_upright_picture()),
        "bad image": (hosted_request(NO_PICTURE), bad_image),
        "bad number": (hosted_request(confidence="abc"), bad_number),
        "keypoints": (hosted_request(model="rig-people"), hosted_answer(people())),
        "keypoints over a threshold": (hosted_request(model="rig-people", confidence="85"), hosted_answer(people())),
        "sure keypoints": (hosted_request(model="rig-people", keypoint_confidence="0.75"), hosted_answer(people())),
        "many keypoints": (hosted_request(model="rig-people", keypoint_confidence="0"), hosted_answer(2 * people())),
        "drawing beside an address": (hosted_request(b"", image="http://pictures/two.png", format="image"), jpeg),
        "threshold beside an address": (hosted_request(b"", image="http://pictures/two.png", confidence="60"), plain),
        "classes beside an address": (hosted_request(b"", image="http://pictures/two.png", classes="cat"), plain),
        "threshold beside classes": (hosted_request(classes="cat", confidence="60"), plain),
        "drawing beside a form": (in_form(hosted_request(format="image")), jpeg),
        "threshold beside a form": (in_form(hosted_request(confidence="60")), plain),
        "by task, unknown class": (infer_request(class_filter=["assay-no-such-class"]), hosted_answer([])),
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
        "segmented at the edges": (
            segment_classes_request(confidence=0.3),
            hosted_answer(classes([(0, 0, 20, HEIGHT), (WIDTH - 20, 0, WIDTH, HEIGHT)])),
        ),
        "instances": (hosted_request(model="outlines"), hosted_answer(instances())),
        "classification": (hosted_request(model="kinds"), hosted_answer(kinds(), top="cat", confidence=0.7)),
        "several labels": (
            hosted_request(model="kinds", confidence="15"),
            hosted_answer(labels(), predicted_classes=["dog", "cat"]),
        ),
        **drawn_of_other_tasks(jpeg, visualization),
        **beside_others(),
        **without_a_key(),
        **one_after_another(),
        "by task": (infer_request(), hosted_answer(detections())),
        "by task, settings": (
            infer_request(confidence=0.5, iou_threshold=0.3, class_filter=["cat", "dog"], visualize_predictions=True),
            hosted_answer(detections(), visualization=visualization),
        ),
        "by task, drawn": (
            infer_request(visualize_predictions=True, visualization_labels=True, visualization_stroke_width=6),
            hosted_answer(detections(), visualization=visualization),
        ),
        "by task, not drawn": (infer_request(visualize_predictions=False, confidence=0.4), hosted_answer(detections())),
        "most detections": (hosted_request(max_detections="300"), plain),
        "by task, over all classes": (
            infer_request(class_agnostic_nms=True, max_detections=1),
            hosted_answer(detections()),
        ),
        "by task, keypoints": (infer_request("rig-people"), hosted_answer(people())),
        "by task, by address": (
            infer_request(image={"type": "url", "value": "http://127.0.0.1:9/scene.png"}),
            hosted_answer(detections()),
        ),
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
        "examples in capitals": (examples_request(training_data=[in_capitals()]), examples_answer()),
        "examples elsewhere": (examples_request(training_data=[unlike_examples()]), examples_answer()),
        **examples_otherwise(),
        "examples here, as elsewhere": (
            examples_request(
                training_data=[{**unlike_examples(), "image": {"type": "base64", "value": PICTURE.decode()}}]
            ),
            examples_answer(),
        ),
        "examples elsewhere, drawn": (
            examples_request(visualize_predictions=True, training_data=[unlike_examples()]),
            examples_answer(visualization),
        ),
        "examples drawn": (examples_request(visualize_predictions=True), examples_answer(visualization)),
        "examples by default": (examples_request(confidence=...), examples_answer()),
        "bad image of owlv2": (examples_request(image=text_image), bad_image),
        **told_by_florence(),
        "bad image of florence": (florence_request(image=text_image), bad_image),
        **travelling(),
        **in_a_large_picture(),
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
        "list of four": (infer_request(image=[image] * 4), as_json(200, [alone, other, other, alone])),
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
            hosted_request(format="image_and_json", stroke="2", labels="true"),
            hosted_answer(detections(), visualization=visualization),
        ),
        "binary besides": (
            segment_request(format="binary", multimask_output=False),
            Response(200, octets, archive.getvalue()),
        ),
    }


def without_a_key() -> dict[str, Exchange]:
    """Exchanges that are refused for having no key, or nothing for one."""
    refusal = as_json(401, {"message": "no key"})
    image = {"type": "base64", "value": PICTURE.decode()}
    by_get = hosted_request(b"", image="http://pictures/two.png", confidence="60", format="json").replace(
        method="GET", headers=()
    )
    by_scheme = hosted_request(name="scheme.png")
    by_scheme = by_scheme.replace(headers=(*by_scheme.headers, ("authorization", "Basic YXNzYXk6YXNzYXk=")))
    in_path = florence_request(max_new_tokens=33).replace(path="/infer/lmm/florence-2-base")
    return {
        "GET without a key": (by_get, refusal),
        "model in path": (in_path.with_query(api_key="a-good-key"), as_json(200, {"response": {"<CAPTION>": "a dog"}})),
        "model in path without a key": (in_path, refusal),
        "known name without a key": (segment_request(image_id="known"), refusal),
        "drawing without a key": (hosted_request(format="image", name="refused.png"), refusal),
        "list without a key": (infer_request(image=[image, image, image]), refusal),
        "blank key": (hosted_request(api_key=""), refusal),
        "another scheme": (by_scheme, refusal),
        "form without a key": (in_form(hosted_request(name="refused.png")), refusal),
    }


def prompted() -> dict[str, Exchange]:
    """Exchanges of SAM2 that differ in their prompts, their version or their format."""
    answer = segment_answer(polygons(), "polygon")
    first, second = ({"x": x, "y": y, "positive": positive} for x, y, positive in ((60, 45, True), (220, 165, False)))
    around = {"x": 60, "y": 45, "width": 50, "height": 40}
    unknown = as_json(422, {"detail": [{"loc": ["body", "format"], "msg": "not one of these"}]})
    logits = np.where(np.arange(HEIGHT * WIDTH).reshape(1, HEIGHT, WIDTH) % 3, 8.0, -8.0).astype(np.float32)
    archive = io.BytesIO()
    small = np.arange(2 * 256 * 256, dtype=np.float32).reshape(2, 256, 256)
    np.savez(archive, masks=np.repeat(logits, 2, axis=0), low_res_masks=small)
    many = [{"points": [{**first, "x": 20 * place}]} for place in range(1, 6)]
    unequal = answer.json()
    unequal["predictions"][0]["confidence"] /= 2
    octets = (("content-type", "application/octet-stream"),)
    return {
        "negative point": (segment_request(prompts={"prompts": [{"points": [first, second]}]}), answer),
        "box": (segment_request(prompts={"prompts": [{"box": around}]}), answer),
        "two boxes": (segment_request(prompts={"prompts": [{"box": around}, {"box": {**around, "x": 220}}]}), answer),
        "box beside point": (segment_request(prompts={"prompts": [{"box": around}, {"points": [first]}]}), answer),
        "point outside": (segment_request(prompts={"prompts": [{"points": [{**first, "x": -9}]}]}), answer),
        "many prompts": (segment_request(prompts={"prompts": many}), as_json(200, unequal)),
        "many points": (segment_request(prompts={"prompts": [{"points": [first, second, first]}]}), answer),
        "bare list of boxes": (segment_request(prompts=[{"box": around}]), answer),
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


@pytest.fixture(scope="session")
def exchanges() -> dict[str, Exchange]:
    return recorded()


@pytest.fixture(scope="session")
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
