"""Lines for a terminal: complete, folded, and nothing in them that a terminal would obey."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contract.message import Request
from assay.record import Finding, OutcomeKind
from assay.report import terminal

Builder = Callable[..., Any]


def test_a_failure_is_explained(builder: Builder, hosted_request: Request) -> None:
    made = builder()
    answer = {"predictions": [{"class": "dog", "x": 1}, {"class": "cat", "x": 2}]}
    first = made.exchange(answer, request=hosted_request)
    other = made.exchange(answer, request=hosted_request)
    finding = Finding("a cat, not asked for", "/predictions/1/class", ["dog"], "cat", first)
    made.outcome("classes.rule", "fail", f"{made.detect} classes=dog", findings=(finding,), exchanges=(first, other))
    made.outcome("classes.rule", "pass")
    run = made.finish()
    text = "\n".join(terminal.lines(run))
    for expected in (
        "target http://127.0.0.1:9001 (Server, 1.8.3, new), seed 7",
        "FAIL          classes.rule  1 fail, 1 pass",
        "FAIL  classes.rule  (must; the document states it)",
        "  Requirement of classes.rule.",
        '  Keypoint Detection, section Query parameters: "Only these classes are returned."',
        "  https://docs.example.com/keypoints",
        "  case hosted.object-detection classes=dog",
        "    - a cat, not asked for",
        "      at:       /predictions/1/class",
        '      expected: ["dog"]',
        '      actual:   "cat"',
        f"    {first}  200 application/json",
        '     >       "class": "cat",',
        f"    send it again, in {run.folder}:",
        '"$ROBOFLOW_API_KEY"',
        "@artifacts/",
        f"    {other}  POST",
        f"report: {run.folder / 'report.html'}",
    ):
        assert expected in text, expected
    assert text.endswith("FAILED: 1 of 1 rule broken (1 case)")
    assert made.secret not in text


def test_known_and_inconclusive_cases_are_told_with_their_reasons(builder: Builder) -> None:
    made = builder()
    known = {"reason": "never had it", "evidence": "https://example.com/1", "expires": "2027-01-01"}
    made.outcome("a.rule", "known", known=known)
    made.outcome("b.rule", "resolved", known=known, message="gone: remove the entry")
    made.outcome("c.rule", "inconclusive", message="no mask with a hole; show a ring")
    text = "\n".join(terminal.lines(made.finish()))
    assert (
        "known     a.rule  (1 case)\n            reason: never had it\n            evidence: https://example.com/1"
        in text
    )
    assert "resolved  b.rule  (1 case)\n            gone: remove the entry" in text
    assert "  c.rule (1 case): no mask with a hole; show a ring" in text
    assert text.splitlines()[-1].startswith("OUT OF DATE: 1 listed deviation no longer occurs")


def test_one_broken_thing_does_not_flood(builder: Builder) -> None:
    made = builder()
    for number in range(150):
        exchange = made.exchange({"a": number})
        findings = tuple(
            Finding(f"box {number}.{each} is outside", "/a", actual=each, exchange=exchange) for each in range(40)
        )
        made.outcome("a.rule", "fail", findings=findings, exchanges=(exchange,))
        made.outcome("b.rule", "blocked", message="a.rule failed", findings=findings)
        made.outcome("c.rule", "error", message=f"broke in way {chr(97 + number % 26)}{chr(97 + number // 26)}")
    found = list(terminal.lines(made.finish()))
    text = "\n".join(found)
    assert len(found) < 100
    assert "and 149 more cases with the same finding" in text
    assert "and 37 more findings in the same answer" in text
    assert "150 cases blocked: a.rule failed" in text
    assert "and 145 more cases with other findings: see report.html" in text


def test_lines_are_narrow_and_obey_nobody(builder: Builder) -> None:
    made = builder()
    words = "\x1b[31m\x1b]0;title\x07\r\n\x08\u202e\x9b" + "word " * 500 + "x" * 5_000
    exchange = made.exchange(body=words.encode() + b"\xff", headers=(("content-type", words.replace("\n", "")),))
    known = {"reason": words, "evidence": words}
    for kind in OutcomeKind:
        facts: dict[str, Any] = {"findings": (Finding(words, words, words, words, exchange),), "exchanges": (exchange,)}
        facts["known"] = known if kind in ("known", "resolved") else None
        made.outcome("a.rule", kind, words, message=words, **facts)
        made.outcome("r" * 300, kind, message=words)
    found = list(terminal.lines(made.finish()))
    assert all(len(line) <= 110 or "http://127.0.0.1:9001" in line for line in found)
    text = "\n".join(found)
    assert not any(ord(character) < 32 and character != "\n" for character in text)
    assert "\u202e" not in text
    assert "\x9b" not in text


def test_colour_comes_only_when_asked_for(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "fail")
    run = made.finish()
    plain, coloured = list(terminal.lines(run)), list(terminal.lines(run, colour=True))
    assert "\x1b" not in "".join(plain)
    assert "\x1b[1;31mFAIL" in "\n".join(coloured)
    assert len(plain) == len(coloured)


def test_the_overview_can_be_left_out(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "pass")
    run = made.finish()
    assert not any("a.rule" in line for line in terminal.lines(run, overview=False))


def test_an_interrupted_run_ends_without_a_verdict(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "pass")
    found = list(terminal.lines(made.finish(footer=False)))
    assert found[-2].startswith("go on with it: assay check --resume ")
    assert found[-1] == "interrupted: no verdict"
    assert not any("exit code" in line for line in found)


def test_a_run_that_was_interrupted_before_the_first_case_says_so(builder: Builder) -> None:
    found = list(terminal.lines(builder().finish(footer=False)))
    assert "cases: none, for nothing was judged yet" in found
