"""Judging by schema: one place at a time, promised and unpromised apart, and a cause named once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.contract import load
from assay.contract.citing import checkpoint_cases
from assay.judge import schema
from assay.judge.schema import judge_place, judge_unpromised, valid_beyond
from assay.judge.verdicts import NoWitness, PrerequisiteBroken, RuleBroken
from assay.record.model import Exchange
from assay.report.text import told

from .making import exchange, findings, hosted, point, pointers, row

KEYPOINTS = load().operation("hosted.keypoint-detection")
DETECTION = load().operation("hosted.object-detection")
SAM2 = load().operation("sam2.segment")
PERSON = row(0, 0, 50, 90, "person", keypoints=[point(0, "nose"), point(1, "eye")])
PLACES = [case["at"] for case in checkpoint_cases(KEYPOINTS.id) if case["mode"] == "json"]


def people(*rows: Any, name: str = "x000007", **more: Any) -> Exchange:
    return exchange(hosted(rows, **more), operation=KEYPOINTS.id, name=name)


def without(one: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


@pytest.mark.parametrize("place", PLACES)
def test_a_sound_answer_passes_at_every_place_and_is_a_witness_there(place: str) -> None:
    assert judge_place(KEYPOINTS, "json", place, [people(PERSON)]) >= 1
    assert judge_place(KEYPOINTS, "json", place, [people(PERSON), people(), people(PERSON)]) >= 2


def test_witnesses_are_counted_over_all_answers() -> None:
    answers = [people(PERSON, PERSON), people(), people(PERSON)]

    assert judge_place(KEYPOINTS, "json", "/", answers) == 3
    assert judge_place(KEYPOINTS, "json", "/predictions/*", answers) == 3
    assert judge_place(KEYPOINTS, "json", "/predictions/*/keypoints/*/x", answers) == 6


def test_without_a_witness_there_is_no_verdict() -> None:
    for place in ("/predictions/*", "/predictions/*/x", "/predictions/*/keypoints/*/class_name"):
        with pytest.raises(NoWitness, match="no answer holds anything"):
            judge_place(KEYPOINTS, "json", place, [people(), people()])
    assert judge_place(KEYPOINTS, "json", "/predictions", [people()]) == 1
    with pytest.raises(NoWitness):
        judge_place(KEYPOINTS, "json", "/", [])


def test_a_missing_field_fails_its_own_place_and_no_other() -> None:
    answer = people({**PERSON, "keypoints": [without(point(0, "nose"), "class_name"), point(1, "eye")]})

    (finding,) = findings(judge_place, KEYPOINTS, "json", "/predictions/*/keypoints/*/class_name", [answer])
    for place in PLACES:
        if place != "/predictions/*/keypoints/*/class_name":
            assert judge_place(KEYPOINTS, "json", place, [answer])

    assert finding.pointer == "/predictions/0/keypoints/0/class_name"
    assert finding.exchange == "x000007"
    assert finding.says is not None
    assert "class_name" in finding.says.sentence


def test_the_same_mistake_all_over_an_answer_is_one_finding() -> None:
    answers = [people(*[without(PERSON, "x")] * 5), people(without(PERSON, "x"), name="x000008")]

    first, second = findings(judge_place, KEYPOINTS, "json", "/predictions/*/x", answers)

    assert first.message.endswith("in 4 more places of this answer.")
    assert (first.pointer, first.exchange, second.exchange) == ("/predictions/0/x", "x000007", "x000008")
    assert "more place" not in second.message


def test_different_mistakes_at_one_place_are_findings_of_their_own() -> None:
    answer = people({**PERSON, "confidence": "high"}, {**PERSON, "confidence": 97}, without(PERSON, "confidence"))

    assert pointers(judge_place, KEYPOINTS, "json", "/predictions/*/confidence", [answer]) == [
        f"/predictions/{number}/confidence" for number in range(3)
    ]


@pytest.mark.parametrize(
    ("sent", "actual", "shown"),
    [
        (97.5, 97.5, "97.5"),
        ("97.5", "97.5", '"97.5"'),
        (None, "the value null", "the value null"),
        ([0.5], [0.5], "[0.5]"),
        ([0.5] * 99, "an array of 99 items", "an array of 99 items"),
    ],
)
def test_what_came_is_told_as_it_came(sent: Any, actual: Any, shown: str) -> None:
    """A number is told from the same number in quotes, which is another mistake."""
    answer = people({**PERSON, "confidence": sent})

    (finding,) = findings(judge_place, KEYPOINTS, "json", "/predictions/*/confidence", [answer])

    assert (finding.actual, told(finding.actual)) == (actual, shown)


def test_a_broken_answer_beside_sound_ones_is_found() -> None:
    answers = [people(PERSON), people({**PERSON, "x": "12"}, name="x000009"), people(PERSON)]

    (finding,) = findings(judge_place, KEYPOINTS, "json", "/predictions/*/x", answers)

    assert finding.exchange == "x000009"


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b'{"predictions": [NaN]}', b'{"predictions": 1e999}', b"[" * 99999]
)
def test_what_is_no_json_fails_the_whole_and_blocks_the_parts(content: bytes) -> None:
    answer = exchange(content, operation=KEYPOINTS.id)

    assert pointers(judge_place, KEYPOINTS, "json", "/", [answer]) == [None]
    for judge in (
        lambda: judge_place(KEYPOINTS, "json", "/predictions", [answer]),
        lambda: judge_unpromised(KEYPOINTS, "json", [answer]),
        lambda: valid_beyond([answer], people(PERSON), KEYPOINTS),
    ):
        with pytest.raises(PrerequisiteBroken) as caught:
            judge()
        assert caught.value.prerequisite == "hosted.answer.schema"


@pytest.mark.parametrize("media", [None, "text/html", "application/problem+json", "text/json"])
def test_the_declared_type_belongs_to_the_whole_answer(media: str | None) -> None:
    answer = exchange(hosted([PERSON]), operation=KEYPOINTS.id, media=media)

    (finding,) = findings(judge_place, KEYPOINTS, "json", "/", [answer])

    assert "application/json" in finding.message
    assert judge_place(KEYPOINTS, "json", "/predictions", [answer]) == 1


@pytest.mark.parametrize("media", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_declared_type_may_have_parameters_and_any_case(media: str) -> None:
    assert judge_place(KEYPOINTS, "json", "/", [exchange(hosted([]), operation=KEYPOINTS.id, media=media)]) == 1


UNPROMISED: list[dict[str, Any]] = [
    {"time": "long"},
    {"time": -1},
    {"inference_id": 5},
    {"predictions": [{**PERSON, "class_id": "0"}]},
    {"predictions": [{**PERSON, "detection_id": 7}]},
]


@pytest.mark.parametrize("change", UNPROMISED)
def test_what_only_the_server_says_is_judged_apart(change: dict[str, Any]) -> None:
    answer = people(PERSON, **change)

    assert pointers(judge_unpromised, KEYPOINTS, "json", [answer])
    for place in PLACES:
        assert judge_place(KEYPOINTS, "json", place, [answer])


@pytest.mark.parametrize("change", [{"predictions": [without(PERSON, "x")]}, {"image": {"width": 0, "height": 1}}, {}])
def test_what_the_document_says_is_no_matter_of_the_server(change: dict[str, Any]) -> None:
    judge_unpromised(KEYPOINTS, "json", [people(PERSON, **change)])


def test_whole_numbers_in_polygons_are_the_servers_habit() -> None:
    body = {"predictions": [{"masks": [[[1.5, 2], [3, 4], [5, 6]]], "confidence": 0.9}]}
    answer = exchange(body, operation=SAM2.id)

    assert judge_place(SAM2, "json", "/predictions/*/masks", [answer]) == 1
    assert pointers(judge_unpromised, SAM2, "json", [answer]) == ["/predictions/0/masks/0/0/0"]


PLAIN = exchange(hosted([row(0, 0, 9, 9)]))
ODD = exchange(hosted([without(row(0, 0, 9, 9), "x")]))
DRAWN = (("format", "image_and_json"),)
PICTURE = (("format", "image"),)


def test_a_generated_answer_that_keeps_its_schema() -> None:
    valid_beyond([PLAIN], PLAIN, DETECTION)
    valid_beyond([], PLAIN, DETECTION)
    valid_beyond([PLAIN], exchange(hosted([], visualization="QUJD"), query=DRAWN), DETECTION)
    valid_beyond([], exchange(b"\xff\xd8", media="image/jpeg", query=PICTURE), DETECTION)


def test_a_generated_answer_that_breaks_its_schema() -> None:
    assert pointers(valid_beyond, [PLAIN], ODD, DETECTION) == ["/predictions/0/x"]
    assert pointers(valid_beyond, [], exchange(b"oops"), DETECTION) == [None]
    drawn = exchange(hosted([], visualization="not base64!"), query=DRAWN)
    assert pointers(valid_beyond, [], drawn, DETECTION) == ["/visualization"]


def test_what_plain_answers_break_too_is_not_told_again() -> None:
    also = exchange(hosted([without(row(0, 0, 9, 9), "x"), {**without(row(0, 0, 9, 9), "y"), "width": "wide"}]))

    valid_beyond([PLAIN, ODD], ODD, DETECTION)
    assert pointers(valid_beyond, [PLAIN, ODD], also, DETECTION) == ["/predictions/1/width", "/predictions/1/y"]


def test_a_missing_name_hides_no_other_missing_field() -> None:
    """The real server's keypoints have no class_name; what else they might lose is to be found all the same."""
    nameless = people({**PERSON, "keypoints": [without(point(0, "nose"), "class_name")]})
    worse = people({**PERSON, "keypoints": [without(point(0, "nose"), "class_name", "x")]})

    assert pointers(valid_beyond, [nameless], worse, KEYPOINTS) == ["/predictions/0/keypoints/0/x"]


def test_what_only_the_server_says_breaks_no_generated_answer() -> None:
    valid_beyond([PLAIN], exchange(hosted([], time="long")), DETECTION)


def test_the_media_type_of_a_generated_answer() -> None:
    as_text = exchange(hosted([]), media="text/plain")

    (finding,) = findings(valid_beyond, [PLAIN], as_text, DETECTION)
    (picture,) = findings(valid_beyond, [], exchange(b"\x89PNG", media="image/png", query=PICTURE), DETECTION)

    assert (finding.expected, finding.actual) == ("application/json", "text/plain")
    assert (picture.expected, picture.actual) == ("image/jpeg", "image/png")
    valid_beyond([exchange(hosted([]), media="text/plain")], as_text, DETECTION)  # plain answers are declared so too


def test_sam2_reads_the_mode_from_the_body() -> None:
    runs = {"predictions": [{"masks": {"size": [1, 1], "counts": "1"}, "confidence": 0.5, "format": "rle"}], "time": 1}
    in_runs = exchange(runs, operation=SAM2.id, sent=json.dumps({"format": "rle"}).encode())
    unasked = exchange(runs, operation=SAM2.id, sent=b"{}")

    valid_beyond([], in_runs, SAM2)
    assert pointers(valid_beyond, [], unasked, SAM2) == ["/predictions/0/masks"]


def test_an_answer_is_validated_once_for_all_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    schema._judged.cache_clear()
    validated = []
    contract = load()
    original = type(contract).validate

    def counted(self: Any, reference: str, instance: Any) -> Any:
        validated.append(reference)
        return original(self, reference, instance)

    monkeypatch.setattr(type(contract), "validate", counted)
    answers = [people(PERSON), people(PERSON, PERSON)]
    for place in PLACES:
        judge_place(KEYPOINTS, "json", place, answers)
    judge_unpromised(KEYPOINTS, "json", answers)

    assert len(validated) == 2


def test_two_answers_of_one_name_are_not_taken_for_each_other() -> None:
    assert judge_place(KEYPOINTS, "json", "/predictions/*/x", [people(PERSON)])
    with pytest.raises(RuleBroken):
        judge_place(KEYPOINTS, "json", "/predictions/*/x", [people(without(PERSON, "x"))])
