"""The schema files themselves: well-formed, documented, and readable to other people's tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openapi_spec_validator import validate as validate_openapi

from assay.contract import load
from assay.contract.judging import check_schema
from assay.contract.source import Source
from assay.judge.values import HALF_PRECISION
from assay.suite import suite_folder

SCHEMAS = suite_folder("schemas")
FILES = sorted(path.relative_to(SCHEMAS).as_posix() for path in SCHEMAS.glob("*/*.json"))
STRENGTHS = {"document", "sample", "server"}


def read(name: str) -> Any:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


def objects(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a JSON value with its pointer."""
    if isinstance(value, dict):
        yield place, value
        for name, inner in value.items():
            yield from objects(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, f"{place}/{index}")


def described(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property, and every item of an array, that a schema describes; what stands under `if` only asks.

    Items that are a file of their own say there what they are.
    """
    for place, found in objects(schema):
        if "/if" in place:
            continue
        if isinstance(found.get("properties"), dict):
            for name, below in found["properties"].items():
                yield f"{place}/properties/{name}", below
        if isinstance(found.get("items"), dict) and set(found["items"]) != {"$ref"}:
            yield f"{place}/items", found["items"]


def test_there_are_schema_files() -> None:
    assert len(FILES) > 15


@pytest.mark.parametrize("name", FILES)
def test_a_schema_keeps_the_metaschema(name: str) -> None:
    schema = read(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in schema
    check_schema(schema)


@pytest.mark.parametrize("name", FILES)
def test_a_schema_its_properties_and_items_say_what_they_are_and_who_promises_it(name: str) -> None:
    documents = load().documents
    for place, schema in [("", read(name)), *described(read(name))]:
        assert schema.get("description", "").strip(), f"{name}#{place} has no description"
        assert "x-source" in schema, f"{name}#{place} has no x-source"
    for place, found in objects(read(name)):
        if "x-source" in found:
            source = Source.of(found["x-source"])
            assert source.document in documents, f"{name}#{place} names an unknown document"
            assert {source.strength, *source.keywords.values()} <= STRENGTHS
            assert (source.strength == "server") == (source.document == "server"), f"{name}#{place}"
            assert source.section.strip(), f"{name}#{place}"
            assert source.sentence.endswith("."), f"{name}#{place}"
            assert set(source.keywords) <= assertions(name, found), f"{name}#{place} speaks of keywords it lacks"


def assertions(name: str, schema: dict[str, Any]) -> set[str]:
    """The keywords of a schema and of the file that it refers to."""
    if "$ref" not in schema:
        return set(schema)
    return set(schema) | set(read((Path(name).parent / schema["$ref"]).as_posix().replace("responses/../", "")))


@pytest.mark.parametrize("name", FILES)
def test_every_reference_leads_somewhere(name: str) -> None:
    library = load().library
    for place, found in objects(read(name)):
        if "$ref" in found:
            assert len(library.layers(library.node(f"{name}#{place}"))) > 1


def test_openapi_is_accepted_by_an_independent_validator() -> None:
    validate_openapi(read("openapi.json"), base_uri=(SCHEMAS / "openapi.json").as_uri())


def test_openapi_names_every_parameter_of_the_request_schema_once() -> None:
    openapi, operation = read("openapi.json"), load().operation("hosted.keypoint-detection")
    listed = [(entry["in"], entry["name"]) for entry in openapi["paths"][operation.path]["post"]["parameters"]]
    schemes = [
        (entry["in"], entry["name"]) for entry in openapi["components"]["securitySchemes"].values() if "in" in entry
    ]
    assert sorted(listed + schemes) == sorted((found.place, found.name) for found in operation.parameters)


def test_openapi_answers_with_every_schema_and_media_type_of_its_modes() -> None:
    openapi, contract = read("openapi.json"), load()
    for operation in [*contract.operations.values(), *contract.services.values()]:
        content = openapi["paths"][operation.path][operation.method.lower()]["responses"]["200"]["content"]
        written = json.dumps(content)
        for mode in operation.modes.values():
            assert mode.media in content
            assert mode.schema is None or f'"{mode.schema}"' in written


def test_openapi_sources_are_complete() -> None:
    for place, found in objects(read("openapi.json")):
        if "x-source" in found:
            assert Source.of(found["x-source"]).document in load().documents, place


def test_documents_have_an_address_and_a_day() -> None:
    for document in load().documents.values():
        assert document.url.startswith("https://")
        assert len(document.retrieved) == len("2026-01-01")


UNITS = ("px", "pixel", "percent", "0 to 1", "0 to 255", "from 0", "second", "number", "index", "threshold", "tokens")
"""Words one of which stands in the description of every number: it counts something, or measures it."""


@pytest.mark.parametrize("name", FILES)
def test_a_number_says_what_it_counts_or_measures(name: str) -> None:
    for place, schema in described(read(name)):
        if {"number", "integer"} & set(types(schema)):
            assert any(unit in schema["description"].lower() for unit in UNITS), f"{name}#{place}"


def types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


@pytest.mark.parametrize(
    "name",
    [
        "parts/detection",
        "parts/keypoint",
        "parts/class-score",
        "parts/example-detection",
        "responses/hosted-classification",
    ],
)
def test_confidences_have_room_for_the_rounding_of_half_precision(name: str) -> None:
    confidence = read(f"{name}.json")["properties"]["confidence"]

    assert confidence["minimum"] == -HALF_PRECISION
    assert confidence["maximum"] == 1 + HALF_PRECISION
    assert float(np.nextafter(np.float16(1), np.float16(2))) <= confidence["maximum"]


@pytest.mark.parametrize(("text", "allowed"), [("0", True), ("7", True), ("42", True), ("199", True), ("255", True)]
    + [(text, False) for text in ("256", "300", "999", "00", "01", "-1", "1.0", "")])  # fmt: skip
def test_class_ids_are_those_of_eight_bits(text: str, allowed: bool) -> None:
    pattern = read("parts/class-masks.json")["properties"]["class_map"]["propertyNames"]["pattern"]

    assert bool(re.search(pattern, text)) is allowed


def test_a_get_of_the_hosted_route_is_answered_as_a_post_is() -> None:
    route = read("openapi.json")["paths"]["/{dataset}/{version}"]
    place = "#/paths/~1%7Bdataset%7D~1%7Bversion%7D/post/responses"

    assert route["get"]["responses"] == {status: {"$ref": f"{place}/{status}"} for status in route["post"]["responses"]}
