"""Load from several machines: the protocol and the merging, on a bus of queues; Locust has a test of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from assay.errors import TargetUnreachable, UsageProblem
from assay.load import schedule
from assay.load.columns import Failure
from assay.load.figures import figures_of
from assay.load.hosts import agent, gathering
from assay.load.hosts.gathering import HostsLost, LoadHosts
from assay.load.plan import Stopped, Window
from assay.load.running import measure
from assay.load.schedule import Closed, Constant, Poisson
from assay.load.validity import validity_of

from .hosting import Joined, Wires, gathered
from .plans import plan, to, wire


@pytest.mark.parametrize("names", [("a",), ("a", "b", "c")])
def test_a_schedule_is_sent_whole_by_however_many_hosts(sink_port: int, names: tuple[str, ...]) -> None:
    wanted = plan(Poisson(200), requests=(wire(), wire(body=b"another")), seed=3, answers=4)

    with gathered(*names) as (hosts, _, _):
        found = measure(wanted, to(sink_port), hosts=hosts)

    times = wanted.load.times(0.5, 3)  # type: ignore[union-attr]
    assert found.why is Stopped.TIME
    assert np.array_equal(np.sort(found.rows["intended"]) - found.began, times)
    assert set(found.rows["failure"]) == {Failure.NONE}
    sent = Counter(found.rows["request"].tolist())
    assert abs(sent[0] - sent[1]) <= 1
    assert [part.sender.name for part in found.parts] == list(names)
    assert [len(part.rows) for part in found.parts] == [len(times[n :: len(names)]) for n in range(len(names))]
    assert found.answers
    for kept in found.answers:
        assert found.rows["size"][kept.row] == len(kept.response.body)
        assert found.rows["request"][kept.row] == kept.request
    assert not found.lost
