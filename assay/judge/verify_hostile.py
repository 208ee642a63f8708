"""Named verifications of how a target takes hostile input. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.contract.message import Response
from assay.contract.sentences import cut
from assay.judge.answers import response_of
from assay.judge.verdicts import broken_if
from assay.record.model import Exchange, Finding


@dataclass(frozen=True, slots=True)
class Suffered:
    """A hostile request, in words that follow "after", and what came of it; none may have been `due`."""

    words: str
    exchange: Exchange
    due: bool = True

    @property
    def response(self) -> Response | None:
        """The answer, where one came."""
        return self.exchange.response

    @property
    def hung(self) -> bool:
        """Whether the target kept it until the time was up."""
        return self.due and (self.exchange.error or ("", ""))[0] == "timeout"


def no_harm(harm: Sequence[Finding]) -> None:
    """Nothing hung, and good requests were answered as before."""
    broken_if(harm)


def hanging(suffered: Suffered) -> list[Finding]:
    """That a whole request was kept until the time was up."""
    if not suffered.hung:
        return []
    message = f"{suffered.words} is not answered in time ({': '.join(suffered.exchange.error or ())})"
    return [Finding(message, expected="an answer", actual="no answer", exchange=suffered.exchange.id)]


def no_server_errors(all_suffered: Sequence[Suffered]) -> None:
    """None of the answers that came is a 5xx, and no whole request was dropped without one.

    What hung is not told here once more. To drop a connection is no more than a 5xx: gateways do so on purpose.
    """
    broken_if([found for one in all_suffered for found in _server_error(one)])


def _server_error(one: Suffered) -> list[Finding]:
    if one.response is not None and one.response.status >= 500:
        message, expected, actual = "ended in a server error", "a status below 500", str(one.response.status)
    elif one.response is None and one.due and not one.hung:
        message = f"ended without an answer ({': '.join(one.exchange.error or ())})"
        expected, actual = "an answer", "no answer"
    else:
        return []
    return [Finding(f"{one.words} {message}", expected=expected, actual=actual, exchange=one.exchange.id)]


def not_fetched(times: int, exchange: Exchange, what: str) -> None:
    """The address of Assay's own was not fetched."""
    if times:
        message = f"{what} had the address fetched that stands in it"
        broken_if([Finding(message, expected=0, actual=times, exchange=exchange.id)])


def not_told_apart(there: Exchange, missing: Exchange, path: str, other: str) -> None:
    """A file that is there is answered as one that is not, but for its name."""
    said = [_said(exchange, name) for exchange, name in ((there, path), (missing, other))]
    if said[0] != said[1]:
        message = f"the answer to a picture of type file tells that {path} is on the server's disk"
        broken_if([Finding(message, expected=said[1], actual=said[0], exchange=there.id)])


def not_read(exchange: Exchange) -> None:
    """A picture on the server's own disk was not answered."""
    status = response_of(exchange).status
    if status == 200:
        message = "a picture is read from the server's own disk, for whoever names its path"
        broken_if([Finding(message, expected="a 4xx status", actual=status, exchange=exchange.id)])


def _said(exchange: Exchange, name: str) -> str:
    response = response_of(exchange)
    text = response.body.decode("utf-8", "replace")
    return cut(f"{response.status} {text.replace(name, 'PATH')}", 500)
