"""What is told of answers and is longer than its place is cut so that a secret is still found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.bench.telling import measured
from assay.contract.sentences import CUT
from assay.load.answers import Checked
from assay.load.figures import figures_of
from assay.load.scenarios import Result
from assay.load.schedule import Constant
from assay.load.validity import Validity
from assay.record import Load, Measurement, RecordWriter, Redactor, Scenario, read

from ..load import helpers
from ..load.test_figures import made

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
URL = "http://127.0.0.1:9001"


def kept(folder: Path, note: str) -> str:
    """A note about answers as the record holds it."""
    load = helpers.measured(made(status=[200] * 4))
    result = Result(
        "server", Constant(50.0), load, figures_of(load), Validity((), ()), checked=Checked(4, (), 0, (note,))
    )
    writer = RecordWriter(folder, URL, Redactor(KEY))
    writer.header(
        assay={"version": "0"}, target={"url": URL}, configuration={}, seed=0, capabilities={},
        targets={"A": {"url": URL}},
    )  # fmt: skip
    told = measured(
        result, writer, scenario=Scenario.SERVER, load=Load("closed", clients=1), workload="sam2.embed",
        operation="sam2.embed", target="A", repetition=1, inputs={"digest": "0" * 32},
    )  # fmt: skip
    writer.measurement(told)
    writer.close()
    (event,) = read(folder).measurements
    answers = Measurement.of(event).answers
    assert answers is not None
    return str(answers["notes"][0])


@pytest.mark.parametrize("before", [290, 293])
def test_a_key_across_the_cut_is_not_told_in_part(tmp_path: Path, before: int) -> None:
    note = kept(tmp_path, "y" * before + KEY)

    assert KEY[:6] not in note
    assert note.startswith("y" * before)


def test_a_short_note_is_told_whole_and_a_long_one_with_the_mark_of_its_cut(tmp_path: Path) -> None:
    assert kept(tmp_path / "short", "y" * 300) == "y" * 300
    assert kept(tmp_path / "long", "y" * 301) == "y" * 299 + CUT
