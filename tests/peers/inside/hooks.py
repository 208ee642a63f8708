"""Runs in schemathesis' own environment: gives requests what no schema can say, so that they reach a model.

A schema says that a picture is base64 and a model a name; which bytes are a picture, and which names are models, only a
deployment knows. What schemathesis has made wrong on purpose is left as it is.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
from schemathesis.core.parameters import ParameterLocation

PICTURE = Path(os.environ["ASSAY_PICTURE"]).read_bytes()
ADDRESS = os.environ["ASSAY_PICTURE_ADDRESS"]
HOSTED = "/{dataset}/{version}"
# Read as schemathesis reads the document's own pattern, so that this says the same of odd spaces.
URL = jsonschema_rs.validator_for({"type": "string", "pattern": r"^https?://[^\s/]+"})
MODELS = {
    "/infer/lmm": "florence-2-base",
    "/infer/object_detection": "shapes/1",
    "/infer/keypoints_detection": "figures/1",
    "/infer/semantic_segmentation": "regions/1",
}
OF_HOSTED = ("shapes", "figures", "outlines", "kinds", "regions")
PROMPTS = ("<CAPTION>", "<OD>", "<OCR>", "<DETAILED_CAPTION>", "<REFERRING_EXPRESSION_SEGMENTATION>a dog")


@schemathesis.hook  # type: ignore[untyped-decorator]  # its package is not here
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Fills in pictures, models and prompts; what was wrong stays so, and what was not does too."""
    wrong = case.meta.is_negative_at if case.meta else lambda place: False
    path = case.operation.path
    if path == HOSTED:
        _fill_hosted(case, wrong)
    elif isinstance(case.body, dict | list):
        case.body = _with_pictures(case.body)
        if path in MODELS and not wrong(ParameterLocation.BODY):
            case.body["model_id"] = MODELS[path]
        if path == "/infer/lmm" and not wrong(ParameterLocation.BODY):
            case.body["prompt"] = _one_of(PROMPTS, case.body["prompt"])


def _fill_hosted(case: Any, wrong: Any) -> None:
    if not wrong(ParameterLocation.PATH):
        case.path_parameters = {"dataset": _one_of(OF_HOSTED, str(case.path_parameters)), "version": "1"}
    if not wrong(ParameterLocation.QUERY):
        case.query.pop("image", None)
        if case.method == "GET":
            case.query["image"] = ADDRESS
    if case.method == "POST" and not wrong(ParameterLocation.BODY):
        form = case.media_type == "multipart/form-data"
        case.body = {"file": PICTURE} if form else base64.b64encode(PICTURE).decode()


def _with_pictures(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_pictures(item) for item in value]
    if not isinstance(value, dict):
        return value
    content = value.get("value")
    if value.get("type") == "base64" and isinstance(content, str) and content:
        return value | {"value": base64.b64encode(PICTURE).decode()}
    if value.get("type") == "url" and URL.is_valid(content):
        return value | {"value": ADDRESS}
    return {name: _with_pictures(item) for name, item in value.items()}


def _one_of(choices: tuple[str, ...], chosen_by: str) -> str:
    return choices[sum(chosen_by.encode("utf-8", "replace")) % len(choices)]
