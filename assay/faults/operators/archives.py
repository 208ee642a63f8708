"""Operators on SAM2's binary answers: NumPy archives of logits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from assay.contract.message import Request, Response
from assay.faults.model import ResponseOperator

Arrays = dict[str, npt.NDArray[Any]]


def change_archive(change: Callable[[Arrays], Mapping[str, npt.NDArray[Any]]]) -> ResponseOperator:
    """Put `change(arrays by name)` in the place of an archive; what is none passes."""

    def apply(request: Request, response: Response) -> Response:
        if not response.body.startswith(b"PK"):
            return response
        try:
            with np.load(io.BytesIO(response.body), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive}
        except (ValueError, OSError, zipfile.BadZipFile):
            return response
        changed = io.BytesIO()
        np.savez(changed, **change(arrays))  # type: ignore[arg-type]
        return response.replace(body=changed.getvalue())

    return apply


def change_masks(change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> ResponseOperator:
    """Put `change(masks)` in the place of the array `masks`: masks x height x width."""
    return change_archive(lambda arrays: {**arrays, "masks": change(arrays["masks"])} if "masks" in arrays else arrays)


def change_small_masks(change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> ResponseOperator:
    """Put `change(masks)` in the place of the array `low_res_masks`: masks x 256 x 256."""
    name = "low_res_masks"
    return change_archive(lambda arrays: {**arrays, name: change(arrays[name])} if name in arrays else arrays)


def under_other_name(arrays: Arrays) -> Arrays:
    """The array `masks`, called `logits`."""
    return {"logits" if name == "masks" else name: array for name, array in arrays.items()}
