"""Which operation an exchange belongs to, told from the wire alone."""

from __future__ import annotations

from functools import cache
from typing import Any

from assay.contract import load
from assay.contract.message import Request, Response
from assay.faults.model import CLASSIFICATION, INSTANCES, KEYPOINT_DETECTION, OBJECT_DETECTION, SEMANTIC

# Routes of two segments that a server may have beside the hosted model route, by their first segment.
# fmt: off
_OTHER_ROUTES = frozenset((
    "_next", "build", "clip", "device", "doctr", "docs", "easy_ocr", "gaze", "grounding_dino", "infer",
    "inference_pipelines", "model", "notebook", "ocr", "owlv2", "perception_encoder", "sam", "sam2", "sam3",
    "sam3_3d", "static", "webrtc", "workflows", "yolo_world",
))
# fmt: on


HOSTED_ROUTE = "/{dataset}/{version}"
LMM_ROUTE = "/infer/lmm"
"""Behind it the model may stand as well, where the server has that route."""


def candidates(method: str, path: str) -> tuple[str, ...]:
    """The operations that a request may be of; the hosted route does not show its model's task."""
    found = _by_route().get((method, path), ())
    if found or method not in ("GET", "POST"):  # the server answers both, for a picture by its address
        return found
    if path.startswith(f"{LMM_ROUTE}/"):
        return _by_route()["POST", LMM_ROUTE]
    segments = path.split("/")[1:]
    if len(segments) == 2 and all(segments) and segments[0] not in _OTHER_ROUTES:
        return _by_route()["POST", HOSTED_ROUTE]
    return ()


@cache
def _by_route() -> dict[tuple[str, str], tuple[str, ...]]:
    """The operations of the contract, and the routes about the server itself, by method and path."""
    routes: dict[tuple[str, str], tuple[str, ...]] = {}
    for operation in (*load().operations.values(), *load().services.values()):
        route = (operation.method, operation.path)
        routes[route] = (*routes.get(route, ()), operation.id)
    return routes


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
    if isinstance(predictions, dict) and "segmentation_mask" in predictions:
        return SEMANTIC
    if not isinstance(predictions, list) or not predictions or not isinstance(predictions[0], dict):
        return None
    first = predictions[0]
    if "keypoints" in first:
        return KEYPOINT_DETECTION
    if "points" in first or "rle" in first:
        return INSTANCES
    return CLASSIFICATION if "top" in document else OBJECT_DETECTION
