"""Figures of speed that documents print: the data of the suite's `fixtures/published-figures`, read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from assay.suite import suite_folder


@dataclass(frozen=True, slots=True)
class Column:
    """What a value of a figure is: `response` or `server` as a time, `images` or `tokens` as a rate."""

    of: str
    unit: str
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """How the figures of one series were taken. What is empty or None is not stated by the page."""

    id: str
    page: str
    about: str
    workloads: tuple[str, ...]
    family: tuple[str, ...]
    columns: tuple[Column, ...]
    address: str = ""
    section: str = ""
    mind: str = ""
    gpu: str = ""
    gpus: int | None = None
    service: str = ""
    timed: str = ""
    batch: int | None = None
    calls: int | None = None
    warm_up: str = ""
    statistic: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def hardware(self) -> str:
        """The machine in few words, such as `1x NVIDIA L4`, or the service whose machines are not stated."""
        return self.service or (f"{self.gpus}x {self.gpu}" if self.gpus else self.gpu)

    @property
    def source(self) -> str:
        """Where it stands: `"SAM2" (docs.roboflow.com/models/supported-models/sam2)`."""
        where = ", ".join(part for part in (self.address, self.section) if part)
        return f"“{self.page}”{f' ({where})' if where else ''}"

    @property
    def silent(self) -> tuple[str, ...]:
        """What the page does not state, of all that decides what such a figure means."""
        lacking = {
            "whether HTTP is in it": not (self.timed or self.service),
            "whether it is a mean or a median": not self.statistic
            and any("/" not in each.unit for each in self.columns),
            "whether there was a warm-up": not self.warm_up,
            "how large a batch was": self.batch is None,
            "how many calls it rests on": self.calls is None,
        }
        return (*(what for what, lacks in lacking.items() if lacks), *self.unknown)


@dataclass(frozen=True, slots=True)
class Published:
    """One model's figures in a series, a value for each of its columns; `size` in px of a side."""

    taken: Taken
    model: str
    models: tuple[str, ...]
    values: tuple[float, ...]
    size: int | None = None

    @property
    def told(self) -> str:
        """The values as one says them: `104 images/s with ONNX, 300 images/s with TensorRT`."""
        return ", ".join(self._told(value, column) for value, column in zip(self.values, self.taken.columns))

    def _told(self, value: float, column: Column) -> str:
        kind = "of the server’s own" if column.of == "server" else self.taken.statistic
        engine = f"with {column.engine}" if column.engine else ""
        return " ".join(part for part in (f"{value:g}", column.unit, kind, engine) if part)

    @property
    def work(self) -> str:
        """What was done each time."""
        return f"{self.taken.about} at {self.size} px" if self.size else self.taken.about

    def is_of(self, names: Iterable[str]) -> bool:
        """Whether it is of a model by one of these names."""
        return _any(names, self.models)

    def is_akin(self, names: Iterable[str]) -> bool:
        """Whether it is of the same family as one of these."""
        return _any(names, self.taken.family)


def _any(names: Iterable[str], patterns: Iterable[str]) -> bool:
    plain = [name.lower().replace("rf-detr", "rfdetr") for name in names]
    return any(fnmatchcase(name, pattern) for name in plain for pattern in patterns)


@cache
def published() -> tuple[Published, ...]:
    """All published figures that Assay carries, in the order of the files."""
    folder = suite_folder("fixtures") / "published-figures"
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    return tuple(one for file in files for series in file["series"] for one in _figures(series))


def _figures(series: Mapping[str, Any]) -> Iterable[Published]:
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in series.items()}
    figures = facts.pop("figures")
    facts["columns"] = tuple(Column(**column) for column in series["columns"])
    taken = Taken(**facts)
    for figure in figures:
        yield Published(taken, figure["model"], tuple(figure["models"]), tuple(figure["values"]), figure.get("size"))
