"""`assay compare`."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from assay.cli.voice import command, say
from assay.compare.asked import Asked
from assay.compare.comparison import Comparison, Wanted, compare
from assay.compare.expressions import Bounded, parse
from assay.compare.gates import Judgement, exit_code, hold
from assay.compare.told import as_json
from assay.errors import UsageProblem
from assay.report import github
from assay.report.comparison import html, markdown, terminal

ALONE = "-"


def compare_runs(
    runs: Sequence[Path],
    *,
    gates: Sequence[str],
    threshold: str,
    figures: Sequence[str],
    workloads: Sequence[str],
    prices: Sequence[str],
    published: bool,
    json_file: str | None,
    markdown_file: str | None,
    html_file: str | None,
) -> int:
    """Compare the runs in these folders, tell it, and return the exit code. Raises UsageProblem."""
    parsed = [parse(gate) for gate in gates]
    if not runs:
        raise UsageProblem("no RUN given; give the folder of the base and the folder of what is set against it")
    wanted = Wanted(share(threshold), figures, workloads, dict(map(price, prices)), published)
    comparison = compare(runs, wanted)
    if not comparison.pairs and not published and not (parsed and all(isinstance(gate, Bounded) for gate in parsed)):
        raise UsageProblem(f"{runs[0]} alone holds nothing to set against each other; name a second run")
    judgements = hold(comparison, parsed)
    told = json.dumps(as_json(comparison, judgements, Asked(tuple(runs), tuple(gates), wanted)), indent=2) + "\n"
    if json_file not in (None, ALONE):
        _write(json_file, told)
    _write(markdown_file, markdown.text(comparison, judgements) if markdown_file else "")
    _write(html_file, html.render(comparison, judgements) if html_file else "")
    if json_file == ALONE:
        command(told.replace("##", "#\\u0023"), nl=False)  # within strings only: no CI runner finds a command there
    else:
        github.tell_of(github.of_gates(judgements), markdown.text(comparison, judgements), command)
        _print(comparison, judgements)
    return int(exit_code(comparison, judgements))


def _print(comparison: Comparison, judgements: Sequence[Judgement]) -> None:
    colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for line in terminal.lines(comparison, judgements, colour=colour):
        say(line)


def share(threshold: str) -> float:
    """`3%` as 0.03. Raises UsageProblem."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*%\s*", threshold)
    if match is None or not 0 < float(match[1]) <= 100:
        raise UsageProblem(f"--threshold {threshold}: it is said in per cent above 0, such as 3%")
    return float(match[1]) / 100


def price(said: str) -> tuple[str, float]:
    """`l4=0.80` as a side and its USD an hour. Raises UsageProblem."""
    side, _, number = said.rpartition("=")
    try:
        worth = float(number)
    except ValueError:
        worth = math.nan
    if not side or not 0 < worth < math.inf:
        raise UsageProblem(f"--price {said}: it is said as SIDE=USD an hour, such as l4=0.80")
    return side, worth


def _write(name: str | None, text: str) -> None:
    if name is None:
        return
    try:
        Path(name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageProblem(f"cannot write {name}: {error.strerror}") from None
