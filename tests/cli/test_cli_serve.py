"""`assay serve`: it says where it serves, serves, and ends when it is told to."""

from __future__ import annotations

import base64
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from assay.faults import FAULTS
from assay.reference.app import create_app
from assay.scene import SCENES
from assay.serving import running

from .conftest import Assay, started, wait_for


def ask(url: str, key: str, **query: str) -> httpx.Response:
    picture = base64.b64encode(SCENES["pair"].png())
    return httpx.post(f"{url}/shapes/1", params={"api_key": key, **query}, content=picture, trust_env=False, timeout=20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(folder: Path, number: int) -> None:
    with started(folder, "serve") as process:
        url = wait_for(process, "the reference deployment at ")
        key = re.split("[ ;]", wait_for(process, "key: "))[0]
        answered = ask(url, key)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)

    assert answered.status_code == 200
    assert {prediction["class"] for prediction in answered.json()["predictions"]} == {"dog", "cat"}
    assert (process.returncode, err) == (0, ""), out
    with pytest.raises(httpx.ConnectError):
        ask(url, key)
    assert not list(folder.iterdir())


def test_a_fault_and_a_key_of_the_users_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "secret-of-mine")
    with started(folder, "serve", "--fault", "classes-ignored", "--key-env", "MY_KEY") as process:
        url = wait_for(process, "the reference deployment behind the fault classes-ignored at ")
        told = wait_for(process, "key: ")
        ask(url, "secret-of-mine")  # the answer tells the proxy the model's task
        predictions = ask(url, "secret-of-mine", classes="dog").json()["predictions"]
        refused = ask(url, "another")

    assert {prediction["class"] for prediction in predictions} == {"dog", "cat"}
    assert refused.status_code in (401, 403)
    assert told.startswith("from $MY_KEY")


def test_a_fault_in_front_of_any_server(folder: Path) -> None:
    with running(create_app(key="theirs")) as theirs:
        arguments = ("serve", "--fault", "classes-ignored", "--behind", theirs)
        with started(folder, *arguments) as process:
            url = wait_for(process, f"{theirs} behind the fault classes-ignored at ")
            ask(url, "theirs")
            found = ask(url, "theirs", classes="dog").json()["predictions"]

    assert {prediction["class"] for prediction in found} == {"dog", "cat"}


@pytest.mark.parametrize("more", [(), ("--fault", "classes-ignored")], ids=["plain", "fault"])
def test_a_port_that_is_taken(assay: Assay, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the handlers of this process stay its own
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        said = assay("serve", "--port", port, *more)

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"assay: cannot listen on 127.0.0.1:{port}: ")
    assert said.err.count("\n") == 1


def test_the_faults_are_listed(assay: Assay) -> None:
    said = assay("serve", "--fault", "list")

    assert (said.code, said.err) == (0, "")
    assert all(f"{fault.name}\n    {fault.sentence}\n" in said.out for fault in FAULTS.values())
