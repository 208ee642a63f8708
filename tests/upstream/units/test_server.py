"""Starting and stopping, with a small server in place of the real one."""

from __future__ import annotations

import json
import os
import socket
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest

from .. import server
from ..build import Build
from ..environment import Environment
from ..errors import RigError
from ..places import Home
from ..processes import LOOPBACK, Process, bind, myself
from ..settings import Settings, server_environment

SERVE = """
    import http.server, socket, sys, time

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

    if "die" in {behaviour!r}:
        sys.exit("I was told to die")
    if "sleep" in {behaviour!r}:
        time.sleep(600)
    listener = socket.socket(fileno=int(sys.argv[1]))
    listener.listen()
    served = http.server.HTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
    served.socket = listener
    served.serve_forever()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A build whose server is the small one above, run by our own Python."""
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    build = Build(Environment(tmp_path / "environment", "cpu"), tmp_path / "models")
    for folder in (build.pictures, build.packages / "owlv2"):
        folder.mkdir(parents=True)
    (build.folder / "manifest.json").write_text(json.dumps({"owlv2": {}}))
    return build


def settings(tmp_path: Path, behaviour: str = "serve", port: int = 0) -> Settings:
    """Settings under which the real server's module gives way to the small one."""
    package = tmp_path / behaviour / "assay_rig"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "serve.py").write_text(textwrap.dedent(SERVE).format(behaviour=behaviour))
    return Settings("old", port=port, extra={"PYTHONPATH": str(package.parent)})


def test_an_instance_starts_is_found_and_stops(home: Home, build: Build, tmp_path: Path) -> None:
    instance = server.start(home, build, settings(tmp_path))
    assert instance.name == "old"
    assert httpx.get(instance.url, trust_env=False).status_code == 200
    assert server.started(home) == [instance]
    server.stop(instance)
    assert not instance.alive()
    assert not instance.server.alive()
    assert not instance.stub.alive()
    assert server.started(home) == []
    assert (instance.folder / "server.log").exists()
    server.stop(instance)  # once more does no harm


def test_two_instances_run_side_by_side(home: Home, build: Build, tmp_path: Path) -> None:
    choices = settings(tmp_path)
    one = server.start(home, build, choices, name="one")
    try:
        two = server.start(home, build, choices, name="two")
        assert one.url != two.url
        with pytest.raises(RigError, match="called one runs already"):
            server.start(home, build, choices, name="one")
        server.stop(two)
        assert one.alive()
    finally:
        server.stop(one)


def test_a_taken_port_is_said(home: Home, build: Build, tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RigError, match=f"port {port} of 127.0.0.1 cannot be had: Address already in use"):
            server.start(home, build, settings(tmp_path, port=port))
    assert server.started(home) == []


def test_a_chosen_port_is_used(home: Home, build: Build, tmp_path: Path) -> None:
    with bind() as free:
        port = free.getsockname()[1]
    instance = server.start(home, build, settings(tmp_path, port=port))
    server.stop(instance)
    assert instance.url == f"http://127.0.0.1:{port}"


def test_a_dying_server_is_said_with_its_last_words(home: Home, build: Build, tmp_path: Path) -> None:
    with pytest.raises(RigError, match=r"server ended while it started; its log says:\n.*I was told to die"):
        server.start(home, build, settings(tmp_path, "die"))
    assert server.started(home) == []


def test_a_silent_server_is_given_up_and_ended(home: Home, build: Build, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(RigError, match="server did not answer within 2 s"):
        server.start(home, build, settings(tmp_path, "sleep"), patience=2)
    assert time.monotonic() - began < 10
    assert server.started(home) == []


def test_orphans_are_stopped_and_others_are_not(home: Home, build: Build, tmp_path: Path) -> None:
    choices = settings(tmp_path)
    gone = Process(os.getpid(), "born at another time")
    orphan = server.start(home, build, choices, name="orphan", owner=gone)
    mine = server.start(home, build, choices, name="mine", owner=myself())
    try:
        assert server.stop_orphans(home) == [orphan]
        assert not orphan.server.alive()
        assert mine.alive()
    finally:
        server.stop(mine)


def test_a_process_is_not_taken_for_another_with_its_id() -> None:
    stranger = Process(os.getpid(), "born at another time")
    assert not stranger.alive()
    stranger.end()  # and so this test goes on
    assert myself().alive()


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden"])
def test_names_that_are_no_folder_are_refused(home: Home, build: Build, name: str) -> None:
    with pytest.raises(RigError, match="cannot be the name"):
        server.start(home, build, Settings(), name=name or " ")


def test_the_server_sees_nothing_of_the_callers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    environment = server_environment(Settings("new", extra={"X": "1"}), tmp_path, "http://127.0.0.1:1")
    assert "secret" not in environment.values()
    assert "HTTPS_PROXY" not in environment
    assert environment["X"] == "1"


def test_settings_become_environment_variables(tmp_path: Path) -> None:
    strict = server_environment(Settings("old", refuse_urls=True, cache_auth=True), tmp_path, "http://p")
    assert strict["USE_INFERENCE_MODELS"] == "False"
    assert strict["MODELS_CACHE_AUTH_ENABLED"] == "True"
    assert "ALLOW_NON_HTTPS_URL_INPUT" not in strict
    lenient = server_environment(Settings("new"), tmp_path, "http://p")
    assert lenient["USE_INFERENCE_MODELS"] == "True"
    assert lenient["ALLOW_NON_HTTPS_URL_INPUT"] == "True"
    assert "MODELS_CACHE_AUTH_ENABLED" not in lenient
