"""The same request with its picture delivered in another way."""

from __future__ import annotations

import base64
import pickle
import pickletools
from typing import Any

import numpy as np
import pytest

from assay.contract import delivery, load
from assay.contract.message import Request
from assay.scene import SCENES

PICTURE, OTHER = SCENES["speck"].png(), SCENES["blank"].png()
URL = "http://pictures.example/a.png"
HOSTED = load().operations["hosted.object-detection"]
SEGMENT = load().operations["sam2.segment"]


def hosted(**query: object) -> Request:
    return HOSTED.request(path={"dataset": "shapes", "version": "1"}, query=query, image=PICTURE)


def segment() -> Request:
    return SEGMENT.request(body={"prompts": {"prompts": []}, "sam2_version_id": "hiera_tiny"}, image=PICTURE)


@pytest.mark.parametrize(("operation", "request_"), [(HOSTED, hosted()), (SEGMENT, segment())])
def test_the_picture_of_a_request(operation: object, request_: Request) -> None:
    assert delivery.takes_pictures(operation)  # type: ignore[arg-type]
    assert delivery.picture_of(operation, request_) == PICTURE  # type: ignore[arg-type]


def test_a_route_about_the_server_takes_none() -> None:
    assert not delivery.takes_pictures(load().operation("service.info"))


def test_by_its_address() -> None:
    on_route = delivery.by_url(HOSTED, hosted(confidence=30), URL)
    assert (on_route.parameter("image"), on_route.parameter("confidence")) == (URL, "30")
    assert on_route.body == b""
    assert on_route.header("content-type") is None

    in_body = delivery.by_url(SEGMENT, segment(), URL)
    assert in_body.json() == {**segment().json(), "image": {"type": "url", "value": URL}}
    with pytest.raises(ValueError, match="no picture in base64"):
        delivery.picture_of(SEGMENT, in_body)


def test_by_its_address_is_what_the_contract_makes_of_one() -> None:
    values = {"path": {"dataset": "shapes", "version": "1"}}
    assert delivery.by_url(HOSTED, hosted(), URL) == HOSTED.request(**values, image=URL)  # type: ignore[arg-type]


def test_as_other_base64() -> None:
    text = base64.b64encode(OTHER).decode()
    assert delivery.by_base64(HOSTED, hosted(), text).body == text.encode()
    assert delivery.by_base64(SEGMENT, segment(), text).json()["image"] == {"type": "base64", "value": text}


def test_as_a_form() -> None:
    form = delivery.as_form(HOSTED, hosted(confidence=30))
    media = form.header("content-type") or ""
    assert media.startswith("multipart/form-data; boundary=")
    assert PICTURE in form.body
    assert form.query == hosted(confidence=30).query
    assert [name.lower() for name, _ in form.headers].count("content-type") == 1
    with pytest.raises(ValueError, match="takes no form"):
        delivery.as_form(SEGMENT, segment())


def test_as_a_pickle() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    on_route, in_body = (
        delivery.as_pickle(operation, request, pixels)
        for operation, request in ((HOSTED, hosted()), (SEGMENT, segment()))
    )
    assert on_route.parameter("image_type") == "numpy"
    assert in_body.json()["image"] == {"type": "numpy", "value": on_route.body.decode()}
    assert np.array_equal(pickle.loads(base64.b64decode(on_route.body))[:, :, ::-1], pixels)


def test_a_pickle_names_nothing_but_the_making_of_an_array() -> None:
    """Whoever reads it runs nothing else, and NumPy 1 knows the names, too."""
    request = delivery.as_pickle(HOSTED, hosted(), np.zeros((2, 4, 3), np.uint8))
    named: list[Any] = [
        argument
        for opcode, argument, _ in pickletools.genops(base64.b64decode(request.body))
        if opcode.name in ("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4")
    ]
    assert sorted(named) == ["numpy dtype", "numpy ndarray", "numpy.core.multiarray _reconstruct"]


def test_with_one_parameter_set() -> None:
    assert delivery.with_member(HOSTED, hosted(), "labels", True).parameter("labels") == "true"
    assert delivery.with_member(SEGMENT, segment(), "format", "rle").json()["format"] == "rle"
    with pytest.raises(KeyError):
        delivery.with_member(SEGMENT, segment(), "no_such", 1)
