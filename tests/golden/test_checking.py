"""Checking: the same deployment says the same; a broken one is told by the answer, the place and the amount."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay.annotated.dataset import dataset
from assay.contract.judging import decode_base64
from assay.errors import BudgetSpent, Exit, UsageProblem
from assay.golden.approving import approve
from assay.golden.asking import CANDIDATES, Asker
from assay.golden.bundle import Bundle
from assay.questions.own import OwnPictures
from assay.record import Run, read
from assay.reference import embedded
from assay.report.tolerances import used
from assay.scene import SCENES
from assay.serving import running
from tests.plugin.servers import Answer, reference

from .conftest import Checking, behind, recorded

DETECTION = ("hosted.object-detection/json/*",)
TRIO = "hosted.object-detection/json/trio"


def outcomes(run: Run, rule: str) -> dict[str, str]:
    return {each["case"]: each["outcome"] for each in run.outcomes if each["rule"] == rule}


def sentence(run: Run) -> str:
    assert run.footer is not None
    return str(run.footer["verdict"])


def test_the_same_deployment_says_the_same(url: str, whole: Path, checking: Checking) -> None:
    found = checking(url, whole)

    same = outcomes(found.run, "golden.says-the-same")
    assert found.exit_code == Exit.OK, sentence(found.run)
    assert set(same) == set(Bundle(whole).identifiers())
    assert set(same.values()) == {"pass"}
    assert outcomes(found.run, "golden.is-asked-for") == outcomes(found.run, "golden.is-there") == {}
    assert sentence(found.run).startswith(f"the same: {len(same)} golden answers compared by the profile cpu")


def test_a_bundle_that_is_broken_is_told_before_anybody_is_asked(
    whole: Path, checking: Checking, tmp_path: Path
) -> None:
    broken = Path(shutil.copytree(whole, tmp_path / "broken"))
    max((broken / "pictures").iterdir()).unlink()

    with pytest.raises(UsageProblem, match=r"pictures/\w+\.png cannot be read"):
        checking("http://127.0.0.1:9", broken)


def test_the_run_has_its_record_and_its_reports(url: str, whole: Path, checking: Checking) -> None:
    found = checking(url, whole, only=DETECTION)

    folder = found.run.folder
    assert {path.name for path in folder.iterdir()} == {
        "artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md",
    }  # fmt: skip
    cases = list(ElementTree.parse(folder / "junit.xml").getroot().iter("testcase"))
    assert {case.get("name") for case in cases} == set(outcomes(found.run, "golden.says-the-same"))
    assert read(folder).comparisons[TRIO]["likeness"]["alike"]
    assert embedded.KEY.encode() not in (folder / "run.jsonl").read_bytes()


FAULTS = {
    "boxes-shifted": DETECTION,
    "best-prediction-lost": DETECTION,
    "boxes-mirrored": DETECTION,
    "class-called-label": DETECTION,
    "keypoint-names-swapped": ("hosted.keypoint-detection/json/crowd",),
    "keypoint-x-as-text": ("hosted.keypoint-detection/json/crowd",),
    "outlines-half-size": ("hosted.instance-segmentation/json/trio",),
    "class-mask-mirrored": ("hosted.semantic-segmentation/json/menagerie",),
    "class-map-inverted": ("hosted.semantic-segmentation/json/menagerie",),
    "polygons-shifted": ("sam2.segment/json/counters-points",),
    "rle-inverted": ("sam2.segment/rle/*",),
    "first-prompt-for-all": ("sam2.segment/json/counters-points",),
    "example-classes-exchanged": ("owlv2.infer/json/counters-two",),
    "example-boxes-shifted": ("owlv2.infer/json/*",),
    "route-by-task-boxes-shifted": ("infer.object-detection/json/*",),
    "florence-boxes-axes-swapped": ("florence2.infer/json/od",),
    "captions-empty": ("florence2.infer/json/caption",),
    "drawing-empty": ("hosted.object-detection/image/*",),
    "drawing-half-size": ("hosted.object-detection/image/*",),
    "top-is-least-sure": ("hosted.classification/json/*",),
    "everything-crashes": ("hosted.object-detection/json/*",),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(url: str, whole: Path, checking: Checking, fault: str) -> None:
    with behind(url, fault) as broken:
        found = checking(broken, whole, only=FAULTS[fault])

    differing = [name for name, kind in outcomes(found.run, "golden.says-the-same").items() if kind == "fail"]
    assert differing, sentence(found.run)
    assert found.exit_code == Exit.DIFFERENT
    assert sentence(found.run).startswith(f"DIFFERENT: {len(differing)} answer")


def test_a_difference_names_its_place_and_its_amount(url: str, whole: Path, checking: Checking) -> None:
    said: list[str] = []
    with behind(url, "boxes-shifted") as broken:
        found = checking(broken, whole, only=(TRIO,), said=said)

    (outcome,) = [each for each in found.run.outcomes if each["case"] == TRIO]
    first = outcome["findings"][0]
    assert first["pointer"].startswith("/predictions/")
    assert first["exchange"] == outcome["exchanges"][0]
    assert first["expected"].endswith("px")
    assert {mark[4].split(":")[0] for mark in first["marks"]} == {"golden", "now"}
    assert any(line.startswith(f"FAIL {TRIO}: dog") for line in said)
    page = (found.run.folder / "report.html").read_text("utf-8")
    assert "Golden: 800 × 600 px" in page
    assert "Now: 800 × 600 px" in page


@pytest.mark.parametrize(("least", "code"), [(0.40, Exit.OK), (0.60, Exit.DIFFERENT)])
def test_what_lies_between_what_is_asked_and_what_is_judged_may_come_and_go(
    whole: Path, checking: Checking, least: float, code: Exit
) -> None:
    def sure(answer: Answer) -> Answer:
        if answer.path != "/shapes/1" or answer.body[:1] != b"{":
            return answer
        found = [each for each in json.loads(answer.body)["predictions"] if each["confidence"] >= least]
        return answer.document(predictions=found)

    name = "hosted.object-detection/json/menagerie"
    golden = Bundle(whole).read(name).answer.json()["predictions"]
    assert min(each["confidence"] for each in golden) < 0.4, "one is golden that is not judged"

    with running(reference(sure, embedded.KEY)) as url:
        found = checking(url, whole, only=(name,))

    assert found.exit_code == code
    assert len(found.run.comparisons[name]["likeness"]["borderline"]) == 1


def test_the_report_tells_how_much_of_what_is_allowed_was_used(url: str, whole: Path, checking: Checking) -> None:
    with behind(url, "boxes-shifted") as broken:
        found = checking(broken, whole, only=(TRIO,))

    uses = {use.name: use for use in used(found.run)}
    assert uses["boxes.edge"].share > 1
    assert uses["boxes.edge"].question == TRIO
    assert uses["boxes.confidence"].share == 0
    page = (found.run.folder / "report.html").read_text("utf-8")
    assert "How much of what is allowed was used" in page
    assert uses["boxes.edge"].spent in page


def test_what_is_annotated_is_scored_of_both(url: str, tmp_path: Path, checking: Checking) -> None:
    scene = SCENES["trio"]
    (tmp_path / "trio.png").write_bytes(scene.png())
    boxes = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in (thing.box for thing in scene.of_kind("dog"))]
    document = {
        "images": [{"id": 1, "file_name": "trio.png", "width": scene.width, "height": scene.height}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "bbox": box} for number, box in enumerate(boxes)
        ],
        "categories": [{"id": 1, "name": "Dog"}],
    }
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    data = dataset(tmp_path / "annotations.json", tmp_path, 9, 0)
    mine = OwnPictures(tuple(data.files.values()))
    recorded(url, tmp_path / "g", only=("hosted.object*/own-*",), pictures=mine)

    with behind(url, "boxes-shifted") as broken:
        found = checking(broken, tmp_path / "g", pictures=mine, dataset=data)

    golden, now = found.run.scores
    assert (golden["side"], now["side"]) == ("golden", "now")
    assert golden["ap"] > 0.95
    assert now["ap"] < 0.5
    assert "Against what is annotated" in (found.run.folder / "report.html").read_text("utf-8")


def test_own_pictures_that_the_bundle_does_not_hold_are_given_again(
    url: str, tmp_path: Path, checking: Checking
) -> None:
    (tmp_path / "trio.png").write_bytes(SCENES["trio"].png())
    mine, only = OwnPictures.of(tmp_path), ("hosted.object*/own-*",)
    sent = decode_base64(next(mine.questions()).asking.values["body"])
    recorded(url, tmp_path / "g", only=only, pictures=mine, no_pictures=True)

    with pytest.raises(UsageProblem, match="--pictures FOLDER says where they lie"):
        checking(url, tmp_path / "g", out="none")
    sound = checking(url, tmp_path / "g", pictures=mine, out="sound")
    with behind(url, "boxes-shifted") as broken:
        found = checking(broken, tmp_path / "g", pictures=mine, out="broken")
    list(approve(found.run.folder, cases=(), everything=True))

    assert (sound.exit_code, found.exit_code) == (Exit.OK, Exit.DIFFERENT)
    with behind(url, "boxes-shifted") as broken:
        assert checking(broken, tmp_path / "g", pictures=mine, out="approved").exit_code == Exit.OK
    written = [path for name in ("g", "sound", "broken") for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert len(written) > 10
    assert not [path for path in written if sent in path.read_bytes() or b64encode(sent) in path.read_bytes()]


def test_own_pictures_lie_in_the_bundle(url: str, tmp_path: Path, checking: Checking) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("trio", "wide"):
        (mine / f"{name}.png").write_bytes(SCENES[name].png())
    recorded(url, tmp_path / "g", only=("hosted.object*/own-*",), pictures=OwnPictures.of(mine))
    (mine / "wide.png").unlink()
    (mine / "speck.png").write_bytes(SCENES["speck"].png())

    by_bundle = checking(url, tmp_path / "g")
    by_folder = checking(url, tmp_path / "g", pictures=OwnPictures.of(mine), out="again")

    assert set(outcomes(by_bundle.run, "golden.says-the-same").values()) == {"pass"}
    assert by_bundle.exit_code == Exit.OK
    (orphan,) = outcomes(by_folder.run, "golden.is-asked-for")
    (missing,) = outcomes(by_folder.run, "golden.is-there")
    assert "own-wide" in orphan
    assert "own-speck" in missing


def test_a_changed_drawing_is_shown_old_new_and_where(url: str, whole: Path, checking: Checking) -> None:
    name = "hosted.object-detection/image/menagerie"
    with behind(url, "drawing-mirrored") as broken:
        found = checking(broken, whole, only=(name,))

    assert found.exit_code == Exit.DIFFERENT
    assert found.run.comparisons[name]["difference"]
    page = (found.run.folder / "report.html").read_text("utf-8")
    assert page.count("<figure") >= 4
    assert "Difference: 640 × 480 px" in page


def test_a_missing_golden_answer_fails_and_keeps_what_came(url: str, bundle: Bundle, checking: Checking) -> None:
    bundle.remove(TRIO)

    found = checking(url, bundle.folder, only=DETECTION)

    assert outcomes(found.run, "golden.is-there") == {TRIO: "fail"}
    assert found.exit_code == Exit.DIFFERENT
    assert "1 golden answer is missing" in sentence(found.run)
    assert Bundle(found.run.folder / CANDIDATES).identifiers() == [TRIO]
    list(approve(found.run.folder, cases=(TRIO,), everything=False))
    assert checking(url, bundle.folder, only=DETECTION, out="again").exit_code == Exit.OK


@pytest.mark.parametrize("strict", [False, True])
def test_an_orphan_is_listed_and_fails_where_that_is_wanted(
    url: str, bundle: Bundle, checking: Checking, strict: bool
) -> None:
    orphan = "hosted.object-detection/json/of-yesterday"
    shutil.copytree(bundle.folder / TRIO, bundle.folder / orphan)

    found = checking(url, bundle.folder, only=DETECTION, strict=strict)

    assert outcomes(found.run, "golden.is-asked-for") == {orphan: "warn"}
    assert orphan not in outcomes(found.run, "golden.says-the-same")
    assert found.exit_code == (Exit.DIFFERENT if strict else Exit.OK)
    assert "1 golden answer is of no question" in sentence(found.run)


def test_an_operation_that_is_gone_is_a_difference(whole: Path, checking: Checking) -> None:
    def without(answer: Answer) -> Answer:
        return (
            answer.saying(answer.body.replace(b"/infer/lmm", b"/infer/other")) if "openapi" in answer.path else answer
        )

    with running(reference(without, embedded.KEY)) as url:
        found = checking(url, whole, only=("florence2.infer/json/caption", TRIO))

    (gone,) = [each for each in found.run.outcomes if each["outcome"] == "fail"]
    assert gone["case"] == "florence2.infer/json/caption"
    assert "it is not asked" in gone["message"]
    assert found.exit_code == Exit.DIFFERENT


def test_a_profile_of_the_bundle_or_of_the_user_decides(url: str, bundle: Bundle, checking: Checking) -> None:
    bundle.about.profile = "exact"
    bundle.save()

    by_bundle = checking(url, bundle.folder, only=(TRIO,))
    by_user = checking(url, bundle.folder, only=(TRIO,), profile="gpu", out="again")

    assert by_bundle.run.header["configuration"]["profile"] == "exact"
    assert by_user.run.header["configuration"]["profile"] == "gpu"
    with pytest.raises(UsageProblem, match="no-such: no such profile"):
        checking(url, bundle.folder, only=(TRIO,), profile="no-such", out="third")


def test_an_interrupted_check_is_gone_on_with(
    url: str, whole: Path, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare, done = Asker._compare, list[str]()

    def interrupted(asker: Asker, golden: object) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append("")
        compare(asker, golden)  # type: ignore[arg-type]

    monkeypatch.setattr(Asker, "_compare", interrupted)
    first = checking(url, whole, only=DETECTION)
    monkeypatch.undo()
    monkeypatch.setenv("ROBOFLOW_API_KEY", embedded.KEY)
    before = (first.run.folder / "run.jsonl").read_text().splitlines()

    second = checking(url, whole, only=DETECTION, resumed=first.run.folder)

    assert first.exit_code == Exit.INTERRUPTED
    assert first.run.footer is None
    assert len(outcomes(first.run, "golden.says-the-same")) == 3
    assert (second.run.folder / "run.jsonl").read_text().splitlines()[: len(before)] == before
    asked = [each["case"] for each in second.run.outcomes if each["rule"] == "golden.says-the-same"]
    assert len(asked) == len(set(asked)) > 5, "none is asked twice"
    assert second.exit_code == Exit.OK
    with pytest.raises(UsageProblem, match="is finished"):
        checking(url, whole, only=DETECTION, resumed=first.run.folder)


def test_other_golden_answers_are_no_way_to_go_on(
    url: str, bundle: Bundle, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spent(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Asker, "_compare", spent)
        first = checking(url, bundle.folder, only=DETECTION)
    bundle.remove(TRIO)

    with pytest.raises(UsageProblem, match="was of other golden answers"):
        checking(url, bundle.folder, only=DETECTION, resumed=first.run.folder)


def test_a_bound_leaves_it_undecided(
    url: str, whole: Path, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare, done = Asker._compare, list[str]()

    def bounded(asker: Asker, golden: object) -> None:
        if done:
            raise BudgetSpent("the budget of 1 requests is spent")
        done.append("")
        compare(asker, golden)  # type: ignore[arg-type]

    monkeypatch.setattr(Asker, "_compare", bounded)

    found = checking(url, whole, only=DETECTION)

    assert found.exit_code == Exit.UNDECIDED
    assert sentence(found.run).startswith("UNDECIDED: the budget of 1 requests is spent")
