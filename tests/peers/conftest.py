"""Fixtures of tests that need real clients, which are collected only when they are asked for.

Asked for means: the command names this folder or something in it, or ASSAY_PEERS is set. `units` is always collected:
it tests the room's own data, without any client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay.reference.app import KEY, create_app
from assay.serving import running

from ..asked import left_out
from ..upstream.places import Home
from . import pictures, platform
from .documents import Printed, Where
from .running import Ran, run

HERE = Path(__file__).resolve().parent
Runs = Callable[..., Ran]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out what needs clients unless it was asked for."""
    return left_out(collection_path, config, HERE, "ASSAY_PEERS")


@pytest.fixture(scope="session")
def reference() -> Iterator[str]:
    """The base URL of the reference deployment."""
    with running(create_app()) as url:
        yield url


@pytest.fixture(scope="session")
def shown() -> Iterator[str]:
    """The base URL of the server of pictures."""
    with pictures.served() as url:
        yield url


@pytest.fixture(scope="session")
def roboflow_platform() -> Iterator[str]:
    """The base URL of the stub of Roboflow's platform."""
    with running(platform.create_app(KEY)) as url:
        yield url


@pytest.fixture
def runs(tmp_path: Path, shown: str, roboflow_platform: str) -> Runs:
    """Runs a sample against a deployment: `runs(sample, url, repaired=False)`, or an `altered` text of it."""

    def start(sample: Printed, url: str, *, repaired: bool = True, altered: Callable[[str], str] | None = None) -> Ran:
        text = sample.edited(Where(url, shown, KEY), repaired=repaired)
        own = {"API_KEY": KEY}
        if sample.client == "roboflow":
            own = {"API_URL": roboflow_platform, "OBJECT_DETECTION_URL": url}
        return run(sample, altered(text) if altered else text, tmp_path, Home.chosen(), **own)

    return start
