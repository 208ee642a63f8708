"""Embeddings: vectors of which only the direction means something."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assay.judge.boxes import ROUNDING
from assay.likeness.context import Context


def cosine(first: Sequence[float], second: Sequence[float]) -> float:
    """The cosine of the angle between two vectors of one length: 1 for two of zeros, 0 where one alone is.

    Raises ValueError where they have no common length, or hold what is no number.
    """
    one, other = (np.asarray(each, np.float64).ravel() for each in (first, second))
    if one.shape != other.shape:
        raise ValueError(f"one embedding has {one.size} numbers and the other {other.size}")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("an embedding holds what is no number")
    lengths = [float(np.linalg.norm(each)) for each in (one, other)]
    if not all(lengths):
        return 0.0 if any(lengths) else 1.0
    return float(np.clip(one @ other / (lengths[0] * lengths[1]), -1, 1))


def compare(context: Context, first: Sequence[float], second: Sequence[float], places: tuple[str, str]) -> None:
    """Compare two embeddings. No operation answers with one today; those of SAM2 stay on the server."""
    context.ledger.count("embeddings")
    try:
        found = cosine(first, second)
    except ValueError as error:
        context.differ("embedding", places, str(error))
        return
    allowed = context.profile["embeddings.cosine"]
    context.ledger.note("embeddings.cosine", found, allowed, "cosine", places[0], floor=True)
    if not found >= allowed - ROUNDING:
        message = f"the embeddings have a cosine of {found:.6f}, and {allowed:g} is needed"
        context.differ(
            "embedding", places, message, measured=found, allowed=allowed, unit="cosine", tolerance="embeddings.cosine"
        )
