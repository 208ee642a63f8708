"""`assay serve`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from assay.cli.voice import say
from assay.errors import UsageProblem
from assay.faults import FAULTS, derived
from assay.faults.proxy import create_proxy
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.selftest.choosing import fault_named
from assay.serving import Application, running
from assay.target.policy import Policy


def serve_until_interrupted(fault: str | None, behind: str | None, host: str, port: int, key_env: str | None) -> int:
    """Serve until SIGINT or SIGTERM. Raises UsageProblem for an unknown fault, a bad URL, an unset variable."""
    if fault == "list":
        for known in (*FAULTS.values(), *derived().values()):
            say(f"{known.name}\n    {known.sentence}")
        return 0
    served = fault_named(fault) if fault is not None else None
    if behind is not None:
        Policy(url=behind)
    key = _key(key_env)
    stopped = _stopped_by_signal()
    with ExitStack() as stack:
        inside = ("127.0.0.1", 0) if fault else (host, port)
        upstream = behind or stack.enter_context(_bound(create_app(key=key), *inside))
        app = create_proxy(upstream, served) if served or behind else None
        url = stack.enter_context(_bound(app, host, port)) if app else upstream
        say(f"{_what(fault, behind)} at {url}")
        if not behind:
            models = " ".join(f"--model {task}={model}" for task, model in MODELS.items())
            say(f"key: {'from $' + key_env if key_env else key}; models: {models}")
        say("stop it with Ctrl-C")
        stopped.wait()
    return 0


@contextmanager
def _bound(app: Application, host: str, port: int) -> Iterator[str]:
    try:
        with running(app, host=host, port=port) as url:
            yield url
    except OSError as error:
        raise UsageProblem(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port") from None


def _key(variable: str | None) -> str:
    if variable is None:
        return KEY
    value = os.environ.get(variable)
    if not value:
        raise UsageProblem(f"the environment variable {variable} that --key-env names is not set")
    return value


def _what(fault: str | None, behind: str | None) -> str:
    server = behind or "the reference deployment"
    return f"{server} behind the fault {fault}" if fault else server


def _stopped_by_signal() -> threading.Event:
    """Set by SIGINT or SIGTERM, from now on: before anybody is told that there is something to stop."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
