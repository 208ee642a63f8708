"""`faster-coco-eval`, which computes COCO's scores as `pycocotools` does, and is no part of a plain installation."""

from __future__ import annotations

import contextlib
import io
from types import ModuleType

from assay.errors import UsageProblem


def loaded() -> ModuleType:
    """The library. Raises UsageProblem where it is not installed."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import faster_coco_eval
    except ImportError:
        raise UsageProblem(
            "--coco: scores are computed by faster-coco-eval, which is not installed here: pip install 'assay[coco]'"
        ) from None
    return faster_coco_eval  # type: ignore[no-any-return]
