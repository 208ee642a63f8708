"""The server's processes: who listens on a port, with children that come and go, and programs that only pass it on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from assay.load import listening as module
from assay.load.listening import Processes, listening

SERVER = """
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print(listener.getsockname()[1], child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def served() -> Iterator[tuple[int, int, int]]:
    """A process that listens and has a child: its port, its number, its child's."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        port, child = map(int, process.stdout.readline().split())
        yield port, process.pid, child
        process.kill()


def test_whoever_listens_is_found_with_its_children(served: tuple[int, int, int]) -> None:
    port, pid, child = served

    found = listening(port)

    assert found.pids == (pid,)
    assert set(Processes(found.pids).alive) == {pid, child}


def test_a_port_on_which_nobody_listens_has_none() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert listening(unused.getsockname()[1]).pids == ()


def test_assay_itself_is_never_the_server() -> None:
    assert os.getpid() not in Processes([os.getpid()]).alive


@pytest.mark.parametrize(("name", "elsewhere"), [("docker-proxy", False), ("ssh", True)])
def test_who_only_passes_a_port_on_is_no_server(
    name: str, elsewhere: bool, served: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_name", lambda pid: name)

    found = listening(served[0])

    assert (found.pids, found.passed_on, found.elsewhere) == ((), name, elsewhere)


def test_what_a_process_has_computed_is_not_lost_when_it_ends() -> None:
    busy = "sum(range(3_000_000)); import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watched = Processes([process.pid, os.getppid()])
        first = watched.read()
        process.kill()
        process.wait()
        time.sleep(0.01)
        after = watched.read()

    assert first is not None
    assert after is not None, "another of them is still there"
    assert after.cpu_seconds >= first.cpu_seconds > 0
    assert process.pid in watched.pids


def test_of_processes_that_are_gone_nothing_is_read() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass

    assert Processes([process.pid]).read() is None
