"""Pictures for the target to fetch: served by Assay itself, under names that nobody can guess.

Only what was published is served, to GET alone, and every fetch is counted: that is the witness that the target really
did fetch, and did not answer with something else.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from assay.contract.wire import kind_of
from assay.errors import UsageProblem
from assay.serving import running

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_COUNTED = ".fetches"
QUERY: Mapping[str, str] = {"v": "2", "of": "a+b/c"}
"""The query of an address at which another picture lies than without it: names that no signature has."""
_NAME = re.compile(r"[\w-]+\.[a-z]+")


@dataclass(frozen=True, slots=True)
class Bind:
    """An address to serve at; port 0 takes a free one."""

    host: str = LOOPBACK
    port: int = 0

    def __str__(self) -> str:
        """As `parse_bind` reads it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def anywhere(self) -> bool:
        """Whether it stands for all addresses of the machine, so that nobody can tell which one the target reaches."""
        try:
            return ip_address(self.host).is_unspecified
        except ValueError:
            return False


def parse_bind(text: str) -> Bind:
    """Read HOST, HOST:PORT or [IPV6]:PORT. Raises UsageProblem."""
    problem = UsageProblem(f"--asset-bind {text}: give HOST or HOST:PORT, such as 0.0.0.0:8088")
    host, _, rest = text[1:].partition("]") if text.startswith("[") else text.partition(":")
    rest = rest.removeprefix(":") if text.startswith("[") else rest
    if not host or (rest and not rest.isdecimal()) or int(rest or 0) > 65535 or text.endswith(":"):
        raise problem
    return Bind(host, int(rest or 0))


class Assets:
    """The pictures of one run. Safe to use from several threads; it is the ASGI application that serves them, too.

    With a folder, several processes publish there and count there what was fetched, and one of them serves: there may
    be one address only that the target reaches.
    """

    def __init__(self, base_url: str = "", folder: Path | None = None) -> None:
        self.base_url = base_url
        self._folder = folder
        self._names: dict[bytes, str] = {}
        self._pictures: dict[str, tuple[str, bytes]] = {}
        self._fetches: Counter[str] = Counter()
        self._lock = threading.Lock()

    def publish(self, picture: bytes) -> str:
        """The address of an encoded picture; the same one for the same bytes."""
        with self._lock:
            if picture not in self._names:
                media, suffix = kind_of(picture)
                name = f"{secrets.token_urlsafe(18)}.{suffix}"
                self._names[picture] = name
                self._pictures[name] = (media, picture)
                self._put(name)
            return f"{self.base_url}/{self._names[picture]}"

    def behind_a_query(self, picture: bytes, other: bytes) -> str:
        """The address of a picture; who leaves its query out, or changes it, finds the other one."""
        names = [self.publish(each).rpartition("/")[2] for each in (picture, other)]
        return f"{self.base_url}/{'/'.join(names)}?{urlencode(QUERY)}"

    def changing(self, picture: bytes, later: bytes) -> str:
        """A new address of a picture, at which another one will be, once it is `changed`."""
        before = [self.publish(each).rpartition("/")[2] for each in (picture, later)]
        name = f"{secrets.token_urlsafe(18)}.{kind_of(picture)[1]}"
        url = f"{self.base_url}/{'/'.join([*before, name])}"  # by whose names it is known what is to be seen there
        self.change(url, picture)
        return url

    def change(self, url: str, picture: bytes) -> None:
        """Have another picture at such an address from now on."""
        name = _name_in(*url.partition("?")[::2])
        with self._lock:
            self._pictures[name] = (kind_of(picture)[0], picture)
            self._put(name)

    def fetches(self, url: str) -> int:
        """How often the picture at this address was fetched."""
        name = _name_in(*url.partition("?")[::2])
        if self._folder is None:
            return self._fetches[name]
        counted = self._folder / f"{name}{_COUNTED}"
        return counted.stat().st_size if counted.exists() else 0

    def share(self, folder: Path) -> None:
        """From now on keep everything in a folder that other processes read and write too. Raises OSError."""
        with self._lock:
            self._folder = folder
            for name, number in self._fetches.items():
                (folder / f"{name}{_COUNTED}").write_bytes(b"." * number)
            for name in self._pictures:
                self._put(name)

    def _put(self, name: str) -> None:
        if self._folder is not None:
            unfinished = self._folder / f".{name}"
            unfinished.write_bytes(self._pictures[name][1])
            unfinished.replace(self._folder / name)

    def _content(self, name: str) -> tuple[str, bytes]:
        """Media type and bytes of what is published under a name; no bytes where nothing is."""
        if name in self._pictures or self._folder is None or not _NAME.fullmatch(name):
            return self._pictures.get(name, ("text/plain", b""))
        try:
            picture = (self._folder / name).read_bytes()
        except OSError:
            return "text/plain", b""
        return kind_of(picture)[0], picture

    def _count(self, name: str) -> None:
        with self._lock:
            self._fetches[name] += 1
            if self._folder is not None:
                counted = os.open(self._folder / f"{name}{_COUNTED}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                os.write(counted, b".")
                os.close(counted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: 200 with a published picture, 405 to anything but GET, 404 otherwise."""
        if scope["type"] != "http":
            return
        name = _name_in(str(scope["path"]), scope["query_string"].decode("latin-1"))
        media, content = self._content(name)
        status = 405 if scope["method"] != "GET" else 200 if content else 404
        if status == 200:
            self._count(name)
        body = content if status == 200 else b""
        headers = [(b"content-type", media.encode()), (b"content-length", str(len(body)).encode())]
        headers.append((b"cache-control", b"no-store"))
        if status == 405:
            headers.append((b"allow", b"GET"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _name_in(path: str, query: str) -> str:
    """The name of the picture at an address. A front may have put a path before it."""
    *_, before, name = ["", *path.split("/")]
    return before if dict(parse_qsl(query)) == QUERY else name


@contextmanager
def serving(bind: Bind, base_url: str | None = None) -> Iterator[Assets]:
    """Serve pictures at an address for as long as the block lasts; `base_url` is how the target reaches it.

    Raises UsageProblem where the address cannot be had, or nobody can tell how the target would reach it.
    """
    if bind.anywhere and not base_url:
        raise UsageProblem(
            f"--asset-bind {bind.host} listens on every address of this machine; "
            "say with --asset-base-url how the target reaches it"
        )
    assets = Assets()
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running(assets, bind.host, bind.port))
        except OSError as error:
            raise UsageProblem(f"--asset-bind: cannot serve at {bind}: {error.strerror}") from None
        assets.base_url = (base_url or url).rstrip("/")
        yield assets
