"""What the plain request of each operation tells of it."""

from __future__ import annotations

import pytest

from assay.contract.message import Request, Response
from assay.plugin.smoke import Smoke
from assay.record.model import Exchange

REQUEST = Request("one", "POST", "/one")


def exchange(seconds: float, status: int = 200, **headers: str) -> Exchange:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange("x1", REQUEST, Response(status, told, b"{}"), None, 0.0, seconds)


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("9.4", 0.1), ("12", 0.0), ("a while", 9.5), ("nan", 9.5), ("-1", 9.5), ("9" * 400, 9.5)],
)
def test_loading_the_model_is_no_part_of_how_long_a_request_takes(stated: str, seconds: float) -> None:
    smoke = Smoke({"one": exchange(9.5, x_model_load_time=stated)})

    assert smoke.seconds("one") == pytest.approx(seconds)


def test_an_operation_that_does_not_answer_takes_no_time() -> None:
    broken = Exchange("x1", REQUEST, None, ("timeout", "nothing came"), 0.0, 120.0)

    smoke = Smoke({"refused": exchange(30, status=503), "broken": broken, "one": exchange(0.2)})

    assert [smoke.seconds(name) for name in ("refused", "broken", "one", "unknown")] == [0, 0, 0.2, 0]
