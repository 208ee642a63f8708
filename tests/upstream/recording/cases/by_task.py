"""The routes that name the task, which a serverless deployment does not have."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import KEY, Case, image, posting

DETECTOR = {"api_key": KEY, "model_id": "rig-animals/1", "image": image()}


def cases() -> Iterator[Case]:
    """One plain request for each task, and the detector's parameters."""
    yield posting("object-detection", "/infer/object_detection", DETECTOR)
    yield posting(
        "object-detection-class-filter",
        "/infer/object_detection",
        DETECTOR,
        class_filter=["dog"],
        confidence=0.6,
    )
    yield posting("object-detection-confidence-40", "/infer/object_detection", DETECTOR, confidence=40)
    yield from without_a_picture()
    yield posting("keypoints", "/infer/keypoints_detection", DETECTOR, model_id="rig-people/1")
    yield posting("semantic-segmentation", "/infer/semantic_segmentation", DETECTOR, model_id="rig-road/1")
    yield posting("semantic-segmentation-model-null", "/infer/semantic_segmentation", DETECTOR, model_id=None)
    for name, wrong in (("without-value", {"type": "base64"}), ("value-number", {"type": "base64", "value": 7.5})):
        path = "/infer/semantic_segmentation"
        yield posting(f"semantic-segmentation-image-{name}", path, DETECTOR, model_id="rig-road/1", image=wrong)


def without_a_picture() -> Iterator[Case]:
    """Image objects whose value is missing, or is no text."""
    for name, image_object in (
        ("image-without-value", {"type": "base64"}),
        ("image-value-number", {"type": "base64", "value": 7.5}),
    ):
        yield posting(f"object-detection-{name}", "/infer/object_detection", DETECTOR, image=image_object)
