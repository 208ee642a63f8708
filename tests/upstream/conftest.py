"""Fixtures of tests that need the real server, which are collected only when they are asked for.

Asked for means: the command names this folder or something in it, or ASSAY_UPSTREAM is set. `units` is
always collected: it tests the rig itself, without the real server.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..asked import left_out
from . import processes, server
from .build import Build, ensure
from .places import UPSTREAM, Home
from .server import Instance
from .settings import Engine, Settings


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out what needs the real server unless it was asked for."""
    return left_out(collection_path, config, UPSTREAM, "ASSAY_UPSTREAM")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n 2 --dist loadscope` each engine has a process of its own: a whole check of it is made once."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByEngine(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
        def _split_scope(self, nodeid: str) -> str:
            return "old" if "old_engine" in nodeid or nodeid.endswith("[old]") else "new"

    return ByEngine(config, log)


@pytest.fixture(scope="session")
def rig() -> Build:
    """The rig, built if need be. That it cannot be built is an error, never a skip."""
    return ensure(Home.chosen())


@pytest.fixture(scope="session")
def new_engine(rig: Build, request: pytest.FixtureRequest) -> Iterator[Instance]:
    """The real server with the engine `inference-models`: `.url`, `.key`, `.models`, `.platform`."""
    yield from _serve(rig, "new", request.session)


@pytest.fixture(scope="session")
def old_engine(rig: Build, request: pytest.FixtureRequest) -> Iterator[Instance]:
    """The real server with the engine that it had before: `.url`, `.key`, `.models`, `.platform`."""
    yield from _serve(rig, "old", request.session)


def _serve(rig: Build, engine: Engine, session: pytest.Session) -> Iterator[Instance]:
    home = Home.chosen()
    for orphan in server.stop_orphans(home):  # of a run that was killed
        shutil.rmtree(orphan.folder, ignore_errors=True)
    name = f"pytest-{engine}-{os.getpid()}"
    instance = server.start(home, rig, Settings(engine), name=name, owner=processes.myself())
    try:
        yield instance
    finally:
        server.stop(instance)
        if not session.testsfailed:
            shutil.rmtree(instance.folder, ignore_errors=True)
