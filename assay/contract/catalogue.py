"""`load()`: the whole contract, read once from the suite's folder of schemas."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from assay.contract.operations import Body, Mode, Operation, parameters_of
from assay.contract.schemas import Library, Violation
from assay.contract.source import Document, Source
from assay.suite import suite_folder

_METHODS = ("get", "post", "put", "delete")


class _Route(NamedTuple):
    """A method on a path, with its entry in the OpenAPI document."""

    path: str
    method: str
    entry: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a deployment promises.

    `operations` are those that rules judge; `services` are the routes about the server itself, by the same kind of id.
    """

    operations: Mapping[str, Operation]
    services: Mapping[str, Operation]
    documents: Mapping[str, Document]
    library: Library = field(repr=False)
    openapi: Mapping[str, Any] = field(repr=False)

    def operation(self, identifier: str) -> Operation:
        """An operation, or a service route, by its id. Raises KeyError."""
        found = self.operations.get(identifier) or self.services.get(identifier)
        if found is None:
            raise KeyError(f"the contract has no operation {identifier}")
        return found

    def validate(self, schema: str, instance: Any) -> list[Violation]:
        """Everything in a parsed JSON value that a schema forbids. Raises KeyError for an unknown schema."""
        return self.library.validate(schema, instance)


@functools.cache
def load(folder: Path | None = None) -> Contract:
    """The contract of the suite, or of another folder of schemas; read once."""
    place = folder or suite_folder("schemas")
    library = Library(place)
    openapi = json.loads((place / "openapi.json").read_text("utf-8"))
    every = {operation.id: operation for operation in _operations(library, openapi)}
    documents = json.loads((place / "documents.json").read_text("utf-8"))["documents"]
    return Contract(
        operations={name: found for name, found in every.items() if found.task != "service"},
        services={name: found for name, found in every.items() if found.task == "service"},
        documents={entry["id"]: Document(**entry) for entry in documents},
        library=library,
        openapi=openapi,
    )


def _operations(library: Library, openapi: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in openapi["paths"].items():
        for method in _METHODS:
            if "x-assay" in item.get(method, {}):
                route = _Route(path, method.upper(), item[method])
                for identifier, entry in route.entry["x-assay"]["operations"].items():
                    yield _operation(library, route, identifier, entry)


def _operation(library: Library, route: _Route, identifier: str, entry: Mapping[str, Any]) -> Operation:
    item = route.entry
    request = item["x-assay"].get("request", {})
    shape, schema = request.get("shape", "empty"), request.get("schema")
    parameters = parameters_of(library, schema, shape) if schema else ()
    chosen = item["x-assay"].get("mode-parameter", {})
    return Operation(
        id=identifier,
        title=entry["title"],
        document=entry["document"],
        method=route.method,
        path=route.path,
        task=entry["task"],
        parameters=parameters,
        body=_body(item.get("requestBody")),
        shape=shape,
        request_schema=schema,
        modes={name: _mode(name, mode) for name, mode in entry["modes"].items()},
        mode_parameter=next((found for found in parameters if found.name == chosen.get("name")), None),
        source=Source.of(item["x-source"]) if "x-source" in item else None,
        library=library,
        family=entry.get("family", identifier.split(".", maxsplit=1)[0]),
    )


def _body(entry: Mapping[str, Any] | None) -> Body | None:
    return None if entry is None else Body(tuple(entry["content"]), bool(entry.get("required", False)))


def _mode(name: str, entry: Mapping[str, Any]) -> Mode:
    return Mode(name, entry["media"], entry.get("schema"), Source.of(entry["x-source"]))
