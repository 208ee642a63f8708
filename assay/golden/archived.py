"""Arrays of an answer (.npz) as a file that is small, and changes only where an array does."""

from __future__ import annotations

import io

import numpy as np

from assay.judge.archives import Array, read_archive


def packed(content: bytes, before: bytes | None = None) -> bytes:
    """The same arrays under the same names, packed. Where those of `before` are the same, that; what is none, as it is.

    Packers differ from version to version in how they write the same arrays.
    """
    arrays = _read(content)
    if arrays is None:
        return content
    if before is not None and _same(arrays, _read(before)):
        return before
    file = io.BytesIO()
    np.savez_compressed(file, **{name: arrays[name] for name in sorted(arrays)})  # type: ignore[arg-type]
    return file.getvalue()


def _read(content: bytes) -> dict[str, Array] | None:
    try:
        return read_archive(content)
    except ValueError:
        return None


def _same(arrays: dict[str, Array], others: dict[str, Array] | None) -> bool:
    return (
        others is not None
        and arrays.keys() == others.keys()
        and all(_alike(array, others[name]) for name, array in arrays.items())
    )


def _alike(one: Array, other: Array) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
