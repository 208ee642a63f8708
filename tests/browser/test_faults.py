"""The first screen of a faulty server's report names the root, what the document says, and how to see it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from assay.faults import FAULTS
from assay.faults.proxy import create_proxy
from assay.record import KEY_VARIABLE
from assay.reference import embedded
from assay.selftest import operations_to_ask, rules_to_judge
from assay.serving import running

from ..plugin.conftest import Checking, checking
from .conftest import Opened

__all__ = ["checking"]

TEN = (
    "boxes-shifted", "class-called-label", "classes-ignored", "drawing-empty", "keypoints-from-box", "masks-missing",
    "last-prompt-lost", "example-class-called-cls", "response-as-text", "class-mask-transposed",
)  # fmt: skip


@pytest.mark.parametrize("name", TEN)
def test_the_first_screen_tells_all_of_a_fault(
    name: str, checking: Checking, tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, embedded.KEY)
    fault = FAULTS[name]
    with embedded.deployment() as upstream, running(create_proxy(upstream, fault)) as url:
        asked = {"only": rules_to_judge(fault), "operations": operations_to_ask(fault), "examples": 2}
        found = checking(url, models=embedded.MODELS, out=tmp_path / "run", **asked)

    page = opened(found.run)

    first = page.locator(".foremost")
    for part in (first, first.locator("pre.curl").first):
        expect(part).to_be_in_viewport(ratio=1)
    told = first.inner_text()
    assert first.locator("a code").inner_text() in fault.breaks
    assert "curl -sS" in told
    assert first.locator(".says a").count() == 1, "the document is named"
    assert first.locator("dl").count() == 1, "the place in the answer, or what was expected there"
