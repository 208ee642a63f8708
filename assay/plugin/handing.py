"""What the process that leads a run hands to those that judge for it: all that was found out before, and a number."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.judge.overheard import Heard
from assay.plugin.knowing import Knowledge
from assay.plugin.options import CheckOptions
from assay.record import Outcome
from assay.target import Policy

LEDGER, PICTURES = "requests", "pictures"
EXCHANGES_EACH = 1_000_000
"""The numbers of exchanges that each process may give: they are told apart by it."""


@dataclass(frozen=True, slots=True)
class Handed:
    """One worker's share. `number` is its own among all that ever judge for the run, from 1.

    `policy` is None for a worker that starts an embedded deployment for itself. `assets` is the address at which the
    leading process serves pictures, None where it serves none, and `no_url` says why the target gets none. `deadline`
    is when the time to ask is over, by `time.monotonic`. In the folder `shared` all count their requests and publish
    their pictures. The key is in it: it goes through a pipe to a process of ours, and is written nowhere.
    """

    number: int
    first_exchange: int
    folder: Path
    options: CheckOptions
    policy: Policy | None = field(repr=False)
    knows: Knowledge
    privacy_parameters: Mapping[str, frozenset[str]]
    privacy_fields: Mapping[str, frozenset[str]]
    assets: str | None
    no_url: str
    deadline: float
    outcomes: tuple[Outcome, ...]
    settled: frozenset[tuple[str, str]]
    shared: Path = field(repr=False)

    def packed(self) -> bytes:
        """As it goes through the pipe."""
        return pickle.dumps(self)

    @staticmethod
    def unpacked(content: bytes) -> Handed:
        """What came out of the pipe from our own process."""
        handed = pickle.loads(content)
        assert isinstance(handed, Handed)
        return handed


@dataclass(frozen=True, slots=True)
class Returned:
    """What a worker has to say in the end, besides the outcomes. `broke` is what went wrong in Assay, and where."""

    gone: bool
    spent: str
    problem: str
    broke: tuple[str, str] | None
    heard: Mapping[str, Heard]
    ordinary: bool

    def packed(self) -> bytes:
        """As it goes through the pipe."""
        return pickle.dumps(self)

    @staticmethod
    def unpacked(content: bytes) -> Returned:
        """What came out of the pipe from our own process."""
        returned = pickle.loads(content)
        assert isinstance(returned, Returned)
        return returned
