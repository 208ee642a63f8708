"""What the schema junit-10 of Jenkins' xUnit plugin allows, of what Assay writes: elements, attributes, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
"""Of suites; a test case's is any text."""


@dataclass(frozen=True)
class Element:
    """What an element may have; `children` where it may have none but text is None."""

    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    children: frozenset[str] | None = None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESULT = Element(may=_words("type message"))
ELEMENTS = {
    "testsuites": Element(may=_words("name time tests failures errors"), children=_words("testsuite")),
    "testsuite": Element(
        _words("name tests failures errors"),
        _words("group time skipped timestamp hostname id package file log url"),
        _words("testsuite properties testcase system-out system-err"),
    ),
    "properties": Element(children=_words("property")),
    "property": Element(_words("name value")),
    "testcase": Element(
        _words("name"),
        _words("time classname group"),
        _words("skipped error failure rerunFailure rerunError flakyFailure flakyError system-out system-err"),
    ),
    "failure": RESULT, "error": RESULT, "skipped": RESULT, "system-out": Element(), "system-err": Element(),
}  # fmt: skip


def complaints(element: ElementTree.Element) -> Iterator[str]:
    """What the schema forbids of an element and of what stands in it."""
    name, allowed = element.tag, ELEMENTS[element.tag]
    given = set(element.attrib)
    yield from (f"{name} lacks {each}" for each in allowed.needs - given)
    yield from (f"{name} has an attribute {each}" for each in given - allowed.needs - allowed.may)
    if name in ("testsuite", "testsuites") and not TIME.fullmatch(element.get("time", "")):
        yield f"{name} has time {element.get('time')!r}"
    if allowed.children is not None and "".join([element.text or "", *(each.tail or "" for each in element)]).strip():
        yield f"{name} holds text"
    for child in element:
        if child.tag not in (allowed.children or ()):
            yield f"{child.tag} stands in {name}"
        yield from complaints(child)
