"""Which worker judges what: all cases of a task in one, because drivers remember what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByTask(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Hands out operations of one task together, those that will take longest first.

    `tasks` maps a test to its task, and `seconds` says about how long a test takes.
    """

    def __init__(self, config: pytest.Config, log: Any, tasks: Mapping[str, str], seconds: Mapping[str, float]) -> None:
        super().__init__(config, log)
        self._tasks = tasks
        self._seconds = seconds

    def _assign_work_unit(self, node: Any) -> None:
        """Give a worker what takes longest of what is left: what comes last is waited for by one worker alone."""
        longest = max(self.workqueue, key=self._takes)
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)

    def _takes(self, scope: str) -> float:
        return sum(self._seconds.get(nodeid, 0.0) for nodeid in self.workqueue[scope])

    def _split_scope(self, nodeid: str) -> str:
        return self._tasks.get(nodeid) or str(super()._split_scope(nodeid))

    def remove_node(self, node: Any) -> str | None:
        """Take a worker out that has ended; returns the test at which it died, if it did.

        pytest-xdist would have another worker run that test again, and die of it too.
        """
        crashed = self._running(node)
        if crashed is not None:
            self.assigned_work[node][self._split_scope(crashed)][crashed] = True
        super().remove_node(node)
        return crashed

    def _running(self, node: Any) -> str | None:
        units = self.assigned_work[node].values()
        return next((nodeid for unit in units for nodeid, completed in unit.items() if not completed), None)
