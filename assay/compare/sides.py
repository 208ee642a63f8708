"""What is set against what. A side is one deployment, in one run or in several.

A folder of a run is a side, and a folder of such folders is one, too, of several runs. Where a run has measured several
targets, each of them is a side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import UsageProblem
from assay.record import Measurement, Run, read

RECORD = "run.jsonl"


@dataclass(frozen=True, slots=True)
class Taken:
    """A measurement, and the folder of the run that it is from."""

    run: Path
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Side:
    """One deployment. `targets` are its names in its runs' headers; none of a run that measured no performance."""

    name: str
    runs: tuple[Run, ...]
    targets: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What its first run tells of it."""
        return self._fingerprint(self.runs[0])

    @property
    def fingerprints(self) -> list[Mapping[str, Any]]:
        """What each of its runs tells of it."""
        return [self._fingerprint(run) for run in self.runs]

    def _fingerprint(self, run: Run) -> Mapping[str, Any]:
        targets: Mapping[str, Any] = run.header.get("targets", {})
        own = [targets[name] for name in self.targets if name in targets]
        found: Mapping[str, Any] = own[0] if own else run.header["target"]
        return found

    def measurements(self) -> Iterator[Taken]:
        """All that was measured of it, valid or not, in the order of the records."""
        for run in self.runs:
            for event in run.measurements:
                if event["target"] in self.targets:
                    yield Taken(run.folder, Measurement.of(event))


def sides(paths: Sequence[Path]) -> list[Side]:
    """The sides in the order in which they were named; the first is the base.

    Raises InvalidRecord, and UsageProblem where a run is named twice or was copied.
    """
    gathered = [(_name(path), _runs(path)) for path in paths]
    _refuse_copies([run for _, runs in gathered for run in runs])
    names = _unlike([name for name, _ in gathered])
    return [side for name, (_, runs) in zip(names, gathered) for side in _of_targets(name, runs)]


def sides_of(run: Run) -> list[Side]:
    """The targets of one run as sides, the first as the base."""
    return _of_targets("", (run,))


def _runs(path: Path) -> tuple[Run, ...]:
    if (path / RECORD).exists() or not path.is_dir():
        return (read(path),)
    within = sorted(folder for folder in path.iterdir() if (folder / RECORD).exists())
    return tuple(read(folder) for folder in within) or (read(path),)  # which says that there is no record


def _name(path: Path) -> str:
    return path.name or path.resolve().name or str(path)


def _unlike(names: list[str]) -> list[str]:
    """The names, told apart by their number where several are the same."""
    return [name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names, 1)]


def _of_targets(name: str, runs: tuple[Run, ...]) -> list[Side]:
    """The targets in the order in which they were named. Without a name, each is called as it is in the run."""
    named = dict.fromkeys(target for run in runs for target in run.header.get("targets", {}))
    found = {event["target"] for run in runs for event in run.measurements}
    measured = [target for target in named if target in found]
    if len(measured) < 2:
        return [Side(name or next(iter(measured), runs[0].folder.name), runs, tuple(measured))]
    return [
        Side(
            f"{name}: {each}" if name else each,
            tuple(run for run in runs if each in run.header.get("targets", {})),
            (each,),
        )
        for each in measured
    ]


def _refuse_copies(runs: list[Run]) -> None:
    """A run that was named twice, or copied, would seem to be a repetition."""
    seen: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        other = seen.setdefault((run.header["started"], run.header["seed"], run.header["target"]["url"]), run)
        if other is run:
            continue
        if os.path.realpath(other.folder) == os.path.realpath(run.folder):
            raise UsageProblem(f"{run.folder} is named twice; a run against itself says nothing")
        raise UsageProblem(f"{other.folder} and {run.folder} hold the same run; a copy of a run is no second run")
