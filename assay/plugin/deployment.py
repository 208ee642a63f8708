"""The deployment under test, with a driver for each operation that is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from assay.contract import Contract
from assay.photograph import Photograph
from assay.plugin.depth import STANDARD, Depth
from assay.plugin.drivers import DRIVERS, ClassificationDriver, Driver, ServiceDriver
from assay.plugin.options import LABELS
from assay.plugin.ordeals import Ordeals
from assay.plugin.together import Asked, Together
from assay.target.client import Target


class Deployment:
    """The target with a driver for each operation that it offers and that a model is known for.

    `ordeals` are the hostile requests of the run, of which none is sent twice; `notes` what made the current case
    meaningful, whichever driver it asked.
    """

    def __init__(
        self,
        target: Target,
        contract: Contract,
        models: Mapping[str, str],
        seed: int,
        examples: int,
        *,
        depth: Depth = STANDARD,
        photographs: tuple[Photograph, ...] = (),
    ) -> None:
        self.target = target
        self.contract = contract
        self.models = models
        self.seed = seed
        self.examples = examples
        self.depth = depth
        self.photographs = photographs
        self.ordeals = Ordeals()
        self.notes: list[str] = []
        self._drivers: dict[str, Driver] = {}
        self._together: dict[Together, Asked] = {}

    @contextmanager
    def afresh(self) -> Iterator[None]:
        """Within it drivers remember no answer from before, and after it none from within."""
        before, self._drivers = self._drivers, {}
        try:
            yield
        finally:
            self._drivers = before

    def forget(self) -> None:
        """Let drivers remember no answer from before."""
        self._drivers = {}

    def driver(self, operation: str) -> Driver:
        """The driver of an operation, always the same one but for what is asked `afresh`."""
        if operation not in self._drivers:
            described = self.contract.operation(operation)
            family = DRIVERS.get(operation, ServiceDriver)
            driver = family(self.target, described, self.models.get(described.task, ""))
            driver.depth, driver.photographs, driver.notes = self.depth, self.photographs, self.notes
            if isinstance(driver, ClassificationDriver):
                driver.of_labels = self.models.get(LABELS, driver.model)
            self._drivers[operation] = driver
        return self._drivers[operation]

    def asked_together(self, how: Together, operations: Iterable[str]) -> Asked:
        """What came of asking these operations at once; they are asked so when it is first wanted."""
        if how not in self._together:
            self._together[how] = how.ask([self.driver(operation) for operation in operations])
        return self._together[how]
