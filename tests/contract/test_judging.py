"""Two packages judge, one because it is quick and one because it explains: they have to say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from assay.contract import load
from assay.contract.judging import Judge, Schemas
from assay.generate import Context, Picture, example, invalid
from assay.generate.invalid import _candidates, _ways
from assay.suite import suite_folder

from .test_recorded_exchanges import expanded

OPERATIONS = load().operations
MODES = [mode for operation in OPERATIONS.values() for mode in operation.modes.values()]
RESPONSES = sorted({mode.schema for mode in MODES if mode.schema is not None})
ODD: list[Any] = [None, True, [], {}, "", 0, 1e300, 10**30, {"image": {"width": 1.0, "height": 2}, "predictions": []}]


def both(reference: str, instance: Any) -> tuple[bool, bool]:
    """What the quick judge says, and whether the other one finds nothing to explain."""
    judge = load().library._judge(reference)
    return judge.accepts(instance), judge.explains_nothing(instance)


def places(reference: str, instance: Any) -> tuple[list[Any], list[Any]]:
    """Where, and by which keyword, each of them finds it wrong, and how often."""
    judge = load().library._judge(reference)
    explained = [(each.tokens, each.keyword) for each in judge.complaints(instance)]
    return sorted(judge.places(instance), key=repr), sorted(explained, key=repr)


def recorded() -> Iterator[Any]:
    """The distinct shapes of recorded answers: one of each set of pointers is enough."""
    seen = set()
    for file in sorted((suite_folder("fixtures") / "exchanges").glob("*/*/*.json")):
        body = (json.loads(file.read_text("utf-8")).get("response") or {}).get("body") or {}
        if "json" in body and (shape := json.dumps(_shape(body["json"]), sort_keys=True)) not in seen:
            seen.add(shape)
            yield expanded(body["json"])


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return type(value).__name__


ANSWERS = list(recorded())


@pytest.mark.parametrize("reference", RESPONSES)
def test_both_say_the_same_of_recorded_and_odd_answers(reference: str) -> None:
    verdicts = [both(reference, instance) for instance in [*ANSWERS, *ODD]]

    assert [quick for quick, _ in verdicts] == [explaining for _, explaining in verdicts]
    assert not all(quick for quick, _ in verdicts)
    for instance in [*ANSWERS, *ODD]:
        quick, explaining = places(reference, instance)
        assert quick == explaining


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_both_say_the_same_of_requests(operation: Any) -> None:
    names = {parameter.name: parameter.name for parameter in operation.parameters if parameter.place == "path"}
    right = example(operation, Context((Picture(b"picture", 8, 8),), names, ("class",)))

    assert both(operation.request_schema, right) == (True, True)
    for wrong in invalid(operation, right, undocumented=True):
        assert both(operation.request_schema, wrong.instance) == (False, False), wrong.sentence


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_both_find_the_same_places_in_every_request_that_may_be_wrong(operation: Any) -> None:
    """Those that are refused, too: which are invalid in one way alone is told by the quick one."""
    names = {parameter.name: parameter.name for parameter in operation.parameters if parameter.place == "path"}
    right = example(operation, Context((Picture(b"picture", 8, 8),), names, ("class",)), undocumented=True)

    candidates = [changed for way in _ways(operation, True) for _, changed in _candidates(right, way)]
    assert len(candidates) > 20
    for candidate in candidates:
        quick, explaining = places(operation.request_schema, candidate)
        assert quick == explaining, candidate


def test_what_is_no_unicode_is_judged_all_the_same() -> None:
    judge = Judge("urn:x", Schemas({"urn:x": {"type": "object", "required": ["a"]}}))

    assert judge.accepts({"a": 1, "\ud800": 2})
    assert not judge.accepts({"\ud800": 2})
    assert judge.places({"\ud800": 2}) == [(("a",), "required")]


def test_base64_is_asserted_by_both() -> None:
    judge = Judge("urn:x", Schemas({"urn:x": {"contentEncoding": "base64"}}))

    for text, right in (("QUJD", True), ("QU\nJD", True), ("QUJ", False), ("?", False), (7, True)):
        assert (judge.accepts(text), judge.explains_nothing(text)) == (right, right), text
        assert judge.places(text) == ([] if right else [((), "contentEncoding")])
