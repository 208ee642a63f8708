"""Measuring one workload on one target: its requests made and tried, the load, the answers checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from assay.bench import asked, mixing
from assay.bench.asked import Asked
from assay.bench.mixing import Mix
from assay.bench.options import BenchOptions, Way
from assay.bench.own import SAMPLE
from assay.bench.side import Side
from assay.bench.workload import Kit, Workload, nowhere
from assay.contract.message import Request
from assay.load.answers import Checked, check_answers
from assay.load.calibration import Calibration
from assay.load.endpoint import wire_of
from assay.load.hosts.gathering import LoadHosts
from assay.load.plan import Measurement as Measured
from assay.load.scenarios import Setting
from assay.record.model import Exchange

KEPT: Final = 16
"""Answers of a load that are kept and checked."""
MOST_FRESH, LEAST_FRESH = 1500, 40
"""Pictures that are made for a load in which none is sent twice."""
MOST_BYTES: Final = 256_000_000
"""Of the bodies that are made for a load: fewer pictures are made where each is large."""
TRIED: Final = 3
"""Fresh requests by which the target's pace is told, before more are made."""
BATCHES: Final = 4
"""Different lists of pictures that are sent again and again."""


class CannotMeasure(Exception):
    """A workload is not measured, for the reason that is said."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The requests of a workload for one target, and how long one of them took when it was alone, in seconds."""

    requests: tuple[Asked, ...]
    inputs: Mapping[str, Any]
    alone: float

    @property
    def pictures(self) -> int:
        """How many each request holds."""
        return self.requests[0].pictures


class Workplace:
    """Measures on one target. What is sent again and again is made once."""

    def __init__(
        self, side: Side, options: BenchOptions, calibration: Calibration, nonce: str, hosts: LoadHosts | None = None
    ) -> None:
        self.side, self.options, self.calibration, self._nonce = side, options, calibration, nonce
        self._hosts = hosts
        self._prepared: dict[str, Prepared] = {}

    def prepare(self, workload: Workload | Mix, repetition: int) -> Prepared:
        """Make the requests of a workload, and send some or all of them alone. Raises CannotMeasure."""
        if isinstance(workload, Mix):
            return self._mixed(workload, repetition)
        if workload.fresh:
            return self._fresh(workload, repetition)
        if workload.id not in self._prepared:
            batch = self.options.batch if self.options.way is Way.MULTI_STREAM else 1
            requests = self._batches(workload, batch) if batch > 1 else self._single(workload)
            alone = min(self._seconds(each) for each in requests)
            self._prepared[workload.id] = self._told(workload, requests, alone)
        return self._prepared[workload.id]

    def _mixed(self, whole: Mix, repetition: int) -> Prepared:
        """One round of a mix, of the parts that this target offers."""
        mixed = whole.of(lambda workload: not self.side.reason_to_leave_out(workload))
        if not mixed.parts:
            raise CannotMeasure("the target offers none of its workloads")
        parts = [(self.prepare(workload, repetition), share) for workload, share in mixed.parts]
        requests = mixing.round_of([(part.requests, share) for part, share in parts])
        inputs = {
            "digest": mixing.digest_of([(part.inputs["digest"], share) for part, share in parts]),
            "model": None,
            "batch": 1,
            "bytes": round(sum(len(each.request.body) for each in requests) / len(requests)),
        }
        return Prepared(tuple(requests), inputs, sum(part.alone * share for part, share in parts))

    def _single(self, workload: Workload) -> list[Asked]:
        kit = self._kit(workload)
        made = _bounded(workload.make(kit, SAMPLE if self.options.images is not None else workload.count))
        return [asked.one(kit.driver, workload.id, request, self.side.excuses) for request in made]

    def _batches(self, workload: Workload, size: int) -> list[Asked]:
        """Lists of so many pictures, all different."""
        kit = self._kit(workload)
        made = iter(_bounded(workload.make(kit, BATCHES * size)))
        lists = [part for _ in range(BATCHES) if len(part := list(islice(made, size))) == size]
        if not lists:
            raise CannotMeasure(
                f"{size} such pictures are more than {MOST_BYTES // 1_000_000} MB; take a lesser --batch"
            )
        return [asked.batch(kit.driver, workload.id, part, self.side.excuses) for part in lists]

    def _fresh(self, workload: Workload, repetition: int) -> Prepared:
        kit = self._kit(workload, f"{self._nonce} {repetition}")
        tried = self._kit(workload, f"{self._nonce} {repetition} tried")
        tries = [asked.one(kit.driver, workload.id, each, self.side.excuses) for each in workload.make(tried, TRIED)]
        alone = min(map(self._seconds, tries))
        wish, pace = self.options.wish(alone), self.options.rate or 1 / alone
        needed = math.ceil(1.2 * pace * (wish.warm_up + wish.seconds))
        number = min(max(needed, LEAST_FRESH), MOST_FRESH)
        made = _bounded(workload.make(kit, number))
        requests = [asked.one(kit.driver, workload.id, each, self.side.excuses) for each in made]
        return self._told(workload, requests, alone)

    def _kit(self, workload: Workload, salt: str = "") -> Kit:
        driver, assets = self.side.deployment.driver(workload.operation), self.side.target.assets
        kit = workload.kit(driver, self.side.options.seed, salt, self.options.images)
        return replace(kit, publish=assets.publish) if assets is not None and workload.by_address else kit

    def _told(self, workload: Workload, requests: Sequence[Asked], alone: float) -> Prepared:
        kit = replace(self._kit(workload), publish=nowhere)  # where pictures are served is new in each run
        size = sum(len(each.request.body) for each in requests) / len(requests)
        inputs = {
            "digest": workload.digest(kit),
            "model": kit.model,
            "batch": requests[0].pictures,
            "bytes": round(size),
        }
        return Prepared(tuple(requests), inputs, max(alone, 1e-4))

    def _seconds(self, one: Asked) -> float:
        exchange = self._ask(one.request)
        if exchange.response is None or exchange.response.status != 200:
            said = exchange.response and f"status {exchange.response.status}"
            raise CannotMeasure(f"alone, a request got {said or 'no answer'}")
        if lacking := self.side.excuses.nothing_drawn(one.request, exchange.response):
            raise CannotMeasure(f"there is nothing to measure, as is known of such a server: {lacking}")
        return exchange.seconds

    def _ask(self, request: Request) -> Exchange:
        with self.side.target.off_the_record():
            return self.side.target.attempt(request)

    def setting(self, workload: Workload | Mix, prepared: Prepared, repetition: int) -> Setting:
        """What all loads of a workload share."""
        options, side, requests = self.options, self.side, prepared.requests
        if side.watched.telemetry is not None:
            side.watched.telemetry.begin(options.reading)

        def check(measurement: Measured) -> Checked:
            side.excuses.met.clear()
            checked = check_answers(
                measurement,
                lambda number: self._ask(requests[number].request).response,
                lambda number: requests[number].comparison,
                lambda number, response: requests[number].fault(response),
            )
            return replace(checked, notes=(*checked.notes, *side.excuses.notes()))

        return Setting(
            side.endpoint,
            tuple(wire_of(side.target, each.request) for each in requests),
            options.wish(prepared.alone),
            images=prepared.pictures,
            seed=side.options.seed + repetition,
            repeats=1 if isinstance(workload, Workload) and workload.fresh else None,
            workers=options.workers,
            hosts=self._hosts,
            timeout=side.options.timeout,
            window=options.window,
            bound=self.calibration.bound,
            server=side.server,
            telemetry=side.watched.telemetry,
            answers=KEPT,
            check=check,
        )


def _bounded(requests: Iterable[Request]) -> Iterable[Request]:
    """As many of them as fit into the memory that is meant for them; one at least."""
    held = 0
    for request in requests:
        held += len(request.body)
        if held > MOST_BYTES and held > len(request.body):
            return
        yield request
