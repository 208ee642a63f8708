"""report.html: whole, honest, safe with whatever a server says, and small."""

from __future__ import annotations

import base64
import itertools
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from assay.contract.message import Request
from assay.contract.rule import Authority
from assay.contract.source import Source
from assay.record import Finding, OutcomeKind, Run
from assay.report import html

from .conftest import RunBuilder

Builder = Callable[..., RunBuilder]
VOID = {"meta", "br", "image", "use", "rect", "input"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}\x1b[2J\u202e\ud800"
SERVER_WORDS = HOSTILE.replace("\ud800", "")


class Page(HTMLParser):
    """A rendered report, taken apart; asserts that elements close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.words += " " if tag in ("dt", "dd", "p", "td", "th", "h2") else ""

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("style", "script"):
            self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(run: Run) -> Page:
    return Page(html.render(run))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def every_kind(builder: Builder, hosted_request: Request, segment_request: Request, jpeg: bytes) -> Run:
    """A run with an outcome of each kind, pictures both ways, and a broken exchange."""
    made = builder()
    answer = {"image": {"width": 320, "height": 240}, "predictions": [{"class": "dog"}, {"class": "cat"}]}
    first = made.exchange(answer, request=hosted_request)
    drawn = made.exchange(answer | {"visualization": base64.b64encode(jpeg).decode()}, request=segment_request)
    broken = made.exchange(error=("timeout", "no answer within 30 s"), request=hosted_request)
    finding = Finding(
        "a cat, not asked for", "/predictions/1/class", ["dog"], "cat", first, ((10, 20, 90, 300, "cat"),)
    )
    made.rule("sound.rule", source=Authority.SOUND, says=None)
    made.rule("weak.rule", "should")
    made.rule("segment.rule", says=Source("S3", "Response", "sample", "One mask for each prompt."))
    known = {"reason": "it never had `classes`", "evidence": "https://example.com/1", "expires": "2027-01-01"}
    told: dict[str, dict[str, Any]] = {
        "fail": {"findings": (finding,), "exchanges": (first, drawn)},
        "pass": {"witness": "two boxes over the threshold", "exchanges": (first,)},
        "known": {"known": known, "findings": (finding,), "exchanges": (first,)},
        "resolved": {"known": known},
        "error": {"exchanges": (broken,)},
    }
    for kind in OutcomeKind:
        made.outcome("classes.rule", kind, f"{made.detect} kind={kind}", **told.get(kind, {}))
    made.outcome("weak.rule", "warn", exchanges=(drawn,))
    made.outcome("segment.rule", "pass", operation=made.segment)
    made.outcome("sound.rule", "inconclusive", message="no mask with a hole; a picture of a ring would do")
    return made.finish()


def test_the_verdict_stands_first_with_its_causes(every_kind: Run) -> None:
    words = squeezed(page_of(every_kind).words)
    assert every_kind.footer is not None
    beginning = words[: words.index("Look at this first")]
    assert every_kind.footer["verdict"] in beginning
    assert "Exit code 1" in beginning
    first = words[words.index("Look at this first") : words.index("Known deviations")]
    for told in (
        "FAIL classes.rule: Requirement of classes.rule.",
        "Keypoint Detection, “Query parameters”: Only these classes are returned.",
        'a cat, not asked for at /predictions/1/class expected ["dog"] actual "cat"',
        "curl -sS -X POST",
        "assay check http://127.0.0.1:9001 --only classes.rule",
    ):
        assert told in first, told
    assert "weak.rule" not in first


def test_a_rule_is_told_with_its_promise_and_its_evidence(every_kind: Run) -> None:
    words = squeezed(page_of(every_kind).words)
    for expected in (
        "Requirement of classes.rule.",
        "must · the document states it",
        "Only these classes are returned.",
        "Keypoint Detection, “Query parameters”",
        'at /predictions/1/class expected ["dog"] actual "cat"',
        '▶ "class": "cat"',
        "Dashed, what the finding is about: cat",
        "Came back: 320 × 240 px",
        "200 application/json",
        "timeout: no answer within 30 s",
        "two boxes over the threshold",
        "no mask with a hole; a picture of a ring would do",
        "--data-binary @artifacts/",
        "reason it never had classes",
        "expires 2027-01-01",
        "the path is not in /openapi.json",
        "seed 7",
        "Sound behaviour",
    ):
        assert expected in words, expected


def test_failures_are_open_and_the_rest_is_closed(every_kind: Run) -> None:
    page = page_of(every_kind)
    rules = {
        str(each.get("id")): "open" in each for each in page.all("details") if str(each.get("class")).startswith("rule")
    }
    assert rules["rule-hosted.object-detection-classes.rule"]
    assert not rules["rule-hosted.object-detection-weak.rule"]
    assert not rules["rule-sam2.segment-segment.rule"]
    assert sum("open" in each for each in page.all("details") if each.get("class") == "case") == 2


def test_identifiers_are_unique_and_every_inner_link_leads_somewhere(every_kind: Run) -> None:
    page = page_of(every_kind)
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(identifiers)) == len(identifiers)
    links = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(identifiers)


def test_the_page_needs_nothing_from_elsewhere(every_kind: Run) -> None:
    page = page_of(every_kind)
    text = html.render(every_kind)
    assert not page.all("link")
    assert not any("src" in attributes for _, attributes in page.elements)
    assert all(str(each["href"]).startswith("data:image/") for each in page.all("image"))
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_headings_have_an_order(every_kind: Run) -> None:
    levels = [int(tag[1]) for tag, _ in page_of(every_kind).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_marks_are_drawn_where_they_are_and_no_colour_stands_alone(every_kind: Run) -> None:
    page = page_of(every_kind)
    marks = [each for each in page.all("rect") if each["class"] == "mark"]
    assert (marks[0]["x"], marks[0]["y"], marks[0]["width"], marks[0]["height"]) == ("10.0", "20.0", "80.0", "280.0")
    drawing = next(each for each in page.all("svg") if "marked" in str(each.get("aria-label")))
    assert drawing["viewbox"] is not None
    _, top, _, height = map(float, drawing["viewbox"].split())
    assert top + height > 300
    badges = [each for each in page.all("span") if str(each.get("class")).startswith("badge")]
    assert badges
    assert "FAIL" in page.words


def test_marks_without_measure_do_no_harm(builder: Builder, hosted_request: Request) -> None:
    made = builder()
    exchange = made.exchange({"a": 1}, request=hosted_request)
    marks = ((-1e300, -5.0, 1e300, 1e9, HOSTILE[:30]), (50.0, 50.0, 10.0, 10.0, ""), (0.0, 0.0, 0.0, 0.0, "point"))
    made.outcome("a.rule", "fail", findings=(Finding("odd", "/a", exchange=exchange, marks=marks),))
    page = page_of(made.finish())
    for each in page.all("svg"):
        if each.get("viewbox"):
            width, height = map(float, str(each["viewbox"]).split()[2:])
            assert 0 < width < 700
            assert 0 < height < 500


def hostile_run(builder: Builder) -> Run:
    answer = {HOSTILE: HOSTILE, "predictions": [{"class": HOSTILE}]}
    made = builder(
        target={"url": f"http://a/{SERVER_WORDS}", "name": SERVER_WORDS, "version": SERVER_WORDS},
        configuration={SERVER_WORDS: SERVER_WORDS},
        documents=[{"id": "S4", "title": SERVER_WORDS, "url": "javascript:alert(1)"}, "no document"],
    )
    headers = (("content-type", "application/json"), ("x-evil", SERVER_WORDS))
    request = Request(made.detect, "POST", "/x", (("a", SERVER_WORDS),), (("x", SERVER_WORDS),), b"\xff\xfe\x00\x01")
    first = made.exchange(answer, headers=headers, request=request)
    page = made.exchange(body=b"<html><script>alert(2)</script>\xff\xfe", headers=(("content-type", SERVER_WORDS),))
    finding = Finding(SERVER_WORDS, f"/{SERVER_WORDS}", SERVER_WORDS, {SERVER_WORDS: [SERVER_WORDS]}, first)
    listed = {"reason": SERVER_WORDS, "evidence": "javascript:alert(1)", "expires": SERVER_WORDS}
    for kind in OutcomeKind:
        facts: dict[str, Any] = {"message": SERVER_WORDS, "witness": SERVER_WORDS, "findings": (finding,)}
        facts["known"] = listed if kind in ("known", "resolved") else None
        made.outcome("a.rule", kind, f"{kind} {SERVER_WORDS}", exchanges=(first, page), **facts)
    return made.finish()


def test_nothing_that_a_server_says_becomes_markup(builder: Builder) -> None:
    run = hostile_run(builder)
    text = html.render(run)
    page = Page(text)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "{{7*7}}" in page.words
    assert "<script>alert(1)</script>" in page.words
    text.encode("utf-8")


def test_only_web_addresses_become_links(builder: Builder, every_kind: Run) -> None:
    for run in (hostile_run(builder), every_kind):
        links = [str(each["href"]) for each in page_of(run).all("a")]
        assert links
        assert all(link.startswith(("https://", "http://", "#")) for link in links), links


def test_megabytes_of_text_stay_out(builder: Builder) -> None:
    made = builder()
    huge = "x<" * 500_000
    headers = (("content-type", "application/json"), ("x-long", "h" * 200_000))
    first = made.exchange({"a": huge, "list": [huge[:1000]] * 1000}, headers=headers)
    finding = Finding(huge, "/a", huge, [huge], first)
    made.outcome("a.rule", "fail", huge, message=huge, witness=huge, findings=(finding,), exchanges=(first,))
    assert len(html.render(made.finish())) < 100_000


def test_the_key_is_nowhere(builder: Builder, hosted_request: Request) -> None:
    made = builder(configuration={"key": "sEcReT-kEy-0123456789"})
    echo = {"echo": f"your key is {made.secret}", "api_key": made.secret}
    first = made.exchange(
        echo, request=hosted_request, headers=(("x-key", made.secret), ("content-type", "application/json"))
    )
    made.outcome(
        "a.rule",
        "fail",
        message=made.secret,
        exchanges=(first,),
        findings=(Finding(made.secret, "/echo", actual=made.secret),),
    )
    text = html.render(made.finish())
    assert made.secret not in text
    assert base64.b64encode(made.secret.encode()).decode() not in text
    assert "$ROBOFLOW_API_KEY" in text


def test_an_interrupted_run_has_no_verdict(builder: Builder) -> None:
    made = builder()
    made.outcome("a.rule", "pass")
    words = squeezed(page_of(made.finish(footer=False)).words)
    assert "interrupted: no verdict" in words
    assert "No exit code" in words
    assert "passed (" not in words


def test_a_run_without_anything_is_reported_too(builder: Builder) -> None:
    words = squeezed(page_of(builder(documents=[], capabilities={}, target={"url": "http://a"}).finish()).words)
    assert "NOTHING WAS CHECKED: no case ran" in words
    assert "Exit code 4" in words
    empty = builder().finish(footer=False)
    assert "interrupted: no verdict" in page_of(empty).words


def test_strict_runs_open_what_a_should_broke(builder: Builder) -> None:
    made = builder(configuration={"strict": True})
    made.rule("weak.rule", "should")
    made.outcome("weak.rule", "warn", message="weakly broken")
    page = page_of(made.finish())
    assert "Exit code 1" in squeezed(page.words)
    assert any("open" in each for each in page.all("details") if str(each.get("class")).startswith("rule"))


def test_cases_with_the_same_finding_are_folded(builder: Builder) -> None:
    made = builder()
    for number in range(60):
        exchange = made.exchange({"a": number})
        finding = Finding(f"dog 0.{number} at ({number}, 7) is of class 'c{number}'", "/a", 1, number, exchange)
        made.outcome("a.rule", "fail", findings=(finding,), exchanges=(exchange,))
    page = page_of(made.finish())
    assert "and 59 more cases with the same finding" in squeezed(page.words)
    assert sum(each.get("class") == "case" for each in page.all("details")) == 1


@pytest.mark.thorough
def test_a_large_run_stays_small(builder: Builder, segment_request: Request, jpeg: bytes) -> None:
    made = builder()
    request = json.loads(segment_request.body)
    for number in range(500):
        body = json.dumps(request | {"n": number}).encode()
        answer = {"predictions": [{"masks": [[[x, x] for x in range(90)]] * 2, "confidence": 0.5}] * 6}
        exchange = made.exchange(answer, request=segment_request.replace(body=body))
        words = "".join(chr(97 + int(digit)) for digit in str(number))
        finding = Finding(
            f"broken in the way {words}", "/predictions/3/masks", "x" * 500, "y" * 500, exchange, ((1, 2, 3, 4, "m"),)
        )
        made.outcome(f"rule.{number % 40}", "fail", findings=(finding,) * 10, exchanges=(exchange,), witness="w" * 400)
    text = html.render(made.finish())
    assert len(text.encode()) < 3_000_000
    Page(text)


def test_the_answer_is_outlined_on_the_picture_that_was_sent(builder: Builder, hosted_request: Request) -> None:
    made = builder()
    said = {"predictions": [{"x": 100, "y": 80, "width": 40, "height": 20, "class": "<dog>", "confidence": 0.9}]}
    exchange = made.exchange(said, request=hosted_request)
    made.outcome("r", "fail", findings=(Finding("the dog is a cat", exchange=exchange),), exchanges=(exchange,))

    page = page_of(made.finish())

    (outline,) = [each for each in page.all("polygon") if each["class"] == "said"]
    assert outline["points"] == "80.0,70.0 120.0,70.0 120.0,90.0 80.0,90.0"
    assert "Outlined: what the answer says (<dog> 0.90)" in squeezed(page.words)


def test_operations_are_counted_in_a_table(every_kind: Run) -> None:
    page = page_of(every_kind)
    words = squeezed(page.words)
    table = words[words.index("operation FAIL") : words.index(" Rules ", words.index("operation FAIL"))]

    assert "hosted.object-detection 1 " in table
    assert "sam2.segment 1" in table


def test_an_exchange_is_told_once_and_then_referred_to(builder: Builder) -> None:
    made = builder()
    shared = made.exchange({"a": 1})
    made.outcome("a.rule", "fail", findings=(Finding("first", "/a", exchange=shared),), exchanges=(shared,))
    made.outcome("b.rule", "fail", findings=(Finding("second", "/a", exchange=shared),), exchanges=(shared,))
    page = page_of(made.finish())
    words = squeezed(page.words)
    assert words[words.index("Coverage What") :].count("curl -sS") == 1
    assert words.count('▶ "a": 1') == 2
    assert f"where {shared} first occurs" in words


def test_a_record_that_lost_its_artifacts_is_still_reported(every_kind: Run) -> None:
    for artifact in (every_kind.folder / "artifacts").iterdir():
        artifact.unlink()
    words = squeezed(page_of(every_kind).words)
    assert "(the body is not in the record)" in words


def test_it_is_written_to_a_file(every_kind: Run) -> None:
    path = every_kind.folder / "report.html"
    html.write(every_kind, path)
    assert path.read_text(encoding="utf-8") == html.render(every_kind)
