"""Named verifications of how a target takes hostile input. Each raises RuleBroken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.contract.message import Response
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


def no_harm(harm: Sequence[Finding]) -> None:
    """Nothing was left without an answer, and good requests were answered as before."""
    broken_if(harm)


def unanswered(suffered: Suffered) -> list[Finding]:
    """That a whole request got no answer."""
    if suffered.response is not None or not suffered.due:
        return []
    kind, said = suffered.exchange.error or ("", "")
    verb = "is not answered in time" if kind == "timeout" else "ends without an answer"
    message = f"{suffered.words} {verb} ({kind}: {said})"
    return [Finding(message, expected="an answer", actual="no answer", exchange=suffered.exchange.id)]


def no_server_errors(all_suffered: Sequence[Suffered]) -> None:
    """None of the answers that came is a 5xx."""
    broken_if(
        [
            Finding(
                f"{one.words} ended in a server error",
                expected="a status below 500",
                actual=one.response.status,
                exchange=one.exchange.id,
            )
            for one in all_suffered
            if one.response is not None and one.response.status >= 500
        ]
    )


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
    return f"{response.status} {text.replace(name, 'PATH')}"[:500]
