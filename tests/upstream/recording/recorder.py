"""Sends the sample requests to fresh servers, and writes exchanges that a second recording hardly changes."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from .. import server
from ..build import Build
from ..errors import RigError
from ..places import CHECKOUT, Home
from ..processes import myself
from ..settings import Engine, Settings
from .case import Case, compact
from .cases import GROUPS, HARDENED
from .normalise import PLATFORM, SERVER, Normaliser, metrics
from .references import BINARY_SUFFIXES, REFERENCE, Binaries, Json

PATIENCE = 300.0  # seconds: SAM2 takes its time on a busy machine
_NUMBERS = re.compile(r"\[\n\s+((?:-?[\d.eE+-]+,\n\s+)*-?[\d.eE+-]+)\n\s+\]")  # a string has no raw newline
CLIENT_HEADERS = {"accept": "*/*", "user-agent": "assay-rig"}


def record(home: Home, build: Build, engine: Engine, root: Path) -> int:
    """Replaces the engine's recorded exchanges. Returns how many there are.

    Args:
        home: The rig's home.
        build: What is served.
        engine: The engine to record.
        root: The folder of the exchanges, which the pictures go to as well.

    Raises:
        RigError: A server did not start, or an answer holds a path of this machine.
    """
    server.stop_orphans(home)
    _copy_pictures(build, root)
    shutil.rmtree(root / engine, ignore_errors=True)
    count = 0
    for suffix, groups, settings in (
        ("", GROUPS, Settings(engine)),
        ("-hardened", HARDENED, Settings(engine, refuse_urls=True, cache_auth=True)),
    ):
        instance = server.start(home, build, settings, name=f"record-{engine}{suffix}", owner=myself())
        try:
            recorder = _Recorder(instance, home, build, root)
            count += sum(recorder.group(name, cases) for name, cases in groups.items())
        finally:
            server.stop(instance)
    _delete_unused_binaries(root)
    return count


def _copy_pictures(build: Build, root: Path) -> None:
    pictures = root / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)
    shutil.copytree(build.pictures, pictures)


class _Recorder:
    """Sends requests to one instance, and writes the exchanges below one folder."""

    def __init__(self, instance: server.Instance, home: Home, build: Build, root: Path) -> None:
        self._instance, self._root = instance, root
        self._platform = instance.platform.removeprefix("http://")
        self._binaries = Binaries(root, build.pictures)
        self._addresses = {instance.url.removeprefix("http://"): SERVER, self._platform: PLATFORM}
        self._folders = {
            instance.folder: "/rig/state",
            build.environment.folder: "/rig/environment",
            build.folder: "/rig/models",
            home.root: "/rig",
            CHECKOUT: "/checkout",
        }

    def group(self, group: str, cases: Callable[[], Iterator[Case]]) -> int:
        """Sends and writes the cases of a group. Returns how many there are."""
        folder = self._root / self._instance.settings.engine / group
        folder.mkdir(parents=True)
        sent = list(cases())
        # No connection is used twice: after an error that it did not expect, the server drops it.
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(trust_env=False, timeout=PATIENCE, headers=CLIENT_HEADERS, limits=limits) as client:
            client.headers.pop("accept-encoding")
            for case in sent:
                request = self._request(client, case)
                response = client.send(request)
                written = {
                    "request": self._written_request(case, request),
                    "response": self._written_response(case, response),
                }
                text = _pretty(written)
                _refuse_machine_paths(text, f"{group}/{case.name}")
                (folder / f"{case.name}.json").write_text(text, encoding="utf-8")
        return len(sent)

    def _request(self, client: httpx.Client, case: Case) -> httpx.Request:
        """The request as sent: the recorded address of the platform gives way to the real one."""
        url = case.url.replace(quote(PLATFORM, safe=""), quote(self._platform, safe=""))
        body = case.body(self._root).replace(PLATFORM.encode(), self._platform.encode())
        headers = dict(case.headers)
        return client.build_request(case.method, self._instance.url + url, headers=headers, content=body or None)

    def _written_request(self, case: Case, request: httpx.Request) -> dict[str, Any]:
        headers = dict(request.headers.items())
        headers["host"] = SERVER
        if "content-length" in headers:
            headers["content-length"] = str(len(case.body(self._root)))
        return {"method": case.method, "url": case.url, "headers": headers, "body": case.written_body()}

    def _written_response(self, case: Case, response: httpx.Response) -> dict[str, Any]:
        normaliser = Normaliser(self._addresses, self._folders)
        headers = {name: normaliser.header(name, value) for name, value in response.headers.items()}
        body, length = self._written_body(case, response, normaliser)
        if "content-length" in headers and case.method != "HEAD":
            headers["content-length"] = str(length)
        return {"status": response.status_code, "headers": headers, "body": body}

    def _written_body(self, case: Case, response: httpx.Response, normaliser: Normaliser) -> tuple[Json, int]:
        """The body as an exchange has it, and its length in bytes once it is read back."""
        content = response.content
        if not content:
            return None, 0
        media = response.headers.get("content-type", "").partition(";")[0]
        if suffix := BINARY_SUFFIXES.get(media):
            return {"text": self._binaries.keep(content, suffix)}, len(content)
        try:
            value = normaliser.json(_strict_json(content))
        except ValueError:
            text = normaliser.text(content.decode())
            text = metrics(text) if case.url == "/metrics" else text
            return {"text": self._binaries.contract(text)}, len(text.encode())
        return {"json": self._binaries.contract_json(value)}, len(compact(value))


def _strict_json(content: bytes) -> Json:
    def refuse(constant: str) -> Json:
        raise ValueError(f"{constant} is no JSON")

    return json.loads(content, parse_constant=refuse)


def _pretty(content: Json) -> str:
    """One line for each value, but lists of numbers (points above all) on a line of their own."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return _NUMBERS.sub(lambda match: "[" + ", ".join(match[1].split()).replace(",,", ",") + "]", text) + "\n"


def _refuse_machine_paths(text: str, case: str) -> None:
    for path in (str(CHECKOUT), str(Path.home()), f"{tempfile.gettempdir()}/"):
        if path in text and path != "/":
            around = text[max(0, text.index(path) - 80) :][:200]
            raise RigError(f"the answer of {case} holds a path of this machine: {around!r}")


def _delete_unused_binaries(root: Path) -> None:
    """Binaries are shared by the engines, so what is unused shows only when all files are read."""
    used = {match["path"] for file in root.glob("*/*/*.json") for match in REFERENCE.finditer(file.read_text())}
    for file in (root / "binaries").glob("*"):
        if file.relative_to(root).as_posix() not in used:
            file.unlink()
