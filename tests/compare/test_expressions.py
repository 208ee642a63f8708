"""What can be said with --fail-on, and what is said back where it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.compare.expressions import Bounded, Gate, NoNew, Tolerated, parse
from assay.errors import UsageProblem


@pytest.mark.parametrize(
    ("text", "gate"),
    [
        ("p99 +5%", Tolerated("p99 +5%", "response.p99", 0.05)),
        ("  p99   +5 %", Tolerated("p99 +5 %", "response.p99", 0.05)),
        ("p(99)+5%", Tolerated("p(99)+5%", "response.p99", 0.05)),
        ("median +0.5%", Tolerated("median +0.5%", "response.p50", 0.005)),
        ("server.p50 +10%", Tolerated("server.p50 +10%", "server.p50", 0.10)),
        ("energy +5%", Tolerated("energy +5%", "energy.per-inference", 0.05)),
        ("energy.per-inference +5%", Tolerated("energy.per-inference +5%", "energy.per-inference", 0.05)),
        ("rate -3%", Tolerated("rate -3%", "rate", -0.03)),
        ("images.rate -3%", Tolerated("images.rate -3%", "images.rate", -0.03)),
        ("p99.9 +200%", Tolerated("p99.9 +200%", "response.p99.9", 2.0)),
        ("errors < 0.1%", Bounded("errors < 0.1%", "errors", True, True, 0.001)),
        ("errors<=0", Bounded("errors<=0", "errors", True, False, 0.0)),
        ("errors < 0.001", Bounded("errors < 0.001", "errors", True, True, 0.001)),
        ("p99 <= 100 ms", Bounded("p99 <= 100 ms", "response.p99", True, False, 100.0)),
        ("p99 <= 100", Bounded("p99 <= 100", "response.p99", True, False, 100.0)),
        ("p(99)<0.1s", Bounded("p(99)<0.1s", "response.p99", True, True, 100.0)),
        ("queueing.p99 < 500 us", Bounded("queueing.p99 < 500 us", "queueing.p99", True, True, 0.5)),
        ("first-byte.p99 <= 0.1 s", Bounded("first-byte.p99 <= 0.1 s", "first-byte.p99", True, False, 100.0)),
        ("rate >= 250/s", Bounded("rate >= 250/s", "rate", False, False, 250.0)),
        ("throughput > 250 rps", Bounded("throughput > 250 rps", "rate", False, True, 250.0)),
        ("cost <= 0.2 USD", Bounded("cost <= 0.2 USD", "cost.per-1000", True, False, 0.2)),
        ("energy.idle < 50 mJ", Bounded("energy.idle < 50 mJ", "energy.idle", True, True, 0.05)),
        ("energy < 50 mJ", Bounded("energy < 50 mJ", "energy.per-inference", True, True, 0.05)),
        ("newly-failing", NoNew("newly-failing")),
        ("Newly untested", NoNew("newly-untested")),
    ],
)
def test_what_a_gate_says(text: str, gate: Gate) -> None:
    parsed = parse(text)

    assert parsed == pytest.approx(gate) if isinstance(gate, NoNew) else parsed.text == gate.text
    if not isinstance(gate, NoNew):
        assert type(parsed) is type(gate)
        assert parsed.figure == gate.figure
        number = gate.by if isinstance(gate, Tolerated) else gate.limit
        assert (parsed.by if isinstance(parsed, Tolerated) else parsed.limit) == pytest.approx(number)
    if isinstance(gate, Bounded):
        assert isinstance(parsed, Bounded)
        assert (parsed.below, parsed.strictly) == (gate.below, gate.strictly)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no figure"),
        ("p99", "names no figure"),
        ("slower", "names no figure"),
        ("p99 +5", "said in per cent"),
        ("p99 +5 ms", "names no figure"),
        ("p99 +a%", "names no figure"),
        ("p99 +1.2.3%", "1.2.3 is no number"),
        ("p99 -5%", 'is an improvement; the worst that is accepted is said, as in "p99 +5%"'),
        ("rate +3%", 'as in "rate -3%"'),
        ("rate -100%", "nothing falls by 100%"),
        ("errors +5%", "has a bound of its own"),
        ("errors < 5", "said in per cent"),
        ("errors < 5 ms", "ms is no unit of errors; it is said in a share, such as 0.1%"),
        ("p99 <= 100 /s", "/s is no unit of response.p99; it is said in ms or s"),
        ("rate >= 100 ms", "ms is no unit of rate; it is said in requests a second"),
        ("p99 >= 100 ms", "asks for a bad response.p99"),
        ("rate <= 100", "asks for a bad rate"),
        ("p99 = 100 ms", "never exactly a number"),
        ("p99 == 100 ms", "never exactly a number"),
        ("p$$ < 3", "no name of a figure"),
    ],
)  # fmt: skip
def test_a_gate_that_says_nothing_gets_one_sentence(text: str, why: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        parse(text)

    said = str(refused.value)
    assert why in said
    assert said.startswith(f'--fail-on "{text}"')
    assert '"p99 +5%"' in said
    assert "\n" not in said


@given(st.text() | st.from_regex(r"[a-z0-9.()]{1,6} ?[-+<>=]{1,2} ?[0-9.]{1,4} ?(%|ms|/s)?", fullmatch=True))
def test_anything_is_a_gate_or_a_sentence(text: str) -> None:
    try:
        parsed = parse(text)
    except UsageProblem:
        return
    assert parse(parsed.text) == parsed
