"""Rules and cases: what a rule may be, and what holds for every rule that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.contract import PROMISED, load
from assay.contract.citing import answer_field, checkpoint_cases, operation, parameter, response_mode
from assay.contract.rule import Authority, Case, Rule, Severity, over, rule, rule_of
from assay.contract.source import Source
from assay.plugin.catalogue import catalogue

SAYS = Source("S4", "Query parameters", "document", "A sentence.")
FACTS: dict[str, Any] = {"source": "document", "severity": "must", "requirement": "It holds.", "says": SAYS}
RULES = catalogue()
INVARIANTS = {"G": 34, "B": 24, "R": 7, "K": 7, "A": 25}
"""The list of invariants: by letter, how many of them there are."""


def test_a_case_is_spelled_from_what_varies() -> None:
    assert Case("hosted.object-detection").id == "hosted.object-detection"
    assert Case("a", {"format": "image", "labels": True, "classes": None, "confidence": 40, "at": "/x/*"}).id == (
        "a format=image labels=true classes=absent confidence=40 at=/x/*"
    )
    assert Case("a", {"x": False})["x"] is False
    with pytest.raises(KeyError):
        Case("a", {"x": 1})["y"]
    with pytest.raises(FrozenInstanceError):
        Case("a").operation = "b"  # type: ignore[misc]


def test_cases_over_everything_that_varies() -> None:
    assert [case.id for case in over("a")] == ["a"]
    assert [case.id for case in over(["a", "b"], x=[1, 2], y=["p", None])] == [
        f"{name} x={x} y={y}" for name in "ab" for x in (1, 2) for y in ("p", "absent")
    ]
    assert over([], x=[1]) == over("a", x=[]) == ()
    assert [case.id for case in over(iter("ab"), x=iter([1, 2]))] == ["a x=1", "a x=2", "b x=1", "b x=2"]


@given(st.lists(st.sampled_from("abcd"), unique=True), st.lists(st.integers(), unique=True, max_size=4))
def test_what_varies_differently_is_another_case(operations: list[str], values: list[int]) -> None:
    cases = over(operations, x=values, y=[True, False])

    assert len({case.id for case in cases}) == len(cases) == len(operations) * len(values) * 2


def test_a_rule_is_what_its_function_is_marked_with() -> None:
    @rule("a.b", **FACTS, cases=over("a"), invariants=("G-01",), prerequisite=True)
    def marked() -> str:
        return "called"

    found = rule_of(marked)

    assert found == Rule("a.b", "It holds.", Authority.DOCUMENT, Severity.MUST, over("a"), SAYS, ("G-01",), True)
    assert marked() == "called"
    assert rule_of(lambda: None) is None
    assert rule_of(print) is None


@pytest.mark.parametrize(
    "facts",
    [
        {**FACTS, "says": None},
        {**FACTS, "says": None, "source": "sample"},
        {**FACTS, "cases": []},
        {**FACTS, "cases": [Case("a"), Case("a")]},
        {**FACTS, "cases": [Case("a", {"x": None}), Case("a", {"x": "absent"})]},
        {**FACTS, "source": "hearsay"},
        {**FACTS, "severity": "may"},
    ],
)
def test_what_is_no_rule(facts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"rule a\.b|is not a valid"):
        rule("a.b", **{"cases": over("a"), **facts})


@pytest.mark.parametrize("source", ["server", "sound"])
def test_a_rule_of_no_document_cites_none(source: str) -> None:
    assert callable(rule("a.b", **{**FACTS, "says": None, "source": source}, cases=over("a")))


def test_citing_finds_the_documents_sentence() -> None:
    assert parameter("hosted.object-detection", "confidence").strength in PROMISED
    assert "keypoint" in answer_field("hosted.keypoint-detection", "/predictions/*/keypoints/*/class_id").sentence
    assert response_mode("hosted.object-detection", "image").document == "S4"
    assert operation("sam2.segment").document == "S3"


@pytest.mark.parametrize(
    "cite",
    [
        lambda: parameter("hosted.object-detection", "no-such"),
        lambda: parameter("no-such", "confidence"),
        lambda: answer_field("hosted.object-detection", "/predictions/*/no-such"),
        lambda: answer_field("hosted.object-detection", "/predictions", "no-such"),
        lambda: response_mode("hosted.object-detection", "no-such"),
        lambda: operation("no-such"),
    ],
)
def test_citing_what_is_not_said_is_an_error(cite: Any) -> None:
    with pytest.raises((KeyError, ValueError)):
        cite()


@pytest.mark.parametrize("name", list(load().operations))
def test_every_place_of_an_answer_is_one_case(name: str) -> None:
    cases = checkpoint_cases(name)
    found = load().operations[name]
    places = {(place.pattern or "/") for mode in found.modes for place in found.checkpoints(mode)}

    assert {case["at"] for case in cases} == places
    assert len({case.id for case in cases}) == len(cases)
    first, *_ = found.modes
    assert [case["at"] for case in cases if case["mode"] == first] == [
        place.pattern or "/" for place in found.checkpoints(first)
    ]


SOUND_AND_MUST = {
    "service.answers-plain-requests",
    "service.answers-valid-requests",  # a 5xx for a valid request
    "service.keeps-answers-apart",  # wrong answers under load
}
PUBLISHED = frozenset(
    {
        "hosted.answer.schema",
        "hosted.answer.server-fields",
        "hosted.boxes.inside-image",
        "hosted.classes.only-those-asked",
        "hosted.confidence.at-least-threshold",
        "hosted.confidence.higher-is-subset",
        "hosted.format.drawing-shows-predictions",
        "hosted.format.image-and-json-adds-drawing",
        "hosted.format.image-is-jpeg",
        "hosted.image.size",
        "hosted.keypoints.names-are-stable",
        "sam2.answer.schema",
        "sam2.answer.server-fields",
        "sam2.segment.one-prediction-per-prompt",
        "sam2.segment.polygons-inside-image",
        "sam2.segment.rle-agrees-with-polygon",
        "service.accepts-valid-requests",
        "service.answers-plain-requests",
        "service.answers-requests-of-the-server",
        "service.answers-valid-requests",
        "service.keeps-answers-apart",
        "service.refuses-undecodable-image",
        "service.withstands-invalid-requests",
    }
)
EVERY = pytest.mark.parametrize("one", RULES.values(), ids=RULES)


def test_an_id_never_changes() -> None:
    """Lists of known deviations and the histories of CI servers name rules by it."""
    assert set(RULES) >= PUBLISHED


@EVERY
def test_a_rules_id_is_well_formed(one: Rule) -> None:
    assert re.fullmatch(r"(hosted|sam2)(\.[a-z]+(-[a-z]+)*){2}|service\.[a-z]+(-[a-z]+)*", one.id)


@EVERY
def test_a_requirement_is_a_sentence_of_our_own(one: Rule) -> None:
    assert re.fullmatch(r"[A-Z`].{20,150}\.", one.requirement)
    assert "\n" not in one.requirement
    if one.says:
        assert one.requirement != one.says.sentence


@EVERY
def test_a_rule_of_a_document_cites_a_sentence_of_it(one: Rule) -> None:
    if one.source not in (Authority.DOCUMENT, Authority.SAMPLE):
        assert one.says is None or one.says.document in load().documents
        return

    assert one.says is not None
    assert one.says.document in load().documents
    assert one.says.section
    assert one.says.sentence
    assert one.says.strength in PROMISED


@EVERY
def test_what_no_document_promises_never_decides_but_where_any_service_must_be_sound(one: Rule) -> None:
    if one.source is Authority.SERVER:
        assert one.severity is not Severity.MUST
    if one.source is Authority.SOUND and one.severity is Severity.MUST:
        assert one.id in SOUND_AND_MUST


@EVERY
def test_a_rules_cases_are_distinct_and_of_its_own_operations(one: Rule) -> None:
    identifiers = [case.id for case in one.cases]
    family = one.id.split(".")[0]

    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch(r"[a-z0-9.-]+( [a-z]+=\S+)*", identifier) for identifier in identifiers), identifiers
    for case in one.cases:
        assert case.operation in load().operations
        assert family in ("service", case.operation.split(".")[0])


@EVERY
def test_the_invariants_that_a_rule_covers_exist(one: Rule) -> None:
    for invariant in one.invariants:
        letter, _, number = invariant.partition("-")
        assert re.fullmatch(r"[A-Z]-\d\d", invariant)
        assert 1 <= int(number) <= INVARIANTS[letter]
    assert len(set(one.invariants)) == len(one.invariants)


def test_every_operation_has_rules_of_each_kind() -> None:
    """Whether it answers at all, whether its answers keep their schema, and how it takes what is wrong."""
    for name in load().operations:
        family = "sam2" if name.startswith("sam2") else "hosted"
        judged = {one.id for one in RULES.values() if any(case.operation == name for case in one.cases)}
        assert {
            f"{family}.answer.schema",
            "service.answers-plain-requests",
            "service.answers-valid-requests",
            "service.withstands-invalid-requests",
            "service.refuses-undecodable-image",
            "service.keeps-answers-apart",
        } <= judged


def test_case_ids_are_the_same_in_every_process() -> None:
    """Known deviations name them, and the run records of two machines are compared by them."""
    program = (
        "from assay.plugin.catalogue import catalogue\n"
        "for rule in catalogue().values():\n    print(rule.id, *[case.id for case in rule.cases], sep='\\n  ')"
    )
    told = {
        subprocess.run(  # another seed for hashes, another order of sets
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1
    (lines,) = told
    assert Counter(line for line in lines.splitlines() if not line.startswith(" ")) == Counter(list(RULES))
