"""How a target is treated: the key, where it goes, how long to wait, how much to send."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from assay.contract.message import Pairs
from assay.errors import UsageProblem
from assay.record.spellings import SHORTEST_SECRET

HOSTED_DOMAINS = ("roboflow.com", "roboflow.cloud", "roboflow.eu", "roboflow.one")
LOOPBACK_HOSTS = frozenset({"localhost", "::1"})
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""What may stand after `Bearer` (RFC 6750). It needs no escape in JSON, and in a query only its plus needs one."""


PROXY_VARIABLE = "ASSAY_PROXY"


class KeyPlace(StrEnum):
    """Where the key travels. `documented` follows each operation's own sample."""

    DOCUMENTED = "documented"
    QUERY = "query"
    HEADER = "header"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key and where it travels; without a key nothing is added to a request."""

    key: str | None = field(default=None, repr=False)
    place: KeyPlace = KeyPlace.DOCUMENTED


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy for every request of a run. Times are in seconds; certificates and keys are PEM files.

    Raises UsageProblem for a URL or key that cannot be used.
    """

    url: str
    key: str | None = field(default=None, repr=False)
    key_place: KeyPlace = KeyPlace.DOCUMENTED
    timeout: float = 120.0
    ready_timeout: float = 60.0
    max_requests: int | None = None
    time_budget: float | None = None
    headers: Pairs = field(default=(), repr=False)
    ca_bundle: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_url(self.url)
        if self.proxy is not None:
            _check_proxy(self.proxy)
        if self.client_key is not None and self.client_cert is None:
            raise UsageProblem("--client-key is of no use alone; give the certificate with --client-cert")
        if self.key is not None:
            _check_key(self.key)

    @property
    def credentials(self) -> Credentials:
        """What every request carries that asks for nothing else."""
        return Credentials(self.key, self.key_place)

    @property
    def base_url(self) -> str:
        """The URL without a trailing slash: paths of operations are appended to it."""
        return self.url.rstrip("/")

    @property
    def loopback(self) -> bool:
        """Whether the target is this machine, reached over the loopback interface."""
        return _loopback(self.url) and (self.proxy is None or _loopback(self.proxy))

    @property
    def hosted(self) -> bool:
        """Whether the target is one of Roboflow's own services, where an answer may cost something."""
        host = urlsplit(self.url).hostname or ""
        return any(host == domain or host.endswith(f".{domain}") for domain in HOSTED_DOMAINS)

    @property
    def proxy_shown(self) -> str:
        """The proxy without its credentials; empty where there is none."""
        return without_credentials(self.proxy or "")

    @property
    def proxy_secrets(self) -> Pairs:
        """What of the proxy's URL must appear nowhere, each as a header that would hold it."""
        parts = urlsplit(self.proxy or "")
        return tuple(("proxy-authorization", each) for each in (parts.password, unquote(parts.password or "")) if each)

    @property
    def secrets(self) -> Pairs:
        """Headers whose values must appear nowhere: the user's own, and what the proxy's URL comes to."""
        return self.headers + self.proxy_secrets

    @property
    def curl_words(self) -> tuple[str, ...]:
        """How curl gets to the target, quoted for a shell: trust, certificate and proxy, its password in a variable."""
        files = (("--cacert", self.ca_bundle), ("--cert", self.client_cert), ("--key", self.client_key))
        words = [word for option, path in files if path for word in (option, shlex.quote(str(path.resolve())))]
        if self.proxy:
            words += ["--proxy", f'"${PROXY_VARIABLE}"' if self.proxy_secrets else shlex.quote(self.proxy)]
        return tuple(words)


def without_credentials(url: str) -> str:
    """The URL without user and password."""
    return re.sub(r"//[^/@]*@", "//", url)


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in LOOPBACK_HOSTS or re.fullmatch(r"127(\.\d+){3}", host) is not None


def _check_proxy(proxy: str) -> None:
    parts = urlsplit(proxy) if _usable(proxy) else None
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageProblem("--proxy: give an http or https URL with nothing behind the port: http://HOST:PORT")


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
            f"the API key has fewer than {SHORTEST_SECRET} characters, so it is none of Roboflow's, and could not be "
            "kept out of the report; set the variable it comes from to your own, or unset it where none is needed"
        )
