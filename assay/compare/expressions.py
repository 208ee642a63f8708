"""What a gate says: `p99 +5%`, `rate -3%`, `errors < 0.1%`, `p99 <= 100 ms`, `newly-failing`, `newly-untested`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from assay.compare.figures import COST, ENERGY, ERRORS, IDLE_ENERGY, full_name, more_is_better
from assay.errors import UsageProblem

CASES: Final = ("newly-failing", "newly-untested")
EXAMPLES: Final = '"p99 +5%", "rate -3%", "errors < 0.1%", "p99 <= 100 ms", newly-failing, newly-untested'

_CHANGE = re.compile(r"(?P<name>\S+?)\s*(?P<sign>[+-])\s*(?P<number>[\d.]+)\s*%")
_BOUND = re.compile(r"(?P<name>\S+?)\s*(?P<relation><=|>=|<|>|==?)\s*(?P<number>[\d.]+)\s*(?P<unit>\S*)")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
_PERCENTILE = re.compile(r"p[\d.]+|mean")
_TIMES = ("response", "service", "server", "queueing", "connect", "first-byte", "transfer", "coldstart")
_SECONDS: Final = {"": 1.0, "ms": 1.0, "s": 1000.0, "us": 0.001, "µs": 0.001}
_RATES: Final = {"": 1.0, "/s": 1.0, "1/s": 1.0, "rps": 1.0}
_UNITS: Final[dict[str, tuple[str, dict[str, float]]]] = {
    ERRORS: ("a share, such as 0.1%", {"%": 0.01, "": 1.0}),
    ENERGY: ("J", {"": 1.0, "j": 1.0, "mj": 0.001}),
    IDLE_ENERGY: ("J", {"": 1.0, "j": 1.0, "mj": 0.001}),
    COST: ("USD", {"": 1.0, "usd": 1.0, "$": 1.0}),
}


@dataclass(frozen=True, slots=True)
class Tolerated:
    """A change against the base that is still accepted: `by` is 0.05 for `+5%`, -0.03 for `-3%`."""

    text: str
    figure: str
    by: float


@dataclass(frozen=True, slots=True)
class Bounded:
    """A bound that the new side has to keep: `below` says on which side of `limit`, in the figure's own unit."""

    text: str
    figure: str
    below: bool
    strictly: bool
    limit: float


@dataclass(frozen=True, slots=True)
class NoNew:
    """Cases of which there must be no new ones: `newly-failing` or `newly-untested`."""

    text: str


Gate = Tolerated | Bounded | NoNew


def parse(text: str) -> Gate:
    """What a gate says. Raises UsageProblem with a sentence that says how it is written."""
    said = " ".join(text.split())
    if said.lower().replace(" ", "-") in CASES:
        return NoNew(said.lower().replace(" ", "-"))
    if match := _CHANGE.fullmatch(said):
        return _tolerated(said, match)
    if match := _BOUND.fullmatch(said):
        return _bounded(said, match)
    if re.fullmatch(r"\S+\s*[+-]\s*[\d.]+", said):
        raise _wrong(text, "a change is said in per cent")
    raise _wrong(text, "it names no figure with a change or a bound")


def _tolerated(said: str, match: re.Match[str]) -> Tolerated:
    name, by = _figure(said, match["name"]), _number(said, match["number"]) / 100
    if name == ERRORS:
        raise _wrong(said, 'a share of errors has a bound of its own, such as "errors < 0.1%"')
    sign = match["sign"]
    if more_is_better(name) == (sign == "+"):
        other = "-" if sign == "+" else "+"
        raise _wrong(
            said,
            f"a change in this direction is an improvement; the worst that is accepted is said, as in "
            f'"{match["name"]} {other}{match["number"]}%"',
        )
    if sign == "-" and by >= 1:
        raise _wrong(said, "nothing falls by 100% or more")
    return Tolerated(said, name, by if sign == "+" else -by)


def _bounded(said: str, match: re.Match[str]) -> Bounded:
    name, relation = _figure(said, match["name"]), match["relation"]
    if relation.startswith("="):
        raise _wrong(said, "a measured figure is never exactly a number; say <= or >=")
    unit, units = _units(name)
    factor = units.get(match["unit"].lower())
    if factor is None:
        wanted = f"; it is said in {unit}" if unit else ""
        raise _wrong(said, f"{match['unit']} is no unit of {name}{wanted}")
    if name == ERRORS and match["unit"] == "" and _number(said, match["number"]) >= 1:
        raise _wrong(said, "a share of errors is said in per cent, such as 0.1%, or as a number below 1")
    below = relation.startswith("<")
    if below == more_is_better(name):
        raise _wrong(said, f"it asks for a bad {name}; a bound is said as what has to hold")
    return Bounded(said, name, below, len(relation) == 1, _number(said, match["number"]) * factor)


def _units(name: str) -> tuple[str, dict[str, float]]:
    if name in _UNITS:
        return _UNITS[name]
    first, _, last = name.partition(".")
    if more_is_better(name):
        return "requests a second", _RATES
    return ("ms or s", _SECONDS) if first in _TIMES and _PERCENTILE.fullmatch(last) else ("", {"": 1.0})


def _figure(said: str, name: str) -> str:
    full = full_name(name)
    if not _NAME.fullmatch(full):
        raise _wrong(said, f"{name} is no name of a figure")
    return full


def _number(said: str, digits: str) -> float:
    try:
        return float(digits)
    except ValueError:
        raise _wrong(said, f"{digits} is no number") from None


def _wrong(said: str, why: str) -> UsageProblem:
    return UsageProblem(f'--fail-on "{said}": {why}; gates are written as {EXAMPLES}')
