"""One place through which everything passes on its way to a file or a screen.

A secret is taken out by its value, in each form that it takes on the wire, and by its name. The key becomes
`$ROBOFLOW_API_KEY`, so that a printed command still runs for whoever has it; any other secret becomes `***`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from assay.contract.message import Pairs
from assay.record.spellings import MARKS, Beginnings, parts_of, patterns_of

KEY_VARIABLE = "ROBOFLOW_API_KEY"
PLACEHOLDER = f"${KEY_VARIABLE}"
HIDDEN = "***"
SHORT = 256
"""Characters. What is as short as this comes again and again, as names of rules and headers do, and is remembered."""
COOKIES = frozenset({"cookie", "set-cookie"})
PLAIN_NAMES = frozenset(
    {"accept", "accept-encoding", "accept-language", "cache-control", "content-type", "host", "origin", "user-agent"}
)
"""Headers that carry no secret. Their values, such as `application/json`, stand in every answer."""
SECRET_NAMES = COOKIES | {
    "api_key",
    "apikey",
    "api-key",
    "x-api-key",
    "authorization",
    "proxy-authorization",
    "service_secret",
}

# Each begins with a character or a choice of them, for which `re` looks fast: bodies are megabytes.
_NAMED_IN_QUERY = re.compile(r"([?&\s\"'](?i:api_key|apikey|service_secret)=)([^&\s\"'#]*)")
_BEFORE_A_QUERY = "&"
"""Stands before a text in which a query may begin at once."""
_NAMED_IN_JSON = re.compile(r'("(?i:api_key|apikey|service_secret)"\s*:\s*)"((?:[^"\\]|\\.)*)"')
_BEARER = re.compile(r"([bB](?<!\w.)(?i:earer|asic))\s+(?=[A-Za-z._~+/-]*[0-9=])([A-Za-z0-9._~+/=-]{4,})")
"""Credentials, and no plain word: `Basic usage` is no secret."""
_NAMES_IN_TEXT = ("api_key", "apikey", "service_secret", "bearer", "basic")
_NAMES_IN_BYTES = tuple(name.encode() for name in _NAMES_IN_TEXT)


def _sparing_the_placeholder(pattern: str) -> re.Pattern[str]:
    """The pattern, finding a placeholder first where it would find part of one."""
    return re.compile(rf"{re.escape(PLACEHOLDER)}|{pattern}" if re.search(pattern, PLACEHOLDER) else pattern)


def _may_name_one(body: bytes) -> bool:
    """Whether a name stands in it that a secret may follow."""
    lowered = body.lower()
    return any(name in lowered for name in _NAMES_IN_BYTES)


def hides(text: str) -> bool:
    """Whether something was taken out of a URL or a body by its name, and is not the key: no one can put it back."""
    named = (*_NAMED_IN_QUERY.finditer(_BEFORE_A_QUERY + text), *_NAMED_IN_JSON.finditer(text))
    return any(match[2] == HIDDEN for match in named)


class Redactor:
    """Removes secrets from text, bytes, headers and JSON-like values.

    `key` is the API key; `headers` are the user's own, whose values are secret, but for names such as `Accept`. Names
    that carry secrets are known. A header's value of fewer than five characters is taken out of that header and nowhere
    else. What has been redacted stays as it is when it is redacted again.
    """

    def __init__(self, key: str | None = None, headers: Pairs = ()) -> None:
        secret = tuple((name.lower(), value) for name, value in headers if name.lower() not in PLAIN_NAMES)
        self._names = SECRET_NAMES | {name for name, _ in secret}
        secrets = {part: HIDDEN for _, value in secret for part in parts_of(value)}
        if key:
            secrets[key] = PLACEHOLDER
        longest_first = sorted(secrets, key=lambda value: (-len(value), value))
        self._patterns = [
            (_sparing_the_placeholder(pattern), secrets[value])
            for value in longest_first
            for pattern in patterns_of(value)
        ]
        self._beginnings = [(Beginnings(value, secrets), secrets[value]) for value in longest_first]
        self._remembered = lru_cache(maxsize=8192)(self._text)

    def __repr__(self) -> str:
        return "Redactor()"

    def text(self, text: str) -> str:
        """The text without any secret."""
        return self._remembered(text) if len(text) <= SHORT else self._text(text)

    def _text(self, text: str) -> str:
        return self._without_named(self._valued(text))

    def _valued(self, text: str) -> str:
        """The text without any secret that is known by its value."""
        for pattern, shown in self._patterns:
            text = pattern.sub(lambda match, shown=shown: PLACEHOLDER if match[0] == PLACEHOLDER else shown, text)  # type: ignore[misc]
        return self._without_beginnings(text) if any(mark in text for mark in MARKS) else text

    def _without_beginnings(self, text: str) -> str:
        """The text without the part of a secret that was left where it was cut, here or by the target, before this."""
        for beginnings, shown in self._beginnings:
            pieces, done = [], 0
            for start, end in sorted(beginnings.within(text)):
                if start >= done and not text.endswith(PLACEHOLDER, 0, end):
                    pieces += [text[done:start], shown]
                    done = end
            text = "".join([*pieces, text[done:]])
        return text

    def body(self, body: bytes) -> bytes:
        """A body without any secret; bytes that are no text pass through unchanged otherwise."""
        before = body.decode("latin-1")
        if len(body) <= SHORT:
            after = self._remembered(before)
        else:
            after = self._valued(before)
            if after is not before or _may_name_one(body):  # lowered as bytes: as text it takes ten times as long
                after = self._without_named(after)
        return body if after == before else after.encode("latin-1")

    def _without_named(self, text: str) -> str:
        """The text without what its name says to be secret, whatever its value."""
        lowered = text.lower()
        if not any(word in lowered for word in _NAMES_IN_TEXT):  # a body may be megabytes, and this is fast
            return text
        queried = _NAMED_IN_QUERY.sub(lambda match: match[1] + self._named(match[2]), _BEFORE_A_QUERY + text)
        text = queried.removeprefix(_BEFORE_A_QUERY)
        text = _NAMED_IN_JSON.sub(lambda match: f'{match[1]}"{self._named(match[2])}"', text)
        return _BEARER.sub(lambda match: f"{match[1]} {self._named(match[2])}", text)

    def headers(self, headers: Pairs) -> Pairs:
        """Headers without any secret, by name and by value."""
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

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

    def _header(self, name: str, value: str) -> str:
        if name not in self._names:
            return self.text(value)
        scheme, found, credentials = value.partition(" ")
        if found and scheme.isalpha() and name not in COOKIES:
            return f"{scheme} {self._named(self.text(credentials))}"
        return self._named(self.text(value))

    def _named(self, value: str) -> str:
        return value if value in ("", PLACEHOLDER) else HIDDEN
