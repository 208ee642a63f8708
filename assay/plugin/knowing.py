"""What a run knows of its target, and which of its cases need not be judged for that reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.contract import load
from assay.contract.rule import Case, Rule
from assay.expect import KnownDeviations
from assay.plugin.drivers import PLAIN_RULE
from assay.plugin.loading import holds
from assay.plugin.options import CheckOptions
from assay.plugin.refusal import came_instead
from assay.plugin.smoke import Smoke
from assay.record.redaction import Redactor
from assay.target import Capability
from assay.target.discovery import Fingerprint
from assay.target.registry import Held


@dataclass(slots=True)
class Knowledge:
    """Who the target is, what it offers, and how it took the first request to each operation.

    `capabilities` are those of the operations, `services` those of the routes about the server itself, and `models`
    holds the model that is asked for each task. `known` are the deviations that are listed for such a target, and
    `held` is what it said that it holds before it was asked for anything, None where it does not say.
    """

    fingerprint: Fingerprint
    capabilities: dict[str, Capability]
    services: Mapping[str, Capability]
    models: Mapping[str, str]
    known: KnownDeviations
    held: Held | None = None
    smoke: Smoke = field(default_factory=Smoke)
    _came: dict[str, str] = field(default_factory=dict)
    """What came instead of a good answer, by operation: read once, for hundreds of cases may be blocked by it."""

    @property
    def available(self) -> list[str]:
        """The operations that can be asked."""
        return [operation for operation, capability in self.capabilities.items() if capability.available]

    def reason_to_skip(self, case: Case) -> str | None:
        """Why the target cannot be asked this case, by a fact of discovery; None where it can."""
        if case.operation in self.services and not self.available:
            return "the target offers none of the operations, so that what it says of itself means nothing here"
        capability = self.capabilities.get(case.operation) or self.services.get(case.operation)
        return None if capability is None or capability.available else capability.because

    def reason_not_to_load(self, rule: Rule, case: Case, options: CheckOptions) -> str | None:
        """Why the target is not to load another model; None where it need not, or the user wants it."""
        if rule.asks is None or options.how_deep.loads or options.on_reference or rule.id in options.only:
            return None
        if not self.capabilities[case.operation].available:
            return None
        task = load().operation(case.operation).task
        own = self.models[task]
        model = rule.asks(case, own)
        if model == own or holds(self.smoke.held, task, model):
            return None
        return f"left out at --depth {options.depth}: the target would have to load {model}; --depth deep judges it"

    def reason_to_leave_open(self, case: Case, options: CheckOptions) -> str | None:
        """Why nothing can be told of this case: a limit of the rate of requests; None where it can."""
        if case.operation not in self.smoke.busy:
            return None
        waited = options.ready_timeout
        return f"the target limits the rate of requests: {case.operation} was still refused after {waited:g} s"

    def reason_to_block(self, rule: Rule, case: Case, redactor: Redactor) -> str | None:
        """Why this case cannot be judged: the operation does not answer at all."""
        if rule.id != PLAIN_RULE and case.operation in self.smoke.silent:
            if case.operation not in self._came:
                self._came[case.operation] = came_instead(self.smoke.exchanges[case.operation], redactor.text)
            return f"{PLAIN_RULE} failed: {case.operation} answers no plain request ({self._came[case.operation]})"
        return None
