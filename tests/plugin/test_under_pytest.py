"""`pytest conformance --target URL`: the same verdict as `assay check`; and nothing at all without a target."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.record import Run, read
from assay.serving import running
from assay.suite import suite_folder

from . import servers
from .conftest import Checking

CONFORMANCE = str(suite_folder("conformance"))


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest as a user runs it, in an empty folder, and with no other plugin that would leave something there."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:benchmark", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def judged(run: Run) -> list[tuple[str, str, str, str]]:
    return sorted(
        (outcome["rule"], outcome["case"], outcome["outcome"], outcome["message"]) for outcome in run.outcomes
    )


@pytest.mark.thorough
def test_both_ways_give_the_same_verdict(checking: Checking, url: str, tmp_path: Path) -> None:
    chosen = ["hosted.classes.*", "hosted.format.*", "hosted.image.size"]
    with running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        expected = checking(faulty, only=tuple(chosen), skip=("*.image-is-jpeg",), seed=3, strict=True)
        told = run_pytest(
            tmp_path, CONFORMANCE, "--target", faulty, "--assay-out", "native", "--assay-seed", "3", "--assay-strict",
            "--assay-examples", "1", *(f"--assay-only={pattern}" for pattern in chosen), "--assay-skip=*.image-is-jpeg",
        )  # fmt: skip

    native = read(tmp_path / "native")
    assert told.returncode == expected.exit_code == 1
    assert judged(native) == judged(expected.run)
    assert native.footer is not None
    assert native.footer["verdict"] == expected.verdict
    assert native.header["configuration"] == expected.run.header["configuration"]
    assert expected.verdict in told.stdout
    assert "native/report.html" in told.stdout
    assert "7 failed" in told.stdout


@pytest.mark.thorough
def test_cases_can_be_chosen_by_name(tmp_path: Path) -> None:
    told = run_pytest(
        tmp_path, CONFORMANCE, "--target", "reference", "--assay-out", "run", "-k", "image_states and hosted_model"
    )

    run = read(tmp_path / "run")
    assert told.returncode == 0, told.stdout
    assert {outcome["rule"] for outcome in run.outcomes} == {"hosted.image.size"}
    assert run.footer is not None
    assert run.footer["verdict"] == "passed (1 rule, 3 cases)"


def test_a_rule_can_be_run_alone_by_its_node(tmp_path: Path) -> None:
    node = f"{CONFORMANCE}/test_hosted_model.py::test_image_states_the_size_of_the_picture[hosted.object-detection]"

    told = run_pytest(tmp_path, node, "--target", "reference", "--assay-out", "run")

    assert told.returncode == 0, told.stdout
    assert [outcome["case"] for outcome in read(tmp_path / "run").outcomes] == ["hosted.object-detection"]


@pytest.mark.thorough
def test_stopping_at_the_first_failure_is_no_pass(url: str, tmp_path: Path) -> None:
    with running(create_proxy(url, FAULTS["classes-ignored"])) as faulty:
        told = run_pytest(
            tmp_path, CONFORMANCE, "--target", faulty, "--assay-out", "run", "-x", "-k", "classes or image_states"
        )

    run = read(tmp_path / "run")
    counts = {outcome["outcome"] for outcome in run.outcomes if outcome["rule"] == "hosted.classes.only-those-asked"}
    assert told.returncode == 1
    assert "1 failed" in told.stdout
    assert counts == {"fail", "error"}
    assert len([outcome for outcome in run.outcomes if outcome["outcome"] == "fail"]) == 1
    assert "pytest was told to stop" in run.outcomes[-1]["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ((), 4, "rules need a deployment to check: give --target URL, or --target reference"),
        (("--target", ""), 2, "TARGET is empty"),
        (("--target", "http://127.0.0.1:1"), 3, "no answer from http://127.0.0.1:1"),
        (("--target", "reference", "--assay-only", "nope"), 4, "no rule matches 'nope'"),
        (("--target", "reference", "--assay-examples", "0"), 4, "'--assay-examples': 0 is not in the range"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_is_told_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    told = run_pytest(tmp_path, CONFORMANCE, *arguments)

    assert told.returncode == code
    assert complaint in told.stderr
    assert "Traceback" not in told.stdout + told.stderr
    assert "INTERNALERROR" not in told.stdout + told.stderr
    assert not list(tmp_path.iterdir())


OTHERS_TEST = """
import sys

def test_nothing_heavy_is_loaded():
    heavy = {"cv2", "numpy", "httpx", "jsonschema", "assay.contract", "assay.plugin.check"}
    assert "assay.plugin.hooks" in sys.modules
    assert not heavy & set(sys.modules)
"""


def test_without_a_target_the_plugin_is_inert(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(OTHERS_TEST)

    told = run_pytest(tmp_path, "-q", "-p", "no:respx", "-p", "no:hypothesispytest", "test_other.py")

    assert told.returncode == 0, told.stdout
    assert "assay" not in told.stdout + told.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"test_other.py", "__pycache__"}


OTHERS_CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--target", type={kind}, default=None)
"""
OTHERS_TARGET = """
def test_it_is_theirs(pytestconfig):
    assert pytestconfig.getoption("--target") == {value!r}
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("str", "staging"),
        pytest.param("int", 7, marks=pytest.mark.thorough),
        pytest.param("str", None, marks=pytest.mark.thorough),
    ],
)
def test_an_option_of_that_name_that_somebody_else_has(tmp_path: Path, kind: str, value: object) -> None:
    (tmp_path / "conftest.py").write_text(OTHERS_CONFTEST.format(kind=kind))
    (tmp_path / "test_other.py").write_text(OTHERS_TARGET.format(value=value))
    given = [] if value is None else [f"--target={value}"]

    told = run_pytest(tmp_path, "-q", "test_other.py", *given)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "assay" not in told.stdout + told.stderr
    assert "--target=TARGET" in run_pytest(tmp_path, "--help").stdout

    rules = run_pytest(
        tmp_path, "test_other.py", CONFORMANCE, *given, "--assay-target=reference", "--assay-out=run",
        "-k", "theirs or (image_states and hosted_model)",
    )  # fmt: skip
    assert rules.returncode == 0, rules.stdout + rules.stderr
    assert "4 passed" in rules.stdout
    assert read(tmp_path / "run").footer


def test_an_option_that_is_added_late(tmp_path: Path) -> None:
    """By a conftest.py that pytest finds only when it collects: it is of no use then, but it does no harm either."""
    below = tmp_path / "below"
    below.mkdir()
    (below / "conftest.py").write_text(OTHERS_CONFTEST.format(kind="str"))
    (below / "test_other.py").write_text("def test_nothing():\n    pass\n")

    told = run_pytest(tmp_path, "-q")

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_help_names_both(tmp_path: Path) -> None:
    told = run_pytest(tmp_path, "--help").stdout

    assert "--assay-target=URL" in told
    assert "--target=URL" in told


def test_the_users_own_pytest_settings_change_nothing(
    checking: Checking, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are for the user's own tests: `assay check` runs its rules in its own way."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option --color=yes -x")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.chdir(tmp_path)
    Path("pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    Path("conftest.py").write_text("raise RuntimeError('this is for other tests')\n")

    found = checking(url, only=("hosted.image.size",))

    assert found.exit_code == 0
    assert os.environ["PYTEST_ADDOPTS"].startswith("--no-such-option")


@pytest.mark.thorough
def test_a_workflow_of_github_is_told(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "step.md"))
    with running(create_proxy(url, FAULTS["image-size-one-short"])) as faulty:
        told = run_pytest(tmp_path, CONFORMANCE, "--target", faulty, "--assay-only=hosted.image.size")

    assert "\n::error title=hosted.image.size (" in told.stdout
    assert (tmp_path / "step.md").read_text("utf-8").startswith("## Assay: FAILED")


def test_a_rule_that_breaks_is_an_error_and_no_pass(
    checking: Checking, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("of our own making")

    monkeypatch.setattr("assay.judge.verify.image_size", broken)
    found = checking(url, only=("hosted.image.size", "hosted.boxes.*"))

    assert found.exit_code == 1
    assert found.outcomes("hosted.image.size") == {"error"}
    assert "the suite broke: ZeroDivisionError: of our own making" in found.messages


def test_a_fault_of_pytest_itself_is_no_verdict(
    checking: Checking, monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("assay.plugin.judging.Judging._tell", broken)
    with pytest.raises(Exception, match="this is a fault in Assay"):
        checking(url, only=("hosted.image.size",))

    assert read(tmp_path / "run").footer is None


def test_hypothesis_and_the_log_are_left_as_they_were(checking: Checking, url: str, tmp_path: Path) -> None:
    import logging

    from hypothesis import configuration

    level = logging.getLogger("httpx").level
    checking(url, only=("service.accepts-valid-requests",))

    assert "assay-hypothesis" not in str(configuration.storage_directory("examples").path)
    assert logging.getLogger("httpx").level == level
    assert servers.KEY not in str(list(tmp_path.rglob("*")))


def test_a_choice_that_excludes_itself_is_wrong_usage(tmp_path: Path) -> None:
    told = run_pytest(
        tmp_path, CONFORMANCE, "--target", "reference", "--assay-operation=hosted.object-detection",
        "--assay-only=sam2.*",
    )  # fmt: skip

    assert told.returncode == 4
    assert "--assay-only sam2.* asks for has a case of --assay-operation hosted.object-detection" in told.stderr
    assert not list(tmp_path.iterdir())
