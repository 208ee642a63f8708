"""Recording: answers become files, the same ones the same bytes, and none of them knows the key or the host."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from assay.errors import Exit, UsageProblem
from assay.golden.bundle import Bundle
from assay.golden.recording import LARGE, Recorded, lines
from assay.questions.own import OwnPictures
from assay.questions.question import declared
from assay.reference import embedded
from assay.serving import running
from tests.plugin.servers import Answer, reference

from .conftest import recorded

FEW = ("hosted.object-detection/*/trio*", "sam2.segment/*/counters-point", "florence2.infer/json/caption")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_that_is_declared_is_answered_and_kept(whole: Path) -> None:
    bundle = Bundle(whole)

    assert bundle.identifiers() == sorted(declared())
    assert bundle.about.models == embedded.MODELS
    assert bundle.about.by == "Ada"
    assert bundle.about.server["name"] == "Assay reference deployment"
    assert bundle.size < 2_000_000


def test_recording_again_changes_no_byte(url: str, bundle: Bundle) -> None:
    before = files(bundle.folder)

    found = recorded(url, bundle.folder, by="Somebody else")

    assert files(bundle.folder) == before
    assert found.written["same"] == found.total == len(declared())
    assert found.exit_code == Exit.OK


def test_no_key_no_host_and_no_model_stand_in_a_golden_answer(url: str, whole: Path) -> None:
    content = b"\n".join(body for name, body in files(whole).items() if name != "golden.toml")

    assert embedded.KEY.encode() not in content
    assert urlsplit(url).netloc.encode() not in content
    for model in ("shapes/1", "figures/1", "regions/1"):
        assert model.encode() not in content


def test_what_has_changed_is_written_and_the_day_is_new(bundle: Bundle, url: str) -> None:
    def later(answer: Answer) -> Answer:
        return answer.document(predictions=[]) if answer.path == "/shapes/1" and b"{" in answer.body[:1] else answer

    bundle.about.recorded = "2020-01-01"
    bundle.save()
    with running(reference(later, embedded.KEY)) as changed:
        found = recorded(changed, bundle.folder, only=("hosted.object-detection/json/*",))

    assert found.written["changed"] > 5
    assert Bundle(bundle.folder).about.recorded > "2020-01-01"
    assert Bundle(bundle.folder).about.asked == {}, "the rest of it is still asked"


def test_a_part_adds_to_a_part(url: str, tmp_path: Path) -> None:
    for pattern in FEW[:2]:
        recorded(url, tmp_path / "g", only=(pattern,))

    assert Bundle(tmp_path / "g").about.asked == {"only": list(FEW[:2])}


def test_only_what_is_missing_is_asked(url: str, tmp_path: Path) -> None:
    recorded(url, tmp_path / "g", only=FEW[:1])

    found = recorded(url, tmp_path / "g", only=FEW, missing=True)

    first = len(Bundle(tmp_path / "g").identifiers()) - found.written["new"]
    assert found.written == {"kept": first, "new": 4}
    assert found.exit_code == Exit.OK


def test_an_answer_that_is_none_is_not_recorded(tmp_path: Path) -> None:
    def refusing(answer: Answer) -> Answer:
        return answer.saying(b'{"message": "out of order"}', status=500) if "labels" in answer.query else answer

    with running(reference(refusing, embedded.KEY)) as url:
        found = recorded(url, tmp_path / "g", only=FEW[:1])

    assert set(found.refused) == {
        "hosted.object-detection/image/trio-labels",
        "hosted.object-detection/image_and_json/trio",
    }
    assert all("status 500" in why and "out of order" in why for why in found.refused.values())
    assert found.exit_code == Exit.FAILED
    assert not set(found.refused) & set(Bundle(tmp_path / "g").identifiers())


def test_an_answer_that_breaks_its_schema_is_told(tmp_path: Path) -> None:
    def broken(answer: Answer) -> Answer:
        return answer.document(predictions=None) if answer.path == "/shapes/1" and answer.body[:1] == b"{" else answer

    with running(reference(broken, embedded.KEY)) as url:
        found = recorded(url, tmp_path / "g", only=("hosted.object-detection/json/trio",))

    assert "the first of them hosted.object-detection/json/trio: /predictions is missing" in "\n".join(lines(found))


def test_own_pictures_are_put_to_the_hosted_models(url: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    cv2.imwrite(str(mine / "Grey.png"), np.full((60, 80, 3), 120, np.uint8))

    found = recorded(url, tmp_path / "g", only=("*/own-*",), pictures=OwnPictures.of(mine))

    kept = Bundle(tmp_path / "g").identifiers()
    assert found.total == len(kept) == 5
    assert all("/json/own-grey-" in name for name in kept)


def test_own_pictures_stay_out_of_the_bundle_where_that_is_asked(url: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    cv2.imwrite(str(mine / "Grey.png"), np.full((60, 80, 3), 120, np.uint8))
    options = {"only": ("hosted.object*/own-*", "hosted.object*/json/trio"), "pictures": OwnPictures.of(mine)}
    recorded(url, tmp_path / "g", **options)
    shown = len(list((tmp_path / "g" / "pictures").iterdir()))

    found = recorded(url, tmp_path / "g", no_pictures=True, **options)
    again = recorded(url, tmp_path / "g", no_pictures=True, **options)

    kept = [path.suffix for path in (tmp_path / "g" / "pictures").iterdir()]
    assert (shown, kept) == (2, [".png"]), "the painted one alone"
    assert Bundle(tmp_path / "g").without_pictures
    assert found.written == again.written == {"same": 2}
    assert not found.bundle.unused_pictures()


def test_a_broken_picture_is_told_and_keeps_no_other_out(url: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    cv2.imwrite(str(mine / "b.png"), np.full((60, 80, 3), 120, np.uint8))
    (mine / "a.png").write_bytes(b"no picture")

    found = recorded(url, tmp_path / "g", only=("hosted.object*/own-*",), pictures=OwnPictures.of(mine))

    assert "a.png is no picture that can be decoded" in "\n".join(lines(found))
    assert found.exit_code == Exit.OK
    assert len(Bundle(tmp_path / "g").identifiers()) == 1


def test_a_pattern_that_meets_nothing_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"--only no-such\*: no question has such an id"):
        recorded(url, tmp_path / "g", only=("no-such*",))
    assert not (tmp_path / "g").exists()


def test_a_heavy_bundle_is_warned_of(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Recorded(Bundle(whole))
    found.written["new"] = 1
    assert not any("much for a repository" in line for line in lines(found))

    monkeypatch.setattr(Bundle, "size", LARGE + 1)

    assert any("much for a repository" in line for line in lines(found))
