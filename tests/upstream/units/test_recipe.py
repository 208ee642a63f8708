"""What the rig is built from: pins that name no registry, and a digest that notices a change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..build import built
from ..environment import REQUIREMENTS, TORCH_CPU, TORCH_CUDA, installed
from ..places import CHECKOUT, Home, digest

PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.+]+)(?: \\\n    --hash=sha256:[0-9a-f]{64})+")


def pins(file: Path) -> dict[str, str]:
    """The releases that a list pins, by name; fails on anything that is no pin with hashes."""
    text = file.read_text()
    found = list(PIN.finditer(text))
    assert "\n".join(match[0] for match in found) + "\n" == text
    return {match["name"]: match["version"] for match in found}


def test_every_package_is_pinned_once_and_with_hashes() -> None:
    common, cpu, cuda = pins(REQUIREMENTS), pins(TORCH_CPU), pins(TORCH_CUDA)
    assert common["inference-cpu"] == "1.8.3"
    assert [name for name in common if name.startswith("opencv")] == ["opencv-contrib-python-headless"]
    assert cpu == {"torch": f"{cuda['torch']}+cpu"}
    assert not common.keys() & cuda.keys()


def test_a_digest_notices_content_names_and_words(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    before = digest([file], "x")
    assert digest([file], "x") == before
    assert digest([file], "y") != before
    file.write_text("2")
    assert digest([file], "x") != before
    assert digest([file.rename(tmp_path / "b.py")], "x") != before


def test_an_empty_home_has_nothing_and_a_half_made_one_has_not_either(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.environments / "cpu-0123456789ab").mkdir(parents=True)
    assert installed(home) is None
    assert built(home) is None


def test_the_home_is_in_the_checkout_unless_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ASSAY_RIG_HOME", raising=False)
    assert Home.chosen().root == CHECKOUT / ".rig"
    monkeypatch.setenv("ASSAY_RIG_HOME", str(tmp_path))
    assert Home.chosen().root == tmp_path
