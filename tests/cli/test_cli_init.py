"""`assay init`: what it writes is read as a check reads it, holds no key, and takes nobody's place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.contract import load
from assay.plugin.configuration import configuration
from assay.record import read
from tests.target.gateways import forward_proxy
from tests.target.servers import listening, routes

from .conftest import Assay

KEY = "sEcReT-kEy-0123456789"
NOBODY = "http://127.0.0.1:1"
INFO = {"name": "Roboflow Inference Server", "version": "1.8.3"}
MODELS = [("shapes/1", "object-detection"), ("other/2", "object-detection"), ('a"b\\/1', "keypoints-detection"),
          ("sam2/hiera_tiny", "embed"), ("/1", "classification"), ("x" * 80 + "/3", "instance-segmentation"),
          ("odd/1", "counting")]  # fmt: skip


@pytest.fixture
def server() -> Iterator[str]:
    """A server that offers the hosted route and SAM2's embedding, and holds these models."""
    with listening(routes(answers())) as found:
        yield found.url


def answers(**facts: Any) -> dict[str, Any]:
    models = [{"model_id": name, "task_type": task} for name, task in MODELS]
    paths: dict[str, Any] = {"/{dataset_id}/{version_id}": {"post": {}}, "/sam2/embed_image": {"post": {}}}
    return {"/openapi.json": {"paths": paths}, "/info": INFO, "/model/registry": {"models": models}} | facts


def test_what_is_there_is_required_and_what_is_held_is_named(assay: Assay, server: str, folder: Path) -> None:
    said = assay("init", server, "--key-in", "header")

    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "assay.toml: 5 operations required, 4 models named", f"check it: assay check {server}",
    ]  # fmt: skip
    found = configuration()
    assert found.values == {
        "require": [
            "hosted.object-detection", "hosted.keypoint-detection", "hosted.instance-segmentation",
            "hosted.classification", "sam2.embed",
        ],
        "key_in": "header",
        "model": [
            "object-detection=shapes/1", 'keypoint-detection=a"b\\/1', "segmentation=hiera_tiny",
            f"instance-segmentation={'x' * 80}/3",
        ],
    }  # fmt: skip
    assert [path.name for path in folder.iterdir()] == ["assay.toml"]


def test_known_deviations_of_such_a_server_are_named(assay: Assay, server: str) -> None:
    assay("init", server)

    text = Path("assay.toml").read_text("utf-8")
    assert f"What {server} offered on " in text
    assert "Roboflow Inference Server 1.8.3." in text
    assert "deviations are listed for such a server, and known when they are seen" in text


def test_a_model_of_the_users_own_beats_what_is_held(assay: Assay, server: str) -> None:
    assay("init", server, "--model", "object-detection=mine/7", "--timeout", "5")

    written = tomllib.loads(Path("assay.toml").read_text("utf-8"))
    assert written["model"]["object-detection"] == "mine/7"
    assert written["timeout"] == 5


def test_a_check_goes_by_it(assay: Assay) -> None:
    assert assay("init", "reference").code == 0

    said = assay("check", "reference", "--only", "hosted.image.size", "--out", "run", "--workers", "1")

    assert said.code == 0, said
    header = read(Path("run")).header
    assert header["configuration"]["require"] == list(load().operations)


def test_of_a_server_that_tells_nothing_nothing_is_required(assay: Assay) -> None:
    with listening(routes({"/info": INFO})) as found:
        said = assay("init", found.url)

    assert said.code == 0, said
    assert configuration().values == {"require": []}


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("assay.toml", "# mine\n", "assay.toml is here already, and is not overwritten"),
        ("pyproject.toml", "[tool.assay]\nseed = 7\n", "the settings stand in [tool.assay] in pyproject.toml already"),
    ],
)
def test_nothing_is_overwritten(assay: Assay, folder: Path, name: str, text: str, complaint: str) -> None:
    Path(name).write_text(text)

    said = assay("init", NOBODY)

    assert said.code == 2, "and nobody was asked"
    assert said.err.startswith(f"assay: {complaint}")
    assert Path(name).read_text() == text
    assert [path.name for path in folder.iterdir()] == [name]


def test_nor_what_a_link_leads_to(assay: Assay) -> None:
    os.symlink("elsewhere.toml", "assay.toml")

    assert assay("init", NOBODY).code == 2
    assert not Path("elsewhere.toml").exists()


def test_other_settings_of_a_project_are_nobodys_business(assay: Assay, server: str) -> None:
    Path("pyproject.toml").write_text("[tool.other]\nseed = 7\n")

    assert assay("init", server).code == 0


def test_no_secret_is_written(assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    telling = answers(
        **{
            "/info": {"name": f"Server of {KEY}", "version": "1\n[tool]\x1b\u202e"},
            "/model/registry": {"models": [{"model_id": f"{KEY}/1", "task_type": "object-detection"}]},
        }
    )
    with listening(routes(telling)) as server:
        said = assay("init", server.url, "--header", "X-Token: hidden-0123456789")

    text = Path("assay.toml").read_text("utf-8")
    assert said.code == 0, said
    for secret in (KEY, "hidden-0123456789", "\x1b", "\u202e"):
        assert secret not in text + said.out
    assert "tool" not in tomllib.loads(text)


def test_a_proxys_password_is_not_written(assay: Assay, server: str) -> None:
    with forward_proxy("hidden") as proxy:
        said = assay("init", server, "--proxy", proxy.url.replace("//", "//someone:hidden@"))

    assert said.code == 0, said
    assert configuration().values["proxy"] == proxy.url
    assert "hidden" not in Path("assay.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        ([], 2, "no TARGET given"),
        ([NOBODY], 3, "no answer from"),
        (["nonsense"], 2, "no http or https URL"),
        (["reference", "--model", "x"], 2, "give TASK=MODEL"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    assay: Assay, folder: Path, words: list[str], code: int, complaint: str
) -> None:
    said = assay("init", *words)

    assert (said.code, said.out) == (code, "")
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(folder.iterdir())


def test_a_folder_in_which_nothing_can_be_written(assay: Assay, folder: Path, server: str) -> None:
    folder.rmdir()

    said = assay("init", server)

    assert said.code == 2
    assert said.err == "assay: cannot write assay.toml: No such file or directory\n"
