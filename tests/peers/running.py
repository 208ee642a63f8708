"""Runs a printed sample as a process of its own, in a folder and an environment of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..upstream.errors import RigError
from ..upstream.places import Home
from .documents import Printed
from .environments import PEERS, node_modules, python
from .pictures import PEOPLE
from .tools import require

LIMIT = 600
"""Seconds that a client may take; compiling takes most of them."""
_NEEDED = {"node": ("node", "npm"), "kotlin": ("java", "kotlin"), "ruby": ("ruby", "httparty")}
_COMMANDS = {
    "curl": ("bash",),
    "node": ("node",),
    "kotlin": ("java", "-jar"),
    "java": ("java",),
    "ruby": ("ruby",),
    "php": ("php",),
    "go": ("go", "run"),
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process came to: its exit status, what it printed, and the folder with what it wrote."""

    status: int
    output: str
    errors: str
    folder: Path


def command(client: str, home: Home) -> tuple[str, ...]:
    """What runs a client's programs; makes its environment if need be. Raises RigError for what is not there."""
    if client in PEERS:
        return (str(python(home, client)),)
    require(*_NEEDED.get(client, (client,)))
    return _COMMANDS[client]


def run(sample: Printed, text: str, folder: Path, home: Home, /, **more: str) -> Ran:
    """Runs a sample's text in `folder`, beside a picture of people under the name that the documents give it.

    `more` are environment variables; nothing but PATH is inherited, and no proxy. Raises RigError.
    """
    beginning = command(sample.client, home)
    folder.joinpath(sample.program).write_text(text, "utf-8")
    for name in ("YOUR_IMAGE.jpg", "your_image.jpg"):
        folder.joinpath(name).write_bytes(PEOPLE.jpeg())
    caches = home.root / "peers" / "caches"
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "GOCACHE": str(caches / "go"),
        "GOPATH": str(folder / "go"),
        "GO111MODULE": "off",
        "MPLCONFIGDIR": str(caches / "matplotlib"),
    }
    if sample.client == "node":
        settings["NODE_PATH"] = str(node_modules(home))
    program = sample.program
    if sample.client == "kotlin":
        program = _compiled(program, folder)
    done = subprocess.run(
        [*beginning, program],
        cwd=folder,
        env=settings | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr, folder)


def _compiled(program: str, folder: Path) -> str:
    """The archive that a Kotlin program is compiled to. Raises RigError."""
    archive = f"{program}.jar"
    command = ["kotlinc", program, "-include-runtime", "-d", archive]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    if done.returncode:
        raise RigError(f"{program} does not compile; kotlinc says:\n{done.stderr.strip()}")
    return archive
