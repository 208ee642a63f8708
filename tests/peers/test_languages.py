"""The page of the hosted model route: its code in every language, run by the real tool against the reference."""

from __future__ import annotations

import ast
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from assay.contract.octets import Octets
from assay.contract.samples import BOUNDARY, samples
from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.reference.app import KEY
from assay.serving import running

from ..reference.truth import Row, answered, truth
from .conftest import Runs
from .documents import Printed, printed
from .pictures import PEOPLE
from .running import Ran
from .tap import Sent, requests_of, tapped

MODEL = "figures/1"
NAMES = [sample.name for sample in printed().values() if sample.document == "S4"]
EVERY = pytest.mark.parametrize("name", NAMES)
LEEWAY = 2.0
"""Pixels by which a box may differ: a client of Python packs the picture anew."""


def told(sample: Printed, ran: Ran) -> list[Row]:
    """Class, confidence and box of everything that a sample has printed last."""
    if sample.client == "node":  # an object as Node shows it, its inner lists left out
        names = ("x", "y", "width", "height", "confidence")
        pattern = r",\s+".join([*(rf"{name}: ([\d.]+)" for name in names), r"class: '(\w+)'"])
        rows = [
            dict(zip(names, map(float, row[:-1]), strict=True)) | {"class": row[-1]}
            for row in re.findall(pattern, ran.output)
        ]
        return answered({"predictions": rows})
    last = ran.output.strip().splitlines()[-1]
    body: Any = ast.literal_eval(last) if sample.client == "roboflow" else json.loads(last)
    return answered(body)


def sees_the_people(sample: Printed, ran: Ran) -> None:
    """Holds what was printed to what the picture shows, at the documented threshold of 40."""
    assert ran.status == 0, ran.errors
    found, wanted = told(sample, ran), truth(PEOPLE, MODEL, at_least=0.4)
    assert [label for label, _, _ in found] == [label for label, _, _ in wanted]
    for (_, sure, box), (_, truly, there) in zip(found, wanted, strict=True):
        assert sure == pytest.approx(truly, abs=0.02)
        assert box == pytest.approx(there, abs=LEEWAY)


def picture_of(sent: Sent) -> bytes:
    """The picture that a request carries as a part of a form; that of the file where it carries none."""
    if not (sent.header("Content-Type") or "").startswith("multipart/"):
        return PEOPLE.jpeg()
    return sent.body.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]


def in_bytes(octets: Octets, host: str) -> Sent:
    """A request of the fixtures as it would go over the wire."""
    (sent,) = requests_of(octets.head("", host) + octets.body)
    return sent


def without_chance(sent: Sent) -> Sent:
    """A request with what differs from release to release and from call to call taken out."""
    boundary = re.search(r"boundary=(\w+)", sent.header("Content-Type") or "")
    of_form = boundary[1] if boundary else BOUNDARY
    headers = tuple(
        (name, re.sub(r"\d+(\.\d+)*", "N", value) if name.lower() == "user-agent" else value.replace(of_form, BOUNDARY))
        for name, value in sent.headers
    )
    return Sent(sent.first, headers, sent.body.replace(of_form.encode(), BOUNDARY.encode()))


@EVERY
def test_the_client_sends_the_bytes_of_the_fixtures_and_prints_what_is_there(
    name: str, reference: str, shown: str, runs: Runs
) -> None:
    sample = printed()[name]
    with tapped(reference) as tap:
        ran = runs(sample, tap.url)
    *earlier, sent = tap.requests()

    wanted = samples()[name].octets(
        "hosted.keypoint-detection", model=MODEL, key=KEY, picture=picture_of(sent), url=f"{shown}/PEEvqPN.png"
    )
    assert without_chance(sent) == without_chance(in_bytes(wanted, urlsplit(tap.url).netloc))
    assert len(earlier) == (1 if name == "python-url" else 0)  # its code asks for the local picture first
    sees_the_people(sample, ran)


@pytest.mark.parametrize("name", ["curl-file", "curl-url"])
def test_what_is_broken_as_printed_sends_nothing(name: str, reference: str, runs: Runs) -> None:
    with tapped(reference) as tap:
        ran = runs(printed()[name], tap.url, repaired=False)

    assert samples()[name].broken
    assert tap.requests() == []
    assert ran.status != 0


def test_the_python_package_draws_what_is_there(reference: str, runs: Runs) -> None:
    comment = '# model.predict("your_image.jpg", confidence=40, overlap=30).save('
    ran = runs(
        printed()["python-file"], reference, altered=lambda text: text.replace(comment, comment.removeprefix("# "))
    )

    sees_the_people(printed()["python-file"], ran)
    assert (ran.folder / "prediction.jpg").read_bytes().startswith(b"\xff\xd8")


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-file")])
def test_a_client_shows_a_fault(name: str, reference: str, runs: Runs) -> None:
    with running(create_proxy(reference, FAULTS["boxes-shifted"])) as broken:
        ran = runs(printed()[name], broken)

    with pytest.raises(AssertionError):
        sees_the_people(printed()[name], ran)
    assert ran.status == 0
