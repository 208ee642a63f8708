"""Exchanges about what holds across operations: how pictures travel, keys, routes about the server itself."""

from __future__ import annotations

import base64
import json
import textwrap
from typing import Any

import cv2
import numpy as np

from assay.cmyk import cmyk_jpeg
from assay.contract import delivery, load, wire
from assay.contract.message import Request, Response
from assay.encodings import ENCODINGS, grey_as_rgb, jpeg_as_png, oriented, transparent_png
from assay.generate.hostile import knocking_pickle, pictures
from assay.suite import suite_folder

Exchange = tuple[Request, Response]

PNG = cv2.imencode(".png", np.full((24, 32, 3), 90, np.uint8))[1].tobytes()
JPEG = cv2.imencode(".jpg", np.full((24, 32, 3), 90, np.uint8))[1].tobytes()
LARGE = cv2.imencode(".png", np.full((2850, 2850, 3), 90, np.uint8))[1].tobytes()
ROW = cv2.imencode(".png", np.full((1, 320, 3), 90, np.uint8))[1].tobytes()
TEXT = base64.b64encode(PNG).decode()
ADDRESS = "http://127.0.0.1:9/picture.png"


def hosted(body: bytes, path: str = "/rig-animals/1", media: str = wire.FORM_TEXT, **query: str) -> Request:
    headers = (("content-type", media),)
    return Request("hosted.object-detection", "POST", path, tuple(query.items()), headers, body)


def segment(query: tuple[tuple[str, str], ...] = (), **members: Any) -> Request:
    body = json.dumps({"image": {"type": "base64", "value": TEXT}, **members}).encode()
    headers = (("content-type", "application/json"),)
    return Request("sam2.segment", "POST", "/sam2/segment_image", query, headers, body)


def by_task(**members: Any) -> Request:
    body = json.dumps({"image": {"type": "base64", "value": TEXT}, "model_id": "rig-animals/1", **members}).encode()
    headers = (("content-type", "application/json"),)
    return Request("infer.object-detection", "POST", "/infer/object_detection", (), headers, body)


def answer(status: int, document: Any, **headers: str) -> Response:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status, (("content-type", "application/json"), *named), json.dumps(document).encode())


MODEL = {"model_id": "rig-birds/1", "task_type": "object-detection"}
SEEN = answer(200, {"time": 0.01, "image": {"width": 24, "height": 32}, "predictions": []}, x_model_cold_start="false")
SEGMENTED = answer(200, {"time": 0.01, "predictions": []}, x_model_cold_start="false")


def travelling() -> dict[str, Exchange]:
    """One exchange for each way in which a picture travels."""
    lines = "\n".join(textwrap.wrap(TEXT, 76)).encode()
    turned = base64.b64encode(oriented(JPEG, 8))
    media, form = wire.multipart(PNG)
    by_address = segment(image={"type": "url", "value": ADDRESS})
    return {
        "by address": (hosted(b"", image=ADDRESS), SEEN),
        "by address, by GET": (hosted(b"", image=ADDRESS).replace(method="GET"), SEEN),
        "by address with a query": (hosted(b"", image=f"{ADDRESS}?v=2"), answer(200, {**SEEN.json(), "time": 0.02})),
        "a single row": (hosted(base64.b64encode(ROW)), SEEN),
        "eight megapixels": (hosted(base64.b64encode(LARGE)), SEEN),
        "by address in sam2": (by_address, SEGMENTED),
        "another there in sam2": (by_address.replace(body=by_address.body + b" "), answer(200, {"time": 0.02})),
        "in a form": (hosted(form, media=media), SEEN),
        "in lines": (hosted(lines), SEEN),
        "behind a prefix": (hosted(f"data:image/png;base64,{TEXT}".encode()), SEEN),
        "pickled": (_pickled(), answer(400, {"message": "NumPy is not supported."})),
        "turned": (hosted(turned), SEEN),
        "mirrored": (hosted(base64.b64encode(oriented(JPEG, 2))), SEEN),
        "upside down": (hosted(base64.b64encode(oriented(JPEG, 3))), SEEN),
        "as stored": (hosted(turned, disable_preproc_auto_orient="true"), SEEN),
        "in more than a megabyte": (hosted(TEXT.encode() + b"\n" * (1 << 20)), SEEN),
        "unknown version": (hosted(TEXT.encode(), "/rig-animals/999999"), answer(404, {"message": "Not found."})),
        "unknown model": (hosted(TEXT.encode(), "/no-such/1"), answer(404, {"message": "Not found."})),
    }


def encoded_otherwise() -> dict[str, Exchange]:
    """One exchange for each encoding of a picture."""
    pixels = np.full((24, 32, 3), (90, 60, 30), np.uint8)
    pixels[6:12, 4:14] = (200, 30, 10)
    contents = {name: encode(pixels) for name, encode in ENCODINGS.items()} | {"alpha": transparent_png(pixels)}
    contents["jpeg"], _ = jpeg_as_png(pixels, progressive=False)
    contents["jpeg-progressive"], _ = jpeg_as_png(pixels, progressive=True)
    contents["jpeg-cmyk"] = cmyk_jpeg(pixels)
    contents["grey"], _ = grey_as_rgb(pixels, "png")
    return {f"as {name}": (hosted(base64.b64encode(content)), SEEN) for name, content in contents.items()}


def refused() -> dict[str, Exchange]:
    """Requests that cannot be answered."""
    missing = {"type": "missing", "loc": ["body", "prompts", "prompts"], "msg": "Field required"}
    odd = {"type": "smoke-signal", "value": TEXT}
    no_picture = answer(400, {"message": "Could not load input image."})
    return {
        "broken JSON": (segment().replace(body=b'{"image": {'), answer(422, {"detail": [{"msg": "no JSON"}]})),
        "field missing": (segment(prompts={}), answer(422, {"detail": [missing]})),
        "picture of no kind": (segment(image=odd), no_picture),
        "address of nothing": (segment(image={"type": "url", "value": "https://a.invalid/b.png"}), no_picture),
    }


def saying_of_itself() -> dict[str, Exchange]:
    """Requests with a name or with settings that nobody knows, and an answer that tells how long it took."""
    name = "the second call, by a name of many letters"
    slow = answer(200, {**SEEN.json(), "inference_id": name}, x_processing_time="0.25")
    return {
        "unknown parameter": (hosted(TEXT.encode(), debug="1"), SEEN),
        "unknown field": (segment(debug=1), SEGMENTED),
        "named by its caller": (by_task(id=name), slow),
    }


def _pickled() -> Request:
    operation = load().operations["hosted.object-detection"]
    return delivery.as_pickle(operation, hosted(b""), np.full((24, 32, 3), 90, np.uint8))


def nasty() -> dict[str, Exchange]:
    """Hostile input, refused as it should be."""
    refused = answer(400, {"message": "Could not load input image."})
    deep = b'{"assay": ' + b"[" * 2000 + b"]" * 2000 + b"}"
    digits = segment().body.replace(b'{"image"', b'{"assay": ' + b"9" * 2000 + b', "image"')
    there = suite_folder("fixtures") / "exchanges" / "pictures" / "two.png"
    pickle = knocking_pickle(ADDRESS)
    return {
        "deep JSON": (segment().replace(body=deep), answer(422, {"detail": "no JSON"})),
        "many digits": (segment().replace(body=digits), SEGMENTED),
        "large picture": (hosted(base64.b64encode(pictures.png(3000, 3000, b""))), refused),
        "hostile pickle": (segment(image={"type": "numpy", "value": pickle}), refused),
        "file that is there": (segment(image={"type": "file", "value": str(there)}), refused),
        "file that is nowhere": (segment(image={"type": "file", "value": "/no-such-file"}), refused),
    }


def written() -> dict[str, Exchange]:
    """Requests as clients of several languages write them."""
    text = b"/9j+" + TEXT.encode()
    bare = hosted(text, name="YOUR_IMAGE.jpg")
    by_curl = (("user-agent", "curl/8.5.0"),)
    return {
        "with a plus": (hosted(text), SEEN),
        "of no type": (bare.replace(headers=()), SEEN),
        "by curl, no length": (hosted(b"", image=ADDRESS).replace(headers=by_curl), SEEN),
    }


def keyed() -> dict[str, Exchange]:
    """Keys that are missing, wrong, or in each of their places."""
    bearer, wrong_bearer = ((("authorization", f"Bearer {each}-key"),) for each in ("good", "wrong"))
    forbidden = answer(403, {"Message": "User is not authorized to access this resource"})
    unauthorised = answer(401, {"status": 401, "message": "Unauthorized api_key"})
    plain = hosted(TEXT.encode(), api_key="good-key")
    return {
        "good key": (plain, SEEN),
        "no key": (hosted(TEXT.encode(), name="no-key"), forbidden),
        "wrong key": (hosted(TEXT.encode(), api_key="wrong-key"), forbidden),
        "key in the header": (hosted(TEXT.encode(), name="bearer").replace(headers=plain.headers + bearer), SEEN),
        "wrong key in the header": (
            hosted(TEXT.encode(), name="wrong-bearer").replace(headers=plain.headers + wrong_bearer),
            forbidden,
        ),
        "good key of sam2": (segment(api_key="good-key"), SEGMENTED),
        "key in the query of sam2": (segment((("api_key", "good-key"),)), SEGMENTED),
        "wrong key of sam2": (segment(api_key="wrong-key"), unauthorised),
        "no key for sam2": (segment(), unauthorised),
        "good key by task": (by_task(api_key="good-key"), SEEN),
        "no key by task": (by_task(), unauthorised),
    }


def about_the_server() -> dict[str, Exchange]:
    """The routes about the server itself."""
    return {
        "info": (Request("service.info", "GET", "/info"), answer(200, {"name": "n", "version": "1", "uuid": "u"})),
        "registry": (Request("service.registry", "GET", "/model/registry"), answer(200, {"models": [MODEL]})),
        "readiness": (Request("service.readiness", "GET", "/readiness"), answer(200, {"status": "ready"})),
    }
