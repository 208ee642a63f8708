"""The fixtures by which a rule asks: one for each family of operations, named as the rules of it are."""

from __future__ import annotations

from collections.abc import Mapping

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

FAMILIES: Mapping[str, type[Driver]] = {
    "hosted": HostedDriver,
    "instances": InstancesDriver,
    "classified": ClassificationDriver,
    "infer": InferDriver,
    "sam2": Sam2Driver,
    "embedding": Sam2EmbeddingDriver,
    "semantic": SemanticDriver,
    "owlv2": Owlv2Driver,
    "florence2": Florence2Driver,
    "asked": Driver,
}
"""The fixtures by name, each with the driver that it gives."""


class Asking:
    """Part of the plugin: fixtures that give a rule the driver of its case."""

    def __init__(self, check: Check) -> None:
        self.check = check

    @pytest.fixture
    def hosted(self, case: Case) -> Driver:
        """Asks the hosted model route, for the task of the case."""
        return self.driver(case, "hosted")

    @pytest.fixture
    def instances(self, case: Case) -> Driver:
        """Asks the hosted model route for instances."""
        return self.driver(case, "instances")

    @pytest.fixture
    def classified(self, case: Case) -> Driver:
        """Asks the hosted model route for the class of a picture."""
        return self.driver(case, "classified")

    @pytest.fixture
    def infer(self, case: Case) -> Driver:
        """Asks the route that names the task of the case."""
        return self.driver(case, "infer")

    @pytest.fixture
    def sam2(self, case: Case) -> Driver:
        """Asks SAM2."""
        return self.driver(case, "sam2")

    @pytest.fixture
    def embedding(self, case: Case) -> Driver:
        """Asks SAM2 for embeddings, and for masks of them where the target offers both."""
        return self.driver(case, "embedding")

    @pytest.fixture
    def semantic(self, case: Case) -> Driver:
        """Asks for the classes of pixels, by the route of the case."""
        return self.driver(case, "semantic")

    @pytest.fixture
    def owlv2(self, case: Case) -> Driver:
        """Asks OwlV2."""
        return self.driver(case, "owlv2")

    @pytest.fixture
    def florence2(self, case: Case) -> Driver:
        """Asks Florence 2."""
        return self.driver(case, "florence2")

    @pytest.fixture
    def asked(self, case: Case) -> Driver:
        """Asks the operation of the case, whichever it is."""
        return self.driver(case, "asked")

    @pytest.fixture
    def check_in_progress(self) -> Check:
        """The run itself: for rules about what discovery and the first requests showed."""
        return self.check

    def driver(self, case: Case, fixture: str) -> Driver:
        """What the fixture of that name gives a rule for its case."""
        driver = self.check.deployment.driver(case.operation)
        assert isinstance(driver, FAMILIES[fixture])
        if isinstance(driver, Sam2EmbeddingDriver) and self.check.knows.capabilities["sam2.segment"].available:
            segmenter = self.check.deployment.driver("sam2.segment")
            assert isinstance(segmenter, Sam2Driver)
            driver.segmenter = segmenter
        return driver
