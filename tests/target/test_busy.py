"""When a target that cannot answer just now is asked again."""

from __future__ import annotations

import pytest

from assay.contract.message import Request, Response
from assay.record.model import Exchange
from assay.target.busy import busy_for


@pytest.mark.parametrize(
    ("status", "told", "pause"),
    [
        (429, None, 1), (429, "7", 7), (429, "0", 0), (429, "soon", 1), (429, "Wed, 21 Oct 2026 07:28:00 GMT", 1),
        (429, "\xb2", 1), (429, "-5", 1), (503, "3", 3), (503, None, None), (503, "", None), (502, "3", None),
        (200, "3", None), (500, "3", None), (404, None, None),
    ],
)  # fmt: skip
def test_a_busy_target_says_when_to_come_again(status: int, told: str | None, pause: float | None) -> None:
    headers = () if told is None else (("Retry-After", told),)
    asked = Request(operation="service.info", method="GET", path="/info")

    assert busy_for(Exchange("x1", asked, Response(status, headers, b""), None, 0.0, 0.1)) == pause
