"""Gates on comparisons, each with a run that keeps it and one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assay.compare.comparison import compare
from assay.compare.expressions import parse
from assay.compare.gates import CODES, Judgement, State, exit_code, hold
from assay.errors import Exit, UsageProblem
from assay.record import Load, Measurement, Scenario

from .conftest import EMBED, SERVER, Bench, Benching, medians, repetition

STEADY = (20.0, 20.1, 19.9, 20.05, 19.95)
RESTLESS = (20.0, 23.0, 18.0, 26.0, 17.0)
OFFLINE = replace(EMBED, scenario=Scenario.OFFLINE, load=Load("closed", clients=32))


def judged(paths: Sequence[Path], *gates: str) -> tuple[list[Judgement], Exit]:
    comparison = compare(paths)
    found = hold(comparison, [parse(gate) for gate in gates])
    return found, exit_code(comparison, found)


def times(factor: float, values: tuple[float, ...] = STEADY) -> list[Measurement]:
    return medians([value * factor for value in values])


@pytest.mark.parametrize(
    ("factor", "gate", "values", "state"),
    [
        (1.10, "p99 +5%", STEADY, State.SHORT),
        (1.02, "p99 +5%", STEADY, State.HELD),
        (0.50, "p99 +5%", STEADY, State.HELD),
        (1.05, "p99 +5%", RESTLESS, State.UNDECIDED),
        (1.047, "p50 +5%", STEADY, State.UNDECIDED),
        (1.10, "p50 +15%", STEADY, State.HELD),
        (1.00, "p99 <= 41 ms", STEADY, State.HELD),
        (1.00, "p99 <= 0.039 s", STEADY, State.SHORT),
        (1.00, "p99 <= 40.001 ms", STEADY, State.UNDECIDED),
        (1.00, "p99 <= 41 ms", RESTLESS, State.UNDECIDED),
        (1.00, "energy +5%", STEADY, State.NOTHING),
        (1.00, "energy <= 1 J", STEADY, State.NOTHING),
        (1.00, "newly-failing", STEADY, State.NOTHING),
    ],
)  # fmt: skip
def test_latency(several: Benching, factor: float, gate: str, values: tuple[float, ...], state: State) -> None:
    ((found,), ended) = judged([several("a", times(1, values)), several("b", times(factor, values))], gate)

    assert (found.state, ended) == (state, CODES[state]), found.why


@pytest.mark.parametrize(
    ("error_ms", "limit", "state"),
    [
        (0.15, "100 ms", State.UNDECIDED),
        (0.15, "100.15 ms", State.UNDECIDED),
        (0.15, "100.3 ms", State.HELD),
        (0.15, "99.8 ms", State.SHORT),
        (0.0, "100 ms", State.SHORT),
    ],
)
def test_a_bound_is_held_and_broken_by_more_than_the_client_may_be_off(
    bench: Benching, error_ms: float, limit: str, state: State
) -> None:
    one = replace(EMBED, error_ms=error_ms)
    run = [repetition(number, one, response_p99=100.05 + number / 10_000) for number in range(1, 6)]

    ((found,), _) = judged([bench("a", run)], f"p99 <= {limit}")

    assert (found.state, f"±{error_ms:.2g} ms by the client" in found.why) == (state, True)


@pytest.mark.parametrize("gate", ["p50 +5%", "p50 <= 25 ms", "p50 <= 1 ms"])
def test_a_client_of_unknown_error_decides_no_latency(several: Benching, gate: str) -> None:
    unknown = replace(EMBED, error_ms=None)
    slower = medians([value * 1.5 for value in STEADY], unknown)

    ((found,), code) = judged([several("a", times(1)), several("b", slower)], gate)

    assert (found.state, code) == (State.UNDECIDED, Exit.UNDECIDED)
    assert found.why.endswith("how far the client itself may be off is not known: its calibration failed")


def test_a_client_of_unknown_error_counts_answers_all_the_same(several: Benching) -> None:
    one = replace(OFFLINE, error_ms=None)
    sides = [
        several(name, [repetition(number, one, rate=value * factor) for number, value in enumerate(STEADY, 1)])
        for name, factor in (("a", 1.0), ("b", 0.5))
    ]

    assert [each.state for each in judged(sides, "rate -3%", "rate >= 5/s")[0]] == [State.SHORT, State.HELD]


@pytest.mark.parametrize(
    ("factor", "gate", "state"),
    [
        (0.9, "rate -3%", State.SHORT),
        (0.985, "rate -3%", State.HELD),
        (2.0, "rate -3%", State.HELD),
        (1.0, "rate >= 19/s", State.HELD),
        (1.0, "rate >= 21/s", State.SHORT),
    ],
)
def test_rates(several: Benching, factor: float, gate: str, state: State) -> None:
    def run(name: str, factor: float) -> Path:
        return several(name, [repetition(n, OFFLINE, rate=value * factor) for n, value in enumerate(STEADY, 1)])

    ((found,), _) = judged([run("a", 1), run("b", factor)], gate)

    assert found.state is state, found.why


@pytest.mark.parametrize("gate", ["p99 +5%", "p99 <= 1000 ms", "errors < 5%"])
def test_one_repetition_holds_no_gate_and_breaks_none(bench: Benching, gate: str) -> None:
    both = [*medians([20.0]), *medians([90.0], replace(EMBED, target="B"))]
    run = bench("run", both, targets={"A": SERVER, "B": SERVER})

    ((found,), code) = judged([run], gate)

    assert (found.state, code) == (State.UNDECIDED, Exit.UNDECIDED)
    assert "only" in found.why


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_one_run_against_another_keeps_no_change_and_breaks_none(bench: Benching, factor: float) -> None:
    ((found,), code) = judged([bench("a", times(1)), bench("b", times(factor))], "p50 +5%")

    assert (found.state, code) == (State.UNDECIDED, Exit.UNDECIDED)
    assert f"{20 * factor:#.3g} ms" in found.why
    assert "; a side has one run only: the difference holds within these runs" in found.why


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        ("p50 <= 21 ms", "20.0 ms [19.9, 20.1] of 5 repetitions of one run, ±0.1 ms by the client"),
        ("errors < 0.1%", "0 of 7,500 requests of one run failed"),
    ],
)
def test_one_run_may_keep_a_bound_which_says_so(bench: Benching, gate: str, why: str) -> None:
    """It is about one side alone, and about what this run has shown of it."""
    ((found,), _) = judged([bench("a", times(1))], gate)

    assert (found.state, found.why) == (State.HELD, why)


@pytest.mark.parametrize("gate", ["p99 +5%", "p99 <= 1000 ms", "errors < 5%"])
def test_an_invalid_measurement_judges_nothing(bench: Benching, gate: str) -> None:
    spoiled = [replace(each, reasons=("the GPU was throttled",)) for each in times(1)]

    ((found,), code) = judged([bench("a", times(1)), bench("b", spoiled)], gate)

    assert (found.state, code) == (State.INVALID, Exit.INVALID)
    assert "the GPU was throttled" in found.why


def test_one_invalid_repetition_of_many_is_only_left_out(several: Benching) -> None:
    spoiled = [*times(1), replace(repetition(6, response_p99=900.0), reasons=("late",))]

    assert judged([several("a", times(1)), several("b", spoiled)], "p99 +5%")[1] is Exit.OK


@pytest.mark.parametrize(
    ("failures", "gate", "state"),
    [
        ((0, 0, 0, 0, 0), "errors < 0.1%", State.HELD),  # 0 of 7,500
        ((0, 0), "errors < 0.05%", State.UNDECIDED),  # 0 of 3,000 shows no less than 0.1 %
        ((15, 16, 14, 15, 15), "errors < 0.1%", State.SHORT),
        ((1, 2, 1, 2, 2), "errors < 0.1%", State.UNDECIDED),
        ((0, 0, 60, 0, 0), "errors < 0.1%", State.UNDECIDED),  # a burst in one repetition may be its neighbour's
        ((0, 0), "errors <= 0", State.HELD),
        ((0, 1), "errors <= 0", State.SHORT),
        ((0,), "errors <= 0%", State.UNDECIDED),
        ((1,), "errors <= 0%", State.SHORT),
    ],
)  # fmt: skip
def test_errors(bench: Benching, failures: tuple[int, ...], gate: str, state: State) -> None:
    run = [
        replace(repetition(number, response_p50=20.0), failures={"timeout": failed} if failed else {})
        for number, failed in enumerate(failures, 1)
    ]

    ((found,), _) = judged([bench("b", run)], gate)

    assert found.state is state, found.why


def test_failures_of_one_run_of_several_are_those_of_its_hour(tmp_path: Path) -> None:
    for name, failed in (("quiet", 0), ("loud", 3)):
        run = [replace(repetition(number), failures={"timeout": failed} if failed else {}) for number in range(1, 6)]
        Bench(tmp_path / "side" / name).write(run)

    ((found,), _) = judged([tmp_path / "side"], "errors < 0.3%")

    assert found.why == "15 of 15,000 requests failed"
    assert found.state is State.UNDECIDED, "of two runs one failed at nothing and one at two in a thousand"


def test_no_requests_keep_no_bound(bench: Benching) -> None:
    run = [replace(repetition(number), requests=0, successes=0) for number in (1, 2, 3)]

    ((found,), code) = judged([bench("b", run)], "errors <= 0%")

    assert (found.state, code) == (State.UNDECIDED, Exit.UNDECIDED)


def test_how_many_requests_an_error_gate_needs(bench: Benching) -> None:
    ((found,), _) = judged([bench("b", medians([20.0, 20.0]))], "errors < 0.05%")

    assert found.why == "0 of 3,000 requests of one run failed; 5,990 without a failure are needed to tell"


@pytest.mark.parametrize(
    ("gate", "now", "severity", "state"),
    [
        ("newly-failing", "fail", "must", State.SHORT),
        ("newly-failing", "pass", "must", State.HELD),
        ("newly-failing", "known", "must", State.HELD),
        ("newly-failing", "warn", "should", State.HELD),
        ("newly-untested", "inconclusive", "must", State.SHORT),
        ("newly-untested", "fail", "must", State.HELD),
    ],
)
def test_rules(bench: Benching, gate: str, now: str, severity: str, state: State) -> None:
    runs = [
        bench("a", outcomes={"one": "pass"}, severity=severity),
        bench("b", outcomes={"one": now}, severity=severity),
    ]

    ((found,), ended) = judged(runs, gate)

    assert (found.state, ended) == (state, CODES[state])
    if state is State.SHORT:
        assert found.why == f"1 case; a.rule (one): pass, now {now}"


def test_a_run_that_was_cut_short_is_no_proof(bench: Benching) -> None:
    before = bench("a", outcomes={"one": "pass", "two": "pass"})
    cut = bench("b", outcomes={"one": "pass"}, footer=False)
    broken = bench("c", outcomes={"one": "fail"}, footer=False)

    assert judged([before, cut], "newly-failing")[1] is Exit.UNDECIDED
    assert judged([before, cut], "newly-untested")[1] is Exit.UNDECIDED
    assert judged([before, broken], "newly-failing")[1] is Exit.GATE


@pytest.mark.parametrize("exit_code", [Exit.UNDECIDED, Exit.FAILED])
def test_nor_is_one_that_was_ended_by_its_bounds(bench: Benching, exit_code: Exit) -> None:
    """However it ended: what else was wrong hides that most of it was never judged."""
    before = bench("a", outcomes={"one": "pass", "two": "pass", "three": "pass"})
    spent = bench("b", outcomes={"one": "pass"}, not_come_to=("two", "three"), exit_code=exit_code)
    skipped = bench("c", outcomes={"one": "pass", "two": "skip"}, not_come_to=("three",), exit_code=exit_code)

    assert judged([before, spent], "newly-failing")[1] is Exit.UNDECIDED
    assert judged([before, spent], "newly-untested")[1] is Exit.UNDECIDED
    ((found,), code) = judged([before, skipped], "newly-untested")
    assert (found.why, code) == ("1 case; a.rule (two): pass, now skip", Exit.GATE)


def test_nor_is_one_of_a_target_that_was_gone(bench: Benching) -> None:
    before = bench("a", outcomes={"one": "pass", "two": "pass"})
    lost = bench("b", outcomes={"one": "pass", "two": "blocked"}, exit_code=Exit.UNREACHABLE)

    assert judged([before, lost], "newly-failing")[1] is Exit.UNDECIDED
    assert judged([before, lost], "newly-untested")[1] is Exit.GATE


def test_a_base_that_was_cut_short_excuses_nothing(bench: Benching) -> None:
    """What fails now may have held then: the base had not come to it."""
    cut = bench("a", outcomes={"one": "pass"}, footer=False)
    broken = bench("b", outcomes={"one": "pass", "two": "fail"})
    sound = bench("c", outcomes={"one": "pass", "two": "pass"})

    ((found,), code) = judged([cut, broken], "newly-failing")

    assert (found.state, code) == (State.UNDECIDED, Exit.UNDECIDED)
    assert found.why == "the run of a was cut short before it judged 1 case; a.rule (two): absent, now fail"
    assert judged([cut, sound], "newly-failing")[1] is Exit.OK
    assert judged([cut, broken], "newly-untested")[1] is Exit.OK


def test_what_was_not_measured_again_is_undecided(several: Benching) -> None:
    other = medians(STEADY, replace(EMBED, workload="owlv2.infer"))

    found, code = judged([several("a", [*times(1), *other]), several("b", times(1))], "p99 +5%")

    assert [each.state for each in found] == [State.HELD, State.UNDECIDED]
    assert found[1].why == "only a measured owlv2.infer, Server, 50/s poisson"
    assert code is Exit.UNDECIDED


def test_the_code_is_the_first_that_applies(several: Benching) -> None:
    spoiled = medians(STEADY, replace(EMBED, workload="spoiled", reasons=("late",)))
    slow = several("b", [*times(2), *spoiled])

    found, code = judged([several("a", [*times(1), *spoiled]), slow], "p50 +5%")

    assert {each.state for each in found} == {State.SHORT, State.INVALID}
    assert code is Exit.INVALID


def test_a_change_needs_a_base(bench: Benching) -> None:
    run = bench("a", times(1))

    assert judged([run], "p99 <= 100 ms")[1] is Exit.OK
    for gate in ("p99 +5%", "newly-failing"):
        with pytest.raises(UsageProblem, match="needs a base"):
            judged([run], gate)


def test_without_gates_a_comparison_only_tells(bench: Benching) -> None:
    fast, slow = bench("a", times(1)), bench("b", times(3))
    spoiled = bench("c", [replace(each, reasons=("late",)) for each in times(1)])

    assert judged([fast, slow])[1] is Exit.OK
    assert judged([fast, spoiled])[1] is Exit.INVALID
    assert judged([fast, bench("d")])[1] is Exit.NOTHING_CHECKED
    assert judged([bench("e", outcomes={"one": "pass"}), bench("f", outcomes={"one": "fail"})])[1] is Exit.OK
