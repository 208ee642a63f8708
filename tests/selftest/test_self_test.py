"""A self-test: which faults it tries, what becomes of them, and what it leaves behind."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import assay.selftest
from assay.errors import Exit, UsageProblem
from assay.faults import FAULTS, Fault, derived
from assay.faults.proxy import Tally
from assay.plugin.options import CheckOptions
from assay.record import KEY_VARIABLE, Outcome, OutcomeKind
from assay.reference import embedded
from assay.selftest import running, workers
from assay.selftest.aim import COUNTED, aims
from assay.selftest.attempt import Found, says_the_same
from assay.selftest.choosing import Wish, chosen, fault_named
from assay.selftest.progress import Trying
from assay.selftest.result import Fate, Matrix, Result, result_of, undecided
from assay.selftest.running import SelfTest, run_self_test
from assay.selftest.table import lines, markdown, sentence

from ..faults.exchanges import as_json, hosted_request

DOCUMENTED = "hosted.object-detection/predictions.*.x/dropped"
BY_THE_SERVER = "hosted.object-detection/predictions.*.class_id/retyped"
BY_NOBODY = "hosted.object-detection/time/dropped"
SCHEMA = json.loads((Path(assay.selftest.__file__).parent / "self-test.schema.json").read_text("utf-8"))


def outcome(rule: str, kind: OutcomeKind = OutcomeKind.FAIL) -> Outcome:
    return Outcome(rule, "hosted.object-detection", "hosted.object-detection", kind)


class TestChoosing:
    def test_everything_that_wrongs_somebody(self) -> None:
        found = {fault.name for fault in chosen(Wish())}

        assert found >= FAULTS.keys()
        assert {DOCUMENTED, BY_THE_SERVER} <= found
        assert BY_NOBODY not in found

    def test_what_breaks_nobodys_promise_where_it_is_asked_for(self) -> None:
        assert BY_NOBODY in {fault.name for fault in chosen(Wish(unpromised=True))}
        assert [fault.name for fault in chosen(Wish(faults=(BY_NOBODY,)))] == [BY_NOBODY]

    def test_one_kind(self) -> None:
        assert {fault.name for fault in chosen(Wish(derived=False))} == FAULTS.keys()
        assert not {fault.name for fault in chosen(Wish(named=False))} & FAULTS.keys()

    def test_a_sample_holds_each_operator_of_each_operation_and_what_counts_first(self) -> None:
        wish = Wish(named=False, sample=1)
        found = [fault for fault in chosen(wish) if fault.operations == ("hosted.object-detection",)]
        every = {fault.operator for fault in derived().values() if fault.operations == found[0].operations}

        assert {fault.operator for fault in found} == every - {"slow-now-and-then"}  # type: ignore[attr-defined]
        assert {fault.promise for fault in found if fault.operator == "retyped"} <= COUNTED  # type: ignore[attr-defined]
        assert [fault.name for fault in chosen(wish)] == [fault.name for fault in chosen(wish)]

    def test_the_faults_of_a_rule(self) -> None:
        found = chosen(Wish(rules=("hosted.classes.*",), derived=False))

        assert {fault.name for fault in found} >= {"classes-ignored", "classes-inverted"}
        assert all(any(rule.startswith("hosted.classes.") for rule in fault.breaks) for fault in found)

    @pytest.mark.parametrize(
        ("wish", "told"),
        [
            (Wish(faults=("classes-ignord",)), "did you mean 'classes-ignored'"),
            (Wish(faults=("zzz*",)), "`assay serve --fault list`"),
            (Wish(rules=("hosted.nothing",)), "no rule matches"),
            (Wish(faults=("classes-ignored",), named=False), "no fault is left"),
        ],
    )
    def test_a_pattern_that_nothing_matches(self, wish: Wish, told: str) -> None:
        with pytest.raises(UsageProblem, match=told):
            chosen(wish)


class TestAims:
    def test_a_named_fault_is_tried_on_the_rules_that_it_names(self) -> None:
        (aim,) = aims(FAULTS["classes-ignored"])

        assert aim.wanted == {*FAULTS["classes-ignored"].breaks}
        assert set(aim.only) > aim.wanted

    def test_a_derived_fault_is_tried_quickly_and_then_thoroughly(self) -> None:
        quick, thorough = aims(derived()[DOCUMENTED])

        assert (quick.depth, quick.operations, quick.only) == ("quick", ("hosted.object-detection",), ())
        assert (thorough.depth, set(thorough.operations)) == (
            "standard",
            {"hosted.object-detection", "infer.object-detection"},
        )

    def test_what_no_document_promises_is_tried_quickly_alone(self) -> None:
        assert [aim.depth for aim in aims(derived()[BY_THE_SERVER])] == ["quick"]


class TestFates:
    @pytest.mark.parametrize(
        ("name", "found", "fate"),
        [
            (DOCUMENTED, Found((outcome("a"),), tally=Tally(9, 3)), Fate.KILLED),
            (DOCUMENTED, Found((outcome("a", OutcomeKind.WARN),), tally=Tally(9, 3)), Fate.KILLED),
            (DOCUMENTED, Found(ended=4, tally=Tally(9, 3)), Fate.KILLED),
            (DOCUMENTED, Found(tally=Tally(9, 3)), Fate.SURVIVED),
            (DOCUMENTED, Found(tally=Tally(9, 0)), Fate.UNCHANGED),
            (DOCUMENTED, Found(tally=Tally(9, 3, compared=3)), Fate.UNCHANGED),
            (DOCUMENTED, Found(tally=Tally(9, 3, compared=3, answered_otherwise=1)), Fate.SURVIVED),
            (DOCUMENTED, Found(tally=Tally(9, 3, broken=1)), Fate.UNDECIDED),
            (DOCUMENTED, Found(ended=9, problem="the time is over", tally=Tally(9, 3)), Fate.UNDECIDED),
            (BY_THE_SERVER, Found(tally=Tally(9, 3)), Fate.UNPROMISED),
            (BY_NOBODY, Found(tally=Tally(9, 3)), Fate.UNPROMISED),
            ("classes-ignored", Found(tally=Tally(9, 3)), Fate.SURVIVED),
        ],
    )
    def test_a_fate(self, name: str, found: Found, fate: Fate) -> None:
        assert result_of(fault_named(name), found).fate is fate

    def test_the_rule_that_ought_to_name_it_comes_first(self) -> None:
        fault = FAULTS["classes-ignored"]
        both = Found((outcome("another"), outcome(fault.breaks[0])), tally=Tally(9, 3))

        assert (result_of(fault, both).rule, result_of(fault, both).unexpected) == (fault.breaks[0], False)
        assert result_of(fault, Found((outcome("another"),), tally=Tally(9, 3))).unexpected

    @pytest.mark.parametrize(
        ("fates", "left", "code"),
        [
            ((Fate.KILLED,), 0, Exit.OK),
            ((Fate.KILLED, Fate.UNPROMISED, Fate.UNCHANGED), 0, Exit.OK),
            ((Fate.KILLED, Fate.SURVIVED), 3, Exit.FAILED),
            ((Fate.KILLED,), 3, Exit.UNDECIDED),
            ((Fate.KILLED, Fate.UNDECIDED), 0, Exit.UNDECIDED),
            ((Fate.UNCHANGED,), 0, Exit.NOTHING_CHECKED),
        ],
    )
    def test_the_exit_code(self, fates: tuple[Fate, ...], left: int, code: Exit) -> None:
        assert Matrix([_result(fate) for fate in fates], left).exit_code is code

    def test_rules_that_noticed_nothing(self) -> None:
        caught = _result(Fate.KILLED, rules=("a",), tried=("a", "b"))
        missed = _result(Fate.SURVIVED, tried=("b", "c"))

        assert Matrix([caught, missed]).idle_rules == {"b": 2, "c": 1}


def _result(fate: Fate, **facts: Any) -> Result:
    fault = derived()[DOCUMENTED]
    return Result(fault.name, "derived", fault.operations, fault.sentence, fault.operator, "", "", fate, **facts)


@pytest.mark.parametrize(
    ("usual", "now", "same"),
    [
        ({"time": 1, "predictions": []}, {"time": 2, "predictions": []}, True),
        ({"inference_id": "a"}, {"inference_id": "b"}, True),
        ({"predictions": []}, {"predictions": [1]}, False),
        ({"image": {"width": 1}}, {"image": {"width": 2}}, False),
    ],
)
def test_whether_two_answers_say_the_same(usual: Any, now: Any, same: bool) -> None:
    assert says_the_same(hosted_request(), as_json(200, usual), as_json(200, now)) is same


def self_tested(tmp_path: Path, *faults: str, **more: Any) -> tuple[Matrix, Path]:
    test = SelfTest(Wish(faults), CheckOptions("reference"), out=tmp_path / "out", **more)
    return run_self_test(test, print, lambda _: None)


def read(folder: Path) -> Any:
    document = json.loads((folder / "self-test.json").read_text("utf-8"))
    jsonschema.validate(document, SCHEMA)
    return document


@pytest.mark.thorough
def test_a_handful_of_faults_before_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a key of the user's own")
    killed = ("service.healthz/truncated", "hosted.classification/top/cut", "hosted.classification/predictions/emptied")
    unchanged = "hosted.classification/frame_id/off"

    matrix, folder = self_tested(tmp_path, *killed, unchanged, "hosted.classification/time/dropped")

    fates = {result.fault: result.fate for result in matrix.results}
    assert fates == {
        **dict.fromkeys(killed, Fate.KILLED),
        unchanged: Fate.UNCHANGED,
        "hosted.classification/time/dropped": Fate.UNPROMISED,
    }
    document = read(folder)
    assert (document["exit_code"], document["left"], document["interrupted"]) == (0, 0, False)
    named = {entry["fault"]: entry["rule"] for entry in document["faults"]}
    assert named["hosted.classification/top/cut"] == "hosted.classification.top-is-surest"
    assert "`hosted.classification.top-is-surest`" in (folder / "self-test.md").read_text("utf-8")
    with pytest.raises(UsageProblem, match="holds a self-test already"):
        self_tested(tmp_path, "service.healthz/truncated")


@pytest.fixture
def work() -> Iterator[workers.Work]:
    with embedded.deployment() as url:
        yield workers.Work(CheckOptions("reference", models=embedded.MODELS), url, frozenset(), (), embedded.KEY)


HOSTILE = "many-digits-bring-it-down"


@pytest.mark.thorough
def test_what_only_hostile_input_shows_is_tried_on_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = SelfTest(Wish((HOSTILE,)), CheckOptions("reference"), workers=1, out=tmp_path)

    matrix, _ = run_self_test(test, lambda _: None, lambda _: None)

    assert [result.fate for result in matrix.results] == [Fate.KILLED]


def test_what_only_hostile_input_shows_is_left_out_behind_somebodys_server(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    test = SelfTest(Wish((HOSTILE,)), CheckOptions(nobody), nobody, workers=1, out=tmp_path)

    with pytest.raises(UsageProblem, match="hostile input, which --allow-hostile allows"):
        run_self_test(test, lambda _: None, lambda _: None)


def test_what_takes_too_long_is_undecided_and_the_next_is_tried(work: workers.Work) -> None:
    names = ["service.info/truncated", "service.healthz/truncated"]

    found = list(workers.results(names, work, 1, limit=0.0))

    assert [result.fate for result in found] == [Fate.UNDECIDED] * 2
    assert "longer than 0 seconds" in found[0].reason


def test_no_further_fault_is_begun_once_time_is_over(work: workers.Work) -> None:
    assert list(workers.results(["service.info/truncated"], work, 2, 60.0, goes_on=lambda: False)) == []


def interrupting(*_: Any) -> Iterator[Result]:
    yield _result(Fate.KILLED, rule="a", rules=("a",), outcome="fail")
    raise KeyboardInterrupt


def test_an_interrupted_one_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "results", interrupting)
    monkeypatch.setattr(running, "attempt", lambda *_: Found())

    matrix, folder = self_tested(tmp_path, "service.healthz/truncated", "service.info/truncated")

    assert matrix.exit_code is Exit.INTERRUPTED
    document = read(folder)
    assert (document["interrupted"], document["left"], len(document["faults"])) == (True, 1, 1)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_server_that_cannot_be_checked_without_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "attempt", lambda *_: Found(problem="nobody answers"))

    with pytest.raises(UsageProblem, match="without any fault the server cannot be checked: nobody answers"):
        self_tested(tmp_path, "service.healthz/truncated", behind="http://127.0.0.1:1")


class TestTable:
    matrix = Matrix(
        [
            _result(Fate.KILLED, rule="a.rule", rules=("a.rule",), tried=("a.rule", "another.rule")),
            _result(Fate.SURVIVED),
            undecided(FAULTS["classes-ignored"], "it took longer than 600 seconds"),
        ],
        left=2,
    )

    def test_it_is_readable(self) -> None:
        text = "\n".join(lines(self.matrix))

        assert "hosted.object-detection       1         1" in text
        assert f"  {DOCUMENTED}: In each answer predictions.*.x is left out." in text
        assert "  classes-ignored: it took longer than 600 seconds" in text
        assert "  another.rule (tried on 1 fault)" in text
        assert "2 faults were not tried" in text
        assert sentence(self.matrix) == "3 faults tried: 1 killed, 1 survived, 1 undecided"

    def test_markdown_holds_operators_against_operations(self) -> None:
        text = markdown(self.matrix)

        assert "| dropped | 1/2 |" in text
        assert f"- `{DOCUMENTED}`: `a.rule`" in text

    def test_progress(self) -> None:
        trying = Trying(total=2)
        trying.take(self.matrix.results[0])

        assert trying.line(200).startswith("1/2 faults, 1 killed, 0:00  hosted.object-detection/")
        assert len(trying.line(20)) == 20
        assert trying.now_and_then()
        assert not trying.now_and_then()


def test_a_fault_of_either_kind_is_found_by_its_name() -> None:
    fault: Fault = fault_named(DOCUMENTED)
    assert (fault.name, fault_named("classes-ignored").name) == (DOCUMENTED, "classes-ignored")
    with pytest.raises(UsageProblem, match="did you mean"):
        fault_named(DOCUMENTED + "x")
