"""Where a load goes: an address, what is found there of how connections end, and why none is made."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from assay.load.columns import Failure

LACKS: Final = frozenset(
    (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC, errno.EADDRNOTAVAIL, errno.EADDRINUSE)
)
"""What the system says where it has no more descriptors, memory or ports for us."""


@dataclass(slots=True)
class Address:
    """Where to connect to, resolved before anything is timed: what `socket.socket` and `connect` take.

    And what its connections have found of how it closes them.
    """

    family: int
    address: tuple[str | int, ...]
    name: str
    """The host's name, for TLS."""
    stamps: bool = True
    """Whether the kernel is asked to stamp what it receives."""
    closes: bool = False
    """Whether it closes behind an answer without having said so: then a connection is looked at before it is used."""
    keeps: bool = False
    """Whether a connection was ever good for more than two requests. Who closes and never keeps gets one on each."""


def not_connected(number: int | None) -> Failure:
    """Why a connection was not made, by the system's number: for a lack of ours, or the other side did not want it."""
    return Failure.CLIENT_EXHAUSTED if number in LACKS else Failure.REFUSED
