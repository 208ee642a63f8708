"""Keypoints: an id occurs once, and stands for one name; what a sound skeleton may look like is let through."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.judge import verify
from assay.judge.answers import Detection

from .making import detected, findings, point, pointers, row


def people(*skeletons: Any, label: str = "person") -> Detection:
    """An answer with one prediction for each skeleton: a list of (id, name), or None for no field at all."""
    return detected(
        *(
            row(0, 0, 50, 90, label, **({} if skeleton is None else {"keypoints": [point(*pair) for pair in skeleton]}))
            for skeleton in skeletons
        )
    )


NOSE, EYE, EAR = (0, "nose"), (1, "eye"), (2, "ear")


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [people()],
        [people([NOSE, EYE, EAR], [NOSE, EYE, EAR])],
        [people([EAR, NOSE], [EYE], [])],  # not all are seen, in any order
        [people(None, [NOSE])],
        [people([NOSE]), people([NOSE, EYE])],
        [people([(0, None), (1, None)], [(0, None)])],  # names left out: found by the rule about schemas
        [people([NOSE, (1, None)], [(0, None), EYE])],
        [people([NOSE]), people([(0, "snout"), (5, "nose")], label="dog")],  # each class has a skeleton of its own
        [people([NOSE, (3, "paw"), (4, "paw")], [(4, "paw"), (3, "paw")], [(4, "paw")])],  # two vertices of one name
    ],
)
def test_sound_skeletons(answers: list[Detection]) -> None:
    verify.keypoint_names_stable(answers)


def test_an_id_that_occurs_twice() -> None:
    answer = people([NOSE, EYE], [NOSE, EYE, NOSE, (1, None)])

    assert pointers(verify.keypoint_names_stable, [answer]) == [
        "/predictions/1/keypoints/2/class_id",
        "/predictions/1/keypoints/3/class_id",
    ]


def test_an_id_that_stands_for_two_names() -> None:
    (finding,) = findings(verify.keypoint_names_stable, [people([NOSE, EYE], [NOSE, (1, "ear")])])

    assert (finding.pointer, finding.expected, finding.actual) == ("/predictions/1/keypoints/1", "eye", "ear")


def test_ids_that_change_places_between_answers() -> None:
    answers = [people([NOSE, EYE]), people([(0, "eye"), (1, "nose")])]

    assert pointers(verify.keypoint_names_stable, answers) == [
        "/predictions/0/keypoints/0",
        "/predictions/0/keypoints/1",
    ]


def test_a_name_that_moves_to_another_id() -> None:
    (finding,) = findings(verify.keypoint_names_stable, [people([NOSE, EYE], [(7, "nose"), EYE])])

    assert (finding.pointer, finding.expected, finding.actual) == ("/predictions/1/keypoints/0/class_id", 0, 7)


def test_a_name_that_differs_in_its_case_is_another() -> None:
    assert pointers(verify.keypoint_names_stable, [people([NOSE], [(0, "Nose")])]) == ["/predictions/1/keypoints/0"]


@given(
    st.lists(st.sampled_from(["nose", "eye", "ear", "hip", "hip", "knee"]), max_size=6),
    st.lists(st.frozensets(st.integers(0, 5)), max_size=5),
)
def test_any_skeleton_seen_in_part_is_sound_if_twins_are_seen_together_once(
    names: list[str], seen: list[frozenset[int]]
) -> None:
    skeleton = list(enumerate(names))
    parts = [[skeleton[index] for index in sorted(part) if index < len(names)] for part in seen]

    verify.keypoint_names_stable([people(skeleton, *parts)])
    verify.keypoint_names_stable([people(*parts), people(skeleton)])


@given(st.permutations(range(5)))
def test_any_shuffling_of_ids_is_found(order: list[int]) -> None:
    names = ["nose", "eye", "ear", "hip", "knee"]
    if all(a < b for a, b in pairwise(order)):
        return

    shuffled = people(list(zip(order, names, strict=True)))

    assert findings(verify.keypoint_names_stable, [people(list(enumerate(names))), shuffled])
