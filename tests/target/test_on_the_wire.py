"""What leaves the client: the request as it is meant, the key where the document shows it, and nothing followed."""

from __future__ import annotations

import httpx
import pytest
import respx

from assay.contract.message import Request
from assay.target import KeyPlace, Policy, Target

BASE = "http://target.invalid:9001/prefix"
KEY = "key-of-nobody"
HOSTED = Request("hosted.object-detection", "POST", "/animals/1", query=(("confidence", "40"),), body=b"aW1n")
SAM2 = Request(
    "sam2.segment",
    "POST",
    "/sam2/segment_image",
    headers=(("Content-Type", "application/json"),),
    body=b'{"prompts": []}',
)


@pytest.fixture
def target() -> Target:
    return Target(Policy(BASE, key=KEY))


def test_the_hosted_route_takes_the_key_in_the_query(target: Target, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{BASE}/animals/1").respond(json={"predictions": []})

    target.send(HOSTED)

    sent = route.calls.last.request
    assert dict(sent.url.params) == {"confidence": "40", "api_key": KEY}
    assert sent.content == HOSTED.body


def test_sam2_takes_the_key_in_its_json(target: Target, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{BASE}/sam2/segment_image").respond(json={"predictions": []})

    target.send(SAM2)

    sent = route.calls.last.request
    assert sent.content == b'{"api_key": "key-of-nobody", "prompts": []}'
    assert not sent.url.params


def test_the_user_may_want_it_in_a_header(respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{BASE}/animals/1").respond(json={"predictions": []})

    Target(Policy(BASE, key=KEY, key_place=KeyPlace.HEADER)).send(HOSTED)

    assert route.calls.last.request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_like_any_other(target: Target, status: int) -> None:
    with respx.mock(assert_all_called=False) as router:
        elsewhere = router.route(host="elsewhere.invalid").respond(200)
        router.post(f"{BASE}/animals/1").respond(status, headers={"location": "http://elsewhere.invalid/"})
        exchange = target.send(HOSTED)

    assert exchange.response is not None
    assert exchange.response.status == status
    assert not elsewhere.called


def test_a_refused_connection_is_tried_once(target: Target, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(f"{BASE}/animals/1").mock(side_effect=httpx.ConnectError("refused"))

    assert target.attempt(HOSTED).error == ("refused", "refused")
    assert route.call_count == 1
