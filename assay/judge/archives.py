"""NumPy archives (.npz) read from an answer: no pickles, and no more memory than an answer can be worth."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LARGEST = 2**29
"""Bytes of all arrays together: a few masks of the largest picture that anybody sends."""


def read_archive(content: bytes) -> dict[str, Array]:
    """The arrays of an archive by their names. Raises ValueError where it is none, or larger than `LARGEST`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if sum(member.file_size for member in members) > LARGEST:
                raise ValueError(f"the arrays are larger than {LARGEST} bytes")
            return {member.filename.removesuffix(".npy"): _array(packed.read(member)) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, MemoryError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _array(content: bytes) -> Array:
    return np.asarray(np.lib.format.read_array(io.BytesIO(content), allow_pickle=False))
