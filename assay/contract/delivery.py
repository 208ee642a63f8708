"""How a request carries its picture, and the same request with the picture delivered in another way.

Where the picture stands is told by the operation's schema: the parameter that means an `image-object` in a JSON body,
one that means an `image-url` in a query, or else the body itself.
"""

from __future__ import annotations

import base64
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.contract import wire
from assay.contract.judging import decode_base64
from assay.contract.message import Request
from assay.contract.operations import Operation

IMAGE_OBJECT, IMAGE_URL = "image-object", "image-url"


def takes_pictures(operation: Operation) -> bool:
    """Whether a request of the operation has a place for a picture."""
    return operation.shape == "path-query-body" or _named(operation, IMAGE_OBJECT) is not None


def picture_of(operation: Operation, request: Request) -> bytes:
    """The encoded picture that a request carries as base64. Raises ValueError where it carries none in that way."""
    if operation.shape != "json-body":
        return decode_base64(request.body.decode("ascii"))
    held = _object(request).get(_place(operation))
    if not isinstance(held, dict) or held.get("type") != "base64":
        raise ValueError(f"the request of {operation.id} holds no picture in base64")
    return decode_base64(held["value"])


def by_base64(operation: Operation, request: Request, text: str) -> Request:
    """The request with this text in the place of the picture's base64. Whether it is base64 is nobody's business."""
    if operation.shape == "json-body":
        return with_image(operation, request, "base64", text)
    return request.replace(body=text.encode())


def by_url(operation: Operation, request: Request, url: str) -> Request:
    """The request with the picture's address instead of the picture."""
    if operation.shape == "json-body":
        return with_image(operation, request, "url", url)
    name = _named(operation, IMAGE_URL)
    if name is None:
        raise ValueError(f"{operation.id} takes no address of a picture")
    return _with_media(request, None, b"").with_query(**{name: url})


def with_image(operation: Operation, request: Request, kind: str, value: str) -> Request:
    """The request with an image object of this type and value, whatever they are. Raises ValueError where none goes."""
    return request.replace(
        body=wire.json_bytes({**_object(request), _place(operation): {"type": kind, "value": value}})
    )


def as_form(operation: Operation, request: Request) -> Request:
    """The request with its picture as a part of a form. Raises ValueError where the operation takes no form."""
    if operation.body is None or "multipart/form-data" not in operation.body.media:
        raise ValueError(f"{operation.id} takes no form")
    return _with_media(request, *wire.multipart(picture_of(operation, request)))


def takes_lists(operation: Operation) -> bool:
    """Whether the open-source server takes several pictures in one request: its routes that name a task do."""
    return operation.id.startswith("infer.")


def as_batch(operation: Operation, requests: Sequence[Request]) -> Request:
    """The first of these requests with the pictures of all of them, as a list in their order."""
    place = _place(operation)
    pictures = [_object(each)[place] for each in requests]
    return requests[0].replace(body=wire.json_bytes({**_object(requests[0]), place: pictures}))


def as_pickle(operation: Operation, request: Request, pixels: NDArray[np.uint8]) -> Request:
    """The request with its picture as a pickled array: H x W x 3 RGB pixels, sent as BGR, as OpenCV has them."""
    text = base64.b64encode(_pickled(pixels[:, :, ::-1])).decode("ascii")
    if operation.shape == "json-body":
        return with_image(operation, request, "numpy", text)
    return request.replace(body=text.encode()).with_query(image_type="numpy")


def _pickled(array: NDArray[np.uint8]) -> bytes:
    """An array as Python pickles it, for any server: NumPy 2 reads the names of NumPy 1, and not the other way round.

    Whoever unpickles it runs nothing but NumPy's own making of an array.
    """
    content = pickle.dumps(np.ascontiguousarray(array), protocol=3)
    return content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


def with_member(operation: Operation, request: Request, name: str, value: Any) -> Request:
    """The request with one parameter set, in the query or at the top of the JSON body. Raises KeyError."""
    if operation.parameter(name).place == "query":
        return request.with_query(**{name: wire.text(value)})
    return request.replace(body=wire.json_bytes({**_object(request), name: value}))


def without_member(operation: Operation, request: Request, name: str) -> Request:
    """The request without one parameter, in the query or at the top of the JSON body. Raises KeyError."""
    if operation.parameter(name).place == "query":
        return request.with_query(**{name: None})
    return request.replace(body=wire.json_bytes({key: value for key, value in _object(request).items() if key != name}))


def member(operation: Operation, request: Request, name: str) -> Any:
    """What a request gives for one parameter, as text where that stands in the query; None where it gives nothing."""
    if operation.parameter(name).place == "query":
        return request.parameter(name)
    return _object(request).get(name)


def with_unknown_member(request: Request, name: str, value: Any) -> Request:
    """The request with one more member at the top of its JSON body, which its schema does not know."""
    return request.replace(body=wire.json_bytes({**_object(request), name: value}))


def _with_media(request: Request, media: str | None, body: bytes) -> Request:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != "content-type")
    return request.replace(headers=kept + ((("Content-Type", media),) if media else ()), body=body)


def _place(operation: Operation) -> str:
    name = _named(operation, IMAGE_OBJECT)
    if name is None:
        raise ValueError(f"{operation.id} takes no picture in its body")
    return name


def _named(operation: Operation, meaning: str) -> str | None:
    return next((parameter.name for parameter in operation.parameters if parameter.meaning == meaning), None)


def _object(request: Request) -> dict[str, Any]:
    body = request.json()
    if not isinstance(body, dict):
        raise ValueError("the body is no JSON object")
    return body
