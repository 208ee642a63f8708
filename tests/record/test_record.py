"""Writing a run record and reading it back: hostile strings, cut-off lines, junk, threads."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.contract.judging import check_schema
from assay.contract.message import Request, Response
from assay.contract.rule import Authority, Rule, Severity, over, rule, rule_of
from assay.contract.source import Source
from assay.errors import UsageProblem
from assay.record import Exchange, Finding, InvalidRecord, Outcome, OutcomeKind, RecordWriter, Redactor, read
from assay.record.reading import record_schema

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
FACTS: dict[str, Any] = {
    "assay": {"version": "0"},
    "target": {"url": "http://target.example"},
    "configuration": {},
    "seed": 0,
    "capabilities": {"sam2.segment": {"available": True, "because": "listed"}},
}
RULE = Rule("a.b", "It holds.", Authority.SOUND, Severity.MUST, over("sam2.segment"))
HOSTILE = [
    "\u2028 and \u2029",
    "\ud800 alone",
    "\udfff\ud800",
    "\x00\x01\x1f\x7f\x85",
    "line\nfeed\r\nand return\r",
    "\ufeff\ufffe\uffff",
    "\U0001f415 \u202e reversed",
    "</script><!-- \" ' & \\ \\u0041",
    "%s {0} $HOME `id` $(id)",
    "",
]
texts = st.text(st.characters(codec=None), max_size=20) | st.sampled_from(HOSTILE)
numbers = st.floats() | st.integers()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RecordWriter]:
    writer = RecordWriter(tmp_path / "run", "http://target.example/base", Redactor(KEY))
    writer.header(**FACTS)
    yield writer
    writer.close()


def exchange(name: str = "x000001", body: bytes = b'{"predictions": []}', **changes: Any) -> Exchange:
    request = Request("sam2.segment", "POST", "/sam2/segment_image", (("a", "b c"),), (("X-A", "1"),), b"picture")
    given = {
        "request": request,
        "response": Response(200, (("content-type", "application/json"),), body),
        "error": None,
    }
    return Exchange(name, **{**given, **changes}, started=1.5, seconds=0.25)


def finish(writer: RecordWriter) -> None:
    writer.footer(counts={"pass": 1}, exit_code=0, verdict="passed")


def spelled(value: Any) -> Any:
    """What a value becomes in a record: infinities in letters, names as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: spelled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [spelled(member) for member in value]
    return value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(texts, texts, values, values)
def test_whatever_a_server_says_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, message: str, name: str, expected: Any, actual: Any
) -> None:
    folder = tmp_path_factory.mktemp("run") / "run"
    writer = RecordWriter(folder, "http://target.example", Redactor())
    writer.header(**FACTS)
    writer.rule(RULE)
    finding = Finding(message, pointer=name, expected=expected, actual=actual, marks=((0.0, 1.5, 2, math.inf, name),))
    writer.outcome(Outcome("a.b", name, "sam2.segment", OutcomeKind.FAIL, message, (finding,), witness=message))
    finish(writer)
    writer.close()

    run = read(folder)

    (outcome,) = run.outcomes
    assert (outcome["message"], outcome["case"], outcome["witness"]) == (message, name, message)
    (found,) = outcome["findings"]
    assert (found["message"], found["pointer"], found["marks"]) == (message, name, [])
    assert found["expected"] == spelled(expected)
    assert found["actual"] == spelled(actual)
    assert len((folder / "run.jsonl").read_bytes().split(b"\n")) == 5  # a line for each event, whatever it says


@pytest.mark.parametrize("text", HOSTILE)
def test_headers_and_bodies_of_an_exchange(writer: RecordWriter, text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    response = Response(200, (("Content-Type", "text/plain"), ("X-Odd", text), ("X-Odd", "again")), body)
    writer.exchange(exchange(response=response), f"judging {text}")
    finish(writer)

    run = read(writer.folder)

    event = run.exchanges["x000001"]
    assert event["purpose"] == f"judging {text}"
    assert event["response"]["headers"] == [["Content-Type", "text/plain"], ["X-Odd", text], ["X-Odd", "again"]]
    kept = event["response"]["body"]
    assert (kept and run.artifact(kept["artifact"])) == (body or None)
    assert (kept and kept["size"]) == (len(body) or None)
    assert run.artifact(event["request"]["body"]["artifact"]) == b"picture"
    assert event["request"]["url"] == "http://target.example/base/sam2/segment_image?a=b+c"
    assert (event["started"], event["seconds"], event["error"]) == (1.5, 0.25, None)


def test_an_exchange_without_a_response(writer: RecordWriter) -> None:
    writer.exchange(exchange(response=None, error=("timeout", "nothing came")), "smoke")
    finish(writer)

    event = read(writer.folder).exchanges["x000001"]

    assert event["response"] is None
    assert event["error"] == {"kind": "timeout", "message": "nothing came"}


def test_a_rule_stands_in_the_record_with_its_citation(writer: RecordWriter) -> None:
    says = Source("S4", "Query parameters", "document", "A sentence.")

    @rule("a.b", requirement="It holds.", source="document", severity="must", cases=over("a"), says=says)
    def cited() -> None: ...

    @rule("a.c", requirement="It holds too.", source="sound", severity="should", cases=over("a"))
    def uncited() -> None: ...

    for function in (cited, uncited):
        found = rule_of(function)
        assert isinstance(found, Rule)
        writer.rule(found)
    finish(writer)

    rules = read(writer.folder).rules

    assert rules["a.b"]["sentence"] == "A sentence."
    assert (rules["a.b"]["document"], rules["a.b"]["section"]) == ("S4", "Query parameters")
    assert rules["a.c"]["sentence"] is None
    assert (rules["a.c"]["source"], rules["a.c"]["severity"]) == ("sound", "should")


def test_no_secret_is_left_in_any_file(writer: RecordWriter) -> None:
    request = Request(
        "sam2.segment", "POST", "/a", (("api_key", KEY),), (("Authorization", f"Bearer {KEY}"),), KEY.encode() * 2
    )
    response = Response(422, (("X-Echo", KEY),), json.dumps({"detail": [{"input": {"api_key": KEY, KEY: 1}}]}).encode())
    writer.exchange(exchange(request=request, response=response), f"asking with {KEY}")
    finding = Finding(
        f"it says {KEY}", pointer=f"/{KEY}", expected=[KEY], actual={KEY: KEY}, marks=((0, 0, 1, 1, KEY),)
    )
    writer.rule(RULE)
    writer.outcome(
        Outcome("a.b", "c", "sam2.segment", OutcomeKind.FAIL, KEY, (finding,), witness=KEY, known={"reason": KEY})
    )
    writer.footer(counts={}, exit_code=1, verdict=KEY)

    for file in writer.folder.rglob("*"):
        if file.is_file():
            assert KEY.encode() not in file.read_bytes(), file
    assert read(writer.folder).footer


def test_artifacts_are_named_by_what_they_hold(writer: RecordWriter) -> None:
    names = [writer.artifact(b"abc", media) for media in ("text/plain; charset=utf-8", "TEXT/PLAIN", "text/plain")]

    assert len(set(names)) == 1
    assert names[0].endswith(".txt")
    assert writer.artifact(b"abc", "image/jpeg").endswith(".jpg")
    for odd in ("", ";", "../../etc/passwd", "application/x-odd", "image/jpeg/../.."):
        assert writer.artifact(b"abc", odd).endswith(".bin")
    assert sorted(file.name for file in (writer.folder / "artifacts").iterdir()) == sorted(
        {names[0], writer.artifact(b"abc", "image/jpeg"), writer.artifact(b"abc", "")}
    )


def test_threads_write_whole_lines(writer: RecordWriter) -> None:
    def work(thread: int) -> None:
        for number in range(40):
            body = b"the same" if number % 2 else f"{thread}-{number}".encode()
            writer.exchange(exchange(f"x{thread:03d}{number:03d}", body), "x" * 500)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish(writer)

    run = read(writer.folder)

    assert len(run.exchanges) == 320
    assert len(list((writer.folder / "artifacts").iterdir())) == 8 * 20 + 1 + 1
    for event in run.exchanges.values():
        run.artifact(event["response"]["body"]["artifact"])


def test_every_line_is_there_at_once(writer: RecordWriter) -> None:
    """What a killed run has measured is kept."""
    writer.exchange(exchange(), "smoke")

    run = read(writer.folder)

    assert list(run.exchanges) == ["x000001"]
    assert run.footer is None


def test_a_last_line_that_was_cut_short_is_dropped(writer: RecordWriter, tmp_path: Path) -> None:
    writer.exchange(exchange(), "smoke")
    finish(writer)
    whole = (writer.folder / "run.jsonl").read_bytes()
    lines = whole.split(b"\n")
    begins = len(whole) - len(lines[2]) - 1

    for length in range(begins, len(whole) - 1):
        (tmp_path / "run.jsonl").write_bytes(whole[:length])
        run = read(tmp_path)
        assert (list(run.exchanges), run.footer) == (["x000001"], None)
    (tmp_path / "run.jsonl").write_bytes(whole[:-1])  # only the end of the line is missing
    assert read(tmp_path).footer


def test_a_run_that_was_killed_within_a_line_goes_on_with_a_whole_one(writer: RecordWriter) -> None:
    writer.exchange(exchange(), "smoke")
    writer.exchange(exchange("x000002"), "smoke")
    writer.close()
    path = writer.folder / "run.jsonl"
    whole = path.read_bytes()
    begins = whole.rindex(b"\n", 0, -1) + 1

    for length in (begins, begins + 1, len(whole) - 2, len(whole) - 1, len(whole)):
        path.write_bytes(whole[:length])
        before = list(read(writer.folder).exchanges)
        again = RecordWriter(writer.folder, "http://target.example", Redactor(), goes_on=True)
        again.exchange(exchange("x000003"), "smoke")
        again.close()
        assert list(read(writer.folder).exchanges) == [*before, "x000003"]


def test_a_run_folder_is_not_written_twice(writer: RecordWriter, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="already holds a run"):
        RecordWriter(writer.folder, "http://target.example", Redactor())
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageProblem, match="cannot write"):
        RecordWriter(tmp_path / "file" / "run", "http://target.example", Redactor())


HEADER = {"kind": "header", "record_version": 1, "started": 1.0, **FACTS}
FOOTER = {"kind": "footer", "finished": 2.0, "counts": {"pass": 1}, "exit_code": 0, "verdict": "passed"}
OUTCOME = Outcome("a.b", "c", "sam2.segment", OutcomeKind.PASS).as_json()
DESCRIBED = {"kind": "rule", "id": "a.b", "requirement": "It holds.", "source": "sound", "severity": "must"}


def stored(folder: Path, *events: Any) -> Path:
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    (folder / "run.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def test_a_record_made_by_hand_is_read(tmp_path: Path) -> None:
    run = read(stored(tmp_path, HEADER, DESCRIBED, OUTCOME, FOOTER))

    assert (run.header["seed"], len(run.outcomes), run.footer) == (0, 1, FOOTER)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], "does not begin with a header"),
        (["junk"], "does not begin with a header"),
        ([FOOTER], "does not begin with a header"),
        ([OUTCOME, HEADER, FOOTER], "does not begin with a header"),
        ([HEADER, "junk", FOOTER], "line 2: not JSON"),
        ([HEADER, "", FOOTER], "line 2: not JSON"),
        ([HEADER, '{"kind": "footer", "finished": NaN}', FOOTER], "line 2: not JSON"),
        ([HEADER, "[" * 99999, FOOTER], "line 2: not JSON"),
        ([HEADER, "5"], "line 2"),
        ([HEADER, "null"], "line 2"),
        ([HEADER, {"kind": "note"}], "line 2"),
        ([{**HEADER, "record_version": 2}], "line 1"),
        ([{**HEADER, "seed": "0"}], "line 1"),
        ([{name: value for name, value in HEADER.items() if name != "target"}], "line 1"),
        ([HEADER, {**OUTCOME, "outcome": "maybe"}], "line 2"),
        ([HEADER, {**OUTCOME, "findings": [{"message": "m"}]}], "line 2"),
        ([HEADER, {**FOOTER, "counts": {"passed": 1}}], "line 2"),
        ([HEADER, {**FOOTER, "counts": {"pass": -1}}], "line 2"),
        ([HEADER, HEADER, FOOTER], "more than one run"),
        ([HEADER, OUTCOME, FOOTER], "names the rule 'a.b', which it does not hold"),
        ([HEADER, {**OUTCOME, "rule": "a" * 201}, FOOTER], f"names the rule '{'a' * 199}…', which it does not hold"),
        ([HEADER, FOOTER, OUTCOME], "goes on after its footer"),
        ([HEADER, FOOTER, HEADER, OUTCOME, FOOTER], "more than one run"),
    ],
)
def test_what_is_no_record(tmp_path: Path, events: list[Any], told: str) -> None:
    with pytest.raises(InvalidRecord, match=told) as caught:
        read(stored(tmp_path, *events))

    assert str(tmp_path) in str(caught.value)


def test_a_folder_without_a_readable_record(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="no readable run record"):
        read(tmp_path)
    with pytest.raises(InvalidRecord, match="no readable run record"):
        read(tmp_path / "none")
    (tmp_path / "run.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidRecord, match="no readable run record"):
        read(tmp_path)


def test_an_artifact_is_never_looked_for_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("not an artifact")
    run = read(stored(tmp_path, HEADER))

    for name in ("../secret.txt", "/etc/hostname", "../../etc/passwd", "..", "."):
        with pytest.raises(OSError, match=r"No such file|Is a directory"):
            run.artifact(name)


def test_the_records_schema_allows_what_is_written_and_names_every_outcome() -> None:
    schema = record_schema()

    check_schema(schema)
    assert schema["$defs"]["outcome"]["properties"]["outcome"]["enum"] == [str(kind) for kind in OutcomeKind]
    assert schema["$defs"]["footer"]["properties"]["counts"]["propertyNames"]["enum"] == [
        str(kind) for kind in OutcomeKind
    ]
