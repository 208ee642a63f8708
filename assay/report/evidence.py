"""The evidence for a case, ready to be shown: findings, the server's answer, pictures, and how to send it again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.contract.sentences import count
from assay.record import Run
from assay.report.excerpt import Answer, Line
from assay.report.marking import Frame, Mark, placed
from assay.report.overlay import Shape, shapes
from assay.report.picture import Album, Picture, answered, body_of, json_of, sent
from assay.report.text import one_line, told, visible
from assay.report.view import Event, moment, story

FINDINGS_SHOWN = 6
EXCHANGES_SHOWN = 4
MARKS_SHOWN = 24
EXCERPT = 30
CURL_LIMIT = 4000
OVERHANG = 0.5
"""How far beyond the picture a drawing may reach to show a mark, as a share of its side."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in words, and the answer around the place that it points to.

    `says` is the document's sentence about just this field, with its section.
    """

    message: str
    pointer: str | None
    expected: str | None
    actual: str | None
    says: str | None
    excerpt: list[Line]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with something drawn over it; `frame` is what is shown, (x, y, width, height) in px of the picture.

    `shapes` is what the answer says of it, `marks` what a finding points at.
    """

    picture: Picture
    caption: str
    frame: Frame
    marks: list[Mark] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)

    @property
    def layers(self) -> dict[str, list[Shape]]:
        """The shapes by what they are, so that each kind can be hidden."""
        found: dict[str, list[Shape]] = {}
        for shape in self.shapes:
            found.setdefault(shape.layer, []).append(shape)
        return found

    @property
    def unit(self) -> float:
        """The height of a comfortable letter, px of the picture."""
        return max(self.frame[2], self.frame[3]) / 36


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange behind a case.

    `repeated` where its request and answer are not shown here: `first_told` says that an earlier case has shown them.
    `withheld` says which bodies, or parts of them, the record was not to keep.
    `aside` where no finding points into it, but into another exchange of the case; `again` where its findings are those
    of an earlier exchange of the case, but for numbers and names.
    """

    id: str
    purpose: str
    line: str
    sent_at: str
    error: str | None
    findings: list[FindingView]
    left_out: int
    figures: list[Figure]
    first_told: bool
    repeated: bool
    aside: bool
    again: bool
    curl: str | None
    withheld: list[str]
    request_headers: list[tuple[str, str]]
    response_headers: list[tuple[str, str]]
    answer: list[Line]


class Gatherer:
    """Gathers evidence for the cases of a run, within the bounds that keep a report readable.

    `album` collects the pictures; `room` is the number of characters that the evidence may take together. When it is
    used up, exchanges are named with their first finding and no more.
    """

    def __init__(self, run: Run, album: Album, room: int) -> None:
        self._run = run
        self._album = album
        self._room = room
        self._before = {
            each["second"]["exchange"]: each for each in run.comparisons.values() if not each["likeness"]["alike"]
        }
        self._shown: set[str] = set()

    def loose_findings(self, outcome: Event) -> list[FindingView]:
        """The findings that point into no exchange of the record."""
        shown = FINDINGS_SHOWN if self._room > 0 else 1
        return [self._spent(loose_finding(finding)) for finding in split(self._run, outcome)[""][:shown]]

    def of(self, outcome: Event) -> list[Evidence]:
        """The exchanges of a case, those with findings first; at most a few."""
        findings = split(self._run, outcome)
        named = [identifier for identifier in findings if identifier][:EXCHANGES_SHOWN]
        pointed = any(findings[identifier] for identifier in named)
        gathered: list[Evidence] = []
        told: set[tuple[str, ...]] = set()
        for each in named:
            stories = tuple(sorted({story(finding) for finding in findings[each]}))
            aside = pointed and not findings[each]
            gathered.append(self._evidence(each, findings[each], aside, bool(stories) and stories in told))
            told.add(stories)
        return gathered

    def beside(self, outcome: Event) -> list[Figure]:
        """Both answers of a case in which two deployments differ, each over the picture; none where room is short."""
        exchange = next((self._run.exchanges.get(identifier) for identifier in outcome["exchanges"]), None)
        return self._figures(exchange, outcome["findings"], repeated=False) if exchange and self._room > 0 else []

    def others(self, outcome: Event) -> list[str]:
        """The exchanges of a case that `of` leaves out, by id."""
        named = [identifier for identifier in split(self._run, outcome) if identifier][EXCHANGES_SHOWN:]
        return named + [identifier for identifier in outcome["exchanges"] if identifier not in self._run.exchanges]

    def _evidence(self, identifier: str, findings: list[Event], aside: bool, again: bool) -> Evidence:
        exchange = self._run.exchanges[identifier]
        response = exchange["response"]
        brief = self._room <= 0
        repeated = brief or identifier in self._shown
        answer = None if brief else _answer_of(self._run, exchange)
        views = self._findings(findings, answer)
        told = [] if repeated or any(view.excerpt for view in views) else _whole(exchange, answer)
        evidence = Evidence(
            id=identifier,
            purpose=one_line(exchange["purpose"]),
            line=request_line(exchange),
            sent_at=f"{moment(exchange['started'])}, took {exchange['seconds']:.3f} s",
            error=exchange["error"] and one_line(f"{exchange['error']['kind']}: {exchange['error']['message']}", 600),
            findings=views,
            left_out=len(findings) - len(views),
            figures=[] if brief else self._figures(exchange, findings, repeated),
            first_told=identifier in self._shown,
            repeated=repeated,
            aside=aside,
            again=again,
            curl=None if repeated else command(exchange),
            withheld=[] if repeated else _withheld(exchange),
            request_headers=[] if repeated else _headers(exchange["request"]),
            response_headers=[] if repeated or not response else _headers(response),
            answer=told,
        )
        self._spend(evidence)
        if not repeated:
            self._shown.add(identifier)
        return evidence

    def _findings(self, findings: list[Event], answer: Answer | None) -> list[FindingView]:
        """The findings in words, each place in the answer shown once."""
        views: list[FindingView] = []
        places: set[str] = set()
        for finding in findings[: FINDINGS_SHOWN if self._room > 0 else 1]:
            pointer = finding["pointer"]
            excerpt = answer.lines(pointer, EXCERPT) if answer and pointer and pointer not in places else []
            places.add(pointer or "")
            views.append(self._spent(_finding(finding, excerpt)))
        return views

    def _spent(self, view: FindingView) -> FindingView:
        words = (view.message, view.pointer, view.expected, view.actual)
        self._room -= 200 + sum(len(word or "") for word in words) + _length(view.excerpt)
        return view

    def _spend(self, evidence: Evidence) -> None:
        headers = evidence.request_headers + evidence.response_headers
        self._room -= 800 + len(evidence.line) + len(evidence.curl or "") + _length(evidence.answer)
        self._room -= sum(len(name) + len(value) + 24 for name, value in headers)

    def _figures(self, exchange: Event, findings: list[Event], repeated: bool) -> list[Figure]:
        marks = [mark for finding in findings for mark in finding["marks"]]
        if repeated and not marks:
            return []
        figures: list[Figure] = []
        content = sent(self._run, exchange)
        picture = self._album.add(content) if content else None
        before = self._before.get(exchange["id"])
        first = self._first(before) if before else {}
        names = [_capital(before[side]["name"]) for side in ("first", "second")] if before else ["", ""]
        answer = exchange["response"] or {}
        if picture and before:
            figures += self._side_by_side(picture, before, marks, (first, answer))
        elif picture:
            figures += self._drawn_over(picture, "Sent", marks, answer)
        if before and not repeated:
            figures += self._plain(names[0], answered(self._run, {"response": first}))
        if not repeated:
            figures += self._plain(names[1] or "Came back", answered(self._run, exchange))
        if before and before["difference"] and not repeated:
            figures += self._plain("Difference", [self._run.artifact(before["difference"])])
        return figures

    def _first(self, comparison: Event) -> Event:
        """The first answer of a comparison: that of an exchange of this run, or one that was kept for it."""
        exchange = self._run.exchanges.get(comparison["first"]["exchange"] or "")
        found: Event = (exchange["response"] or {}) if exchange else comparison["first"]
        return found

    def _side_by_side(
        self, picture: Picture, comparison: Event, marks: list[Any], answers: tuple[Event, Event]
    ) -> Iterator[Figure]:
        """The picture twice, in one frame: each with one of two answers, and with the marks of that side."""
        frame = _frame(picture, _usable(marks))
        for side, answer in zip(("first", "second"), answers, strict=True):
            name = comparison[side]["name"]
            yield from self._drawn_over(picture, _capital(name), _of_side(marks, name), answer, frame)

    def _drawn_over(
        self, picture: Picture, caption: str, marks: list[Any], answer: Event, frame: Frame | None = None
    ) -> list[Figure]:
        """The picture that was sent, with what an answer says of it."""
        said = shapes(json_of(self._run, answer))
        self._room -= sum(len(shape.svg) + len(shape.label) + 80 for shape in said)
        return [_figure(picture, caption, marks, said, frame)]

    def _plain(self, caption: str, contents: list[bytes]) -> list[Figure]:
        pictures = (self._album.add(content) for content in contents)
        return [_figure(picture, caption, []) for picture in pictures if picture]


def _capital(name: str) -> str:
    return one_line(name[:1].upper() + name[1:], 40)


def _length(lines: list[Line]) -> int:
    """About how many characters these lines take in a page."""
    return sum(len(line.text) + (20 if line.marked else 4) for line in lines)


def _answer_of(run: Run, exchange: Event) -> Answer | None:
    response = exchange["response"]
    body = body_of(run, response) if response else None
    return Answer(body, str(response["body"]["media"])) if body is not None else None


def _whole(exchange: Event, answer: Answer | None) -> list[Line]:
    """An answer from its beginning, where no finding points into it."""
    if answer:
        return answer.lines()
    if not exchange["response"]:
        return []
    return [Line("(the body is not in the record)" if exchange["response"]["body"] else "(an empty body)")]


def _withheld(exchange: Event) -> list[str]:
    """What a reader may miss, because the user wished it so."""
    sides = (("Sent", exchange["request"]), ("Came back", exchange["response"] or {}))
    notes = [(said, (message.get("body") or {}).get("withheld")) for said, message in sides]
    return [f"{said}: {one_line(note, 200)}" for said, note in notes if note]


def split(run: Run, outcome: Event) -> dict[str, list[Event]]:
    """A case's findings by exchange, under "" those without one; then its other exchanges, without findings.

    A finding that names no exchange belongs to the only one there is.
    """
    exchanges = [identifier for identifier in outcome["exchanges"] if identifier in run.exchanges]
    only = exchanges[0] if len(exchanges) == 1 else ""
    split: dict[str, list[Event]] = {"": []}
    for finding in outcome["findings"]:
        named = finding["exchange"] if finding["exchange"] in run.exchanges else only
        split.setdefault(named, []).append(finding)
    for identifier in exchanges:
        split.setdefault(identifier, [])
    return split


def loose_finding(finding: Event) -> FindingView:
    """A finding in words alone."""
    return _finding(finding, [])


def _finding(finding: Event, excerpt: list[Line]) -> FindingView:
    told_of = {name: told(finding[name], 400) if finding[name] is not None else None for name in ("expected", "actual")}
    pointer = finding["pointer"] and one_line(finding["pointer"])
    says = finding.get("says")
    said = f"{one_line(says['section'], 200)}: “{one_line(says['sentence'], 600)}”" if says else None
    message = one_line(finding["message"], 600)
    return FindingView(message, pointer, told_of["expected"], told_of["actual"], said, excerpt)


def request_line(exchange: Event) -> str:
    """`POST http://... → 200 application/json, 1,234 bytes`."""
    asked = f"{one_line(exchange['request']['method'], 20)} {one_line(exchange['request']['url'], 500)}"
    return f"{asked} → {answer_in_words(exchange)}"


def answer_in_words(exchange: Event) -> str:
    """`200 application/json, 1,234 bytes`, or how the exchange broke."""
    response = exchange["response"]
    if not response:
        return f"no answer ({one_line((exchange['error'] or {}).get('kind', 'unknown'), 60)})"
    body = response["body"]
    return f"{response['status']}" + (
        f" {one_line(body['media'], 80)}, {count(body['size'], 'byte')}" if body else ", no body"
    )


def command(exchange: Event) -> str:
    """The curl that sends the request again; one too long to be of use says where it stands."""
    curl = visible(exchange["curl"])
    return curl if len(curl) <= CURL_LIMIT else f"# too long to print: see exchange {exchange['id']} in run.jsonl"


def _headers(message: Event) -> list[tuple[str, str]]:
    return [(one_line(name, 80), one_line(value, 300)) for name, value in message["headers"][:40]]


def _figure(
    picture: Picture, caption: str, marks: list[Any], said: Sequence[Shape] = (), frame: Frame | None = None
) -> Figure:
    usable = _usable(marks)
    frame = frame or _frame(picture, usable)
    unit = max(frame[2], frame[3]) / 36
    return Figure(picture, caption, frame, placed(usable, frame, unit), list(said))


def _usable(marks: list[Any]) -> list[Any]:
    return [mark for mark in marks if all(math.isfinite(value) for value in mark[:4])][:MARKS_SHOWN]


def _of_side(marks: list[Any], name: str) -> list[Any]:
    """The marks of one side of a comparison, by which they are called, without its name."""
    return [[*mark[:4], mark[4][len(name) :].removeprefix(": ")] for mark in marks if _is_of(mark, name)]


def _is_of(mark: Any, name: str) -> bool:
    return bool(mark[4] == name or mark[4].startswith(f"{name}: "))


def _frame(picture: Picture, marks: list[Any]) -> Frame:
    """The picture and, within bounds, the marks that leave it."""
    over_x, over_y = picture.width * OVERHANG, picture.height * OVERHANG
    left = max(-over_x, min([0.0, *(min(mark[0], mark[2]) for mark in marks)]))
    top = max(-over_y, min([0.0, *(min(mark[1], mark[3]) for mark in marks)]))
    right = min(picture.width + over_x, max([picture.width, *(max(mark[0], mark[2]) for mark in marks)]))
    bottom = min(picture.height + over_y, max([picture.height, *(max(mark[1], mark[3]) for mark in marks)]))
    margin = 0.02 * max(right - left, bottom - top) if marks else 0.0
    return left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin
