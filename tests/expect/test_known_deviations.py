"""Known deviations: an entry holds for the targets, cases and days that it names; a broken list is refused."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from assay.errors import UsageProblem
from assay.expect import Deviation, KnownDeviations, load, shipped
from assay.plugin.catalogue import catalogue
from assay.record.model import Finding
from assay.target import Fingerprint

DAY = datetime.date(2027, 6, 30)
WHOLE = """
[[deviation]]
rule = "a.b"
cases = ["c one", "c two"]
finding = "*"
reason = "it is so"
evidence = "seen"
expires = 2027-06-30
target = { name = "Server", version = ">=1.8,<1.9" }
"""


def deviation(**changes: Any) -> Deviation:
    given: dict[str, Any] = {
        "rule": "a.b", "cases": ("c",), "finding": "*", "reason": "r", "evidence": "e", "expires": DAY,
        "name": "Server", "version": SpecifierSet(">=1.8,<1.9"), "engine": "*",
    }  # fmt: skip
    return Deviation(**{**given, **changes})


def target(version: str = "1.8.3", name: str = "Server", engine: str = "old") -> Fingerprint:
    return Fingerprint("http://target.example", name, version, engine)


@pytest.mark.parametrize(
    "version", ["1.8", "1.8.0", "1.8.3", "1.8.99", "1.8.3rc1", "1.8.3.post1", "1.8.3+cu12", "v1.8.3", " 1.8.3"]
)
def test_versions_within_the_condition(version: str) -> None:
    assert deviation().concerns(target(version))


@pytest.mark.parametrize(
    "version", ["1.7.99", "1.9", "1.9.0", "2.0", "1.8.x", "unknown", "", "None", "1.8.3 (dev)", "1.9rc1"]
)
def test_versions_outside_of_it_or_no_versions_at_all(version: str) -> None:
    assert not deviation().concerns(target(version))


@pytest.mark.parametrize(
    ("changes", "fingerprint", "expected"),
    [
        ({}, target(name="server"), False),
        ({}, target(name=""), False),
        ({"engine": "old"}, target(), True),
        ({"engine": "inference-*"}, target(engine="inference-models"), True),
        ({"engine": "inference-*"}, target(engine="old-inference"), False),
        ({"engine": "Old"}, target(), False),
        ({"engine": "?*"}, target(engine=""), False),
        ({"version": SpecifierSet("")}, target("7.0"), True),
        ({"version": SpecifierSet("==1.8.*")}, target("1.8.3"), True),
    ],
)
def test_names_and_engines(changes: dict[str, Any], fingerprint: Fingerprint, expected: bool) -> None:
    assert deviation(**changes).concerns(fingerprint) is expected


def test_an_entry_holds_until_the_end_of_its_last_day() -> None:
    known = KnownDeviations((deviation(),))

    for day, holds in ((datetime.date(2026, 1, 1), True), (DAY, True), (DAY + datetime.timedelta(days=1), False)):
        assert bool(known.for_target(target(), day).entries) is holds
    assert not known.for_target(target("1.9"), DAY).entries
    assert known.entries  # choosing changes nothing


def test_an_entry_is_found_by_rule_and_whole_case() -> None:
    first, second = deviation(cases=("c one", "c two")), deviation(cases=("c two", "c three"))
    known = KnownDeviations((first, second))

    assert known.find("a.b", "c two") is first
    assert known.find("a.b", "c three") is second
    for rule, case in (
        ("a.b", "c"),
        ("a.b", "c one "),
        ("a.b", "C one"),
        ("a", "c one"),
        ("a.b.c", "c one"),
        ("a.b", ""),
    ):
        assert known.find(rule, case) is None
    assert KnownDeviations().find("a.b", "c one") is None


def written(folder: Path, text: str) -> Path:
    file = folder / "known.toml"
    file.write_text(text, "utf-8")
    return file


def test_a_list_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, WHOLE + WHOLE.replace("a.b", "a.c").replace('<1.9"', '<1.9", engine = "old*"'))

    first, second = load([file]).entries

    assert first == deviation(cases=("c one", "c two"), reason="it is so", evidence="seen")
    assert (second.rule, second.engine) == ("a.c", "old*")
    assert first.as_json() == {"reason": "it is so", "evidence": "seen", "expires": "2027-06-30"}
    assert [entry.rule for entry in load([file, file]).entries] == ["a.b", "a.c"] * 2
    assert load([]).entries == load([written(tmp_path, "# nothing is known")]).entries == ()


BROKEN = {
    "no toml": ("[[deviation", "cannot be read"),
    "a single table": (WHOLE.replace("[[deviation]]", "[deviation]"), r"\[\[deviation\]\]"),
    "a text": ('deviation = "a.b"', r"\[\[deviation\]\]"),
    "a number": ("deviation = 5", r"\[\[deviation\]\]"),
    "a list of texts": ('deviation = ["a.b"]', r"\[\[deviation\]\]"),
    "another name": (WHOLE.replace("[[deviation]]", "[[deviations]]"), r"\[\[deviation\]\]"),
    "something beside": (f"strict = true\n{WHOLE}", r"\[\[deviation\]\]"),
    "no rule": (WHOLE.replace("rule", "ruel"), "ruel is not known"),
    "no reason": (WHOLE.replace("it is so", ""), "reason must be given"),
    "no cases": (WHOLE.replace('["c one", "c two"]', "[]"), "cases must be given"),
    "cases as a text": (WHOLE.replace('["c one", "c two"]', '"c one"'), "cases must be a list"),
    "a case that is none": (WHOLE.replace('"c two"', "2"), r"cases\[1\] must be a text"),
    "a rule that is none": (WHOLE.replace('"a.b"', '["a.b"]'), "rule must be a text"),
    "no date": (WHOLE.replace("2027-06-30", '"2027-06-30"'), "expires must be a date"),
    "a time of day": (WHOLE.replace("2027-06-30", "2027-06-30T12:00:00"), "expires must be a date"),
    "an impossible date": (WHOLE.replace("2027-06-30", "2027-02-30"), "cannot be read"),
    "no target": (WHOLE[: WHOLE.index("target")], r"target\.name, target\.version must be given"),
    "target as a text": (
        WHOLE.replace('{ name = "Server", version = ">=1.8,<1.9" }', '"Server"'),
        "target must be a table",
    ),
    "a misspelt condition": (WHOLE.replace('<1.9"', '<1.9", engin = "old"'), r"target\.engin is not known"),
    "no condition": (WHOLE.replace(">=1.8,<1.9", "about 1.8"), "must be a condition"),
    "a version as a number": (WHOLE.replace('">=1.8,<1.9"', "1.8"), r"target\.version must be a text"),
    "an engine that is none": (WHOLE.replace('<1.9"', '<1.9", engine = 5'), r"target\.engine must be a text"),
}


@pytest.mark.parametrize(("text", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_list_is_refused_with_its_name(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(UsageProblem, match=told) as caught:
        load([file])

    assert str(file) in str(caught.value)


def test_the_entry_at_fault_is_counted(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="deviation 2: reason must be given"):
        load([written(tmp_path, WHOLE + WHOLE.replace("it is so", ""))])


def test_files_that_are_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="cannot be read"):
        load([tmp_path / "none.toml"])
    with pytest.raises(UsageProblem, match="cannot be read"):
        load([tmp_path])
    (tmp_path / "known.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageProblem, match="cannot be read"):
        load([tmp_path / "known.toml"])


def test_the_shipped_lists_name_rules_and_cases_that_there_are() -> None:
    """A misspelt one would never hold, and never be found stale."""
    rules = catalogue()
    known = shipped().entries

    assert known
    for entry in known:
        assert entry.rule in rules
        assert set(entry.cases) <= {case.id for case in rules[entry.rule].cases}, entry.rule
        assert len(entry.reason) > 20
        assert len(entry.evidence) > 20


def test_no_shipped_case_is_listed_twice_for_one_target() -> None:
    real = Fingerprint("http://target.example", "Roboflow Inference Server", "1.8.3", "inference-models")
    listed = [(entry.rule, case) for entry in shipped().for_target(real, DAY).entries for case in entry.cases]

    assert listed
    assert len(set(listed)) == len(listed)


def test_the_shipped_lists_concern_no_other_server() -> None:
    others = (
        Fingerprint("http://target.example", "Assay reference deployment", "0.1.0"),
        Fingerprint("http://target.example", "Roboflow Inference Server", "1.9.0", "inference-models"),
        Fingerprint("http://target.example"),
    )

    assert not any(shipped().for_target(other, DAY).entries for other in others)


def test_an_entry_explains_only_what_it_speaks_of() -> None:
    entry = deviation(finding="* which was not asked for")
    expected = Finding("dog 0.9 is of class 'dog', which was not asked for")

    assert entry.explains([expected, expected])
    assert not entry.explains([expected, Finding("a valid request was not answered")])
    assert not entry.explains([])
