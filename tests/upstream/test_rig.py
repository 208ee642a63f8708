"""The rig keeps its own promises: both engines answer every operation, and stopping leaves nothing behind."""

from __future__ import annotations

import base64
import shutil
from typing import Any

import httpx
import pytest

from . import server
from .build import Build
from .errors import RigError
from .places import Home
from .processes import myself
from .server import Instance
from .settings import Settings

RED = {"x": 120, "y": 90, "w": 160, "h": 120, "cls": "red"}
BLUE = {"x": 440, "y": 330, "w": 160, "h": 120, "cls": "blue"}


@pytest.fixture(params=["new_engine", "old_engine"])
def engine(request: pytest.FixtureRequest) -> Instance:
    """Each engine in turn."""
    instance: Instance = request.getfixturevalue(request.param)
    return instance


@pytest.fixture(scope="session")
def two(rig: Build) -> str:
    """The picture with two red rectangles and a blue one, in base64."""
    return base64.b64encode((rig.pictures / "two.jpg").read_bytes()).decode()


def hosted(engine: Instance, kind: str, picture: str, **query: str) -> httpx.Response:
    response = httpx.post(
        f"{engine.url}/{engine.models[kind]}",
        params={"api_key": engine.key, **query},
        content=picture,
        headers={"content-type": "application/x-www-form-urlencoded"},
        timeout=60,
        trust_env=False,
    )
    assert response.status_code == 200, response.text
    return response


def operation(engine: Instance, path: str, picture: str, **fields: Any) -> Any:
    image = {"type": "base64", "value": picture}
    body = {"api_key": engine.key, "image": image, **fields}
    response = httpx.post(engine.url + path, json=body, timeout=120, trust_env=False)
    assert response.status_code == 200, response.text
    return response.json()


def test_it_is_the_engine_that_was_asked_for(engine: Instance) -> None:
    response = httpx.get(f"{engine.url}/info", trust_env=False)
    expected = {"new": "inference-models", "old": "old-inference"}[engine.settings.engine]
    assert response.headers["x-inference-engine"] == expected
    assert response.json()["version"] == "1.8.3"


def test_object_detection_sees_red_dogs_and_a_blue_cat(engine: Instance, two: str) -> None:
    predictions = hosted(engine, "object-detection", two).json()["predictions"]
    assert [(p["class"], p["x"], p["y"]) for p in predictions] == [
        ("dog", 120, 90),
        ("cat", 440, 330),
        ("dog", 520, 90),
    ]
    assert [p["confidence"] for p in predictions] == pytest.approx([0.911, 0.862, 0.455], abs=0.001)


def test_object_detection_draws(engine: Instance, two: str) -> None:
    response = hosted(engine, "object-detection", two, format="image")
    assert response.headers["content-type"] == "image/jpeg"
    assert response.content.startswith(b"\xff\xd8\xff")


def test_keypoint_detection_names_five_points(engine: Instance, two: str) -> None:
    person = hosted(engine, "keypoint-detection", two).json()["predictions"][0]
    assert (person["x"], person["y"]) == (120, 90)
    names = ["nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip"]
    assert [point["class"] for point in person["keypoints"]] == names


def test_semantic_segmentation_knows_its_classes(engine: Instance, two: str) -> None:
    predictions = hosted(engine, "semantic-segmentation", two).json()["predictions"]
    assert predictions["class_map"] == {"0": "background", "1": "road", "2": "car"}


def test_lmm_reads_a_picture_that_it_knows(engine: Instance, two: str) -> None:
    answer = operation(engine, "/infer/lmm", two, model_id=engine.models["lmm"], prompt="<CAPTION>")
    assert answer["response"] == {"<CAPTION>": "a red square next to one blue box"}


def test_owlv2_finds_what_the_examples_show(engine: Instance, two: str) -> None:
    examples = [{"image": {"type": "base64", "value": two}, "boxes": [RED, BLUE]}]
    answer = operation(engine, "/owlv2/infer", two, training_data=examples, confidence=0.9)
    assert {prediction["class"] for prediction in answer["predictions"]} == {"red", "blue"}


def test_sam2_masks_follow_colour(engine: Instance, two: str) -> None:
    version = engine.models["sam2"]
    embedded = operation(engine, "/sam2/embed_image", two, image_id="two", sam2_version_id=version)
    assert embedded["image_id"] == "two"
    point = {"points": [{"x": 120, "y": 90, "positive": True}]}
    answer = operation(
        engine,
        "/sam2/segment_image",
        two,
        image_id="two",
        sam2_version_id=version,
        prompts={"prompts": [point]},
    )
    (prediction,) = answer["predictions"]
    corners = sorted(min(polygon) for polygon in prediction["masks"])
    assert corners == [pytest.approx(corner, abs=2) for corner in ([80, 60], [400, 300], [480, 60])]


def test_the_platform_stub_serves_pictures_by_url(engine: Instance) -> None:
    response = httpx.post(
        f"{engine.url}/{engine.models['object-detection']}",
        params={"api_key": engine.key, "image": f"{engine.platform}/img/two.jpg"},
        trust_env=False,
    )
    assert len(response.json()["predictions"]) == 3


def test_the_platform_stub_refuses_wrong_keys(new_engine: Instance) -> None:
    body = {"api_key": "nope", "image": {"type": "base64", "value": ""}, "model_id": "rig-unloaded/1"}
    response = httpx.post(f"{new_engine.url}/infer/object_detection", json=body, trust_env=False)
    assert response.status_code == 401


def test_a_second_instance_of_the_same_name_is_refused(rig: Build, new_engine: Instance) -> None:
    with pytest.raises(RigError, match=f"called {new_engine.name} runs already"):
        server.start(Home.chosen(), rig, Settings("new"), name=new_engine.name)
    assert new_engine.alive()


def test_settings_reach_the_server_and_stopping_leaves_no_process(rig: Build, two: str) -> None:
    home, settings = Home.chosen(), Settings("new", refuse_urls=True, cache_auth=True)
    instance = server.start(home, rig, settings, name=f"pytest-strict-{myself().pid}", owner=myself())
    try:
        hosted(instance, "object-detection", two)
        url = f"{instance.url}/{instance.models['object-detection']}"
        by_url = {"api_key": instance.key, "image": f"{instance.platform}/img/two.jpg"}
        assert httpx.post(url, params=by_url, trust_env=False).status_code == 400
        headers = {"content-type": "text/plain"}
        assert httpx.post(url, content=two, headers=headers, trust_env=False).status_code == 401
    finally:
        server.stop(instance)
    assert not instance.server.alive()
    assert not instance.stub.alive()
    assert server.find(home, instance.name) is None
    assert not (instance.folder / "cache").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(instance.url, trust_env=False)
    shutil.rmtree(instance.folder)
