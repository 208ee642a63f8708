"""Sound targets that take no picture of several megapixels, or no file of 2 MB, are accused by no rule about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from assay.encodings import encode_png
from assay.faults.model import ALL_OPERATIONS, Condition, Fault
from assay.faults.operators.answers import only_if, replace_answer
from assay.faults.operators.kinds_of_pictures import in_a_body_beyond, larger_than
from assay.faults.proxy import create_proxy
from assay.photograph import photographs
from assay.plugin.drivers import enlarging
from assay.scene import SCENES
from assay.serving import running

from .conftest import Checking

LARGE = ("*large-pictures*", "service.picture-in-large-files")
SEEN = ("hosted.boxes.placed-by-their-centre", "semantic.mask.lies-on-the-picture", "infer.confidence.*")
"""By which each operation is seen to be checked all the same."""
OPERATIONS = ("hosted.object-detection", "infer.object-detection", "hosted.semantic-segmentation")
MODELS = {"object-detection": "shapes/1", "semantic-segmentation": "regions/1"}
REFUSAL = b'{"message":"The picture is too large."}'


@contextmanager
def refusing(url: str, condition: Condition, status: int) -> Iterator[str]:
    """The deployment, which refuses the requests for which the condition holds."""
    refusal = only_if(condition, replace_answer(status, REFUSAL))
    with running(create_proxy(url, Fault("limit", "It has a limit.", ALL_OPERATIONS, (), response=refusal))) as limited:
        yield limited


@pytest.mark.parametrize("status", [400, 413])
def test_pictures_of_several_megapixels_may_be_refused(url: str, checking: Checking, status: int) -> None:
    with refusing(url, larger_than(4), status) as limited:
        found = checking(limited, only=(*LARGE[:1], *SEEN), models=MODELS, operations=OPERATIONS, depth="standard")

    large = {each["outcome"] for each in found.run.outcomes if "large-pictures" in each["rule"]}
    assert large == {"inconclusive"}
    assert f"refuses a picture of several megapixels (status {status})" in found.messages
    assert found.exit_code == 0


def test_files_of_megabytes_may_be_refused(url: str, checking: Checking) -> None:
    with refusing(url, in_a_body_beyond(1_000_000), 413) as limited:
        found = checking(limited, only=LARGE, models=MODELS, operations=OPERATIONS, depth="standard")

    assert found.outcomes("service.picture-in-large-files") == {"inconclusive"}
    assert found.outcomes("hosted.boxes.placed-in-large-pictures") == {"pass"}
    assert found.exit_code == 0


def test_a_grainy_photograph_is_not_made_larger(tmp_path: Path) -> None:
    grain = np.random.default_rng(0).integers(0, 255, (900, 1280, 3)).astype(np.uint8)
    (tmp_path / "grain.png").write_bytes(encode_png(grain))
    (tmp_path / "plain.png").write_bytes(SCENES["trio"].png())

    light = list(enlarging.light(photographs(tmp_path)))

    assert [scene.name for scene, _ in light] == ["pictures/plain.png"]
