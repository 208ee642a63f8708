"""Pages that are written from the code say all that the code knows, and nothing becomes markup by chance."""

from __future__ import annotations

import re

import pytest

from assay.cli import main
from assay.contract import load
from assay.errors import Exit
from assay.faults.catalogue import FAULTS
from assay.judge.verdicts import NoWitness
from assay.plugin.catalogue import catalogue
from docs.generating import readme
from docs.generating.markdown import code, prose, table
from docs.generating.site import written
from docs.generating.witnesses import asked_by


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every page that is written from the code, by its address."""
    return dict(written())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b *c* <d> [e] `f_*<g>` | h", r"a\_b \*c\* \<d\> \[e\] `f_*<g>` \| h"),
        ("one\n   two", "one two"),
        ("C:\\d", r"C:\\d"),
    ],
)
def test_a_sentence_stays_what_it_is(text: str, written: str) -> None:
    assert prose(text) == written


def test_a_word_stays_what_it_is() -> None:
    assert [code("a"), code("a`b"), code("")] == ["`a`", "`` a`b ``", ""]


def test_a_bar_ends_no_cell() -> None:
    assert table(["a"], [["`b|c`"], [prose("d|e")]]) == "| a |\n| --- |\n| `b\\|c` |\n| d\\|e |\n"


def test_every_rule_has_its_page(pages: dict[str, str]) -> None:
    assert {f"rules/{rule}.md" for rule in catalogue()} <= set(pages)
    assert all(f"](<../rules/{rule}.md>)" in pages["reference/rules.md"] for rule in catalogue())


def test_a_rule_tells_what_it_is(pages: dict[str, str]) -> None:
    page = pages["rules/sam2.segment.predictions-follow-prompts.md"]

    for part in (
        "should: broken, it warns",
        "**server**: the open-source server does so",
        "The prediction at a place in the answer is that of the prompt at the same place in the request.",
        "- masks of two things",
        "- two prompts, asked alone, are not answered with different masks",
        "| `predictions-in-other-order` |",
        "assay check TARGET --only sam2.segment.predictions-follow-prompts",
    ):
        assert part in page, part


def test_a_rule_of_a_document_cites_it(pages: dict[str, str]) -> None:
    page = pages["rules/hosted.answer.schema.md"]
    rule = catalogue()["hosted.answer.schema"]
    assert rule.says is not None

    assert f"> {prose(rule.says.sentence)}" in page
    assert f"](<{load().documents[rule.says.document].url}>)" in page
    assert "## Known deviations" in page


class Looking:
    """A driver that looks for things."""

    def witness(self, what: str) -> str:
        raise NoWitness(f"no {what}")

    def pair(self, of: str) -> str:
        if not of:
            raise NoWitness(f"no two {of}s are known")
        return self.witness("a pair")


def judged(looking: Looking) -> None:
    """A rule, as one is written."""
    looking.pair("box")
    looking.witness("a mask")


def test_witnesses_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs.generating.witnesses.PACKAGE", __name__.partition(".")[0])

    assert asked_by(judged) == (("a pair", "a mask"), ("no two …s are known",))


def test_every_command_has_its_page(pages: dict[str, str]) -> None:
    words = set(main.commands) - {"golden"} | {f"golden-{name}" for name in ("record", "check", "approve", "questions")}

    assert {name for name in pages if name.startswith("reference/commands/")} == {
        f"reference/commands/{name}.md" for name in words
    }


def test_a_command_tells_its_options(pages: dict[str, str]) -> None:
    page = pages["reference/commands/check.md"]

    told = re.search(r"^\| `--depth \[quick\\\|standard\\\|deep\]` \| (.*) \|$", page, re.MULTILINE)
    assert told is not None
    assert "default: standard" in told[1]
    assert told[1].endswith("Or `ASSAY_DEPTH`.")
    assert "Or `ASSAY_RESUME`" not in page, "it is read from no variable"
    assert "| `-h, --help` |" in page
    assert "| `--assay-depth` | `--depth` |" in pages["reference/pytest.md"]


def test_every_named_fault_and_every_operation_is_listed(pages: dict[str, str]) -> None:
    assert all(f"| {code(name)} |" in pages["reference/faults.md"] for name in FAULTS)
    assert all(f"## {name}\n" in pages["reference/operations.md"] for name in load().operations)


def test_the_record_is_told_member_by_member(pages: dict[str, str]) -> None:
    page = pages["reference/run-record.md"]

    assert "| `findings[].pointer` | yes | string or null |" in page
    assert '| `kind` | yes | `"footer"` |' in page


def test_the_exit_codes_are_those_of_the_readme(pages: dict[str, str]) -> None:
    listed = re.findall(r"^\| (\d+) \|", pages["reference/exit-codes.md"], re.MULTILINE)

    assert {int(number) for number in listed} == {int(code) for code in Exit}
    with pytest.raises(ValueError, match="no heading 'Nothing'"):
        readme.section("Nothing")
