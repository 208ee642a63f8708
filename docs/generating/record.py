"""The run record, from the schema that it is held to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import assay.record
from docs.generating.markdown import code, codes, page, prose, table, written_from

SCHEMA: Final = Path(assay.record.__file__).parent / "run-record.schema.json"


def pages() -> Iterator[tuple[str, str]]:
    """The page by its address."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    kinds = [(name, schema["$defs"][name]) for name in (each["$ref"].rpartition("/")[2] for each in schema["oneOf"])]
    sections = []
    for name, definition in kinds:
        rows = [list(row) for row in _members(definition, "")]
        sections += [f"## {name}", prose(definition.get("description", "")), table(HEAD, rows)]
    yield (
        "reference/run-record.md",
        page(
            "The run record",
            "`run.jsonl` holds one JSON value a line. " + prose(schema["description"]),
            "Bodies, pictures, answers and columns of timings lie beside it in `artifacts/`, each under a name that is "
            "made from its contents.",
            *sections,
            written_from("`assay/record/run-record.schema.json`, to which every record is held when it is read"),
        ),
    )


HEAD: Final = ("member", "required", "value", "meaning")


def _members(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    """A row for each member, and for those below it: `response.headers`, `findings[].pointer`."""
    for name, member in node.get("properties", {}).items():
        place = f"{prefix}{name}"
        required = "yes" if name in node.get("required", ()) else ""
        yield code(place), required, _value(member), prose(member.get("description", ""))
        for within, suffix in _below(member):
            yield from _members(within, f"{place}{suffix}.")


def _below(member: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for form in (member, *member.get("anyOf", ())):
        if "properties" in form:
            yield form, ""
        if "properties" in form.get("items", {}):
            yield form["items"], "[]"
        named = form.get("additionalProperties")
        if isinstance(named, dict) and "properties" in named:
            yield named, ".*"


def _value(member: Mapping[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "const" in member:
        return code(json.dumps(member["const"]))
    if "enum" in member:
        return codes(json.dumps(value) for value in member["enum"])
    if "anyOf" in member:
        return " or ".join(dict.fromkeys(filter(None, (_value(form) for form in member["anyOf"]))))
    kinds = member.get("type", "")
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
