"""Pins the clients' environments: each NAME.in of `requirements` becomes NAME.txt, and package.json its lock."""

from __future__ import annotations

import subprocess

from ..upstream.errors import RigError
from ..upstream.lock import resolve, write
from .environments import EXCLUDED, LINTERS, NODE, PEERS, requirements


def lock(*, upgrade: bool = False) -> None:
    """Writes the lists anew; with `upgrade` from the newest releases that fit. Raises RigError."""
    for name in (*PEERS, LINTERS):
        pinned = requirements(name)
        write(pinned, resolve(pinned.with_suffix(".in"), EXCLUDED, () if upgrade else (pinned,)))
    command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    # No addresses in the lock: whoever installs has a registry of their own.
    done = subprocess.run(
        [*command, "--omit-lockfile-registry-resolved"], cwd=NODE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RigError(f"npm found no releases that fit together; it says:\n{done.stderr.strip()}")
