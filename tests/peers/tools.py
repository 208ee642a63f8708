"""The programs of the system that run other languages' code, or show a page, and the Debian package that has each."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache

from ..upstream.errors import RigError

INSTALL = "python -m tests.peers tools --install"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program; `proof` is a command that succeeds where it is there, with what it needs besides."""

    name: str
    package: str
    proof: tuple[str, ...]

    def is_there(self) -> bool:
        """Whether the proof succeeds."""
        if shutil.which(self.proof[0]) is None:
            return False
        return subprocess.run(self.proof, capture_output=True, check=False).returncode == 0


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("curl", "curl", ("curl", "--version")),
        Tool("node", "nodejs", ("node", "--version")),
        Tool("npm", "npm", ("npm", "--version")),
        Tool("java", "default-jdk-headless", ("javac", "-version")),
        Tool("kotlin", "kotlin", ("kotlinc", "-version")),
        Tool("ruby", "ruby", ("ruby", "--version")),
        Tool("httparty", "ruby-httparty", ("ruby", "-e", "require 'httparty'")),
        Tool("php", "php-cli", ("php", "--version")),
        Tool("go", "golang-go", ("go", "version")),
        Tool("chromium", "chromium", ("chromium", "--version")),
    )
}


def missing() -> list[Tool]:
    """The tools that are not there."""
    return [tool for tool in TOOLS.values() if not tool.is_there()]


def require(*names: str) -> None:
    """Raises RigError with the package to install where one of TOOLS is not there."""
    for tool in (TOOLS[name] for name in names):
        if not _proved(tool):
            wanted = f"install Debian's package {tool.package}, or run {INSTALL!r} as root"
            raise RigError(f"{tool.name} is not there: {wanted}.")


@cache
def _proved(tool: Tool) -> bool:
    return tool.is_there()  # some take seconds to say their version


def install() -> list[str]:
    """Installs with apt what is missing, and gives the packages. Raises RigError where that is not possible."""
    packages = [tool.package for tool in missing()]
    if not packages:
        return []
    if shutil.which("apt-get") is None or os.geteuid():
        raise RigError(f"only root can install with apt, on Debian and its like: {' '.join(packages)}")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    for step in (["apt-get", "update"], command):
        done = subprocess.run(step, capture_output=True, text=True, check=False, env=quiet)
        if done.returncode:
            raise RigError(f"{' '.join(step[:2])} failed; it says:\n{done.stderr.strip()[-2000:]}")
    if left := missing():
        raise RigError(f"{left[0].package} is installed, and {' '.join(left[0].proof)!r} fails all the same.")
    return packages
