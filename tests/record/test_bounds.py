"""A target cannot blow up the record: what it says is told in short, and kept once, within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.contract import sentences
from assay.contract.message import Pairs, Request, Response
from assay.contract.rule import Authority, Rule, Severity, over
from assay.generate import askable
from assay.judge.boxes import Prediction
from assay.record import Exchange, Finding, Outcome, OutcomeKind, RecordWriter, Redactor, Run, bounds, read

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
LONG = "x" * 2_000_000
TOLD = "… (2,000,000 characters)"
RULE = Rule("a.b", "It holds.", Authority.SOUND, Severity.MUST, over("sam2.segment"))


def opened(folder: Path, **options: Any) -> RecordWriter:
    writer = RecordWriter(folder, "http://target.example", Redactor(KEY), **options)
    if not options.get("goes_on"):
        writer.header(
            assay={"version": "0"}, target={"url": "http://target.example"}, configuration={}, seed=0, capabilities={}
        )
        writer.rule(RULE)
    return writer


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RecordWriter]:
    writer = opened(tmp_path / "run")
    yield writer
    writer.close()


def outcome(*findings: Finding, message: str = "", witness: str | None = None) -> Outcome:
    return Outcome("a.b", "c", "sam2.segment", OutcomeKind.FAIL, message, findings, witness=witness)


def recorded(writer: RecordWriter, told: Outcome) -> dict[str, Any]:
    line = writer.outcome(told)
    assert len(line) < 1_000_000
    (event,) = read(writer.folder).outcomes
    return event


@pytest.mark.parametrize("value", [LONG, [LONG], {LONG: 1}, [1.5] * 500_000, {"a": [{"b": LONG}]}])
def test_values_are_told_in_short(writer: RecordWriter, value: Any) -> None:
    finding = Finding("m", pointer="/a", expected=value, actual=value, marks=((0, 0, 1, 1, LONG),) * 1000)
    (found,) = recorded(writer, outcome(finding))["findings"]

    for name in ("expected", "actual"):
        assert len(found[name]) < bounds.LONGEST + 40
        assert found[name].endswith("characters)")
    assert len(found["marks"]) == bounds.MOST_MARKS
    assert found["marks"][0][4] == LONG[: bounds.LONGEST_LABEL] + TOLD


def test_texts_are_told_in_short(writer: RecordWriter) -> None:
    event = recorded(writer, outcome(Finding(LONG, pointer=LONG), message=LONG, witness=LONG))

    (finding,) = event["findings"]
    assert event["message"] == finding["message"] == finding["pointer"] == LONG[: bounds.LONGEST] + TOLD
    assert event["witness"] == LONG[: bounds.LONGEST_WITNESS] + TOLD


def test_findings_without_end_are_counted(writer: RecordWriter) -> None:
    event = recorded(writer, outcome(*(Finding(f"number {number}", "/a", 1, 2) for number in range(5000))))

    assert len(event["findings"]) == bounds.MOST_FINDINGS + 1
    assert event["findings"][-1]["message"] == "and 4,800 more findings, which are not kept"
    assert event["findings"][-1]["actual"] is None


def test_nesting_that_the_record_could_not_be_read_with(writer: RecordWriter) -> None:
    value: Any = "inside"
    for _ in range(98):
        value = [value]

    (finding,) = recorded(writer, outcome(Finding("m", actual=value)))["findings"]

    assert finding["actual"] == json.dumps(value)


@pytest.mark.parametrize("place", [bounds.LONGEST - 4, bounds.LONGEST - len(KEY) + 1, bounds.LONGEST + 4])
def test_no_secret_is_cut_in_two(writer: RecordWriter, place: int) -> None:
    text = "x" * place + KEY + "x" * 100_000

    event = recorded(writer, outcome(Finding(text, text, [text], {text: text}), message=text, witness=text))

    assert KEY[:4] not in json.dumps(event)


def answered(body: bytes, name: str = "x000001", sent: bytes = b"picture", headers: Pairs = ()) -> Exchange:
    request = Request("sam2.segment", "POST", "/x", (), (("content-type", "image/png"),), sent)
    pairs = (("content-type", "application/json"), *headers)
    return Exchange(name, request, Response(200, pairs, body), None, started=1.0, seconds=0.5)


def kept(run: Run, name: str = "x000001") -> tuple[bytes | None, str, int]:
    """The answer as it is in the record, what is said of the rest, and its size on the wire."""
    body = run.exchanges[name]["response"]["body"]
    return run.artifact(body["artifact"]) if "artifact" in body else None, body.get("withheld", ""), body["size"]


def test_of_a_large_answer_the_beginning_is_kept(writer: RecordWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_OF_ANSWER", 1000)
    whole, large = b"y" * 1000, b"y" * 990 + KEY.encode() + b"y" * 5000
    writer.exchange(answered(whole), "test")
    writer.exchange(answered(large, "x000002", sent=large), "test")
    run = read(writer.folder)

    assert kept(run) == (whole, "", 1000)
    content, note, size = kept(run, "x000002")
    assert content is not None
    assert len(content) == 1000
    assert KEY.encode()[:8] not in content
    assert (note, size) == ("not kept: what follows the first 1,000 bytes", len(large))
    sent = run.exchanges["x000002"]["request"]["body"]
    assert run.artifact(sent["artifact"]) == large.replace(KEY.encode(), b"$ROBOFLOW_API_KEY"), "requests stay whole"
    assert f"artifacts/{sent['artifact']}" in run.exchanges["x000002"]["curl"]


def test_all_answers_together_have_a_bound(tmp_path: Path) -> None:
    writer = opened(tmp_path / "run", room=2500)
    for number in range(4):
        writer.exchange(answered(b"%d" % (number % 3) * 1000, f"x00000{number}"), "test")
    writer.exchange(answered(b"0" * 1000, "x000004", headers=(("x-long", LONG),)), "test")
    writer.close()
    run = read(tmp_path / "run")

    notes = [kept(run, f"x00000{number}")[1] for number in range(5)]
    assert notes == ["", "", "not kept: the answers of this run take up too much room already", "", ""]
    assert dict(run.exchanges["x000004"]["response"]["headers"])["x-long"] == LONG[: bounds.LONGEST_HEADER] + TOLD

    again = opened(tmp_path / "run", room=2500, goes_on=True)
    again.exchange(answered(b"9" * 1000, "x000009"), "test")
    again.close()
    assert kept(read(tmp_path / "run"), "x000009")[1].startswith("not kept")


def test_several_processes_share_the_room() -> None:
    assert bounds.share_of_run(1) == bounds.MOST_OF_RUN
    assert bounds.share_of_run(4) * 5 <= bounds.MOST_OF_RUN


def test_sentences_are_short_whatever_they_are_about() -> None:
    prediction = Prediction(1, 2, 3, 4, 0.5, LONG, (), "/predictions/0")

    for told in (
        str(prediction), prediction.mark[4], sentences.brief({LONG: 1, "b": 2}), sentences.listed([LONG] * 50),
        sentences.verdict(f"/{LONG}", "type", "a string", sentences.brief({LONG: 1})),
    ):  # fmt: skip
        assert len(told) < 1500
    assert prediction.mark[4].startswith("x" * 60 + TOLD)


def test_classes_that_no_url_can_ask_for_are_not_asked_for() -> None:
    assert askable(["dog", "cat", "cat", LONG, "\ud800", "", "é" * 101, "é" * 100]) == ("cat", "dog", "é" * 100)
    assert len(",".join(askable(f"{number}{'é' * 90}" for number in range(500)))) < 5000
