"""How alike masks, boxes and skeletons are, by Assay, by supervision and by scikit-image: to a millionth the same.

All define IoU, OKS, and the Hausdorff distance of two borders alike. Boundary IoU is that of bands which scikit-image
erodes. scikit-image knows the greatest distance of borders alone, and no percentile of them; supervision's IoU of boxes
and masks is of single precision in places, which a millionth allows.
"""

from __future__ import annotations

import json
import math
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.judge import boxes
from assay.judge.boxes import Keypoint
from assay.likeness import keypoints, measures, patches

from ..likeness.shapes import Bits, bar, disc
from ..upstream.places import Home
from .environments import python

SCRIPT = Path(__file__).resolve().parent / "inside" / "measures.py"
SIZE = (160, 120)
WIDTH = max(round(measures.BOUNDARY_SHARE * math.hypot(*SIZE)), 1)
NEAR = 1e-6
DRAW = np.random.default_rng(11)


def blot(points: int) -> Bits:
    """Discs here and there, never at the edge."""
    found = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    for _ in range(points):
        x, y, radius = DRAW.uniform(30, 130), DRAW.uniform(30, 90), DRAW.uniform(2, 25)
        found |= disc(radius, x, y, SIZE)
    found[:2], found[-2:], found[:, :2], found[:, -2:] = 0, 0, 0, 0
    return found


PAIRS: dict[str, tuple[Bits, Bits]] = {
    "moved": (disc(30, 70, 60, SIZE), disc(30, 74, 62, SIZE)),
    "grown": (disc(30, 70, 60, SIZE), disc(36, 70, 60, SIZE)),
    "with a hole": (disc(30, 70, 60, SIZE), disc(30, 70, 60, SIZE) - disc(10, 70, 60, SIZE)),
    "in two parts": (disc(9, 30, 30, SIZE) | disc(9, 120, 80, SIZE), disc(9, 30, 30, SIZE) | disc(7, 120, 80, SIZE)),
    "apart": (disc(6, 30, 30, SIZE), disc(6, 130, 90, SIZE)),
    "of a pixel": (bar(1, 1, 30, 30, SIZE), bar(1, 1, 31, 30, SIZE)),
    "thin": (bar(80, 1, 30, 30, SIZE), bar(80, 2, 30, 30, SIZE)),
    **{f"blots {number}": (blot(number), blot(number)) for number in range(1, 7)},
}
CORNERS = np.column_stack([low := DRAW.uniform(0, 80, (12, 2)), low + DRAW.uniform(1, 80, (12, 2))])
SKELETONS = DRAW.uniform(0, 200, (5, 17, 2))
MOVED = SKELETONS + DRAW.normal(0, 8, (5, 17, 2))
AREAS = DRAW.uniform(2000, 40000, 5)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the libraries make of all of them."""
    folder = tmp_path_factory.mktemp("measures")
    masks = {f"{side}{n}": pair[i] for n, pair in enumerate(PAIRS.values()) for i, side in enumerate(("one", "other"))}
    np.savez(
        folder / "given.npz", pairs=len(PAIRS), width=WIDTH, boxes=CORNERS, others=CORNERS[::-1],
        skeletons=SKELETONS, moved=MOVED, areas=AREAS, allow_pickle=False, **masks,
    )  # fmt: skip
    done = subprocess.run(
        [str(python(Home.chosen(), "measures")), str(SCRIPT)],
        cwd=folder, env={"MPLCONFIGDIR": str(folder)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", PAIRS)
def test_masks_are_as_much_alike(name: str, told: Any) -> None:
    one, other = PAIRS[name]
    expected = told["masks"][list(PAIRS).index(name)]

    found = measures.overlap(patches.of_array(one), patches.of_array(other))

    assert found.iou == pytest.approx(expected["iou"], abs=NEAR)
    assert measures.border_distance(one, other, 100) == pytest.approx(expected["hausdorff"], abs=NEAR)
    assert found.boundary(SIZE) == pytest.approx(expected["boundary"], abs=NEAR)


def test_boxes_overlap_as_much(told: Any) -> None:
    found = [[boxes.iou(tuple(one), tuple(other)) for other in CORNERS[::-1]] for one in CORNERS]

    assert np.array(found) == pytest.approx(np.array(told["boxes"]), abs=NEAR)
    assert len({value for row in found for value in row}) > 20


def test_skeletons_are_as_much_alike(told: Any) -> None:
    def named(skeleton: Any) -> list[Keypoint]:
        return [Keypoint(float(x), float(y), 1.0, number, None, "") for number, (x, y) in enumerate(skeleton)]

    sigmas = keypoints.COCO_SIGMAS.values()
    found = [
        [keypoints.oks(list(zip(named(one), named(other), sigmas, strict=True)), float(area)) for other in MOVED]
        for one, area in zip(SKELETONS, AREAS, strict=True)
    ]

    assert np.array(found) == pytest.approx(np.array(told["oks"]), abs=NEAR)
    assert all(a[0] != b[0] for a, b in pairwise(found))
