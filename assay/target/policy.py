"""How a target is treated: the key, where it goes, how long to wait, how much to send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import httpx

from assay.contract.message import Pairs
from assay.errors import UsageProblem
from assay.record.spellings import SHORTEST_SECRET

LOOPBACK_HOSTS = frozenset({"localhost", "::1"})
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""What may stand after `Bearer` (RFC 6750). It needs no escape in JSON, and in a query only its plus needs one."""


class KeyPlace(StrEnum):
    """Where the key travels. `documented` follows each operation's own sample."""

    DOCUMENTED = "documented"
    QUERY = "query"
    HEADER = "header"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy for every request of a run. Times are in seconds.

    Raises UsageProblem for a URL or key that cannot be used.
    """

    url: str
    key: str | None = field(default=None, repr=False)
    key_place: KeyPlace = KeyPlace.DOCUMENTED
    timeout: float = 120.0
    ready_timeout: float = 60.0
    max_requests: int | None = None
    headers: Pairs = field(default=(), repr=False)

    def __post_init__(self) -> None:
        _check_url(self.url)
        if self.key is not None:
            _check_key(self.key)

    @property
    def base_url(self) -> str:
        """The URL without a trailing slash: paths of operations are appended to it."""
        return self.url.rstrip("/")

    @property
    def loopback(self) -> bool:
        """Whether the target is this machine, reached over the loopback interface."""
        host = urlsplit(self.url).hostname or ""
        return host in LOOPBACK_HOSTS or re.fullmatch(r"127(\.\d+){3}", host) is not None


def _check_url(url: str) -> None:
    advice = "give the deployment's base URL, such as http://localhost:9001, or the word reference"
    if not url.strip():
        raise UsageProblem(f"TARGET is empty; {advice}")
    if not _usable(url):
        raise UsageProblem(f"TARGET {_shown(url)} is no http or https URL; {advice}")
    parts = urlsplit(url)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageProblem(f"TARGET must be a base URL without credentials, query or fragment; {advice}")


def _usable(url: str) -> bool:
    """Whether a client can make a request of it; what would silently be mended, such as a line break, is refused."""
    if not url.isprintable() or any(character in url for character in ' \\"<>'):
        return False
    try:
        parts = urlsplit(url)
        httpx.URL(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except (ValueError, httpx.InvalidURL):
        return False


def _shown(url: str) -> str:
    """The URL as it was given, without what may be a password."""
    return repr(re.sub(r"(?s)\?.*", "?***", re.sub(r"[^/\s]*@", "***@", url)))


def _check_key(key: str) -> None:
    if not _TOKEN.fullmatch(key):
        raise UsageProblem(
            "the API key holds a character that no key has: letters, digits and -._~+/= are what a token may have; "
            "check the environment variable it comes from"
        )
    if len(key) < SHORTEST_SECRET:
        raise UsageProblem(
            f"the API key has fewer than {SHORTEST_SECRET} characters, too few to be kept out of the report; "
            "check the environment variable it comes from"
        )
