"""When the requests of an open load come, as the user says it: at random, evenly, or as they came somewhere."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from assay.errors import UsageProblem
from assay.load.schedule import Constant, Poisson, Trace

Open = Poisson | Constant | Trace
POISSON, CONSTANT, TRACE = "poisson", "constant", "trace"
MOST_TIMES: Final = 10_000_000


def offered(said: str, rate: float | None) -> Open | None:
    """The load of --arrivals and --rate; None where a rate is missing. Raises UsageProblem."""
    if said not in (POISSON, CONSTANT):
        if rate is not None:
            raise UsageProblem(f"--arrivals {said} says how many requests come a second; leave out --rate")
        return trace(Path(said))
    if rate is None:
        return None
    return Poisson(rate) if said == POISSON else Constant(rate)


def trace(path: Path) -> Trace:
    """The times that stand in a file, a number a line: seconds from any start, in any order. Raises UsageProblem."""
    try:
        lines = path.read_text("utf-8").split()
        times = sorted(float(line) for line in lines)
    except OSError as error:
        words = f"is poisson, constant, or a file of seconds, one a line; {path} cannot be read ({error.strerror})"
        raise UsageProblem(f"--arrivals {words}") from None
    except ValueError:
        raise UsageProblem(f"--arrivals {path}: it holds what is no number; it takes seconds, one a line") from None
    if not 2 <= len(times) <= MOST_TIMES or not all(map(math.isfinite, times)) or times[0] == times[-1]:
        raise UsageProblem(f"--arrivals {path}: it takes at least two times, and some time between them")
    return Trace(tuple(each - times[0] for each in times))


def named(load: Open) -> str:
    """What the record calls it."""
    return {Poisson: POISSON, Constant: CONSTANT, Trace: TRACE}[type(load)]
