"""Two exchanges of one question, compared: where one of them broke, that is a difference too."""

from __future__ import annotations

from assay.contract.message import Request
from assay.contract.sentences import cut
from assay.likeness.answers import likeness
from assay.likeness.profiles import Profile
from assay.likeness.report import Difference, Likeness
from assay.questions.asking import Asking
from assay.record import Exchange

REFUSALS = 400
"""The statuses from here on answer no question."""


def compared(
    asking: Asking, mode: str, request: Request, exchanges: tuple[Exchange, Exchange], profile: Profile
) -> Likeness:
    """Compare what came to a question in two exchanges, one of which at least holds an answer."""
    first, second = exchanges
    if first.response is not None and second.response is not None:
        return likeness(
            asking.described, mode, request, first.response, second.response, profile, threshold=asking.threshold
        )
    side, broken = ("first", first) if first.response is None else ("second", second)
    kind, message = broken.error or ("silence", "nothing came")
    told = Difference("silence", None, None, cut(f"the {side} answer never came ({kind}: {message})", 300))
    return Likeness(asking.operation, mode, profile.name, (told,), ())


def both_silent(exchanges: tuple[Exchange, Exchange]) -> bool:
    """Whether neither side gave an answer."""
    return all(exchange.response is None for exchange in exchanges)


def both_refuse(exchanges: tuple[Exchange, Exchange]) -> int | None:
    """The status by which both refuse the question; None where one of them answers it, or they do so otherwise."""
    statuses = {exchange.response.status if exchange.response else 0 for exchange in exchanges}
    status = statuses.pop()
    return status if not statuses and status >= REFUSALS else None
