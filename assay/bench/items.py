"""Workloads as pytest items, and their repetitions as the rounds of pytest-benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from assay.bench.options import BenchOptions, Way
from assay.bench.running import Benchmark, begun, ended
from assay.bench.workload import Workload, added_files, workloads
from assay.compare.figures import DECIDING, RATE
from assay.errors import AssayError
from assay.record import Measurement
from assay.suite import suite_folder

NOT_OFFERED: Final = "not offered"


class NothingValid(Exception):
    """No repetition of a workload can be relied upon, for the reasons that are said."""


class Measuring:
    """The plugin that measures. The targets are reached when the first workload is run."""

    def __init__(self, options: BenchOptions, echo: Callable[[str], None]) -> None:
        self.options, self._echo = options, echo
        self._resources = ExitStack()
        self._benchmark: Benchmark | None = None

    @property
    def benchmark(self) -> Benchmark:
        """The benchmark in progress; it begins here. Raises pytest.UsageError where it cannot."""
        if self._benchmark is None:
            try:
                self._benchmark = self._resources.enter_context(begun(self.options, self._echo))
            except AssayError as error:
                pytest.exit(f"assay: {error}", int(error.exit_code))
        return self._benchmark

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> WorkloadFile | None:
        """The files of the suite that list workloads."""
        if file_path.suffix == ".py" and file_path.parent == suite_folder("benchmarks").resolve():
            return self._file(parent, file_path)
        return None

    def _file(self, parent: pytest.Collector, path: Path) -> WorkloadFile:
        made: WorkloadFile = WorkloadFile.from_parent(parent, path=path)
        made.measuring = self
        return made

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Where the suite's workloads are named as a whole, those that packages add belong to them."""
        report = yield
        folder = suite_folder("benchmarks").resolve()
        if isinstance(collector, pytest.Session) and any(
            Path(word).resolve() == folder for word in collector.config.args
        ):
            report.result = [*report.result, *(self._file(collector, path) for path in added_files())]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Where nothing is chosen, the usual workloads are; --assay-workload chooses as `assay bench --workload`."""
        chosen = {each.id for each in self.options.workloads}
        named = any("::" in word for word in config.args) or config.getoption("keyword")
        if named and not self.options.patterns:
            chosen = set(workloads())
        left = [item for item in items if isinstance(item, WorkloadItem) and item.workload.id not in chosen]
        if left:
            config.hook.pytest_deselected(items=left)
            items[:] = [item for item in items if item not in left]

    def pytest_benchmark_update_machine_info(self, machine_info: dict[str, Any]) -> None:
        """What is compared is the target's machine, and not ours alone."""
        if self._benchmark is not None:
            told = self._benchmark.sides[0].told()
            machine_info["target"] = {name: value for name, value in told.items() if name != "url"}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Conclude, and write the reports."""
        if self._benchmark is None:
            return
        with self._resources:
            for line in ended(self._benchmark.conclude()):
                self._echo(line)


class WorkloadFile(pytest.File):
    """One file of the suite's benchmarks."""

    measuring: Measuring

    def collect(self) -> Iterator[WorkloadItem]:
        """Its workloads."""
        for each in workloads().values():
            if Path(each.file) == self.path:
                item: WorkloadItem = WorkloadItem.from_parent(self, name=each.id)
                item.workload, item.measuring = each, self.measuring
                yield item


class WorkloadItem(pytest.Item):
    """One workload: its rounds are repetitions."""

    workload: Workload
    measuring: Measuring

    def runtest(self) -> None:
        """Measure it. Raises NothingValid where no repetition can be relied upon; skips what is not offered."""
        benchmark = self.measuring.benchmark
        with benchmark.kept():
            benchmark.measure(self.workload)
        if benchmark.interrupted:
            raise KeyboardInterrupt
        found = benchmark.measured
        if not found:
            pytest.skip(benchmark.left_out.get(self.workload.id, NOT_OFFERED))
        rounds = [seconds for each in found if each.valid and (seconds := seconds_of(each)) is not None]
        self._keep(found, rounds)
        if not rounds:
            reasons = Counter(reason for each in found for reason in each.reasons)
            raise NothingValid("; ".join(reasons) or "no request was answered well")

    def _keep(self, found: Sequence[Measurement], rounds: Iterable[float]) -> None:
        """Hand the rounds to pytest-benchmark, with everything else that was found out."""
        from pytest_benchmark.stats import Metadata

        session: Any = self.config._benchmarksession  # type: ignore[attr-defined]
        options = self.measuring.options
        described = SimpleNamespace(
            name=self.name, fullname=self.nodeid, group=str(found[0].scenario), param=None, params=None,
            extra_info=_extra(found), cprofile_stats=None, has_error=False,
        )  # fmt: skip
        kept = Metadata(described, 1, {"timer": "assay", "rounds": options.repeat, "seconds": options.seconds})
        for seconds in rounds:
            kept.update(seconds)
        if kept:
            session.benchmarks.append(kept)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """In a sentence what is no fault of Assay's own."""
        if isinstance(excinfo.value, (NothingValid, AssayError)):
            return f"INVALID: {excinfo.value}" if isinstance(excinfo.value, NothingValid) else str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what it is called."""
        return self.path, None, self.name


def seconds_of(each: Measurement) -> float | None:
    """What one repetition comes to: the figure that decides, as seconds for one request; None without any."""
    name = RATE if each.load.kind == "search" else DECIDING[each.scenario][0]
    figure = each.figures.get(name)
    if figure is None or figure.value <= 0:
        return None
    return 1 / figure.value if name == RATE else figure.value / 1000


def _extra(found: Sequence[Measurement]) -> dict[str, Any]:
    """All figures of all repetitions, in the order of the rounds, and what makes some of them invalid."""
    units = {name: figure.unit for each in found for name, figure in each.figures.items()}

    def of_each(name: str) -> list[float | None]:
        return [each.figures[name].value if name in each.figures else None for each in found]

    return {
        "workload": found[0].workload,
        "scenario": str(found[0].scenario),
        "load": str(found[0].load),
        "inputs": dict(found[0].inputs),
        "error_ms": found[0].error_ms,
        "requests": [each.requests for each in found],
        "failures": [dict(each.failures) for each in found],
        "invalid": [list(each.reasons) for each in found],
        "figures": {name: of_each(name) for name in units},
        "units": units,
    }


def refuse(options: BenchOptions) -> str:
    """Why these options make no rounds; empty where they do."""
    if options.way is Way.SWEEP:
        return "a sweep is many figures, and no round; run `assay bench --scenario sweep`"
    if options.mixes:
        return "a mix is no item of its own; run `assay bench --mix`"
    return ""
