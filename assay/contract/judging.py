"""The only place that knows the packages that judge: Draft 2020-12 with two keywords of our own making.

`required` points at the missing property instead of the object that lacks it, so that each missing property is a
finding of its own. `contentEncoding: base64` is asserted; the standard leaves it an annotation. `format` asserts
nothing: the schemas say what they mean with `pattern`.

`jsonschema` explains what is wrong; that nothing is, or where, `jsonschema-rs` says hundreds of times quicker. A test
holds that both say the same of every recorded answer and of every request that might be invalid.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema  # type: ignore[import-untyped,unused-ignore]
import jsonschema_rs
from jsonschema import validators
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from assay.contract.pointers import Token


@dataclass(frozen=True, slots=True)
class Complaint:
    """One keyword that one value does not keep."""

    tokens: tuple[Token, ...]  # of the value; of the place where it is missing, for `required`
    keyword: str
    wanted: Any  # the value of the keyword
    value: Any  # the value at fault; the object that lacks it, for `required`
    schema: Mapping[str, Any]  # the very object that holds the keyword, so that it can be found again


def decode_base64(text: str) -> bytes:
    """The bytes of a base64 text, line breaks allowed as in RFC 2045.

    Raises ValueError where the text is not base64, padding included.
    """
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError(f"not base64: {error}") from error


def _required(_: Any, names: list[str], instance: Any, __: Any) -> Iterator[Any]:
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield jsonschema.ValidationError(f"{name} is missing", path=(name,))


def _content_encoding(_: Any, encoding: str, instance: Any, __: Any) -> Iterator[Any]:
    if encoding != "base64":
        raise ValueError(f"contentEncoding {encoding!r} is not known here")
    if isinstance(instance, str):
        try:
            decode_base64(instance)
        except ValueError as error:
            yield jsonschema.ValidationError(str(error))


_Validator: Any = validators.extend(
    jsonschema.Draft202012Validator, {"required": _required, "contentEncoding": _content_encoding}
)


class _ContentEncoding:
    """The same keyword for the quick judge, which makes one of each place that has it."""

    def __init__(self, _: Any, encoding: Any, __: Any) -> None:
        if encoding != "base64":
            raise ValueError(f"contentEncoding {encoding!r} is not known here")

    def validate(self, instance: Any) -> None:
        if isinstance(instance, str):
            decode_base64(instance)


def check_schema(schema: Mapping[str, Any]) -> None:
    """Hold a schema to the metaschema. Raises ValueError with the first mistake."""
    try:
        _Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(f"{error.json_path}: {error.message}") from error


class Schemas:
    """Schemas by their URI, each with its references to the others. Nothing is fetched: what is missing is an error."""

    def __init__(self, contents: Mapping[str, Any]) -> None:
        resources = [(uri, DRAFT202012.create_resource(schema)) for uri, schema in contents.items()]
        self.explaining: Registry[Any] = Registry().with_resources(resources)
        self.quick = jsonschema_rs.Registry(list(contents.items()), draft=jsonschema_rs.Draft202012)


class Judge:
    """Judges values against one schema of these."""

    def __init__(self, uri: str, schemas: Schemas) -> None:
        self._explaining = _Validator({"$ref": uri}, registry=schemas.explaining)
        self._quick = jsonschema_rs.Draft202012Validator(
            {"$ref": uri}, registry=schemas.quick, keywords={"contentEncoding": _ContentEncoding}, offline=True
        )

    def complaints(self, instance: Any) -> Iterator[Complaint]:
        """Everything in the value that the schema forbids, in no promised order."""
        if self.accepts(instance):
            return
        for error in self._explaining.iter_errors(instance):
            yield Complaint(
                tuple(error.absolute_path), error.validator, error.validator_value, error.instance, error.schema
            )

    def places(self, instance: Any) -> list[tuple[tuple[Token, ...], str]]:
        """Places and keywords of the complaints, unexplained: told by the quick judge.

        They are the same for the keywords that `generate` breaks; `dependentRequired` and a schema that is `false` have
        theirs in other places.
        """
        try:
            return [_place(error) for error in self._quick.iter_errors(instance)]
        except ValueError:  # see accepts
            return [(complaint.tokens, complaint.keyword) for complaint in self.complaints(instance)]

    def accepts(self, instance: Any) -> bool:
        """Whether the value keeps the schema."""
        try:
            return self._quick.is_valid(instance)
        except ValueError:  # a text that is no Unicode, such as half of a pair: only the other judge takes it
            return self.explains_nothing(instance)

    def explains_nothing(self, instance: Any) -> bool:
        """The same, told by the judge that explains: much slower."""
        return next(self._explaining.iter_errors(instance), None) is None


def _place(error: jsonschema_rs.ValidationError) -> tuple[tuple[Token, ...], str]:
    keyword = str(error.schema_path[-1])
    if keyword == "required" and isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required):
        return (*error.instance_path, error.kind.property), keyword
    return tuple(error.instance_path), keyword
