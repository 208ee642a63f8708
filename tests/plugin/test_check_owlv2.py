"""OwlV2 judged: sound servers that are unlike the reference are not accused, and which version is asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.plugin.check import Check
from assay.plugin.drivers.owlv2 import FIRST, Owlv2Driver
from assay.scene import SCENES, Scene
from assay.serving import running

from .conftest import Checked, Checking
from .servers import Answer, Change, reference

ONLY = {"only": ("service.answers-plain-requests", "owlv2.*")}
BESIDE_PICTURES = "owlv2.examples.found-beside-other-pictures"
THAT = "owlv2.classes.that-of-the-example"


def with_predictions(change: Any) -> Change:
    """The reference, whose predictions by example are changed: `change(predictions, request)`."""

    def changed(answer: Answer) -> Answer:
        if answer.path != "/owlv2/infer" or answer.status != 200:
            return answer
        predictions = json.loads(answer.body)["predictions"]
        return answer.document(predictions=change(predictions, json.loads(answer.sent)))

    return changed


def nothing(predictions: list[Any], request: Any) -> list[Any]:
    return []


def larger(predictions: list[Any], request: Any) -> list[Any]:
    """Boxes as a model draws them that leaves room round a thing."""
    return [{**one, "width": one["width"] * 1.2, "height": one["height"] * 1.2} for one in predictions]


def reversed_without_ids(predictions: list[Any], request: Any) -> list[Any]:
    return [{name: value for name, value in one.items() if name != "class_id"} for one in reversed(predictions)]


def noisy(predictions: list[Any], request: Any) -> list[Any]:
    """In half precision, differently in each call, but never across the threshold of the request."""
    noise = (len(json.dumps(request)) % 7 - 3) / 20_000
    threshold = request.get("confidence", 0.99)
    return [{**one, "confidence": min(max(one["confidence"] + noise, threshold + 1e-5), 1.0)} for one in predictions]


def refusing_spots(answer: Answer) -> Answer:
    """An example of a few px is refused."""
    if answer.path == "/owlv2/infer":
        boxes = json.loads(answer.sent)["training_data"][0]["boxes"]
        if any(box["w"] < 8 for box in boxes):
            return answer.saying(b'{"message": "Example box too small."}', status=400)
    return answer


def only_by_its_own_picture(predictions: list[Any], request: Any) -> list[Any]:
    """A model to which a thing alone in its picture is another thing than the same one among others."""
    own = [one for one in request["training_data"] if one["image"] == request["image"]]
    return predictions if own else []


def seen_everywhere(predictions: list[Any], request: Any) -> list[Any]:
    """A model to which all is alike: each example finds the whole picture, too; of two the surer takes its place."""
    if len(request["training_data"]) > 1:
        return predictions[:1]
    whole = {"x": 320.0, "y": 240.0, "width": 640.0, "height": 480.0, "confidence": 0.992}
    return [*predictions, *({**one, **whole} for one in predictions[:1])]


def judged(checking: Checking, change: Change) -> Checked:
    with running(reference(change)) as url:
        return checking(url, models={"owlv2": "owlv2-large-patch14-ensemble"}, **ONLY)


def of_owlv2(checked: Checked) -> dict[str, set[str]]:
    """The outcomes of each rule about OwlV2."""
    return {rule: checked.outcomes(rule) for rule in checked.run.rules if rule.startswith("owlv2.")}


@pytest.mark.parametrize("change", [reversed_without_ids, noisy])
def test_other_orders_and_roundings_are_no_fault(checking: Checking, change: Any) -> None:
    found = judged(checking, with_predictions(change))

    assert found.exit_code == 0
    assert set().union(*of_owlv2(found).values()) == {"pass"}


def test_boxes_that_leave_room_round_a_thing_are_no_fault(checking: Checking) -> None:
    outcomes = of_owlv2(judged(checking, with_predictions(larger)))

    assert outcomes.pop("owlv2.boxes.inside-image") == {"warn"}  # what touches the edge leaves the picture then
    assert outcomes.pop("owlv2.visualization.shows-predictions") == {"warn"}  # which draws its own boxes
    assert set().union(*outcomes.values()) == {"pass"}


def test_a_model_that_finds_nothing_is_no_fault_and_no_pass(checking: Checking) -> None:
    outcomes = of_owlv2(judged(checking, with_predictions(nothing)))

    assert outcomes.pop("owlv2.answer.server-fields") == {"pass"}
    assert outcomes.pop("owlv2.image.size") == {"pass"}
    assert outcomes.pop("owlv2.answer.schema") == {"pass", "inconclusive"}
    assert outcomes.pop("owlv2.examples.misshapen-are-refused") == {"pass"}
    assert outcomes.pop("owlv2.image.several-at-once") == {"pass"}  # as many answers, whatever is found
    assert set().union(*outcomes.values()) == {"inconclusive"}


def test_a_server_that_refuses_an_example_of_nothing_mislabels_nothing(checking: Checking) -> None:
    found = judged(checking, refusing_spots)

    assert found.exit_code == 0
    assert found.outcomes(THAT) == {"pass", "inconclusive"}
    assert "is refused" in found.messages


@pytest.mark.parametrize("change", [nothing, only_by_its_own_picture, seen_everywhere])
def test_two_pictures_tell_nothing_where_one_alone_is_no_sure_witness(checking: Checking, change: Any) -> None:
    with running(reference(with_predictions(change))) as url:
        found = checking(url, models={"owlv2": "owlv2-large-patch14-ensemble"}, only=(BESIDE_PICTURES,))

    assert found.outcomes(BESIDE_PICTURES) == {"inconclusive"}
    assert "no scene has two things that are found" in found.messages


def versions(check: Check) -> set[str | None]:
    """What the requests to OwlV2 named as its version."""
    sent = [body for body in _bodies(check) if "training_data" in body]
    return {body.get("owlv2_version_id") for body in sent}


def _bodies(check: Check) -> list[dict[str, Any]]:
    folder = check.writer.folder / "artifacts"
    return [json.loads(path.read_bytes()) for path in folder.glob("*.json") if path.read_bytes()[:1] == b"{"]


def test_no_version_is_asked_for_where_none_was_named_as_in_the_documents_script(checking: Checking) -> None:
    with running(reference()) as url:  # it holds no model yet, which would be asked for by its name
        found = checking(url, only=("owlv2.image.size",))

    assert versions(found.check) == {None}
    assert "  owlv2.infer                  model default" in found.said


def test_the_version_that_was_named_is_asked_for(checking: Checking, url: str) -> None:
    found = checking(url, models={"owlv2": "owlv2-base-patch16-ensemble"}, only=("owlv2.image.size",))

    assert versions(found.check) == {"owlv2-base-patch16-ensemble"}


@pytest.mark.parametrize("scene", [scene for scene in SCENES.values() if scene.things], ids=lambda scene: scene.name)
def test_a_spot_shows_background_only(scene: Scene) -> None:
    spot = Owlv2Driver.spot(scene, FIRST)

    shown = scene.owners()[
        spot["y"] - spot["h"] // 2 : spot["y"] + spot["h"] // 2, spot["x"] - spot["w"] // 2 : spot["x"] + spot["w"] // 2
    ]

    assert shown.size == spot["w"] * spot["h"]
    assert (shown < 0).all()


def test_a_mirrored_scene_shows_the_same_things_elsewhere() -> None:
    scene = SCENES["counters"]
    mirrored = Owlv2Driver.mirrored(scene)

    assert (mirrored.pixels() == scene.pixels()[:, ::-1]).all()
    assert [thing.colour for thing in mirrored.things] == [thing.colour for thing in scene.things]
