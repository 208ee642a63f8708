"""`assay bench --load-hosts` and `assay load-host`: by Locust itself, each a process of its own, on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from assay.load.rows import Rows
from assay.record import Measurement, read
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Assay, Process, started, wait_for

KEY = "key-told-apart-4712"
ONE = ("--workload", "hosted.classification/base64", "--scenario", "server", "--rate", "60", "--out", "run")
HERE = ("--load-bind", "127.0.0.1:0")
CALL = "load hosts may come: start `assay load-host "


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, _no_key: None) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(create_app(key=KEY)) as address:
        yield address


def load_host(stack: ExitStack, folder: Path, where: str) -> Process:
    return stack.enter_context(started(folder, "load-host", where))


def called(master: Process) -> str:
    return wait_for(master, CALL).partition("`")[0]


def fell(host: Process) -> None:
    """As when its machine loses its power: all of its processes at once."""
    whole = psutil.Process(host.pid)
    for each in (*whole.children(recursive=True), whole):
        with suppress(psutil.NoSuchProcess):
            each.kill()


@pytest.mark.thorough
def test_three_hosts_send_one_load_and_end_with_it(folder: Path, url: str) -> None:
    with ExitStack() as stack:
        master = stack.enter_context(started(folder, "bench", url, *ONE, *HERE, "--load-hosts", "3", "--seconds", "1"))
        where = called(master)
        hosts = [load_host(stack, folder, where) for _ in range(3)]
        out, err = master.communicate(timeout=180)
        ends = [host.communicate(timeout=60) for host in hosts]

    assert master.returncode in {0, 7}, err
    assert [host.returncode for host in hosts] == [0, 0, 0], ends
    assert all("the benchmark is over" in said for said, _ in ends)
    run = read(folder / "run")
    (found,) = (Measurement.of(event) for event in run.measurements)
    assert sum(host["requests"] for host in found.load_hosts) == found.requests > 0
    assert not any(host["lost"] for host in found.load_hosts)
    assert all(abs(host["offset_ms"]) <= host["uncertainty_ms"] for host in found.load_hosts), "it is one clock"
    assert run.header["client"]["load_hosts"]["count"] == 3
    page = (folder / "run" / "report.html").read_text("utf-8")
    assert "The load hosts" in page
    assert all(host["name"] in page for host in found.load_hosts)
    kept = [path.read_bytes() for path in (folder / "run").rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in kept)
    assert KEY not in out + err + repr(ends)
    assert "Traceback" not in err + repr(ends)


@pytest.mark.thorough
def test_a_host_that_dies_is_named_and_what_the_others_measured_is_kept(folder: Path, url: str) -> None:
    with ExitStack() as stack:
        master = stack.enter_context(started(folder, "bench", url, *ONE, *HERE, "--load-hosts", "3", "--seconds", "3"))
        where = called(master)
        hosts = [load_host(stack, folder, where) for _ in range(3)]
        for host in hosts:
            wait_for(host, "load 1: ")
        fell(hosts[0])
        out, err = master.communicate(timeout=180)
        for host in hosts[1:]:
            host.communicate(timeout=60)

    assert master.returncode == 7, err
    (found,) = (Measurement.of(event) for event in read(folder / "run").measurements)
    (lost,) = (host for host in found.load_hosts if host["lost"])
    assert lost["lost"].startswith("fell silent: nothing was heard of it for 6 s, ")
    assert lost["requests"] == 0
    assert all(host["requests"] > 0 for host in found.load_hosts if host is not lost)
    assert any(reason.startswith(f"load host {lost['name']} fell silent") for reason in found.reasons)
    rows = Rows.of_bytes((folder / "run" / "artifacts" / found.artifacts["columns"]).read_bytes())
    assert len(rows) >= found.requests == sum(host["requests"] for host in found.load_hosts)
    assert f"INVALID: load host {lost['name']} fell silent" in out
    assert [host.returncode for host in hosts[1:]] == [0, 0]


def test_where_nobody_comes_it_is_said_and_over(assay: Assay, url: str) -> None:
    said = assay("bench", url, *ONE, *HERE, "--load-hosts", "2", "--load-wait", "1", "--seconds", "1")

    assert said.code == 2
    assert "0 of 2 load hosts came within 1 s; start `assay load-host 127.0.0.1:" in said.err
    assert "Traceback" not in said.err


def test_a_port_that_is_taken_is_named(assay: Assay, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        bind = f"127.0.0.1:{door.getsockname()[1]}"
        said = assay("bench", url, *ONE, "--load-hosts", "2", "--load-bind", bind)

    assert said.code == 2
    assert f"--load-bind: cannot listen on {bind}: Address already in use; choose another" in said.err


def test_a_master_that_is_not_there_is_named(assay: Assay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    said = assay("load-host", f"127.0.0.1:{port}", "--wait", "1")
    unknown = assay("load-host", "nobody.invalid:5557", "--wait", "1")

    assert said.code == unknown.code == 3
    assert f"no master is reached at 127.0.0.1:{port} within 1 s: Connection refused" in said.err
    assert "nobody.invalid:5557 within 1 s: the name is not known here" in unknown.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bench", "reference", "--load-bind", "127.0.0.1:1"], "--load-bind and --load-wait go with --load-hosts"),
        (["bench", "reference", "--load-hosts", "2", "--load-bind", "here:there"], "is no address; write HOST:PORT"),
        (["bench", "reference", "--load-hosts", "2", "--load-bind", "nobody.invalid:1"], "cannot listen on nobody.inv"),
        (["bench", "reference", "--load-hosts", "2", "--scenario", "cold-start"], "leave out --load-hosts"),
        (["bench", "reference", "--load-hosts", "0"], "--load-hosts"),
        (["load-host"], "MASTER:PORT"),
        (["load-host", "10.0.0.5:port"], "is no address; write HOST:PORT"),
        (["load-host", "::1"], "is no address; write HOST:PORT"),
        (["load-host", "127.0.0.1:1", "--ca-bundle", "nothing.pem"], "--ca-bundle nothing.pem: cannot be read"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str, assay: Assay) -> None:
    said = assay(*arguments)

    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", [["bench", "reference", "--load-hosts", "2"], ["load-host", "127.0.0.1:5557"]])
def test_without_locust_it_is_said_what_to_install(command: list[str], folder: Path) -> None:
    hidden = (
        "import importlib.util as u, sys; found = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'locust' else found(name, *rest)\n"
        "from assay.cli import main; main(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden, *command],
        check=False,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        cwd=folder,
    )

    assert done.returncode == 2
    assert "pip install 'assay[locust]'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
