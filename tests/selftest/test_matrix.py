"""The rules see: of the derived faults that break a promise, one of each kind is noticed, in each family."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from assay.plugin.options import CheckOptions
from assay.selftest.choosing import Wish
from assay.selftest.result import Fate
from assay.selftest.running import SelfTest, run_self_test

FAULTS = tuple(
    f"{operation}[/?]*"
    for operation in (
        "hosted.object-detection",
        "hosted.semantic-segmentation",
        "sam2.segment",
        "owlv2.infer",
        "florence2.infer",
    )
)
"""Those of one operation of each family: all of them take too long."""
SURVIVORS: Mapping[str, str] = {"florence2.infer/response.*/cut": "one letter may be misread"}
"""Derived faults that no rule notices, by pattern, each with the reason why none does."""


@pytest.mark.matrix
def test_derived_faults_are_noticed(tmp_path: Path) -> None:
    wish = Wish(FAULTS, named=False, sample=1)
    test = SelfTest(wish, CheckOptions("reference"), workers=2, out=tmp_path / "out")

    matrix, _ = run_self_test(test, print, lambda _: None)

    survivors = {result.fault for result in matrix.of(Fate.SURVIVED)}
    assert {name for name in survivors if not any(fnmatchcase(name, pattern) for pattern in SURVIVORS)} == set()
    assert [result.fault for result in matrix.of(Fate.UNDECIDED)] == []
    assert [result.crashes for result in matrix.results if result.crashes] == []
    assert len(matrix.of(Fate.KILLED)) > 150
