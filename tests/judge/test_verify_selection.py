"""Which predictions an answer holds, how classes are numbered, and what becomes of keypoints."""

from __future__ import annotations

from assay.judge.verify_keypoints import keypoints_reach, same_keypoints
from assay.judge.verify_selection import somehow_there, still_there, surest_kept

from .making import detected, findings, point, pointers, row

SURE, LESS, LEAST = (
    row(10, 10, 60, 60, confidence=0.9),
    row(100, 10, 160, 60, "cat", confidence=0.7),
    row(200, 10, 260, 60, confidence=0.5),
)
EVERY = detected(SURE, LESS, LEAST)


def test_the_surest_are_kept() -> None:
    surest_kept(detected(SURE, LESS), EVERY, 2, 0.4)
    surest_kept(detected(LESS, SURE), EVERY, 2, 0.4)
    surest_kept(detected(SURE), EVERY, 1, 0.4)


def test_more_than_asked_or_others_than_the_surest_are_not() -> None:
    assert pointers(surest_kept, detected(SURE, LESS, LEAST), EVERY, 2, 0.4) == ["/predictions"]
    assert "0.700" in findings(surest_kept, detected(SURE, LEAST), EVERY, 2, 0.4)[0].message
    moved = row(300, 200, 360, 260, confidence=0.8)
    assert pointers(surest_kept, detected(SURE, moved), EVERY, 2, 0.4) == ["/predictions/1"]


def test_of_two_about_equally_sure_either_may_stay() -> None:
    near = row(100, 10, 160, 60, "cat", confidence=0.89)

    surest_kept(detected(near), detected(SURE, near), 1, 0.4)


def test_what_is_combined_with_more_is_still_there() -> None:
    combined = detected(row(12, 8, 64, 62, confidence=0.95))

    still_there(combined, detected(SURE).predictions, "by a lower threshold")
    assert len(findings(still_there, detected(LESS), detected(SURE).predictions, "by a lower threshold")) == 1


def test_one_of_those_that_overlap_is_somehow_there() -> None:
    twin = detected(row(30, 10, 80, 60, confidence=0.8))

    somehow_there(twin, detected(SURE).predictions, "with classes beside it", 0.4)
    somehow_there(detected(), detected(SURE).predictions, "near the threshold", 0.89)
    assert len(findings(somehow_there, detected(LEAST), detected(SURE).predictions, "beside it", 0.4)) == 1
    of_another_class = detected(row(10, 10, 60, 60, "cat", confidence=0.9))
    assert len(findings(somehow_there, of_another_class, detected(SURE).predictions, "beside it", 0.4)) == 1


def with_points(*points: object) -> dict[str, object]:
    return {**SURE, "keypoints": list(points)}


def test_keypoints_stay_as_they_were() -> None:
    before = detected(with_points(point(0, "nose", 20, 20), point(1, "hip", 30, 40)))

    same_keypoints(before, before, "asked otherwise")
    moved = detected(with_points(point(0, "nose", 20, 20), point(1, "hip", 40, 40)))
    assert pointers(same_keypoints, moved, before, "asked otherwise") == ["/predictions/0/keypoints/1"]
    lost = detected(with_points(point(0, "nose", 20, 20)))
    assert pointers(same_keypoints, lost, before, "asked otherwise") == ["/predictions/0/keypoints"]
    assert "was added" in findings(same_keypoints, before, lost, "asked otherwise")[0].message
    same_keypoints(lost, before, "asked otherwise", 0.95)


def test_keypoints_under_their_threshold_are_found() -> None:
    answer = detected(with_points(point(0, "nose", 20, 20)))

    keypoints_reach(answer, 0.9)
    assert pointers(keypoints_reach, answer, 0.91) == ["/predictions/0/keypoints/0/confidence"]
