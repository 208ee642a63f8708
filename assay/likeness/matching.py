"""Matching the things of two answers one to one: as good as can be, and the same whatever order they come in.

Candidates are pairs with a gain above 0. What has no candidate stays alone; what hangs together is solved by itself, so
that hundreds of boxes take milliseconds, and hundreds of boxes in one place a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Gains = npt.NDArray[np.float64]
Boxes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of indices, ascending by the first, and the indices that stay alone on each side."""

    pairs: tuple[tuple[int, int], ...]
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]


def match(gains: Gains) -> Matching:
    """The pairs whose gains (N x M, 0 where two cannot be one) add up to most.

    Deterministic for given gains. That the order of the answers decides nothing between equal gains is up to the
    caller: who sorts both sides by what they say gets the same pairs in any order.
    """
    rows, columns = gains.shape
    pairs: list[tuple[int, int]] = []
    for own, others in _components(gains > 0):
        pairs += [(own[i], others[j]) for i, j in _assigned(gains[np.ix_(own, others)]) if gains[own[i], others[j]] > 0]
    pairs.sort()
    first, second = {i for i, _ in pairs}, {j for _, j in pairs}
    return Matching(
        tuple(pairs),
        tuple(i for i in range(rows) if i not in first),
        tuple(j for j in range(columns) if j not in second),
    )


def ious(first: Boxes, second: Boxes) -> Gains:
    """IoU of every two boxes (x0, y0, x1, y1 in px; N x 4 and M x 4): N x M, 0 where both are empty."""
    with np.errstate(invalid="ignore", over="ignore"):
        low = np.maximum(first[:, None, :2], second[None, :, :2])
        high = np.minimum(first[:, None, 2:], second[None, :, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=2)
        union = _areas(first)[:, None] + _areas(second)[None, :] - shared
        found = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0))


def edges_apart(first: Boxes, second: Boxes) -> Gains:
    """By how many px the edge that is most off differs, of every two boxes: N x M; infinite for what is no number."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(first[:, None, :] - second[None, :, :]).max(axis=2, initial=0)
    return np.asarray(np.nan_to_num(apart, nan=np.inf, posinf=np.inf))


def order(keys: Sequence[tuple[object, ...]]) -> list[int]:
    """The indices sorted by what things say. What is no number sorts by how it is written."""
    return sorted(range(len(keys)), key=lambda index: [repr(part) for part in keys[index]])


def _areas(boxes: Boxes) -> Gains:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def _components(linked: npt.NDArray[np.bool_]) -> list[tuple[list[int], list[int]]]:
    """The rows and columns that hang together, each group by itself."""
    of_row: dict[int, list[int]] = {}
    of_column: dict[int, list[int]] = {}
    for row, column in zip(*(axis.tolist() for axis in np.nonzero(linked)), strict=True):
        of_row.setdefault(row, []).append(column)
        of_column.setdefault(column, []).append(row)
    groups, seen = [], set[int]()
    for first in of_row:
        if first in seen:
            continue
        rows, columns, waiting = {first}, set[int](), [first]
        while waiting:
            for column in of_row[waiting.pop()]:
                if column not in columns:
                    columns.add(column)
                    waiting += [row for row in of_column[column] if row not in rows]
                    rows.update(of_column[column])
        groups.append((sorted(rows), sorted(columns)))
        seen |= rows
    return groups


def _assigned(gains: Gains) -> list[tuple[int, int]]:
    if gains.shape == (1, 1):
        return [(0, 0)]
    if gains.shape[0] > gains.shape[1]:
        return sorted((i, j) for j, i in _cheapest(-gains.T))
    return _cheapest(-gains)


def _cheapest(costs: Gains) -> list[tuple[int, int]]:
    """The Hungarian method by shortest augmenting paths, with at least as many columns as rows: O(rows² columns)."""
    rows, columns = costs.shape
    of_rows, of_columns = np.zeros(rows), np.zeros(columns + 1)
    owner = np.full(columns + 1, -1)  # the last column is where each search begins
    for row in range(rows):
        owner[columns] = row
        here = columns
        least = np.full(columns, np.inf)
        came_from = np.full(columns, columns)
        done = np.zeros(columns + 1, bool)
        while owner[here] != -1:
            done[here] = True
            reduced = costs[owner[here]] - of_rows[owner[here]] - of_columns[:columns]
            closer = ~done[:columns] & (reduced < least)
            least[closer] = reduced[closer]
            came_from[closer] = here
            open_ones = np.where(done[:columns], np.inf, least)
            step = open_ones.min()
            nearest = np.flatnonzero(open_ones <= step)
            free = nearest[owner[nearest] == -1]  # among equal ones a free one ends the search
            following = int(free[0] if free.size else nearest[0])
            of_rows[owner[done]] += step
            of_columns[done] -= step
            least[~done[:columns]] -= step
            here = following
        while here != columns:
            before = int(came_from[here])
            owner[here] = owner[before]
            here = before
    return sorted((int(owner[j]), j) for j in range(columns) if owner[j] != -1)
