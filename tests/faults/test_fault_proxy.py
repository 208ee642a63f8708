"""The proxy over real connections: nothing is lost on the way, a fault reaches its own operations only."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gzip
import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Received
from starlette.responses import Response as Answer
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assay.contract import load
from assay.contract.message import Request, Response
from assay.faults import FAULTS, Fault
from assay.faults.model import HOSTED
from assay.faults.operation import candidates
from assay.faults.operators.fields import drop_field
from assay.faults.operators.parameters import drop_parameter
from assay.faults.proxy import Tally, create_proxy
from assay.serving import running

DETECTION = b'{ "time": 0.50, "predictions": [{"x": 1.0, "class": "\\u00e9"}] }'
WIDTHLESS = Fault("dropped", "Drops x.", HOSTED, ("hosted.answer.schema",), response=drop_field("/predictions/*/x"))

HOSTED_ROUTE = tuple(name for name, each in load().operations.items() if each.path == "/{dataset}/{version}")


async def mirror(received: Received) -> Answer:
    """Say what arrived, byte for byte, in the headers of an answer that repeats the body."""
    scope = received.scope
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    names = sorted({name.decode() for name, _ in scope["headers"]} - {"connection"})
    answer = Answer(await received.body(), 207, media_type="application/octet-stream")
    answer.raw_headers += [
        (b"x-target", target),
        (b"x-method", received.method.encode()),
        (b"x-names", ",".join(names).encode()),
        (b"x-te", received.headers.get("transfer-encoding", "").encode()),
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"connection", b"x-private"),
        (b"x-private", b"1"),
    ]
    return answer


async def mirror_anything(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await (await mirror(Received(scope, receive)))(scope, receive, send)


async def detect(received: Received) -> Answer:
    """A detection; compressed where that is accepted, empty or a drawing where that is asked for."""
    if received.query_params.get("format") == "image":
        return Answer(b"\xff\xd8\xff", media_type="image/jpeg")
    if "gzip" in received.headers.get("accept-encoding", ""):
        headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Answer(gzip.compress(DETECTION), headers=headers, media_type="application/json")
    return Answer(DETECTION, media_type="application/json", headers={"x-query": received.url.query})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = Starlette(routes=[Route("/animals/1", detect, methods=["POST"])])
    app.router.default = mirror_anything
    with running(app) as base:
        yield base


@pytest.fixture(scope="module")
def transparent(url: str) -> Iterator[str]:
    with running(create_proxy(url)) as base:
        yield base


def plain_client(**options: Any) -> httpx.Client:
    return httpx.Client(trust_env=False, verify=False, **options)


def post(url: str, **options: Any) -> httpx.Response:
    with plain_client() as client:
        return client.post(url, **options)


def call(base: str, method: str, target: str, **options: Any) -> httpx.Response:
    with plain_client() as client:
        request = client.build_request(method, base, **options)
        request.extensions["target"] = target.encode()
        return client.send(request)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("target", ["/", "/a%2Fb/%e9?x=%20y+z&x=&n", "//two?", "/sp%0Ace", "/p?image={odd}|\"'"])
@pytest.mark.parametrize("body", [b"", b"\x00\xff body"])
def test_without_a_fault_everything_passes(url: str, transparent: str, method: str, target: str, body: bytes) -> None:
    options = {"content": body, "headers": {"X-Own": "1", "Cookie": "c=3"}}
    direct, through = call(url, method, target, **options), call(transparent, method, target, **options)
    assert (through.status_code, through.content) == (direct.status_code, direct.content)
    assert comparable(through) == comparable(direct)
    assert "x-private" not in through.headers


def comparable(answer: httpx.Response) -> list[tuple[bytes, bytes]]:
    """The headers in order; each server states date and name for itself, and a connection is anyone's own."""
    own = (b"date", b"server", b"connection", b"x-private")
    return [each for each in answer.headers.raw if each[0].lower() not in own]


def test_a_chunked_body_stays_chunked(transparent: str) -> None:
    answer = call(transparent, "POST", "/upload", content=iter([b"one", b"two"]))
    assert (answer.content, answer.headers["x-te"]) == (b"onetwo", "chunked")


def test_an_answer_without_a_stated_length_passes() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"predictions"'
        yield b':[{"x":1}]}'

    async def answer(received: Received) -> Answer:
        return StreamingResponse(pieces(), media_type="application/json")

    with running(Starlette(routes=[Route("/animals/1", answer, methods=["POST"])])) as upstream:
        for fault, expected in ((None, b'{"predictions":[{"x":1}]}'), (WIDTHLESS, b'{"predictions":[{}]}')):
            with running(create_proxy(upstream, fault)) as base:
                assert post(f"{base}/animals/1").content == expected


def test_no_header_is_added_on_the_way(transparent: str) -> None:
    with socket.create_connection(("127.0.0.1", httpx.URL(transparent).port or 0)) as bare:
        bare.sendall(b"GET /bare HTTP/1.1\r\nHost: somewhere.example\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: bare.recv(65536), b""))
    assert b"x-names: host\r\n" in answer


def test_the_base_url_may_have_a_path(url: str) -> None:
    with running(create_proxy(url + "/behind/")) as base:
        assert call(base, "GET", "/info?a=1").headers["x-target"] == "/behind/info?a=1"


def test_nobody_upstream_is_a_502_with_a_message() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with running(create_proxy(f"http://127.0.0.1:{taken.getsockname()[1]}", WIDTHLESS)) as base:
            for path in ("/info", "/animals/1"):
                answer = post(base + path)
                assert answer.status_code == 502
                assert answer.json()["message"].startswith("No answer from 127.0.0.1: ")


def test_a_fault_changes_the_answer_and_its_length(url: str) -> None:
    app = create_proxy(url, WIDTHLESS)
    with running(app) as base:
        answer = post(f"{base}/animals/1", headers={"accept-encoding": "identity"})
        assert answer.content == '{"time":0.5,"predictions":[{"class":"é"}]}'.encode()
        assert answer.headers.get_list("content-length") == [str(len(answer.content))]
        assert app.state.tally == Tally(exchanges=1, changed=1)
        assert call(base, "POST", "/other").headers["x-target"] == "/other"
        assert app.state.tally == Tally(exchanges=2, changed=1)


def test_a_content_encoding_is_undone_only_for_a_change(url: str) -> None:
    nothing = Fault("nothing", "Does nothing.", HOSTED, (), response=drop_field("/absent"))
    accept = {"accept-encoding": "br;q=1.0, gzip;q=0.5, zstd"}
    with running(create_proxy(url, WIDTHLESS)) as broken, running(create_proxy(url, nothing)) as whole:
        changed = post(f"{broken}/animals/1", headers=accept)
        same = post(f"{whole}/animals/1", headers=accept)
    assert "content-encoding" not in changed.headers
    assert changed.headers["vary"] == "accept-encoding"
    assert changed.json() == {"time": 0.5, "predictions": [{"class": "é"}]}
    assert same.headers["content-encoding"] == "gzip"
    assert same.content == DETECTION


def test_a_request_is_changed_in_its_query_alone(url: str) -> None:
    ignored = Fault("ignored", "Ignores it.", HOSTED_ROUTE, (), request=drop_parameter("classes"))
    with running(create_proxy(url, ignored)) as base:
        for target, query in (
            ("/animals/1?api_key=k&classes=a%2Cb&confidence=4%30&name", "api_key=k&confidence=40&name="),
            ("/animals/1?api_key=k&confidence=4%30&name", "api_key=k&confidence=4%30&name"),
        ):
            assert call(base, "POST", target, headers={"accept-encoding": ""}).headers["x-query"] == query


def test_a_client_that_breaks_off_is_no_error(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with running(create_proxy(url, WIDTHLESS)) as base:
        host, port = base.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /animals/1 HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf")
        assert post(f"{base}/animals/1").status_code == 200

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_fault_that_raises_passes_as_none_and_is_counted(url: str) -> None:
    def raises(*arguments: object) -> Any:
        raise ZeroDivisionError

    fault = Fault("raises", "Raises.", HOSTED_ROUTE, (), request=raises, response=raises, traffic=lambda: raises)
    app = create_proxy(url, fault)
    with running(app) as base:
        assert post(f"{base}/animals/1").content == DETECTION
    assert app.state.tally == Tally(exchanges=1, broken=3)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/sam2/segment_image", ("sam2.segment",)),
        ("POST", "/rig-animals/1", HOSTED_ROUTE),
        ("POST", "/workspace/model-slug", HOSTED_ROUTE),
        ("GET", "/rig-animals/1", HOSTED_ROUTE),
        ("POST", "/sam2/embed_image", ("sam2.embed",)),
        ("POST", "/sam2/other", ()),
        ("POST", "/infer/lmm", ("florence2.infer",)),
        ("POST", "/infer/no_such_task", ()),
        ("POST", "/rig-animals/1/", ()),
        ("POST", "/rig-animals", ()),
        ("POST", "/", ()),
    ],
)
def test_operations_are_told_from_the_path(method: str, path: str, expected: tuple[str, ...]) -> None:
    assert candidates(method, path) == expected


def test_the_task_of_a_model_is_learnt_from_its_answers() -> None:
    async def answer(received: Received) -> Answer:
        return Answer(b'{"predictions":[{"x":1}]}' if b"more" in await received.body() else b'{"predictions":[]}')

    only_keypoints = Fault("k", "K.", HOSTED[1:], (), response=drop_field("/predictions"))
    app = create_proxy(
        "http://upstream",
        only_keypoints,
        transport=httpx.ASGITransport(Starlette(routes=[Route("/animals/1", answer, methods=["POST"])])),
    )
    with running(app) as base:
        bodies = [post(f"{base}/animals/1", content=body).json() for body in ("", "more", "")]
    assert bodies == [{}, {"predictions": [{"x": 1}]}, {"predictions": []}]


def test_answers_are_swapped_only_under_load() -> None:
    bodies = [json.dumps({"predictions": [i]}).encode() for i in range(8)]
    app = create_proxy("http://upstream", FAULTS["answers-swapped-under-load"], transport=slow_echo())
    with running(app) as base, plain_client(base_url=base) as client:

        def own(body: bytes) -> bool:
            return client.post("/animals/1", content=body).content == body

        assert all(own(body) for body in bodies)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            under_load = list(pool.map(own, bodies))
        assert not all(under_load)
        assert all(own(body) for body in bodies)
    assert app.state.tally.changed == under_load.count(False)


def slow_echo() -> httpx.AsyncBaseTransport:
    async def answer(received: Received) -> Answer:
        await asyncio.sleep(0.05)
        return Answer(await received.body(), media_type="application/json")

    return httpx.ASGITransport(Starlette(routes=[Route("/animals/1", answer, methods=["POST"])]))


def test_proxies_stand_behind_one_another(url: str) -> None:
    class_lost = Fault("c", "C.", HOSTED, (), response=drop_field("/predictions/*/class"))
    with running(create_proxy(url, WIDTHLESS)) as inner, running(create_proxy(inner, class_lost)) as outer:
        assert post(f"{outer}/animals/1").json() == {"time": 0.5, "predictions": [{}]}


def test_a_request_names_its_operation_to_the_fault(url: str) -> None:
    seen: list[str] = []

    def look(request: Request, response: Response) -> Response:
        seen.append(request.operation)
        return response

    with running(create_proxy(url, Fault("l", "L.", HOSTED, (), response=look))) as base:
        post(f"{base}/animals/1?format=image")
        post(f"{base}/animals/1")
        post(f"{base}/animals/1?format=image")
    assert seen == [HOSTED[0]] * 3
