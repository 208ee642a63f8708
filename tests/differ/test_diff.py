"""Two deployments: sound ones say the same, and a broken one is told by the operation that is broken."""

from __future__ import annotations

import itertools
import json
import re
from base64 import b64encode
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay.contract.judging import decode_base64
from assay.differ.asking import Asker
from assay.errors import BudgetSpent, Exit, TargetUnreachable, UsageProblem
from assay.questions.own import OwnPictures
from assay.record import read
from assay.reference import embedded
from assay.report.agreement import agreements, asides, moved, neither, one_sided, worst
from assay.scene import SCENES
from assay.serving import running
from tests.plugin.servers import Answer, reference

from .conftest import Diffing, behind, outcomes, sentence, target

DETECTION = ("hosted.object-detection/json/*",)
TRIO = "hosted.object-detection/json/trio"


def test_two_sound_deployments_say_the_same(url: str, twin: str, diffing: Diffing) -> None:
    found = diffing(url, twin, generated=1)

    assert found.exit_code == Exit.OK, sentence(found.run)
    assert set(outcomes(found.run).values()) <= {"pass", "inconclusive"}
    assert sentence(found.run).startswith("the same: ")
    assert [noise.moved for noise in moved(found.run)] == [0, 0]
    assert all(noise.asked > 5 for noise in moved(found.run))


def test_a_deployment_against_itself_is_its_noise_alone(url: str, diffing: Diffing) -> None:
    found = diffing(url, url, only=DETECTION)

    assert found.exit_code == Exit.OK
    assert sentence(found.run).startswith("steady: ")
    assert not moved(found.run), "everything is asked twice as it is"
    assert "whatever differs above is its noise" in (found.run.folder / "report.html").read_text("utf-8")


FAULTS = {
    "boxes-shifted": "hosted.object-detection/json/*",
    "keypoint-names-swapped": "hosted.keypoint-detection/json/crowd",
    "outlines-half-size": "hosted.instance-segmentation/json/trio",
    "class-mask-mirrored": "hosted.semantic-segmentation/json/menagerie",
    "top-is-least-sure": "hosted.classification/json/*",
    "drawing-empty": "hosted.object-detection/image/*",
    "polygons-shifted": "sam2.segment/json/counters-points",
    "rle-inverted": "sam2.segment/rle/*",
    "example-boxes-shifted": "owlv2.infer/json/*",
    "route-by-task-boxes-shifted": "infer.object-detection/json/*",
    "florence-boxes-axes-swapped": "florence2.infer/json/od",
    "everything-crashes": "hosted.object-detection/json/*",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_at_its_operation(url: str, diffing: Diffing, fault: str) -> None:
    with behind(url, fault) as broken:
        found = diffing(url, broken, only=(FAULTS[fault],))

    operation = FAULTS[fault].split("/")[0]
    assert found.exit_code == Exit.DIFFERENT, sentence(found.run)
    assert f" in {operation} (" in sentence(found.run)
    assert {each.operation for each in agreements(found.run) if each.differ} == {operation}
    assert [noise.moved for noise in moved(found.run)] == [0, 0], "it is steadily wrong"


def test_what_is_sound_beside_a_fault_agrees(url: str, diffing: Diffing) -> None:
    with behind(url, "rle-inverted") as broken:
        found = diffing(url, broken, only=("sam2.segment/*", *DETECTION))

    differing = {(each.operation, each.mode) for each in agreements(found.run) if each.differ}
    assert differing == {("sam2.segment", "rle")}


def test_the_run_has_its_record_and_its_reports(url: str, diffing: Diffing) -> None:
    with behind(url, "boxes-shifted") as broken:
        found = diffing(url, broken, only=DETECTION)

    folder = found.run.folder
    names = {path.name for path in folder.iterdir()}
    page, summary = (folder / "report.html").read_text("utf-8"), (folder / "summary.md").read_text("utf-8")
    cases = list(ElementTree.parse(folder / "junit.xml").getroot().iter("testcase"))
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert names == {
        "artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md",
    }  # fmt: skip
    assert failed == {name for name, kind in outcomes(found.run).items() if kind == "fail"}
    assert "A: 800 × 600 px" in page
    assert "B: 800 × 600 px" in page
    first, second = page.split("<figure")[1:3]
    assert first.count('class="mark"') == second.count('class="mark"') > 0, "each with the marks of its side"
    assert re.findall("viewBox=.*? role", first) == re.findall("viewBox=.*? role", second)
    assert "A: dog" not in first + second, "the caption says whose it is"
    assert page.index("Furthest apart") < page.index("<figure") < page.index("The noise of each side")
    assert "How often they agree" in page
    assert "| <code>hosted.object-detection</code> | json | " in summary
    assert embedded.KEY.encode() not in (folder / "run.jsonl").read_bytes()
    assert {each["request"]["url"].split("/shapes")[0] for each in found.run.exchanges.values()} >= {url, broken}


def test_the_worst_come_first_and_latency_is_told(url: str, diffing: Diffing) -> None:
    with behind(url, "best-prediction-lost") as broken:
        found = diffing(url, broken, only=DETECTION)

    several = [each.differences for each in worst(found.run)]
    (aside,) = asides(found.run)
    assert several == sorted(several, reverse=True)
    assert several[0] >= 1
    assert all(each > 0 for each in aside.milliseconds)


def restless(every: int) -> object:
    """Shifts the boxes of each answer but every so many."""
    asked = itertools.count()

    def moving(answer: Answer) -> Answer:
        if not answer.path.startswith("/shapes") or answer.body[:1] != b"{" or next(asked) % every:
            return answer
        found = json.loads(answer.body)["predictions"]
        return answer.document(predictions=[{**each, "x": each["x"] + 12} for each in found])

    return moving


def test_what_a_side_does_by_itself_is_no_difference(url: str, diffing: Diffing) -> None:
    with running(reference(restless(2), embedded.KEY)) as unsteady:  # type: ignore[arg-type]
        found = diffing(url, unsteady, only=DETECTION, twice=0.0)

    first, second = moved(found.run)
    assert found.exit_code == Exit.OK, sentence(found.run)
    assert "note" in outcomes(found.run).values(), "it was seen, and found to be noise"
    assert (first.moved, second.moved > 0) == (0, True)
    assert "no further than a side from itself" in sentence(found.run)
    assert f"B moved in {second.moved} of " in sentence(found.run)


def test_a_restless_deployment_against_itself_is_told(diffing: Diffing) -> None:
    with running(reference(restless(2), embedded.KEY)) as unsteady:  # type: ignore[arg-type]
        found = diffing(unsteady, unsteady, only=DETECTION)

    assert found.exit_code == Exit.DIFFERENT
    assert "from the same asked again" in sentence(found.run)


def without_florence(answer: Answer) -> Answer:
    return answer.saying(answer.body.replace(b"/infer/lmm", b"/infer/other")) if "openapi" in answer.path else answer


def test_unequal_capabilities_are_told_and_what_both_have_is_compared(url: str, diffing: Diffing) -> None:
    with running(reference(without_florence, embedded.KEY)) as lesser:
        found = diffing(url, lesser, only=("florence2.infer/json/caption", TRIO))

    assert found.exit_code == Exit.OK
    assert outcomes(found.run) == {"florence2.infer/json/caption": "skip", TRIO: "pass"}
    assert one_sided(found.run) == {"A": ["florence2.infer"]}
    assert "only A offers florence2.infer" in sentence(found.run)


def test_what_neither_could_be_asked_is_told_with_its_reason(diffing: Diffing) -> None:
    with (
        running(reference(without_florence, embedded.KEY)) as one,
        running(reference(without_florence, embedded.KEY)) as other,
    ):
        found = diffing(one, other, only=("florence2.infer/json/caption", TRIO))

    assert neither(found.run) == {"/openapi.json does not list POST /infer/lmm": ["florence2.infer"]}
    assert "; 1 operation was not asked" in sentence(found.run)
    assert found.exit_code == Exit.OK


def test_nothing_in_common_is_nothing_compared(url: str, diffing: Diffing) -> None:
    with running(reference(without_florence, embedded.KEY)) as lesser:
        found = diffing(url, lesser, only=("florence2.infer/json/caption",))

    assert found.exit_code == Exit.NOTHING_CHECKED
    assert sentence(found.run).startswith("NOTHING WAS COMPARED")


def test_each_side_has_its_key_its_models_and_its_headers(
    url: str, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_KEY", "another-key-of-theirs")
    with running(reference(key="another-key-of-theirs")) as other:
        second = target(other, key_variable="OTHER_KEY", headers=(("X-Tenant", "their-secret-tenant"),))
        found = diffing(url, second, only=(TRIO,))

    record = (found.run.folder / "run.jsonl").read_bytes()
    assert found.exit_code == Exit.OK, sentence(found.run)
    assert not [secret for secret in (b"another-key-of-theirs", b"their-secret-tenant") if secret in record]
    sent = [[name for name, _ in each["request"]["headers"]] for each in found.run.exchanges.values()]
    urls = [each["request"]["url"] for each in found.run.exchanges.values()]
    assert all(("X-Tenant" in names) == address.startswith(other) for names, address in zip(sent, urls, strict=True))


def test_an_interrupted_comparison_is_gone_on_with(
    url: str, twin: str, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    conclude, done = Asker._conclude, list[str]()

    def interrupted(asker: Asker, name: str, *told: object) -> None:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(name)
        conclude(asker, name, *told)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(Asker, "_conclude", interrupted)
        first = diffing(url, twin, only=DETECTION)
    before = (first.run.folder / "run.jsonl").read_text().splitlines()

    second = diffing(url, twin, only=DETECTION, resumed=first.run.folder)

    asked = [each["case"] for each in second.run.outcomes if each["rule"] == "diff.says-the-same"]
    assert first.exit_code == Exit.INTERRUPTED
    assert list(outcomes(first.run)) == done
    assert (second.run.folder / "run.jsonl").read_text().splitlines()[: len(before)] == before
    assert len(asked) == len(set(asked)) > 5, "none is asked twice"
    assert len(second.run.exchanges) == len({int(name[1:]) for name in second.run.exchanges})
    assert second.exit_code == Exit.OK
    with pytest.raises(UsageProblem, match="is finished"):
        diffing(url, twin, only=DETECTION, resumed=first.run.folder)


def test_another_question_or_target_is_no_way_to_go_on(
    url: str, twin: str, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Asker, "_conclude", stopped)
        first = diffing(url, twin, only=DETECTION)

    with pytest.raises(UsageProblem, match="its only was"):
        diffing(url, twin, only=(TRIO,), resumed=first.run.folder)
    with pytest.raises(UsageProblem, match="its profile named was '', and is 'int8'"):
        diffing(url, twin, only=DETECTION, profile="int8", resumed=first.run.folder)
    with pytest.raises(UsageProblem, match="its targets was"):
        diffing(twin, url, only=DETECTION, resumed=first.run.folder)


def test_a_bound_ends_it_undecided(url: str, twin: str, diffing: Diffing, monkeypatch: pytest.MonkeyPatch) -> None:
    conclude, done = Asker._conclude, list[str]()

    def spent(asker: Asker, name: str, *told: object) -> None:
        if len(done) == 3:
            raise BudgetSpent("the budget of 9 requests is spent")
        done.append(name)
        conclude(asker, name, *told)  # type: ignore[arg-type]

    monkeypatch.setattr(Asker, "_conclude", spent)
    found = diffing(url, twin, only=DETECTION)

    assert found.exit_code == Exit.UNDECIDED
    assert sentence(found.run).startswith("UNDECIDED: the budget of 9 requests is spent; no difference until then (3 ")


def test_each_side_has_a_bound_of_its_own(url: str, twin: str, diffing: Diffing) -> None:
    found = diffing(target(url, max_requests=60), target(twin, max_requests=12), only=DETECTION)

    sent = [each["request"]["url"].startswith(twin) for each in found.run.exchanges.values()]
    assert found.exit_code == Exit.UNDECIDED
    assert "12 requests" in sentence(found.run)
    assert sent.count(True) == 12
    assert len(outcomes(found.run)) > 1, "what was compared before stands"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of two pictures."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for name in ("trio", "wide"):
        (folder / f"{name}.png").write_bytes(SCENES[name].png())
    return folder


OWN = ("hosted.object*/own-*",)


def test_own_pictures_are_put_to_both(url: str, mine: Path, diffing: Diffing) -> None:
    with behind(url, "boxes-shifted") as broken:
        found = diffing(url, broken, only=OWN, pictures=OwnPictures.of(mine))

    assert set(outcomes(found.run).values()) == {"fail"}
    assert len(outcomes(found.run)) == 2


def test_own_pictures_stay_out_of_the_run_where_that_is_asked(url: str, mine: Path, diffing: Diffing) -> None:
    pictures = OwnPictures.of(mine)
    sent = [decode_base64(question.asking.values["body"]) for question in pictures.questions()]
    with behind(url, "boxes-shifted") as broken:
        found = diffing(url, broken, only=(*OWN, TRIO), pictures=pictures, no_pictures=True)

    written = [path.read_bytes() for path in found.run.folder.rglob("*") if path.is_file()]
    assert list(outcomes(found.run).values()) == ["fail"] * 3
    assert not [each for each in written for picture in sent if picture in each or b64encode(picture) in each]
    assert any(b64encode(SCENES["trio"].png()) in each for each in written), "what is painted is kept"


def test_a_broken_picture_is_told_and_keeps_no_other_out(url: str, twin: str, mine: Path, diffing: Diffing) -> None:
    (mine / "a.png").write_bytes(b"no picture")

    found = diffing(url, twin, only=OWN, pictures=OwnPictures.of(mine))

    assert list(outcomes(found.run).values()) == ["skip", "pass", "pass"]
    assert "a.png is no picture that can be decoded" in found.run.outcomes[0]["message"]
    assert found.exit_code == Exit.OK


def test_other_pictures_are_no_way_to_go_on(
    url: str, twin: str, mine: Path, diffing: Diffing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Asker, "_conclude", stopped)
        first = diffing(url, twin, only=OWN, pictures=OwnPictures.of(mine))
    (mine / "wide.png").rename(mine / "other.png")

    with pytest.raises(UsageProblem, match="its pictures was '2, "):
        diffing(url, twin, only=OWN, pictures=OwnPictures.of(mine), resumed=first.run.folder)


def test_nobody_there_leaves_no_run(url: str, tmp_path: Path, diffing: Diffing) -> None:
    with pytest.raises(TargetUnreachable):
        diffing(url, target("http://127.0.0.1:9", ready_timeout=0.2), only=(TRIO,))

    assert not (tmp_path / "run").exists()


def test_a_refusal_by_both_is_no_agreement(url: str, diffing: Diffing) -> None:
    def refusing(answer: Answer) -> Answer:
        return answer.saying(b'{"message": "no"}', status=400) if answer.path.startswith("/shapes") else answer

    with running(reference(refusing, embedded.KEY)) as one, running(reference(refusing, embedded.KEY)) as other:
        both = diffing(one, other, only=(TRIO,))
        alone = diffing(url, other, only=(TRIO,), out="alone")

    assert outcomes(both.run) == {TRIO: "inconclusive"}
    assert both.exit_code == Exit.NOTHING_CHECKED
    assert outcomes(alone.run) == {TRIO: "fail"}
    assert read(alone.run.folder).outcomes[-1]["findings"][0]["message"].startswith("the answer of A has status 200")
