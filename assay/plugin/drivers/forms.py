"""What is answered in another form than plain JSON: drawings, archives, run lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assay.contract import delivery
from assay.contract.message import Request
from assay.contract.operations import Operation
from assay.judge import verify_apart
from assay.judge.answers import response_of
from assay.judge.archives import Array
from assay.judge.overheard import JSON
from assay.judge.pictures import Pixels
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers.base import SHOWN, Alone, Driver, expect_success
from assay.record.model import Exchange

DRAWN = "visualize_predictions"
"""The member of a JSON body that asks for a drawing beside the JSON."""


def forms_of(operation: Operation) -> list[tuple[str, object]]:
    """The parameters, each with a value, by which a request of the operation asks for another form of its answer."""
    if operation.mode_parameter is not None:
        _, *others = operation.modes
        return [(operation.mode_parameter.name, form) for form in others]
    return [(DRAWN, True)] if any(each.name == DRAWN for each in operation.parameters) else []


def in_other_forms(driver: Driver) -> list[Alone]:
    """Requests for such answers about a few pictures, with what each is answered alone. Raises NoWitness."""
    several = driver.apart()[:SHOWN]
    found: list[Alone] = []
    for name, form in forms_of(driver.operation):
        requests = [delivery.with_member(driver.operation, each.request, name, form) for each in several]
        exchanges = [expect_success(driver.once(request)) for request in requests]
        found += _in_form(str(form), several, requests, exchanges)
    if not found:
        raise NoWitness("the answers hold no drawings of different sizes that can be read")
    return found


def _in_form(
    form: str, several: Sequence[Alone], requests: Sequence[Request], exchanges: Sequence[Exchange]
) -> list[Alone]:
    """These requests with what they are answered alone; none of them where that cannot be told apart."""
    archives = [verify_apart.archive_in(exchange) for exchange in exchanges]
    drawings = [verify_apart.drawing_in(exchange) for exchange in exchanges]
    contents = [archive if drawing is None else drawing for archive, drawing in zip(archives, drawings, strict=True)]
    sizes = {content.shape for content in contents if content is not None}
    if not all(map(_is_plain, exchanges)) and len(sizes) < len(contents):
        return []
    return [
        Alone(f"{each.what} ({form})", request, _same(each, exchange, archive, drawing, drawings))
        for each, request, exchange, archive, drawing in zip(
            several, requests, exchanges, archives, drawings, strict=True
        )
    ]


def _is_plain(exchange: Exchange) -> bool:
    """Whether an answer is JSON that holds no drawing."""
    return response_of(exchange).media_type == JSON and b'"visualization"' not in response_of(exchange).body


def _same(
    plain: Alone, alone: Exchange, archive: Array | None, drawing: Pixels | None, drawings: Sequence[Pixels | None]
) -> Callable[[Exchange], None]:
    """Holds another answer to the one that the request got alone, which has this archive or drawing, if any."""
    others = [other for other in drawings if other is not None and other is not drawing]

    def same(exchange: Exchange) -> None:
        expect_success(exchange)
        if response_of(alone).media_type == JSON:
            plain.same(exchange)
        if archive is not None:
            verify_apart.its_own_archive(exchange, archive)
        if drawing is not None:
            verify_apart.its_own_drawing(exchange, drawing, others)

    return same
