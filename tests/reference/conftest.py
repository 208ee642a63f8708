"""The reference deployment on a socket, for all of these tests."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assay.reference.app import create_app
from assay.scene import Scene
from assay.serving import running

from .truth import Infer, Segment


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with running(create_app()) as base:
        yield base


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def infer(client: httpx.Client) -> Infer:
    """Sends a scene, or bytes of a picture, to a model: `infer(scene, "shapes/1", confidence=20)`."""

    def send(picture: Scene | bytes, model: str = "shapes/1", /, **query: Any) -> httpx.Response:
        data = base64.b64encode(picture if isinstance(picture, bytes) else picture.png())
        return client.post(f"/{model}", params={"api_key": "reference", **query}, content=data)

    return send


@pytest.fixture
def segment(client: httpx.Client) -> Segment:
    """Sends a scene, or a picture's bytes: `segment(scene, [{"points": [...]}], format="rle")`."""

    def send(picture: Scene | bytes, prompts: list[Any] | None = None, /, **fields: Any) -> httpx.Response:
        data = picture if isinstance(picture, bytes) else picture.png()
        image = {"type": "base64", "value": base64.b64encode(data).decode()}
        body: dict[str, Any] = {"api_key": "reference", "image": image, **fields}
        if prompts is not None:
            body["prompts"] = {"prompts": prompts}
        return client.post("/sam2/segment_image", json=body)

    return send
