"""What is measured: every operation and mode has a workload, and each sends what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from assay.bench.pictures import SIZES, picture
from assay.bench.workload import Kit, Workload, chosen, workloads
from assay.contract import load
from assay.errors import UsageProblem
from assay.picture import stated_size
from assay.plugin.deployment import Deployment
from assay.reference.embedded import MODELS
from assay.target import Policy, Target

OPERATIONS = load().operations


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """One that is never asked anything."""
    target = Target(Policy(url="http://127.0.0.1:9", key="assay-test-key"))
    yield Deployment(target, load(), MODELS, 0, 1)
    target.close()


def _kit(deployment: Deployment, workload: Workload, seed: int = 0, salt: str = "") -> Kit:
    return workload.kit(deployment.driver(workload.operation), seed, salt)


def test_every_operation_is_measured_when_nothing_is_named() -> None:
    assert {each.operation for each in chosen(())} == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_mode_of_an_answer_is_measured(operation: str, deployment: Deployment) -> None:
    described = OPERATIONS[operation]

    found = {
        described.mode_of(next(iter(each.make(_kit(deployment, each), 1)))).name
        for each in workloads().values()
        if each.operation == operation
    }

    assert found == set(described.modes)


@pytest.mark.parametrize("workload", chosen(()), ids=lambda each: each.id)
def test_requests_are_others_each_and_the_same_again(workload: Workload, deployment: Deployment) -> None:
    first, again = (list(workload.make(_kit(deployment, workload), 3)) for _ in range(2))
    salted = list(workload.make(_kit(deployment, workload, salt="another run"), 3))

    assert first == again
    assert len({request.body for request in (*first, *salted)}) == 6
    assert all(request.operation == workload.operation for request in first)


def test_a_digest_is_of_the_pictures_and_not_of_the_model(deployment: Deployment) -> None:
    workload = workloads()["sam2.segment/cached"]
    other = Deployment(deployment.target, load(), {**MODELS, "segmentation": "hiera_large"}, 0, 1)

    digest = workload.digest(_kit(deployment, workload))

    assert digest == workload.digest(_kit(other, workload))
    assert digest != workload.digest(_kit(deployment, workload, seed=1))
    assert digest != workloads()["sam2.segment/cached-rle"].digest(_kit(deployment, workload))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_pictures_have_the_size_that_they_are_named_by(size: str, form: str) -> None:
    made = picture("words", size, "png" if form == "png" else "jpeg")

    assert (made.scene.width, made.scene.height) == SIZES[size]
    assert stated_size(made.data) in (SIZES[size], None)
    x, y = made.point
    assert 0 <= x < made.scene.width
    assert 0 <= y < made.scene.height


@pytest.mark.parametrize(
    ("name", "pictures", "examples"), [("all-new", 6, 6), ("new", 6, 2), ("new-examples", 1, 6), ("repeated", 6, 2)]
)
def test_owlv2_is_asked_with_what_is_cached_and_what_is_not(
    name: str, pictures: int, examples: int, deployment: Deployment
) -> None:
    workload = workloads()[f"owlv2.infer/{name}"]
    kits = (_kit(deployment, workload), _kit(deployment, workload, salt="another run"))

    asked = [request.json() for kit in kits for request in workload.make(kit, 3)]

    assert len({json.dumps(each["image"]) for each in asked}) == pictures
    assert len({json.dumps(each["training_data"]) for each in asked}) == examples


def test_a_pattern_that_nothing_matches_is_refused() -> None:
    with pytest.raises(UsageProblem, match="no workload matches 'sam3"):
        chosen(["sam3.*"])
