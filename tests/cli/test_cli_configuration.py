"""Where an option may stand: on the command line, in the environment, in a file; and which of them wins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.cli.main import check
from assay.plugin.configuration import SETTINGS, configuration
from assay.plugin.declared import DECLARED, Declared
from assay.plugin.options import CheckOptions, options_from
from assay.plugin.settings import values

from .conftest import Assay

UNANSWERED = "http://127.0.0.1:1"
EXAMPLE: dict[str, Any] = {
    "model": ["object-detection=a/1", "segmentation=hiera_large"],
    "key_env": "MY_KEY",
    "key_in": "header",
    "header": ["X-Gateway: open sesame"],
    "only": ["hosted.*"],
    "skip": ["sam2.*"],
    "operation": ["sam2.*"],
    "require": ["sam2.*"],
    "depth": "deep",
    "examples": 3,
    "seed": 4,
    "strict": True,
    "no_known": True,
    "known": ["mine.toml"],
    "out": "run",
    "timeout": 7.5,
    "ready_timeout": 8,
    "max_requests": 9,
    "time_budget": 10,
    "ca_bundle": "authority.pem",
    "client_cert": "client.pem",
    "client_key": "client.key",
    "proxy": "http://127.0.0.1:3128",
    "asset_bind": "127.0.0.1:8123",
    "asset_base_url": "https://tunnel.example.com/pictures",
    "workers": 2,
    "pictures": "mine",
    "no_pictures": True,
    "allow_hostile": True,
    "quiet": True,
}
"""A value for every option that may stand in a file, none of them the default."""
TOGETHER = {"asset_base_url": ("--asset-bind=127.0.0.1:8123",)}
"""What an option makes no sense without."""


def mistake(assay: Assay, *arguments: str) -> str:
    said = assay(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err


def options(*words: str) -> CheckOptions:
    return options_from(UNANSWERED, values(words, "check"))


def spelled(value: Any) -> str:
    """A value as TOML writes it."""
    return json.dumps(value)


def in_the_environment(option: Declared, value: Any) -> str:
    """A value as a variable holds it: several are told apart by blanks, headers by lines, files as in PATH."""
    if not option.multiple:
        return str(value)
    return {"file": ":", "text": "\n" if option.name == "header" else " "}[option.kind].join(value)


def test_every_option_has_an_example_here() -> None:
    assert set(EXAMPLE) == set(SETTINGS) == {option.field for option in DECLARED} - {"config"}


def test_every_option_of_the_command_is_declared_and_has_its_twin_in_pytest(pytestconfig: pytest.Config) -> None:
    declared = {option.name for option in DECLARED}
    offered = {name for parameter in check.params if parameter.param_type_name == "option" for name in parameter.opts}

    assert offered - {"--resume"} == {f"--{name}" for name in declared}, "a folder is gone on with once, by name"
    for name in declared:
        assert pytestconfig.getoption(f"--assay-{name}", default="absent") != "absent", name


@pytest.mark.parametrize("field", EXAMPLE)
def test_every_option_may_stand_anywhere(folder: Path, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    monkeypatch.setenv("MY_KEY", "kX9fQ2mZ7pLw")
    option, value = SETTINGS[field], EXAMPLE[field]
    words = [f"--{option.name}"] if option.kind == "flag" else []
    if not words:
        words = [f"--{option.name}={one}" for one in (value if option.multiple else [value])]
    more = TOGETHER.get(field, ())
    by_words = options(*words, *more)
    assert by_words != options(*more)

    (folder / "assay.toml").write_text(f"{option.name} = {spelled(value)}\n")
    assert options(*more) == by_words
    (folder / "assay.toml").write_text(f"{field} = {spelled(value)}\n")
    assert options(*more) == by_words
    (folder / "assay.toml").unlink()
    (folder / "pyproject.toml").write_text(f"[tool.assay]\n{option.name} = {spelled(value)}\n")
    assert options(*more) == by_words
    (folder / "pyproject.toml").unlink()

    monkeypatch.setenv(option.variable, in_the_environment(option, value))
    assert options(*more) == by_words


def test_an_option_beats_the_environment_which_beats_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "assay.toml").write_text("seed = 1\ntimeout = 1\nready-timeout = 1\nonly = ['a', 'b']\n")
    monkeypatch.setenv("ASSAY_SEED", "2")
    monkeypatch.setenv("ASSAY_TIMEOUT", "2")
    found = options("--seed=3")

    assert (found.seed, found.timeout, found.ready_timeout, found.only) == (3, 2.0, 1.0, ("a", "b"))
    assert options("--only=c").only == ("c",)


def test_a_file_of_ones_own_beats_those_that_lie_about(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.assay]\nseed = 1\n[project]\nname = 'x'\n")
    assert options().seed == 1
    (folder / "assay.toml").write_text("seed = 2\n")
    assert options().seed == 2
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "mine.toml").write_text("seed = 3\nca-bundle = 'authority.pem'\nknown = ['known.toml']\n")
    found = options("--config=elsewhere/mine.toml")

    assert found.seed == 3
    assert found.ca_bundle == Path("elsewhere/authority.pem")
    assert found.known_files == (Path("elsewhere/known.toml"),)


def test_models_and_headers_may_be_tables(folder: Path) -> None:
    (folder / "assay.toml").write_text("[model]\nobject-detection = 'a/1'\n[header]\nX-Gateway = 'open: sesame'\n")
    found = options()

    assert found.models == {"object-detection": "a/1"}
    assert found.headers == (("X-Gateway", "open: sesame"),)


def test_a_project_without_a_table_of_ours_says_nothing(folder: Path) -> None:
    for content in ("", "[project]\nname = 'x'\n", "[tool.ruff]\nline-length = 1\n", "tool = 5\n"):
        (folder / "pyproject.toml").write_text(content)
        assert configuration().values == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("stric = true", "there is no setting 'stric'; did you mean strict?"),
        ("zzz = 1", "there is no setting 'zzz'; `assay check --help` lists what can be set"),
        ("target = 'http://x'", "TARGET is given on the command line"),
        ("key = 'hidden'", "put it into the environment variable ROBOFLOW_API_KEY, or name another variable with key-"),
        ("api-key = 'hidden'", "an API key does not belong into a file"),
        ("ROBOFLOW_API_KEY = 'hidden'", "an API key does not belong into a file"),
        ("key-env = 'A'\nkey_env = 'B'", "key-env is set twice"),
        ("strict = 'yes'", "strict must be true or false, and is 'yes'"),
        ("seed = 1.5", "seed must be a whole number, and is 1.5"),
        ("seed = true", "seed must be a whole number, and is True"),
        ("timeout = '5'", "timeout must be a number, and is '5'"),
        ("only = [1]", "only must be a list of words, and is [1]"),
        ("out = 5", "out must be a word in quotes, and is 5"),
        ("examples = 0", "'--examples': 0 is not in the range 1<=x<=10000 (in assay.toml)"),
        ("depth = 'shallow'", "'shallow' is not one of 'quick', 'standard', 'deep' (in assay.toml)"),
        ("only = ['nope']", "no rule matches 'nope'"),
        ("require = ['nope']", "no operation matches 'nope'"),
        ("seed = ", "assay.toml: is no TOML"),
    ],
)
def test_what_a_file_says_wrong_is_told_in_a_sentence(assay: Assay, folder: Path, content: str, complaint: str) -> None:
    (folder / "assay.toml").write_text(content)
    sentence = mistake(assay, "check", UNANSWERED)

    assert complaint in sentence
    assert "hidden" not in sentence


def test_which_file_is_wrong_is_told(assay: Assay, folder: Path) -> None:
    assert "nowhere.toml: cannot be read as configuration" in mistake(
        assay, "check", UNANSWERED, "--config", "nowhere.toml"
    )
    (folder / "mine.toml").write_bytes(b"\xff")
    assert "mine.toml: is no TOML" in mistake(assay, "check", UNANSWERED, "--config", "mine.toml")
    (folder / "pyproject.toml").write_text("[tool.assay]\nstric = 1\n")
    assert "[tool.assay] in pyproject.toml: there is no setting" in mistake(assay, "check", UNANSWERED)
    (folder / "pyproject.toml").write_text("[tool]\nassay = 5\n")
    assert "must be a table of settings" in mistake(assay, "check", UNANSWERED)


def test_what_the_environment_says_wrong_is_told(assay: Assay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_SEED", "many")
    assert "(in the environment variable ASSAY_SEED)" in mistake(assay, "check", UNANSWERED)
    monkeypatch.setenv("ASSAY_SEED", "")
    assert "no answer from" in assay("check", UNANSWERED).err


def test_pytest_reads_the_same_file_and_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "assay.toml").write_text("only = ['hosted.image.size']\nout = 'run'\nquiet = true\nseed = 5\n")
    monkeypatch.setenv("ASSAY_DEPTH", "quick")
    from assay.suite import suite_folder

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(suite_folder("conformance")),
         "--target", "reference", "--assay-seed", "6"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stdout + told.stderr
    header = json.loads((folder / "run" / "run.jsonl").read_text().splitlines()[0])
    assert (header["seed"], header["configuration"]["depth"]) == (6, "quick")
    assert "checks http" not in told.stdout
