"""Pins the server's environment: requirements.in becomes requirements.txt and a list for each build of torch.

uv knows every file of a release; the lists keep the hashes of those that fit the rig's platform, so that they
stay readable and name no registry.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .environment import PYTHON, REQUIREMENTS, TORCH_CPU, TORCH_CUDA, find_links
from .errors import RigError
from .places import UPSTREAM

PLATFORM = "x86_64-manylinux_2_28"
SOURCE = UPSTREAM / "requirements.in"
EXCLUDED = UPSTREAM / "requirements-excluded.txt"  # the builds of OpenCV that the one in SOURCE stands for


def lock(*, upgrade: bool = False) -> None:
    """Writes the three lists anew.

    Args:
        upgrade: Take the newest releases that fit; otherwise what the present lists pin stays.

    Raises:
        RigError: uv found no set of releases that fit together, or torch's CPU wheel is not at hand.
    """
    packages = resolve(SOURCE, EXCLUDED, () if upgrade else (REQUIREMENTS, TORCH_CUDA))
    cuda = [package for package in packages if _comes_with_cuda(package["name"])]
    write(REQUIREMENTS, [package for package in packages if package not in cuda])
    write(TORCH_CUDA, cuda)
    (version,) = (package["version"] for package in cuda if package["name"] == "torch")
    TORCH_CPU.write_text(f"torch=={version}+cpu \\\n    --hash=sha256:{_cpu_wheel_hash(version)}\n")


def _comes_with_cuda(name: str) -> bool:
    return name in ("torch", "triton") or (name.startswith(("nvidia-", "cuda-")) and name != "nvidia-ml-py")


def _pins(file: Path) -> list[str]:
    return re.findall(r"^[^\s#-][^\s;]*==[^\s;\\]+", file.read_text(), flags=re.MULTILINE)


def resolve(source: Path, excluded: Path, kept: Iterable[Path] = ()) -> list[dict[str, Any]]:
    """The packages that a list of wishes comes to on the rig's platform, as in a pylock.toml.

    `excluded` names packages that are left out; what the `kept` lists pin already stays. Raises RigError.
    """
    constraints = [pin for file in kept if file.exists() for pin in _pins(file)]
    with tempfile.TemporaryDirectory() as folder:
        pinned, out = Path(folder) / "constraints.txt", Path(folder) / "pylock.toml"
        pinned.write_text("\n".join(constraints) + "\n")
        command = [sys.executable, "-m", "uv", "pip", "compile", str(source), "--excludes", str(excluded)]
        command += ["--constraint", str(pinned), "--python-version", PYTHON, "--python-platform", PLATFORM]
        command += ["--format", "pylock.toml", "--output-file", str(out), "--generate-hashes", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RigError(f"uv found no releases that fit together; it says:\n{done.stderr.strip()}")
        packages: list[dict[str, Any]] = tomllib.loads(out.read_text())["packages"]
        return packages


def write(file: Path, packages: list[dict[str, Any]]) -> None:
    """Pins packages in a list, with hashes."""
    lines = []
    for package in packages:
        archives = package.get("wheels") or [package["sdist"]]
        hashes = sorted(archive["hashes"]["sha256"] for archive in archives)
        lines += [f"{package['name']}=={package['version']} \\"]
        lines += [" \\\n".join(f"    --hash=sha256:{value}" for value in hashes)]
    file.write_text("\n".join(lines) + "\n")


def _cpu_wheel_hash(version: str) -> str:
    for place in find_links():
        for wheel in Path(place).glob(f"torch-{version}+cpu-cp311-cp311-*x86_64.whl"):
            return hashlib.sha256(wheel.read_bytes()).hexdigest()
    raise RigError(f"no wheel of torch {version}+cpu for Python {PYTHON} lies in a folder that PIP_FIND_LINKS names.")
