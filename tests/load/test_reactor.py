"""The reactor that calls what is ready and what is due, by each of its ways to wait."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Callable, Iterator

import pytest

from assay.load.clock import SECOND, now
from assay.load.reactor import NEVER, AnyWaiting, KernelWaiting, Reactor, best_waiting

WAYS = [AnyWaiting, *([KernelWaiting] if sys.platform == "linux" else [])]
WAIT = 20


@pytest.fixture(params=WAYS)
def reactor(request: pytest.FixtureRequest) -> Iterator[Reactor]:
    made = Reactor(request.param())
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        one.setblocking(False)
        other.setblocking(False)
        yield one, other


def run(reactor: Reactor, going: Callable[[], bool]) -> None:
    """Run it while this says so, and fail where that takes long."""
    give_up = now() + WAIT * SECOND
    reactor.at(give_up, lambda: None)
    reactor.run(lambda: now() < give_up and going())
    assert now() < give_up


def test_what_is_due_is_called_in_its_order_and_not_before_its_time(reactor: Reactor) -> None:
    called: list[tuple[str, bool]] = []
    due = {name: now() + each * 1_000_000 for name, each in (("late", 9), ("early", 3), ("between", 6))}
    for name, when in due.items():
        reactor.at(when, lambda name=name, when=when: called.append((name, now() >= when)))  # type: ignore[misc]

    run(reactor, lambda: len(called) < 3)

    assert called == [("early", True), ("between", True), ("late", True)]


def test_a_time_that_has_passed_is_called_at_once_however_often_it_is_set(reactor: Reactor) -> None:
    passed, called = now() + 1_000_000, [0]

    def again() -> None:
        called[0] += 1
        reactor.at(passed, again)

    reactor.at(passed, again)

    run(reactor, lambda: called[0] < 5)


def test_what_is_always_due_keeps_nothing_from_being_read(
    reactor: Reactor, pair: tuple[socket.socket, socket.socket]
) -> None:
    heard: list[bytes] = []
    reactor.on_readable(pair[0].fileno(), lambda: heard.append(pair[0].recv(100)))

    def always() -> None:
        reactor.soon(always)

    always()
    pair[1].send(b"word")

    run(reactor, lambda: not heard)

    assert heard == [b"word"]


def test_who_waits_to_write_is_called_until_it_says_otherwise(
    reactor: Reactor, pair: tuple[socket.socket, socket.socket]
) -> None:
    written: list[int] = []

    def write() -> None:
        written.append(pair[0].send(b"x"))
        if len(written) == 3:
            reactor.no_more_writable(pair[0].fileno())
            reactor.after(0.01, lambda: written.append(0))

    reactor.on_readable(pair[0].fileno(), lambda: pytest.fail("there is nothing to read"))
    reactor.on_writable(pair[0].fileno(), write)

    run(reactor, lambda: 0 not in written)

    assert written == [1, 1, 1, 0]


def test_an_end_is_told_to_who_reads(reactor: Reactor, pair: tuple[socket.socket, socket.socket]) -> None:
    heard: list[bytes] = []

    def read() -> None:
        heard.append(pair[0].recv(100))
        reactor.forget(pair[0].fileno())

    reactor.on_readable(pair[0].fileno(), read)
    pair[1].close()

    run(reactor, lambda: not heard)

    assert heard == [b""]


class Telling:
    """Tells what it was told to tell, whatever is watched."""

    precise = tells_ends = True

    def __init__(self, *rounds: list[tuple[int, int]]) -> None:
        self._rounds = list(rounds)

    def watch(self, descriptor: int, events: int, before: int) -> None:
        pass

    def ready(self, until: int) -> list[tuple[int, int]]:
        return self._rounds.pop(0)

    def close(self) -> None:
        pass


def test_what_is_told_of_a_descriptor_that_was_closed_goes_to_no_other_of_its_number() -> None:
    reactor, called = Reactor(Telling([(7, 1), (8, 4)], [(8, 4)])), []

    def close_and_open() -> None:
        called.append("first")
        reactor.forget(8)
        reactor.on_writable(8, lambda: called.append("another"))

    reactor.on_readable(7, close_and_open)
    reactor.on_writable(8, lambda: called.append("closed"))

    rounds = iter((True, False))
    reactor.run(lambda: next(rounds))
    assert called == ["first"]

    rounds = iter((True, False))
    reactor.run(lambda: next(rounds))
    assert called == ["first", "another"]


def test_what_a_call_raises_ends_it(reactor: Reactor) -> None:
    reactor.soon(lambda: (_ for _ in ()).throw(RuntimeError("no")))

    with pytest.raises(RuntimeError, match="no"):
        reactor.run(lambda: True)


def test_a_system_without_the_kernels_timer_waits_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("this system has no timerfd")

    monkeypatch.setattr("assay.load.reactor.KernelTimer", missing)

    waiting = best_waiting()
    began = now()
    waiting.ready(began + 5_000_000)

    assert not waiting.precise
    assert now() - began > 1_000_000
    waiting.close()


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="epoll is the kernel's of Linux")
def test_the_best_of_linux_is_precise_and_tells_of_sockets_without_a_time(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    waiting = best_waiting()
    waiting.watch(pair[0].fileno(), 1, 0)
    pair[1].send(b"word")

    assert waiting.precise
    assert waiting.ready(NEVER) == [(pair[0].fileno(), 1)]
    waiting.close()
