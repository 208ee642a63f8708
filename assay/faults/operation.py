"""Which operation an exchange belongs to, told from the wire alone."""

from __future__ import annotations

from typing import Any

from assay.contract.message import Request, Response
from assay.faults.model import HOSTED, KEYPOINT_DETECTION, OBJECT_DETECTION, SEGMENT

# Routes of two segments that a server may have beside the hosted model route, by their first segment.
# fmt: off
_OTHER_ROUTES = frozenset((
    "_next", "build", "clip", "device", "doctr", "docs", "easy_ocr", "gaze", "grounding_dino", "infer",
    "inference_pipelines", "model", "notebook", "ocr", "owlv2", "perception_encoder", "sam", "sam2", "sam3",
    "sam3_3d", "static", "webrtc", "workflows", "yolo_world",
))
# fmt: on


def candidates(method: str, path: str) -> tuple[str, ...]:
    """The operations that a request may be of; the hosted route does not show its model's task."""
    if method != "POST":
        return ()
    if path == "/sam2/segment_image":
        return (SEGMENT,)
    segments = path.split("/")[1:]
    if len(segments) == 2 and all(segments) and segments[0] not in _OTHER_ROUTES:
        return HOSTED
    return ()


class Tasks:
    """What the answers so far have shown of each model's task.

    An answer shows it by its predictions; a drawing, a refusal or an empty answer does not, and is taken for
    one of the task that the model's other answers had.
    """

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def narrowed(self, request: Request, possible: tuple[str, ...]) -> tuple[str, ...]:
        """The operations that are still possible: one, where the model's task is known."""
        known = self._known.get(request.path)
        return (known,) if known in possible and known is not None else possible

    def learn(self, request: Request, response: Response) -> None:
        """Take note of what an answer of the hosted route shows."""
        task = _task(response)
        if task is not None:
            self._known[request.path] = task


def _task(response: Response) -> str | None:
    try:
        document = response.json()
    except ValueError:
        return None
    predictions: Any = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(predictions, list) or not predictions or not isinstance(predictions[0], dict):
        return None
    return KEYPOINT_DETECTION if "keypoints" in predictions[0] else OBJECT_DETECTION
