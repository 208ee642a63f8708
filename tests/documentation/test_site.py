"""The site as it is built: nothing is loaded from elsewhere, and every link leads to what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from assay.plugin.catalogue import catalogue
from docs.generating.site import build

LOADS = {
    "img": "src",
    "script": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}
STYLED = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class Page(HTMLParser):
    """What a page loads, where it leads, and what can be led to within it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if values.get(LOADS.get(tag, ""), ""):
            self.loads.append(values[LOADS[tag]])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


def elsewhere(address: str) -> bool:
    """Whether an address leads out of the site."""
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc) and parts.scheme != "data"


def loaded_from_elsewhere(site: Path) -> Iterator[tuple[str, str]]:
    """Each file of a site with each address that it loads, and that is not its own."""
    for path in sorted(site.rglob("*.html")):
        yield from ((path.name, address) for address in Page(path.read_text("utf-8")).loads if elsewhere(address))
    for path in sorted(site.rglob("*.css")):
        found = ("".join(groups) for groups in STYLED.findall(path.read_text("utf-8")))
        yield from ((path.name, address) for address in found if elsewhere(address))


def dead_links(site: Path) -> Iterator[tuple[str, str]]:
    """Each page of a site with each link that leads to no file, or to no place in it."""

    @cache
    def read(path: Path) -> Page:
        return Page(path.read_text("utf-8"))

    for path in sorted(site.rglob("*.html")):
        for link in read(path).links + read(path).loads:
            parts = urlsplit(link)
            if elsewhere(link) or parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            if not target.is_file() or (anchor and target.suffix == ".html" and anchor not in read(target).anchors):
                yield str(path.relative_to(site)), link


@pytest.mark.filterwarnings("ignore:'myst_parser:")  # it uses what its own Sphinx will take away one day
@pytest.mark.thorough
def test_the_site(tmp_path: Path) -> None:
    """One test, for to build it takes a minute: Sphinx itself fails whatever it would warn of."""
    site = build(tmp_path)

    assert list(loaded_from_elsewhere(site)) == []
    assert list(dead_links(site)) == []
    assert {path.stem for path in (site / "rules").glob("*.html")} >= set(catalogue())
    assert "hosted.answer.schema" in (site / "searchindex.js").read_text("utf-8")


def test_what_is_loaded_from_elsewhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<link href="a.css"><img src="data:image/png;base64,AA"><script src="//x.example/y.js"></script>'
        '<img src="http://x.example/z.png"><a href="http://x.example/">only a link</a>'
    )
    (tmp_path / "a.css").write_text("@import 'https://x.example/b.css'; a { background: url(c.png) }")

    assert [address for _, address in loaded_from_elsewhere(tmp_path)] == [
        "//x.example/y.js", "http://x.example/z.png", "https://x.example/b.css"
    ]  # fmt: skip


def test_dead_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.html").write_text(
        '<p id="here"><a href="#here"></a><a href="#gone"></a><a href="b/c.html#x%20y"></a><a href="b/d.html"></a>'
    )
    (tmp_path / "b" / "c.html").write_text('<a name="x y" href="../a.html#nowhere"></a><img src="e.png">')

    assert list(dead_links(tmp_path)) == [
        ("a.html", "#gone"),
        ("a.html", "b/d.html"),
        ("b/c.html", "../a.html#nowhere"),
        ("b/c.html", "e.png"),
    ]
