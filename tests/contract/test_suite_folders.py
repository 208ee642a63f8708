"""The folders of the suite are found in a checkout and inside an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay import suite


def test_in_a_checkout_they_stand_beside_the_package() -> None:
    for name in suite.SUITE_FOLDERS:
        assert suite.suite_folder(name).is_dir()
    assert (suite.suite_folder("schemas") / "openapi.json").is_file()


def test_inside_a_wheel_they_win_over_strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "assay"
    (package / "_suite" / "schemas").mkdir(parents=True)
    (package.parent / "schemas").mkdir()
    monkeypatch.setattr(suite, "_PACKAGE", package)
    assert suite.suite_folder("schemas") == package / "_suite" / "schemas"
    with pytest.raises(suite.SuiteFolderMissing, match="fixtures"):
        suite.suite_folder("fixtures")


def test_an_unknown_folder_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="tests"):
        suite.suite_folder("tests")
