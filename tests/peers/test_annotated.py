"""Golden answers, decoded by the documents' scripts and annotated by supervision, give the pictures that are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ..upstream.places import Home
from . import annotated
from .documents import Where, printed
from .running import run


@pytest.mark.parametrize("name", annotated.QUESTIONS)
def test_a_golden_answer_gives_the_picture_that_is_kept(name: str, tmp_path: Path) -> None:
    seen, sample = annotated.shown(name), printed()[name]

    with annotated.given(seen.answer, seen.picture) as url:
        ran = run(sample, sample.edited(Where(url, url, "key")), tmp_path, Home.chosen(), API_KEY="key")

    assert ran.status == 0, ran.errors
    picture = annotated.drawn((tmp_path / annotated.WRITTEN[name]).read_bytes())
    assert np.array_equal(picture, annotated.kept(name))
