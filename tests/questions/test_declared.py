"""What is declared is asked of every operation, in every form of its answer, and of whatever model is there."""

from __future__ import annotations

import pytest

from assay.contract import load
from assay.contract.message import Request
from assay.judge.values import is_number
from assay.plugin.options import HOSTED_TASKS
from assay.questions.asking import OF_ITS_OWN
from assay.questions.question import Question, declared
from assay.reference.embedded import MODELS

QUESTIONS = list(declared().values())


def asked(question: Question, model: str | None = None) -> Request:
    asking = question.asking
    return asking.request(model or MODELS[asking.of_task])


def test_every_form_of_every_answer_is_asked_for() -> None:
    modes = {(operation.id, mode) for operation in load().operations.values() for mode in operation.modes}

    assert {(question.operation, question.mode) for question in QUESTIONS} == modes


@pytest.mark.parametrize("operation", load().operations)
def test_there_is_something_to_see_and_nothing(operation: str) -> None:
    shown = {question.id.split("/")[2] for question in QUESTIONS if question.operation == operation}

    assert any("blank" in name or "nothing" in name for name in shown)
    assert any("blank" not in name and "nothing" not in name for name in shown)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_question_keeps_the_contract_and_asks_for_the_form_that_its_id_names(question: Question) -> None:
    request = asked(question)

    assert request.operation == question.operation
    assert load().operations[question.operation].mode_of(request).name == question.mode


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_it_names_no_model_and_takes_any(question: Question) -> None:
    asking = question.asking
    model = "somebody-elses/7" if asking.of_task in HOSTED_TASKS else MODELS[asking.of_task]

    assert not OF_ITS_OWN & {*asking.values, *asking.values.get("query", {})}
    assert "path" not in asking.values
    assert asked(question) == asked(question), "the same each time"
    if asking.of_task in HOSTED_TASKS:
        request = asked(question, model)
        named = request.path if asking.described.shape == "path-query-body" else request.json()["model_id"]
        assert named.strip("/") == model


@pytest.mark.parametrize("question", [each for each in QUESTIONS if each.asserted], ids=lambda question: question.id)
def test_it_asks_for_less_than_it_is_judged_by(question: Question) -> None:
    asking = question.asking
    given = {**asking.values, **asking.values.get("query", {})}["confidence"]

    assert is_number(given)
    assert given < question.asserted["confidence"]
    assert asking.threshold is not None
    assert 0 < asking.threshold < 1


def test_an_id_names_an_operation_a_mode_and_a_folder() -> None:
    for wrong in ("sam2.segment/json", "sam2.segment/png/a", "no.such/json/a", "sam2.segment/json/../a"):
        with pytest.raises(ValueError, match=r"id of a question|no operation and mode"):
            Question(wrong, "", dict)
