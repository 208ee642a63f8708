"""The named verification of SAM2's archives of logits against the masks that other formats state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import cv2
import numpy as np

from assay.contract.sentences import cut
from assay.judge import masks, verify
from assay.judge.answers import Answer, Segmentation, response_of
from assay.judge.archives import Array, read_archive
from assay.judge.verdicts import NoWitness, RuleBroken, broken_if
from assay.record.model import Exchange, Finding

LOW_RESOLUTION = 256
SMALL_AGREEMENT, FEWEST_SMALL = 0.7, 100
"""IoU of a mask of low resolution with the large one, of those that cover so many of its pixels beside their edge."""


def archive_states(exchange: Exchange, runs: Segmentation) -> None:
    """The answer is an archive of logits, `masks` and `low_res_masks`, which state the masks of the RLE answer."""
    if not runs.masks:
        raise NoWitness("the RLE answer holds no mask that the archive could be compared with")
    arrays = _archive(exchange)
    answer = Answer(exchange, None)
    height, width = runs.masks[0].shape
    count = len(runs.masks)
    _shaped(answer, arrays, "masks", (count, height, width))
    _shaped(answer, arrays, "low_res_masks", (count, LOW_RESOLUTION, LOW_RESOLUTION))
    findings = []
    for index, (logits, mask) in enumerate(zip(arrays["masks"], runs.masks, strict=True)):
        agreement = masks.agreement(np.asarray(logits >= 0, np.bool_), mask)
        if agreement < verify.MASK_AGREEMENT:
            message = f"the logits from 0 on agree to {agreement:.3f} of IoU only with the RLE of mask {index}"
            expected, actual = f">= {verify.MASK_AGREEMENT}", round(agreement, 4)
            findings.append(answer.finding(message, expected=expected, actual=actual))
    broken_if([*findings, *_small_otherwise(answer, arrays["low_res_masks"], runs)])


def _small_otherwise(answer: Answer, logits: Array, runs: Segmentation) -> Iterator[Finding]:
    """The masks of low resolution that are not those of the picture, made as small."""
    for index, (small, mask) in enumerate(zip(logits, runs.masks, strict=True)):
        covered = cv2.resize(mask.astype(np.float32), small.shape[::-1], interpolation=cv2.INTER_AREA) >= 0.5
        if cv2.erode(covered.astype(np.uint8), np.ones((3, 3), np.uint8)).sum() < FEWEST_SMALL:
            continue
        agreement = masks.agreement(np.asarray(small >= 0, np.bool_), covered)
        if agreement < SMALL_AGREEMENT:
            message = f"the small logits from 0 on agree to {agreement:.3f} of IoU only with the RLE of mask {index}"
            expected, actual = f">= {SMALL_AGREEMENT}", round(agreement, 4)
            yield answer.finding(message, expected=expected, actual=actual)


def _archive(exchange: Exchange) -> dict[str, Array]:
    body = response_of(exchange).body
    try:
        return read_archive(body)
    except ValueError as error:
        message = cut(f"the answer is no NumPy archive that can be read: {error}", 300)
        actual = f"{len(body)} bytes beginning {body[:4].hex(' ') or 'with nothing'}"
        raise RuleBroken([Finding(message, expected="an .npz", actual=actual, exchange=exchange.id)]) from None


def _shaped(answer: Answer, arrays: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> None:
    if name not in arrays:
        message = f"the archive holds no array called {name}"
        raise RuleBroken([answer.finding(message, expected=name, actual=sorted(arrays))])
    found = arrays[name]
    if found.shape != shape or not np.issubdtype(found.dtype, np.floating):
        message = f"the array {name} is not of the form of one logit for each pixel of each mask"
        expected, actual = f"float, {list(shape)}", f"{found.dtype}, {list(found.shape)}"
        raise RuleBroken([answer.finding(message, expected=expected, actual=actual)])
