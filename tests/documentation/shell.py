"""One shell for a page: its commands run in order, in one folder, and share what they export and leave running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from assay.reference.embedded import KEY

from .blocks import Command

SECONDS = 600.0


class Ran(NamedTuple):
    """What a command came to."""

    command: Command
    code: int
    output: str


def run(commands: Sequence[Command], folder: Path, said: Mapping[str, str]) -> list[Ran]:
    """Run commands with `said` put in place of what they say; nothing that they started is left running."""
    notes = folder.parent / "notes"
    notes.mkdir()
    script = "\n".join(_noted(_put(command.line, said), notes / str(number)) for number, command in enumerate(commands))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ROBOFLOW_API_KEY": KEY,
        "COLUMNS": "120",
    }
    process = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment, start_new_session=True)
    try:
        process.wait(SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return [_told(command, notes / str(number)) for number, command in enumerate(commands)]


def _put(line: str, said: Mapping[str, str]) -> str:
    for words, instead in said.items():
        line = line.replace(words, instead)
    return line


def _noted(line: str, note: Path) -> str:
    """The command with its output and exit code in files; the next one can still ask for `$?`."""
    return f"(exit $last)\n{{\n{line}\n}} >{note}.out 2>&1 </dev/null\nlast=$?; echo $last >{note}.code"


def _told(command: Command, note: Path) -> Ran:
    return Ran(
        command, int(note.with_suffix(".code").read_text()), note.with_suffix(".out").read_text("utf-8", "replace")
    )
