"""Starts and stops instances: the real server beside a stub of its platform, with a state folder for the two.

Every start is a fresh one: the folder is emptied, no model is loaded, nothing is cached. The logs stay until
then.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from . import processes
from .build import Build
from .errors import RigError
from .places import CHECKOUT, Home
from .processes import Process
from .settings import Settings, server_environment
from .stub.catalogue import ANIMALS, KEY, OWLV2, PEOPLE, ROAD, SAM2

RECORD = "instance.json"
SERVER_LOG, STUB_LOG = "server.log", "stub.log"
WORK = "work"
STUB_PATIENCE = 60
"""Seconds that the stub gets to answer."""
DISPOSABLE = ("cache", "huggingface", WORK)  # of a state folder; the rest are the logs and the record
STATIC = (
    "inference/landing/out/static",
    "inference/landing/out/_next/static",
)  # the server serves these of its folder

MODEL_IDS: Mapping[str, str] = MappingProxyType(
    {
        "object-detection": ANIMALS.model_id,
        "keypoint-detection": PEOPLE.model_id,
        "semantic-segmentation": ROAD.model_id,
        "lmm": "florence-2-base",
        "owlv2": OWLV2[0].model_id.removeprefix("owlv2/"),
        "sam2": SAM2.model_id.removeprefix("sam2/"),
    }
)


@dataclass(frozen=True, slots=True)
class Instance:
    """A server that has been started, and its stub.

    Attributes:
        name: Of the state folder.
        url: The server's base URL.
        platform: The stub's base URL; it also serves the pictures, as `/img/two.jpg`.
        key: An API key that the platform accepts.
        models: The model to name in a request, by kind of model.
        owner: The process whose end makes the instance an orphan; None for one that a person started.
    """

    name: str
    folder: Path
    url: str
    platform: str
    settings: Settings
    server: Process
    stub: Process
    owner: Process | None = None
    key: str = KEY
    models: Mapping[str, str] = field(default_factory=lambda: MODEL_IDS)

    def alive(self) -> bool:
        return self.server.alive() and self.stub.alive()

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the server's log."""
        return _tail(self.folder / SERVER_LOG, lines)


def start(
    home: Home,
    build: Build,
    settings: Settings,
    *,
    name: str | None = None,
    owner: Process | None = None,
    patience: float = 600.0,
) -> Instance:
    """Starts an instance and waits until it answers.

    Args:
        home: The rig's home.
        build: What it serves.
        settings: How it is started.
        name: Of the state folder; the engine's name unless given.
        owner: See `Instance`.
        patience: How many seconds the server may take.

    Raises:
        RigError: An instance of that name runs already, the port is taken, or the server died or did not
            answer in time.
    """
    name = name or settings.engine
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise RigError(f"{name!r} cannot be the name of an instance: letters, digits, dots and dashes only.")
    folder = home.runs / name
    if (running := find(home, name)) and (running.server.alive() or running.stub.alive()):
        raise RigError(f"an instance called {name} runs already on {running.url}; stop it first, or give a name.")
    shutil.rmtree(folder, ignore_errors=True)
    for static in STATIC:
        (folder / WORK / static).mkdir(parents=True)
    _seed_hugging_face(folder / "huggingface", build)
    with processes.bind() as platform, processes.bind(settings.port) as listener:
        instance = _launch(build, settings, folder, platform=platform, listener=listener, owner=owner)
    try:
        _keep(instance)
        _wait(instance, patience)
    except BaseException:
        stop(instance)
        raise
    return instance


def stop(instance: Instance) -> None:
    """Ends server and stub, and deletes what only they used; the logs stay."""
    instance.server.end()
    instance.stub.end()
    (instance.folder / RECORD).unlink(missing_ok=True)
    for part in DISPOSABLE:
        shutil.rmtree(instance.folder / part, ignore_errors=True)


def find(home: Home, name: str) -> Instance | None:
    """The instance of that name, running or dead, that was started and not stopped; None if there is none."""
    record = home.runs / name / RECORD
    try:
        content: dict[str, Any] = json.loads(record.read_text())
    except FileNotFoundError:
        return None
    owner = Process(**content["owner"]) if content["owner"] else None
    return Instance(
        name=name,
        folder=record.parent,
        url=content["url"],
        platform=content["platform"],
        settings=Settings(**content["settings"]),
        server=Process(**content["server"]),
        stub=Process(**content["stub"]),
        owner=owner,
    )


def started(home: Home) -> list[Instance]:
    """Every instance that was started and not stopped."""
    names = sorted(record.parent.name for record in home.runs.glob(f"*/{RECORD}"))
    return [instance for name in names if (instance := find(home, name))]


def stop_orphans(home: Home) -> list[Instance]:
    """Stops what belonged to processes that ended without stopping it."""
    orphans = [instance for instance in started(home) if instance.owner and not instance.owner.alive()]
    for instance in orphans:
        stop(instance)
    return orphans


def _launch(
    build: Build,
    settings: Settings,
    folder: Path,
    *,
    platform: socket.socket,
    listener: socket.socket,
    owner: Process | None,
) -> Instance:
    stub_command = [sys.executable, "-m", "tests.upstream.stub", str(platform.fileno()), str(build.folder)]
    stub = processes.start(
        stub_command,
        environment=os.environ,
        folder=CHECKOUT,
        log=folder / STUB_LOG,
        listener=platform,
    )
    server = processes.start(
        [str(build.environment.python), "-m", "assay_rig.serve", str(listener.fileno())],
        environment=server_environment(settings, folder, processes.address(platform)),
        folder=folder / WORK,
        log=folder / SERVER_LOG,
        listener=listener,
    )
    return Instance(
        name=folder.name,
        folder=folder,
        url=processes.address(listener),
        platform=processes.address(platform),
        settings=settings,
        server=server,
        stub=stub,
        owner=owner,
    )


def _keep(instance: Instance) -> None:
    content = {
        "url": instance.url,
        "platform": instance.platform,
        "settings": instance.settings.plain(),
        "server": asdict(instance.server),
        "stub": asdict(instance.stub),
        "owner": asdict(instance.owner) if instance.owner else None,
    }
    (instance.folder / RECORD).write_text(json.dumps(content, indent=1) + "\n")


def _wait(instance: Instance, patience: float) -> None:
    expected = [
        ("stub of the platform", instance.stub, f"{instance.platform}/?api_key={KEY}", STUB_LOG, STUB_PATIENCE),
        ("server", instance.server, f"{instance.url}/healthz", SERVER_LOG, patience),
    ]
    with httpx.Client(trust_env=False, timeout=5.0) as client:
        for what, process, url, log, seconds in expected:
            deadline = time.monotonic() + seconds
            while not _answers(client, url):
                if not process.alive():
                    raise RigError(f"the {what} ended while it started; its log says:\n{_tail(instance.folder / log)}")
                if time.monotonic() > deadline:
                    tail = _tail(instance.folder / log)
                    raise RigError(f"the {what} did not answer within {seconds:.0f} s; its log says:\n{tail}")
                time.sleep(0.1)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _seed_hugging_face(cache: Path, build: Build) -> None:
    """The old engine takes OwlV2 from Hugging Face and not from the platform: here, from its cache."""
    for model in OWLV2:
        repository = cache / "hub" / f"models--google--{model.model_id.removeprefix('owlv2/')}"
        revision = "0" * 40
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text(revision)
        (repository / "snapshots").mkdir()
        (repository / "snapshots" / revision).symlink_to(build.packages / model.package, target_is_directory=True)


def _tail(log: Path, lines: int = 15) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(nothing)"
