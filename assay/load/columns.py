"""What is kept of each request: numbers in columns, 68 bytes a row, written to files as they are.

Times are ns of our clock (`clock.now`), 0 where something did not happen. The rows of a long run are written in parts:
memory stays bounded, and a run that is killed keeps the parts before.
"""

from __future__ import annotations

import threading
from array import array
from enum import IntEnum
from pathlib import Path
from typing import Final

PART: Final = 1 << 18
"""Rows that are held in memory before they are written: 17 MB."""


class Failure(IntEnum):
    """Why a request counts for nothing: the first that applies. Its time is in no distribution of latencies."""

    NONE = 0
    REFUSED = 1  # no connection: nobody listens, or the address cannot be reached
    CONNECT_TIMEOUT = 2
    TLS = 3  # the certificate is not trusted, or the other side speaks no TLS
    CLOSED_IDLE = 4  # a kept connection was closed by the server before a byte of the answer came
    RESET = 5
    SHORT_BODY = 6  # the connection ended within the answer
    TIMEOUT = 7
    NOT_HTTP = 8
    CLIENT_ERROR = 9  # status 4xx but 429, and 3xx: redirects are not followed
    TOO_MANY = 10  # status 429
    SERVER_ERROR = 11  # status 5xx
    UNEXPECTED = 12  # another body than the same request alone is answered with: found when the load is over
    UNFINISHED = 13  # under way when the run was cut short


COLUMNS: Final = {
    "intended": "q",  # when it was to be sent; with a closed loop, when it was
    "sent": "q",  # just before the first byte was given to the kernel
    "first": "q",  # when the first segment of the answer was received
    "last": "q",  # when the last was
    "read": "q",  # when we had read it: what lies between is our own delay
    "uploaded": "I",  # µs from `sent` until the kernel had the last byte of the request
    "connected": "I",  # µs that a new connection took, TLS included; 0 where one was kept
    "stated": "i",  # µs that the server says it took; -1 where it does not say
    "size": "I",  # bytes of the answer's body
    "digest": "I",  # CRC-32 of it
    "request": "I",  # which of the prepared requests
    "status": "H",  # 0 where no answer came
    "failure": "B",
    "cold": "B",  # 1 where the server says that it had to load the model
}
"""Each column with its type, as `array` calls it."""


class Columns:
    """The rows of one worker in one phase."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        self._parts = 0
        self._writing: threading.Thread | None = None
        self._failed: OSError | None = None
        self._begin()

    def _begin(self) -> None:
        self._arrays = {name: array(kind) for name, kind in COLUMNS.items()}
        self._appends = [column.append for column in self._arrays.values()]
        self._rows = self._arrays["intended"].__len__

    def __len__(self) -> int:
        return self._written + self._rows()

    def add(self, *values: int) -> None:
        """Add a row: the values in the order of COLUMNS. Raises OSError where an earlier part could not be written."""
        for append, value in zip(self._appends, values):
            append(value)
        if self._rows() >= PART:
            self._write_part()

    def since(self, row: int, column: str) -> array[int]:
        """A column from a row on, as far as it is still in memory."""
        return self._arrays[column][max(row - self._written, 0) :]

    def close(self) -> None:
        """Write what is left. Raises OSError where anything could not be written."""
        if self._rows():
            self._write_part()
        self._finish_writing()

    def _write_part(self) -> None:
        """Write what is in memory, in a thread: the load goes on meanwhile, on columns that begin anew."""
        self._finish_writing()
        arrays, number = self._arrays, self._parts
        self._written += self._rows()
        self._parts += 1
        self._begin()
        self._writing = threading.Thread(target=self._to_files, args=(arrays, number), name="columns")
        self._writing.start()

    def _to_files(self, arrays: dict[str, array[int]], number: int) -> None:
        try:
            for name, column in arrays.items():
                with part_of(self._folder, name, number).open("wb") as file:
                    column.tofile(file)
        except OSError as error:
            self._failed = error

    def _finish_writing(self) -> None:
        if self._writing is not None:
            self._writing.join()
            self._writing = None
        if self._failed is not None:
            raise self._failed


def part_of(folder: Path, column: str, number: int) -> Path:
    """Where a part of a column lies."""
    return folder / f"{column}.{number:04d}"
