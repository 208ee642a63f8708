"""Plans and endpoints for the exactly timed server."""

from __future__ import annotations

import socket
from typing import Any

from assay.load.endpoint import Endpoint, Wire
from assay.load.plan import Plan
from assay.load.schedule import Load

from .helpers import HEAD


def to(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, socket.AF_INET, ("127.0.0.1", port), local=True)


def wire(path: str = "/delay?ms=1&size=100", body: bytes = b"12345") -> Wire:
    return Wire(HEAD.format(len(body)).replace("/some", path).encode(), body)


def plan(load: Load, **wanted: Any) -> Plan:
    """A short one, of one request."""
    return Plan(**{"requests": (wire(),), "load": load, "seconds": 0.5, "window": 0.1, "timeout": 5.0, **wanted})
