"""The house stands as it is drawn: a room imports only from rooms below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import assay

PACKAGE = Path(assay.__file__).parent
# From the ground up. Rooms on one floor do not import each other.
FLOORS = (
    {"errors", "interrupts", "suite", "serving", "garbage"},
    {"contract", "letters", "picture", "extensions"},
    {"encodings"},
    {"scene", "cmyk", "reference"},
    {"record", "photograph", "probes"},
    {"twins"},
    {"target"},
    {"generate"},
    {"judge"},
    {"likeness"},
    {"faults", "annotated"},
    {"expect"},
    {"load"},
    {"compare"},
    {"report", "replay"},
    {"plugin"},
    {"questions"},
    {"bench", "selftest", "golden", "differ", "doctor"},
    {"cli"},
)
FLOOR = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}
BESIDE_THE_TOWER = {"reference": {"contract", "letters", "scene", "serving", "suite", "errors", "garbage"}}
ENTRANCES = {"__init__", "__main__"}


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _rooms_imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute, so that rooms can be told"
            names = [
                f"{node.module}.{alias.name}" if node.module == "assay" else str(node.module) for alias in node.names
            ]
        for name in names:
            if name.startswith("assay."):
                yield name.split(".")[1]


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_suite" not in path.parts and _room(path) not in ENTRANCES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rooms_below(path: Path) -> None:
    room = _room(path)
    imported = {name for name in _rooms_imported(path) if name != room and not name.startswith("__")}

    above = {name for name in imported if FLOOR[name] >= FLOOR[room] and name not in BESIDE_THE_TOWER.get(room, set())}

    assert not above, f"{room} stands on floor {FLOOR[room]} and must not import {sorted(above)}"
    if room in BESIDE_THE_TOWER:
        assert imported <= BESIDE_THE_TOWER[room], f"{room} stands apart, so that one mistake cannot hide in both"


def test_the_documentation_is_written_from_outside() -> None:
    """It reads the house, and not its tests; and no room knows of it."""
    writers = sorted((PACKAGE.parent / "docs").rglob("*.py"))

    assert writers
    assert [path for path in writers if "tests" in _first_words(path)] == []
    assert [path for path in FILES if "docs" in _first_words(path)] == []


def _first_words(path: Path) -> set[str]:
    """The packages, ours and others', that a file imports from."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return {name.partition(".")[0] for name in names}


def test_every_room_has_its_floor() -> None:
    rooms = {_room(path) for path in FILES}

    assert rooms == set(FLOOR)
    assert all(re.search(rf"^    {room}  +\S", assay.__doc__ or "", re.MULTILINE) for room in rooms), (
        "each is described"
    )
