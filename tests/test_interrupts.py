"""The first Ctrl-C ends, a second does not break the ending."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assay.interrupts import SAME_WISH, Interrupts, raise_lost, taken


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_second_is_no_other_wish(clock: list[float]) -> None:
    with taken(signal.SIGINT) as interrupts:
        with pytest.raises(KeyboardInterrupt):
            press()
        assert interrupts.seen
        clock[0] += SAME_WISH / 2
        press()
        clock[0] += SAME_WISH
        with pytest.raises(KeyboardInterrupt):
            press()


def test_one_that_is_held_back_comes_at_the_end(clock: list[float]) -> None:
    with taken(signal.SIGINT) as interrupts:
        interrupts.hold()
        with interrupts.held():
            press()
        with pytest.raises(KeyboardInterrupt):
            interrupts.let_go()


def test_blocks_are_one(clock: list[float]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    with taken(signal.SIGINT) as outer:
        with taken(signal.SIGINT, signal.SIGTERM) as inner:
            assert inner is outer
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        press()

    assert outer.seen
    assert signal.getsignal(signal.SIGTERM) is handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_that_was_lost_on_its_way_is_raised_by_the_next_question(clock: list[float]) -> None:
    with taken(signal.SIGINT):
        raise_lost()  # there was none yet
        with contextlib.suppress(KeyboardInterrupt):  # as a library does that calls back
            signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            raise_lost()

    raise_lost()  # whose block is over is nobody's business any more


def test_a_handler_of_somebody_elses_stays() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with taken(signal.SIGINT) as interrupts:
            press()
    finally:
        signal.signal(signal.SIGINT, before)

    assert heard == [signal.SIGINT]
    assert not interrupts.seen


def test_another_thread_takes_nothing() -> None:
    taking = []

    def take() -> None:
        with taken(signal.SIGINT):
            taking.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()

    assert not isinstance(taking[0], Interrupts)


LEAVING = """
import signal, time
from assay.interrupts import SAME_WISH, taken

with taken(signal.SIGINT) as interrupts:
    interrupts.leave = lambda: "what is left"
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        time.sleep(SAME_WISH)
        signal.raise_signal(signal.SIGINT)
        print("it did not wait")
"""


def test_a_later_one_leaves_at_once() -> None:
    told = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=30, check=False)

    assert (told.returncode, told.stdout, told.stderr) == (130, "", "assay: what is left\n")


READING = """
import signal, sys
from importlib.abc import MetaPathFinder


class Slow(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "click":
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)


sys.meta_path.insert(0, Slow())
from assay.__main__ import run
run()
"""


def test_while_the_command_line_is_read() -> None:
    told = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True, timeout=30, check=False)

    assert (told.returncode, told.stdout, told.stderr) == (130, "", "assay: interrupted\n")


IN_A_STRING = """
import signal, sys, types

cli = types.ModuleType("assay.cli")


def main():
    try:
        exec("import signal; signal.raise_signal(signal.SIGINT)")
    except KeyboardInterrupt:
        sys.exit(130)


cli.main = main
sys.modules["assay.cli"] = cli
from assay.__main__ import run
run()
"""


def test_it_ends_with_its_own_exit_code_wherever_it_was_interrupted(tmp_path: Path) -> None:
    """In code that stands in a string, as dataclasses have it, CPython would have the signal kill the process."""
    (tmp_path / "interrupted.py").write_text(IN_A_STRING)
    words = [sys.executable, "-m", "interrupted"]
    told = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)

    assert (told.returncode, told.stderr) == (130, "")
