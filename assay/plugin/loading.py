"""Which models a target loads for the first requests of a run, as far as its `/model/registry` shows it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.contract.message import Request
from assay.plugin.drivers.owlv2 import SERVER_DEFAULT
from assay.record.model import Exchange
from assay.target.busy import is_not_ready
from assay.target.client import Target
from assay.target.registry import Held, look


def holds(held: Held, task: str, model: str) -> bool:
    """Whether a model is among those held; any of the task, where the server chooses it."""
    return any(each == task and model in (name, SERVER_DEFAULT) for each, name in held)


@dataclass(frozen=True, slots=True)
class Asked:
    """A plain request that was answered at once, and how often the target had said by then what it holds."""

    operation: str
    task: str
    model: str
    looks: int


class Loading:
    """Looks at what the target holds before each plain request and after the last.

    A model that no look before its request shows, and each look after it does, was loaded for that request. One look on
    either side would not do: behind a balancer each process has models of its own.
    """

    def __init__(self, target: Target, held: Held | None) -> None:
        self._target = target
        self._looks: list[Held | None] = [held]
        self._asked: list[Asked] = []
        if held is not None and is_not_ready(target.attempt(Request("service.readiness", "GET", "/readiness"))):
            self._looks.append(None)  # it loads models of its own accord just now

    def look(self) -> None:
        """See what the target holds, unless it once did not say."""
        if self._looks[-1] is not None:
            self._looks.append(look(self._target))

    def asked(self, operation: str, task: str, model: str, exchange: Exchange | None) -> None:
        """Take note of a plain request; None stands for one that had to be repeated until the target was ready."""
        if exchange is not None and exchange.response is not None and exchange.response.status == 200:
            self._asked.append(Asked(operation, task, model, len(self._looks)))

    @property
    def held(self) -> Held:
        """What the target said last."""
        return self._looks[-1] or frozenset()

    def first_uses(self) -> dict[str, str]:
        """By task the operation whose plain request its model was loaded for."""
        looks = [held for held in self._looks if held is not None]
        if len(looks) < len(self._looks):
            return {}
        return {
            each.task: each.operation
            for each in self._asked
            if not any(holds(held, each.task, each.model) for held in looks[: each.looks])
            and all(holds(held, each.task, each.model) for held in looks[each.looks :])
        }
