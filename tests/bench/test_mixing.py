"""Mixes: the shares that are said are those that are sent."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assay.bench.mixing import digest_of, mix, round_of, told
from assay.errors import UsageProblem

from ..load.test_figures import MS, made


def test_those_of_one_pattern_share_its_part() -> None:
    found = mix("sam2.segment/cached*=1, florence2.*=3")

    assert found.id == "mix/sam2.segment/cached*=1,florence2.*=3"
    assert {workload.id: round(share, 3) for workload, share in found.parts} == {
        "sam2.segment/cached": 0.083, "sam2.segment/cached-rle": 0.083, "sam2.segment/cached-binary": 0.083,
        "florence2.infer/caption": 0.75,
    }  # fmt: skip
    assert found.operations == ["sam2.segment", "florence2.infer"]


def test_workloads_of_new_pictures_are_in_no_mix() -> None:
    assert not any(workload.fresh for workload, _ in mix("sam2.*=1").parts)


def test_what_is_left_of_a_pattern_shares_its_part() -> None:
    left = mix("sam2.segment/cached*=1,florence2.*=1").of(lambda workload: not workload.id.endswith("binary"))

    assert [round(share, 3) for _, share in left.parts] == [0.25, 0.25, 0.5]
    assert mix("sam2.*=1").of(lambda workload: False).parts == ()


@pytest.mark.parametrize("said", ["", "sam2.*", "sam2.*=0", "sam2.*=x", "nothing.*=1", "sam2.embed/new=1"])
def test_what_is_no_mix_is_refused(said: str) -> None:
    with pytest.raises(UsageProblem, match="--mix"):
        mix(said)


def test_a_round_holds_the_shares() -> None:
    found = Counter(each[0] for each in round_of([(["a1", "a2"], 0.25), (["b1", "b2", "b3"], 0.75)]))

    assert found == {"a": 60, "b": 180}
    assert len(round_of([(["rare"], 1e-6), (["usual"], 1.0)])) > 200


def test_digests_tell_shares_apart() -> None:
    assert digest_of([("a", 0.5), ("b", 0.5)]) != digest_of([("a", 0.25), ("b", 0.75)])


def test_each_workload_is_told_by_its_own_requests() -> None:
    slow = np.arange(4) % 2 * 50 * MS
    start = np.arange(4) * 100 * MS
    rows = made(
        intended=start, last=start + 10 * MS + slow, request=np.array([0, 1, 0, 1]), failure=np.array([0, 0, 0, 1])
    )

    assert told(rows, ["fast", "slow"]) == [
        "fast: 50%, 2 requests, p50 10 ms, p99 10 ms",
        "slow: 50%, 2 requests, p50 60 ms, p99 60 ms, 1 failed",
    ]
