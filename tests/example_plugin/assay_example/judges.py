"""A comparison of one's own: what two answers have to agree in, whatever the profile allows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from assay.likeness.context import Context


def same_number_of_each_class(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    """Boxes of each class are as many in both answers."""
    if context.operation.task != "object-detection":
        return
    one, other = (Counter(each["class"] for each in answer["predictions"]) for answer in (first, second))
    context.ledger.count("classes", len(one | other))
    for name in sorted(one | other):
        if one[name] != other[name]:
            message = f"{one[name]} of the class {name} in the first answer, {other[name]} in the second"
            context.differ("example.count", (f"{pointers[0]}/predictions", f"{pointers[1]}/predictions"), message)
