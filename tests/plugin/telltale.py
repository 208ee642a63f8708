"""A server that hands back every secret that it is given, in every spelling, wherever an answer has room for it."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote_plus

from .servers import Answer


def spellings(secret: str) -> list[str]:
    """The secret as servers, proxies and frameworks write it."""
    percent = quote(secret, safe="")
    return [
        secret,
        percent,
        percent.lower(),
        quote(percent, safe=""),
        quote_plus(secret, safe="/:"),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret))[3:-3],
        html.escape(secret),
        "".join(f"\\u{ord(character):04x}" for character in secret),
        "".join(f"&#{ord(character)};" for character in secret),
        secret.encode().hex(),
        secret.encode().hex(":"),
        "".join(f"\\{ord(character):03o}" for character in secret),
    ]


def in_base64(secret: str) -> list[str]:
    """The secret in base64, alone and behind other bytes, in both alphabets."""
    texts = [f"{before}{secret}" for before in ("", "a", "ab", "user:")]
    plain = [base64.b64encode(text.encode()).decode() for text in texts]
    in_lines = ("\r\n".join(textwrap.wrap(text, 6)) for text in plain)
    return [*plain, *in_lines, *(base64.urlsafe_b64encode(text.encode()).decode() for text in texts)]


def telling(*secrets: str) -> Iterator[dict[str, object]]:
    for secret in secrets:
        yield {"plain": secret, "spelled": spellings(secret), "base64": in_base64(secret), secret: "as a name"}


def tell(answer: Answer) -> Answer:
    """Errors repeat the input, every third of them as a page; answers echo it, in what they find too."""
    secrets = [value for name, value in sent_secrets(answer) if value]
    headers = [(b"x-echo", each.encode("latin-1")) for secret in secrets for each in spellings(secret)]
    headers += [(b"set-cookie", f"session={secret}; Path=/; HttpOnly".encode()) for secret in secrets]
    told = _told(answer, secrets)
    return Answer(told.scope, told.sent, told.status, told.headers + headers, told.body)


def sent_secrets(answer: Answer) -> Iterator[tuple[str, str]]:
    for pair in answer.query.split("&"):
        name, _, value = pair.partition("=")
        if name == "api_key":
            yield "query", unquote_plus(value)
    for name, value in answer.scope["headers"]:
        if name == b"authorization":
            yield "header", value.decode().partition(" ")[2]
        if name == b"x-token":
            yield "x-token", value.decode()
    if b'"api_key"' in answer.sent:
        yield "body", str(json.loads(answer.sent).get("api_key", ""))


def _told(answer: Answer, secrets: list[str]) -> Answer:
    words = " ".join(each for secret in secrets for each in [*spellings(secret), *in_base64(secret)])
    if answer.status in (400, 422) and len(answer.sent) % 3 == 0:
        return answer.saying(f"<p>Refused: {words}</p><a href='{answer.query}'>".encode(), "text/html")
    if answer.status >= 400:
        sent = answer.sent.decode("latin-1")[:5000]
        detail = {"loc": ["query", "api_key"], "msg": f"{words} is no good", "input": sent, "query": answer.query}
        message = f"{'x' * 105}{words}"
        return answer.saying(json.dumps({"message": message, "detail": [detail, *telling(*secrets)]}).encode())
    if not answer.body.startswith(b"{"):
        return answer
    document = json.loads(answer.body)
    predictions = document.get("predictions", [])
    if isinstance(predictions, dict):  # of a segmenter: the names of its classes; or of a model of several labels
        if "class_map" in predictions:
            predictions["class_map"] = {key: f"{name} {words}" for key, name in predictions["class_map"].items()}
        return answer.document(echo=list(telling(*secrets)), url=answer.query, **document)
    for prediction in predictions:
        if answer.path == "/figures/1":
            prediction["confidence"] = words  # of the wrong type, which is told of
        elif "class" in prediction:
            prediction["class"] += f" {words}"  # labels go into witnesses, findings and requests
    return answer.document(echo=list(telling(*secrets)), url=answer.query, **document)
