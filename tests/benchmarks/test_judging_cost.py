"""What it costs to judge large answers by their schema. Run with `pytest tests/benchmarks --benchmark-enable`."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from assay.contract import load

POLYGONS, VERTICES = 50, 100
PEOPLE, JOINTS = 20, 17


def polygons() -> dict[str, Any]:
    """An answer of SAM2 to 50 prompts, a polygon of 100 whole pixels each."""
    turns = [2 * math.pi * vertex / VERTICES for vertex in range(VERTICES)]
    outline = [[round(300 + 200 * math.cos(turn)), round(250 + 150 * math.sin(turn))] for turn in turns]
    one = {"masks": [outline], "confidence": 0.91, "format": "polygon"}
    return {"predictions": [one] * POLYGONS, "time": 0.31, "inference_id": None}


def skeletons() -> dict[str, Any]:
    """An answer of a keypoint model: 20 people of 17 joints."""
    joints = [
        {"x": 10.5 * number, "y": 9.25, "confidence": 0.8, "class_id": number, "class_name": f"joint {number}"}
        for number in range(JOINTS)
    ]
    one = {
        "x": 320.5, "y": 240.25, "width": 60.0, "height": 120.5, "confidence": 0.87, "class": "person", "class_id": 0,
        "detection_id": "00000000-0000-4000-8000-000000000001", "keypoints": joints,
    }  # fmt: skip
    return {"predictions": [one] * PEOPLE, "image": {"width": 640, "height": 480}, "time": 0.02, "inference_id": "a"}


def nameless() -> dict[str, Any]:
    """The same from the real server, which calls the name of a joint otherwise: a violation in each of 340 places."""
    answer = skeletons()
    person = answer["predictions"][0]
    joints = [
        {("class" if name == "class_name" else name): value for name, value in joint.items()}
        for joint in person["keypoints"]
    ]
    return {**answer, "predictions": [{**person, "keypoints": joints}] * PEOPLE}


SIZES = {
    "50 polygons of 100 vertices": ("responses/sam2-segment-polygon.json", polygons(), 0),
    "20 people of 17 joints": ("responses/hosted-keypoint-detection.json", skeletons(), 0),
    "20 people of 17 nameless joints": ("responses/hosted-keypoint-detection.json", nameless(), PEOPLE * JOINTS),
}


@pytest.mark.parametrize(("schema", "answer", "violations"), SIZES.values(), ids=SIZES)
def test_validating_an_answer(benchmark: BenchmarkFixture, schema: str, answer: Any, violations: int) -> None:
    contract = load()

    found = benchmark(contract.validate, schema, answer)

    assert len(found) == violations
