"""What each side measured, told as vendors publish it, and in the tables of every report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.compare.comparison import compare
from assay.compare.published import rows
from assay.record import Load, Measurement, Scenario
from assay.report.comparison import html, markdown, terminal
from assay.report.comparison.words import measured

from .conftest import EMBED, SERVER, Benching, repetition

TRACE = replace(EMBED, load=Load("open", rate=50.0, arrivals="trace"))
COLD = replace(EMBED, scenario=Scenario.COLD_START, load=Load("closed", clients=1))


def test_rows_read_as_vendors_publish(bench: Benching) -> None:
    batch = replace(EMBED, inputs={**EMBED.inputs, "batch": 4}, load=Load("closed", clients=1))
    run = bench("a", [repetition(number, batch, rate=25.0 + number, response_p50=40.0) for number in (1, 2, 3)])

    (row,) = rows(compare([run]))

    assert row.sentence == ("108 [98.5, 118] inf/s on 1x NVIDIA L4, batch 4, 1 client, after warm-up; 3 repetitions")
    assert row.software == "Roboflow Inference Server 1.8.3 onnx"


def test_what_an_answer_costs_is_not_drawn_from_a_rate_that_was_given(bench: Benching) -> None:
    figures = [repetition(number, rate=50.0, response_p50=20.0) for number in (1, 2, 3)]
    priced = {**SERVER, "hourly_price": 1.0}
    run = bench("a", figures, target=priced, targets={"A": priced})

    assert "cost.per-1000" not in rows(compare([run]))[0].figures


@pytest.mark.parametrize("of", [COLD, TRACE], ids=["cold start", "trace"])
def test_a_warm_up_is_told_only_of_what_had_one(bench: Benching, of: Measurement) -> None:
    warm, cold = (
        compare([bench(name, [repetition(number, one, response_p50=20.0) for number in (1, 2)])])
        for name, one in (("warm", EMBED), ("cold", of))
    )

    for text in (terminal.lines, markdown.text, html.render):
        told, silent = ("".join(text(each)) for each in (warm, cold))
        assert ("after warm-up" in told, "warm-up" in silent) == (True, False)


def test_a_cold_start_is_told_by_its_first_answers(bench: Benching) -> None:
    comparison = compare([bench("a", [repetition(number, COLD, coldstart_p50=900.0 + number) for number in (1, 2, 3)])])

    (row,) = rows(comparison)
    head, cells = measured(comparison)

    assert row.sentence == "first answers on 1x NVIDIA L4, batch 1, 1 client; 3 repetitions"
    assert dict(zip(head, cells))["first answer p50, ms"] == "902 [900, 904]"
    assert "coldstart.p50 902 [900, 904] ms" in " ".join(" ".join(terminal.lines(comparison)).split())
