"""What all answers of a run have in common: heard as they come in, judged when everything else is done.

Whether an answer gives the key away can only be told before it is redacted, so the answers are listened to on their
way to the record, and only what was found is kept.
"""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.contract import load
from assay.contract.message import Request, Response
from assay.contract.pointers import texts
from assay.contract.sentences import cut
from assay.judge.insides import insides
from assay.judge.repeated import Repeated, content_of, digest_of
from assay.record.model import Exchange, Finding
from assay.record.spellings import whole

Told = Literal["answers", "refusals"]
MOST_KEPT = 5
JSON = "application/json"
LONGEST_SHOWN = 200
"""Characters of the server's insides that a finding shows."""


@dataclass(slots=True)
class Heard:
    """What came back for one operation. Lists hold the first few findings of their kind."""

    with_key: dict[Told, int] = field(default_factory=lambda: {"answers": 0, "refusals": 0})
    telling_key: dict[Told, list[Finding]] = field(default_factory=lambda: {"answers": [], "refusals": []})
    refusals: int = 0
    telling_internals: list[Finding] = field(default_factory=list)
    json: int = 0
    no_json: list[Finding] = field(default_factory=list)
    doubled: list[Finding] = field(default_factory=list)
    """Members that one object has twice."""
    repeated: Repeated = field(default_factory=Repeated)

    def add(self, other: Heard) -> None:
        """Take in what somebody else has heard."""
        for told in self.with_key:
            self.with_key[told] += other.with_key[told]
            _keep(self.telling_key[told], *other.telling_key[told])
        self.refusals += other.refusals
        _keep(self.telling_internals, *other.telling_internals)
        self.json += other.json
        _keep(self.no_json, *other.no_json)
        _keep(self.doubled, *other.doubled)
        self.repeated.add(other.repeated)


class Overheard:
    """Listens to every exchange of a run. Safe to be told by several threads."""

    def __init__(self, key: str | None) -> None:
        self._key = re.compile(whole(key)) if key else None
        self._plain = key.encode() if key else b""
        self._lock = threading.Lock()
        self._heard: defaultdict[str, Heard] = defaultdict(Heard)
        self.ordinary = False
        """Whether the key is a word that answers hold anyway: then it cannot be told from a secret that leaks."""

    def of(self, operation: str) -> Heard:
        """What was heard of an operation so far."""
        with self._lock:
            return self._heard[operation]

    def all(self) -> dict[str, Heard]:
        """What was heard so far, by operation."""
        with self._lock:
            return dict(self._heard)

    def add(self, heard: Mapping[str, Heard], ordinary: bool) -> None:
        """Take in what was heard in another process."""
        with self._lock:
            self.ordinary = self.ordinary or ordinary
            for operation, each in heard.items():
                self._heard[operation].add(each)

    def hear(self, exchange: Exchange) -> None:
        """Listen to one exchange, as it went over the wire."""
        request, response = exchange.request, exchange.response
        if response is None:
            return
        told = self._tells_key(response)
        shown = insides(request, response) if response.status >= 400 else ()
        no_json = _no_json(request, response)
        doubled = "" if no_json else _doubled(response)
        content = content_of(exchange)
        digest = digest_of(request) if content else b""
        with self._lock:
            heard = self._heard[request.operation]
            self._note_key(heard, exchange, response, told)
            heard.refusals += response.status >= 400
            for what, text in shown:
                message = f"a refusal (status {response.status}) shows {what}"
                _keep(heard.telling_internals, Finding(message, actual=cut(text, LONGEST_SHOWN), exchange=exchange.id))
            heard.json += response.media_type == JSON and response.status < 300
            if no_json:
                _keep(heard.no_json, Finding(no_json, expected=JSON, actual=response.media_type, exchange=exchange.id))
            if doubled:
                message = f"an object of an answer has the member {doubled!r} twice"
                _keep(heard.doubled, Finding(message, expected="each member once", exchange=exchange.id))
            if content:
                heard.repeated.take(digest, content)

    def _note_key(self, heard: Heard, exchange: Exchange, response: Response, told: str) -> None:
        kind: Told = "answers" if response.status < 400 else "refusals"
        if self._carries_key(exchange.request):
            heard.with_key[kind] += 1
        elif exchange.request.operation.startswith("service."):
            self.ordinary = self.ordinary or bool(told)
            return
        if told:
            noun = "an answer" if kind == "answers" else "a refusal"
            message = f"{noun} (status {response.status}) tells the API key in its {told}"
            place = self._place(response) if told == "body" else None
            _keep(heard.telling_key[kind], Finding(message, place, exchange=exchange.id))

    def _place(self, response: Response) -> str | None:
        """A JSON pointer to the first text that holds the key; None where the body is no JSON, or a name holds it."""
        try:
            document = response.json()
        except ValueError:
            return None
        return next((pointer for pointer, text in texts(document) if self._key and self._key.search(text)), None)

    def _carries_key(self, request: Request) -> bool:
        values = [request.path, *(value for pairs in (request.query, request.headers) for _, value in pairs)]
        plain = self._plain.decode()
        return bool(plain) and (self._plain in request.body or any(plain in value for value in values))

    def _tells_key(self, response: Response) -> str:
        """Where the key stands in an answer: `headers`, `body`, or nowhere."""
        if self._key is None:
            return ""
        if any(self._key.search(value) for _, value in response.headers):
            return "headers"
        return "body" if self._key.search(response.body.decode("latin-1")) else ""


def telling(exchange: Exchange, key: str) -> Finding | None:
    """What is wrong with a refusal that repeats the key that it refuses; None where it does not."""
    response, pattern = exchange.response, re.compile(whole(key))
    if response is None:
        return None
    message = f"a refusal (status {response.status}) tells the key that it refuses in its"
    for name, value in response.headers:
        if pattern.search(value):
            return Finding(f"{message} header {name}", actual=cut(value, LONGEST_SHOWN), exchange=exchange.id)
    if pattern.search(response.body.decode("latin-1")):
        return Finding(f"{message} body", exchange=exchange.id)
    return None


def _no_json(request: Request, response: Response) -> str:
    """What is wrong with an answer that has to be JSON, or says that it is; empty where nothing is."""
    if not 200 <= response.status < 300:
        return ""  # it may come from what stands in front of the server
    if response.status == 200 and _expects_json(request) and response.media_type != JSON:
        return f"an answer that is documented as JSON comes as {response.media_type or 'something without a type'}"
    if response.media_type == JSON:
        try:
            response.json()
        except ValueError as error:
            return f"an answer that says it is JSON is none: {cut(str(error), 200)}"
    return ""


def _doubled(response: Response) -> str:
    """The name of a member that an object of a JSON answer has twice; empty where none has."""
    if response.media_type != JSON or not 200 <= response.status < 300:
        return ""
    found: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen and not found:
                found.append(name)
            seen.add(name)

    json.loads(response.body, object_pairs_hook=once)
    return found[0] if found else ""


def _expects_json(request: Request) -> bool:
    try:
        return load().operation(request.operation).mode_of(request).media == JSON
    except (KeyError, TypeError, ValueError, AttributeError):  # no such mode, or a request that is wrong on purpose
        return False


def _keep(findings: list[Finding], *more: Finding) -> None:
    findings += more[: max(MOST_KEPT - len(findings), 0)]
