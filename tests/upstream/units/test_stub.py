"""The stub of the platform: who is let in, and what each engine is told of a model."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from ..stub.app import create_app
from ..stub.catalogue import MODELS

GOOD = {"api_key": "rig-key"}
NEW_ENGINE = ("/models/v1/external/stat", "/models/v1/external/weights")


class Client:
    """Asks an application without a network."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    def get(self, url: str, **arguments: Any) -> httpx.Response:
        return self.request("GET", url, **arguments)

    def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://platform") as client:
                return await client.request(method, url, **arguments)

        return asyncio.run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Client:
    manifest: dict[str, dict[str, str]] = {}
    for package in {model.package for model in MODELS.values()}:
        folder = tmp_path / "packages" / package
        folder.mkdir(parents=True)
        (folder / "weights.onnx").write_text(package)
        (folder / "class_names.txt").write_text("dog\ncat")
        manifest[package] = {"weights.onnx": "0" * 32, "class_names.txt": "1" * 32}
    (tmp_path / "packages" / "people" / "keypoints_metadata.json").write_text(json.dumps([{"keypoints": {}}]))
    (tmp_path / "packages" / "sam2" / "model.pt").write_text("checkpoint")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "two.jpg").write_bytes(b"\xff\xd8\xff")
    return Client(create_app(tmp_path, manifest))


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("rig-key", 200),
        ("forbidden-key", 403),
        ("broke-key", 402),
        ("paused-key", 423),
        ("nope", 401),
        ("", 401),
    ],
)
def test_keys_in_the_query_and_as_bearer_tokens(client: Client, key: str, status: int) -> None:
    model = {"modelId": "rig-animals/1"}
    for path in ("/", *NEW_ENGINE, "/ort/rig-animals/1", "/core_model/sam2/hiera_tiny", "/nowhere"):
        expected = 404 if path == "/nowhere" and status == 200 else status
        assert client.get(path, params={**model, "api_key": key}).status_code == expected
        headers = {"authorization": f"Bearer {key}"}
        assert client.get(path, params=model, headers=headers).status_code == expected


@pytest.mark.parametrize("model_id", MODELS)
def test_the_new_engine_learns_what_a_model_is_and_gets_its_files(client: Client, model_id: str) -> None:
    stat, weights = (client.get(path, params={**GOOD, "modelId": model_id}).json() for path in NEW_ENGINE)
    assert stat["modelMetadata"].items() <= weights["modelMetadata"].items()
    (package,) = weights["modelMetadata"]["modelPackages"]
    assert {file["fileHandle"] for file in package["packageFiles"]} == {"weights.onnx", "class_names.txt"}
    for file in package["packageFiles"]:
        assert client.get(file["downloadUrl"]).status_code == 200


@pytest.mark.parametrize("path", ["rig-animals/1", "rig-people/1", "rig-road/1", "florence-pretrains/3"])
def test_the_old_engine_gets_models_with_a_version(client: Client, path: str) -> None:
    ort: dict[str, Any] = client.get(f"/ort/{path}", params=GOOD).json()["ort"]
    assert ort["modelType"]
    assert ("keypoints_metadata" in ort) == (path == "rig-people/1")
    if "weights" in ort:
        assert set(ort["weights"]) == {"weights.onnx", "class_names.txt"}
        return
    assert client.get(ort["model"]).status_code == 200
    environment = client.get(ort["environment"]).json()
    assert environment["CLASS_MAP"] == {"0": "dog", "1": "cat"}
    assert json.loads(environment["PREPROCESSING"])["resize"]["width"] == environment["RESOLUTION"]


def test_the_old_engine_gets_sam2s_checkpoint_under_the_name_that_it_caches(client: Client) -> None:
    weights = client.get("/core_model/sam2/hiera_tiny", params=GOOD).json()["weights"]
    (url,) = weights.values()
    assert url.endswith("/weights.pt")
    assert client.get(url).text == "checkpoint"


@pytest.mark.parametrize(
    "path",
    [
        *NEW_ENGINE,
        "/ort/no/1",
        "/ort/sam2/hiera_tiny",
        "/core_model/rig-animals/1",
        "/environment/florence2",
        "/files/animals/../../pictures/two.jpg",
        "/files/animals/%2E%2E/%2E%2E/pictures/two.jpg",
        "/files/animals/no",
        "/img/%2E%2E",
        "/img/no.jpg",
    ],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    assert client.get(path, params={**GOOD, "modelId": "no/1"}).status_code == 404


def test_reports_of_use_are_taken_without_a_key(client: Client) -> None:
    assert client.request("POST", "/usage/inference", json={}).json() == {}
