"""Parameters are blamed for nothing that a picture in this form is answered with anyhow, and for nothing unseen."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from assay.contract.message import Request, Response
from assay.faults import Fault
from assay.faults.model import ALL_OPERATIONS
from assay.faults.proxy import create_proxy
from assay.reference import detection, embedded, hosted
from assay.reference.detection import Detection
from assay.serving import running

from .conftest import Checked, Checking

HEEDED = ("hosted.parameters.heeded-by-*", "hosted.parameters.heeded-beside-a-form")
ADDRESSED = "hosted.parameters.heeded-by-address"
PAGE = Response(200, (("content-type", "text/html"),), b"<h1>One moment, please</h1>")


def empty(response: Response) -> Response:
    document = response.json() if response.media_type == "application/json" else {}
    return response.replace(body=json.dumps({**document, "predictions": []}).encode()) if document else response


def refused(response: Response) -> Response:
    return Response(422, (("content-type", "application/json"),), b'{"detail": "No."}')


Change = Callable[[Response], Response]
INSTEAD: dict[str, Change] = {"a page": lambda response: PAGE, "no predictions": empty, "a refusal": refused}


@pytest.fixture(params=list(INSTEAD.values()), ids=list(INSTEAD))
def that_reads_base64_alone(url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """As a deployment that answers every picture that comes in another form in one and the same way."""

    def changed(asked: Request, response: Response) -> Response:
        other = asked.parameter("image") is not None or "multipart" in (asked.header("content-type") or "")
        return request.param(response) if other else response

    with running(create_proxy(url, Fault("other", "Something else.", ALL_OPERATIONS, (), response=changed))) as other:
        yield other


@pytest.fixture
def that_sees_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a weak model is: all that it sees is below the usual threshold."""

    def detect(pixels: Any, classes: Mapping[str, str]) -> list[Detection]:
        return [dataclasses.replace(one, confidence=one.confidence / 4) for one in detection.detect(pixels, classes)]

    monkeypatch.setattr(hosted, "detect", detect)


def check(checking: Checking, url: str) -> Checked:
    return checking(url, models=embedded.MODELS, only=HEEDED, operations=("hosted.object-detection",))


def test_no_parameter_is_blamed_for_how_a_picture_comes(that_reads_base64_alone: str, checking: Checking) -> None:
    found = check(checking, that_reads_base64_alone)

    assert {each["outcome"] for each in found.run.outcomes} == {"inconclusive"}
    assert "as another rule judges" in found.messages


@pytest.mark.usefixtures("that_sees_little")
def test_nothing_is_told_of_pictures_in_which_nothing_is_seen(url: str, checking: Checking) -> None:
    found = check(checking, url)

    assert {each["outcome"] for each in found.run.outcomes} == {"inconclusive"}
    assert "without a threshold nothing is seen" in found.messages
