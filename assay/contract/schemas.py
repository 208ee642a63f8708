"""The schema files as one library: found by their path, joined by `$ref`, never fetched.

A reference is written `responses/error.json`, or `requests/hosted-model.json#/properties/query` for a part of a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from assay.contract import pointers, sentences
from assay.contract.judging import Complaint, Judge, Schemas
from assay.contract.source import Source, Strength

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
BASE_URI: Final = "https://assay.invalid/schemas/"  # a name, not an address: .invalid resolves nowhere


@dataclass(frozen=True, slots=True)
class Node:
    """One schema, by the file and the place where it stands."""

    file: str
    pointer: str
    schema: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def reference(self) -> str:
        """How the place is written: `parts/keypoint.json#/properties/x`."""
        return f"{self.file}#{self.pointer}" if self.pointer else self.file

    @property
    def source(self) -> Source | None:
        """The `x-source` of this very schema."""
        entry = self.schema.get("x-source")
        return None if entry is None else Source.of(entry)

    @property
    def description(self) -> str:
        """The description of this very schema, or nothing."""
        return str(self.schema.get("description", ""))

    @property
    def meaning(self) -> str | None:
        """The `x-meaning` of this very schema."""
        return self.schema.get("x-meaning")

    def child(self, *tokens: pointers.Token) -> Node:
        """The schema below. Raises LookupError."""
        return Node(self.file, self.pointer + pointers.join(tokens), pointers.within(self.schema, tokens))


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing about a value that a schema forbids.

    `pointer` leads to the value at fault, or to the place where it is missing (keyword `required`). `expected` and
    `actual` are short phrases; `source` is the promise that is broken, where the schemas name one.
    """

    pointer: str
    keyword: str
    schema_pointer: str  # file and place of the keyword: parts/keypoint.json#/required
    message: str
    expected: str
    actual: str
    source: Source | None

    @property
    def strength(self) -> Strength:
        """How strongly the broken keyword is promised; what names no source counts as a document's own shape."""
        return "document" if self.source is None else self.source.strength_of(self.keyword)


class Library:
    """All schema files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._contents: dict[str, Any] = {
            path.relative_to(folder).as_posix(): _read(path) for path in sorted(folder.glob("*/*.json"))
        }
        self._schemas = Schemas({BASE_URI + name: contents for name, contents in self._contents.items()})
        self._places = {id(node.schema): node for name in self._contents for node in _below(self.node(name))}
        self._judges: dict[str, Judge] = {}
        self._layers: dict[Node, tuple[Node, ...]] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all files, relative to the folder."""
        return tuple(self._contents)

    def node(self, reference: str) -> Node:
        """The schema that a reference names. Raises KeyError where there is none."""
        name, pointer = urldefrag(reference)
        if name not in self._contents:
            raise KeyError(f"there is no schema {reference}")
        return Node(name, "", self._contents[name]).child(*pointers.split(pointer))

    def layers(self, node: Node) -> tuple[Node, ...]:
        """The schema itself and those that `$ref` lays under it, outermost first."""
        known = self._layers.get(node)
        if known is None:
            known = self._layers[node] = self._laid_under(node)
        return known

    def _laid_under(self, node: Node) -> tuple[Node, ...]:
        found = [node]
        while "$ref" in found[-1].schema:
            uri = urljoin(BASE_URI + found[-1].file, found[-1].schema["$ref"])
            found.append(self.node(uri.removeprefix(BASE_URI)))
        return tuple(found)

    def properties(self, node: Node) -> dict[str, Node]:
        """The properties that a schema describes, those of its layers included."""
        layers = reversed(self.layers(node))
        return {
            name: layer.child("properties", name) for layer in layers for name in layer.schema.get("properties", {})
        }

    def required(self, node: Node) -> tuple[str, ...]:
        """The names that a schema requires, those of its layers included."""
        layers = reversed(self.layers(node))
        return tuple(dict.fromkeys(name for layer in layers for name in layer.schema.get("required", ())))

    def source(self, node: Node) -> Source | None:
        """The promise behind a schema: its own, else that of the nearest layer, else that of what it stands in."""
        for layer in self.layers(node):
            if layer.source:
                return layer.source
        tokens = pointers.split(node.pointer)
        for length in range(len(tokens) - 1, -1, -1):
            above = self._around(node.file, tokens[:length])
            if "x-source" in above:
                return Source.of(above["x-source"])
        return None

    def validate(self, reference: str, instance: Any) -> list[Violation]:
        """Everything that is wrong with a value, in the order of its pointers.

        The value is what a JSON parser gives, without NaN and Infinity (see `message.parse_json`): those slip through.
        """
        found = [self._violation(complaint) for complaint in self._judge(reference).complaints(instance)]
        return sorted(found, key=lambda violation: (_in_order(violation.pointer), violation.keyword))

    def wrong_places(self, reference: str, instance: Any) -> list[tuple[str, str]]:
        """The pointers and keywords of what `validate` finds, in no promised order; see `Judge.places`."""
        return [(pointers.join(tokens), keyword) for tokens, keyword in self._judge(reference).places(instance)]

    def _judge(self, reference: str) -> Judge:
        if reference not in self._judges:
            self.node(reference)
            self._judges[reference] = Judge(BASE_URI + reference, self._schemas)
        return self._judges[reference]

    def _around(self, file: str, tokens: tuple[str, ...]) -> Mapping[str, Any]:
        found = pointers.within(self._contents[file], tokens)
        return found if isinstance(found, dict) else {}

    def _violation(self, complaint: Complaint) -> Violation:
        missing = str(complaint.tokens[-1]) if complaint.keyword == "required" else ""
        node = self._places[id(complaint.schema)]
        where = pointers.join(complaint.tokens)
        expected = sentences.expectation(complaint.keyword, complaint.wanted, missing)
        actual = sentences.brief(complaint.value)
        described = self.properties(node).get(missing) if missing else node
        return Violation(
            pointer=where,
            keyword=complaint.keyword,
            schema_pointer=f"{node.file}#{node.pointer}{pointers.join([complaint.keyword])}",
            message=sentences.verdict(where, complaint.keyword, expected, actual),
            expected=expected,
            actual=actual,
            source=self.source(described or node),
        )


def _read(path: Path) -> Any:
    """A schema file, without its `$schema` line: with it jsonschema would judge by its own class instead of ours."""
    contents = json.loads(path.read_text("utf-8"))
    dialect = contents.pop("$schema", None)
    if dialect != DIALECT:
        raise ValueError(f"{path.name} is written in {dialect}, not in {DIALECT}")
    return contents


def _below(node: Node) -> Iterator[Node]:
    """Every object in a schema file, the outermost first."""
    yield node
    for tokens in _objects(node.schema, ()):
        yield node.child(*tokens)


def _objects(value: Any, tokens: tuple[pointers.Token, ...]) -> Iterator[tuple[pointers.Token, ...]]:
    if isinstance(value, dict):
        steps: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, list):
        steps = iter(enumerate(value))
    else:
        return
    for token, inner in steps:
        if isinstance(inner, dict):
            yield (*tokens, token)
        yield from _objects(inner, (*tokens, token))


def _in_order(pointer: str) -> list[tuple[int, str]]:
    return [(int(token) if token.isdigit() else -1, token) for token in pointers.split(pointer)]
