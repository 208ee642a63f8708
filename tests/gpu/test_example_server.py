"""The example server on a CPU, with tiny models: each operation is answered as its schema says, the same each time."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from assay.contract import load
from assay.contract.message import Response
from assay.judge.equal import comparison

from .asking import Asked, requests

STARTING = 120.0
ASKED = list(requests())


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    """A client of the example server. That it does not start is an error: torch and transformers have to be here."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--port", str(port), "--device", "cpu", "--dtype", "fp32", "--sizes", "tiny"]
    process = subprocess.Popen([sys.executable, "-m", "tests.gpu", "serve", *words], stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            _wait(process, client)
            yield client
    finally:
        process.kill()
        process.communicate()


def _wait(process: subprocess.Popen[str], client: httpx.Client) -> None:
    until = time.monotonic() + STARTING
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.get("/info").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the example server did not start:\n{process.communicate()[1][-2000:]}")


def _answer(client: httpx.Client, asked: Asked) -> Response:
    request = asked.request
    answer = client.request(
        request.method, request.path, params=list(request.query), headers=dict(request.headers), content=request.body
    )
    return Response(answer.status_code, tuple(answer.headers.items()), answer.content)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_each_workload_is_answered_as_its_schema_says(server: httpx.Client, asked: Asked) -> None:
    answer = _answer(server, asked)

    assert asked.faults(answer) == []
    assert float(answer.header("x-processing-time") or 0) > 0


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_the_same_request_gets_the_same_answer(server: httpx.Client, asked: Asked) -> None:
    first, again = _answer(server, asked), _answer(server, asked)

    operation = load().operations[asked.request.operation]
    mode = operation.mode_of(asked.request)
    if mode.schema is None:
        assert first.body == again.body
    else:
        assert list(comparison(operation, mode.name).differences(first.json(), again.json())) == []


@pytest.mark.parametrize(
    "name",
    ["hosted.object-detection/base64", "hosted.keypoint-detection/base64", "hosted.instance-segmentation/base64"],
)
def test_something_is_found(server: httpx.Client, name: str) -> None:
    asked = next(each for each in ASKED if each.name == name)

    assert _answer(server, asked).json()["predictions"]


def test_a_picture_that_was_embedded_is_segmented_without_the_encoder(server: httpx.Client) -> None:
    asked = next(each for each in ASKED if each.name == "sam2.segment/cached")
    _answer(server, asked)
    body = asked.request.json()
    unreadable = asked.request.replace(body=asked.request.body.replace(body["image"]["value"].encode(), b"AAAA"))

    assert asked.faults(_answer(server, Asked(asked.name, unreadable))) == []
