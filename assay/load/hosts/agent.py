"""A load host: it dials to the master, says what it is, and sends what it is told to, until the benchmark is over.

The load itself comes from the same workers as on one machine, processes of their own that know nothing of the bus. The
requests, which may hold the key, come in memory and lie in a file without a name.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import assay
from assay.contract.sentences import count
from assay.errors import AssayError, TargetUnreachable, UsageProblem
from assay.load.calibration import Calibration, calibrate
from assay.load.clock import now
from assay.load.hosts.bus import MASTER, Bus, BusDown
from assay.load.hosts.frames import Frame
from assay.load.hosts.line import ANSWER, PROBLEM, Line
from assay.load.hosts.targets import Targets, Trust
from assay.load.hosts.work import Requests, Work
from assay.load.machine import facts, place

BEAT: Final = 1.0
"""Seconds between two signs of life."""
SILENT: Final = 15.0
"""Seconds without a sign of the master after which it is taken to be gone."""
Echo = Callable[[str], None]


class Agent:
    """One load host, for one benchmark."""

    def __init__(
        self,
        bus: Bus,
        echo: Echo,
        *,
        trust: Trust | None = None,
        name: str | None = None,
        version: str = assay.__version__,
        calibrating: Callable[[], Calibration] = calibrate,
    ) -> None:
        self._bus, self._echo = bus, echo
        self._line = Line(bus, MASTER)
        self._name, self._version, self._calibrating = name or platform.node() or "unnamed", version, calibrating
        self._targets = Targets(trust or Trust())
        self._requests = Requests()
        self._work: dict[int, Work] = {}
        self._heard = time.monotonic()
        self._over = ""
        self._welcome = False

    def serve(self) -> str:
        """Until it is over: says why it is. Raises UsageProblem where it is not wanted, TargetUnreachable."""
        self._line.tell("hello", version=self._version, name=self._name, place=place(), facts=facts())
        beating = time.monotonic()
        try:
            while not self._over:
                frame = self._bus.receive(max(beating + BEAT - time.monotonic(), 0))
                if frame is not None:
                    self._heard = time.monotonic()
                    self._take(frame)
                if time.monotonic() >= beating + BEAT:
                    beating = time.monotonic()
                    self._line.tell("beat")
                if frame is None and time.monotonic() > self._heard + SILENT:
                    raise TargetUnreachable(self._silence())
        except BusDown as down:
            raise TargetUnreachable(f"the master is not reached any more: {down}") from None
        except KeyboardInterrupt:
            self._line.tell("leaving", why="was stopped by its user")
            raise
        finally:
            self._line.hang_up("the benchmark is over")
            for work in list(self._work.values()):
                work.close()
            self._requests.close()
        return self._over

    def _silence(self) -> str:
        if not self._welcome:
            return f"nobody says welcome for {SILENT:g} s: what listens there is no master of Assay's"
        return f"the master has not been heard for {SILENT:g} s: this load host ends"

    def _take(self, frame: Frame) -> None:
        """What the master said."""
        match frame.kind:
            case "welcome":
                self._name, self._welcome = str(frame.head["name"]), True
                self._echo(f"welcome as {self._name}: measuring how exact this machine is")
                threading.Thread(target=self._calibrate, name="calibration", daemon=True).start()
            case "refused":
                raise UsageProblem(str(frame.head["why"]))
            case "bye":
                self._over = str(frame.head["why"])
            case "start" | "stop" | "abort" | "kill":
                if work := self._work.get(frame.head["load"]):
                    work.obey(frame.kind, frame.head)
            case _ if frame.kind == ANSWER:
                self._line.take(frame)
            case "finish":  # it waits for processes to end, and signs of life go on meanwhile
                threading.Thread(target=self._answer, args=(frame,), name="finish", daemon=True).start()
            case _ if "n" in frame.head:
                self._answer(frame)

    def _calibrate(self) -> None:
        try:
            found = self._calibrating()
        except Exception as error:
            self._line.tell("leaving", why=f"cannot measure: {error}")
            return
        self._echo(f"  {found.sentence_of('this load host')}")
        self._line.tell("calibrated", calibration=dataclasses.asdict(found))

    def _answer(self, asked: Frame) -> None:
        """Do what was asked for, and answer; what goes wrong is said there."""
        try:
            told = self._done(asked)
        except (AssayError, OSError, LookupError) as error:
            told = {PROBLEM: str(error)}
        self._line.answer(asked, **told)

    def _done(self, asked: Frame) -> dict[str, Any]:
        head = asked.head
        match asked.kind:
            case "time":
                return {"at": now()}
            case "reach":
                return self._targets.reach(head)
            case "has":
                return {"has": self._requests.has(head["digest"])}
            case "requests":
                self._requests.add(head["digest"], asked.body, last=head["last"])
            case "load":
                self._begin(head)
            case "numbers":
                self._work[head["load"]].add(head["worker"], head["name"], asked.body)
            case "ready":
                self._work[head["load"]].start()
            case "finish":
                return self._finish(head)
        return {}

    def _begin(self, head: dict[str, Any]) -> None:
        requests = self._requests.of(head["digest"])
        pids = [os.getpid(), *([pid] if (pid := getattr(self._bus, "pid", 0)) else [])]
        way = self._targets.at(head["target"])
        self._work[head["load"]] = Work(head["load"], head["jobs"], requests, way=way, line=self._line, pids=pids)
        self._echo(f"load {head['load']}: {count(len(head['jobs']), 'process sends', 'processes send')} from here")

    def _finish(self, head: dict[str, Any]) -> dict[str, Any]:
        work = self._work.pop(head["load"], None)
        return {} if work is None else work.finish(head["since"], head["until"])
