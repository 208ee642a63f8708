"""Source of the site, made whole in a folder of its own, and Sphinx upon it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generating import commands, readme, record, rules, tables

ROOT: Final = Path(__file__).resolve().parents[2]
DOCS: Final = ROOT / "docs"
BY_HAND: Final = ("*.md", "*.png", "conf.py", "static/*")
OUTSIDE: Final = re.compile(r"\]\((?:\.\./)+([A-Za-z][^)#\s]*)\)")
"""A link from a page to a file of the repository that is no page."""

WRITTEN_OF: Final = {
    "conformance": "reference/rules.md",
    "fixtures/tolerances": "reference/tolerances.md",
    "fixtures/known-deviations": "reference/known-deviations.md",
    "assay/faults": "reference/faults.md",
}
"""Folders that a page in a checkout leads to, and the pages of the site that are written of what lies in them."""

README: Final = re.compile(r"\]\((?:\.\./)+README\.md#([^)\s]+)\)")


def written() -> Iterator[tuple[str, str]]:
    """Every page that is written from the code, as Markdown by its address below the root of the site."""
    for module in (commands, rules, tables, record, readme):
        yield from module.pages()


def source(folder: Path) -> Path:
    """The whole source below this folder, which is emptied; the pages lie in `docs`, as in a checkout."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "docs"
    for pattern in BY_HAND:
        for path in DOCS.rglob(pattern):
            _copy(path, pages / path.relative_to(DOCS))
    for page in DOCS.rglob("*.md"):
        for name in OUTSIDE.findall(page.read_text("utf-8")):
            if (ROOT / name).is_file():  # it is given to readers as it is; what is not there, Sphinx tells
                _copy(ROOT / name, folder / name)
    for page in pages.rglob("*.md"):
        page.write_text(_within(page.read_text("utf-8"), "../" * (len(page.relative_to(pages).parts) - 1)), "utf-8")
    for name, text in written():
        path = pages / name
        if path.exists():
            raise ValueError(f"{name} is written by hand, and from the code too")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return pages


def build(folder: Path) -> Path:
    """The site in `folder/site`. Raises RuntimeError where Sphinx finds anything wrong; it has said what."""
    from sphinx.cmd.build import main

    pages = source(folder / "source")
    site = folder / "site"
    shutil.rmtree(site, ignore_errors=True)
    words = ["-b", "html", "-q", "-n", "-W", "--keep-going", "-d", str(folder / "doctrees"), str(pages), str(site)]
    if main(words):
        raise RuntimeError("Sphinx found something wrong in the documentation")
    return site


def _within(text: str, base: str) -> str:
    """A page whose links lead to pages of the site, where in a checkout they lead to what those are written from."""
    parts = {part.anchor: address for address, part in readme.PARTS.items()}
    text = README.sub(lambda link: f"]({base}{parts[link[1]]})", text)
    return OUTSIDE.sub(lambda link: f"]({base}{WRITTEN_OF[link[1]]})" if link[1] in WRITTEN_OF else link[0], text)


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
