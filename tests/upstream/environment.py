"""Installs the server's own environment, once for each set of pins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import RigError
from .places import UPSTREAM, Home, digest

Torch = Literal["cpu", "cuda"]

PYTHON = "3.11"
REQUIREMENTS = UPSTREAM / "requirements.txt"
TORCH_CPU = UPSTREAM / "requirements-torch-cpu.txt"
TORCH_CUDA = UPSTREAM / "requirements-torch-cuda.txt"
_UV = (sys.executable, "-m", "uv")


@dataclass(frozen=True, slots=True)
class Environment:
    """A complete environment of the server: its folder, and which build of torch it has."""

    folder: Path
    torch: Torch

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


def find_links() -> list[str]:
    """The folders or pages that pip would search too; uv does not read pip's variable."""
    return os.environ.get("PIP_FIND_LINKS", "").split()


def installed(home: Home) -> Environment | None:
    """The complete environment for the present pins, the smaller one first; None if there is none yet."""
    for torch in ("cpu", "cuda"):
        environment = _place(home, torch)
        if _stamp(environment).exists():
            return environment
    return None


def install(home: Home, held: int) -> Environment:
    """Makes the environment for the present pins unless it is there; `held` is what `home.locked()` gave.

    The CPU build of torch is taken where its wheel can be found, else the CUDA build: 6.8 GB instead of 2.3,
    the same answers.

    Raises:
        RigError: uv is missing, or could not install the pinned set.
    """
    if present := installed(home):
        return present
    environment = _place(home, "cpu")
    _create(environment, held)
    if not _can_find(environment, TORCH_CPU):
        shutil.rmtree(environment.folder)
        environment = _place(home, "cuda")
        _create(environment, held)
    torch = TORCH_CPU if environment.torch == "cpu" else TORCH_CUDA
    _uv("installing the server failed", held, *_pip(environment), "-r", str(REQUIREMENTS), "-r", str(torch))
    _stamp(environment).touch()
    return environment


def _place(home: Home, torch: Torch) -> Environment:
    files = (REQUIREMENTS, TORCH_CPU if torch == "cpu" else TORCH_CUDA)
    return Environment(home.environments / f"{torch}-{digest(files, PYTHON)}", torch)


def _stamp(environment: Environment) -> Path:
    return environment.folder / "complete"  # written last: without it the folder is a leftover of an interruption


def _create(environment: Environment, held: int) -> None:
    shutil.rmtree(environment.folder, ignore_errors=True)
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    _uv(f"no Python {PYTHON} for the server", held, "venv", "--quiet", "--python", PYTHON, str(environment.folder))


def _pip(environment: Environment) -> list[str]:
    command = [
        "pip",
        "install",
        "--quiet",
        "--python",
        str(environment.python),
        "--no-deps",
        "--require-hashes",
    ]
    return command + [word for place in find_links() for word in ("--find-links", place)]


def _can_find(environment: Environment, requirements: Path) -> bool:
    command = [*_UV, *_pip(environment), "--dry-run", "-r", str(requirements)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _uv(trouble: str, held: int, *arguments: str) -> None:
    done = subprocess.run([*_UV, *arguments], capture_output=True, text=True, check=False, pass_fds=[held])
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise RigError(f"{trouble}; uv says:\n{tail}")
