"""Targets that are closed when a test is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assay.target import Policy, Target


@pytest.fixture
def target() -> Iterator[Callable[..., Target]]:
    """Makes targets: `target(url, key=..., timeout=...)`."""
    made: list[Target] = []

    def make(url: str, **policy: Any) -> Target:
        made.append(Target(Policy(url, **{"timeout": 5.0, "ready_timeout": 5.0, **policy})))
        return made[-1]

    yield make
    for one in made:
        one.close()
