"""Wrong usage ends in one sentence and exit code 2, and leaves nothing behind."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from .conftest import Assay

UNANSWERED = "http://127.0.0.1:1"


def mistake(assay: Assay, *arguments: str, code: int = 2) -> str:
    """The one sentence on stderr with which the command ends."""
    said = assay(*arguments)
    assert said.code == code, said
    assert said.out == ""
    assert said.err.startswith("assay: ")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "no TARGET given"),
        ([""], "TARGET is empty"),
        (["  \t"], "TARGET is empty"),
        (["nonsense"], "no http or https URL"),
        (["localhost:9001"], "no http or https URL"),
        (["ftp://127.0.0.1/"], "no http or https URL"),
        (["http://"], "no http or https URL"),
        (["http://127.0.0.1:99999"], "no http or https URL"),
        (["http://[::1"], "no http or https URL"),
        (["http://127.0.0.1:1\n"], "no http or https URL"),
        (["http://127.0.0.1:1/a b"], "no http or https URL"),
        (["http://me:hidden@127.0.0.1:1"], "without credentials"),
        (["http://:hidden@127.0.0.1:1"], "without credentials"),
        (["me:hidden@127.0.0.1:1"], "no http or https URL"),
        (["127.0.0.1?api_key=hidden"], "no http or https URL"),
        (["http://127.0.0.1:1?api_key=hidden"], "without credentials, query"),
        (["http://127.0.0.1:1#x"], "without credentials, query or fragment"),
        ([UNANSWERED, "http://127.0.0.1:2"], "unexpected extra argument"),
        (["reference", "--only", "nope"], "no rule matches 'nope'; `assay rules` lists the rules"),
        (
            ["reference", "--operation", "hosted.object-detection", "--only", "sam2.*"],
            "--only sam2.* asks for has a case",
        ),
        (["reference", "--skip", "hosted"], "no rule matches 'hosted'"),
        (["reference", "--only", ""], "no rule matches ''"),
        (["reference", "--no-such-option"], "No such option"),
        (["reference", "--model", "shapes/1"], "give TASK=MODEL"),
        (["reference", "--model", "object-detection="], "give TASK=MODEL"),
        (["reference", "--model", "object-detection=shapes"], "DATASET/VERSION"),
        (["reference", "--model", "object-detection=a/b/c"], "DATASET/VERSION"),
        (["reference", "--model", "counting=a/1"], "unknown task 'counting'; the tasks are object-detection,"),
        (["reference", "--key-env", "NOT_SET"], "NOT_SET that --key-env names is not set"),
        ([UNANSWERED, "--key-env", "NOT_SET"], "NOT_SET that --key-env names is not set"),
        (["reference", "--key-in", "cookie"], "'cookie' is not one of"),
        (["reference", "--header", "hidden"], "--header: give NAME: VALUE"),
        (["reference", "--header", "X Y: hidden"], "--header: give NAME: VALUE"),
        (["reference", "--header", "X-Y: hidden\r\nZ: 1"], "--header X-Y: the value holds a character"),
        (["reference", "--header", "X-Y: hiddén"], "--header X-Y: the value holds a character"),
        (["reference", "--seed", "many"], "not a valid integer"),
        (["reference", "--examples", "0"], "not in the range"),
        (["reference", "--timeout", "0"], "not in the range"),
        (["reference", "--timeout", "nan"], "timeout"),
        (["reference", "--known", "nowhere.toml"], "nowhere.toml: cannot be read as a list of known deviations"),
        (["reference", "--out", "/proc/nowhere/run"], "cannot write to /proc/nowhere/run"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else None,
)
def test_check(assay: Assay, folder: Path, arguments: list[str], complaint: str) -> None:
    sentence = mistake(assay, "check", *arguments)

    assert complaint in sentence
    assert "hidden" not in sentence
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("hidden\nkey", "a character that no key has"),
        ("hidden key", "a character that no key has"),
        ("hiddén-key", "a character that no key has"),
        ('hidden"key', "a character that no key has"),
        (
            "hid",
            "fewer than 5 characters, so it is none of Roboflow's, and could not be kept out of the report; set the",
        ),
    ],
)
def test_a_key_that_cannot_be_one(
    assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch, key: str, complaint: str
) -> None:
    monkeypatch.setenv("MY_KEY", key)
    for target in ("reference", UNANSWERED):
        sentence = mistake(assay, "check", target, "--key-env", "MY_KEY")

        assert complaint in sentence
        assert "hid" not in sentence
        assert not list(folder.iterdir())


def test_a_folder_that_holds_a_run_is_not_touched(assay: Assay, folder: Path) -> None:
    """And it is told before the target is even asked: it may take minutes to become ready."""
    (folder / "run").mkdir()
    (folder / "run" / "run.jsonl").write_text("mine")

    assert "run already holds a run; name another folder" in mistake(assay, "check", UNANSWERED, "--out", "run")
    assert [path.name for path in (folder / "run").iterdir()] == ["run.jsonl"]
    assert (folder / "run" / "run.jsonl").read_text() == "mine"


def test_an_out_that_is_a_file(assay: Assay, folder: Path) -> None:
    (folder / "run").write_text("mine")

    assert "is a file" in mistake(assay, "check", "reference", "--out", "run")
    assert "cannot write to run/below" in mistake(assay, "check", "reference", "--out", "run/below")
    assert (folder / "run").read_text() == "mine"


def test_a_folder_of_the_users_own_stays(assay: Assay, folder: Path) -> None:
    (folder / "run").mkdir()
    (folder / "run" / "notes.txt").write_text("mine")

    mistake(assay, "check", UNANSWERED, "--out", "run", code=3)

    assert [path.name for path in (folder / "run").iterdir()] == ["notes.txt"]


def test_nobody_listens(assay: Assay, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    assert f"no answer from {url}" in mistake(assay, "check", url, code=3)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["chek", "reference"], "No such command 'chek'"),
        (["explain"], "Missing argument 'RULE'"),
        (["explain", "hosted.image.sise"], "no rule has the id 'hosted.image.sise'; did you mean hosted.image.size?"),
        (["explain", "zzz"], "`assay rules` lists the rules"),
        (["report", "nowhere"], "nowhere holds no readable run record: there is no run.jsonl in it\n"),
        (["report", "."], "holds no readable run record"),
        (["serve", "--fault", "nope"], "no fault has the name 'nope'; `assay serve --fault list`"),
        (["serve", "--behind", "nonsense"], "no http or https URL"),
        (["serve", "--key-env", "NOT_SET"], "NOT_SET that --key-env names is not set"),
        (["serve", "--port", "70000"], "not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_other_commands(assay: Assay, folder: Path, arguments: list[str], complaint: str) -> None:
    assert complaint in mistake(assay, *arguments)
    assert not list(folder.iterdir())


def test_a_record_of_something_else(assay: Assay, folder: Path) -> None:
    for content in ("", "no JSON\n{}", json.dumps({"kind": "header"}), json.dumps([1]), "{}"):
        (folder / "run.jsonl").write_text(content)
        assert "run.jsonl" in mistake(assay, "report", ".")
    assert [path.name for path in folder.iterdir()] == ["run.jsonl"]


def test_no_command_shows_the_commands(assay: Assay) -> None:
    said = assay()

    assert said.code == 2
    assert "check Check TARGET" in " ".join(said.err.split())


def test_a_sentence_acts_on_no_screen(assay: Assay, folder: Path) -> None:
    """Whatever it repeats: a name of the user's, or what a target has said."""
    odd = "a\x1b[31m\x9b\u202e" + "b" * 5000
    for words in (["--only", odd], ["--known", odd], ["--model", odd]):
        sentence = mistake(assay, "check", "reference", *words)
        assert not set("\x1b\x9b\u202e") & set(sentence)
        assert len(sentence) < 3000
