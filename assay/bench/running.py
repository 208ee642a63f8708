"""A benchmark from reaching the targets to the verdict: `run_bench`."""

from __future__ import annotations

import contextlib
import platform
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import assay
from assay import extensions
from assay.bench.cold import TIMES, Unloading, measurement_of
from assay.bench.costing import billed, by_credits, by_the_hour
from assay.bench.hosting import listening_for_hosts
from assay.bench.loads import Loaded, loaded
from assay.bench.measuring import CannotMeasure, Prepared, Workplace
from assay.bench.mixing import Mix, told
from assay.bench.options import BenchOptions, Way
from assay.bench.side import Side, names_of, opened
from assay.bench.telling import measured
from assay.bench.verdict import Conclusion, concluded
from assay.bench.workload import Workload, takes_lists
from assay.compare.figures import COST, CREDITS
from assay.contract.sentences import count
from assay.errors import AssayError, Fault
from assay.load.calibration import Calibration, calibrate
from assay.load.hosts.gathering import LoadHosts
from assay.load.machine import facts
from assay.load.scenarios import Setting, cold_start
from assay.plugin.opening import folder_for
from assay.plugin.quiet import silent_client, termination_as_interrupt
from assay.record import CannotRecord, Figure, Measurement, RecordWriter, Redactor, Run, read
from assay.report.files import HTML, write_reports
from assay.report.measured import in_words
from assay.report.text import one_line

Echo = Callable[[str], None]
AT_REST: Final = 3.0
"""Seconds in which the GPUs are read before the first load; the client's calibration takes most of them."""
GAP_AT_REST: Final = 0.5


@dataclass(slots=True)
class Bench:
    """What a benchmark came to. `run` is its record, read again."""

    folder: Path
    run: Run
    conclusion: Conclusion


def run_bench(options: BenchOptions, echo: Echo) -> Bench:
    """Measure, record and report. Raises UsageProblem, TargetUnreachable, Fault; KeyboardInterrupt before any load."""
    with begun(options, echo) as benchmark:
        with benchmark.kept():
            for workload in options.measured:
                benchmark.measure(workload)
        return benchmark.conclude()


@contextlib.contextmanager
def begun(options: BenchOptions, echo: Echo) -> Iterator[Benchmark]:
    """A benchmark whose targets are reached and whose client is calibrated; raises as `run_bench` does."""
    with ExitStack() as resources:
        resources.enter_context(termination_as_interrupt())
        resources.enter_context(silent_client())
        benchmark = Benchmark(options, echo, resources)
        benchmark.begin()
        yield benchmark


class Benchmark:
    """One benchmark in progress. `interrupted` says that the user ended it: nothing more is measured then."""

    def __init__(self, options: BenchOptions, echo: Echo, resources: ExitStack) -> None:
        self.options, self._echo, self._resources = options, echo, resources
        self.sides: list[Side] = []
        self._places: list[Workplace] = []
        self._rates: dict[str, Sequence[float]] = {}
        self._redactor = Redactor()
        self._writer: RecordWriter | None = None
        self._hosts: LoadHosts | None = None
        self.interrupted = False
        self.measured: list[Measurement] = []
        """What was measured of the last workload."""
        self.left_out: dict[str, str] = {}
        """Why a workload was not measured, on one of the targets at least."""

    @property
    def writer(self) -> RecordWriter:
        """Where it is recorded, once it has begun."""
        assert self._writer is not None
        return self._writer

    def begin(self) -> None:
        """Reach the targets, and calibrate the client, or gather the machines that send instead."""
        if self.options.elsewhere is not None:
            self._hosts = self._resources.enter_context(listening_for_hosts(self.options.elsewhere, self.say))
        self._open()
        folder, made = folder_for(self.options.targets[0])
        policy = self.sides[0].target.policy
        self._writer = RecordWriter(folder, policy.base_url, self._redactor, policy.curl_words, made=made)
        self._resources.callback(self._writer.close)
        try:
            calibration = self._at_rest(self._writer)
        except BaseException:
            self._writer.close()
            self._writer.discard()
            raise
        nonce = secrets.token_hex(8)
        self._places = [Workplace(side, self.options, calibration, nonce, self._hosts) for side in self.sides]

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Whatever ends the block, what was measured in it stays, with its reports. Raises AssayError."""
        try:
            yield
        except KeyboardInterrupt:
            self.interrupted = True
        except CannotRecord:
            with contextlib.suppress(AssayError):
                write_reports(self.writer.folder)
            raise
        except Exception as error:
            with contextlib.suppress(AssayError):
                write_reports(self.writer.folder)
            if isinstance(error, AssayError):
                raise
            raise Fault.of(error, self._redactor.text, self.writer.folder) from error

    def measure(self, workload: Workload | Mix) -> None:
        """All repetitions of one workload, on all targets that offer it."""
        self.measured = []
        if self.interrupted:
            return
        offering = [place for place in self._places if self._offers(place.side, workload)]
        for place, repetition in in_turn(offering, self.options.repeat):
            if not self._one(place, workload, repetition, self.writer) or self.interrupted:
                return

    def _open(self) -> None:
        options = self.options
        of_each = zip_longest(options.targets, options.metrics_urls, options.gpus, options.prices)
        for name, (target, metrics_url, gpus, price) in zip(names_of(options.targets), of_each, strict=True):
            self.say(f"Assay {assay.__version__} measures {name}: asking what it offers, and each operation once")
            side = opened(
                name, target, options.operations, self._resources, by_address=options.by_address,
                metrics_url=metrics_url, gpus=gpus or (), price=price,
            )  # fmt: skip
            self.sides.append(side)
            if unseen := side.watched.unseen:
                self.say(f"  {one_line(unseen, 300)}")
        keys = {side.target.policy.key for side in self.sides if side.target.policy.key}
        mine = self.options.targets[0].key()
        held = tuple(("x-api-key", key) for key in keys)
        self._redactor = Redactor(mine or next(iter(keys), None), held + self.sides[0].target.policy.secrets)

    def say(self, line: str) -> None:
        """Tell how it goes, without secrets."""
        self._echo(self._redactor.text(line))

    def _header(self, writer: RecordWriter) -> Calibration:
        calibration, sentence = self._calibration()
        self.say(f"  {sentence}")
        first = self.sides[0]
        writer.header(
            assay={"version": assay.__version__, "python": platform.python_version(), **extensions.told()},
            target=first.told(),
            targets={side.name: side.told() for side in self.sides},
            client=client() | ({} if self._hosts is None else {"load_hosts": self._hosts.facts}),
            seed=first.options.seed,
            configuration={
                **self.options.as_json(),
                "calibration": sentence,
                "workload_sentences": {each.id: self._sentence(each) for each in self.options.measured},
            },
            capabilities={
                name: {"available": capability.available, "because": capability.because}
                for name, capability in first.capabilities.items()
                if name in self.options.operations
            },
        )
        return calibration

    def _at_rest(self, writer: RecordWriter) -> Calibration:
        """Calibrate and begin the record, while the targets have nothing to do and their GPUs are read."""
        read = [side.watched.telemetry for side in self.sides if side.watched.telemetry is not None]
        for telemetry in read:
            telemetry.begin(GAP_AT_REST)
        calibration = self._header(writer)
        for telemetry in read:
            telemetry.rest(AT_REST)
        return calibration

    def _calibration(self) -> tuple[Calibration, str]:
        """How exact the machine is that sends, and in words; of several, the worst."""
        elsewhere = self.options.elsewhere
        if self._hosts is None or elsewhere is None:
            self.say("calibrating this client against a server of known service time")
            found = calibrate()
            return found, found.sentence
        self.say(f"waiting for {count(elsewhere.count, 'load host')}")
        self._hosts.gather(elsewhere.wait, lambda line: self.say(f"  {one_line(line, 300)}"))
        found = self._hosts.calibration
        return found, found.sentence_of("the worst of the load hosts in each respect")

    def _leave_out(self, workload: str, side: Side, because: str, what: str = "not measured: ") -> None:
        """Say that a workload, or some of its loads, is not measured on a target, and why."""
        self.left_out[workload] = one_line(because, 200)
        self.writer.omission(workload, side.name, self.left_out[workload])
        self.say(f"{workload} on {side.name}: {what}{self.left_out[workload]}")

    def _sentence(self, each: Workload | Mix) -> str:
        return each.sentence if isinstance(each, Mix) else each.described(own=self.options.images is not None)

    def _offers(self, side: Side, workload: Workload | Mix) -> bool:
        if isinstance(workload, Mix):
            return True
        because = side.reason_to_leave_out(workload)
        way = self.options.way
        if not because and workload.fresh and way.repeats:
            because = f"{way} {way.repeats}, and this workload takes new pictures in each request"
        if not because and way is Way.MULTI_STREAM and not takes_lists(workload):
            because = "its route takes no list of pictures"
        if because:
            self._leave_out(workload.id, side, because)
        return not because

    def _one(self, place: Workplace, workload: Workload | Mix, repetition: int, writer: RecordWriter) -> bool:
        """One repetition on one target; False where the workload cannot be measured there."""
        try:
            prepared = place.prepare(workload, repetition)
        except CannotMeasure as why:
            self._leave_out(workload.id, place.side, str(why))
            return False
        setting = place.setting(workload, prepared, repetition)
        operation = "mix" if isinstance(workload, Mix) else workload.operation
        facts = {"workload": workload.id, "operation": operation, "repetition": repetition,
                 "inputs": prepared.inputs, "target": place.side.name}  # fmt: skip
        if self.options.way is Way.COLD_START:
            return self._cold(place, setting, prepared, writer, facts)
        self._loads(place, workload, setting, prepared, facts)
        return True

    def _loads(
        self, place: Workplace, workload: Workload | Mix, setting: Setting, prepared: Prepared, facts: dict[str, Any]
    ) -> None:
        """Record each load as soon as it is over: whatever comes later, it is kept."""
        parts, done = [one.workload for one in prepared.requests] if isinstance(workload, Mix) else [], 0
        try:
            for each in loaded(self.options, setting, prepared.alone, self._rates, workload.id):
                self._record(each, place.side, self.writer, {**facts, "notes": (*each.notes, *_parts(each, parts))})
                done += not each.result.interrupted
        except CannotRecord:
            raise
        except BaseException as error:
            self._tell_cut_short(workload.id, place.side, done, error)
            raise
        if self.interrupted:
            self._tell_cut_short(workload.id, place.side, done, KeyboardInterrupt())

    def _tell_cut_short(self, workload: str, side: Side, done: int, error: BaseException) -> None:
        """Say of a sweep how far it came; a search says so itself."""
        wanted = len(self._rates.get(workload, ())) if self.options.way is Way.SWEEP else 0
        if done < wanted:
            ended = isinstance(error, KeyboardInterrupt)
            why = "it was interrupted" if ended else self._redactor.text(str(error)) or type(error).__name__
            told = f"the sweep was cut short after {done} of {wanted} loads: {why}"
            self._leave_out(workload, side, told, what="")

    def _cold(
        self, place: Workplace, setting: Setting, prepared: Prepared, writer: RecordWriter, facts: Mapping[str, Any]
    ) -> bool:
        """Cold starts of one repetition; False where the target cannot unload the model."""
        assert self.options.unload is not None
        unload = Unloading(place.side.target, self.options.unload, str(prepared.inputs["model"]))
        found = cold_start(setting, unload, TIMES)
        self.interrupted = self.interrupted or found.interrupted
        if not found.milliseconds and not found.failures:
            self._leave_out(str(facts["workload"]), place.side, found.lost)
            return False
        bound = place.calibration.bound.p99
        self._keep(measurement_of(found, prepared.alone, bound, **facts), writer)
        return True

    def _record(self, each: Loaded, side: Side, writer: RecordWriter, facts: Mapping[str, Any]) -> None:
        self.interrupted = self.interrupted or each.result.interrupted
        if each.result.interrupted and not each.result.figures.good and len(each.search) < 2:
            return
        told = measured(
            each.result, writer, scenario=each.scenario, load=each.load, reasons=each.reasons, more=costs(each, side),
            telemetry=side.watched.telemetry, search=each.search, keep_answers=self.options.images is None, **facts,
        )  # fmt: skip
        self._keep(_without_result(told) if each.cut_short else told, writer)

    def _keep(self, told: Measurement, writer: RecordWriter) -> None:
        """Record a measurement, and say what came of it."""
        writer.measurement(told)
        self.measured.append(told)
        turn = f", {told.repetition} of {self.options.repeat}" if self.options.repeat > 1 else ""
        self.say(f"{told.workload} on {told.target}{turn}: {in_words(told)}")
        for note in told.notes:
            self.say(f"  {one_line(note, 300)}")
        for reason in told.reasons:
            self.say(f"  INVALID: {one_line(reason, 300)}")

    def conclude(self) -> Bench:
        """The verdict, and the reports."""
        writer, gone = self.writer, any(side.target.gone for side in self.sides)
        conclusion = concluded(read(writer.folder), self.options.gates, gone=gone, interrupted=self.interrupted)
        if not self.interrupted:
            writer.footer(counts={}, exit_code=int(conclusion.code), verdict=conclusion.sentence)
        writer.close()
        return Bench(writer.folder, write_reports(writer.folder), conclusion)


def in_turn(places: Sequence[Workplace], repeat: int) -> Iterator[tuple[Workplace, int]]:
    """A B, B A, A B, ...: whatever drifts meets both alike."""
    for repetition in range(1, repeat + 1):
        for place in places if repetition % 2 else reversed(places):
            yield place, repetition


def _without_result(told: Measurement) -> Measurement:
    """A search that was cut short, without figures: they would be taken for what it found."""
    artifacts = {name: file for name, file in told.artifacts.items() if name != "histogram"}
    return replace(told, figures={}, artifacts=artifacts)


def _parts(each: Loaded, names: Sequence[str]) -> list[str]:
    """What is to be told of the workloads of a mix; `names` is whose each request is, none where it is no mix."""
    return told(each.result.measurement.sampled, names) if names else []


def costs(each: Loaded, side: Side) -> dict[str, Figure]:
    """What a load tells besides, and of money, by the names of the record."""
    result, found = each.result, dict(each.figures or {})
    if side.price is not None and (cost := by_the_hour(side.price, result.images_rate, result.figures.good)):
        found[COST] = cost
    if billed(side.target.policy) and (credits := by_credits(result.measurement.sampled, result.images)):
        found[CREDITS] = credits
    return found


def client() -> dict[str, object]:
    """The machine that measures, and the version of what measures there."""
    return {**facts(), "assay": assay.__version__}


def ended(bench: Bench) -> Iterator[str]:
    """The last lines: what it came to, and where the report lies."""
    yield f"report: {bench.folder / HTML}"
    yield f"exit code {int(bench.conclusion.code)}"
    yield bench.conclusion.sentence
