"""Mixes: several workloads in one load, as much of each as is said, as real traffic has them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, TypeVar

import numpy as np

from assay.bench.workload import Workload, workloads
from assay.contract.sentences import count
from assay.errors import UsageProblem
from assay.load.figures import MS
from assay.load.rows import Rows

ROUND: Final = 240
"""Requests of one round, in which each workload has its share, as near as whole requests come."""
FORM: Final = "write it as in 'sam2.*=1,hosted.*=3'"
_PART = re.compile(r"\s*([^=\s]+)\s*=\s*(\d+(?:\.\d+)?)\s*")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mix:
    """Workloads with the share that each has of the requests; those of one pattern share its part evenly."""

    said: str
    parts: tuple[tuple[Workload, float], ...]

    @property
    def id(self) -> str:
        """What it is called in the record."""
        return f"mix/{self.said}"

    @property
    def sentence(self) -> str:
        """What it is, for a reader."""
        return f"{count(len(self.parts), 'workload')} in one load, by the shares that its name tells."

    @property
    def operations(self) -> list[str]:
        """All that it asks."""
        return list(dict.fromkeys(workload.operation for workload, _ in self.parts))

    def of(self, offered: Callable[[Workload], bool]) -> Mix:
        """What is left of it where not all is offered; those that are left of a pattern share its part."""
        return _shared(self.said, offered)


def mix(said: str) -> Mix:
    """Read one. Raises UsageProblem for another form, and for a pattern that no workload matches."""
    return _shared(said, lambda _: True)


def _shared(said: str, offered: Callable[[Workload], bool]) -> Mix:
    shares: dict[str, float] = {}
    for word in said.split(","):
        found = _PART.fullmatch(word)
        if found is None or float(found[2]) <= 0:
            raise UsageProblem(f"--mix {said}: {word.strip()!r} is no part of a mix; {FORM}")
        matching = [each for each in workloads().values() if fnmatchcase(each.id, found[1]) and not each.fresh]
        if not matching:
            raise UsageProblem(f"--mix {said}: no workload that repeats its pictures matches {found[1]!r}")
        left = [each for each in matching if offered(each)]
        for each in left:
            shares[each.id] = shares.get(each.id, 0.0) + float(found[2]) / len(left)
    whole = sum(shares.values())
    return Mix(said.replace(" ", ""), tuple((workloads()[name], share / whole) for name, share in shares.items()))


def round_of(parts: Sequence[tuple[Sequence[T], float]]) -> list[T]:
    """One round: of each part so many as its share is, one at least, its own again and again."""
    size = max(ROUND, 4 * len(parts))
    return [own[number % len(own)] for own, share in parts for number in range(max(round(share * size), 1))]


def digest_of(digests: Sequence[tuple[str, float]]) -> str:
    """What tells one mix from another: 32 hex digits."""
    return hashlib.sha256(repr([(each, round(share, 6)) for each, share in digests]).encode()).hexdigest()[:32]


def told(rows: Rows, names: Sequence[str]) -> list[str]:
    """A sentence for each workload of a mix, by its own requests; `names` is whose each request is."""
    whose = np.array(names)[rows["request"]] if len(rows) else np.array([])
    said = []
    for name in dict.fromkeys(names):
        own = rows.where(whose == name)
        good = own.good
        taken = (good["last"] - good["intended"]) / MS
        latencies = (
            f", p50 {np.quantile(taken, 0.5):.4g} ms, p99 {np.quantile(taken, 0.99):.4g} ms" if len(good) else ""
        )
        failed = f", {len(own) - len(good)} failed" if len(own) > len(good) else ""
        said.append(f"{name}: {len(own) / max(len(rows), 1):.0%}, {count(len(own), 'request')}{latencies}{failed}")
    return said
