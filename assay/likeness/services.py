"""What a server says of itself: which models it holds, in any order, and which routes it describes."""

from __future__ import annotations

from typing import Any

from assay.contract.pointers import join
from assay.judge.values import as_list, as_object
from assay.likeness import members
from assay.likeness.context import Context

METHODS = ("get", "post", "put", "delete", "patch", "head", "options")


def compare(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Compare two answers of a service route. Raises what reading raises."""
    if context.operation.id == "service.openapi":
        _routes(context, first, second)
    elif context.operation.id == "service.registry":
        _registry(context, first, second, pointers)
    else:
        members.compare(context, first, second, pointers)


def _registry(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    sides = [{str(each["model_id"]): each for each in as_list(body["models"])} for body in (first, second)]
    places = f"{pointers[0]}/models", f"{pointers[1]}/models"
    for name in sorted(set(sides[0]) | set(sides[1])):
        context.ledger.count("models")
        if name in sides[0] and name in sides[1]:
            members.compare(context, sides[0][name], sides[1][name], places)
        else:
            side = "first" if name in sides[0] else "second"
            context.differ("model", places, f"the {side} answer alone has the model {name}")
    members.compare(context, first, second, pointers, skipped=("models",))


def _routes(context: Context, first: Any, second: Any) -> None:
    sides = [
        {(path, method) for path, item in as_object(body["paths"]).items() for method in item if method in METHODS}
        for body in (first, second)
    ]
    context.ledger.count("routes", len(sides[0] | sides[1]))
    for path, method in sorted(sides[0] ^ sides[1]):
        side = "first" if (path, method) in sides[0] else "second"
        at, elsewhere = "/paths" + join([path, method]), "/paths"
        places = (at, elsewhere) if side == "first" else (elsewhere, at)
        context.differ("route", places, f"the {side} answer alone describes {method.upper()} {path}")
