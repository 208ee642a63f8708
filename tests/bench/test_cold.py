"""Cold starts: what a target is told to unload, and what is said where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from assay.bench.cold import Unload, Unloading, measurement_of
from assay.load.scenarios import ColdStart
from assay.record import Measurement
from assay.reference.app import create_app
from assay.serving import running
from assay.target import Policy, Target


@contextmanager
def target(app: Starlette) -> Iterator[Target]:
    with running(app) as url:
        asked = Target(Policy(url=url, key="reference"))
        with asked.off_the_record():
            yield asked
        asked.close()


def names(app: Starlette) -> list[str]:
    return [each["model_id"] for each in app.state.memory.listed()]


def test_one_model_is_unloaded_by_its_name() -> None:
    app = create_app()
    with target(app) as asked:
        assert Unloading(asked, Unload.MODEL, "shapes/1")() == ""

    assert "shapes/1" not in names(app)
    assert "figures/1" in names(app)


def test_a_core_model_is_unloaded_by_the_name_that_the_registry_has() -> None:
    app = create_app()
    app.state.memory._held["sam2/hiera_tiny"] = "unsupervised-segmentation"
    with target(app) as asked:
        assert Unloading(asked, Unload.MODEL, "hiera_tiny")() == ""

    assert "sam2/hiera_tiny" not in names(app)


def test_all_models_are_unloaded() -> None:
    app = create_app()
    with target(app) as asked:
        assert Unloading(asked, Unload.ALL, "shapes/1")() == ""

    assert names(app) == []


def test_a_target_that_cannot_unload_says_so() -> None:
    with target(Starlette()) as asked:
        assert "POST /model/remove got status 404" in Unloading(asked, Unload.MODEL, "shapes/1")()


def test_a_target_that_holds_a_model_still_is_caught() -> None:
    async def listed(request: Request) -> JSONResponse:
        return JSONResponse({"models": [{"model_id": "shapes/1", "task_type": "object-detection"}]})

    routes = [Route("/model/registry", listed), Route("/model/remove", listed, methods=["POST"])]
    with target(Starlette(routes=routes)) as asked:
        assert "holds it still" in Unloading(asked, Unload.MODEL, "shapes/1")()


def test_the_reference_asks_for_a_name() -> None:
    with target(create_app()) as asked:
        from assay.contract.message import Request as Asked

        body = json.dumps({}).encode()
        answer = asked.attempt(Asked("service.model-remove", "POST", "/model/remove", body=body)).response

    assert answer is not None
    assert answer.status == 422


def told(**other: object) -> Measurement:
    usual: dict[str, object] = {
        "milliseconds": (900.0, 1100.0, 1000.0), "loading": (800.0, 1000.0, 900.0), "said_cold": 3, "failures": {},
        "began": 1.0,
    }  # fmt: skip
    facts = {"workload": "w", "operation": "o", "target": "t", "repetition": 1, "inputs": {"digest": "0"}}
    return measurement_of(ColdStart(**{**usual, **other}), 0.02, 0.1, **facts)  # type: ignore[arg-type]


def test_cold_starts_are_told_with_what_loading_took() -> None:
    found = told()

    assert found.valid
    assert found.figures["coldstart.p50"].value == 1000
    assert found.figures["coldstart.loading.p50"].value == 900
    assert "3 answers of 3" in found.notes[0]
    assert "20 ms" in found.notes[1]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"said_cold": 0}, "no answer said that a model had been loaded"),
        ({"said_cold": 2}, "1 of 3 answers said that the model was there"),
        ({"lost": "it refused"}, "it ended after 3 cold starts: it refused"),
        ({"failures": {"server_error": 1}}, "1 first request failed"),
        ({"interrupted": True}, "interrupted"),
    ],
)
def test_what_was_no_cold_start_is_not_relied_upon(other: dict[str, object], said: str) -> None:
    assert any(said in reason for reason in told(**other).reasons)
