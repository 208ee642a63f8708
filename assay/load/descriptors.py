"""How many connections the system allows one process at once: each takes a descriptor, and usual limits are low."""

from __future__ import annotations

import contextlib
import resource
from typing import Final

RESERVED: Final = 32
"""Descriptors of a worker that are no connections: its columns, what it waits with, what it is told by."""


def connections_allowed(wanted: int) -> int:
    """Have this process allowed so many connections, up to what its user may. Returns how many it is, at least 1."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    return wanted if soft == resource.RLIM_INFINITY else max(min(soft - RESERVED, wanted), 1)
