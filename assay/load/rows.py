"""The rows of a measurement as numpy columns: read from the workers' files, kept in one file that others can read."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assay.load.columns import COLUMNS, Failure

TYPES = {"q": np.int64, "I": np.uint32, "i": np.int32, "H": np.uint16, "B": np.uint8}
MOST_JOINED = 1 << 20
"""Rows of several workers that are joined in memory; more of them are joined in a file without a name."""
Column = NDArray[Any]
Mask = NDArray[np.bool_]


class Rows:
    """Columns of one length, by the names in `columns.COLUMNS`; what they mean stands there."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = dict(columns)

    def __len__(self) -> int:
        return len(self._columns["intended"])

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def where(self, mask: Mask) -> Rows:
        """Those rows for which the mask holds."""
        return Rows({name: column[mask] for name, column in self._columns.items()})

    def parts(self, most: int) -> Iterator[Rows]:
        """All rows in their order, at most so many at a time."""
        for start in range(0, max(len(self), 1), most):
            yield Rows({name: column[start : start + most] for name, column in self._columns.items()})

    def thinned(self, most: int) -> Rows:
        """Every n-th row, so that there are at most so many."""
        step = -(-len(self) // most)
        return self if step <= 1 else Rows({name: column[::step].copy() for name, column in self._columns.items()})

    @property
    def good(self) -> Rows:
        """Those that were answered well: the others are in no distribution of latencies."""
        return self.where(self["failure"] == Failure.NONE)

    @property
    def from_sending(self) -> Rows:
        """Those that were sent, as if each had been due when it was."""
        sent = self.where(self["sent"] > 0)
        return Rows({**sent._columns, "intended": sent["sent"]})

    def due(self, since: int, until: int) -> Rows:
        """Those that were to be sent from one time to another, ns of our clock."""
        return self.where((self["intended"] >= since) & (self["intended"] < until))

    @classmethod
    def none(cls) -> Self:
        """No rows."""
        return cls({name: np.zeros(0, TYPES[kind]) for name, kind in COLUMNS.items()})

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """What a worker wrote; what a killed one wrote in part of the columns only is left out."""
        files = {name: folder / name for name in COLUMNS}
        count = min(
            file.stat().st_size // np.dtype(TYPES[COLUMNS[name]]).itemsize if file.exists() else 0
            for name, file in files.items()
        )
        if not count:
            return cls.none()
        return cls({n: np.memmap(file, TYPES[COLUMNS[n]], "c", shape=(count,)) for n, file in files.items()})

    @classmethod
    def joined(cls, parts: Iterable[Rows]) -> Rows:
        """The rows of several."""
        some = [part for part in parts if len(part)]
        if len(some) <= 1:
            return some[0] if some else cls.none()
        if sum(map(len, some)) <= MOST_JOINED:
            return cls({name: np.concatenate([part[name] for part in some]) for name in COLUMNS})
        return cls({name: _on_disk([part[name] for part in some], TYPES[kind]) for name, kind in COLUMNS.items()})

    def to_bytes(self) -> bytes:
        """A file of numpy's (.npz), compressed. Times in it are ns from the first request, so that it tells no date."""
        start = int(self["intended"].min()) if len(self) else 0
        times = ("intended", "sent", "first", "last", "read")
        shown = {
            name: np.where(column == 0, -1, column - start) if name in times else column
            for name, column in self._columns.items()
        }
        file = io.BytesIO()
        np.savez_compressed(file, allow_pickle=False, **shown)
        return file.getvalue()

    @classmethod
    def of_bytes(cls, content: bytes) -> Self:
        """What `to_bytes` made. Times are ns from the first request, -1 for what did not happen. Raises ValueError."""
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            missing = set(COLUMNS) - set(file.files)
            if missing:
                raise ValueError(f"the file of timings lacks {', '.join(sorted(missing))}")
            return cls({name: file[name] for name in COLUMNS})


def _on_disk(parts: Sequence[Column], kind: Any) -> Column:
    """The parts of a column one after the other, in a file of which memory holds only what is looked at."""
    with tempfile.TemporaryFile() as file:
        for part in parts:
            part.astype(kind, copy=False).tofile(file)
        file.flush()
        return np.memmap(file, kind, "c", shape=(sum(map(len, parts)),))
