"""What a run that goes on knows of its earlier part: exchanges from the record, with the key put back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

from assay.contract.message import Pairs, Request, Response
from assay.record import Exchange, Run
from assay.record.redaction import PLACEHOLDER

Event = Mapping[str, Any]


def exchanges_before(run: Run, key: str | None) -> Iterator[Exchange]:
    """The recorded exchanges, in their order, as they went over the wire but for the user's other secrets.

    One of whose answer the record holds only a part is left out: what is missing there cannot be judged any more.
    """
    record = _Record(run, key or PLACEHOLDER)
    return (record.exchange(event) for event in run.exchanges.values() if record.holds_answer(event))


class _Record:
    def __init__(self, run: Run, key: str) -> None:
        self._run = run
        self._key = key

    def exchange(self, event: Event) -> Exchange:
        stated, answer = event["request"], event["response"]
        url = urlsplit(str(stated["url"]).replace(PLACEHOLDER, quote_plus(self._key)))
        request = Request(
            operation=event["operation"],
            method=stated["method"],
            path=url.path,
            query=tuple(parse_qsl(url.query, keep_blank_values=True)),
            headers=self._headers(stated),
            body=self._body(stated),
        )
        response = Response(answer["status"], self._headers(answer), self._body(answer)) if answer else None
        error = event["error"]
        return Exchange(
            event["id"],
            request,
            response,
            (error["kind"], error["message"]) if error else None,
            started=event["started"],
            seconds=event["seconds"],
        )

    def _headers(self, stated: Event) -> Pairs:
        return tuple((name, value.replace(PLACEHOLDER, self._key)) for name, value in stated["headers"])

    def holds_answer(self, event: Event) -> bool:
        """Whether the answer is there as it came; where none came, that is known too."""
        body = (event["response"] or {}).get("body")
        return not body or ("withheld" not in body and self._content(body) is not None)

    def _body(self, stated: Event) -> bytes:
        """The bytes; none where they are not in the record."""
        return (self._content(stated["body"]) if stated["body"] else None) or b""

    def _content(self, body: Event) -> bytes | None:
        if "artifact" not in body:
            return None
        try:
            return self._run.artifact(body["artifact"]).replace(PLACEHOLDER.encode(), self._key.encode())
        except OSError:
            return None
