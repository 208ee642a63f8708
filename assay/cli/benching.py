"""`assay bench`."""

from __future__ import annotations

from typing import Any

from assay.bench.options import bench_options
from assay.bench.running import ended, run_bench
from assay.bench.workload import Workload, workloads
from assay.cli.voice import command, say
from assay.compare.beside import beside
from assay.report import github
from assay.report.comparison import terminal, words


def bench_targets(targets: tuple[str, ...], **given: Any) -> int:
    """Measure one target or two, print what came of it, and return the exit code."""
    options = bench_options(targets, given)
    quiet = bool(given["quiet"])
    bench = run_bench(options, lambda line: None if quiet else say(line))
    comparison, judgements = bench.conclusion.comparison, bench.conclusion.judgements
    github.tell(bench.run, command, judgements)
    if comparison is not None and (comparison.pairs or judgements) and not quiet:
        *told, _ = terminal.lines(comparison, judgements)  # the last tells the exit code, which `ended` does
        for line in told:
            say(line)
    if comparison is not None and options.published and not quiet:
        say("")
        say(words.PUBLISHED)
        for line in terminal.published(beside(comparison)):
            say(line)
        say("")
    for line in ended(bench):
        say(line)
    return int(bench.conclusion.code)


def added(workload: Workload) -> str:
    """By which package a workload is, where it is not the suite's own."""
    return f"  [by {workload.origin}]" if workload.origin else ""


def list_workloads() -> int:
    """Print every workload; those with a star are measured where none is named."""
    for workload in workloads().values():
        say(f"{'*' if workload.usual else ' '} {workload.id:44} {workload.described(own=False)}{added(workload)}")
    return 0
