"""The judge of Assay: what it says of the real server is true, and nothing that is true is missing."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.contract.rule import Severity
from assay.faults import FAULTS, Fault
from assay.faults.proxy import create_proxy
from assay.plugin.catalogue import catalogue
from assay.plugin.check import Check
from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check
from assay.record import OutcomeKind, read
from assay.record.redaction import KEY_VARIABLE
from assay.serving import running

from .server import Instance

CLASSES_IGNORED = {
    ("hosted.classes.only-those-asked", "hosted.object-detection asked=one"),
    ("hosted.classes.only-those-asked", "hosted.object-detection asked=other"),
    ("hosted.classes.only-those-asked", "hosted.object-detection asked=none-of-the-model"),
    ("hosted.classes.only-those-asked", "hosted.keypoint-detection asked=none-of-the-model"),
}
KEYPOINT_NAME_CALLED_CLASS = {
    ("hosted.answer.schema", "hosted.keypoint-detection mode=json at=/predictions/*/keypoints/*/class_name"),
}
IMAGE_WITHOUT_VALUE_CRASHES = {
    ("service.withstands-invalid-requests", "sam2.segment at=/image/value keyword=required"),
    ("service.withstands-invalid-requests", "sam2.segment at=/image/value keyword=type"),
}
PROMPTS_CANNOT_BE_TOLD_APART = {("sam2.segment.predictions-follow-prompts", "sam2.segment")}
"""The rig's SAM2 follows colour and not the point: the case has no witness, and says so."""
NO_EFFECT_HERE = {
    "classes-ignored": "the server ignores the parameter anyway",
    "classes-only-first": "the server ignores the parameter, whatever it lists",
    "predictions-in-other-order": "its tiny SAM2 answers every prompt with the same mask",
    "first-prompt-for-all": "its tiny SAM2 answers every prompt with the same mask",
}
FIRST = ("service.answers-plain-requests", "*.answer.schema")


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
    }
    return run_check(CheckOptions(target=url or engine.url, models=models, out=out, **options), lambda _: None)  # type: ignore[arg-type]


def told(check: Check, *kinds: OutcomeKind) -> set[tuple[str, str]]:
    return {(outcome.rule, outcome.case) for outcome in check.outcomes if outcome.kind in kinds}


@pytest.fixture(scope="session")
def bare(engine: Instance, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """A whole check without the list of known deviations."""
    return checked(engine, tmp_path_factory.mktemp("bare") / "run", use_known=False)


def test_it_finds_what_is_true_and_nothing_else(bare: Check) -> None:
    assert told(bare, OutcomeKind.FAIL) == CLASSES_IGNORED | KEYPOINT_NAME_CALLED_CLASS
    assert told(bare, OutcomeKind.WARN) == IMAGE_WITHOUT_VALUE_CRASHES
    assert told(bare, OutcomeKind.INCONCLUSIVE) == PROMPTS_CANNOT_BE_TOLD_APART
    assert told(bare, OutcomeKind.ERROR, OutcomeKind.BLOCKED, OutcomeKind.SKIP) == set()
    assert bare.exit_code == 1


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
    assert told(check, OutcomeKind.KNOWN) == CLASSES_IGNORED | KEYPOINT_NAME_CALLED_CLASS | IMAGE_WITHOUT_VALUE_CRASHES
    assert "known deviation" in str((read(tmp_path / "run").footer or {})["verdict"])


def kills(engine: Instance, fault: Fault, out: Path) -> Check:
    with running(create_proxy(engine.url, fault)) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY_VARIABLE, engine.key)
        return checked(engine, out, url, only=(*FIRST, *fault.breaks), examples=4)


def assert_red(check: Check, fault: Fault) -> None:
    red = {rule for rule, _ in told(check, OutcomeKind.FAIL, OutcomeKind.WARN)}
    if fault.name in NO_EFFECT_HERE:
        assert not red, "the list of faults without effect is out of date"
        return
    assert fault.breaks[0] in red
    must = any(catalogue()[rule].severity is Severity.MUST for rule in red)
    assert check.exit_code == (1 if must else 0)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_before_the_new_engine_turns_the_run_red(new_engine: Instance, fault: Fault, tmp_path: Path) -> None:
    assert_red(kills(new_engine, fault, tmp_path / "run"), fault)


ONE_FOR_EACH_RULE = {fault.breaks[0]: fault for fault in FAULTS.values() if fault.name not in NO_EFFECT_HERE}


@pytest.mark.parametrize("fault", ONE_FOR_EACH_RULE.values(), ids=lambda fault: fault.name)
def test_a_fault_before_the_old_engine_turns_the_run_red(old_engine: Instance, fault: Fault, tmp_path: Path) -> None:
    assert_red(kills(old_engine, fault, tmp_path / "run"), fault)
