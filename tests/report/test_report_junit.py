"""junit.xml, read as CI servers read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped

from assay.record import Finding, OutcomeKind, Run
from assay.report import junit

from . import junit10
from .conftest import RunBuilder

Builder = Callable[..., RunBuilder]
RESULTS: dict[str, type | None] = {
    "pass": None, "fail": Failure, "warn": None, "note": None, "inconclusive": Skipped, "skip": Skipped,
    "disabled": Skipped, "blocked": Error, "error": Error, "known": Skipped, "resolved": None,
}  # fmt: skip


def written(run: Run) -> tuple[JUnitXml, ElementTree.Element]:
    """The file as junitparser and as a plain XML parser read it."""
    path = run.folder / "junit.xml"
    junit.write(run, path)
    return JUnitXml.fromfile(str(path)), ElementTree.parse(path).getroot()


def all_kinds(made: RunBuilder) -> Run:
    made.rule("weak.rule", "should")
    made.rule("note.rule", "note")
    for kind in OutcomeKind:
        rule = {"warn": "weak.rule", "note": "note.rule"}.get(kind, "strong.rule")
        known = {"reason": "the server never had it"} if kind in ("known", "resolved") else None
        findings = (Finding("too small", "/predictions/0", 1, 0),) if kind in ("fail", "warn") else ()
        facts: dict[str, Any] = {"message": f"because of {kind}", "known": known, "findings": findings}
        made.outcome(rule, kind, f"{made.detect} kind={kind}", **facts)
    made.outcome("strong.rule", "pass", operation=made.segment)
    run: Run = made.finish()
    return run


def test_each_outcome_has_its_result(builder: Builder) -> None:
    read, root = written(all_kinds(builder()))
    cases = {case.name.rpartition("kind=")[2]: case for suite in read for case in suite if "kind=" in case.name}
    assert set(cases) == set(OutcomeKind)
    for kind, expected in RESULTS.items():
        result = cases[kind].result
        assert [type(each) for each in result] == ([expected] if expected else []), kind
    assert cases["fail"].classname == "strong.rule"
    assert cases["fail"].result[0].message == "too small"
    assert "Only these classes are returned." in cases["fail"].result[0].text
    assert "at:       /predictions/0" in cases["fail"].result[0].text
    assert cases["known"].result[0].message == "known deviation: the server never had it"
    assert cases["skip"].result[0].message == "skip: because of skip"
    assert "warning" in cases["warn"].system_out
    assert "no longer occurs" in cases["resolved"].system_out
    assert [suite.get("name") for suite in root] == ["hosted.object-detection", "sam2.segment"]


def test_counts_are_right(builder: Builder) -> None:
    read, root = written(all_kinds(builder()))
    expected = {"tests": 12, "failures": 1, "errors": 2}
    assert {name: int(root.get(name, "-1")) for name in expected} == expected
    first = root[0]
    assert {name: int(first.get(name, "-1")) for name in expected} == expected | {"tests": 11}
    assert first.get("skipped") == "4"
    assert (read.tests, read.failures, read.errors) == (12, 1, 2)
    read.update_statistics()
    assert (read.tests, read.failures, read.errors, read.skipped) == (12, 1, 2, 4)
    assert float(root.get("time", "0")) == pytest.approx(6.0)


def test_a_strict_run_fails_on_warnings(builder: Builder) -> None:
    read, _ = written(all_kinds(builder(configuration={"strict": True})))
    warned = next(case for suite in read for case in suite if case.name.endswith("kind=warn"))
    assert isinstance(warned.result[0], Failure)
    assert read.failures == 2


def test_what_xml_forbids_is_replaced_and_nothing_becomes_markup(builder: Builder) -> None:
    made = builder()
    words = "\x00\x01\x1b[31m\x0b\ufffe\uffff]]><failure/>&amp;<!--"
    exchange = made.exchange(body=words.encode("utf-8", "replace") + b"\xff\xfe")
    facts = {"message": words, "findings": (Finding(words, "/" + words, words, words, exchange),)}
    for kind in ("fail", "error", "skip", "note"):
        made.outcome("a.rule", kind, f"{kind} {words}", exchanges=(exchange,), **facts)
    read, root = written(made.finish())
    assert len(root.findall(".//failure")) == 1
    assert read.failures == 1
    text = (made.folder / "junit.xml").read_text(encoding="utf-8")
    assert not any(ord(character) < 32 and character not in "\n\t" for character in text)
    assert "\\x1b[31m" in text


@pytest.mark.parametrize(
    ("kinds", "facts", "red"),
    [
        (["pass"], {"footer": False}, True),
        (["fail"], {"footer": False}, True),
        ([], {}, True),
        (["skip", "inconclusive"], {}, True),
        (["resolved", "pass"], {}, True),
        (["pass"], {"exit_code": 3, "verdict": "TARGET LOST"}, True),
        (["pass", "known", "skip"], {}, False),
    ],
)
def test_the_file_is_red_whenever_the_run_was_not_green(
    builder: Builder, kinds: list[str], facts: dict[str, Any], red: bool
) -> None:
    made = builder()
    for kind in kinds:
        made.outcome("a.rule", kind)
    read, root = written(made.finish(**facts))
    verdicts = root.findall("testsuite[@name='assay']/testcase[@name='verdict']/error")
    assert len(verdicts) == int(red)
    assert bool(read.errors) is red


def test_a_failure_needs_no_verdict_of_its_own(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "fail")
    _, root = written(made.finish())
    assert [suite.get("name") for suite in root] == ["hosted.object-detection"]


def test_it_keeps_the_schema_that_ci_servers_use(builder: Builder) -> None:
    hostile = builder()
    hostile.outcome("a.rule", "fail", "</testcase>\x00\ud800", message="<![CDATA[\x1b]]>")
    for run in (all_kinds(builder()), builder().finish(footer=False), hostile.finish()):
        _, root = written(run)
        assert list(junit10.complaints(root)) == []


def test_the_schema_is_held_to_what_it_forbids() -> None:
    """Else the test above would hold nothing."""
    suite = '<testsuite name="s" tests="1" failures="0" errors="0"><testcase name="c"/></testsuite>'
    assert list(junit10.complaints(ElementTree.fromstring(f"<testsuites>{suite}</testsuites>"))) == []
    for broken, complaint in (
        (f'<testsuites skipped="1">{suite}</testsuites>', "testsuites has an attribute skipped"),
        (f"<testsuites>{suite.replace('tests=', 'test=')}</testsuites>", "testsuite lacks tests"),
        ("<testsuites><testcase name='c'/></testsuites>", "testcase stands in testsuites"),
        (f"<testsuites time='-1'>{suite}</testsuites>", "testsuites has time '-1'"),
        (f"<testsuites>words{suite}</testsuites>", "testsuites holds text"),
    ):
        assert complaint in list(junit10.complaints(ElementTree.fromstring(broken)))


def test_a_run_with_many_failures_can_still_be_read(builder: Builder) -> None:
    """CI servers refuse files of tens of megabytes."""
    made = builder()
    exchange = made.exchange({"predictions": ["x" * 2_000_000]})
    for number in range(600):
        facts = {"findings": (Finding("long " * 100_000, "/predictions/0", exchange=exchange),)}
        made.outcome("a.rule", "fail", f"{made.detect} number={number}", exchanges=(exchange,), **facts)
    read, _ = written(made.finish())
    texts = [case.result[0].text for suite in read for case in suite]
    assert read.failures == 600
    assert sum("Requirement of a.rule." in text for text in texts) == 500
    assert texts[-1] == "explained in report.html: so many results are not explained here as well"
    assert (made.folder / "junit.xml").stat().st_size < 500 * 18_000


def test_the_key_is_nowhere(builder: Builder, tmp_path: Path) -> None:
    made = builder()
    exchange = made.exchange(
        {"echo": made.secret}, headers=(("content-type", "application/json"), ("x-key", made.secret))
    )
    made.outcome("a.rule", "fail", message=made.secret, exchanges=(exchange,))
    written(made.finish())
    assert made.secret not in (made.folder / "junit.xml").read_text(encoding="utf-8")
