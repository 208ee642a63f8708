"""Which models the reference holds: those of a warm one from the start, and what a first request loads."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from assay.reference.app import create_app
from assay.scene import SCENES
from assay.serving import running

PICTURE = base64.b64encode(SCENES["speck"].png()).decode()
IMAGE = {"type": "base64", "value": PICTURE}
COLD = "x-model-cold-start"


@contextmanager
def deployment(warm: bool) -> Iterator[httpx.Client]:
    with running(create_app(warm=warm)) as url, httpx.Client(base_url=url, trust_env=False) as client:
        client.params = client.params.set("api_key", "reference")
        yield client


def held(client: httpx.Client) -> list[str]:
    return [model["model_id"] for model in client.get("/model/registry").json()["models"]]


def hosted(client: httpx.Client) -> httpx.Response:
    return client.post("/shapes/1", content=PICTURE)


def by_task(client: httpx.Client) -> httpx.Response:
    return client.post("/infer/object_detection", json={"model_id": "shapes/1", "image": IMAGE})


def embed(client: httpx.Client) -> httpx.Response:
    return client.post("/sam2/embed_image", json={"sam2_version_id": "hiera_small", "image": IMAGE})


def told(client: httpx.Client, *asked: Callable[[httpx.Client], httpx.Response]) -> list[str]:
    return [each(client).headers[COLD] for each in asked]


def test_a_first_request_loads_its_model_whichever_route_it_takes() -> None:
    with deployment(warm=False) as client:
        assert held(client) == []
        assert told(client, by_task, hosted, hosted, embed, embed) == ["true", "false", "false", "true", "false"]
        assert held(client) == ["shapes/1", "sam2/hiera_small"]


def test_a_warm_one_holds_all_but_core_models() -> None:
    with deployment(warm=True) as client:
        before = held(client)
        assert told(client, hosted, embed) == ["false", "true"]
        assert {"shapes/1", "figures/1", "florence-2-base", "florence-2-large"} <= set(before)
        assert held(client) == [*before, "sam2/hiera_small"]


def test_what_is_refused_loads_nothing() -> None:
    with deployment(warm=False) as client:
        client.params = client.params.set("api_key", "wrong")
        assert hosted(client).status_code == 403
        assert COLD not in hosted(client).headers
        assert held(client) == []
