"""Golden answers, decoded and annotated by the documents' own scripts, give the pictures that are kept.

The scripts run here with as much of their libraries as they need, from `documented`. What is kept was drawn by
supervision itself, and `tests/peers` draws it again; labels, whose letters are the matter of a font, are left out.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from assay.contract.judging import decode_base64
from assay.encodings import encode_png
from assay.picture import Pixels
from tests.peers import annotated
from tests.peers.documents import Where, printed

LIBRARIES = Path(__file__).resolve().parent / "documented"
ABOVE, ACROSS = 36, 110
"""px that a label takes above its box, and to the right of its left edge."""
LEVELS = 1
"""By which OpenCV's releases may blend otherwise."""


def annotate(name: str, folder: Path, answer: Any, *, edit: tuple[str, str] | None = None) -> Pixels:
    """What a script makes of an answer, H x W x 3, RGB. Its text may be edited."""
    with annotated.given(answer, annotated.shown(name).picture) as url:
        text = printed()[name].edited(Where(url, url, "key"))
        assert edit is None or edit[0] in text
        (folder / "script.py").write_text(text.replace(*edit) if edit else text, "utf-8")
        done = subprocess.run(
            [sys.executable, "script.py"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(LIBRARIES), "API_KEY": "key"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return annotated.drawn((folder / annotated.WRITTEN[name]).read_bytes())


def anchors(name: str) -> list[tuple[int, int]]:
    """The upper left corners of the boxes that are labelled, px."""
    answer = annotated.shown(name).answer
    if name == "owlv2":
        return [(int(p["x"] - p["width"] / 2), int(p["y"] - p["height"] / 2)) for p in answer["predictions"]]
    if name == "sam2":
        return []
    classes = class_mask(answer)
    found = [np.nonzero(classes == number) for number in np.unique(classes) if number]
    return [(int(columns.min()), int(rows.min())) for rows, columns in found]


def class_mask(answer: Any) -> NDArray[np.uint8]:
    content = np.frombuffer(decode_base64(answer["predictions"]["segmentation_mask"]), np.uint8)
    found = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    assert found is not None
    return np.asarray(found, np.uint8)


def apart(name: str, picture: Pixels) -> int:
    """Pixels in which a picture is another than the one that is kept, labels apart."""
    kept = annotated.kept(name)
    assert picture.shape == kept.shape
    differs = np.abs(picture.astype(int) - kept).max(axis=2) > LEVELS
    for left, top in anchors(name):
        differs[max(top - ABOVE, 0) : max(top + 2, 2), max(left - 2, 0) : left + ACROSS] = False
    return int(differs.sum())


@pytest.mark.parametrize("name", annotated.QUESTIONS)
def test_a_golden_answer_gives_the_picture_that_is_kept(name: str, tmp_path: Path) -> None:
    seen = annotated.shown(name)

    picture = annotate(name, tmp_path, seen.answer)

    assert apart(name, picture) == 0
    assert apart(name, seen.pixels) > 1000, "something is drawn upon it"


MISREAD = {
    "semantic": ("cv2.INTER_NEAREST)", "cv2.INTER_NEAREST)[:, ::-1]"),
    "sam2": ("dtype=np.int32)", "dtype=np.int32) + 1"),
    "owlv2": ('p["x"] - p["width"] / 2', 'p["x"]'),
}


@pytest.mark.parametrize("name", MISREAD)
def test_an_answer_that_is_read_otherwise_gives_another(name: str, tmp_path: Path) -> None:
    picture = annotate(name, tmp_path, annotated.shown(name).answer, edit=MISREAD[name])

    assert apart(name, picture) > 100


def permuted(answer: Any) -> Any:
    """A class map whose numbers are exchanged against the names, in the mask alone."""
    swapped = np.array([0, 2, 1], np.uint8)[class_mask(answer)]
    mask = base64.b64encode(encode_png(np.repeat(swapped[:, :, None], 3, axis=2))).decode()
    return {**answer, "predictions": {**answer["predictions"], "segmentation_mask": mask}}


def test_a_permuted_class_map_gives_another(tmp_path: Path) -> None:
    picture = annotate("semantic", tmp_path, permuted(annotated.shown("semantic").answer))

    assert apart("semantic", picture) > 1000


def test_an_answer_without_one_box_gives_another(tmp_path: Path) -> None:
    answer = annotated.shown("owlv2").answer
    picture = annotate("owlv2", tmp_path, {**answer, "predictions": answer["predictions"][1:]})

    assert apart("owlv2", picture) > 100


def test_an_answer_without_one_polygon_gives_another(tmp_path: Path) -> None:
    answer = annotated.shown("sam2").answer
    fewer = [{**each, "masks": each["masks"][1:]} for each in answer["predictions"]]
    picture = annotate("sam2", tmp_path, {**answer, "predictions": fewer})

    assert apart("sam2", picture) > 1000
