"""Which worker judges what: all cases of a task in one, because drivers remember what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

OWN_SECONDS = 0.02
"""About what a case takes besides waiting for answers: to send, to judge and to record."""


class ByTask(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Hands out operations of one task together, those that will take longest first.

    `tasks` maps a test to its task, and `seconds` says about how long a test takes; a test that is none of ours counts
    as one that waits for no answer. With --no-loadscope-reorder of pytest-xdist they come as they were collected.
    """

    def __init__(self, config: pytest.Config, log: Any, tasks: Mapping[str, str], seconds: Mapping[str, float]) -> None:
        super().__init__(config, log)
        self._tasks = tasks
        self._seconds = seconds

    def _assign_work_unit(self, node: Any) -> None:
        """Give a worker what takes longest of what is left: what comes last is waited for by one worker alone."""
        if self.config.option.loadscopereorder:
            longest = max(self.workqueue, key=self._takes)
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)

    def _takes(self, scope: str) -> float:
        open_tests = (nodeid for nodeid, completed in self.workqueue[scope].items() if not completed)
        return sum(self._seconds.get(nodeid, OWN_SECONDS) for nodeid in open_tests)

    def _split_scope(self, nodeid: str) -> str:
        return self._tasks.get(nodeid) or str(super()._split_scope(nodeid))

    def remove_node(self, node: Any) -> str | None:
        """Take a worker out that has ended; returns the test at which it died, if it did.

        pytest-xdist would have another worker run that test again, and die of it too.
        """
        crashed = self._running(node)
        if crashed is not None:
            self.assigned_work[node][self._split_scope(crashed)][crashed] = True
        # What it had finished is not handed out again: who is given nothing to do never asks for more.
        units = self.assigned_work[node]
        self.assigned_work[node] = {task: unit for task, unit in units.items() if not all(unit.values())}
        super().remove_node(node)
        return crashed

    def _running(self, node: Any) -> str | None:
        units = self.assigned_work[node].values()
        return next((nodeid for unit in units for nodeid, completed in unit.items() if not completed), None)
