"""A plugin for pytest that has measurements believed, or doubted: how fast this machine is, is not what is tested."""

from __future__ import annotations

import os
from typing import Any

import pytest

from assay.load.calibration import Calibration
from assay.load.figures import ErrorBound
from assay.load.validity import Doubt, Validity


def _judged(*_: Any, **__: Any) -> Validity:
    doubt = os.environ.get("TEST_DOUBTS")
    return Validity((Doubt("test", doubt),) if doubt else (), ())


def _calibrated() -> Calibration:
    return Calibration(ErrorBound(0.1, 0.2, True), 400, 0.0, 0.1, 0.2, 5000.0)


_patch = pytest.MonkeyPatch()
_patch.setattr("assay.load.scenarios.validity_of", _judged)
_patch.setattr("assay.bench.running.calibrate", _calibrated)
