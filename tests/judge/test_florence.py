"""Reading what Florence 2 says, and what is verified of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from assay.contract.florence import tasks
from assay.contract.message import Request, Response
from assay.judge import verify_florence as verify
from assay.judge.florence import Told, alike, likeness, told, told_apart
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.record.model import Exchange

W, H = 640, 480


def exchange(response: Any) -> Exchange:
    body = json.dumps({"response": response}).encode()
    answer = Response(200, (("content-type", "application/json"),), body)
    return Exchange("x1", Request("florence2.infer", "POST", "/infer/lmm"), answer, None, 0.0, 0.0)


def said(task: str, value: Any) -> Told:
    return told(exchange({f"<{task}>": value}), "florence2.answer.schema", tasks()[task])


def boxes(*boxes: Sequence[float], labels: list[str] | None = None, task: str = "OD") -> Told:
    return said(task, {"bboxes": list(boxes), "labels": ["a"] * len(boxes) if labels is None else labels})


def outlines(*outlines: list[float]) -> Told:
    return said(
        "REGION_TO_SEGMENTATION", {"polygons": [[outline] for outline in outlines], "labels": [""] * len(outlines)}
    )


def quads(*quads: list[float]) -> Told:
    return said("OCR_WITH_REGION", {"quad_boxes": list(quads), "labels": ["A"] * len(quads)})


def message(broken: Callable[[], None]) -> str:
    with pytest.raises(RuleBroken) as raised:
        broken()
    assert all(finding.pointer and finding.exchange == "x1" for finding in raised.value.findings)
    return str(raised.value)


def test_places_are_read_with_their_pointers() -> None:
    value = {
        "bboxes": [[1, 2, 3, 4]],
        "bboxes_labels": ["a"],
        "polygons": [[[5, 6, 7, 8, 9, 1], [2, 3, 4, 5, 6, 7]]],
        "polygons_labels": ["b"],
    }
    answer = said("OPEN_VOCABULARY_DETECTION", value)
    assert [shape.pointer.removeprefix(answer.pointer) for shape in answer.shapes] == [
        "/bboxes/0",
        "/polygons/0/0",
        "/polygons/0/1",
    ]
    assert [(listed.entries, listed.labels) for listed in answer.lists] == [(1, ("a",)), (1, ("b",))]
    assert answer.shapes[1].corners == (5, 1, 9, 8)
    assert answer.outlines == 2
    assert answer.text == ""


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("OD", "a text"),
        ("OD", {"bboxes": [[1, 2, 3, 4]]}),
        ("OD", {"bboxes": {"x": 1}, "labels": []}),
        ("OD", {"bboxes": [["1", 2, 3, 4]], "labels": ["a"]}),
        ("OD", {"bboxes": [[True, 2, 3, 4]], "labels": ["a"]}),
        ("OD", {"bboxes": [[1, 2, 3, 4]], "labels": [5]}),
        ("CAPTION", {"bboxes": []}),
        ("CAPTION", None),
        ("REGION_TO_SEGMENTATION", {"polygons": [[1, 2, 3, 4, 5, 6]], "labels": [""]}),
    ],
)
def test_what_is_not_of_its_form_is_a_matter_of_the_schema(task: str, value: Any) -> None:
    with pytest.raises(PrerequisiteBroken) as raised:
        said(task, value)
    assert raised.value.prerequisite == "florence2.answer.schema"


def test_another_key_is_no_answer_to_the_task() -> None:
    with pytest.raises(PrerequisiteBroken):
        told(exchange({"<OD>": "x"}), "florence2.answer.schema", tasks()["CAPTION"])


@pytest.mark.parametrize("response", [{"CAPTION": "a"}, {"<CAPTION>": "a", "raw": "b"}, {}, "a", None, [1]])
def test_an_answer_stands_under_its_task_alone(response: Any) -> None:
    task = tasks()["CAPTION"]
    verify.keyed_by_task(exchange({"<CAPTION>": "a"}), task)
    assert "does not stand under that key alone" in message(lambda: verify.keyed_by_task(exchange(response), task))


@pytest.mark.parametrize("text", ["", "  ", "a dog<loc_12>", "</s>a dog", "a <pad> dog", "<s>"])
def test_captions_are_words(text: str) -> None:
    verify.plain_text(said("CAPTION", "A 3 < 5 sign <b>, by loc_7."))
    message(lambda: verify.plain_text(said("CAPTION", text)))


def test_more_detail_is_longer_or_as_long() -> None:
    plain, detailed = said("CAPTION", "a red dog"), said("DETAILED_CAPTION", "a red dog")
    verify.more_detail_is_longer([plain, detailed])
    cut = said("MORE_DETAILED_CAPTION", "a red")
    assert "<MORE_DETAILED_CAPTION>" in message(lambda: verify.more_detail_is_longer([plain, detailed, cut]))


def test_more_detail_is_no_mere_repetition_in_every_picture() -> None:
    def pair(less: str, more: str) -> tuple[Told, Told]:
        return said("CAPTION", less), said("DETAILED_CAPTION", more)

    verify.no_mere_repetition([pair("a dog", "a dog"), pair("a cat", "The image shows a cat")])
    with pytest.raises(NoWitness, match="in the same words"):
        verify.no_mere_repetition([pair("a dog", "a dog"), pair("a dog", "a dog")])
    assert "so it is in every picture" in message(
        lambda: verify.no_mere_repetition([pair("a dog", "a dog"), pair("a cat", "a cat")])
    )


def test_the_same_text_again() -> None:
    verify.same_text(said("CAPTION", "a red dog"), said("CAPTION", "a red dog"))
    message(lambda: verify.same_text(said("CAPTION", "dog a red"), said("CAPTION", "a red dog")))


def test_a_text_belongs_to_the_picture_whose_words_it_has() -> None:
    own, other = said("CAPTION", "two red cards and a blue one"), said("CAPTION", "an empty grey background")
    verify.of_its_own_picture(said("CAPTION", "two red cards and one that is blue"), own, {"blank": other})
    verify.of_its_own_picture(said("CAPTION", "something else"), own, {"blank": other})
    assert "scene blank" in message(lambda: verify.of_its_own_picture(other, own, {"blank": other}))


def test_likeness_is_of_words_in_order() -> None:
    assert likeness("a red dog", "a red dog") == 1
    assert 0 < likeness("a red dog", "a blue dog") < 1
    assert likeness("a", "b") == 0


def test_each_place_has_its_label() -> None:
    verify.labelled(boxes([1, 2, 3, 4]))
    verify.labelled(outlines([1, 2, 3, 4, 5, 6]))
    assert "2 bboxes come with 1 labels" in message(
        lambda: verify.labelled(boxes([1, 2, 3, 4], [1, 2, 3, 4], labels=["a"]))
    )


def test_proposals_are_unlabelled() -> None:
    verify.unlabelled(boxes([1, 2, 3, 4], labels=[""], task="REGION_PROPOSAL"))
    message(lambda: verify.unlabelled(boxes([1, 2, 3, 4], labels=["region"], task="REGION_PROPOSAL")))


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([80, 60, 40, 120], "not in order"),
        ([80, 60, 160, 40], "not in order"),
        ([0.1, 0.2, 0.5, 0.9], "first pixel"),
        ([80, 60, 645, 120], "outside"),
        ([-2, 60, 40, 120], "outside"),
        ([80, 60, 160], "four numbers"),
    ],
)
def test_boxes_are_corners_in_px(box: list[float], told: str) -> None:
    for sound in ([0, 0, W, H], [80, 60, 80, 60], [0, 0, W + 0.64, H + 0.48]):
        verify.boxes_by_corners(boxes(sound), W, H)
    assert told in message(lambda: verify.boxes_by_corners(boxes([80, 60, 160, 120], box), W, H))


def test_outlines_are_pairs_in_px() -> None:
    verify.outlines_of_points(outlines([0, 0, W, 0, W, H]), W, H)
    verify.outlines_of_points(outlines([5, 5, 6, 6]), W, H)  # a model that breaks off leaves a line
    assert "odd number" in message(lambda: verify.outlines_of_points(outlines([1, 2, 3, 4, 5]), W, H))
    assert "outside" in message(lambda: verify.outlines_of_points(outlines([1, 2, 3, 4, 5, H + 9]), W, H))
    assert outlines([5, 5, 6, 6]).outlines == 0


def test_quads_are_four_corners_in_px() -> None:
    verify.quads_of_corners(quads([0, 0, 9, 0, 9, 9, 0, 9]), W, H)
    assert "eight numbers" in message(lambda: verify.quads_of_corners(quads([0, 0, 9, 9]), W, H))
    assert "outside" in message(lambda: verify.quads_of_corners(quads([0, 0, W + 5, 0, 9, 9, 0, 9]), W, H))


def test_two_models_answer_in_one_form() -> None:
    verify.same_form(said("CAPTION", "a dog"), said("CAPTION", "another dog"))
    verify.same_form(boxes([1, 2, 3, 4]), boxes())
    more = said("OD", {"bboxes": [], "labels": [], "scores": []})
    assert "another form" in message(lambda: verify.same_form(more, boxes()))


def test_a_wrong_box_is_marked_on_the_picture() -> None:
    with pytest.raises(RuleBroken) as raised:
        verify.boxes_by_corners(boxes([80, 60, 40, 120]), W, H)
    (finding,) = raised.value.findings
    assert finding.pointer == "/response/<OD>/bboxes/0"
    assert finding.marks[0][:4] == (40, 60, 80, 120)


LEFT, RIGHT = (0.0, 0.0, 100.0, 100.0), (300.0, 0.0, 400.0, 100.0)
BOTH = (0, 0, 400, 100)


@pytest.mark.parametrize(
    ("places", "labels", "names"),
    [
        ([LEFT, RIGHT], ["dog", "cat"], ["dog", "cat"]),
        ([RIGHT, LEFT], ["red square", "blue square"], ["blue square", "red square"]),
        ([LEFT, RIGHT], ["dog", "dog"], None),
        ([LEFT, RIGHT], ["square", "red square"], None),
        ([LEFT, RIGHT], ["", "cat"], None),
        ([LEFT, RIGHT], ["<unk>", "cat"], None),
        ([LEFT, (150, 0, 250, 100)], ["dog", "cat"], None),
        ([LEFT, RIGHT, BOTH], ["dog", "cat", "cat"], None),
        ([LEFT, RIGHT, BOTH], ["dog", "cat", "picture"], ["dog", "cat"]),
        ([BOTH], ["picture"], None),
    ],
)
def test_things_are_told_apart_by_names_of_their_own(
    places: list[Sequence[float]], labels: list[str], names: list[str] | None
) -> None:
    found = told_apart(boxes(*places, labels=labels), [LEFT, RIGHT])

    assert (found and [one.name for one in found]) == names
    assert found is None or [one.place for one in found] == [0, 1]


def test_things_that_overlap_are_not_told_apart() -> None:
    beside = (50.0, 0.0, 150.0, 100.0)

    assert told_apart(boxes(LEFT, beside, labels=["dog", "cat"]), [LEFT, beside]) is None


def test_answers_are_alike_by_words_and_places_and_not_by_labels() -> None:
    assert alike(boxes(LEFT, labels=["dog"]), boxes((1, 0, 101, 99), labels=["cat"]))
    assert not alike(boxes(LEFT), boxes(RIGHT))
    assert not alike(boxes(LEFT), boxes(LEFT, RIGHT))
    assert alike(said("REGION_TO_CATEGORY", "a dog"), said("REGION_TO_CATEGORY", " a dog"))
    assert not alike(said("REGION_TO_CATEGORY", "a dog"), said("REGION_TO_CATEGORY", "a cat"))


def test_prompts_are_answered_otherwise_by_one_group_at_least() -> None:
    same = [said("REGION_TO_CATEGORY", "a dog")] * 3
    other = [same[0], same[0], said("REGION_TO_CATEGORY", "a poster")]
    prompts = [("<A>1", "<A>2", "<A>3")] * 2

    verify.not_all_alike([same, other], prompts, "though")
    told = message(lambda: verify.not_all_alike([same, same], prompts, "though they differ"))
    assert "<A>2 and <A>3 are answered as <A>1 is, though they differ" in told
    told = message(lambda: verify.not_all_alike([[boxes(LEFT), boxes(LEFT)]], [("<A>1", "<A>2")], "though"))
    assert "<A>2 is answered as <A>1 is" in told
