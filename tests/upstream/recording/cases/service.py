"""What the server says of itself; sent when models are loaded."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Case

PATHS = (
    "info",
    "model/registry",
    "healthz",
    "readiness",
    "docs",
    "redoc",
    "openapi.json",
    "device/stats",
    "logs",
    "dashboard.html",
    "sam2",
    "no-such-path",
    "",
    # Last: a request is counted only after it is answered, and the three before count as one kind.
    "metrics",
)


def cases() -> Iterator[Case]:
    """Three paths that only take GET with POST, and every path with GET."""
    for path in ("healthz", "info", "no-such-path"):
        yield Case(f"post-{path}", "POST", f"/{path}")
    for path in PATHS:
        yield Case(f"get-{path.replace('/', '-').replace('.', '-') or 'root'}", "GET", f"/{path}")
