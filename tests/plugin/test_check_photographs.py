"""Models that know nothing of what Assay paints are judged by the user's own pictures."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from assay.contract import load
from assay.encodings import encode_png
from assay.errors import UsageProblem
from assay.photograph import Photograph, photographs
from assay.picture import Pixels
from assay.plugin.depth import QUICK
from assay.plugin.drivers.hosted import HostedDriver
from assay.record.withholding import WITHHELD
from assay.reference import detection, embedded
from assay.scene import SCENES
from assay.serving import running
from assay.target import Policy

from . import servers
from .conftest import Checked, Checking, checked

SHOWN = ("menagerie", "portrait", "pair", "stack", "overlay")
MODELS = {task: model for task, model in embedded.MODELS.items() if "/" in model}
MODEL_RULES = ("hosted.*", "infer.*", "semantic.*")
PAINTED_ALONE = {
    "hosted.boxes.placed-by-their-centre",
    "hosted.boxes.wide-as-things-are",
    "hosted.keypoints.lie-on-what-they-are-of",
    "hosted.instances.outlines-follow-things",
    "hosted.overlap.is-heeded",
    "hosted.format.both-drawings-alike",
    "hosted.format.drawing-shows-predictions",
    "hosted.format.drawing-keeps-threshold",
    "hosted.format.drawing-shows-nothing-else",
    "hosted.classes.drawing-shows-only-those",
    "hosted.drawing.stroke-in-pixels",
    "hosted.drawing.stroke-is-width",
    "infer.drawing.shows-predictions",
    "infer.drawing.shows-only-what-is-asked",
    "infer.drawing.shows-nothing-else",
    "semantic.format.drawing-shows-classes",
    "semantic.mask.lies-on-the-picture",
    "semantic.mask.classes-are-not-blended",
    "semantic.mask.reaches-the-edge",
    "semantic.picture.jpeg-as-png",
}


def _repainted(pixels: Pixels) -> Pixels:
    """Red becomes green, and blue cyan; a strip of the grey is as uneven as in a photograph."""
    red, _, blue = np.moveaxis(pixels.copy(), 2, 0)
    grey = (red == pixels[:, :, 1]) & (blue == pixels[:, :, 1])
    colours = np.stack([np.zeros_like(red), np.maximum(red, blue), blue], axis=2)
    noise = np.zeros((*red.shape, 1), np.int64)
    noise[:40] = np.random.default_rng(5).integers(-3, 4, (40, red.shape[1], 1))
    return np.where(grey[:, :, None], pixels + noise, colours).astype(np.uint8)


def _as_it_sees(pixels: Pixels) -> Pixels:
    """The other way round: green is red to it, cyan blue, and all else nothing."""
    red, green, blue = (plane.astype(np.int16) for plane in np.moveaxis(pixels, 2, 0))
    greens = np.clip(green - np.maximum(red, blue), 0, 255)
    cyans = np.clip(np.minimum(green, blue) - red, 0, 255)
    return np.stack([greens, np.zeros_like(greens), cyans], axis=2).astype(np.uint8)


@contextmanager
def seeing_otherwise(change: servers.Change | None = None) -> Iterator[str]:
    """A deployment whose models see green and cyan things only, of which Assay paints none."""
    purity = detection._purity
    detection._regions.cache_clear()  # it remembers what was seen in Assay's scenes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detection, "_purity", lambda pixels, channel: purity(_as_it_sees(pixels), channel))
        with running(servers.reference(change)) as url:
            yield url
    detection._regions.cache_clear()


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in which it sees something."""
    folder = tmp_path_factory.mktemp("own")
    for number, name in enumerate(SHOWN):
        (folder / f"{number}-{name}.png").write_bytes(encode_png(_repainted(SCENES[name].pixels())))
    return folder


def _outcomes(found: Checked) -> dict[tuple[str, str], str]:
    return {(each["rule"], each["case"]): each["outcome"] for each in found.run.outcomes}


@pytest.mark.thorough
def test_own_pictures_make_conclusive_what_painted_scenes_cannot(own: Path, tmp_path: Path) -> None:
    with seeing_otherwise() as url:
        blind = checked(url, tmp_path / "blind", only=MODEL_RULES, models=MODELS)

        seeing = checked(url, tmp_path / "seeing", only=MODEL_RULES, models=MODELS, pictures=own)

    before, after = _outcomes(blind), _outcomes(seeing)
    unsettled = {key for key, outcome in before.items() if outcome == "inconclusive"}
    assert len(unsettled) > 20
    assert set(after.values()) <= {"pass", "inconclusive", "skip", "disabled"}, seeing.messages
    still = {rule for rule, case in unsettled if after[rule, case] == "inconclusive"}
    assert still <= PAINTED_ALONE, {key: value for key, value in after.items() if value == "inconclusive"}
    assert "--pictures FOLDER shows it your own" in blind.messages
    assert any("pictures/0-menagerie.png" in str(each["witness"]) for each in seeing.run.outcomes)
    assert seeing.exit_code == 0


def _moved(answer: servers.Answer) -> servers.Answer:
    """A box outside the picture: a fault that is to be seen in the report."""
    if b'"predictions"' not in answer.body or answer.path != "/shapes/1":
        return answer
    found = json.loads(answer.body)["predictions"]
    return answer.document(predictions=[{**one, "x": -300.0} for one in found])


def _pictures_in(content: bytes) -> Iterator[Pixels]:
    """Every picture in a file: the file itself, or in base64."""
    texts = re.findall(rb"[A-Za-z0-9+/]{64,}", content)
    runs = [content, *(base64.b64decode(text + b"A" * (-len(text) % 4)) for text in texts)]
    for run in runs:
        pixels = cv2.imdecode(np.frombuffer(run, np.uint8), cv2.IMREAD_COLOR)
        if pixels is not None:
            yield np.asarray(pixels, np.uint8)


def _shows_own(pixels: Pixels) -> bool:
    """Whether there is something in the strong green of which Assay paints nothing."""
    blue, green, red = (plane.astype(int) for plane in np.moveaxis(pixels, 2, 0))
    return bool(((green > 150) & (red < 60) & (blue < 60)).sum() > 200)


@pytest.mark.thorough
@pytest.mark.parametrize("kept", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_own_pictures_stay_out_of_the_run_where_that_is_asked(own: Path, checking: Checking, kept: bool) -> None:
    rules: tuple[str, ...] = (
        "hosted.boxes.*",
        "hosted.format.*",
        "hosted.drawing.*",
        "hosted.answer.*",
        "service.picture-*",
    )
    rules += ("infer.drawing.*", "service.accepts-valid-requests")
    with seeing_otherwise(_moved) as url:
        found = checking(url, only=rules, models=MODELS, pictures=own, no_pictures=not kept, depth="standard")

    files = {path: path.read_bytes() for path in found.run.folder.rglob("*") if path.is_file()}
    showing = {path.name for path, content in files.items() if any(map(_shows_own, _pictures_in(content)))}
    contents = [one.png() for one in photographs(own)]
    windows = {
        text[start : start + 48] for one in contents for text in _spellings(one) for start in (60, len(text) // 2)
    }
    carrying = {path.name for path, content in files.items() if any(window in content for window in windows)}

    assert "fail" in {each["outcome"] for each in found.run.outcomes}
    bodies = [
        message["body"] for each in found.run.exchanges.values() for message in (each["request"], each["response"])
    ]
    assert any(body and "artifact" in body for body in bodies)
    report = files[found.run.folder / "report.html"].decode()
    if kept:
        assert {"report.html"} < showing
        assert carrying
        assert WITHHELD not in report
    else:
        assert not showing
        assert not carrying
        assert f"Sent: {WITHHELD}" in report
        assert "--data-binary @NOT-KEPT" in report
        assert "data:image/" in report, "Assay's own scenes stay"
        assert any(body and "withheld" in body and "artifact" in body for body in bodies)


def _spellings(content: bytes) -> tuple[bytes, ...]:
    return (content, *(base64.b64encode(content[start:]) for start in range(3)))


def test_the_user_is_told_how_many_pictures_leave_the_machine(
    own: Path, checking: Checking, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = {"only": ("hosted.image.size",), "operations": ("hosted.object-detection", "sam2.segment")}
    here = checking(url, pictures=own, **rules)
    monkeypatch.setattr(Policy, "loopback", property(lambda policy: False))

    elsewhere = checking(url, pictures=own, out=tmp_path / "elsewhere", **rules)
    without = checking(url, out=tmp_path / "without", **rules)

    assert f"  {len(SHOWN)} pictures of your own will be sent (--pictures)" in elsewhere.said
    assert "of your own" not in "\n".join([*here.said, *without.said])
    assert elsewhere.run.header["configuration"]["pictures"] == own.name


def test_a_quick_run_shows_few_of_them(url: str, own: Path) -> None:
    driver = HostedDriver(None, load().operations["hosted.object-detection"], "shapes/1")  # type: ignore[arg-type]
    driver.photographs = photographs(own) * 2
    driver.depth = QUICK

    assert [isinstance(scene, Photograph) for scene in driver.scenes] == [False] * 4 + [True] * 4


def test_a_bad_folder_ends_the_check_before_anything_is_written(checking: Checking, url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no such folder"):
        checking(url, pictures=tmp_path / "nowhere")

    assert not (tmp_path / "run").exists()
