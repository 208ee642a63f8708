"""Keypoints: an id occurs once, and stands for one name; what a sound skeleton may look like is let through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.judge import verify
from assay.judge.answers import Detection, detection
from assay.judge.verdicts import RuleBroken
from assay.judge.verify_keypoints import keypoints_apart, same_keypoints_for_each
from assay.suite import suite_folder

from .making import detected, exchange, findings, point, pointers, row


def people(*skeletons: Any, label: str = "person") -> Detection:
    """An answer with one prediction for each skeleton: a list of (id, name), or None for no field at all."""
    fields: list[dict[str, Any]] = [
        {} if skeleton is None else {"keypoints": [point(*pair) for pair in skeleton]} for skeleton in skeletons
    ]
    return detected(*(row(0, 0, 50, 90, label, **each) for each in fields))


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


def at(*points: tuple[float, float], box: tuple[float, float, float, float] = (300, 200, 360, 300)) -> Detection:
    """A prediction with keypoints at these places."""
    return detected(
        row(*box, "person", keypoints=[point(number, str(number), *xy) for number, xy in enumerate(points)])
    )


def test_some_prediction_has_a_keypoint() -> None:
    verify.some_keypoint([people([], []), people([])][:1])  # a few may show none that is sure enough
    verify.some_keypoint([people([], [], []), people([NOSE])])

    with pytest.raises(RuleBroken, match="none of 3 predictions has a keypoint"):
        verify.some_keypoint([people([], []), people([])])


def test_the_same_keypoints_by_two_routes() -> None:
    verify.same_keypoints(at((10, 10), (20, 30)), at((11, 9), (20, 30)), "again")

    expected = at((10, 10), (20, 30))
    moved, lost, added = at((10, 10), (20, 36)), at((10, 10)), at((10, 10), (20, 30), (20, 30))
    assert pointers(verify.same_keypoints, moved, expected, "again") == ["/predictions/0/keypoints/1"]
    assert pointers(verify.same_keypoints, lost, expected, "again") == ["/predictions/0/keypoints"]
    assert pointers(verify.same_keypoints, added, expected, "again") == ["/predictions/0/keypoints/2"]


def test_keypoints_inside_the_picture() -> None:
    verify.keypoints_inside(at((0, 0), (640, 480), (-2, 482)), 640, 480)
    verify.keypoints_inside(detected(row(0, 0, 5, 5)), 640, 480)
    outside = at((320, 220), (-3, 10), (10, 490))
    assert pointers(verify.keypoints_inside, outside, 640, 480) == [
        "/predictions/0/keypoints/1",
        "/predictions/0/keypoints/2",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        at(),
        at((310, 210), (900, 900)),  # a pose may stretch
        at((250, 150)),  # or lean out of its box
        at((0, 0), (0, 0), (320, 220)),
        detected(row(300, 200, 360, 300)),
    ],
)
def test_keypoints_that_belong_to_their_box(answer: Detection) -> None:
    verify.keypoints_at_their_box(answer)


def test_keypoints_that_are_counted_from_elsewhere() -> None:
    assert pointers(verify.keypoints_at_their_box, at((10, 10), (50, 90))) == ["/predictions/0/keypoints"]
    assert pointers(verify.keypoints_at_their_box, at((0.4, 0.3))) == ["/predictions/0/keypoints"]


def test_keypoints_that_are_hardly_visible_say_nothing() -> None:
    """A model may give (0, 0) for what it does not see."""
    unseen = {"x": 0, "y": 0, "confidence": 0.01, "class_id": 0, "class_name": "nose"}

    verify.keypoints_at_their_box(detected(row(300, 200, 360, 300, keypoints=[unseen])))


def test_the_documents_own_example_keeps_its_rules() -> None:
    example = json.loads((suite_folder("fixtures") / "documents" / "hosted-keypoint-answer.json").read_text("utf-8"))
    body = example["response"]["body"]
    answer = detection(exchange(body, operation="hosted.keypoint-detection"), "hosted.answer.schema")

    (helmet,) = answer.predictions
    assert [keypoint.name for keypoint in helmet.keypoints] == ["top", "bottom"]
    assert all("class_name" in keypoint for keypoint in body["predictions"][0]["keypoints"])
    verify.keypoint_names_stable([answer, answer])
    verify.keypoints_inside(answer, body["image"]["width"], body["image"]["height"])
    verify.keypoints_at_their_box(answer)


BOXES = ((300, 200, 360, 300), (20, 30, 120, 90), (500, 300, 540, 460))
SKELETON = ((0.5, 0.1), (0.1, 0.4), (0.9, 0.4), (0.3, 0.95), (0.7, 0.95))
"""Parts of the width and height of a box."""


def posed(right: float = 0, down: float = 0, *, px: tuple[float, float] = (0, 0)) -> list[Detection]:
    """A skeleton in each of three boxes, displaced by parts of its box, or by px."""
    return [
        at(
            *(
                (x0 + (across + right) * (x1 - x0) + px[0], y0 + (below + down) * (y1 - y0) + px[1])
                for across, below in SKELETON
            ),
            box=(x0, y0, x1, y1),
        )
        for x0, y0, x1, y1 in BOXES
    ]


def test_keypoints_in_and_about_their_boxes() -> None:
    for sound in (posed(), posed(0.2, 0.2), posed(down=0.5), posed(px=(0, 20)), [at()], [], posed(down=0.9)[:2]):
        verify.keypoints_not_displaced(sound)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (posed(down=0.95), "displaced by about (0, 0.85) of its box"),
        (posed(1.2), "displaced by about (1.2, -0.1) of its box"),
        (posed(px=(110, 0)), "displaced by about (110, "),
    ],
)
def test_keypoints_that_lie_beside_their_boxes_all_alike(answers: list[Detection], told: str) -> None:
    (finding,) = findings(verify.keypoints_not_displaced, answers)

    assert finding.pointer == "/predictions/0/keypoints/0"
    assert told in finding.message


def test_points_that_mark_something_beside_their_object_are_not_called_displaced() -> None:
    shadows = [at((x0 + 5, y1 + 40), (x0 + 15, y1 + 45), box=(x0, y0, x1, y1)) for x0, y0, x1, y1 in BOXES * 2]

    verify.keypoints_not_displaced(shadows)


def test_keypoints_that_are_scattered_are_not_called_displaced() -> None:
    """Whatever such a model means by them, it is no displacement."""
    scattered = [at((5, 400), (600, 20), (320, 470), (10, 10), box=box) for box in BOXES]

    verify.keypoints_not_displaced(scattered)


def bodies(*places: Sequence[tuple[float, float]]) -> Detection:
    """An answer with a prediction of 50 x 90 px for each list of the places of its keypoints."""
    named = [[point(number, f"k{number}", x, y) for number, (x, y) in enumerate(each)] for each in places]
    return detected(*(row(0, 0, 50, 90, "person", keypoints=keypoints) for keypoints in named))


Places = list[tuple[float, float]]
SPREAD: Places = [(10, 10), (40, 20), (25, 80)]
IN_ONE_PLACE: Places = [(25, 45), (25, 45), (25.5, 44)]
ONE: Places = [(10, 10)]
ONE_BELOW_THE_OTHER: Places = [(25, 20), (25, 70)]


def test_keypoints_in_one_place_in_every_prediction() -> None:
    (found,) = findings(keypoints_apart, [bodies(IN_ONE_PLACE, IN_ONE_PLACE), bodies(IN_ONE_PLACE)])

    assert "and so they do in all 3 predictions" in found.message
    assert found.pointer == "/predictions/0/keypoints"


@pytest.mark.parametrize(
    "answers",
    [
        [bodies(SPREAD, SPREAD, SPREAD)],
        [bodies(SPREAD, IN_ONE_PLACE, IN_ONE_PLACE, IN_ONE_PLACE)],
        [bodies(IN_ONE_PLACE, IN_ONE_PLACE)],  # too few to tell
        [bodies(ONE, ONE, ONE)],
        [bodies(ONE_BELOW_THE_OTHER, ONE_BELOW_THE_OTHER, ONE_BELOW_THE_OTHER)],
    ],
)
def test_keypoints_apart(answers: list[Detection]) -> None:
    keypoints_apart(answers)


@pytest.mark.parametrize(
    "answer",
    [
        people(),
        people([NOSE, EYE], [EYE, NOSE]),
        people([(0, None)], [(0, None)]),
        people(None, []),
    ],
)
def test_each_has_the_keypoints_of_the_others(answer: Detection) -> None:
    same_keypoints_for_each(answer)


def test_classes_have_keypoints_of_their_own() -> None:
    two = detected(
        row(0, 0, 50, 90, "person", keypoints=[point(*NOSE), point(*EYE)]), row(90, 0, 50, 90, "dog", keypoints=[])
    )
    same_keypoints_for_each(two)


def test_one_that_lacks_a_keypoint_of_the_others() -> None:
    (found,) = findings(same_keypoints_for_each, people([NOSE, EYE, EAR], [NOSE, EYE, EAR], [NOSE, EYE]))

    assert found.pointer == "/predictions/2/keypoints"
    assert "has no keypoint 'ear', which another person has" in found.message
    assert (found.expected, found.actual) == (3, 2)
