"""However a run ends, it can be read, reported and gone on with."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.record import read
from assay.reference.app import create_app
from assay.serving import running

from .conftest import Assay, Process
from .test_cli_interrupt import KEY, hesitant

CHOSEN = ("--only", "hosted.[cik]*", "--operation", "hosted.k*", "--examples", "1", "--out", "run")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    with running(hesitant(create_app(key=KEY), 0.1, "/")) as url:
        yield url


TELLING = """
import os, signal, sys

def hears(*given):
    signal.signal = before
    os.write(int(number), b".")
    os.close(int(number))
    return before(*given)

number, *sys.argv = sys.argv[1:]
before, signal.signal = signal.signal, hears
from assay.__main__ import run
run()
"""
"""Assay, by an interpreter that says so before Assay's first word to it about signals: until then they are its own."""


@contextmanager
def in_a_group(
    folder: Path, *arguments: str, blocks: int | None = None, telling: int | None = None
) -> Iterator[Process]:
    """A command in a process group of its own, as a shell starts it; no file may become larger than so many blocks.

    It writes to the descriptor `telling` as it begins to hear signals.
    """
    limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"] if blocks else []
    how = ["-m", "assay"] if telling is None else ["-c", TELLING, str(telling), "assay"]
    process = subprocess.Popen(
        [*limited, sys.executable, *how, *arguments],
        pass_fds=[] if telling is None else [telling],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_outcomes(folder: Path, least: int) -> None:
    """Until so many cases have been judged, whoever has recorded them."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        files = [folder / "run" / "run.jsonl", *(folder / "run" / "parts").glob("*.jsonl")]
        if sum(file.read_text("utf-8").count('{"kind": "outcome"') for file in files if file.exists()) >= least:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was judged")


@pytest.mark.parametrize(
    ("number", "workers"),
    [
        pytest.param(signal.SIGTERM, 2, marks=pytest.mark.thorough),
        (signal.SIGINT, 1),
        pytest.param(signal.SIGTERM, 1, marks=pytest.mark.thorough),
        pytest.param(signal.SIGINT, 2, marks=pytest.mark.thorough),
    ],
    ids=str,
)
def test_a_signal_keeps_what_there_is(
    assay: Assay, folder: Path, slow: str, number: signal.Signals, workers: int
) -> None:
    """SIGTERM is sent to the process; Ctrl-C goes to all that a terminal knows to belong to it."""
    with in_a_group(folder, "check", slow, *CHOSEN, "--workers", str(workers)) as process:
        wait_for_outcomes(folder, 5)
        (os.killpg if number is signal.SIGINT else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=60)

    run = read(folder / "run")
    assert process.returncode == 130, err
    assert "Traceback" not in out + err
    assert run.footer is None
    assert len(run.outcomes) >= 5
    assert sorted(path.name for path in (folder / "run").iterdir()) == [
        "artifacts", "badge.json", "ctrf.json", "junit.xml", "report.html", "run.jsonl", "summary.md",
    ]  # fmt: skip
    assert out.splitlines()[-1] == "interrupted: no verdict"

    resumed = assay("check", "--resume", "run")
    whole = read(folder / "run")
    assert (resumed.code, resumed.err) == (0, "")
    assert resumed.out.splitlines()[-1].startswith("passed")
    assert {outcome["outcome"] for outcome in whole.outcomes} == {"pass"}
    assert len(whole.outcomes) > len(run.outcomes)


@pytest.mark.thorough
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "moment", ["0.01 s", "0.1 s", "0.5 s", "1 s", "1.5 s", "2 s", "1 judged", "10 judged", "20 judged"]
)
def test_ctrl_c_twice_at_any_moment(assay: Assay, folder: Path, slow: str, moment: str, workers: int) -> None:
    """As `timeout -s INT` does it: to the process, and at once to all that belong to it."""
    number, of = moment.split()
    heard, telling = os.pipe()

    with in_a_group(folder, "check", slow, *CHOSEN, "--workers", str(workers), telling=telling) as process:
        os.close(telling)
        with open(heard, "rb") as begun:
            assert begun.read() == b"."
        if of == "judged":  # 25 are: after 20 of them a run is not over, however fast the machine is
            wait_for_outcomes(folder, int(number))
        else:
            time.sleep(float(number))
        process.send_signal(signal.SIGINT)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    told = out + err
    assert process.returncode == 130, told
    assert "Traceback" not in told
    if not list(folder.iterdir()):
        assert err.strip().startswith("assay: interrupted"), told
        return
    run = read(folder / "run")
    assert run.footer is None
    assert "go on with it: assay check --resume run" in told
    assert (folder / "run" / "report.html").exists()
    assert {outcome["outcome"] for outcome in run.outcomes} <= {"pass"}
    resumed = assay("check", "--resume", "run")
    assert (resumed.code, resumed.err) == (0, "")


def stuck_once(app: ASGIApp, begins: Callable[[], bool], waits: threading.Event) -> ASGIApp:
    """A deployment whose models answer nothing any more once it begins; `waits` tells that a request waits."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/figures") and begins():
            waits.set()
            await asyncio.sleep(300)
        await app(scope, receive, send)

    return answer


@pytest.mark.thorough
def test_a_later_ctrl_c_waits_for_nothing(folder: Path) -> None:
    """A worker waits for an answer that does not come, and nobody has told it of the end: only the leader was."""
    waits = threading.Event()
    stuck = stuck_once(create_app(key=KEY), (folder / "run" / "parts").exists, waits)
    with (
        running(stuck, grace=0) as url,
        in_a_group(folder, "check", url, *CHOSEN, "--workers", "2", "--timeout", "120") as process,
    ):
        assert waits.wait(60)
        process.send_signal(signal.SIGINT)
        time.sleep(3)
        assert process.poll() is None, "the first waits for the workers"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, err.count("interrupted")) == (130, 1), out + err
    assert read(folder / "run").footer is None


@pytest.mark.thorough
def test_workers_that_were_killed_along_with_their_leader(assay: Assay, folder: Path, slow: str) -> None:
    with in_a_group(folder, "check", slow, *CHOSEN, "--workers", "2") as process:
        wait_for_outcomes(folder, 5)
        os.killpg(process.pid, signal.SIGKILL)

    before = read(folder / "run")
    report = assay("report", "run")
    assert report.out.splitlines()[-2:] == ["interrupted: no verdict", "go on with it: assay check --resume run"]
    resumed = assay("check", "--resume", "run", "--workers", "2")

    after = read(folder / "run")
    assert (resumed.code, resumed.err) == (0, "")
    assert len(before.outcomes) >= 5
    settled = {(outcome["rule"], outcome["case"]): outcome["exchanges"] for outcome in before.outcomes}
    now = {(outcome["rule"], outcome["case"]): outcome["exchanges"] for outcome in after.outcomes}
    assert {key: now[key] for key in settled} == settled, "what was judged stands as it stood"
    assert not (folder / "run" / "parts").exists()


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.thorough)])
def test_a_disk_that_takes_no_more(folder: Path, workers: str) -> None:
    """One sentence, no traceback, and what was written is there."""
    arguments = ("check", "reference", *CHOSEN, "--only", "hosted.*", "--operation", "*", "--workers", workers)
    with in_a_group(folder, *arguments, blocks=200) as process:
        out, err = process.communicate(timeout=60)

    run = read(folder / "run")
    assert process.returncode == 2
    assert err.startswith("assay: cannot write to")
    assert "File too large" in err
    assert len(err.splitlines()) == 1, err
    assert "Traceback" not in out + err
    assert run.footer is None
    assert run.exchanges


def test_a_damaged_record_is_told_in_a_sentence(assay: Assay, folder: Path) -> None:
    assay("check", "reference", "--only", "hosted.image.*", "--out", "run", "--workers", "1")
    lines = (folder / "run" / "run.jsonl").read_text("utf-8").splitlines()
    (folder / "run" / "run.jsonl").write_text("\n".join(line for line in lines if '"kind": "rule"' not in line))

    said = assay("report", "run")

    assert (said.code, said.out) == (2, "")
    assert said.err == ("assay: run/run.jsonl: an outcome names the rule 'hosted.image.size', which it does not hold\n")


def test_the_target_need_not_be_named_again(assay: Assay) -> None:
    assert assay("check").err == (
        "assay: no TARGET given; give the deployment's base URL, such as http://localhost:9001, or the word reference\n"
    )
    assert assay("check", "--resume", "nowhere").err.startswith("assay: nowhere holds no readable run record")
