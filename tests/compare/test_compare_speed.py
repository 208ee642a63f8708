"""Measurements against measurements: what is paired, what is told of it, and what is not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.compare.comparison import Comparison, Pair, Wanted, Workload, compare
from assay.compare.judging import Verdict
from assay.compare.published import rows
from assay.compare.ratio import holm
from assay.errors import UsageProblem
from assay.record import Load, Measurement, Scenario

from .conftest import EMBED, L4, SERVER, Benching, medians, repetition

STEADY = (20.0, 20.1, 19.9, 20.05, 19.95)
RESTLESS = (20.0, 23.0, 18.0, 26.0, 17.0)


def times(factor: float, values: tuple[float, ...] = STEADY) -> list[Measurement]:
    return medians([value * factor for value in values])


def only(comparison: Comparison) -> tuple[Pair, Workload]:
    (pair,) = comparison.pairs
    (workload,) = pair.workloads
    return pair, workload


@pytest.mark.parametrize(
    ("factor", "threshold", "verdict", "word"),
    [
        (1.10, 0.03, Verdict.WORSE, "slower"),
        (0.90, 0.03, Verdict.BETTER, "faster"),
        (1.0, 0.03, Verdict.SAME, "same"),
        (1.02, 0.03, Verdict.SAME, "same"),
        (1.03, 0.01, Verdict.WORSE, "slower"),
    ],
)
def test_verdicts(several: Benching, factor: float, threshold: float, verdict: Verdict, word: str) -> None:
    _, workload = only(compare([several("a", times(1)), several("b", times(factor))], Wanted(threshold)))

    assert (workload.verdict, workload.word) == (verdict, word)
    median = workload.judged[0]
    assert median.difference is not None
    ratio = median.difference.ratio
    assert ratio.low < factor < ratio.high
    assert ratio.value == pytest.approx(factor)


def test_a_rate_that_rises_is_faster(several: Benching) -> None:
    offline = replace(EMBED, scenario=Scenario.OFFLINE, load=Load("closed", clients=32))
    runs = [
        several(name, [repetition(number, offline, rate=rate * factor) for number, rate in enumerate(STEADY, 1)])
        for name, factor in (("a", 1.0), ("b", 1.5))
    ]

    _, workload = only(compare(runs))

    assert workload.word == "faster"
    assert [each.figure for each in workload.judged] == ["rate"]


def side_by_side(bench: Benching, base: list[Measurement], new: list[Measurement]) -> Path:
    """One run that has measured both, in turn."""
    return bench("run", [*base, *(replace(each, target="B") for each in new)], targets={"A": SERVER, "B": SERVER})


def test_never_a_verdict_from_one_repetition(bench: Benching) -> None:
    _, workload = only(compare([side_by_side(bench, medians([20.0]), times(5))]))

    assert workload.verdict is Verdict.UNDECIDED
    assert {each.difference for each in workload.judged} == {None}
    assert workload.judged[0].more == 4
    assert "1 repetition only" in workload.judged[0].because


@pytest.mark.parametrize("factor", [1.0, 1.1], ids=["same", "slower"])
def test_never_a_verdict_from_one_run(bench: Benching, factor: float) -> None:
    """However many repetitions it has: they share its hour. What they came to is shown all the same."""
    _, workload = only(compare([bench("a", times(1)), bench("b", times(factor))]))

    median = workload.judged[0]
    assert (workload.verdict, workload.word) == (Verdict.UNDECIDED, "undecided")
    assert "within these runs, and what was particular to their hour is in it" in median.because
    assert (median.more, median.lacks) == (4, "run")
    assert (median.base.n, median.new.n, median.counted) == (5, 5, "repetition")
    assert median.difference is not None
    assert median.difference.ratio.low < factor < median.difference.ratio.high


def test_what_one_of_several_runs_measured_alone_is_of_one_run(bench: Benching, tmp_path: Path) -> None:
    other = replace(EMBED, workload="sam2.other")
    bench("a/1", [*times(1), *medians(STEADY, other)])
    bench("a/2", times(1.001))
    bench("b/1", [*times(1), *medians(STEADY, other)])
    bench("b/2", times(1.001))

    first, second = compare([tmp_path / "a", tmp_path / "b"]).pairs[0].workloads

    assert (first.thing.workload, first.verdict) == ("sam2.embed", Verdict.SAME)
    assert (second.thing.workload, second.verdict) == ("sam2.other", Verdict.UNDECIDED)


def test_single_runs_do_not_make_others_less_sure(bench: Benching) -> None:
    """What cannot be called different is none of those that may look so by chance."""
    both = [replace(each, target=name) for name, factor in (("A", 1), ("B", 1.1)) for each in times(factor)]
    comparison = compare([bench("run", both, targets={"A": SERVER, "B": SERVER}), bench("other", times(1.5))])

    beside, apart = (pair.workloads[0] for pair in comparison.pairs)

    assert (beside.verdict, apart.verdict) == (Verdict.WORSE, Verdict.UNDECIDED)
    assert [each.p for each in beside.judged] == holm([each.difference.p for each in beside.judged if each.difference])


def test_undecided_says_how_many_more(several: Benching) -> None:
    _, workload = only(compare([several("a", times(1, RESTLESS)), several("b", times(1.15, RESTLESS))]))

    assert workload.verdict is Verdict.UNDECIDED
    assert "no difference" in workload.judged[0].because
    assert workload.judged[0].more is not None
    assert 10 < workload.judged[0].more < 60


def test_what_the_client_cannot_see_is_no_difference(several: Benching) -> None:
    fast = [value / 20 for value in STEADY]
    runs = [several("a", medians(fast)), several("b", medians([value * 1.06 for value in fast]))]

    _, workload = only(compare(runs))

    assert workload.judged[0].verdict is Verdict.UNDECIDED
    assert "the client itself may be off by 0.1 ms" in workload.judged[0].because
    assert workload.judged[1].verdict is Verdict.WORSE  # twice as long, the difference is seen


@pytest.mark.parametrize("unknown", ["a", "b"])
def test_a_client_of_unknown_error_has_seen_no_difference(several: Benching, unknown: str) -> None:
    runs = [
        several(name, medians([value * factor for value in STEADY], replace(EMBED, error_ms=error)))
        for name, factor in (("a", 1), ("b", 2))
        for error in [None if name == unknown else 0.1]
    ]

    _, workload = only(compare(runs))

    assert workload.verdict is Verdict.UNDECIDED
    assert workload.judged[0].because.startswith("how far the client itself may be off is not known")


def test_opposite_figures_are_mixed(several: Benching) -> None:
    def shape(median: float, tail: float) -> list[Measurement]:
        return [
            repetition(number, response_p50=median * value, response_p99=tail * value)
            for number, value in enumerate(STEADY, 1)
        ]

    _, workload = only(compare([several("a", shape(1, 2)), several("b", shape(0.8, 3))]))

    assert (workload.verdict, workload.word) == (Verdict.MIXED, "mixed")


def test_the_more_is_looked_at_the_more_is_asked(several: Benching) -> None:
    """One figure of many that looks different by chance is not called so."""

    def run(name: str, odd: float) -> Path:
        same = [m for number in range(30) for m in medians(RESTLESS, replace(EMBED, workload=f"w{number}"))]
        return several(name, [*same, *medians([value * odd for value in RESTLESS], replace(EMBED, workload="odd"))])

    runs = [run("a", 1.0), run("b", 1.45)]
    alone = compare(runs, Wanted(workloads=["odd"])).pairs[0].workloads[0]
    among = next(each for each in compare(runs).pairs[0].workloads if each.thing.workload == "odd")

    assert alone.verdict is Verdict.WORSE
    assert among.verdict is Verdict.UNDECIDED
    assert "by chance" in among.judged[0].because
    assert among.judged[0].more is not None


def test_invalid_measurements_are_left_out_and_named(several: Benching) -> None:
    late = replace(repetition(6, response_p50=400.0), reasons=("the client sent late: p99 of 7 ms",))

    comparison = compare([several("a", times(1)), several("b", [*times(1), late])])

    _, workload = only(comparison)
    assert workload.verdict is Verdict.SAME
    assert comparison.invalid == [
        "b: sam2.embed, Server, 50/s poisson, repetition 6 of run-6: the client sent late: p99 of 7 ms"
    ]
    assert [row.invalid for row in rows(comparison)] == [0, 1]


def test_where_all_is_invalid_nothing_is_told(bench: Benching) -> None:
    spoiled = [replace(each, reasons=("throttled",)) for each in times(2)]

    _, workload = only(compare([bench("a", times(1)), bench("b", spoiled)]))

    assert (workload.word, workload.judged, workload.verdict) == ("invalid", (), Verdict.UNDECIDED)


@pytest.mark.parametrize(
    "other",
    [
        replace(EMBED, workload="sam2.other"),
        replace(EMBED, load=Load("open", rate=60.0, arrivals="poisson")),
        replace(EMBED, load=Load("open", rate=50.0, arrivals="constant")),
        replace(EMBED, scenario=Scenario.SOAK),
        replace(EMBED, inputs={**EMBED.inputs, "digest": "1" * 32}),
        replace(EMBED, inputs={**EMBED.inputs, "batch": 8}),
    ],
)
def test_other_things_are_not_compared(bench: Benching, other: Measurement) -> None:
    (pair,) = compare([bench("a", times(1)), bench("b", medians(STEADY, other))]).pairs

    assert pair.workloads == ()
    assert pair.unpaired


def test_seed_and_model_may_differ(bench: Benching) -> None:
    other = replace(EMBED, load=replace(EMBED.load, seed=99), inputs={**EMBED.inputs, "model": "hiera_tiny/trt"})

    pair, _ = only(compare([bench("a", times(1)), bench("b", medians(STEADY, other))]))

    assert pair.unpaired == []


def test_runs_and_not_their_repetitions_are_counted_where_there_are_several(bench: Benching, tmp_path: Path) -> None:
    """Ten repetitions in two runs of each side are no ten: what is particular to a run is in all of its repetitions."""
    for side, shifts in (("before", (1.0, 1.06)), ("after", (1.06, 1.12))):
        for number, shift in enumerate(shifts):
            bench(f"{side}/run{number}", times(shift))

    _, workload = only(compare([tmp_path / "before", tmp_path / "after"]))
    pooled = only(compare([side_by_side(bench, times(1) + times(1.06)[:4], times(1.06) + times(1.12)[:4])]))[1]

    assert workload.verdict is Verdict.UNDECIDED
    assert (workload.judged[0].counted, workload.judged[0].base.n) == ("run", 2)
    assert pooled.judged[0].counted == "repetition"
    assert pooled.verdict is Verdict.WORSE


def test_targets_of_one_run_are_sides(bench: Benching) -> None:
    other = {**SERVER, "engine": "trt"}
    both = times(1) + [replace(each, target="B") for each in times(0.5)]

    pair, workload = only(compare([bench("run", both, targets={"A": SERVER, "B": other})]))

    assert [pair.base.name, pair.new.name] == ["run: A", "run: B"]
    assert [(each.name, each.base, each.new) for each in pair.unlike] == [("engine", "onnx", "trt")]
    assert pair.notes == []
    assert workload.word == "faster"


def test_many_sides_are_set_against_the_first(several: Benching) -> None:
    comparison = compare([several(name, times(factor)) for name, factor in (("a", 1), ("b", 0.5), ("c", 2))])

    assert [(pair.base.name, pair.new.name, pair.workloads[0].word) for pair in comparison.pairs] == [
        ("a", "b", "faster"),
        ("a", "c", "slower"),
    ]


def test_machines_are_told_apart_and_priced(several: Benching) -> None:
    """On other hardware what an answer takes is judged, too: from the price of an hour where the record has no cost."""
    h100 = {**SERVER, "hardware": {**L4, "gpu": "NVIDIA H100"}, "hourly_price": 4.0}
    offline = replace(EMBED, scenario=Scenario.OFFLINE, load=Load("closed", clients=32))

    def run(name: str, rate: float, energy: float, target: dict[str, Any]) -> Path:
        figures = [
            repetition(number, offline, rate=rate * value, energy_per_inference=energy * value)
            for number, value in enumerate(STEADY, 1)
        ]
        return several(name, figures, target=target, targets={"A": target})

    pair, workload = only(compare([run("l4", 5, 0.03, {**SERVER, "hourly_price": 0.8}), run("h100", 15, 0.05, h100)]))

    assert {each.name for each in pair.unlike} == {"hardware.gpu", "hourly_price"}
    assert [(each.figure, each.word) for each in workload.judged] == [
        ("rate", "faster"),
        ("energy.per-inference", "more energy"),
        ("cost.per-1000", "dearer"),
    ]
    assert workload.verdict is Verdict.BETTER
    cost = workload.judged[2].base
    assert cost.value == pytest.approx(0.8 / 3600 * 1000 / 100, rel=0.01)
    assert workload.judged[2].unit == "USD"


def test_what_may_look_like_a_difference_is_noted(bench: Benching, tmp_path: Path) -> None:
    notes = compare([bench("a", times(1)), bench("b", times(1), assay={"version": "9"})]).pairs[0].notes
    assert notes == ["the runs were made by different versions of Assay: 0.1.0, 9"]

    for number in range(2):
        bench(f"old/{number}", times(1), targets={"A": {**SERVER, "version": f"1.8.{number}"}})
    for number in range(2):
        bench(f"new/{number}", times(1), footer=False)
    notes = compare([tmp_path / "old", tmp_path / "new"]).pairs[0].notes
    assert "the runs of old are not of one deployment: they differ in version" in notes
    assert notes.count("the run 1 was cut short: what it had measured by then is counted") == 1
    assert any("one side was measured after the other" in note for note in notes)


def test_clients_that_differ_are_told(bench: Benching) -> None:
    (pair,) = compare([bench("a", times(1)), bench("b", times(1), client={"cpu": "Xeon", "cores": 2})]).pairs

    assert [(each.name, each.new) for each in pair.clients] == [("cpu", "Xeon")]


def test_a_run_is_no_second_run_of_itself(bench: Benching, tmp_path: Path) -> None:
    run = bench("side/a", times(1))
    with pytest.raises(UsageProblem, match="is named twice"):
        compare([run, run])

    shutil.copytree(run, tmp_path / "side/b")
    with pytest.raises(UsageProblem, match="hold the same run"):
        compare([tmp_path / "side", bench("c", times(1))])


def test_figures_that_are_asked_for_decide(several: Benching) -> None:
    def run(name: str, factor: float) -> Path:
        return several(name, [repetition(n, response_p50=20.0, server_p50=v * factor) for n, v in enumerate(STEADY, 1)])

    _, workload = only(compare([run("a", 1), run("b", 1.5)], Wanted(figures=["server.p50"])))

    assert [(each.figure, each.word) for each in workload.judged] == [("server.p50", "slower")]
    assert workload.word == "slower"


def test_a_figure_that_is_zero_has_no_ratio(several: Benching) -> None:
    def run(name: str) -> Path:
        return several(name, [repetition(n, response_p50=20.0 + n, response_p99=0.0) for n in (1, 2, 3)])

    _, workload = only(compare([run("a"), run("b")]))

    assert [each.figure for each in workload.judged] == ["response.p50"]


def test_two_repetitions_far_apart_bound_nothing(several: Benching) -> None:
    _, workload = only(compare([several("a", medians([1e-300, 1e300])), several("b", medians([1e300, 1e-300]))]))

    assert workload.verdict is Verdict.UNDECIDED
    assert workload.judged[0].difference is not None
    assert workload.judged[0].difference.ratio.high > 1e300


def test_a_pattern_that_matches_no_workload_is_wrong(bench: Benching) -> None:
    with pytest.raises(UsageProblem, match=r"no run has measured a workload owlv2\.\*"):
        compare([bench("a", times(1)), bench("b", times(1))], Wanted(workloads=["owlv2.*"]))


def test_one_run_of_repetitions_against_several_runs_is_one_run(bench: Benching, tmp_path: Path) -> None:
    for number in range(4):
        bench(f"before/{number}", times(1))

    _, workload = only(compare([tmp_path / "before", bench("now", times(2))]))

    assert workload.verdict is Verdict.UNDECIDED
    assert workload.judged[0].because.startswith("a side has one run only")
    assert (workload.judged[0].more, workload.judged[0].lacks) == (4, "run")


def test_a_price_that_is_given_goes_before_the_record(several: Benching) -> None:
    offline = replace(EMBED, scenario=Scenario.OFFLINE, load=Load("closed", clients=32))
    priced = {**SERVER, "hourly_price": 9.0}

    def run(name: str) -> Path:
        rates = [repetition(number, offline, rate=value) for number, value in enumerate(STEADY, 1)]
        return several(name, rates, target=priced, targets={"A": priced})

    runs = [run("l4"), run("h100")]
    costs = compare(runs, Wanted(prices={"l4": 0.8})).pairs[0].workloads[0].judged[-1]

    assert (costs.figure, costs.word) == ("cost.per-1000", "dearer")
    assert costs.base.value == pytest.approx(0.8 / 3.6 / 20, rel=0.01)
    assert costs.new.value == pytest.approx(9.0 / 3.6 / 20, rel=0.01)
    with pytest.raises(UsageProblem, match="no side is called 'T4'; there are 'l4', 'h100'"):
        compare(runs, Wanted(prices={"T4": 0.5}))
