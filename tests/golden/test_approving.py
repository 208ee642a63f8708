"""Approving: what came in a check becomes golden by somebody's word, over what it was compared with alone."""

from __future__ import annotations

import pytest

from assay.errors import Exit, UsageProblem
from assay.golden.approving import approve
from assay.golden.asking import CANDIDATES
from assay.golden.bundle import Bundle

from .conftest import Checking, behind
from .test_checking import DETECTION, TRIO, outcomes


def test_what_came_is_kept_and_approved(url: str, bundle: Bundle, checking: Checking) -> None:
    with behind(url, "boxes-shifted") as broken:
        first = checking(broken, bundle.folder, only=DETECTION)
        kept = Bundle(first.run.folder / CANDIDATES).identifiers()
        told = list(approve(first.run.folder, cases=(), everything=True, by="Grace"))
        again = checking(broken, bundle.folder, only=DETECTION, out="again")
    back = checking(url, bundle.folder, only=DETECTION, out="back")

    assert kept
    assert sum(line.startswith("changed") for line in told) == len(kept)
    assert again.exit_code == Exit.OK
    assert back.exit_code == Exit.DIFFERENT, "it is the broken one that is golden now"
    approved = Bundle(bundle.folder).about.approved
    assert [each["by"] for each in approved] == ["Grace"]
    assert approved[0]["cases"] == kept


def test_one_case_is_approved_alone(url: str, bundle: Bundle, checking: Checking) -> None:
    with behind(url, "boxes-shifted") as broken:
        first = checking(broken, bundle.folder, only=DETECTION)
        list(approve(first.run.folder, cases=(TRIO,), everything=False, by="Grace"))
        again = checking(broken, bundle.folder, only=DETECTION, out="again")

    assert outcomes(again.run, "golden.says-the-same")[TRIO] == "pass"
    assert "fail" in outcomes(again.run, "golden.says-the-same").values()


def test_what_was_never_compared_is_not_overwritten(url: str, bundle: Bundle, checking: Checking) -> None:
    with behind(url, "boxes-shifted") as shifted, behind(url, "best-prediction-lost") as fewer:
        early = checking(shifted, bundle.folder, only=(TRIO,))
        late = checking(fewer, bundle.folder, only=(TRIO,), out="late")
    list(approve(late.run.folder, cases=(TRIO,), everything=False))
    approved = Bundle(bundle.folder).read(TRIO).answer.body

    with pytest.raises(UsageProblem, match=f"{TRIO}: the golden answer .* is another one"):
        approve(early.run.folder, cases=(), everything=True)
    assert Bundle(bundle.folder).read(TRIO).answer.body == approved
    assert next(approve(late.run.folder, cases=(TRIO,), everything=False)).split() == ["same", TRIO]


def test_nothing_is_approved_without_a_word(url: str, bundle: Bundle, checking: Checking) -> None:
    found = checking(url, bundle.folder, only=(TRIO,))

    with pytest.raises(UsageProblem, match="nothing came that differs"):
        approve(found.run.folder, cases=(), everything=True)
    with pytest.raises(UsageProblem, match="say what is approved"):
        approve(found.run.folder, cases=(), everything=False)
