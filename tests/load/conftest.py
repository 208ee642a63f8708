"""A server of exactly known service time, shared by the tests of one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.load.processes import sink


@pytest.fixture(scope="session")
def sink_port() -> Iterator[int]:
    with sink() as port:
        yield port
