"""One place through which everything passes on its way to a file or a screen.

A secret is taken out by its value, in each form that it takes on the wire, and by its name. It becomes
`$ROBOFLOW_API_KEY`, so that a printed command still runs for whoever has the key.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus

from assay.contract.message import Pairs

KEY_VARIABLE = "ROBOFLOW_API_KEY"
PLACEHOLDER = f"${KEY_VARIABLE}"
HIDDEN = "***"
SECRET_NAMES = frozenset(
    {
        "api_key",
        "apikey",
        "api-key",
        "x-api-key",
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "service_secret",
    }
)

_NAMED_IN_QUERY = re.compile(r"(?i)((?:^|[?&\s\"'])(?:api_key|apikey|service_secret)=)([^&\s\"'#]*)")
_NAMED_IN_JSON = re.compile(r'(?i)("(?:api_key|apikey|service_secret)"\s*:\s*)"((?:[^"\\]|\\.)*)"')
_BEARER = re.compile(r"(?i)\b(Bearer|Basic)\s+([A-Za-z0-9._~+/=-]{4,})")


def _spellings(secret: str) -> set[str]:
    """The forms in which a server may hand a secret back: plain, percent-encoded, in JSON, in base64."""
    encoded = base64.b64encode(secret.encode()).decode()
    plain = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
    lowered = {re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), form) for form in plain}
    return plain | lowered | {encoded, encoded.rstrip("=")}


class Redactor:
    """Removes secrets from text, bytes, headers and JSON-like values.

    `secrets` are the values to remove; names that carry secrets are known.
    """

    def __init__(self, *secrets: str | None) -> None:
        values = {spelling for secret in secrets if secret for spelling in _spellings(secret)}
        ordered = sorted(values, key=len, reverse=True)
        self._by_value = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """The text without any secret."""
        if self._by_value:
            text = self._by_value.sub(lambda _: PLACEHOLDER, text)
        text = _NAMED_IN_QUERY.sub(lambda match: match[1] + self._named(match[2]), text)
        text = _NAMED_IN_JSON.sub(lambda match: f'{match[1]}"{self._named(match[2])}"', text)
        return _BEARER.sub(lambda match: f"{match[1]} {self._named(match[2])}", text)

    def body(self, body: bytes) -> bytes:
        """A body without any secret; bytes that are no text pass through unchanged otherwise."""
        return self.text(body.decode("latin-1")).encode("latin-1") if self._may_hold_secret(body) else body

    def headers(self, headers: Pairs) -> Pairs:
        """Headers without any secret, by name and by value."""
        return tuple(
            (name, self._header(value) if name.lower() in SECRET_NAMES else self.text(value)) for name, value in headers
        )

    def value(self, value: Any) -> Any:
        """A JSON-like value without any secret in its strings, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(name)): self._member(str(name), member) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(member) for member in value]
        return value

    def _member(self, name: str, member: Any) -> Any:
        if name.lower() in SECRET_NAMES and isinstance(member, str):
            return self._named(self.text(member))
        return self.value(member)

    def _header(self, value: str) -> str:
        scheme, _, credentials = value.rpartition(" ")
        shown = self._named(self.text(credentials))
        return f"{scheme} {shown}" if scheme else shown

    def _named(self, value: str) -> str:
        return value if value in ("", PLACEHOLDER) or value.startswith(PLACEHOLDER) else HIDDEN

    def _may_hold_secret(self, body: bytes) -> bool:
        text = body.decode("latin-1")
        if self._by_value and self._by_value.search(text):
            return True
        return bool(_NAMED_IN_QUERY.search(text) or _NAMED_IN_JSON.search(text) or _BEARER.search(text))
