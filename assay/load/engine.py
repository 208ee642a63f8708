"""Sending what a job says: by a schedule, or by so many clients. Each request is a row in the columns.

Nothing is sent twice: what goes wrong is a row that says how. What could not be sent in time, because no connection was
free or because this process was late, is sent later and counts from the time at which it was to be sent.
"""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from assay.load.address import Address
from assay.load.clock import SECOND, Realtime, now
from assay.load.columns import Columns, Failure
from assay.load.connection import Connection
from assay.load.exchange import Exchange, Outgoing
from assay.load.job import Job
from assay.load.reactor import Reactor
from assay.load.sample import Sample

NOT_LET_IN: Final = frozenset((Failure.REFUSED, Failure.CONNECT_TIMEOUT, Failure.TLS, Failure.CLIENT_EXHAUSTED))
SWEEP: Final = 0.1
"""Seconds between two looks for requests that take too long."""
WARMING: Final = 5.0
"""Seconds that connections get to be opened before the start."""
BREATH: Final = 0.05
"""Seconds that a closed loop waits after a connection was refused: it would try as fast as it can."""


MOST: Final = 2**32 - 1
"""What a column of 32 bits holds at most."""


class Engine:
    """One phase in progress. `start` to begin, `stop` to send nothing more; `over` once nothing is under way."""

    def __init__(
        self, job: Job, bodies: memoryview, columns: Columns, tls: ssl.SSLContext | None, reactor: Reactor
    ) -> None:
        self.job, self.columns = job, columns
        self._reactor = reactor
        self._tls = tls
        self._address = Address(job.family, job.address, job.host, job.stamps)
        self.realtime = Realtime()
        self._requests = [Outgoing.prepared(one, bodies, job.bodies) for one in job.requests]
        self._free: deque[Connection] = deque()
        self._under_way: dict[Connection, int] = {}
        self._queue: deque[tuple[int, int]] = deque()
        self._order: Sequence[int] = (0,)
        self._schedule: Sequence[int] = ()
        self._next = 0
        self._began = 0
        self._ended: list[Exchange] = []
        self._taken: list[tuple[Connection, Exchange, Outgoing]] = []
        reactor.after_each_round(self._go_on)
        self.sending = False
        self.stopped = 0
        """When the last request became due."""
        self.late = 0
        """Requests that were due and waited for a connection."""
        self.sample = Sample(job.answers)
        self.over = False
        self.on_row: Callable[[Exchange], None] = lambda exchange: None

    @property
    def waiting(self) -> int:
        """Requests that are due and have no connection yet."""
        return len(self._queue)

    @property
    def open(self) -> int:
        """Requests that were due and have no answer yet."""
        return len(self._queue) + len(self._under_way)

    # Beginning and ending

    def warm(self) -> None:
        """Open connections that wait for the first requests. What cannot be opened is left to those, and told then."""
        opened = [self._new_connection() for _ in range(self.job.warm_connections)]
        for connection in opened:
            connection.open()
        give_up = now() + round(WARMING * SECOND)
        self._reactor.at(give_up, lambda: None)
        self._reactor.run(lambda: now() < give_up and any(connection.opening for connection in opened))
        for connection in opened:
            if connection.usable:
                self._free.append(connection)
            else:
                connection.close()

    def start(self, at: int, schedule: Sequence[int], order: Sequence[int]) -> None:
        """Begin at this time, in ns of our clock."""
        self._began, self._schedule, self._order = at, schedule, order if len(order) else (0,)
        self.sending = True
        self._reactor.after(SWEEP, self._sweep)
        if self.job.clients:
            self._reactor.at(at, self._due)
        elif len(schedule):
            self._reactor.at(at + schedule[0], self._due)
        else:
            self.stop()

    def stop(self) -> None:
        """From now on nothing becomes due; what is under way or waits gets the time of the job's drain to end."""
        if not self.sending:
            return
        self.sending, self.stopped = False, now()
        self._reactor.after(self.job.drain, self.abort)
        self._note_the_end()

    def abort(self) -> None:
        """End what is under way or waits, as unfinished: it counts, for it was due."""
        self.stop()
        waiting, self._queue = self._queue, deque()
        for request, intended in waiting:
            one = Exchange(request, intended or now())
            one.read, one.failure = now(), Failure.UNFINISHED
            self._keep(one)
        for connection in list(self._under_way):
            connection.give_up(Failure.UNFINISHED)
        self._note_the_end()

    def close(self) -> None:
        """Close every connection."""
        for connection in [*self._free, *self._under_way]:
            connection.close()

    def _note_the_end(self) -> None:
        if not self.sending and not self._under_way and not self._queue:
            self.over = True

    # Sending

    def _due(self) -> None:
        """Send what is due, and be woken for what comes next."""
        if not self.sending:
            return
        if self.job.clients:
            for _ in range(self.job.clients):
                self._take_next(0)
            self._send_taken()
            return
        schedule, count, at = self._schedule, min(len(self._schedule), self.job.most), now()
        while self._next < count and self._began + schedule[self._next] <= at:
            self._take_next(self._began + schedule[self._next])
        self._send_taken()
        if self._next < count:
            self._reactor.at(self._began + schedule[self._next], self._due)
        else:
            self._reactor.soon(self.stop)

    def _take_next(self, intended: int) -> None:
        """Have the next request sent, or wait for a connection; nothing where the job's bound is reached."""
        if self._next >= self.job.most:
            return
        request = self._order[self._next % len(self._order)]
        self._next += 1
        if self._queue or len(self._under_way) >= self.job.connections:
            self.late += 1
            self._queue.append((request, intended))
        else:
            self._take(request, intended)
        if self._next >= self.job.most:
            self._reactor.soon(self.stop)

    def _take_queued(self) -> None:
        """Have sent what waited longest."""
        if self._queue and len(self._under_way) < self.job.connections:
            self._take(*self._queue.popleft())

    def _take(self, request: int, intended: int) -> None:
        connection = self._free.popleft() if self._free else self._new_connection()
        self._under_way[connection] = at = now()
        exchange = Exchange(request, intended)
        if self.sample.wants(at):
            exchange.keep_answer()
        self._taken.append((connection, exchange, self._requests[request]))

    def _send_taken(self) -> None:
        """Send all that was taken, one right after the other: a large body drives all else out of the caches."""
        taken, self._taken = self._taken, []
        for connection, exchange, request in taken:
            connection.send(exchange, request)

    def _new_connection(self) -> Connection:
        return Connection(self._reactor, self._address, self.realtime, self._tls, self._done)

    def _done(self, connection: Connection, one: Exchange) -> None:
        """A request has ended: its connection can be used again."""
        del self._under_way[connection]
        if connection.usable:
            self._free.appendleft(connection)  # the one used last is the least likely to be closed
        if one.failure:
            self._keep(one)
            self._after_failure(one)
            self._note_the_end()
        else:
            self._ended.append(one)

    def _go_on(self) -> None:
        """For all that were answered at once, first send what comes next, and then keep their rows."""
        if not self._ended:
            return
        ended, self._ended = self._ended, []
        for _ in ended:
            if self._queue:
                self._take_queued()
            elif self.sending and self.job.clients:
                self._take_next(0)
        self._send_taken()
        for one in ended:
            self._keep(one)
        self._note_the_end()

    def _keep(self, one: Exchange) -> None:
        if one.pieces is not None:
            self.sample.offer(len(self.columns), one)
        self.columns.add(
            one.intended, one.sent, one.first, one.last, one.read,
            one.uploaded if one.uploaded < MOST else MOST, one.connected if one.connected < MOST else MOST,
            one.stated, one.size if one.size < MOST else MOST, one.digest,
            one.request, one.status, one.failure, one.cold,
        )  # fmt: skip
        self.on_row(one)

    def _after_failure(self, one: Exchange) -> None:
        """What is sent when a request has failed: the same as after any other, but a moment later.

        A client of a closed loop that nobody lets in waits a little.
        """
        refused = one.failure in NOT_LET_IN
        if self._queue:
            self._reactor.soon(self._go_on_from_queue)
        elif self.sending and self.job.clients:
            self._reactor.after(BREATH if refused else 0, self._go_on_as_client)

    def _go_on_from_queue(self) -> None:
        self._take_queued()
        self._send_taken()

    def _go_on_as_client(self) -> None:
        if self.sending:
            self._take_next(0)
            self._send_taken()

    # Looking after it

    def _sweep(self) -> None:
        """End what takes too long, and keep up with the kernel's clock."""
        self.realtime.measure()
        oldest = now() - round(self.job.timeout * SECOND)
        for connection, since in list(self._under_way.items()):
            if since > oldest:
                break  # they are in the order in which they were begun
            connection.give_up(Failure.TIMEOUT if connection.usable else Failure.CONNECT_TIMEOUT)
        if self.sending or self._under_way or self._queue:
            self._reactor.after(SWEEP, self._sweep)
