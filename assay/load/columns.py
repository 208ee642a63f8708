"""What is kept of each request: numbers in columns, 68 bytes a row, each column a file of them as they are.

Times are ns of our clock (`clock.now`), 0 where something did not happen. Rows are appended every window: memory stays
bounded, and what a process wrote before it was killed is whole, but for the last row of some columns.
"""

from __future__ import annotations

import threading
from array import array
from enum import IntEnum
from io import FileIO
from pathlib import Path
from typing import Final

MOST_HELD: Final = 1 << 16
"""Rows that are held in memory at most before they are written: 4 MB."""


class Failure(IntEnum):
    """Why a request counts for nothing: the first that applies. Its time is in no distribution of latencies."""

    NONE = 0
    REFUSED = 1  # no connection: nobody listens, or the address cannot be reached
    CONNECT_TIMEOUT = 2
    TLS = 3  # the certificate is not trusted, or the other side speaks no TLS
    CLOSED_IDLE = 4  # the server had closed a kept connection before the request could have reached it
    RESET = 5  # the connection ended before a byte of the answer came
    SHORT_BODY = 6  # the connection ended within the answer
    TIMEOUT = 7
    NOT_HTTP = 8  # or more than one answer, another protocol (status 101), or a head without an end
    CLIENT_ERROR = 9  # status 4xx but 429, and 3xx: redirects are not followed
    TOO_MANY = 10  # status 429
    SERVER_ERROR = 11  # status 5xx
    UNEXPECTED = 12  # another body than the same request alone is answered with: found when the load is over
    UNFINISHED = 13  # under way, or still waiting for a connection, when the run was cut short
    CLIENT_EXHAUSTED = 14  # no connection for a lack of our own: of descriptors, of ports or of memory


COLUMNS: Final = {
    "intended": "q",  # when it was to be sent; with a closed loop, when it was
    "sent": "q",  # just before the first byte was given to the kernel
    "first": "q",  # when the first segment of the answer was received, not of what only announced it (1xx)
    "last": "q",  # when the last was
    "read": "q",  # when we had read it: what lies between is our own delay
    "uploaded": "I",  # µs from `sent` until the kernel had the last byte of the request
    "connected": "I",  # µs that a new connection took, TLS included; 0 where one was kept
    "stated": "i",  # µs that the server says it took; -1 where it does not say
    "size": "I",  # bytes of the answer's body
    "digest": "I",  # CRC-32 of it
    "request": "I",  # which of the prepared requests
    "status": "H",  # 0 where no head of an answer came
    "failure": "B",
    "cold": "B",  # 1 where the server says that it had to load the model
}
"""Each column with its type, as `array` calls it."""


class Columns:
    """The rows of one worker in one phase, in a file of each column's name. Raises OSError where none can be made."""

    def __init__(self, folder: Path) -> None:
        self._files: list[FileIO] = [FileIO(folder / name, "ab") for name in COLUMNS]
        self._before = 0
        self._writing: threading.Thread | None = None
        self._failed: OSError | None = None
        self._begin()

    def _begin(self) -> None:
        self._arrays = [array(kind) for kind in COLUMNS.values()]
        self._appends = tuple(column.append for column in self._arrays)
        self._held = self._arrays[0].__len__

    def __len__(self) -> int:
        return self._before + self._held()

    def add(self, *values: int) -> None:
        """Add a row: the values in the order of COLUMNS. Raises OSError where earlier ones could not be written."""
        into, of = self._appends, values  # one by one: a loop over both takes twice as long
        into[0](of[0]), into[1](of[1]), into[2](of[2]), into[3](of[3]), into[4](of[4])
        into[5](of[5]), into[6](of[6]), into[7](of[7]), into[8](of[8]), into[9](of[9])
        into[10](of[10]), into[11](of[11]), into[12](of[12]), into[13](of[13])
        if self._held() >= MOST_HELD:
            self._finish_writing()
            self.flush()

    def flush(self) -> None:
        """Write what is held, in a thread: the load goes on meanwhile, on columns that begin anew.

        Does nothing while an earlier writing still goes on. Raises OSError where that failed.
        """
        if not self._held() or (self._writing is not None and self._writing.is_alive()):
            return
        self._finish_writing()
        arrays = self._arrays
        self._before += self._held()
        self._begin()
        self._writing = threading.Thread(target=self._write, args=(arrays,), name="columns")
        self._writing.start()

    def close(self) -> None:
        """Write what is left. Raises OSError where anything could not be written."""
        try:
            self._finish_writing()
            self.flush()
            self._finish_writing()
        finally:
            for file in self._files:
                file.close()

    def _write(self, arrays: list[array[int]]) -> None:
        try:
            for file, column in zip(self._files, arrays):
                rest = memoryview(column).cast("B")
                while rest:
                    rest = rest[file.write(rest) :]
        except OSError as error:
            self._failed = error

    def _finish_writing(self) -> None:
        if self._writing is not None:
            self._writing.join()
            self._writing = None
        if self._failed is not None:
            raise self._failed
