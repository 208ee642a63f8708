"""A report as a part of a larger page: its headings a level lower, its anchors and landmarks told from those of others.

Templates escape every value, so that `<`, `>` and `"` in what they made are their own: what is changed here is never
what a target or a user said.
"""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup, escape

SHARED: Final = "picture-"
"""Anchors of the page itself begin so: pictures are embedded once, whichever parts show them."""
_TAG: Final = re.compile(r"<[^<>]+>")
_HEADING: Final = re.compile(r"^(</?h)([1-5])\b")
_ANCHOR: Final = re.compile(rf' (id|href)="(#?)(?!{SHARED})([^"]*)"')
_LANDMARK: Final = re.compile(r'^<(?:nav|section|form)\b|role="region"')
_NAMED: Final = re.compile(r' aria-label="([^"]*)"')


def within(markup: Markup, prefix: str, name: str) -> Markup:
    """The same, one level down: anchors begin with `prefix`, and landmarks say the `name` of the part."""
    return Markup(_TAG.sub(lambda tag: _moved(tag[0], prefix, str(escape(name))), markup))


def _moved(tag: str, prefix: str, name: str) -> str:
    tag = _HEADING.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", tag)
    tag = _ANCHOR.sub(lambda found: _anchor(found[1], found[2], found[3], prefix), tag)
    if _LANDMARK.search(tag):
        tag = _NAMED.sub(lambda found: f' aria-label="{name}: {found[1]}"', tag)
    return tag


def _anchor(attribute: str, hash_sign: str, anchor: str, prefix: str) -> str:
    """An anchor, or a link to one; a link to elsewhere stays as it is."""
    inner = attribute == "id" or hash_sign
    return f' {attribute}="{hash_sign}{prefix if inner else ""}{anchor}"'
