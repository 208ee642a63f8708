"""The judge of Assay: what it says of the real server is true, and nothing that is true is missing."""

from __future__ import annotations

import datetime
import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay import expect
from assay.contract.rule import Severity
from assay.faults import FAULTS, Fault
from assay.faults.proxy import create_proxy
from assay.plugin.catalogue import catalogue
from assay.plugin.check import Check
from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import OutcomeKind, read
from assay.record.redaction import KEY_VARIABLE
from assay.selftest import operations_to_ask, rules_to_judge
from assay.serving import running

from .expected import (
    BLOCKED,
    INCONCLUSIVE,
    NEW,
    NO_EFFECT_HERE,
    NO_EFFECT_ON,
    OLD,
    SKIPPED,
    WITHOUT_A_MODEL,
    Unseen,
)
from .server import Instance


@pytest.fixture(scope="session", params=["new_engine", "old_engine"])
def engine(request: pytest.FixtureRequest) -> Iterator[Instance]:
    """Each engine in turn, its key in the environment as a user has it."""
    instance: Instance = request.getfixturevalue(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, instance.key)
        yield instance


def checked(engine: Instance, out: Path, url: str | None = None, **options: object) -> Check:
    models = {
        "object-detection": engine.models["object-detection"],
        "keypoint-detection": engine.models["keypoint-detection"],
        "segmentation": engine.models["sam2"],
        "semantic-segmentation": engine.models["semantic-segmentation"],
        "owlv2": engine.models["owlv2"],
        "florence-2": engine.models["lmm"],
    }
    given = {"allow_hostile": True, **options}
    return run_check(CheckOptions(target=url or engine.url, models=models, out=out, **given), lambda _: None)  # type: ignore[arg-type]


def told(check: Check, *kinds: OutcomeKind) -> set[tuple[str, str]]:
    return {(outcome.rule, outcome.case) for outcome in check.outcomes if outcome.kind in kinds}


@pytest.fixture(scope="session")
def bare(engine: Instance, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """A whole check without the list of known deviations."""
    return checked(engine, tmp_path_factory.mktemp("bare") / "run", use_known=False)


def listed(check: Check) -> set[tuple[str, str]]:
    """The cases of the shipped list that concern the engine that was checked."""
    entries = expect.shipped().for_target(check.knows.fingerprint, datetime.date.today()).entries
    asked = {operation for operation, capability in check.knows.capabilities.items() if capability.available}
    cases = {(entry.rule, case) for entry in entries for case in entry.cases}
    return {(rule, case) for rule, case in cases if case.split()[0] in asked}


def left_over(check: Check, kind: OutcomeKind, expected: tuple[Unseen, ...]) -> set[tuple[str, str]]:
    """The cases of this outcome that nothing here accounts for."""
    engine = check.knows.fingerprint.engine
    of_kind = [outcome for outcome in check.outcomes if outcome.kind is kind]
    return {
        (outcome.rule, outcome.case)
        for outcome in of_kind
        if not any(each.covers(outcome, engine) for each in expected)
    }


def test_it_finds_what_is_true_and_nothing_else(bare: Check) -> None:
    assert told(bare, OutcomeKind.FAIL, OutcomeKind.WARN) == listed(bare)
    assert told(bare, OutcomeKind.ERROR) == set()
    assert left_over(bare, OutcomeKind.BLOCKED, BLOCKED) == set()
    assert left_over(bare, OutcomeKind.INCONCLUSIVE, INCONCLUSIVE) == set()
    assert left_over(bare, OutcomeKind.SKIP, SKIPPED) == set()
    assert bare.exit_code == 1


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        ("hosted.classes.only-those-asked", "hosted.object-detection asked=one"),
        ("hosted.answer.schema", "hosted.keypoint-detection mode=json at=/predictions/*/keypoints/*/class_name"),
        ("semantic.format.image-is-jpeg", "hosted.semantic-segmentation"),
        ("hosted.key.refusal-as-documented", "hosted.object-detection part=status"),
    ],
    ids=["D-01 classes", "D-02 class_name", "D-09 empty drawing", "D-19 refusal of a key"],
)
def test_it_finds_what_is_known_to_differ(bare: Check, rule: str, case: str) -> None:
    assert (rule, case) in told(bare, OutcomeKind.FAIL)


def test_what_is_said_to_be_unseen_is(bare: Check) -> None:
    outcomes = [outcome for outcome in bare.outcomes if outcome.kind is OutcomeKind.INCONCLUSIVE]
    engine = bare.knows.fingerprint.engine

    for each in INCONCLUSIVE:
        if engine in each.engines and not each.sometimes:
            assert any(each.covers(outcome, engine) for outcome in outcomes), f"{each.rule}: the list is out of date"


def test_every_pass_has_its_witness(bare: Check) -> None:
    without = [outcome for outcome in bare.outcomes if outcome.kind is OutcomeKind.PASS and not outcome.witness]

    assert not [f"{outcome.rule} {outcome.case}" for outcome in without]


def test_a_failing_case_is_explained_by_the_document_and_the_answer(bare: Check) -> None:
    report = html.unescape((bare.writer.folder / "report.html").read_text("utf-8"))

    assert "restricts the predictions to those of certain classes" in report
    assert "class_name is the name of the keypoint" in report
    assert '"class": "nose"' in report  # the server's own answer, at the place that is at fault
    assert "curl -sS -X POST" in report


def test_with_the_list_of_known_deviations_the_run_is_green(engine: Instance, tmp_path: Path) -> None:
    check = checked(engine, tmp_path / "run")

    assert check.exit_code == 0
    assert listed(check) <= told(check, OutcomeKind.KNOWN)
    assert left_over(check, OutcomeKind.KNOWN, BLOCKED) <= listed(check)
    assert told(check, OutcomeKind.FAIL, OutcomeKind.WARN, OutcomeKind.RESOLVED, OutcomeKind.BLOCKED) == set()
    assert "known deviation" in str((read(tmp_path / "run").footer or {})["verdict"])


def kills(engine: Instance, fault: Fault, out: Path) -> Check:
    with running(create_proxy(engine.url, fault)) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, engine.key)
        rules, operations = rules_to_judge(fault), operations_to_ask(fault)
        return checked(engine, out, url, only=rules, operations=operations, examples=2)


def assert_red(check: Check, fault: Fault) -> None:
    red = {rule for rule, _ in told(check, OutcomeKind.FAIL, OutcomeKind.WARN)}
    assert fault.breaks[0] in red
    must = any(catalogue()[rule].severity is Severity.MUST for rule in red)
    assert check.exit_code == (1 if must else 0)


def one_for_each_rule(engine: str) -> pytest.MarkDecorator:
    """The first fault of each rule that has an effect on this engine.

    That every fault turns a run red is held on the reference; here, that every rule can be broken on a real server.
    """
    telling = [
        fault
        for fault in FAULTS.values()
        if fault.name not in {**NO_EFFECT_HERE, **NO_EFFECT_ON[engine]}
        and not WITHOUT_A_MODEL.issuperset(fault.operations)
    ]
    first = {fault.breaks[0]: fault for fault in reversed(telling)}
    return pytest.mark.parametrize("fault", first.values(), ids=lambda fault: fault.name)


@one_for_each_rule(NEW)
def test_a_fault_before_the_new_engine_turns_the_run_red(new_engine: Instance, fault: Fault, tmp_path: Path) -> None:
    assert_red(kills(new_engine, fault, tmp_path / "run"), fault)


@one_for_each_rule(OLD)
def test_a_fault_before_the_old_engine_turns_the_run_red(old_engine: Instance, fault: Fault, tmp_path: Path) -> None:
    assert_red(kills(old_engine, fault, tmp_path / "run"), fault)
