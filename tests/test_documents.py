"""What the texts of the repository point at is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = (
    "README.md",
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").rglob("*.md"))),  # read where no site is built
    "fixtures/samples/README.md",
    "tests/gpu/README.md",
    "tests/peers/README.md",
    "tests/upstream/README.md",
    "schemas/README.md",
    "fixtures/documents/README.md",
    "fixtures/goldens/README.md",
)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*<?([^\s>]+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#")


def led_to(text: str) -> list[str]:
    """The relative addresses of links and pictures, in Markdown and in HTML, without what follows a `#`."""
    found = ["".join(groups) for groups in LINK.findall(text)]
    return [address.partition("#")[0] for address in found if not ELSEWHERE.match(address)]


def test_links_of_every_kind_are_seen() -> None:
    text = '[a](b.md#c) ![d](<e/f.png> "g")\n[h]: i.md\n<img src="j.png"> [k](#l) [m](https://n.example/o)'

    assert led_to(text) == ["b.md", "e/f.png", "i.md", "j.png"]


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_files_that_are_there(name: str) -> None:
    path = ROOT / name
    addresses = led_to(path.read_text("utf-8"))

    assert [address for address in addresses if not (path.parent / address).exists()] == []
    if name == "README.md":
        assert "tests/upstream/README.md" in addresses
