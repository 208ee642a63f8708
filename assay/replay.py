"""Sending one recorded request again, exactly, and telling what came back beside what came back then."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from assay.contract.message import Pairs, Request, Response, parse_json
from assay.errors import Exit, TargetUnreachable, UsageProblem
from assay.judge.differences import Difference, header_differences, json_differences
from assay.record import KEY_VARIABLE, Exchange, Redactor, Run
from assay.record.redaction import HIDDEN, PLACEHOLDER, hides
from assay.target import Policy, Target
from assay.target.waiting import unreached

Event = Mapping[str, Any]
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a recorded request that was sent again; no secret is left in it.

    `then` is the recorded exchange. `answer` lists differences of two JSON answers; `other` says in words how two
    answers differ that are no JSON, or what is not known of the recorded one.
    """

    then: Event
    url: str
    now: Exchange
    headers: list[Difference] = field(default_factory=list)
    answer: list[Difference] = field(default_factory=list)
    other: str = ""
    differs: bool = False

    @property
    def exit_code(self) -> Exit:
        """8 where the answers differ other than they do every time, 0 otherwise."""
        return Exit.DIFFERENT if self.differs else Exit.OK


def replay(
    run: Run,
    identifier: str,
    *,
    target: str | None = None,
    key_variable: str | None = None,
    headers: Pairs = (),
    timeout: float = 120.0,
    ca_bundle: Path | None = None,
    client_cert: Path | None = None,
    client_key: Path | None = None,
    proxy: str | None = None,
) -> Replayed:
    """Send a recorded request again, to the target of the run or to another.

    `headers` are the user's own, whose values no record holds. How the target is reached is said anew, too: a record
    that somebody else has written shall lead nobody's key through a proxy of theirs. Raises UsageProblem where the
    request cannot be sent as it was, TargetUnreachable where nobody listens, or nobody answers what was answered then.
    """
    exchange = run.exchanges.get(identifier)
    if exchange is None:
        raise UsageProblem(
            f"the run in {run.folder} has no exchange {identifier!r}; its report names them, such as x000001"
        )
    base = _base(run, exchange)
    if not _leads_to(base, str(exchange["request"]["url"])):
        raise UsageProblem(f"exchange {identifier} went to another server than the run's target; it is not sent again")
    with ExitStack() as stack:
        url, key = _where(run, target, key_variable, stack)
        policy = Policy(
            url=url,
            key=key,
            headers=headers,
            timeout=timeout,
            ca_bundle=ca_bundle,
            client_cert=client_cert,
            client_key=client_key,
            proxy=proxy,
        )
        request = _Recorded(run, exchange, base).as_it_was(policy)
        sender = Target(policy)
        stack.callback(sender.close)
        now = sender.repeat(request)
    if now.error and (exchange["response"] or now.error[0] == "refused"):
        raise TargetUnreachable(Redactor(policy.key, policy.secrets).text(unreached(policy, *now.error)))
    return _compared(run, exchange, policy, now)


def _leads_to(base: str, url: str) -> bool:
    """Whether a URL is below this one: `http://host.evil` and `http://host@evil` begin with `http://host`, too."""
    return url.startswith(base) and url[len(base) :][:1] in ("", "/", "?")


def _base(run: Run, exchange: Event) -> str:
    """The base URL of the target then. The embedded deployment has another port each time that it is started."""
    if run.header["configuration"].get("target") == REFERENCE:
        parts = urlsplit(str(exchange["request"]["url"]))
        return f"{parts.scheme}://{parts.netloc}"
    return str(run.header["target"]["url"])


def _where(run: Run, target: str | None, key_variable: str | None, stack: ExitStack) -> tuple[str, str | None]:
    """The base URL to send to, and the key. The embedded deployment is started again where it was the target."""
    if (target if target is not None else run.header["configuration"].get("target")) == REFERENCE:
        from assay.reference import embedded

        return stack.enter_context(embedded.deployment()), embedded.KEY
    key = os.environ.get(key_variable or KEY_VARIABLE) or None
    if key_variable and key is None:
        raise UsageProblem(f"the environment variable {key_variable} that --key-env names is not set")
    return target if target is not None else str(run.header["target"]["url"]), key


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A recorded request, from which its secrets were taken."""

    run: Run
    exchange: Event
    base: str

    def as_it_was(self, policy: Policy) -> Request:
        """The request with what was taken out put back. Raises UsageProblem where that cannot be done."""
        stated = self.exchange["request"]
        url, body = str(stated["url"]).removeprefix(self.base), self._body()
        if hides(url) or hides(body.decode("latin-1")):
            raise UsageProblem(f"exchange {self.exchange['id']} held a secret besides the key, which no record keeps")
        texts = (url, body.decode("latin-1"), *(value for _, value in stated["headers"]))
        if policy.key is None and any(PLACEHOLDER in text for text in texts):
            raise UsageProblem(
                f"exchange {self.exchange['id']} carried the API key, which no record holds; "
                f"put it into the environment variable {KEY_VARIABLE}"
            )
        key = policy.key or ""
        whole = body.replace(PLACEHOLDER.encode(), key.encode())
        if PLACEHOLDER.encode() not in body and stated["body"] and len(whole) != stated["body"]["size"]:
            raise UsageProblem(f"exchange {self.exchange['id']} held a secret in its body, which no record keeps")
        return Request(
            operation=str(self.exchange["operation"]),
            method=str(stated["method"]),
            path=url.replace(PLACEHOLDER, quote_plus(key)),  # as it went over the wire, the query with it
            headers=tuple(self._header(name, value, policy, len(whole)) for name, value in stated["headers"]),
            body=whole,
        )

    def _body(self) -> bytes:
        stated = self.exchange["request"]["body"]
        if not stated:
            return b""
        if "artifact" not in stated:
            raise UsageProblem(
                f"the body of exchange {self.exchange['id']} was not kept (--no-pictures), and without it nothing can "
                "be sent again"
            )
        try:
            return self.run.artifact(stated["artifact"])
        except OSError:
            raise UsageProblem(
                f"the body of exchange {self.exchange['id']} is not in {self.run.folder / 'artifacts'}, and without it "
                "nothing can be sent again"
            ) from None

    def _header(self, name: str, value: str, policy: Policy, length: int) -> tuple[str, str]:
        if name.lower() == "host" and value == urlsplit(self.base).netloc:
            return name, urlsplit(policy.base_url).netloc
        if name.lower() == "content-length":
            return name, str(length)
        if HIDDEN not in value:
            return name, value.replace(PLACEHOLDER, policy.key or "")
        given = next((mine for title, mine in policy.headers if title.lower() == name.lower()), None)
        if given is None:
            raise UsageProblem(
                f"the value of the header {name} was kept out of the record; give it again with --header '{name}: ...'"
            )
        return name, given


def _compared(run: Run, exchange: Event, policy: Policy, now: Exchange) -> Replayed:
    redactor = Redactor(policy.key, policy.secrets)
    shown = _without_secrets(now, redactor)
    url = redactor.text(policy.base_url + now.request.path)
    then = exchange["response"]
    if shown.response is None or then is None:
        kinds = ((exchange["error"] or {}).get("kind"), shown.error and shown.error[0])
        return Replayed(exchange, url, shown, differs=kinds[0] != kinds[1])
    headers = header_differences([(name, value) for name, value in then["headers"]], list(shown.response.headers))
    answer, other = _answers(run, then, shown.response)
    differs = then["status"] != shown.response.status or any(not each.every_time for each in answer)
    return Replayed(exchange, url, shown, headers, answer, other, differs or other == _OTHERWISE)


_OTHERWISE = "the answers are no JSON, and their bytes differ"


def _without_secrets(exchange: Exchange, redactor: Redactor) -> Exchange:
    response, error = exchange.response, exchange.error
    return Exchange(
        exchange.id,
        exchange.request,
        response and response.replace(headers=redactor.headers(response.headers), body=redactor.body(response.body)),
        error and (error[0], redactor.text(error[1])),
        exchange.started,
        exchange.seconds,
    )


def _answers(run: Run, then: Event, now: Response) -> tuple[list[Difference], str]:
    """How the answers' bodies differ: as JSON where both are, and in words otherwise."""
    stated = then["body"] or {}
    if "withheld" in stated:
        return [], f"what came back then is not whole in the record: {stated['withheld']}"
    try:
        before = run.artifact(stated["artifact"]) if stated else b""
    except OSError:
        return [], "what came back then is not in the record: its artifacts are missing"
    if before == now.body:
        return [], ""
    try:
        return json_differences(parse_json(before), parse_json(now.body)), ""
    except ValueError:
        return [], _OTHERWISE
