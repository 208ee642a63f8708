"""One-to-one matching: as good as SciPy's, in any order, and decided where all are equal."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment

from assay.judge.answers import predictions_of
from assay.likeness import boxes, matching, profiles

from .asking import CAT, DOG

CPU = profiles.load("cpu")


@given(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.0, 0.2, 0.5, 0.5, 0.9, 1.0]))
    )
)
def test_no_other_matching_is_worth_more(gains: matching.Gains) -> None:
    found = matching.match(gains)

    rows, columns = linear_sum_assignment(-gains)
    assert sum(gains[i, j] for i, j in found.pairs) == pytest.approx(gains[rows, columns].sum(), abs=1e-9)
    assert sorted([i for i, _ in found.pairs] + list(found.only_first)) == list(range(gains.shape[0]))
    assert sorted([j for _, j in found.pairs] + list(found.only_second)) == list(range(gains.shape[1]))


def paired(first: list[dict[str, object]], second: list[dict[str, object]]) -> list[tuple[object, object]]:
    found = boxes.pair(predictions_of({"predictions": first}), predictions_of({"predictions": second}), CPU)
    return [(first[i]["tag"], second[j]["tag"]) for i, j in found.same]


def test_the_order_of_the_answers_decides_nothing() -> None:
    first = [{**DOG, "x": 100.0 + 3 * n, "confidence": 0.5 + n / 50, "tag": n} for n in range(5)]
    second = [{**each, "x": 0.5 + float(str(each["x"]))} for each in first]
    expected = {(n, n) for n in range(5)}

    for order in itertools.permutations(range(5), 5):
        assert set(paired(first, [second[n] for n in order])) == expected


def test_pairs_that_agree_come_before_more_overlap() -> None:
    first = [{**DOG, "tag": "a"}, {**DOG, "x": 112.0, "tag": "b"}]
    second = [{**DOG, "x": 112.0, "tag": "b"}, {**DOG, "x": 124.0, "tag": "c"}]

    assert paired(first, second) == [("b", "b")] or paired(first, second) == [("a", "c"), ("b", "b")]


def test_equal_boxes_go_by_confidence() -> None:
    first = [{**DOG, "confidence": sure, "tag": sure} for sure in (0.5, 0.7, 0.9)]
    second = [{**DOG, "confidence": sure, "tag": sure} for sure in (0.7, 0.9, 0.5)]

    assert set(paired(first, second)) == {(sure, sure) for sure in (0.5, 0.7, 0.9)}


def test_one_of_many_equal_boxes_is_missed() -> None:
    found = boxes.pair(predictions_of({"predictions": [DOG] * 7}), predictions_of({"predictions": [DOG] * 6}), CPU)

    assert (len(found.same), len(found.only_first), found.only_second) == (6, 1, ())


def test_a_class_that_changed_is_no_loss() -> None:
    found = boxes.pair(
        predictions_of({"predictions": [DOG, CAT]}),
        predictions_of({"predictions": [CAT, {**DOG, "class": "fox"}]}),
        CPU,
    )

    assert (found.same, found.renamed, found.only_first, found.only_second) == (((1, 0),), ((0, 1),), (), ())


def test_boxes_without_area_are_matched_by_their_edges() -> None:
    point = {**DOG, "width": 0, "height": 0}

    found = boxes.pair(predictions_of({"predictions": [point]}), predictions_of({"predictions": [point]}), CPU)

    assert found.same == ((0, 0),)


def test_hundreds_of_boxes_are_matched_at_once() -> None:
    draw = random.Random(5)
    scattered = [{**DOG, "x": draw.uniform(0, 640), "y": draw.uniform(0, 480)} for _ in range(300)]

    for answer in (scattered, [DOG] * 300):
        began = time.process_time()
        found = boxes.pair(predictions_of({"predictions": answer}), predictions_of({"predictions": answer[::-1]}), CPU)
        assert len(found.same) == 300
        assert time.process_time() - began < 5
