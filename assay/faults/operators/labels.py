"""Operators on the answers of models that give a picture several labels; other answers pass untouched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contract.message import Request
from assay.faults.model import ResponseOperator
from assay.faults.operators.fields import edit_json

Known = dict[str, Any]


def change_labels(change: Callable[[Known, list[str]], tuple[Known, list[str]]]) -> ResponseOperator:
    """Change the labels that are known, by name, and those that are predicted."""

    def edit(request: Request, document: Any) -> Any:
        if _is_labelling(document):
            known, predicted = change(document["predictions"], document["predicted_classes"])
            document |= {"predictions": known, "predicted_classes": predicted}
        return document

    return edit_json(edit)


def size_of_labelled(change: Callable[[int, int], tuple[int, int]]) -> ResponseOperator:
    """Change the width and the height that are stated."""

    def edit(request: Request, document: Any) -> Any:
        if _is_labelling(document):
            width, height = change(document["image"]["width"], document["image"]["height"])
            document["image"] = {"width": width, "height": height}
        return document

    return edit_json(edit)


def _is_labelling(document: Any) -> bool:
    return isinstance(document, dict) and "predicted_classes" in document
