"""Where the rig keeps its things, and how a recipe is told from another one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

UPSTREAM = Path(__file__).resolve().parent
CHECKOUT = UPSTREAM.parents[1]
INSIDE = UPSTREAM / "inside"  # code that runs in the rig's own environment, never in ours
EXCHANGES = CHECKOUT / "fixtures" / "exchanges"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that holds everything the rig installs, builds and runs; it can be deleted at any time."""

    root: Path

    @classmethod
    def chosen(cls) -> Home:
        """The folder named by ASSAY_RIG_HOME, or `.rig` at the root of the checkout."""
        named = os.environ.get("ASSAY_RIG_HOME")
        return cls(Path(named).expanduser().resolve() if named else CHECKOUT / ".rig")

    @property
    def environments(self) -> Path:
        return self.root / "environments"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Holds off every other builder of this home, or waits for it.

        Gives a descriptor to pass on to child processes: the kernel lets go when the last that has it is gone, so
        that a builder which was killed does not leave a child writing into what the next one makes.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("waiting for another build of the rig to end", file=sys.stderr, flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock.fileno()


def digest(files: Iterable[Path], *words: str) -> str:
    """Twelve hex digits that change when a file's name or content, or one of the words, does."""
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        total.update(file.read_bytes())
    for word in words:
        total.update(f"\0{word}".encode())
    return total.hexdigest()[:12]
