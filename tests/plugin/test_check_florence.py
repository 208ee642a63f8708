"""Florence 2 on targets unlike the reference: what is inconclusive there, and what is not held against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.contract.message import Request
from assay.faults import FAULTS
from assay.faults.model import FLORENCE, Fault
from assay.faults.operators import florence
from assay.faults.operators.parameters import change_body_field, edit_body, in_turn
from assay.faults.proxy import create_proxy
from assay.serving import running

from .conftest import Checked, Checking
from .servers import Answer, reference

OWN = "my-project/3"
CAPTIONS = ("florence2.captions.plain-text", "florence2.captions.more-detail-is-longer")
ALIKE = "florence2.models.answer-alike"
CATEGORY = "<REGION_TO_CATEGORY>"
PHRASES, REGIONS = "florence2.phrases.looked-for", "florence2.regions.looked-at"
APART = "service.keeps-answers-apart"


def messages(found: Checked, rule: str) -> set[str]:
    return {str(outcome["message"]) for outcome in found.run.outcomes if outcome["rule"] == rule}


def requested(found: Checked) -> set[str]:
    """The models that were asked."""
    bodies = [
        found.run.artifact(each["request"]["body"]["artifact"])
        for each in found.run.exchanges.values()
        if each["request"]["url"].endswith("/infer/lmm")
    ]
    return {json.loads(body)["model_id"] for body in bodies}


def of_florence(found: Checked, rule: str) -> set[str]:
    of_rule = (o for o in found.run.outcomes if o["rule"] == rule and o["operation"] == FLORENCE)
    return {o["outcome"] for o in of_rule}


def test_what_a_model_of_ones_own_says_to_a_caption_is_its_own_affair(checking: Checking, url: str) -> None:
    def renamed(body: Any) -> Any:
        return {**body, "model_id": "florence-2-base"} if body.get("model_id") == OWN else body

    tuned = Fault(
        "fine-tuned",
        "A model that says places to every prompt.",
        (FLORENCE,),
        (),
        request=edit_body(renamed),
        response=florence.change_text(lambda text: "<loc_1>", "<CAPTION>", "<DETAILED_CAPTION>"),
    )
    with running(create_proxy(url, tuned)) as target:
        found = checking(target, only=("florence2.*", ALIKE), models={"florence-2": OWN})

    assert found.exit_code == 0
    assert {kind for rule in (*CAPTIONS, ALIKE, PHRASES, REGIONS) for kind in found.outcomes(rule)} == {"inconclusive"}
    assert any(OWN in message for message in messages(found, CAPTIONS[0]))
    assert found.outcomes("florence2.boxes.corners-and-labels") == {"pass"}


def test_a_second_model_is_asked_only_where_the_target_holds_it(checking: Checking, tmp_path: Path) -> None:
    def without_registry(answer: Answer) -> Answer:
        return answer.document(models=[]) if answer.path == "/model/registry" else answer

    def asked(**options: Any) -> Checked:
        with running(reference(without_registry)) as target:
            return checking(target, models={"florence-2": "florence-2-large"}, **options)

    left_out = asked(only=("florence2.models.*",))
    assert left_out.outcomes(ALIKE) == {"disabled"}
    said = "left out at --depth standard: the target would have to load florence-2-base; --depth deep judges it"
    assert messages(left_out, ALIKE) == {said}
    assert "florence-2-base" not in requested(left_out)

    assert asked(only=("florence2.models.*",), depth="deep", out=tmp_path / "deep").outcomes(ALIKE) == {"pass"}
    assert asked(only=(ALIKE,), out=tmp_path / "named").outcomes(ALIKE) == {"pass"}


def test_a_second_model_that_the_target_holds_is_asked_at_once(checking: Checking, url: str) -> None:
    found = checking(url, only=("florence2.models.*",), models={"florence-2": "florence-2-large"})

    assert found.outcomes(ALIKE) == {"pass"}
    assert "florence-2-base" in requested(found)


@pytest.mark.parametrize("status", [403, 404, 507])
def test_a_second_model_that_is_not_served_is_no_fault(checking: Checking, status: int) -> None:
    def base_only(answer: Answer) -> Answer:
        gone = b"florence-2-large" in answer.sent
        return answer.saying(b'{"message": "There is no such model here."}', status=status) if gone else answer

    with running(reference(base_only)) as target:
        found = checking(target, only=(ALIKE,))

    assert found.outcomes(ALIKE) == {"inconclusive"}
    assert f"the target does not serve florence-2-large (status {status})" in found.messages


@pytest.mark.thorough
def test_a_server_that_draws_its_words_anew_keeps_its_answers_apart(checking: Checking, url: str) -> None:
    with running(create_proxy(url, FAULTS["captions-sampled"])) as target:
        found = checking(target, only=(APART, "florence2.captions.repeat"))

    assert of_florence(found, APART) == {"pass"}
    assert of_florence(found, "florence2.captions.repeat") == {"warn"}


def test_a_model_that_sees_nothing_leaves_places_inconclusive(checking: Checking, url: str) -> None:
    def emptied(value: Any, size: Any) -> Any:
        return {name: [] for name in value} if isinstance(value, dict) else value

    blind = Fault("blind", "A model that finds nothing.", (FLORENCE,), (), response=florence.change_value(emptied))
    with running(create_proxy(url, blind)) as target:
        found = checking(target, only=("florence2.*",))

    assert found.exit_code == 0
    for rule in (
        "florence2.boxes.corners-and-labels",
        "florence2.polygons.points-and-labels",
        "florence2.text.quads-and-labels",
        PHRASES,
        REGIONS,
    ):
        assert found.outcomes(rule) == {"inconclusive"}
    assert found.outcomes("florence2.response.keyed-by-task") == {"pass"}


HEEDLESS = in_turn(
    florence.always_with("phrase", "object"), florence.always_with("region", "<loc_0>" * 2 + "<loc_999>" * 2)
)
"""Phrases and regions are never looked at."""


def calling_all_alike(labels: list[Any]) -> list[str]:
    return ["thing" for _ in labels]


def without_these_words(request: Request) -> Request:
    """To a model that knows no beasts, they are objects."""
    return change_body_field("prompt", lambda prompt: prompt.replace(">dog", ">object").replace(">cat", ">object"))(
        request
    )


def phrases_and_regions(checking: Checking, url: str, fault: dict[str, Any]) -> Checked:
    with running(create_proxy(url, Fault("other", "Another server.", (FLORENCE,), (), **fault))) as target:
        return checking(target, only=(PHRASES, REGIONS))


def test_a_server_that_heeds_neither_phrase_nor_region_is_seen_in_every_task(checking: Checking, url: str) -> None:
    found = phrases_and_regions(checking, url, {"request": HEEDLESS})

    assert found.outcomes(PHRASES) == found.outcomes(REGIONS) == {"warn"}


def test_what_a_model_does_not_tell_apart_it_may_answer_alike(checking: Checking, url: str) -> None:
    alike = {"request": HEEDLESS, "response": florence.change_labels(calling_all_alike)}
    found = phrases_and_regions(checking, url, alike)

    assert found.outcomes(PHRASES) == found.outcomes(REGIONS) == {"inconclusive"}
    assert "the model names no two things apart" in found.messages


def test_a_model_need_not_know_all_words_as_phrases_that_it_says(checking: Checking, url: str) -> None:
    found = phrases_and_regions(checking, url, {"request": without_these_words})

    assert found.outcomes(PHRASES) == {"pass"}


def says(answer: Answer, other: str, whole: str) -> Answer:
    """What a model says to the category of a region, and to that of the whole picture."""
    prompt = json.loads(answer.sent).get("prompt", "") if answer.path == "/infer/lmm" else ""
    if not prompt.startswith(CATEGORY) or answer.status != 200:
        return answer
    return answer.document(response={CATEGORY: whole if "<loc_999>" in prompt else other})


def regions(checking: Checking, other: str, whole: str) -> set[str]:
    """What is concluded of each of the tasks that take a region."""
    with running(reference(lambda answer: says(answer, other, whole))) as target:
        return checking(target, only=(REGIONS,)).outcomes(REGIONS)


def test_a_model_may_call_two_things_alike_and_not_the_whole_picture(checking: Checking) -> None:
    assert regions(checking, "a shape", "a poster") == {"pass"}


def test_a_model_that_has_not_learnt_a_task_may_answer_as_to_another(checking: Checking) -> None:
    def captions_only(answer: Answer) -> Answer:
        caption = "a picture"
        told = json.loads(answer.sent).get("prompt", "") if answer.path == "/infer/lmm" else ""
        if answer.status == 200 and told == "<CAPTION>":
            return answer.document(response={told: caption})
        return says(answer, caption, caption)

    with running(reference(captions_only)) as target:
        found = checking(target, only=(REGIONS,))

    assert found.outcomes(REGIONS) == {"pass", "inconclusive"}
    assert "it has not learnt this one" in found.messages
    assert [one["case"] for one in found.run.outcomes if one["outcome"] == "inconclusive"] == [
        "florence2.infer task=REGION_TO_CATEGORY"
    ]
