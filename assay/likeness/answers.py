"""`likeness`: two answers to one request, compared by the meaning of what the operation answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.contract.sentences import cut
from assay.extensions import JUDGES, Extension, extensions
from assay.judge.equal import Comparison
from assay.likeness import (
    classifications,
    classmaps,
    detections,
    drawings,
    envelope,
    florence,
    keypoints,
    masks,
    members,
    services,
)
from assay.likeness.context import Context
from assay.likeness.profiles import Profile
from assay.likeness.report import Ledger, Likeness

Compare = Callable[[Context, Any, Any, tuple[str, str]], None]
UNREADABLE = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)

TASKS: dict[str, Compare] = {
    "object-detection": detections.compare,
    "owlv2": detections.compare,
    "keypoint-detection": keypoints.compare,
    "instance-segmentation": masks.instances,
    "classification": classifications.compare,
    "semantic-segmentation": classmaps.compare,
    "florence-2": florence.compare,
    "service": services.compare,
}
"""How the JSON of a task is compared; that of any other, member by member."""


def likeness(  # noqa: PLR0917 - the question, both answers, and how they are compared
    operation: Operation,
    mode: str,
    request: Request,
    first: Response,
    second: Response,
    profile: Profile,
    *,
    threshold: float | None = None,
) -> Likeness:
    """Compare two answers to `request` in a response mode of the operation.

    `threshold` (0 to 1) is the confidence that is asserted, where the request asks for a lower one: what is not surer,
    and not in both answers, is borderline. Ids, times and the order of predictions decide nothing. Answers that cannot
    be read as the operation's are told as a difference, never raised. Raises KeyError for a mode that it does not have.
    """
    operation.modes[mode]  # raises KeyError
    ledger = Ledger()
    context = Context(operation, mode, request, profile, ledger, threshold)
    if envelope.compare(context, first, second):
        if "json" in first.media_type:
            _json(context, first, second)
        else:
            _bytes(context, first, second)
    return Likeness(
        operation.id,
        mode,
        profile.name,
        tuple(ledger.differences),
        ledger.allowances,
        tuple(ledger.borderline),
        dict(sorted(ledger.compared.items())),
    )


def _json(context: Context, first: Response, second: Response) -> None:
    if not first.body and not second.body:  # a preflight has none
        return
    bodies = []
    for side, response in (("first", first), ("second", second)):
        try:
            bodies.append(response.json())
        except (ValueError, UnicodeDecodeError) as error:
            context.differ("unreadable", ("", ""), cut(f"the {side} answer is no JSON: {error}", 300))
    if len(bodies) == 2:
        _one_or_several(context, *bodies)


def _one_or_several(context: Context, first: Any, second: Any) -> None:
    """One answer, or a list of as many as there were pictures: those have their order from the request."""
    if not isinstance(first, list) and not isinstance(second, list):
        _answer(context, first, second, ("", ""))
        return
    if not isinstance(first, list) or not isinstance(second, list):
        side = "first" if isinstance(first, list) else "second"
        context.differ("shape", ("", ""), f"the {side} answer alone is a list")
        return
    if len(first) != len(second):
        message = f"the first answer is a list of {len(first)}, the second of {len(second)}"
        context.differ("shape", ("", ""), message)
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        _answer(context, one, other, (f"/{index}", f"/{index}"))


def _answer(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    _compared(context, first, second, pointers)
    for extension in judges():
        try:
            extension.value(context, first, second, pointers)
        except Exception as error:  # whatever its author's code does with such answers
            raise extension.problem(f"{type(error).__name__}: {error}") from None


def judges() -> tuple[Extension, ...]:
    """What packages add to the comparison of two JSON answers: each is a `Compare`, beside Assay's own.

    It is called for every operation, and tells what it finds by the context. Raises UsageProblem where one is no
    function.
    """
    found = extensions(JUDGES)
    for each in found:
        if not callable(each.value):
            raise each.problem("it must name a function of context, two answers and their pointers")
    return found


def _compared(context: Context, first: Any, second: Any, pointers: tuple[str, str]) -> None:
    compare = _compare_of(context)
    ledger = context.ledger
    before = len(ledger.differences), len(ledger.borderline)
    try:
        compare(context, first, second, pointers)
        if context.operation.task != "service":
            drawings.compare(context, first, second, pointers)
        return
    except UNREADABLE as error:
        del ledger.differences[before[0] :], ledger.borderline[before[1] :]
        why = cut(f"{type(error).__name__}: {error}", 200)
    readable = [_is_readable(context, compare, body) for body in (first, second)]
    if any(readable):
        side = "second" if readable[0] else "first"
        context.differ("unreadable", pointers, f"the {side} answer alone cannot be read as its schema has it ({why})")
        return
    # What neither says as it should is compared place by place, with the tolerances of rules, whatever it is.
    blind = Comparison(members.ignored(context), context.limits.threshold)
    for found in blind.differences(first, second):
        context.differ("value", (pointers[0] + found.pointer, pointers[1] + found.pointer), found.message)


def _is_readable(context: Context, compare: Compare, body: Any) -> bool:
    try:
        compare(replace(context, ledger=Ledger()), body, body, ("", ""))
    except UNREADABLE:
        return False
    return True


def _compare_of(context: Context) -> Compare:
    if context.operation.id == "sam2.segment":
        return masks.prompted
    return TASKS.get(context.operation.task, members.compare)


def _bytes(context: Context, first: Response, second: Response) -> None:
    """Content that is no JSON: an archive of masks, or what only its bytes can tell."""
    if first.body == second.body:
        context.ledger.count("bodies")
        return
    try:
        if context.operation.id == "sam2.segment":
            masks.archives(context, first.body, second.body)
            return
        if first.media_type.startswith("image/"):
            drawings.files(context, first.body, second.body, ("body", "body"))
            return
    except ValueError as error:
        context.differ("unreadable", ("body", "body"), cut(f"an answer is no archive that can be read: {error}", 300))
        return
    message = f"the bodies differ: {len(first.body)} and {len(second.body)} bytes of {first.media_type or 'no type'}"
    context.differ("body", ("body", "body"), message)
