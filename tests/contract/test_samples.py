"""The printed clients, as data: each request is whole, is the page's own, and says no more than the client does."""

from __future__ import annotations

import base64
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from assay.contract.octets import Octets
from assay.contract.samples import samples
from assay.suite import suite_folder

JPEG = bytes(range(256)) * 3
URL = "http://127.0.0.1:8080/Ä b+c.jpg"
CLIENTS = ("curl", "python", "node", "swift", "kotlin", "java", "ruby", "php", "go", "dotnet")
EVERY = pytest.mark.parametrize("name", samples())


def written(name: str, **changes: Any) -> Octets:
    given = {"model": "shapes/1", "key": "KEY+/=", "picture": JPEG, "url": URL, **changes}
    return samples()[name].octets("hosted.keypoint-detection", **given)


def test_every_client_is_there_in_both_forms_but_for_what_the_page_does_not_print() -> None:
    assert list(samples()) == [
        f"{client}-{form}" for client in CLIENTS for form in ("file", "url") if (client, form) != ("swift", "url")
    ]


def test_what_is_broken_as_printed_is_told_apart() -> None:
    assert {name: bool(sample.broken) for name, sample in samples().items() if sample.broken} == {
        "curl-file": True,
        "curl-url": True,
    }


@EVERY
def test_a_request_holds_everything_that_was_to_be_filled_in(name: str) -> None:
    octets, sample = written(name), samples()[name]
    address = urlsplit(octets.target)
    query = dict(parse_qsl(address.query))

    assert address.path == "/shapes/1"
    assert query["api_key"] == "KEY+/="
    assert query.get("image") == (URL if sample.form == "url" else None)
    assert octets.method == ("GET" if name in ("java-url", "kotlin-url") else "POST")
    assert [value for header, value in octets.headers if header == "Host"] == ["{host}"]
    assert "{" not in octets.head("", "here").decode()
    assert re.fullmatch(r"(recorded|derived): .+", sample.written)


@EVERY
def test_the_body_is_the_picture_and_its_length_is_stated(name: str) -> None:
    octets, sample = written(name), samples()[name]
    lengths = [value for header, value in octets.headers if header == "Content-Length"]

    assert b"".join(piece.content for piece in octets.pieces) == octets.body
    assert bool(octets.body) == (sample.form == "file")
    assert lengths in ([str(len(octets.body))], [] if not octets.body else None)
    if sample.body == "form":
        assert JPEG in octets.body
        assert b'name="file"' in octets.body
    elif octets.body:
        assert base64.b64decode(octets.body) == JPEG
        assert (b"\n" in octets.body) == (sample.body == "base64-in-lines")


def test_addresses_are_escaped_as_each_client_does() -> None:
    url = "https://i.imgur.com/PEEvqPN.png"
    escaped = {name: written(name, url=url).target.partition("image=")[2].partition("&")[0] for name in samples()}

    assert escaped["curl-url"] == escaped["java-url"] == "https%3A%2F%2Fi.imgur.com%2FPEEvqPN.png"
    assert escaped["node-url"] == "https:%2F%2Fi.imgur.com%2FPEEvqPN.png"
    assert escaped["dotnet-url"] == "https%3a%2f%2fi.imgur.com%2fPEEvqPN.png"


def test_a_client_that_waits_to_be_told_to_go_on_does() -> None:
    assert [piece.after > 0 for piece in written("dotnet-file").pieces] == [True]
    assert [piece.after for piece in written("php-file").pieces] == [0.0]


def test_the_readme_names_every_field() -> None:
    folder = suite_folder("fixtures") / "samples"
    readme = (folder / "README.md").read_text("utf-8")
    entries = tomllib.loads((folder / "hosted.toml").read_text("utf-8"))["sample"]

    for field in {name for entry in entries for name in entry} - {"client", "form", "section"}:
        assert f"`{field}`" in readme
    assert Path(folder / "hosted.toml").name in readme
