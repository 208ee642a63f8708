"""The operations of the contract: what can be asked, how, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from assay.contract import wire
from assay.contract.checkpoints import Checkpoint, enumerate_checkpoints
from assay.contract.message import Pairs, Request
from assay.contract.schemas import Library, Node, Violation
from assay.contract.source import Source

Shape: TypeAlias = Literal["path-query-body", "json-body", "empty"]
Place: TypeAlias = Literal["path", "query", "body"]


class InvalidRequest(ValueError):
    """The values of a request break the operation's own schema; the first violation names pointer and keyword."""

    def __init__(self, operation: str, violations: list[Violation]) -> None:
        self.operation = operation
        self.violations = violations
        self.pointer = violations[0].pointer
        self.keyword = violations[0].keyword
        told = "; ".join(f"{violation.keyword}: {violation.message}" for violation in violations)
        super().__init__(f"no request of {operation}: {told}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a caller may set: in the path, in the query, or at the top of a JSON body."""

    name: str
    place: Place
    schema: Mapping[str, Any] = field(hash=False, repr=False)
    required: bool
    default: Any = field(hash=False)  # None where the documents name none
    meaning: str | None
    description: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class Body:
    """What a request may carry. `media` lists the Content-Types, the customary one first."""

    media: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """One form of the answer. `schema` is a reference for `Contract.validate`, None where the body is not JSON."""

    name: str
    media: str
    schema: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a deployment can be asked to do."""

    id: str
    title: str
    document: str
    method: str
    path: str  # template: /{dataset}/{version}
    task: str
    parameters: tuple[Parameter, ...] = field(repr=False)
    body: Body | None
    shape: Shape
    request_schema: str | None
    modes: Mapping[str, Mode] = field(hash=False, repr=False)
    mode_parameter: Parameter | None
    source: Source | None
    library: Library = field(compare=False, repr=False)
    family: str = ""  # the first word of the ids of the rules about its answers

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name. Raises KeyError."""
        found = next((parameter for parameter in self.parameters if parameter.name == name), None)
        if found is None:
            raise KeyError(f"{self.id} has no parameter {name}")
        return found

    def checkpoints(self, mode: str) -> list[Checkpoint]:
        """Where an answer of this mode can be judged; nowhere if it is not JSON.

        Raises KeyError for an unknown mode.
        """
        schema = self.modes[mode].schema
        return [] if schema is None else list(enumerate_checkpoints(self.library, schema))

    def mode_of(self, request: Request) -> Mode:
        """The mode that a request asks for, by its mode parameter or by default.

        Raises KeyError where it asks for one that the operation does not have.
        """
        if self.mode_parameter is None:
            return next(iter(self.modes.values()))
        if self.mode_parameter.place == "query":
            asked = request.parameter(self.mode_parameter.name)
        else:
            asked = request.json().get(self.mode_parameter.name)
        return self.modes[self.mode_parameter.default if asked is None else asked]

    def instance(
        self,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        image: bytes | str | None = None,
    ) -> Any:
        """The values of a call as one value, in the form that `request_schema` describes.

        `path-query-body`: an object of path, query, and the body as base64 text. `json-body`: the JSON body itself.
        `image` goes where the operation takes its picture: bytes in base64, a string as an address.
        """
        if self.shape == "json-body":
            if image is None:
                return body
            kind = {"type": "url", "value": image} if isinstance(image, str) else _inline(image)
            return {"image": kind, **(body or {})}
        parts: dict[str, Any] = {"path": {name: wire.text(value) for name, value in (path or {}).items()}}
        asked = dict(query or {})
        if isinstance(image, str):
            asked["image"] = image
        elif image is not None:
            body = wire.base64_text(image)
        if asked:
            parts["query"] = asked
        if body is not None:
            parts["body"] = body
        return parts

    def request(
        self,
        *,
        path: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        image: bytes | str | None = None,
        form: wire.ImageForm = "base64",
        headers: Pairs = (),
        check: bool = True,
    ) -> Request:
        """One request, ready for the wire.

        Hosted route: `image` is an encoded picture (bytes; base64 body, or part `file` with form="multipart") or its
        address (string; query), or `body` is the base64 text itself. JSON operations: `body` is the JSON value; `image`
        is put into it. Credentials are no business of the contract: the target adds them. `headers` are added last.

        Raises InvalidRequest where the values break the operation's schema, unless check is False.
        """
        values = self.instance(path=path, query=query, body=body, image=image)
        request = self.to_request(values, check=check)
        if form == "multipart" and isinstance(image, bytes):
            media, content = wire.multipart(image)
            request = request.replace(headers=(("Content-Type", media),), body=content)
        return request.replace(headers=request.headers + headers)

    def to_request(self, instance: Any, *, check: bool = True) -> Request:
        """The request of a whole instance, as `instance()` makes it and `generate` draws it. Raises InvalidRequest."""
        if check and self.request_schema is not None:
            violations = self.library.validate(self.request_schema, instance)
            if violations:
                raise InvalidRequest(self.id, violations)
        if self.shape == "empty":
            return Request(self.id, self.method, self.path)
        if self.shape == "json-body":
            headers = (("Content-Type", wire.JSON),)
            return Request(self.id, self.method, self.path, headers=headers, body=wire.json_bytes(instance))
        return self._in_parts(instance)

    def _in_parts(self, instance: Mapping[str, Any]) -> Request:
        body = instance.get("body")
        return Request(
            self.id,
            self.method,
            wire.fill(self.path, instance.get("path", {})),
            wire.pairs(instance.get("query", {})),
            () if body is None else (("Content-Type", wire.FORM_TEXT),),
            b"" if body is None else wire.text(body).encode("utf-8"),
        )


def parameters_of(library: Library, request_schema: str, shape: Shape) -> tuple[Parameter, ...]:
    """The parameters that a request schema describes, in its order."""
    root = library.node(request_schema)
    if shape == "json-body":
        return _described(library, root, "body")
    return _described(library, root.child("properties", "path"), "path") + _described(
        library, root.child("properties", "query"), "query"
    )


def _described(library: Library, node: Node, place: Place) -> tuple[Parameter, ...]:
    required = library.required(node)
    found = []
    for name, below in library.properties(node).items():
        layers = library.layers(below)
        found.append(
            Parameter(
                name=name,
                place=place,
                schema={key: value for layer in reversed(layers) for key, value in layer.schema.items()},
                required=name in required,
                default=below.schema.get("default"),
                meaning=next((layer.meaning for layer in layers if layer.meaning), None),
                description=below.description,
                source=library.source(below),
            )
        )
    return tuple(found)


def _inline(picture: bytes) -> dict[str, str]:
    return {"type": "base64", "value": wire.base64_text(picture)}
