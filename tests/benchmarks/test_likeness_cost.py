"""What it costs to compare two answers of each kind. Run with `pytest tests/benchmarks --benchmark-enable`."""

from __future__ import annotations

import json
import math
import multiprocessing
import random
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from assay.contract.message import Request, Response
from assay.likeness.report import Likeness

from ..likeness.asking import answer, compared
from ..likeness.shapes import Bits, asked_about, disc, drawn, jpeg, photograph, png, polygons, rle

WIDTH, HEIGHT = 1920, 1080
INSTANCES, VERTICES = 50, 100
ANSWERS, BATCHES = 1000, 10
MOST_TIMES, MOST_BYTES = 8, 1 << 30
SIZE = {"width": WIDTH, "height": HEIGHT}


def instances(seed: int, jitter: float = 0.0) -> dict[str, Any]:
    """50 things of 40 to 300 px in a picture of 1080p, outlined by 100 vertices that may be off a little."""
    draw, noise = random.Random(seed), random.Random(seed + 1)
    predictions = []
    for number in range(INSTANCES):
        across, down = draw.uniform(20, 150), draw.uniform(20, 150)
        x, y = draw.uniform(across, WIDTH - across), draw.uniform(down, HEIGHT - down)
        turns = [2 * math.pi * vertex / VERTICES for vertex in range(VERTICES)]
        off = [noise.uniform(-jitter, jitter) for _ in turns]
        points = [
            {"x": round(x + (across + d) * math.cos(turn), 1), "y": round(y + (down + d) * math.sin(turn), 1)}
            for turn, d in zip(turns, off, strict=True)
        ]
        box = {"x": x, "y": y, "width": 2 * across, "height": 2 * down}
        named = {"class": f"thing {number % 5}", "class_id": number % 5, "confidence": draw.uniform(0.5, 1)}
        predictions.append({**box, **named, "detection_id": str(number), "points": points})
    return {"predictions": predictions, "image": SIZE, "time": 0.1, "inference_id": "a"}


def people(shift: float) -> dict[str, Any]:
    joints = [
        {"x": 300 + 9.0 * number + shift, "y": 250.0, "confidence": 0.8, "class_id": number, "class_name": f"{number}"}
        for number in range(17)
    ]
    box = {"y": 240.0, "width": 160.0, "height": 220.0, "confidence": 0.9, "class": "person", "class_id": 0}
    return {"predictions": [{**box, "x": 300.0 + 40 * n, "keypoints": joints} for n in range(20)], "image": SIZE}


def classes(shift: int) -> dict[str, Any]:
    whole = (WIDTH, HEIGHT)
    ids = disc(300, 500 + shift, 500, whole) + 2 * disc(200, 1400, 500, whole)
    return {
        "predictions": {
            "segmentation_mask": png(ids.astype(np.uint8)),
            "class_map": {"0": "background", "1": "a", "2": "b"},
        },
        "image": SIZE,
    }


def prompted(form: str, shift: int) -> dict[str, Any]:
    masks: list[Bits] = [disc(120, 200 + 170 * number + shift, 500, (WIDTH, HEIGHT)) for number in range(10)]
    return {"predictions": [{"masks": rle(m) if form == "rle" else polygons(m), "confidence": 0.9} for m in masks]}


TEXT = "the quick brown fox jumps over the lazy dog and goes home again " * 8
FULL_HD = photograph(WIDTH, HEIGHT)
KINDS: dict[str, tuple[str, str, Response, Response]] = {
    "300 boxes": (
        "hosted.object-detection", "json",
        answer({**instances(1), "predictions": [p for seed in range(6) for p in instances(seed)["predictions"]]}),
        answer({**instances(1), "predictions": [p for seed in range(6) for p in instances(seed)["predictions"]][::-1]}),
    ),
    "50 instances of 1080p": (
        "hosted.instance-segmentation", "json", answer(instances(1)), answer(instances(1, 0.7)),
    ),
    "20 people of 17 joints": (
        "hosted.keypoint-detection", "json", answer(people(0)), answer(people(0.5)),
    ),
    "a class map of 1080p": (
        "hosted.semantic-segmentation", "json", answer(classes(0)), answer(classes(1)),
    ),
    "10 masks as polygons": (
        "sam2.segment", "json", answer(prompted("json", 0)), answer(prompted("json", 1)),
    ),
    "10 masks as run lengths": (
        "sam2.segment", "rle", answer(prompted("rle", 0)), answer(prompted("rle", 1)),
    ),
    "a text of 500 letters": (
        "florence2.infer", "json", answer({"response": {"<OCR>": TEXT}}), answer({"response": {"<OCR>": TEXT + "."}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "mode", "first", "second"), KINDS.values(), ids=KINDS)
def test_comparing_two_answers(
    benchmark: BenchmarkFixture, operation: str, mode: str, first: Response, second: Response
) -> None:
    found: Likeness = benchmark(compared, first, second, operation, mode)

    assert found.differences == ()


def test_comparing_two_drawings_of_1080p(benchmark: BenchmarkFixture) -> None:
    one = {"x": 500.0, "y": 400.0, "width": 300.0, "height": 200.0, "class": "dog", "confidence": 0.9}
    pictures = [
        Response(200, (("content-type", "image/jpeg"),), jpeg(drawn(FULL_HD, [{**one, "x": x}])))
        for x in (500.0, 501.0)
    ]
    request: Request = asked_about(FULL_HD, format="image")

    found: Likeness = benchmark(compared, *pictures, mode="image", request=request)

    assert found.differences == ()


def cost_of_comparing() -> tuple[float, int]:
    """How many times what reading the JSON takes, the quickest of ten each, and the most bytes of this process."""
    sides = [(answer(instances(seed)), answer(instances(seed, 0.7))) for seed in range(20)]
    comparing, reading = [], []
    for _ in range(BATCHES):
        began = time.process_time()
        alike = sum(compared(*sides[n % 20], "hosted.instance-segmentation").alike for n in range(ANSWERS // BATCHES))
        compared_by = time.process_time()
        for n in range(ANSWERS // BATCHES):
            for side in sides[n % 20]:
                json.loads(side.body)
        comparing.append(compared_by - began)
        reading.append(time.process_time() - compared_by)
        assert alike == ANSWERS // BATCHES
    unit = 1 if sys.platform == "darwin" else 1024
    return min(comparing) / min(reading), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@pytest.mark.thorough
def test_comparing_answers_with_fifty_masks_costs_little_more_than_reading_them_and_no_memory() -> None:
    """In a process of its own: others of these tests need more memory. What else runs makes single rounds longer."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        times, most = alone.submit(cost_of_comparing).result()

    assert times < MOST_TIMES
    assert most < MOST_BYTES
