"""The rules see: of the derived faults that break a promise, one of each kind on each operation is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from assay.plugin.options import CheckOptions
from assay.selftest.choosing import Wish
from assay.selftest.result import Fate
from assay.selftest.running import SelfTest, run_self_test

SURVIVORS: Mapping[str, str] = {}
"""Derived faults that no rule notices, by pattern, each with the reason why none does."""


@pytest.mark.thorough
def test_derived_faults_are_noticed(tmp_path: Path) -> None:
    test = SelfTest(Wish(named=False, sample=1), CheckOptions("reference"), workers=2, out=tmp_path / "out")

    matrix, _ = run_self_test(test, print, lambda _: None)

    survivors = {result.fault for result in matrix.of(Fate.SURVIVED)}
    assert {name for name in survivors if not any(fnmatchcase(name, pattern) for pattern in SURVIVORS)} == set()
    assert [result.fault for result in matrix.of(Fate.UNDECIDED)] == []
    assert [result.crashes for result in matrix.results if result.crashes] == []
    assert len(matrix.of(Fate.KILLED)) > 300
