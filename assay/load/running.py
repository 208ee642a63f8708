"""Leading the workers through one load: always to an end, and nothing that they measured is lost on the way."""

from __future__ import annotations

import base64
import contextlib
import queue
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from assay.contract.message import Pairs, Response
from assay.errors import UsageProblem
from assay.load.clock import SECOND, now
from assay.load.crew import Crew, Here, Said, Senders, Share, Worker
from assay.load.endpoint import Endpoint, Wire
from assay.load.exchange import FROM_FILE
from assay.load.job import NOTHING, ORDER, SCHEDULE, Job, Prepared
from assay.load.plan import KeptAnswer, Measurement, Part, Plan, Stopped, Window, WorkerTold
from assay.load.processes import READY, Told, refuse_where_it_cannot_run
from assay.load.rows import Rows
from assay.load.schedule import Closed, order_of

GRACE: Final = 5.0
"""Seconds beyond its own bounds that a worker gets, before it is told to abort, and again before it is killed."""
JUDGED: Final = 3
"""Windows whose failures are looked at, to tell whether the load has to stop."""
FEWEST: Final = 20
"""Requests in these windows below which their failures tell nothing."""

Watcher = Callable[[Window], bool]
Steady = Callable[[], int | None]


def measure(
    plan: Plan,
    endpoint: Endpoint,
    watcher: Watcher | None = None,
    server: tuple[int, ...] = (),
    hosts: Senders | None = None,
    *,
    steady: Steady = lambda: None,
) -> Measurement:
    """Put a load on a target and tell how it went. `server` are its processes, where they run here and are known.

    With `hosts` the load comes from these machines, and the workers of the plan are started on each.

    `watcher` is shown each window and says whether to go on; `steady`, asked at the end, says from when on it counts,
    None for all of it. Ctrl-C stops sending, and what was measured comes back as
    interrupted; a second one ends it at once, as KeyboardInterrupt. Raises UsageProblem where this system cannot do it
    or the plan says nothing sensible, Fault where no worker starts.
    """
    refuse_where_it_cannot_run()
    if plan.bound < 1 or plan.workers < 1 or (isinstance(plan.load, Closed) and plan.load.clients < 1):
        raise UsageProblem("there is nothing to send: a load takes a request, a worker, and a client or a rate")
    if isinstance(plan.load, Closed) and plan.load.clients > plan.connections:
        raise UsageProblem(
            f"{plan.load.clients} clients that wait for their answers take as many connections; {plan.connections} are "
            "allowed"
        )
    crew = hosts.crew(endpoint) if hosts is not None else Here(endpoint, server)
    with tempfile.TemporaryDirectory(prefix="assay-load-") as folder, _shared(plan.requests) as (bodies, prepared):
        everywhere = replace(plan, workers=plan.workers * (crew.machines or 1))
        jobs = _jobs(everywhere, endpoint, bodies, prepared, Path(folder))
        return _Leading(plan, endpoint, jobs, watcher, crew, steady=steady).through()


@contextlib.contextmanager
def _shared(requests: tuple[Wire, ...]) -> Iterator[tuple[int, tuple[Prepared, ...]]]:
    """The bodies in a file that has no name, so that nothing of them stays whatever happens; equal ones lie once."""
    places: dict[bytes, int] = {}
    prepared = []
    with tempfile.TemporaryFile() as file:
        for one in requests:
            if one.body not in places:
                if len(one.body) >= FROM_FILE:
                    file.write(one.head)  # so that the kernel can take all of the request out of there
                places[one.body] = file.tell()
                file.write(one.body)
            prepared.append(Prepared(one.head.decode("latin-1"), places[one.body], len(one.body)))
        file.flush()
        yield (file.fileno() if file.tell() else NOTHING), tuple(prepared)


def _jobs(
    plan: Plan, endpoint: Endpoint, bodies: int, prepared: tuple[Prepared, ...], folder: Path
) -> list[tuple[Job, Path]]:
    """What each worker does: every n-th request of one schedule, or its part of the clients.

    There are no more workers than requests, so that each has some of the order for itself.
    """
    closed = isinstance(plan.load, Closed)
    times = None if isinstance(plan.load, Closed) else plan.load.times(plan.seconds, plan.seed)[: plan.bound]
    workers = min(plan.workers, plan.bound if times is None else max(len(times), 1))
    workers = min(workers, plan.load.clients) if isinstance(plan.load, Closed) else workers
    order = order_of(len(prepared), plan.bound if times is None else len(times), plan.seed)
    jobs = []
    for number in range(workers):
        own = folder / str(number)
        own.mkdir()
        if times is not None:
            times[number::workers].tofile(own / SCHEDULE)
        (order if len(prepared) == 1 else order[number::workers]).tofile(own / ORDER)
        clients = _part(plan.load.clients, number, workers) if isinstance(plan.load, Closed) else 0
        warm = plan.warm_connections if plan.warm_connections is not None else 0 if closed else 32
        job = Job(
            endpoint.host, endpoint.port, endpoint.family, endpoint.address, prepared, bodies,
            clients=clients, connections=max(plan.connections // workers, clients, 1), timeout=plan.timeout,
            drain=plan.timeout if plan.drain is None else plan.drain, window=plan.window, longest=plan.seconds,
            most=_part(plan.bound, number, workers), tls=endpoint.tls, ca_bundle=endpoint.ca_bundle,
            client_cert=endpoint.client_cert, client_key=endpoint.client_key,
            warm_connections=clients if closed and plan.warm_connections is None else -(-warm // workers),
            answers=plan.answers, stamps=plan.stamps, core=plan.cores[number % len(plan.cores)] if plan.cores else None,
        )  # fmt: skip
        jobs.append((job, own))
    return jobs


def _part(whole: int, number: int, parts: int) -> int:
    return whole // parts + (number < whole % parts)


class _Leading:
    """One load in progress."""

    def __init__(
        self,
        plan: Plan,
        endpoint: Endpoint,
        jobs: list[tuple[Job, Path]],
        watcher: Watcher | None,
        crew: Crew,
        *,
        steady: Steady,
    ) -> None:
        self._plan, self._endpoint, self._watcher, self._crew = plan, endpoint, watcher, crew
        self._steady = steady
        self._jobs = jobs
        self._said: Said = queue.Queue()
        self._workers: list[Worker] = []
        self._ready: dict[int, Told] = {}
        self._ended: dict[int, Told] = {}
        self._gone: set[int] = set()
        self._answers: dict[int, list[Told]] = {}
        self._pending: dict[int, dict[int, Told]] = {}
        self._told: list[tuple[int, dict[int, Told]]] = []
        self._windows: list[Window] = []
        self._why: Stopped | None = None
        self._began = 0
        self._spent: dict[int, float] = {}
        """Seconds of CPU of each worker, as it told last."""
        self._moved = 0.0
        """When rows last came from another machine."""

    def through(self) -> Measurement:
        """All of it."""
        try:
            self._start()
            self._follow()
        finally:
            for worker in self._workers:
                worker.kill() if worker.number not in self._ended else None
            for worker in self._workers:
                worker.close()
            since, until = self._steady(), self._stopped()
            self._crew.end(self._began if since is None else since, until or now(), sum(self._spent.values()))
        return self._measurement()

    # Starting

    def _start(self) -> None:
        for worker in self._crew.start(self._jobs, self._said):
            self._workers.append(worker)
        give_up = time.monotonic() + READY
        while len(self._ready) + len(self._gone) < len(self._workers) and self._hear(give_up):
            pass
        if not self._ready:
            for worker in self._workers:
                worker.kill()
                worker.close()
            raise self._crew.why_none(self._workers[0].why())
        self._crew.begin()
        self._began = now() + round(self._crew.head_start * SECOND)
        for worker in self._workers:
            worker.start(self._began)

    # Going on

    def _follow(self) -> None:
        bound = time.monotonic() + self._crew.head_start + self._plan.seconds + self._jobs[0][0].drain + GRACE
        orders = iter((self._abort, self._kill))
        while len(self._ended.keys() | self._gone) < len(self._workers):
            try:
                if not self._hear(bound):
                    if self._moved + GRACE < time.monotonic():
                        next(orders, self._kill)()
                    bound = time.monotonic() + GRACE
            except KeyboardInterrupt:
                if self._why is Stopped.INTERRUPTED:
                    raise
                self._why = Stopped.INTERRUPTED
                self._abort()
                bound = time.monotonic() + GRACE

    def _abort(self) -> None:
        for worker in self._workers:
            worker.abort()

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()

    def _hear(self, until: float) -> bool:
        """Take note of one message; False where none came in time."""
        try:
            number, told = self._said.get(timeout=max(until - time.monotonic(), 0))
        except queue.Empty:
            return False
        if told is None:
            self._gone.add(number)
        elif told["kind"] == "ready":
            self._ready[number] = told
        elif told["kind"] == "answer":
            self._answers.setdefault(number, []).append(told)
        elif told["kind"] == "window":
            self._pending.setdefault(told["number"], {})[number] = told
            self._spent[number] = told["spent"]
        elif told["kind"] == "rows":
            self._moved = time.monotonic()
        else:
            self._ended[number] = told
            self._spent[number] = told["cpu_seconds"]
        self._tell_windows()
        return True

    def _tell_windows(self) -> None:
        """Show each window of which all have told who still send."""
        sending = self._ready.keys() - self._ended.keys() - self._gone
        for number in sorted(self._pending):
            told = self._pending[number]
            if sending - told.keys():
                return
            del self._pending[number]
            self._crew.look(sum(self._spent.values()))
            if self._crew.machines is not None:
                self._told.append((number, told))
            self._windows.append(self._window(number, told))
            if self._why is None:
                self._judge(self._windows[-1])

    def _window(self, number: int, of_workers: Mapping[int, Told]) -> Window:
        length, told = round(self._plan.window * SECOND), list(of_workers.values())
        failures: Counter[str] = Counter()
        bins: Counter[int] = Counter()
        for one in told:
            failures.update(one["failures"])
            bins.update(dict(one["bins"]))
        end = self._began + number * length
        return Window(
            number, end - length, end, failures=failures, bins=bins,
            count=sum(one["count"] for one in told), cold=sum(one["cold"] for one in told),
            waiting=sum(one["waiting"] for one in told), open=sum(one["open"] for one in told),
            cpu=max(one["cpu"] for one in told), lag=max(one["lag"] for one in told),
            preempted={worker: one["preempted"] for worker, one in of_workers.items()},
        )  # fmt: skip

    def _judge(self, window: Window) -> None:
        """Stop where too much fails, or where who watches has seen enough."""
        limit, last = self._plan.error_limit, self._windows[-JUDGED:]
        failed, count = sum(one.failed for one in last), sum(one.failed + one.count for one in last)
        if limit is not None and count >= FEWEST and failed > limit * count:
            self._stop(Stopped.ERRORS)
        elif self._watcher is not None and not self._watcher(window):
            self._stop(Stopped.ASKED)

    def _stop(self, why: Stopped) -> None:
        self._why = why
        for worker in self._workers:
            worker.stop()

    # What came of it

    def _measurement(self) -> Measurement:
        told = [self._told_by(worker) for worker in self._workers]
        parts = [Rows.of_folder(folder) for _, folder in self._jobs]
        rows = Rows.joined(parts)
        use, local = self._crew.use()
        return Measurement(
            self._plan, rows, self._began, self._stopped() or max(int(rows["read"].max(initial=0)), self._began),
            self._reason(rows), self._windows, told, use, local=local, answers=self._kept_answers(parts),
            steady=self._steady(),
            kernel_stamps=all(one["kernel_stamps"] for one in self._ready.values()),
            precise=all(one.told.get("precise", True) for one in told),
            lost=[*self._crew.missing(), *(self._lost(one) for one in told if one.lost)],
            parts=tuple(self._part(share, told, parts) for share in self._crew.shares()),
        )  # fmt: skip

    def _stopped(self) -> int | None:
        """When the last request became due; None where no worker has told."""
        return max((one["stopped"] for one in self._ended.values() if one.get("stopped")), default=None)

    def _lost(self, one: WorkerTold) -> str:
        return f"{self._workers[one.number].name} {one.lost}; {one.rows or 'none'} of its rows are kept"

    def _part(self, share: Share, told: list[WorkerTold], rows: list[Rows]) -> Part:
        """What one of several machines had of it."""
        own = [told[number] for number in share.workers]
        windows = [
            self._window(number, {one: said[one] for one in share.workers if one in said})
            for number, said in self._told
            if any(one in said for one in share.workers)
        ]
        return Part(
            share.sender, Rows.joined(rows[number] for number in share.workers), windows, own, share.use, share.local,
            kernel_stamps=all(self._ready[one]["kernel_stamps"] for one in share.workers if one in self._ready),
            precise=all(one.told.get("precise", True) for one in own),
        )  # fmt: skip

    def _kept_answers(self, parts: list[Rows]) -> list[KeptAnswer]:
        """The answers that workers kept, by their rows in all of them together."""
        kept, before = [], 0
        for number, part in enumerate(parts):
            for told in self._answers.get(number, []):
                response = Response(told["status"], _pairs(told["headers"]), base64.b64decode(told["body"]))
                kept.append(KeptAnswer(before + told["row"], told["request"], response))
            before += len(part)
        return kept

    def _reason(self, rows: Rows) -> Stopped:
        if self._why is not None:
            return self._why
        if not self._ended:
            return Stopped.LOST
        return Stopped.COUNT if len(rows) >= self._plan.bound else Stopped.TIME

    def _told_by(self, worker: Worker) -> WorkerTold:
        told = self._ended.get(worker.number)
        if told is not None:
            return WorkerTold(worker.number, told["rows"], told)
        kept = len(Rows.of_folder(self._jobs[worker.number][1]))
        return WorkerTold(worker.number, kept, {}, self._endpoint.clean(worker.why()))


def _pairs(headers: list[list[str]]) -> Pairs:
    return tuple((name, value) for name, value in headers)
