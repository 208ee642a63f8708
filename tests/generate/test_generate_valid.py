"""Every valid draw keeps its schema, and makes sense: pictures decode, points lie inside, names are known."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, Verbosity, find, given, seed, settings
from hypothesis import strategies as st

from assay import generate
from assay.contract import Operation, load
from assay.contract.schemas import Library
from assay.generate.keywords import STRUCTURE, VALUES, check


def png(width: int, height: int) -> bytes:
    return bytes(cv2.imencode(".png", np.full((height, width, 3), 90, np.uint8))[1])


SIZES = {png(width, height): (width, height) for width, height in ((64, 48), (7, 90), (1, 1))}
PICTURES = tuple(generate.Picture(data, *size) for data, size in SIZES.items())
MODEL = {"dataset": "rig-animals", "version": "1"}
CONTEXT = generate.Context(PICTURES, MODEL, ("dog", "cat"))
ADDRESS = "https://example.org/a.png"
OPERATIONS = list(load().operations.values())
OWLV2 = load().operation("owlv2.infer")
HOSTED, SAM2 = load().operation("hosted.object-detection"), load().operation("sam2.segment")
QUICK = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def every(operation: Operation, judge: Callable[[Any], None], **more: Any) -> None:
    """Hold many draws to a judgement."""
    context = more.pop("context", CONTEXT)

    @QUICK
    @given(generate.valid(operation, context, **more))
    def draws(instance: Any) -> None:
        judge(instance)

    draws()


@pytest.mark.parametrize("undocumented", [False, True])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_draw_keeps_the_schema_and_can_be_sent(operation: Operation, undocumented: bool) -> None:
    def judge(instance: Any) -> None:
        assert load().validate(str(operation.request_schema), instance) == []
        operation.to_request(instance)

    every(operation, judge, undocumented=undocumented)
    judge(generate.example(operation, CONTEXT, undocumented=undocumented))


def test_hosted_draws_carry_a_picture_of_the_context_and_name_its_model() -> None:
    def judge(instance: Any) -> None:
        assert base64.b64decode(instance["body"]) in SIZES
        assert instance["path"] == MODEL
        assert "image" not in instance.get("query", {})
        assert "api_key" not in instance.get("query", {})

    every(HOSTED, judge)


def test_points_and_boxes_lie_inside_the_picture_that_is_sent() -> None:
    def judge(instance: Any) -> None:
        width, height = SIZES[base64.b64decode(instance["image"]["value"])]
        for prompt in instance.get("prompts", {}).get("prompts", []):
            assert prompt
            for point in prompt.get("points", []):
                assert 0 <= point["x"] < width
                assert 0 <= point["y"] < height
            if "box" in prompt:
                box = prompt["box"]
                assert box["x"] - box["width"] / 2 >= 0
                assert box["x"] + box["width"] / 2 <= width
                assert box["y"] - box["height"] / 2 >= 0
                assert box["y"] + box["height"] / 2 <= height

    every(SAM2, judge)


def test_example_boxes_are_whole_pixels_inside_their_picture_and_have_a_name() -> None:
    def judge(instance: Any) -> None:
        assert instance["training_data"]
        for example in instance["training_data"]:
            width, height = SIZES[base64.b64decode(example["image"]["value"])]
            assert example["boxes"]
            for box in example["boxes"]:
                assert all(isinstance(box[name], int) for name in ("x", "y", "w", "h"))
                assert box["x"] - box["w"] / 2 >= (0 if width > 1 else -0.5)
                assert box["x"] + box["w"] / 2 <= width
                assert box["y"] - box["h"] / 2 >= (0 if height > 1 else -0.5)
                assert box["y"] + box["h"] / 2 <= height
                assert box["cls"] in CONTEXT.classes

    every(OWLV2, judge)


def test_names_of_examples_are_made_up_where_none_are_known() -> None:
    def judge(instance: Any) -> None:
        assert all(box["cls"] for example in instance["training_data"] for box in example["boxes"])

    every(OWLV2, judge, context=dataclasses.replace(CONTEXT, classes=()))


def test_a_version_is_named_only_where_one_is_given() -> None:
    def judge(instance: Any) -> None:
        assert "owlv2_version_id" not in instance

    every(OWLV2, judge, undocumented=True)


def test_prompts_of_one_call_are_alike() -> None:
    def judge(instance: Any) -> None:
        assert len({frozenset(prompt) for prompt in instance.get("prompts", {}).get("prompts", [])}) <= 1

    every(SAM2, judge)


def test_classes_are_known_or_the_one_unknown() -> None:
    def judge(instance: Any) -> None:
        named = instance.get("query", {}).get("classes", "dog").split(",")
        assert set(named) <= {"dog", "cat"} or named == [generate.UNKNOWN_CLASS]
        assert len(set(named)) == len(named)

    every(HOSTED, judge)


@pytest.mark.parametrize(
    ("what", "there"),
    [
        ("a query with nothing in it", lambda instance: not instance.get("query")),
        ("every documented parameter at some time", lambda instance: "stroke" in instance.get("query", {})),
        ("an unknown class", lambda instance: instance.get("query", {}).get("classes") == generate.UNKNOWN_CLASS),
        ("two classes", lambda instance: "," in instance.get("query", {}).get("classes", "")),
        ("a fraction", lambda instance: instance.get("query", {}).get("confidence", 1) % 1 != 0),
        ("the end of a range", lambda instance: instance.get("query", {}).get("confidence") == 100),
        ("another mode", lambda instance: instance.get("query", {}).get("format") == "image_and_json"),
    ],
)
def test_hosted_draws_reach(what: str, there: Callable[[Any], bool]) -> None:
    assert find(generate.valid(HOSTED, CONTEXT), there, settings=settings(QUICK, max_examples=3000)), what


@pytest.mark.parametrize(
    ("what", "there"),
    [
        ("a box", lambda instance: "box" in prompts(instance)[0]),
        ("points and a box", lambda instance: len(prompts(instance)[0]) == 2),
        ("several prompts", lambda instance: len(prompts(instance)) == 3),
        ("a negative point", lambda instance: not prompts(instance)[0]["points"][0]["positive"]),
    ],
)
def test_sam2_draws_reach(what: str, there: Callable[[Any], bool]) -> None:
    def safely(instance: Any) -> bool:
        try:
            return there(instance)
        except (KeyError, IndexError):
            return False

    assert find(generate.valid(SAM2, CONTEXT), safely, settings=settings(QUICK, max_examples=3000)), what


def prompts(instance: Any) -> Any:
    return instance["prompts"]["prompts"]


def test_optional_parameters_are_left_out_often() -> None:
    sizes: list[int] = []
    every(HOSTED, lambda instance: sizes.append(len(instance.get("query", {}))))
    assert sizes.count(0) > len(sizes) // 8
    assert max(sizes) >= 3


def test_what_only_the_server_knows_is_drawn_on_demand_alone() -> None:
    promised = {"image", "prompts", "sam2_version_id"}
    every(SAM2, lambda instance: assert_(set(instance) <= promised))
    every(SAM2, lambda instance: assert_(instance.get("sam2_version_id", "hiera_tiny") == "hiera_tiny"))
    names: set[str] = set()
    every(SAM2, names.update, undocumented=True)
    assert {"format", "multimask_output", "image_id"} <= names
    assert "api_key" not in names


def assert_(holds: bool) -> None:
    assert holds


def test_what_every_documented_call_sends_is_always_drawn_unless_the_undocumented_is_asked_for() -> None:
    every(SAM2, lambda instance: assert_({"prompts", "sam2_version_id"} <= set(instance)))
    assert find(generate.valid(SAM2, CONTEXT, undocumented=True), lambda instance: "prompts" not in instance)


def test_a_picture_with_an_address_goes_either_way() -> None:
    context = generate.Context((generate.Picture(png(8, 8), 8, 8, ADDRESS),), MODEL)
    ways = {"body": 0, "image": 0}

    def judge(instance: Any) -> None:
        assert not list(load().validate(str(HOSTED.request_schema), instance))
        assert ("body" in instance) != (instance.get("query", {}).get("image") == ADDRESS)
        ways["body" if "body" in instance else "image"] += 1

    every(HOSTED, judge, context=context)
    assert all(ways.values())
    kinds: set[str] = set()
    every(SAM2, lambda instance: kinds.add(instance["image"]["type"]), context=context)
    assert kinds == {"url", "base64"}


def test_fixed_values_are_always_there() -> None:
    fixed = {"/query/format": "image", "/query/disable_active_learning": True}
    context = generate.Context(PICTURES, MODEL, fixed=fixed)

    def judge(instance: Any) -> None:
        assert (instance["query"]["format"], instance["query"]["disable_active_learning"]) == ("image", True)

    # The query is optional, but there as soon as something in it is fixed.
    every(HOSTED, judge, context=context)


def test_the_example_has_everything_that_is_promised() -> None:
    example = generate.example(HOSTED, CONTEXT)
    assert set(example["query"]) == {"classes", "overlap", "confidence", "stroke", "labels", "format", "name"}
    (prompt,) = generate.example(SAM2, CONTEXT)["prompts"]["prompts"]
    assert set(prompt) == {"points", "box"}
    assert generate.example(SAM2, CONTEXT) == generate.example(SAM2, CONTEXT)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_the_same_seed_draws_the_same_requests(operation: Operation) -> None:
    def run(number: int) -> list[bytes]:
        drawn: list[bytes] = []

        @seed(number)
        @settings(QUICK, derandomize=False, max_examples=40, phases=[Phase.generate], verbosity=Verbosity.quiet)
        @given(generate.valid(operation, CONTEXT, undocumented=True))
        def draws(instance: Any) -> None:
            request = operation.to_request(instance)
            drawn.append(request.url.encode() + request.body)

        draws()
        return drawn

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_failure_shrinks_to_the_least_request() -> None:
    least = find(generate.valid(HOSTED, CONTEXT), lambda instance: True, settings=QUICK)
    assert least == {"path": MODEL, "body": base64.b64encode(PICTURES[0].data).decode()}


def test_the_generator_knows_what_requests_use_and_nothing_more() -> None:
    used: set[str] = set()
    for operation in OPERATIONS:
        check(operation.library, str(operation.request_schema))
    for name in load().library.files:
        if name.startswith(("requests/", "parts/image-object", "parts/point", "parts/prompt")):
            used |= keywords(load().library.node(name).schema)
    assert used & (VALUES | STRUCTURE) == VALUES | STRUCTURE


def keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(keywords, schema)) if schema else set()
    return set(schema).union(*map(keywords, schema.values())) if isinstance(schema, dict) else set()


@pytest.mark.parametrize(
    ("keyword", "schema"),
    [
        ("dependentRequired", {"type": "object", "dependentRequired": {"a": ["b"]}}),
        ("uniqueItems", {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}),
        ("multipleOf", {"type": "object", "allOf": [{"if": {}, "then": {"properties": {"a": {"multipleOf": 2}}}}]}),
        ("format", {"type": "object", "properties": {"a": {"type": "array", "items": {"format": "uri"}}}}),
        ("nonsense", {"nonsense": 1}),
        ("then: false", {"if": {}, "then": False}),
    ],
)
def test_an_unknown_keyword_raises_before_anything_is_drawn(tmp_path: Path, keyword: str, schema: Any) -> None:
    operation = operation_with(tmp_path, schema)
    for call in (generate.valid, generate.example):
        with pytest.raises(generate.UnknownKeyword) as refused:
            call(operation, CONTEXT)
        assert refused.value.keyword == keyword
    with pytest.raises(generate.UnknownKeyword):
        generate.invalid(operation, {})


def test_disagreeing_schemas_and_texts_without_meaning_raise(tmp_path: Path) -> None:
    clash = operation_with(tmp_path, {"type": "object", "allOf": [{"type": "array"}]})
    with pytest.raises(generate.ConflictingKeyword):
        generate.example(clash, CONTEXT)
    mute = operation_with(tmp_path, {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}})
    with pytest.raises(generate.UnknownMeaning):
        generate.example(mute, CONTEXT)


def operation_with(folder: Path, schema: Any) -> Operation:
    file = folder / "requests" / "made-up.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}), "utf-8")
    return dataclasses.replace(SAM2, request_schema="requests/made-up.json", library=Library(folder))


def test_a_context_needs_a_picture() -> None:
    with pytest.raises(ValueError, match="picture"):
        generate.Context(())


def test_services_take_no_values() -> None:
    info = load().operation("service.info")
    with pytest.raises(ValueError, match=r"service\.info"):
        generate.example(info, CONTEXT)
    assert generate.invalid_cases(info) == ()
    assert generate.invalid(info, {}) == []


def test_strategies_are_strategies() -> None:
    assert isinstance(generate.valid(SAM2, CONTEXT), st.SearchStrategy)
