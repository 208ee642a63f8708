"""The fixtures by which a rule asks: one for each family of operations, named as the rules of it are."""

from __future__ import annotations

from typing import TypeVar

import pytest

from assay.contract.rule import Case
from assay.plugin.check import Check
from assay.plugin.drivers import (
    ClassificationDriver,
    Driver,
    Florence2Driver,
    HostedDriver,
    InferDriver,
    InstancesDriver,
    Owlv2Driver,
    Sam2Driver,
    Sam2EmbeddingDriver,
    SemanticDriver,
)

Family = TypeVar("Family", bound=Driver)


class Asking:
    """Part of the plugin: fixtures that give a rule the driver of its case."""

    def __init__(self, check: Check) -> None:
        self.check = check

    @pytest.fixture
    def hosted(self, case: Case) -> HostedDriver:
        """Asks the hosted model route, for the task of the case."""
        return self._driver(case, HostedDriver)

    @pytest.fixture
    def instances(self, case: Case) -> InstancesDriver:
        """Asks the hosted model route for instances."""
        return self._driver(case, InstancesDriver)

    @pytest.fixture
    def classified(self, case: Case) -> ClassificationDriver:
        """Asks the hosted model route for the class of a picture."""
        return self._driver(case, ClassificationDriver)

    @pytest.fixture
    def infer(self, case: Case) -> InferDriver:
        """Asks the route that names the task of the case."""
        return self._driver(case, InferDriver)

    @pytest.fixture
    def sam2(self, case: Case) -> Sam2Driver:
        """Asks SAM2."""
        return self._driver(case, Sam2Driver)

    @pytest.fixture
    def embedding(self, case: Case) -> Sam2EmbeddingDriver:
        """Asks SAM2 for embeddings, and for masks of them where the target offers both."""
        driver = self._driver(case, Sam2EmbeddingDriver)
        if self.check.capabilities["sam2.segment"].available:
            segmenter = self.check.deployment.driver("sam2.segment")
            assert isinstance(segmenter, Sam2Driver)
            driver.segmenter = segmenter
        return driver

    @pytest.fixture
    def semantic(self, case: Case) -> SemanticDriver:
        """Asks for the classes of pixels, by the route of the case."""
        return self._driver(case, SemanticDriver)

    @pytest.fixture
    def owlv2(self, case: Case) -> Owlv2Driver:
        """Asks OwlV2."""
        return self._driver(case, Owlv2Driver)

    @pytest.fixture
    def florence2(self, case: Case) -> Florence2Driver:
        """Asks Florence 2."""
        return self._driver(case, Florence2Driver)

    @pytest.fixture
    def asked(self, case: Case) -> Driver:
        """Asks the operation of the case, whichever it is."""
        return self._driver(case, Driver)

    @pytest.fixture
    def check_in_progress(self) -> Check:
        """The run itself: for rules about what discovery and the first requests showed."""
        return self.check

    def _driver(self, case: Case, family: type[Family]) -> Family:
        driver = self.check.deployment.driver(case.operation)
        assert isinstance(driver, family)
        return driver
