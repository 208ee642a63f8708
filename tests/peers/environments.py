"""Makes each client's environment, once for each set of pins; what cannot be installed is an error."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ..upstream.environment import PYTHON, create, pip_install, run_uv, stamp
from ..upstream.errors import RigError
from ..upstream.places import Home, digest

HERE = Path(__file__).resolve().parent
NODE = HERE / "node"
EXCLUDED = HERE / "requirements" / "excluded.txt"
PEERS = ("inference-sdk", "measures", "roboflow", "schemathesis", "supervision")
"""The packages that have a Python environment each."""
LINTERS = "linters"
"""What lints shares one."""


def requirements(name: str) -> Path:
    """The list that pins the environment of one of PEERS, or of LINTERS."""
    return HERE / "requirements" / f"{name}.txt"


def python(home: Home, name: str) -> Path:
    """The interpreter of one of PEERS, or of LINTERS; its environment is made unless it is there. Raises RigError."""
    pinned = requirements(name)
    folder = home.root / "peers" / f"{name}-{digest([pinned], PYTHON)}"
    interpreter = folder / "bin" / "python"
    with home.locked() as held:
        if not stamp(folder).exists():
            create(folder, held)
            run_uv(f"installing {name} failed", held, *pip_install(interpreter), "-r", str(pinned))
            stamp(folder).touch()
    return interpreter


def node_modules(home: Home) -> Path:
    """The folder with axios and ctrf, which are installed unless they are there. Raises RigError."""
    recipe = [NODE / "package.json", NODE / "package-lock.json"]
    folder = home.root / "peers" / f"node-{digest(recipe)}"
    with home.locked():
        if not stamp(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for file in recipe:
                shutil.copy(file, folder)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RigError(f"installing axios and ctrf failed; npm says:\n{done.stderr.strip()[-2000:]}")
            stamp(folder).touch()
    return folder / "node_modules"
