"""Every named fault: that it is well described, that it does something, and that it does nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from assay.contract import load
from assay.contract.message import Request, Response
from assay.faults import FAULTS, Fault
from assay.faults.catalogue import by_name
from assay.faults.model import ALL_OPERATIONS
from assay.faults.proxy import create_proxy
from assay.plugin.catalogue import catalogue

Exchanges = dict[str, tuple[Request, Response]]

RULES = tuple(catalogue())

ROUNDS = 3
"""Times that the requests are sent until a fault that comes now and then has come."""

every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@every_fault
def test_a_fault_is_described(fault: Fault) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
    assert re.fullmatch(r"[A-Z].{10,110}\.", fault.sentence)
    assert fault.operations
    assert set(fault.operations) <= {*ALL_OPERATIONS, *load().services}
    assert fault.breaks
    assert set(fault.breaks) <= set(RULES)
    assert any((fault.request, fault.response, fault.traffic))


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_faults_that_it_ought_to_name(rule: str) -> None:
    assert sum(fault.breaks[0] == rule for fault in FAULTS.values()) >= 2


def test_no_two_faults_share_a_name() -> None:
    fault = next(iter(FAULTS.values()))
    with pytest.raises(ValueError, match=fault.name):
        by_name([fault, fault])


def built(client: httpx.AsyncClient, request: Request) -> httpx.Request:
    """The request without the length of nothing, which not every client states."""
    sent = client.build_request(request.method, request.url, headers=list(request.headers), content=request.body)
    if not request.body:
        sent.headers.pop("content-length", None)
    return sent


async def played(proxy: Starlette, requests: list[Request]) -> None:
    async with client_of(proxy) as client:
        for each in requests:
            await client.send(built(client, each))


async def played_at_once(proxy: Starlette, requests: list[Request]) -> None:
    async with client_of(proxy) as client:
        await asyncio.gather(*(client.send(built(client, each)) for each in requests))


async def played_until_changed(proxy: Starlette, requests: list[Request]) -> None:
    async with client_of(proxy) as client:
        for each in requests:
            if not proxy.state.tally.changed:
                await client.send(built(client, each))


def client_of(proxy: Starlette) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(proxy)
    return httpx.AsyncClient(
        transport=transport, base_url="http://proxy", verify=False
    )  # to read authorities takes long


@every_fault
def test_a_fault_changes_something(fault: Fault, upstream: Starlette, exchanges: Exchanges) -> None:
    proxy = create_proxy("http://upstream", fault, transport=httpx.ASGITransport(upstream))
    requests = [request for request, _ in exchanges.values() if request.operation in fault.operations]
    play = played_at_once if fault.name.endswith("under-load") else played_until_changed
    for _ in range(ROUNDS):
        if not proxy.state.tally.changed:
            asyncio.run(play(proxy, requests))
    assert proxy.state.tally.changed > 0
    assert proxy.state.tally.broken == 0


@every_fault
def test_a_fault_leaves_other_operations_alone(fault: Fault, upstream: Starlette, exchanges: Exchanges) -> None:
    proxy = create_proxy("http://upstream", fault, transport=httpx.ASGITransport(upstream))
    named = {"json", "keypoints", "segmented", "segmented over a threshold", "polygons"}
    first = [request for name, (request, _) in exchanges.items() if name in named]
    one_each = {request.operation: request for request, _ in reversed(exchanges.values())}.values()
    others = [each for each in (*first, *one_each) if each.operation not in fault.operations]
    changed = asyncio.run(changed_by(proxy, first, others))
    assert changed == 0


async def changed_by(proxy: Starlette, before: list[Request], requests: list[Request]) -> int:
    """How many of the requests are changed, once the answers to those before have shown each model's task."""
    await played(proxy, before)
    already = int(proxy.state.tally.changed)
    await played(proxy, requests)
    return int(proxy.state.tally.changed) - already


scalars = st.none() | st.booleans() | st.integers(-9, 999) | st.floats(-9, 999) | st.text(max_size=3)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
names = st.sampled_from(
    [
        "x",
        "y",
        "width",
        "height",
        "confidence",
        "class",
        "class_id",
        "class_name",
        "keypoints",
        "masks",
        "size",
        "counts",
        "detection_id",
    ]
)
odd = values | st.dictionaries(names, values | st.dictionaries(names, values, max_size=3), max_size=5)
answers = st.fixed_dictionaries(
    {},
    optional={
        "predictions": odd | st.lists(odd, max_size=3),
        "image": odd,
        "visualization": values,
        "time": odd,
    },
)
requests = st.builds(
    Request,
    operation=st.sampled_from(ALL_OPERATIONS),
    method=st.just("POST"),
    path=st.just("/m/1"),
    query=st.dictionaries(
        st.sampled_from(["confidence", "classes", "format", "labels", "stroke"]),
        st.text(max_size=4),
        max_size=3,
    ).map(lambda query: tuple(query.items())),
    body=st.binary(max_size=9)
    | st.dictionaries(st.sampled_from(["image", "prompts", "format"]), odd, max_size=3).map(
        lambda body: json.dumps(body).encode()
    ),
)


@settings(max_examples=60, deadline=None)
@given(requests, odd | answers, st.sampled_from([200, 400, 422, 500]))
def test_no_answer_is_too_odd_for_an_operator(request: Request, document: Any, status: int) -> None:
    response = Response(status, (("content-type", "application/json"),), json.dumps(document).encode())
    for fault in FAULTS.values():
        if fault.request is not None:
            fault.request(request)
        if fault.response is not None:
            fault.response(request, response)
