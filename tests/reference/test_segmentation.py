"""`/sam2/segment_image`: masks that are the painted things, in every form of prompt and of answer."""

from __future__ import annotations

import base64
import io
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from pycocotools import mask as coco

from assay.encodings import encode_png
from assay.reference.prompts import Point, Prompt
from assay.reference.rle import encode
from assay.reference.segmentation import as_polygons
from assay.reference.segmentation import segment as masks_of
from assay.scene import SCENES, Scene, Thing

from .truth import Segment, overlap

# pycocotools is not quite used to NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

OF_ONE_PIECE_EACH = [scene for scene in SCENES.values() if scene.things and not scene.texts]
segmented = pytest.mark.parametrize("scene", OF_ONE_PIECE_EACH, ids=lambda s: s.name)


def point(x: float, y: float, positive: bool = True) -> dict[str, Any]:
    return {"x": x, "y": y, "positive": positive}


def box(x0: float, y0: float, x1: float, y1: float) -> dict[str, float]:
    return {"x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "width": x1 - x0, "height": y1 - y0}


def filled(prediction: dict[str, Any], scene: Scene) -> Any:
    """A polygon answer as a mask, filled as the document's sample fills it."""
    mask = np.zeros((scene.height, scene.width), np.uint8)
    cv2.fillPoly(mask, [np.array(polygon, np.int32) for polygon in prediction["masks"] if polygon], 1)
    return mask == 1


def decoded(prediction: dict[str, Any]) -> Any:
    size, counts = prediction["masks"]["size"], prediction["masks"]["counts"]
    return coco.decode({"size": size, "counts": counts.encode()}) == 1


def predictions(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["predictions"]
    assert all(0 <= one["confidence"] <= 1 for one in found)
    return found


@segmented
def test_a_point_gives_its_thing(segment: Segment, scene: Scene) -> None:
    prompts = [{"points": [point(x, y)]} for x, y in scene.points()]
    polygons, runs = (predictions(segment(scene, prompts, format=form)) for form in ("json", "rle"))
    assert len(polygons) == len(runs) == len(scene.things)
    for thing, polygon, run in zip(scene.things, polygons, runs, strict=True):
        assert np.array_equal(decoded(run), scene.mask(thing))
        assert np.array_equal(filled(polygon, scene), scene.mask(thing))
        assert polygon["format"] == "polygon"
        assert run["format"] == "rle"
        assert run["masks"]["size"] == [scene.height, scene.width]
        assert polygon["confidence"] == run["confidence"]
        assert all(isinstance(value, int) for outline in polygon["masks"] for xy in outline for value in xy)


@segmented
def test_jpegs_give_nearly_the_same(segment: Segment, scene: Scene) -> None:
    prompts = [{"points": [point(x, y)]} for x, y in scene.points()]
    for thing, run in zip(scene.things, predictions(segment(scene.jpeg(90), prompts, format="rle")), strict=True):
        assert overlap(decoded(run), scene.mask(thing)) > 0.8


def test_binary_holds_logits_of_the_same_masks(segment: Segment) -> None:
    scene = SCENES["tokens"]
    prompts = [{"points": [point(x, y)]} for x, y in scene.points()]
    response = segment(scene, prompts, format="binary")
    assert response.headers["content-type"] == "application/octet-stream"
    with np.load(io.BytesIO(response.content), allow_pickle=False) as archive:
        assert sorted(archive) == ["low_res_masks", "masks"]
        masks, low = archive["masks"], archive["low_res_masks"]
    assert masks.shape == (4, scene.height, scene.width)
    assert masks.dtype == np.float32
    assert low.shape == (4, 256, 256)
    for thing, mask, small in zip(scene.things, masks, low, strict=True):
        assert np.array_equal(mask >= 0, scene.mask(thing))
        shrunk = cv2.resize(scene.mask(thing).astype(np.uint8), (256, 256), interpolation=cv2.INTER_NEAREST) == 1
        assert overlap(small >= 0, shrunk) > 0.9
    assert response.content == segment(scene, prompts, format="binary").content


def test_prompts_in_all_their_forms(client: httpx.Client, segment: Segment) -> None:
    scene = SCENES["counters"]
    x, y = scene.points()[1]
    wanted = predictions(segment(scene, [{"points": [point(x, y)]}]))
    image = {"type": "base64", "value": base64.b64encode(scene.png()).decode()}
    for form in (
        {"prompts": [{"points": [point(x, y)]}]},
        [{"points": [point(x, y)]}],
        {"points": [point(x, y)]},
    ):
        body = {"api_key": "reference", "image": image, "prompts": form}
        assert predictions(client.post("/sam2/segment_image", json=body)) == wanted


def test_without_a_prompt_the_most_prominent_thing_is_meant(segment: Segment) -> None:
    scene = SCENES["counters"]
    for form in (segment(scene), segment(scene, []), segment(scene, [{"unknown": 1}])):
        (one,) = predictions(form)
        largest = max(scene.things, key=lambda thing: scene.mask(thing).sum())
        assert np.array_equal(filled(one, scene), scene.mask(largest))


def test_prompts_are_answered_in_their_order(segment: Segment) -> None:
    scene = SCENES["tokens"]
    prompts = [{"points": [point(x, y)]} for x, y in scene.points()]
    assert predictions(segment(scene, prompts[::-1])) == predictions(segment(scene, prompts))[::-1]
    assert [predictions(segment(scene, [prompt]))[0] for prompt in prompts] == predictions(segment(scene, prompts))


def test_several_points_join_and_negative_ones_take_away(segment: Segment) -> None:
    scene = SCENES["counters"]
    (first, second, third), masks = scene.points(), [scene.mask(thing) for thing in scene.things]
    (both,) = predictions(segment(scene, [{"points": [point(*first), point(*second)]}]))
    assert np.array_equal(filled(both, scene), masks[0] | masks[1])
    assert len(both["masks"]) == 2
    points = [point(*first), point(*third), point(*third, positive=False)]
    (less,) = predictions(segment(scene, [{"points": points}]))
    assert np.array_equal(filled(less, scene), masks[0])


def test_nothing_left_is_an_empty_polygon(segment: Segment) -> None:
    scene = SCENES["counters"]
    x, y = scene.points()[0]
    for points in ([point(x, y), point(x, y, positive=False)], [point(-5, 10)], [point(10**9, 1)]):
        (polygon,) = predictions(segment(scene, [{"points": points}]))
        assert polygon == {"masks": [[]], "confidence": 0.0, "format": "polygon"}
        (run,) = predictions(segment(scene, [{"points": points}], format="rle"))
        assert not decoded(run).any()


def test_a_box_is_anchored_at_its_centre(segment: Segment) -> None:
    scene = SCENES["counters"]
    for thing in scene.things:
        x0, y0, x1, y1 = thing.box
        around = {"box": box(x0 - 6, y0 - 6, x1 + 6, y1 + 6)}
        (one,) = predictions(segment(scene, [around]))
        assert np.array_equal(filled(one, scene), scene.mask(thing))
    thing = scene.things[0]
    x0, y0, x1, y1 = thing.box
    (part,) = predictions(
        segment(scene, [{"box": box(x0, y0, (x0 + x1) / 2, y1), "points": [point(*scene.points()[0])]}])
    )
    mask = filled(part, scene)
    assert mask.sum() == scene.mask(thing).sum() / 2
    assert not mask[:, (x0 + x1) // 2 :].any()


def test_a_point_on_the_background_gives_the_background(segment: Segment) -> None:
    scene = SCENES["trio"]
    (run,) = predictions(segment(scene, [{"points": [point(2, 2)]}], format="rle"))
    assert np.array_equal(decoded(run), scene.owners() == -1)


def test_a_blank_has_no_thing(segment: Segment) -> None:
    assert predictions(segment(SCENES["blank"]))[0]["masks"] == [[]]


@pytest.mark.parametrize("field", [{"multimask_output": False}, {"image_id": "a"}, {"sam2_version_id": "hiera_large"}])
def test_other_fields_leave_the_answer_as_it_is(segment: Segment, field: dict[str, Any]) -> None:
    scene = SCENES["wide"]
    prompts = [{"points": [point(x, y)]} for x, y in scene.points()]
    assert predictions(segment(scene, prompts, **field)) == predictions(segment(scene, prompts, unknown={"a": 1}))


def test_specks_that_no_polygon_can_hold_are_in_no_format() -> None:
    things = (Thing("dog", (10, 10, 40, 40), (255, 0, 0)), Thing("dog", (60, 60, 61, 61), (255, 0, 0)),
              Thing("dog", (70, 20, 90, 21), (255, 0, 0)))  # fmt: skip
    scene = Scene("specks", 120, 90, things)
    points = tuple(Point(x, y, True) for x, y in scene.points())
    (one,) = masks_of(scene.pixels(), [Prompt(points)])
    assert np.array_equal(one.mask, scene.mask(things[0]))
    assert as_polygons(one.mask) == [[[10, 10], [10, 39], [39, 39], [39, 10]]]


def test_any_picture_gets_formats_that_agree(segment: Segment) -> None:
    random = np.random.default_rng(4)
    noise = cv2.GaussianBlur(random.integers(0, 256, (96, 130, 3), np.uint8), (9, 9), 0)
    scene = Scene("noise", 130, 96)
    for pixels in (np.asarray(noise, np.uint8), random.integers(0, 256, (96, 130, 3), np.uint8)):
        prompts = [{"points": [point(float(x), float(y))]} for x, y in random.integers(0, 96, (20, 2))]
        polygons, runs = (predictions(segment(encode_png(pixels), prompts, format=form)) for form in ("json", "rle"))
        for polygon, run in zip(polygons, runs, strict=True):
            mask, outline = decoded(run), filled(polygon, scene)
            assert not (mask & ~outline).any()  # a polygon fills the holes, and nothing else differs
            assert mask.any() == outline.any()


def test_run_lengths_are_those_of_coco() -> None:
    random = np.random.default_rng(3)
    masks = [
        random.random((h, w)) < density for h, w in ((1, 1), (5, 9), (64, 48), (300, 7)) for density in (0, 0.1, 0.5, 1)
    ]
    masks += [scene.owners() >= 0 for scene in SCENES.values()]
    large = np.zeros((700, 900), bool)
    large[3, 4], large[650:, 800:] = True, True
    for mask in [*masks, large]:
        wanted = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
        assert encode(mask) == {"size": list(mask.shape), "counts": wanted["counts"].decode()}
