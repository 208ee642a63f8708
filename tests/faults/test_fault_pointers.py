from __future__ import annotations

from typing import Any

import pytest

from assay.faults.pointers import places

DOCUMENT: dict[str, Any] = {
    "predictions": [{"x": 1, "points": [{"y": 2}, {"y": 3}]}, {"points": []}, "odd"],
    "image": {"width": 4, "a/b": 5, "a~b": 6},
}


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("/predictions/*/x", [1]),
        ("/predictions/0/x", [1]),
        ("/predictions/*/points/*/y", [2, 3]),
        ("/image/*", [4, 5, 6]),
        ("/image/a~1b", [5]),
        ("/image/a~0b", [6]),
        ("/predictions/7/x", []),
        ("/predictions/-1/x", []),
        ("/image/width/deeper", []),
        ("/nothing", []),
    ],
)
def test_a_pattern_names_what_is_there_and_nothing_else(pattern: str, values: list[Any]) -> None:
    assert [place.value for place in places(DOCUMENT, pattern)] == values


def test_a_pattern_names_members() -> None:
    with pytest.raises(ValueError, match="predictions"):
        places(DOCUMENT, "predictions")


@pytest.mark.parametrize("document", [None, 3, "text", [], {}])
def test_a_document_without_members_has_no_places(document: Any) -> None:
    assert places(document, "/predictions/*/x") == []
