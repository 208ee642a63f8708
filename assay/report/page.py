"""The templates of all pages. Every value is escaped; what acts or hides is spelled out before."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import jinja2
from markupsafe import Markup, escape

from assay.report import view
from assay.report.text import one_line, safe_link, shortened, spelled, visible
from assay.suite import suite_folder

SCRIPTS = ("links.js", "filter.js", "pictures.js")


@dataclass(frozen=True, slots=True)
class Told:
    """A report without its page: a page holds one of them, or several. `top` has the verdict."""

    title: str
    top: Markup
    body: Markup
    foot: Markup

    @classmethod
    def of(cls, template: str, title: str, **known: Any) -> Self:
        """Those three parts of a template; `known` is what it asks for."""
        made: Any = environment().get_template(template).make_module(known)
        return cls(title, made.top(), made.body(), made.foot())


def page(template: str, **known: Any) -> str:
    """A page as one HTML document, with its style and its script within."""
    folder = suite_folder("reports")
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    return (
        environment()
        .get_template(template)
        .render(
            known,
            style=Markup((folder / "style.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def fact(value: Any) -> str:
    """One fact of a header on one line; of a mapping of such, each with its name."""
    if isinstance(value, dict) and value and not any(isinstance(each, dict | list) for each in value.values()):
        return one_line(", ".join(f"{_named(name)}: {_amount(name, each)}" for name, each in value.items()), 400)
    return one_line(value, 400) if isinstance(value, str) else spelled(value, 400)


def _named(name: str) -> str:
    return name.removesuffix("_bytes").replace("_", " ")


def _amount(name: str, value: Any) -> str:
    if name.endswith("_bytes") and isinstance(value, int | float):
        return f"{value / 1e9:.1f} GB"
    return value if isinstance(value, str) else spelled(value, 400)


def facts(mapping: Any) -> list[tuple[str, str]]:
    """A part of a header as names and values; what is empty says nothing, and is left out."""
    if not isinstance(mapping, dict):
        return [("", spelled(mapping))]
    told = {name: value for name, value in mapping.items() if value not in (None, "", [], {})}
    return [(one_line(name, 80), fact(value)) for name, value in told.items()]


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
