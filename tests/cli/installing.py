"""Wheels that are built from the checkout, and environments that they are installed into."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Collection
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

import assay

CHECKOUT = Path(assay.__file__).parent.parent


def run(*command: str | Path, cwd: Path, codes: Collection[int] = (0,)) -> str:
    """What a command prints; it has to end with one of these exit codes."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    told = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode in codes, told.stdout + told.stderr
    return told.stdout


def built(project: Path, place: Path) -> Path:
    """The wheel of a project, in a folder."""
    (wheel,) = WheelBuilder(str(project)).build(directory=str(place), versions=["standard"])
    return Path(wheel)


def installed_in(place: Path, *wheels: Path) -> Path:
    """The `bin` of a new environment that holds the wheels, and borrows everything else from this one."""
    venv.create(place, symlinks=True)
    packages = next(place.glob("lib/python*/site-packages"))
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    borrowed = [path for path in sys.path if path.endswith("site-packages") or path == sysconfig.get_path("purelib")]
    (packages / "borrowed.pth").write_text("\n".join(dict.fromkeys(borrowed)))
    return place / "bin"
