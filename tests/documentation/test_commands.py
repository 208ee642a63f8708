"""What the documentation tells people to type does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from .blocks import Block, Command, blocks, pages
from .shell import Ran, run
from .standing_in import STAND_INS, photographs, standing_in

AT_ONCE = {"explanation/tolerances.md"}
"""Pages of a few seconds; the others take half a minute or more."""
CODE = "echo $?"
PAGES = pages()


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(name, marks=() if name in AT_ONCE else pytest.mark.thorough)
        for name, held in PAGES.items()
        if any(block.run for block in held)
    ],
)
def test_the_commands_of_a_page(page: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    photographs(folder / "photographs")
    commands = [command for block in PAGES[page] if block.run for command in block.commands]

    with standing_in(page) as said:
        ran = run(commands, folder, said)

    for number, one in enumerate(ran):
        told = f"$ {one.command.line}\n{one.output}"
        assert one.command.is_told_by(one.output), f"the page shows {one.command.shown}, and there came\n{told}"
        assert one.code == 0 or is_shown(one, ran[number + 1 :]), f"exit code {one.code} of\n{told}"


def is_shown(one: Ran, following: list[Ran]) -> bool:
    """Whether the page shows the exit code of a command: in its last lines, or by what is asked next."""
    told = any(line.startswith(f"exit code {one.code}") for line in one.command.shown)
    return told or (bool(following) and following[0].command.line == CODE)


def test_most_commands_are_run() -> None:
    held = [block for found in PAGES.values() for block in found]
    commands = [command for block in held for command in block.commands if command.line != CODE]
    ran = [command for block in held if block.run for command in block.commands if command.line != CODE]

    assert len(ran) >= 40
    assert 2 * len(ran) >= len(commands)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_says_why(page: str) -> None:
    assert [block.text for block in PAGES[page] if not block.run and not block.excused] == []


def test_stand_ins_are_of_pages_that_name_them() -> None:
    named = {
        (page, address)
        for page, held in PAGES.items()
        for address in STAND_INS.get(page, {})
        if any(address in block.text for block in held if block.run)
    }

    assert named == {(page, address) for page, addresses in STAND_INS.items() for address in addresses}


def test_a_block_is_taken_apart() -> None:
    excuse = "*Not run by Assay's tests as it stands here: x.*"
    text = f"```console\n$ one \\\n>   two\nshown\n...\n$ three\n```\n\n{excuse}\n\n```sh\na\n```\n"

    first, second = blocks(text)

    assert first.commands == [Command("one \\\n  two", ("shown", "...")), Command("three", ())]
    assert second == Block(run=False, text="a\n", excused=True)
    assert not blocks("Text.\n\n```sh\na\n```\n")[0].excused


@pytest.mark.parametrize(
    ("shown", "output", "told"),
    [
        (("a", "...", "c"), "a\nb\nc\n", True),
        (("a ... c",), "a, b and c", True),
        (("c", "a"), "a\nb\nc\n", False),
        (("d",), "a\nb\nc\n", False),
        ((), "anything", True),
    ],
)
def test_what_is_shown_is_looked_for_in_its_order(shown: tuple[str, ...], output: str, told: bool) -> None:
    assert Command("x", shown).is_told_by(output) is told


def test_a_shell_tells_of_each_command(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()

    ran = run([Command("export A=b; sleep 60 &", ()), Command('echo "$A"; false', ()), Command(CODE, ())],
              tmp_path / "here", {"b": "c"})  # fmt: skip

    assert [(one.code, one.output) for one in ran] == [(0, ""), (1, "c\n"), (0, "1\n")]
