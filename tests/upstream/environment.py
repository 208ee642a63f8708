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
        if stamp(environment.folder).exists():
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
    create(environment.folder, held)
    if not _can_find(environment, TORCH_CPU):
        shutil.rmtree(environment.folder)
        environment = _place(home, "cuda")
        create(environment.folder, held)
    torch = TORCH_CPU if environment.torch == "cpu" else TORCH_CUDA
    pip = pip_install(environment.python)
    run_uv("installing the server failed", held, *pip, "-r", str(REQUIREMENTS), "-r", str(torch))
    stamp(environment.folder).touch()
    return environment


def _place(home: Home, torch: Torch) -> Environment:
    files = (REQUIREMENTS, TORCH_CPU if torch == "cpu" else TORCH_CUDA)
    return Environment(home.environments / f"{torch}-{digest(files, PYTHON)}", torch)


def stamp(environment: Path) -> Path:
    """The file that says that an environment is complete."""
    return environment / "complete"  # written last: without it the folder is a leftover of an interruption


def create(environment: Path, held: int) -> None:
    """Makes an empty environment in a folder, in place of whatever is there. Raises RigError."""
    shutil.rmtree(environment, ignore_errors=True)
    environment.parent.mkdir(parents=True, exist_ok=True)
    run_uv(f"there is no Python {PYTHON}", held, "venv", "--quiet", "--python", PYTHON, str(environment))


def pip_install(python: Path) -> list[str]:
    """What uv is told in order to install pinned lists for this interpreter, but for the lists themselves."""
    command = ["pip", "install", "--quiet", "--python", str(python), "--no-deps", "--require-hashes"]
    return command + [word for place in find_links() for word in ("--find-links", place)]


def _can_find(environment: Environment, requirements: Path) -> bool:
    command = [*_UV, *pip_install(environment.python), "--dry-run", "-r", str(requirements)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_uv(trouble: str, held: int, *arguments: str) -> None:
    """Runs uv, which gets the lock's descriptor. Raises RigError with the trouble and what uv says."""
    done = subprocess.run([*_UV, *arguments], capture_output=True, text=True, check=False, pass_fds=[held])
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-12:])
        raise RigError(f"{trouble}; uv says:\n{tail}")
