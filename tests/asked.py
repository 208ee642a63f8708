"""Tests that need more than this environment run when they are asked for, and never by the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def asked_for(config: pytest.Config, folder: Path, variable: str) -> bool:
    """Whether the command names `folder` or something in it, its `units` aside, or the variable is set."""
    if os.environ.get(variable):
        return True
    here = config.invocation_params.dir
    paths = [(here / argument.partition("::")[0]).resolve() for argument in config.args]
    return any(path.is_relative_to(folder) and not path.is_relative_to(folder / "units") for path in paths)


def left_out(path: Path, config: pytest.Config, folder: Path, variable: str) -> bool | None:
    """What `pytest_ignore_collect` gives for a room whose `units` are always collected."""
    if path == folder or path.is_relative_to(folder / "units"):
        return None
    return None if asked_for(config, folder, variable) else True
