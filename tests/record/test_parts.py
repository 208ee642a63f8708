"""A record that several processes write: parts beside it, read as one, and made one in the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.errors import UsageProblem
from assay.record import CannotRecord, Exchange, Finding, InvalidRecord, Outcome, OutcomeKind, RecordWriter, read
from assay.record.redaction import Redactor

from .test_record import FACTS, RULE, exchange, finish

URL = "http://target.example"


def outcome(case: str, *exchanges: str) -> Outcome:
    finding = Finding("odd", "/a", 1, 2.5, exchanges[0] if exchanges else None, ((0.0, 1.0, 2.0, 3.0, "box"),))
    return Outcome("a.b", case, "sam2.segment", OutcomeKind.FAIL, "odd", (finding,), "seen", exchanges, 0.5)


def one(number: int) -> Exchange:
    return exchange(f"x{number:06d}", str(number % 2).encode())


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RecordWriter]:
    writer = RecordWriter(tmp_path / "run", URL, Redactor())
    writer.header(**FACTS)
    writer.rule(RULE)
    writer.exchange(one(1), "smoke")
    yield writer
    writer.close()


def fill(folder: Path, number: int) -> None:
    """A part with an exchange and two outcomes."""
    part = RecordWriter(folder, URL, Redactor(), part=number)
    part.exchange(one(number * 1000000), "judging")
    part.outcome(outcome(f"z{number}", f"x{number * 1000000}"))
    part.outcome(outcome(f"a{number}"))
    part.close()


def what_it_says(folder: Path) -> tuple[list[str], list[str]]:
    run = read(folder)
    return list(run.exchanges), [event["case"] for event in run.outcomes]


def test_parts_are_read_with_their_record(writer: RecordWriter) -> None:
    fill(writer.folder, 2)
    fill(writer.folder, 1)

    assert what_it_says(writer.folder) == (["x000001", "x1000000", "x2000000"], ["z1", "a1", "z2", "a2"])
    assert read(writer.folder).footer is None


def test_gathered_they_are_one_record_in_order(writer: RecordWriter) -> None:
    for number in (2, 1):
        fill(writer.folder, number)
    writer.outcome(outcome("m"))

    writer.gather(resumed=[5.0])
    finish(writer)

    run = read(writer.folder)
    assert what_it_says(writer.folder) == (["x000001", "x1000000", "x2000000"], ["a1", "a2", "m", "z1", "z2"])
    assert run.header["resumed"] == [5.0]
    assert run.footer
    assert sorted(path.name for path in writer.folder.iterdir()) == ["artifacts", "run.jsonl"]
    assert len(list((writer.folder / "artifacts").iterdir())) == 3, "shared: two answers, one request"


def test_what_was_cut_short_is_dropped(writer: RecordWriter) -> None:
    fill(writer.folder, 1)
    for path in (writer.folder / "run.jsonl", writer.folder / "parts" / "1.jsonl"):
        with path.open("a") as file:
            file.write('{"kind": "outcome", "rule"')

    before = what_it_says(writer.folder)
    writer.gather()

    assert sorted(what_it_says(writer.folder)[1]) == sorted(before[1]) == ["a1", "z1"]


def test_what_was_taken_in_already_is_not_there_twice(writer: RecordWriter) -> None:
    """Whoever is killed while gathering leaves the parts behind."""
    fill(writer.folder, 1)
    left = (writer.folder / "parts" / "1.jsonl").read_bytes()
    writer.gather()
    (writer.folder / "parts").mkdir()
    (writer.folder / "parts" / "1.jsonl").write_bytes(left)

    assert what_it_says(writer.folder) == (["x000001", "x1000000"], ["a1", "z1"])
    writer.gather()
    assert what_it_says(writer.folder) == (["x000001", "x1000000"], ["a1", "z1"])


@pytest.mark.parametrize("event", [{"kind": "header", "record_version": 1, "started": 1.0, **FACTS}, {"kind": "no"}])
def test_a_part_holds_exchanges_and_outcomes_only(writer: RecordWriter, event: dict[str, Any]) -> None:
    fill(writer.folder, 1)
    with (writer.folder / "parts" / "1.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")

    with pytest.raises(InvalidRecord, match=r"1\.jsonl"):
        read(writer.folder)


def test_an_outcome_comes_back_as_it_was(writer: RecordWriter) -> None:
    given = outcome("c", "x000001")

    line = writer.outcome(given)

    assert Outcome.of(json.loads(line)) == given == Outcome.of(read(writer.folder).outcomes[0])


def test_a_run_can_go_on(writer: RecordWriter) -> None:
    writer.close()

    again = RecordWriter(writer.folder, URL, Redactor(), goes_on=True)
    again.discard()
    assert read(writer.folder).exchanges, "what was there before is not taken away"
    again = RecordWriter(writer.folder, URL, Redactor(), goes_on=True)
    again.gather()
    again.outcome(outcome("c"))
    again.close()

    assert what_it_says(writer.folder) == (["x000001"], ["c"])


def test_a_full_disk_is_told_and_nothing_is_lost(writer: RecordWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CannotRecord, match=r"cannot write to .*run: No space left on device"):
        writer.exchange(exchange("x000002", b"something new"), "judging")
    monkeypatch.undo()

    with pytest.raises(CannotRecord):
        writer.outcome(outcome("after"))
    assert list(read(writer.folder).exchanges) == ["x000001"]
    assert not [path for path in (writer.folder / "artifacts").iterdir() if path.name.startswith(".")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_line_that_cannot_be_written(writer: RecordWriter, tmp_path: Path) -> None:
    writer.close()
    (tmp_path / "full").mkdir()
    os.symlink("/dev/full", tmp_path / "full" / "run.jsonl")
    full = RecordWriter(tmp_path / "full", URL, Redactor(), goes_on=True)

    with pytest.raises(UsageProblem, match="No space left"):
        full.outcome(outcome("c"))
    full.close()
