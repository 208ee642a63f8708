"""`--coco`: both sides are scored by what is annotated, beside what they say of each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.annotated.dataset import Dataset, dataset
from assay.differ.asking import Asker
from assay.differ.options import diff_options
from assay.differ.telling import lines
from assay.errors import Exit, UsageProblem
from assay.questions.own import SCORED, OwnPictures
from assay.scene import SCENES

from .conftest import Diffing, behind, sentence

SHOWN = ("trio", "wide", "stack", "portrait")
DETECTION = ("hosted.object-detection/json/own-*",)


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """Painted scenes as a data set: `annotations.json`, and the pictures beside it."""
    images, names = list[dict[str, Any]](), ["dog", "cat"]
    annotations: list[dict[str, Any]] = []
    for number, name in enumerate(SHOWN):
        scene = SCENES[name]
        (tmp_path / f"{name}.png").write_bytes(scene.png())
        images.append({"id": number, "file_name": f"{name}.png", "width": scene.width, "height": scene.height})
        for thing in scene.of_kind(*names):
            x0, y0, x1, y1 = thing.box
            box = {"bbox": [x0, y0, x1 - x0, y1 - y0], "category_id": names.index(thing.kind)}
            annotations.append({"id": len(annotations), "image_id": number, **box})
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def shown(path: Path, sample: int = 50) -> dict[str, Dataset | OwnPictures]:
    found = dataset(path, path.parent, sample, 0)
    return {"dataset": found, "pictures": OwnPictures(tuple(found.files.values()), SCORED)}


def test_each_side_has_its_score(url: str, annotated: Path, diffing: Diffing) -> None:
    with behind(url, "boxes-shifted") as broken:
        found = diffing(url, broken, only=DETECTION, **shown(annotated))

    first, second = found.run.scores
    assert (first["side"], second["side"], first["operation"]) == ("A", "B", "hosted.object-detection")
    assert first["ap"] > 0.95
    assert second["ap"] < 0.5
    assert first["pictures"] == second["pictures"] == len(SHOWN)
    assert {each["name"] for each in first["classes"]} <= {"dog", "cat"}
    told = "\n".join(lines(found.run))
    assert f"boxes: mAP {100 * first['ap']:.1f} of A, {100 * second['ap']:.1f} of B (4 annotated pictures)" in told


def test_reports_tell_of_it(url: str, twin: str, annotated: Path, diffing: Diffing) -> None:
    found = diffing(url, twin, only=DETECTION, **shown(annotated))

    page = (found.run.folder / "report.html").read_text("utf-8")
    summary = (found.run.folder / "summary.md").read_text("utf-8")
    assert found.exit_code == Exit.OK, sentence(found.run)
    assert page.index("Against what is annotated") < page.index("AP, A") < page.index("How much of what is allowed")
    assert "| Operation | Scored | Pictures | mAP, A | mAP, B | Change |" in summary
    assert "| +0.0 |" in summary


def test_boxes_are_asked_for_at_the_lowest_threshold(url: str, twin: str, annotated: Path, diffing: Diffing) -> None:
    found = diffing(url, twin, only=DETECTION, **shown(annotated))

    asked = {each["request"]["url"] for each in found.run.exchanges.values() if "shapes" in each["request"]["url"]}
    assert any("confidence=1&" in f"{each}&" for each in asked)


def test_a_comparison_that_is_gone_on_with_is_scored_whole(
    url: str, twin: str, annotated: Path, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude, done = Asker._conclude, list[str]()

    def interrupted(asker: Asker, name: str, *told: object) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(name)
        conclude(asker, name, *told)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Asker, "_conclude", interrupted)
        first = diffing(url, twin, only=DETECTION, **shown(annotated))
    second = diffing(url, twin, only=DETECTION, resumed=first.run.folder, **shown(annotated))

    assert not first.run.scores
    assert [each["pictures"] for each in second.run.scores] == [len(SHOWN)] * 2


def test_what_only_one_side_answers_is_scored_of_neither(
    url: str, annotated: Path, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(url, "everything-crashes") as broken:
        found = diffing(url, broken, only=DETECTION, **shown(annotated))

    assert found.exit_code == Exit.DIFFERENT
    assert not found.run.scores


GIVEN = {
    "only": (), "generated": 0, "sample": 50, "profile": None, "twice": 0.2, "key_env_b": None, "model_a": (),
    "model_b": (), "header_a": (), "header_b": (), "model": (), "key_env": None, "key_in": "documented", "header": (),
    "seed": 0, "out": None, "timeout": 9.0, "ready_timeout": 9.0, "max_requests": None, "time_budget": None,
    "ca_bundle": None, "client_cert": None, "client_key": None, "proxy": None, "quiet": False, "no_pictures": False,
}  # fmt: skip


def test_annotations_without_pictures_are_refused(annotated: Path) -> None:
    with pytest.raises(UsageProblem, match="--pictures FOLDER says where they lie"):
        diff_options(("reference", "reference"), {**GIVEN, "coco": annotated, "pictures": None})
    with pytest.raises(UsageProblem, match="there is no such folder"):
        diff_options(("reference", "reference"), {**GIVEN, "coco": annotated, "pictures": annotated})


def test_without_the_library_it_says_how_to_get_it(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faster_coco_eval", None)

    with pytest.raises(UsageProblem, match=r"pip install 'assay\[coco\]'"):
        diff_options(("reference", "reference"), {**GIVEN, "coco": annotated, "pictures": annotated.parent})
