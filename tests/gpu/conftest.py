"""What is here needs torch and transformers, which Assay never does: it is collected only when it is asked for.

Asked for means: the command names this folder or something in it, or ASSAY_GPU is set. Where torch is missing then,
the tests fail and say so. `units` is always collected: it needs no torch.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ..asked import left_out

HERE = Path(__file__).resolve().parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out what needs torch unless it was asked for."""
    return left_out(collection_path, config, HERE, "ASSAY_GPU")
