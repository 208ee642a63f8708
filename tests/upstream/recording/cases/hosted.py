"""The hosted route, POST /{dataset}/{version}: parameters, ways to send a picture, refusals."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from assay.scene import SCENES

from ..case import BLANK, FORM, JSON, TWO, TWO_URL, Case, hosted, hosted_url, multipart
from ..normalise import PLATFORM
from ..references import reference

DETECTOR, KEYPOINTS, SEGMENTATION = "rig-animals/1", "rig-people/1", "rig-road/1"
ORIGIN = {"origin": "http://example.com"}
TEXT = "aGVsbG8gd29ybGQsIG5vdCBhbiBpbWFnZQ=="  # base64 of words


def object_detection() -> Iterator[Case]:
    """Everything that the detector is asked."""
    yield from _parameters(DETECTOR)
    yield from _bodies()
    yield from _methods()
    yield hosted("countinference-false", DETECTOR, countinference="false")
    yield hosted("disable-active-learning", DETECTOR, disable_active_learning="true")
    yield hosted("stroke-text", DETECTOR, stroke="abc")
    yield hosted("labels-text", DETECTOR, labels="abc")
    yield hosted("unknown-parameter", DETECTOR, foo="bar")
    yield hosted("image-type-numpy", DETECTOR, image_type="numpy")
    yield hosted("image-type-unknown", DETECTOR, image_type="bogus")
    neighbours = reference("overlap.jpg")  # their boxes overlap with an IoU of 0.304
    yield hosted("neighbours", DETECTOR, neighbours)
    for overlap in ("30", "0.3", "31", "50", "100", "1", "0"):
        yield hosted(f"neighbours-overlap-{overlap}", DETECTOR, neighbours, overlap=overlap)
    yield neighbours_with_half_a_percent()


def keypoints() -> Iterator[Case]:
    """Everything that the keypoint model is asked."""
    yield from _parameters(KEYPOINTS)
    for confidence in ("0.5", "50"):
        yield hosted(f"keypoint-confidence-{confidence}", KEYPOINTS, keypoint_confidence=confidence)
    yield at_the_edge()


def neighbours_with_half_a_percent() -> Case:
    """Boxes that overlap by 30 percent, where half a percent is allowed."""
    return hosted("neighbours-overlap-0.5", DETECTOR, reference("overlap.jpg"), overlap="0.5")


def at_the_edge() -> Case:
    """Persons so near the picture's edge that a part of them is cut off."""
    return hosted("at-the-edge", KEYPOINTS, base64.b64encode(SCENES["menagerie"].png()).decode())


def semantic_segmentation() -> Iterator[Case]:
    """Everything that the segmentation model is asked."""
    yield from _parameters(SEGMENTATION)


def errors() -> Iterator[Case]:
    """Paths that name no model."""
    yield hosted("unknown-model", "no-such-model/1")
    yield hosted("unknown-version", "rig-animals/99")
    yield hosted("version-not-a-number", "rig-animals/abc")
    yield hosted("version-0", "rig-animals/0")
    yield hosted("no-version", "rig-animals")
    yield hosted("no-version-slash", "rig-animals/")
    yield hosted("three-segments", "rig-workspace/rig-animals/1")
    yield hosted("unknown-model-no-key", "no-such-model/1", key=None)


def _parameters(model: str) -> Iterator[Case]:
    yield hosted("plain", model)
    yield hosted("blank-picture", model, BLANK)
    for confidence in (
        "0",
        "0.5",
        "1",
        "2",
        "40",
        "50",
        "90",
        "100",
        "150",
        "-1",
        "best",
        "default",
        "abc",
        "",
    ):
        yield hosted(f"confidence-{confidence or 'empty'}", model, confidence=confidence)
    for overlap in ("30", "0.3", "0", "100", "abc"):
        yield hosted(f"overlap-{overlap}", model, overlap=overlap)
    yield hosted("classes-dog", model, classes="dog")
    yield hosted("class-filter-dog", model, class_filter="dog")
    yield hosted("format-json", model, format="json")
    yield hosted("format-image", model, format="image")
    yield hosted("format-image-labels-stroke", model, format="image", labels="on", stroke="5")
    yield hosted("format-image-and-json", model, format="image_and_json", labels="true", stroke="2")
    yield hosted("format-unknown", model, format="bogus")
    yield hosted("image-url", model, None, image=TWO_URL)
    yield hosted("image-url-missing", model, None, image=f"http://{PLATFORM}/nope/two.jpg")
    yield hosted("image-url-no-picture", model, None, image=f"http://{PLATFORM}/?api_key=rig-key")
    yield hosted("max-detections-1", model, max_detections="1")


def _bodies() -> Iterator[Case]:
    for name, picture in (
        ("png", reference("two.png")),
        ("webp", reference("two.webp")),
        ("gif", reference("two.gif")),
        ("grey", reference("grey.jpg")),
        ("turned", reference("turned.jpg")),  # EXIF says to turn it
        ("percent-encoded", reference("two.jpg", "base64-percent")),
        ("data-uri", f"data:image/jpeg;base64,{TWO}"),
        ("newlines", reference("two.jpg", "base64-lines")),
        ("no-padding", reference("two.jpg", "base64-unpadded")),
        ("empty", ""),
        ("bad-base64", "!!!not base64!!!"),
        ("base64-of-text", TEXT),
    ):
        yield hosted(f"body-{name}", DETECTOR, picture)
    url = hosted_url(DETECTOR)
    truncated = reference("two-truncated.jpg")
    yield Case("body-truncated-jpeg", "POST", url, FORM, text=truncated)
    yield Case("body-raw-bytes", "POST", url, {"content-type": "image/jpeg"}, text=reference("two.jpg", "bytes"))
    for name, part in (("multipart", "file"), ("multipart-wrong-part", "image")):
        headers, text = multipart(part)
        yield Case(f"body-{name}", "POST", url, headers, text=text)
    yield Case("body-text-plain", "POST", url, {"content-type": "text/plain"}, text=TWO)
    yield Case("body-json-object", "POST", url, JSON, json={"image": TWO})
    yield Case("body-json-string", "POST", url, JSON, json=TWO)
    yield Case("body-no-content-type", "POST", url, text=TWO)


def _methods() -> Iterator[Case]:
    url = hosted_url(DETECTOR)
    yield Case("get-image-url", "GET", hosted_url(DETECTOR, image=TWO_URL))
    yield Case("get-no-image", "GET", url)
    yield Case("put", "PUT", url, FORM, text=TWO)
    yield Case("delete", "DELETE", url)
    yield Case("head", "HEAD", url)
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    yield Case("options-preflight", "OPTIONS", url, {**ORIGIN, **asked})
    yield Case("post-from-origin", "POST", url, {**FORM, **ORIGIN}, text=TWO)
