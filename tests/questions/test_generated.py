"""Generated questions: the same for the same seed, valid for whatever model, and more of them with a longer row."""

from __future__ import annotations

import pytest

from assay.contract import load
from assay.questions.asking import OF_ITS_OWN
from assay.questions.generated import every, generated
from assay.reference.embedded import MODELS

DETECTION = load().operations["hosted.object-detection"]


def test_a_seed_gives_the_same_questions() -> None:
    first, again, other = ([question.asking.values for question in generated(DETECTION, seed, 6)] for seed in (0, 0, 1))

    assert first == again
    assert first != other


def test_a_longer_row_begins_as_a_shorter_one() -> None:
    short, long = ([(each.id, each.asking.values) for each in generated(DETECTION, 3, count)] for count in (2, 5))

    assert len(long) == 5
    assert long[:2] == short


def test_they_say_more_than_the_plain_ones() -> None:
    assert all(each.asking.values.get("query") for each in generated(DETECTION, 0, 4))


@pytest.mark.parametrize("operation", load().operations)
def test_each_operation_has_its_own_and_they_keep_the_contract(operation: str) -> None:
    described = load().operations[operation]

    found = list(generated(described, 0, 3))

    assert found
    for question in found:
        request = question.asking.request(MODELS[question.asking.of_task])
        assert described.mode_of(request).name == question.mode
        assert not OF_ITS_OWN & {*question.asking.values, *question.asking.values.get("query", {})}


def test_none_are_made_where_none_are_wanted() -> None:
    assert list(every(0, 0)) == []
