"""Builds the rig: the server's environment, the pictures, the model packages; each once for each recipe."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environment import Environment, install, installed
from .errors import RigError
from .places import INSIDE, Home, digest

RECIPE = INSIDE / "assay_rig"
NOT_OF_THE_RECIPE = {"serve.py"}  # it uses the models and does not make them
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Build:
    """A complete rig: where the server's environment, the pictures and the model packages lie."""

    environment: Environment
    folder: Path

    @property
    def pictures(self) -> Path:
        return self.folder / "pictures"

    @property
    def packages(self) -> Path:
        return self.folder / "packages"

    def manifest(self) -> dict[str, dict[str, str]]:
        """The MD5 of every file, by package and path within it."""
        content: dict[str, dict[str, str]] = json.loads((self.folder / MANIFEST).read_text())
        return content


def built(home: Home) -> Build | None:
    """The complete rig of the present recipe; None if something is to be built."""
    environment = installed(home)
    if environment is None:
        return None
    build = Build(environment, _models(home, environment))
    return build if (build.folder / MANIFEST).exists() else None


def ensure(home: Home) -> Build:
    """Builds what is missing; a changed recipe or pin builds anew, beside what is there.

    Safe to interrupt: environments count from their stamp on, models are renamed into place.

    Raises:
        RigError: Something could not be installed or made.
    """
    if present := built(home):
        return present
    with home.locked() as held:
        environment = install(home, held)
        build = Build(environment, _models(home, environment))
        if not (build.folder / MANIFEST).exists():
            _make_models(build, held)
    return build


def prune(home: Home) -> list[Path]:
    """Deletes what other recipes and interruptions have left; no server may run. Returns the folders."""
    with home.locked():
        build = built(home)
        kept = {build.environment.folder, build.folder} if build else set()
        parents = [folder for folder in (home.environments, home.models) if folder.is_dir()]
        stale = [folder for parent in parents for folder in parent.iterdir() if folder not in kept]
        for folder in stale:
            shutil.rmtree(folder)
    return stale


def _models(home: Home, environment: Environment) -> Path:
    recipe = [file for file in RECIPE.glob("*.py") if file.name not in NOT_OF_THE_RECIPE]
    return home.models / digest(recipe, environment.folder.name)


def _make_models(build: Build, held: int) -> None:
    partial = build.folder.with_name(build.folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    settings = {
        "PATH": os.defpath,
        "HOME": str(partial),
        "PYTHONPATH": str(INSIDE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    settings |= {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [str(build.environment.python), "-m", "assay_rig.build", str(partial)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, pass_fds=[held])
    if done.returncode:
        raise RigError("making the models failed:\n" + "\n".join(done.stderr.strip().splitlines()[-12:]))
    packages = partial / "packages"
    manifest = {
        package.name: {file.relative_to(package).as_posix(): _md5(file) for file in sorted(_files(package))}
        for package in sorted(packages.iterdir())
    }
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    shutil.rmtree(build.folder, ignore_errors=True)
    partial.rename(build.folder)


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _md5(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "md5").hexdigest()
