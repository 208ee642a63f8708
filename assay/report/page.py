"""The templates of all pages. Every value is escaped; what acts or hides is spelled out before."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from assay.report import view
from assay.report.text import one_line, safe_link, shortened, spelled, visible
from assay.suite import suite_folder


def fact(value: Any) -> str:
    """One fact of a header on one line."""
    return one_line(value, 400) if isinstance(value, str) else spelled(value, 400)


def _shown(value: Any) -> Any:
    """What jinja2 puts into the page: markup as it is, everything else visible; escaping comes after."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _prose(text: str) -> Markup:
    """A sentence whose `words` between backticks are code. Everything is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


@cache
def environment() -> jinja2.Environment:
    """The templates, compiled once."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(suite_folder("reports")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        word=view.word,
        moment=view.moment,
        one_line=one_line,
        shortened=shortened,
        link=safe_link,
        spelled=spelled,
        prose=_prose,
    )
    return made
