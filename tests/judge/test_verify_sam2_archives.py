"""Archives of SAM2's logits: those that state the masks of another format, and those that state something else."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest

from assay.judge.verdicts import NoWitness
from assay.judge.verify_sam2_archives import archive_states
from assay.record.model import Exchange

from .making import exchange, findings
from .test_verify_sam2 import FIRST, SECOND, answer, rectangle


def archived(**arrays: Any) -> Exchange:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return exchange(content.getvalue(), media="application/octet-stream", operation="sam2.segment")


RUNS = answer(FIRST, SECOND)
LOGITS = np.where(np.stack(RUNS.masks), 3.5, -2.0).astype(np.float32)
LOW = np.stack([cv2.resize(logits, (256, 256), interpolation=cv2.INTER_AREA) for logits in LOGITS])
TRANSPOSED = np.ascontiguousarray(LOW.transpose(0, 2, 1))


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_logits_of_the_same_masks(kind: type) -> None:
    archive_states(archived(masks=LOGITS.astype(kind), low_res_masks=LOW, more=LOW), RUNS)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"low_res_masks": LOW}, "no array called masks"),
        ({"masks": LOGITS}, "no array called low_res_masks"),
        ({"masks": LOGITS >= 0, "low_res_masks": LOW}, "the array masks is not"),
        ({"masks": LOGITS[:1], "low_res_masks": LOW}, "the array masks is not"),
        ({"masks": LOGITS.transpose(0, 2, 1), "low_res_masks": LOW}, "the array masks is not"),
        ({"masks": LOGITS, "low_res_masks": LOW[:, :128]}, "the array low_res_masks is not"),
        ({"masks": -LOGITS, "low_res_masks": LOW}, "the logits from 0 on agree"),
        ({"masks": LOGITS[::-1], "low_res_masks": LOW}, "the logits from 0 on agree"),
        ({"masks": LOGITS, "low_res_masks": -LOW}, "the small logits from 0 on agree"),
        ({"masks": LOGITS, "low_res_masks": LOW[::-1]}, "the small logits from 0 on agree"),
        ({"masks": LOGITS, "low_res_masks": LOW[[0, 0]]}, "the small logits from 0 on agree"),
        ({"masks": LOGITS, "low_res_masks": TRANSPOSED}, "the small logits from 0 on agree"),
    ],
)
def test_archives_that_state_something_else(arrays: dict[str, Any], told: str) -> None:
    assert told in findings(archive_states, archived(**arrays), RUNS)[0].message


def test_small_masks_may_be_coarse() -> None:
    shifted = np.roll(LOW, 3, axis=2)
    archive_states(archived(masks=LOGITS, low_res_masks=shifted), RUNS)


def test_what_is_too_small_for_low_resolution_is_not_judged() -> None:
    speck = answer(rectangle(10, 10, 12, 12))
    large = np.where(np.stack(speck.masks), 3.5, -2.0).astype(np.float32)
    archive_states(archived(masks=large, low_res_masks=np.full((1, 256, 256), -1, np.float32)), speck)


def test_no_archive_at_all() -> None:
    (found,) = findings(archive_states, exchange({"predictions": []}, operation="sam2.segment"), RUNS)
    assert "no NumPy archive" in found.message


def test_without_masks_an_archive_cannot_be_judged() -> None:
    with pytest.raises(NoWitness):
        archive_states(archived(masks=LOGITS, low_res_masks=LOW), answer())
