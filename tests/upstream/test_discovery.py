"""What the real server offers is found out, with its description and without, and where a route is off."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from assay.contract import load
from assay.faults.proxy import create_proxy
from assay.scene import SCENES
from assay.serving import running
from assay.target import Policy, Target, discover
from assay.target.discovery import Discovery
from assay.target.probing import probe
from tests.plugin.servers import hiding

from . import server
from .build import Build
from .places import Home
from .server import Instance
from .settings import Settings

SEGMENT = load().operations["sam2.segment"]
ROUTES = ("/sam2/segment_image", "/sam2/embed_image", "/owlv2/infer", "/infer/lmm", "/infer/object_detection")
SWITCHES = ("CORE_MODEL_OWLV2_ENABLED", "CORE_MODEL_SAM2_ENABLED", "LMM_ENABLED", "MOONDREAM2_ENABLED")
OFF = dict.fromkeys(SWITCHES, "False")


@pytest.fixture(params=["new", "old"])
def engine(request: pytest.FixtureRequest) -> Instance:
    return request.getfixturevalue(f"{request.param}_engine")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def without_core_models(rig: Build) -> Iterator[Instance]:
    """A server on which their routes are off, so that it takes their paths for ids of models."""
    instance = server.start(Home.chosen(), rig, Settings("new", extra=OFF), name="without-core-models")
    yield instance
    server.stop(instance)


@contextmanager
def undescribed(instance: Instance) -> Iterator[str]:
    with running(hiding(create_proxy(instance.url, None), "/openapi.json", "/model/registry")) as url:
        yield url


def found(url: str, key: str) -> Discovery:
    target = Target(Policy(url, key=key))
    try:
        return discover(target, load().operations.values())
    finally:
        target.close()


def told(url: str, key: str) -> dict[str, bool]:
    """What a probe of each route tells."""
    target = Target(Policy(url, key=key))
    try:
        return {path: probe(target, replace(SEGMENT, id="probed", path=path)).there for path in ROUTES}
    finally:
        target.close()


def test_a_hidden_description_is_made_up_for_by_probing(engine: Instance) -> None:
    described = found(engine.url, engine.key)
    with undescribed(engine) as url:
        probed = found(url, engine.key)
        assert told(url, engine.key) == dict.fromkeys(ROUTES, True)

    for name, operation in load().operations.items():
        assert described.capabilities[name].available, name
        if operation.shape == "json-body":
            assert probed.capabilities[name].described, probed.capabilities[name].because


def test_where_a_route_is_off_its_path_is_a_model_and_a_probe_tells_nothing(without_core_models: Instance) -> None:
    instance = without_core_models
    described = found(instance.url, instance.key)
    assert not described.capabilities["sam2.segment"].available

    for key in (instance.key, "a-wrong-key-of-nobody"):
        with undescribed(instance) as url:
            assert told(url, key) == {path: path == "/infer/object_detection" for path in ROUTES}
            assert not found(url, key).capabilities["sam2.segment"].described


def test_loaded_models_are_known_by_what_they_are(engine: Instance) -> None:
    """OwlV2 calls itself object detection, SAM2 unsupervised segmentation, Florence 2 a large multimodal model."""
    image = {"type": "base64", "value": base64.b64encode(SCENES["pair"].png()).decode()}
    box = {"x": 152, "y": 70, "w": 80, "h": 40, "cls": "dog", "negative": False}
    prompts = {"prompts": [{"points": [{"x": 20, "y": 20, "positive": True}]}]}
    bodies: dict[str, dict[str, Any]] = {
        "/owlv2/infer": {"training_data": [{"image": image, "boxes": [box]}]},
        "/sam2/segment_image": {"sam2_version_id": "hiera_tiny", "prompts": prompts},
        "/infer/lmm": {"model_id": "florence-2-base", "prompt": "<CAPTION>"},
        "/infer/object_detection": {"model_id": engine.models["object-detection"]},
    }
    for path, body in bodies.items():
        answer = httpx.post(
            engine.url + path, json={"api_key": engine.key, "image": image, **body}, timeout=120, trust_env=False
        )
        assert answer.status_code == 200, answer.text

    models = found(engine.url, engine.key).models
    assert models["object-detection"] == engine.models["object-detection"]
    assert models["owlv2"] == "owlv2-large-patch14-ensemble"
    assert models["segmentation"] == "hiera_tiny"
    assert models["florence-2"] == "florence-2-base"
