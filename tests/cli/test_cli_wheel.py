"""An installed wheel works where there is no checkout."""

from __future__ import annotations

import ast
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

import assay
from assay.record import read
from assay.suite import SUITE_FOLDERS

from .installing import CHECKOUT, run

WHERE = "from assay.suite import suite_folder; print(suite_folder('conformance'))"


def test_it_carries_the_suite_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}

    assert tops == {"assay", f"assay-{assay.__version__}.dist-info"}
    for folder in SUITE_FOLDERS:
        assert any(name.startswith(f"assay/_suite/{folder}/") for name in names), folder
    assert not [name for name in names if "__pycache__" in name or "/." in name]
    fixtures = {name.split("/")[3] for name in names if name.startswith("assay/_suite/fixtures/")}
    assert fixtures == {"known-deviations", "published-figures", "samples", "tolerances"}, (
        "exchanges, pictures and examples are for the tests"
    )
    assert "assay/py.typed" in names


def test_it_declares_what_it_imports(wheel: Path) -> None:
    """Whatever is imported only within a dependency of ours is nobody's promise."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        stated = archive.read(name).decode()
        sources = [archive.read(each).decode() for each in archive.namelist() if each.endswith(".py")]
    required = {
        re.split(r"[^\w.-]", line.removeprefix("Requires-Dist: "))[0].lower().replace("-", "_")
        for line in stated.splitlines()
        if line.startswith("Requires-Dist: ") and not re.search("extra == '(test|peers)'", line)
    }

    foreign = {name for source in sources for name in _imported(source)} - sys.stdlib_module_names - {"assay"}
    assert {CALLED.get(name, name) for name in foreign} <= required


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in [str(node.module)] if isinstance(node, ast.ImportFrom) else names:
            yield name.partition(".")[0]


CALLED = {"cv2": "opencv_python_headless", "hdrh": "hdrhistogram", "_pytest": "pytest", "xdist": "pytest_xdist"}
"""Packages that are imported under another name."""


def test_the_source_distribution_is_whole(tmp_path: Path) -> None:
    """Whoever unpacks it can set it up and test it, as in a checkout."""
    (built,) = SdistBuilder(str(CHECKOUT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert names >= {
        "scripts/setup",
        "scripts/test",
        "scripts/docs",
        "docs/tutorial.md",
        "constraints.txt",
        "docs/report.png",
        "pyproject.toml",
    }
    assert names >= {"fixtures/exchanges/README.md", "tests/conftest.py", "assay/py.typed", "README.md", "LICENSE"}


def test_it_works_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    python = installed / "python"
    assert str(CHECKOUT) not in run(python, "-c", WHERE, cwd=tmp_path)

    out = run(
        python,
        "-m",
        "assay",
        "check",
        "reference",
        "--only",
        "hosted.image.*",
        "--out",
        "run",
        "--workers",
        "1",
        cwd=tmp_path,
    )

    assert out.splitlines()[-1] == "passed (1 rule, 3 cases)"
    assert {outcome["outcome"] for outcome in read(tmp_path / "run").outcomes} == {"pass"}
    assert "<!doctype html>" in (tmp_path / "run" / "report.html").read_text("utf-8").lower()


@pytest.mark.thorough
def test_pytest_finds_the_plugin_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    python = installed / "python"
    rules = run(python, "-c", WHERE, cwd=tmp_path).strip()

    arguments = (rules, "--target", "reference", "-k", "image_states and hosted_model", "--assay-out", "run")
    out = run(python, "-m", "pytest", "-p", "no:cacheprovider", *arguments, cwd=tmp_path)

    assert "passed (1 rule, 3 cases)" in out
