"""The room's data: pins, printed samples with their changes, and that texts say the same as they do."""

from __future__ import annotations

import json
import os
import re

import pytest

from assay.contract import load
from assay.contract.samples import samples

from ...upstream.errors import RigError
from ...upstream.units.test_recipe import pins
from .. import tools
from ..documents import PRINTED, Where, edits, not_run, printed
from ..environments import HERE, LINTERS, NODE, PEERS, requirements
from ..pictures import BICYCLE, DOG
from ..tap import requests_of

WHERE = Where("http://127.0.0.1:1", "http://127.0.0.1:2", "the-key")
README = (HERE / "README.md").read_text("utf-8")
EVERY = pytest.mark.parametrize("name", printed())


@pytest.mark.parametrize("name", PEERS)
def test_every_environment_is_pinned_with_hashes(name: str) -> None:
    wished = re.findall(r"^([\w-]+)==([\w.]+)$", requirements(name).with_suffix(".in").read_text(), re.MULTILINE)

    pinned = pins(requirements(name))

    assert wished
    assert {*wished} <= {*pinned.items()}
    assert all(f"`{package}` {version}" in README for package, version in wished)


def test_every_linter_is_pinned_with_hashes() -> None:
    wished = re.findall(r"^(\S+)==(\S+)$", requirements(LINTERS).with_suffix(".in").read_text(), re.MULTILINE)

    assert len(wished) == 5
    assert dict(wished).items() <= pins(requirements(LINTERS)).items()


def test_axios_is_pinned_with_hashes_and_no_address() -> None:
    wished = json.loads((NODE / "package.json").read_text())["dependencies"]
    packages = json.loads((NODE / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/axios"]["version"] == wished["axios"]
    for path, package in packages.items():
        assert not path or package["integrity"].startswith("sha512-")
        assert "resolved" not in package
    assert f"axios {wished['axios']}" in samples()["node-file"].written


@EVERY
def test_edits_fill_everything_in(name: str) -> None:
    sample = printed()[name]
    text = sample.edited(WHERE)

    assert not re.search(r"\{(host|pictures|escaped_pictures|key|model|project|version)\}", text)
    assert not re.search(r"roboflow\.(com|cloud)|YOUR_(API_)?KEY|your-project|your-model|dataset/v|imgur|ibb\.co", text)
    assert WHERE.host in text or sample.client == "roboflow"
    assert sample.document in load().documents


@EVERY
def test_repairs_say_why(name: str) -> None:
    for repair in printed()[name].repairs:
        assert repair.why.endswith(".")


def test_every_edit_and_every_file_is_used() -> None:
    used = {edit for sample in printed().values() for edit in sample.edits}
    files = {sample.file for sample in printed().values()}

    assert used == set(edits().values())
    assert files == {path.name for path in PRINTED.iterdir()} - {"printed.toml"}


def test_every_client_of_the_page_is_run_or_said_not_to_be() -> None:
    run = {name for name, sample in printed().items() if sample.document == "S4"}
    derived = {name for name, sample in samples().items() if sample.written.startswith("derived: ")}

    assert run | derived == set(samples())
    assert not run & derived
    assert {samples()[name].client for name in derived} == set(not_run())
    assert "Swift" in README
    assert ".NET" in README


def test_the_printed_prompts_point_at_things() -> None:
    (example,) = re.findall(r'"boxes": \[\{"x": (\d+), "y": (\d+), "w": (\d+), "h": (\d+)', printed()["owlv2"].text)
    x, y, width, height = map(int, example)
    (point,) = re.findall(r'"x": (\d+), "y": (\d+), "positive"', printed()["sam2"].text)

    assert DOG.things[0].box == (x - width // 2, y - height // 2, x + width // 2, y + height // 2)
    assert BICYCLE.mask(BICYCLE.things[0])[int(point[1]), int(point[0])]


def test_an_edit_that_finds_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not stand in the sample"):
        edits()["model"].applied("no model here", {"model": "figures/1"})


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tools.TOOLS, "php", tools.Tool("php", "php-cli", ("no-such-program",)))

    with pytest.raises(RigError, match="php is not there: install Debian's package php-cli"):
        tools.require("php")


def test_who_is_not_root_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "TOOLS", {"go": tools.Tool("go", "golang-go", ("no-such-program",))})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(RigError, match="only root can install with apt, on Debian and its like: golang-go"):
        tools.install()


def test_requests_are_told_apart_on_one_connection() -> None:
    octets = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: c\r\n\r\n"

    assert [(sent.first, sent.body) for sent in requests_of(octets)] == [
        ("POST /a HTTP/1.1", b"abc"),
        ("GET /b HTTP/1.1", b""),
    ]
