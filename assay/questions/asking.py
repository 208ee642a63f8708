"""What a question says to an operation, apart from the model that is to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from assay.contract import delivery, load
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.contract.wire import ImageForm
from assay.plugin.drivers.owlv2 import SERVER_DEFAULT

OF_ITS_OWN: Final = frozenset({"api_key", "model_id", "sam2_version_id", "owlv2_version_id"})
"""Members of a body that say who answers, and for whom."""
_BY_SIZE: Final = frozenset({"model-size", "model-version-id", "model-alias"})
"""Meanings of the member by which a family's own route is told its model."""


@dataclass(frozen=True, slots=True)
class Asking:
    """The values of one call without model, key and host: `values` are an instance, as `Operation.instance` makes it.

    `asserted` holds parameters with the values that are judged by, where the request asks for more: what is answered
    between two thresholds is there to be recognised, and need not be. A `task` names another model than the
    operation's usual one.
    """

    operation: str
    values: Mapping[str, Any] = field(hash=False, repr=False)
    form: ImageForm = "base64"
    asserted: Mapping[str, Any] = field(default_factory=dict, hash=False)
    task: str = ""

    @property
    def described(self) -> Operation:
        """The operation of the contract. Raises KeyError."""
        return load().operations[self.operation]

    @property
    def of_task(self) -> str:
        """The task whose model is asked."""
        return self.task or self.described.task

    def request(self, model: str) -> Request:
        """The request to a model. Raises InvalidRequest where it would break the operation's schema."""
        operation = self.described
        request = operation.to_request(with_model(operation, self.values, model))
        return delivery.as_form(operation, request) if self.form == "multipart" else request

    @property
    def threshold(self) -> float | None:
        """The confidence (0 to 1) that is judged by, where the request asks for less."""
        asserted = self.asserted.get("confidence")
        in_percent = self.described.shape == "path-query-body"
        return None if asserted is None else float(asserted) / (100 if in_percent else 1)


def with_model(operation: Operation, values: Mapping[str, Any], model: str) -> dict[str, Any]:
    """An instance that names its model, where the operation wants it named."""
    if operation.shape != "json-body":
        names = [each.name for each in operation.parameters if each.place == "path"]
        parts = model.split("/")
        path = dict(zip(names, parts if len(parts) == len(names) else [model, ""], strict=True))
        return {"path": path, **values}
    member = next((each.name for each in operation.parameters if each.meaning in _BY_SIZE), "model_id")
    return dict(values) if model == SERVER_DEFAULT else {member: model, **values}


def without_model(operation: Operation, instance: Mapping[str, Any]) -> dict[str, Any]:
    """The same without it, and without a key."""
    if operation.shape != "json-body":
        query = {name: value for name, value in instance.get("query", {}).items() if name not in OF_ITS_OWN}
        left = {name: value for name, value in instance.items() if name not in ("path", "query")}
        return {**({"query": query} if query else {}), **left}
    return {name: value for name, value in instance.items() if name not in OF_ITS_OWN}
