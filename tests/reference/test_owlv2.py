"""Detection by examples on the reference: what an example shows is found, wherever it is, and nothing else is."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from assay.scene import SCENES, Scene, Thing
from assay.serving import running

from .truth import answered, without_identity

Find = Callable[..., httpx.Response]
NULL = {"class_confidence", "tracker_id", "parent_id"}


def picture(scene: Scene | bytes) -> dict[str, str]:
    data = scene if isinstance(scene, bytes) else scene.png()
    return {"type": "base64", "value": base64.b64encode(data).decode()}


def box(thing: Thing, label: str = "thing", **more: Any) -> dict[str, Any]:
    (x, y), (width, height) = thing.centre, thing.size
    return {"x": int(x), "y": int(y), "w": width, "h": height, "cls": label, **more}


@pytest.fixture
def find(client: httpx.Client) -> Find:
    """Looks in a scene for what boxes show in it, or in another: `find(scene, [box], reference, confidence=0.9)`."""

    def send(scene: Scene | bytes, boxes: Any, reference: Scene | bytes | None = None, /, **fields: Any) -> Any:
        body = {
            "api_key": "reference",
            "image": picture(scene),
            "training_data": [{"image": picture(reference or scene), "boxes": boxes}],
            **fields,
        }
        return client.post("/owlv2/infer", json={name: value for name, value in body.items() if value is not ...})

    return send


def found(response: httpx.Response) -> list[tuple[str, tuple[float, ...]]]:
    """Class and box of each prediction, the most confident first."""
    assert response.status_code == 200, response.text
    return [(label, place) for label, _, place in answered(response.json())]


def confidences(response: httpx.Response) -> list[float]:
    return [one["confidence"] for one in response.json()["predictions"]]


SHADED = [(name, index) for name in ("menagerie", "trio", "wide", "square", "counters") for index in (0, 1)]


APART = [name for name, scene in SCENES.items() if scene.things and not scene.texts and name != "stack"]
"""Scenes of which no thing hangs together with another of its hue, and is taken for one with it."""


@pytest.mark.parametrize("name", APART)
def test_each_thing_is_found_where_it_is_by_its_own_example(find: Find, name: str) -> None:
    for thing in SCENES[name].things:
        (label, place), *_ = found(find(SCENES[name], [box(thing)]))

        assert (label, place) == ("thing", thing.box)


@pytest.mark.parametrize(("name", "index"), SHADED)
def test_things_of_another_hue_are_not_found(find: Find, name: str, index: int) -> None:
    scene = SCENES[name]
    kind = scene.things[index].kind

    places = [place for _, place in found(find(scene, [box(scene.things[index])], confidence=0.9))]

    assert places
    assert set(places) <= {thing.box for thing in scene.of_kind(kind)}


def test_shades_of_the_hue_are_less_alike_the_further_they_are_apart(find: Find) -> None:
    scene = SCENES["menagerie"]
    response = find(scene, [box(scene.things[0])], confidence=0.9)

    assert found(response) == [("thing", thing.box) for thing in scene.of_kind("dog")]
    assert confidences(response) == sorted(confidences(response), reverse=True)
    assert confidences(response)[0] == 0.99999
    assert 0.99 < confidences(response)[2] < 0.995
    assert 0.97 < confidences(response)[3] < 0.98


def test_the_default_threshold_is_that_of_the_documents_script(find: Find) -> None:
    scene = SCENES["menagerie"]
    by_default = without_identity(find(scene, [box(scene.things[0])]).json())

    assert len(by_default["predictions"]) == 3
    assert by_default == without_identity(find(scene, [box(scene.things[0])], confidence=0.99).json())


def test_a_confidence_has_to_be_above_the_threshold(find: Find) -> None:
    scene = SCENES["menagerie"]
    least = confidences(find(scene, [box(scene.things[0])]))[-1]

    assert confidences(find(scene, [box(scene.things[0])], confidence=least))[-1] > least
    assert confidences(find(scene, [box(scene.things[0])], confidence=least - 1e-6))[-1] == least
    assert confidences(find(scene, [box(scene.things[0])], confidence=1)) == []


@pytest.mark.parametrize("encode", [Scene.png, Scene.jpeg])
def test_an_example_finds_its_like_in_another_picture(find: Find, encode: Callable[[Scene], bytes]) -> None:
    reference, target = SCENES["counters"], SCENES["tokens"]

    for index, kind in ((0, "dog"), (1, "cat")):
        ((label, place),) = found(find(target, [box(reference.things[index], kind)], encode(reference)))
        assert (label, place) == (kind, target.of_kind(kind)[0].box)


def test_several_examples_and_classes_find_each_its_own(find: Find) -> None:
    scene = SCENES["menagerie"]
    dog, cat = scene.of_kind("dog"), scene.of_kind("cat")
    boxes = [box(cat[0], "minou"), box(dog[0], "chien"), box(dog[3], "chien")]

    response = find(scene, boxes)

    assert {place for label, place in found(response) if label == "chien"} == {thing.box for thing in dog}
    assert {place for label, place in found(response) if label == "minou"} <= {thing.box for thing in cat}
    assert {(one["class"], one["class_id"]) for one in response.json()["predictions"]} == {("chien", 0), ("minou", 1)}


def test_a_thing_is_of_the_class_that_it_is_most_like(find: Find) -> None:
    scene = SCENES["menagerie"]
    light, dark = scene.of_kind("dog")[0], scene.of_kind("dog")[3]

    by_place = {place: label for label, place in found(find(scene, [box(dark, "dark"), box(light, "light")]))}

    assert by_place[light.box] == "light"
    assert by_place[dark.box] == "dark"


def test_examples_in_several_pictures_count_together(client: httpx.Client) -> None:
    first, second = SCENES["counters"], SCENES["tokens"]
    data = [
        {"image": picture(first), "boxes": [box(first.things[0], "a")]},
        {"image": picture(second), "boxes": [box(second.things[2], "b")]},
    ]
    body = {"api_key": "reference", "image": picture(second), "training_data": data}

    found_ones = found(client.post("/owlv2/infer", json=body))

    assert sorted(found_ones) == [("a", second.things[0].box), ("b", second.things[2].box)]


def test_what_a_negative_example_shows_is_not_found(find: Find) -> None:
    scene = SCENES["menagerie"]
    first, second, *_ = scene.of_kind("dog")

    places = [place for _, place in found(find(scene, [box(first), box(second, negative=True)]))]

    assert first.box in places
    assert second.box not in places
    assert found(find(scene, [box(first, negative=True)])) == []


def test_an_example_that_shows_nothing_contributes_nothing(find: Find) -> None:
    scene = SCENES["counters"]
    nothing = {"x": 4, "y": 4, "w": 4, "h": 4, "cls": "nothing"}
    far = {"x": 5000, "y": -5000, "w": 40, "h": 40, "cls": "far"}

    with_them = find(scene, [nothing, far, box(scene.things[0])])

    assert found(with_them) == found(find(scene, [box(scene.things[0])]))
    assert {one["class_id"] for one in with_them.json()["predictions"]} == {2}
    assert found(find(scene, [nothing])) == []


def test_of_boxes_that_overlap_only_the_most_confident_stays(find: Find) -> None:
    scene = SCENES["pair"]  # two dogs with an IoU of 0.43
    hidden, front = scene.things[:2]

    assert [place for _, place in found(find(scene, [box(front)]))] == [front.box]
    assert [place for _, place in found(find(scene, [box(hidden)]))] == [hidden.box]
    assert len(found(find(scene, [box(hidden, "a"), box(front, "b")]))) == 1


def test_the_answer_has_all_members_null_where_there_is_nothing(find: Find) -> None:
    scene = SCENES["counters"]
    body = find(scene, [box(scene.things[0])], id="mine").json()

    assert set(body) == {
        "visualization", "inference_id", "frame_id", "time", "resolved_model", "image", "predictions",
    }  # fmt: skip
    assert (body["visualization"], body["frame_id"], body["inference_id"]) == (None, None, "mine")
    assert body["image"] == {"width": scene.width, "height": scene.height}
    for one in body["predictions"]:
        assert {name for name, value in one.items() if value is None} == NULL


def test_a_drawing_comes_where_it_is_asked_for(find: Find) -> None:
    scene = SCENES["counters"]
    thing = scene.things[0]
    body = find(scene, [box(thing)], visualize_predictions=True, visualization_stroke_width=3).json()

    drawing = cv2.imdecode(np.frombuffer(base64.b64decode(body["visualization"]), np.uint8), cv2.IMREAD_COLOR)

    assert drawing is not None
    assert drawing.shape == (scene.height, scene.width, 3)
    changed = np.abs(drawing[:, :, ::-1].astype(int) - scene.pixels()).max(axis=2) > 60
    x0, y0, x1, y1 = thing.box
    assert changed[y0, x0 + 5 : x1 - 5].all()
    assert not changed[y0 + 20 : y1 - 20, x0 + 20 : x1 - 20].any()


def test_pictures_are_read_by_their_address(client: httpx.Client) -> None:
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    scene = SCENES["trio"]

    async def serve(request: Any) -> Response:
        return Response(scene.png(), media_type="image/png")

    with running(Starlette(routes=[Route("/trio.png", serve)])) as base:
        by_address = {"type": "url", "value": f"{base}/trio.png"}
        data = [{"image": by_address, "boxes": [box(scene.things[0])]}]
        body = {"api_key": "reference", "image": by_address, "training_data": data}
        response = client.post("/owlv2/infer", json=body)

    assert [place for _, place in found(response)] == [thing.box for thing in scene.things]


GOOD = {"x": 100, "y": 112, "w": 120, "h": 112, "cls": "thing"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"image": ...}, ["image"]),
        ({"image": []}, ["image"]),
        ({"image": {"type": "base64"}}, ["image", "value"]),
        ({"image": {"type": "file", "value": "x"}}, ["image", "type"]),
        ({"image": {"type": "base64", "value": 5}}, ["image", "value"]),
        ({"training_data": ...}, ["training_data"]),
        ({"training_data": []}, ["training_data"]),
        ({"training_data": {}}, ["training_data"]),
        ({"training_data": [5]}, ["training_data", 0]),
        ({"confidence": None}, ["confidence"]),
        ({"confidence": "0.9"}, ["confidence"]),
        ({"confidence": True}, ["confidence"]),
        ({"confidence": 90}, ["confidence"]),
        ({"owlv2_version_id": 5}, ["owlv2_version_id"]),
        ({"visualize_predictions": "yes"}, ["visualize_predictions"]),
        ({"visualization_stroke_width": 0}, ["visualization_stroke_width"]),
    ],
)
def test_what_breaks_the_schema_is_refused_with_its_place(find: Find, change: dict[str, Any], where: list[Any]) -> None:
    response = find(SCENES["counters"], [GOOD], **change)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", *where]
    assert "reference" not in response.text


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"x": 1.5}, "x"),
        ({"y": "1"}, "y"),
        ({"w": 0}, "w"),
        ({"h": -5}, "h"),
        ({"cls": ...}, "cls"),
        ({"cls": 5}, "cls"),
    ],
)
def test_a_wrong_example_box_is_refused_with_its_place(find: Find, change: dict[str, Any], name: str) -> None:
    wrong = {key: value for key, value in {**GOOD, **change}.items() if value is not ...}

    response = find(SCENES["counters"], [GOOD, wrong])

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "training_data", 0, "boxes", 1, name]


def test_whole_numbers_may_have_a_fraction_of_zero(find: Find) -> None:
    assert found(find(SCENES["counters"], [{**GOOD, "x": 100.0}])) == found(find(SCENES["counters"], [GOOD]))


@pytest.mark.parametrize("bad", [b"this is text", b"\xff\xd8\xff\xe0\x00\x10JFIF"])
def test_what_is_no_picture_is_refused_as_target_and_as_reference(find: Find, bad: bytes) -> None:
    scene = SCENES["counters"]

    for response in (find(bad, [GOOD], scene), find(scene, [GOOD], bad)):
        assert response.status_code == 400
        assert response.json()["message"].startswith("Could not load input image.")


def test_keys_versions_and_methods(find: Find, client: httpx.Client) -> None:
    scene = SCENES["counters"]

    assert find(scene, [GOOD], api_key=...).status_code == 401
    assert find(scene, [GOOD], api_key="wrong").json() == {"status": 401, "message": "Unauthorized api_key"}
    assert find(scene, [GOOD], owlv2_version_id="owlv2-base-patch16-ensemble").status_code == 200
    assert find(scene, [GOOD], owlv2_version_id="nope").status_code == 404
    assert client.get("/owlv2/infer").status_code == 405
    assert client.post("/owlv2/infer?api_key=reference", content=b"{").status_code == 422


def test_pictures_without_things_and_very_small_ones_are_answered(find: Find) -> None:
    tiny = bytes(cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1])

    assert found(find(SCENES["blank"], [GOOD])) == []
    assert found(find(SCENES["blank"], [GOOD], SCENES["counters"])) == []
    assert found(find(tiny, [GOOD])) == []
