"""COCO's compressed run lengths, written here so that no other room's reader of them is its own witness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def encode(mask: NDArray[np.bool_]) -> dict[str, object]:
    """`{"size": [height, width], "counts": text}` of a mask (height x width).

    Runs go down the columns and alternate, zeros first. From the fourth run on, the difference to the run
    two before is written; each number goes out in groups of five bits, low ones first, with a bit for "more
    follows", from "0" on.
    """
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate(([0], changes, [flat.size]))
    runs = np.diff(bounds).tolist()
    if flat.size and flat[0]:
        runs.insert(0, 0)
    counts = bytearray()
    for index, run in enumerate(runs):
        _write(counts, run - runs[index - 2] if index > 2 else run)
    return {"size": [int(mask.shape[0]), int(mask.shape[1])], "counts": counts.decode("ascii")}


def _write(counts: bytearray, number: int) -> None:
    while True:
        bits = number & 0x1F
        number >>= 5
        more = number != -1 if bits & 0x10 else number != 0
        counts.append((bits | 0x20 if more else bits) + 48)
        if not more:
            return
