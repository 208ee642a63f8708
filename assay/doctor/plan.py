"""What a check of a target would come to: operations, models, cases and requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.contract.rule import Case, Rule
from assay.contract.sentences import count
from assay.doctor.fact import Fact, mind, ok, wrong
from assay.plugin.announcing import care, estimate
from assay.plugin.catalogue import catalogue
from assay.plugin.choosing import is_asked_for, operations_judged, why_left_out
from assay.plugin.deployment import Deployment
from assay.plugin.drivers.owlv2 import SERVER_DEFAULT
from assay.plugin.requiring import required_outcomes
from assay.questions.respondent import Respondent
from assay.record import OutcomeKind


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules that would be judged, and how many requests they send at most while they hold."""

    respondent: Respondent
    judged: tuple[tuple[Rule, Case], ...]
    requests: int

    @property
    def operations(self) -> list[str]:
        """The operations that would be asked."""
        chosen = operations_judged(self.respondent.options)
        return [each for each in self.respondent.capabilities if each in chosen and self.is_offered(each)]

    def is_offered(self, operation: str) -> bool:
        """Whether an operation can be asked; routes about the server itself always are."""
        capability = self.respondent.capabilities.get(operation)
        return capability is None or capability.available

    @property
    def missing(self) -> list[str]:
        """What is required and cannot be asked, in sentences."""
        found = required_outcomes(self.respondent.options.require, self.respondent.capabilities)
        return [each.message for each in found if each.kind is OutcomeKind.FAIL]


def plan_of(respondent: Respondent) -> Plan:
    """What a check with these options would come to. Nothing is asked for it."""
    options = respondent.options
    deployment = Deployment(
        respondent.target, respondent.deployment.contract, respondent.models, options.seed, options.examples,
        depth=options.how_deep,
    )  # fmt: skip
    chosen, asked = operations_judged(options), Plan(respondent, (), 0)
    judged = tuple(
        (rule, case)
        for rule in catalogue().values()
        if is_asked_for(rule, options) and why_left_out(rule, options) is None
        for case in rule.cases
        if case.operation in chosen and asked.is_offered(case.operation)
    )
    return Plan(respondent, judged, estimate(options, respondent.capabilities, deployment))


def facts(plan: Plan) -> Iterator[Fact]:
    """What would be checked, operation by operation, and what it would come to."""
    respondent, options = plan.respondent, plan.respondent.options
    chosen = operations_judged(options)
    for name, capability in respondent.capabilities.items():
        if name not in chosen:
            continue
        if not capability.available:
            yield mind(f"{name}: not checked, {capability.because}")
            continue
        cases = sum(case.operation == name for _, case in plan.judged)
        yield ok(f"{name}: {count(cases, 'case')}, {_model(respondent, name)}")
    yield from (wrong(each) for each in plan.missing)
    rules = len({rule.id for rule, _ in plan.judged})
    total = f"{count(rules, 'rule')}, {count(len(plan.judged), 'case')}, at most about {plan.requests:,} requests"
    yield ok(f"{total} (--depth {options.depth})") if plan.operations else wrong("no operation can be checked")
    if not respondent.target.policy.loopback:
        yield from (mind(line.strip()) for line in care(respondent.target.policy, plan.requests, options.depth))


def _model(respondent: Respondent, operation: str) -> str:
    task = respondent.deployment.contract.operations[operation].task
    model = respondent.models[task]
    named = "the server's own model" if model == SERVER_DEFAULT else f"model {model}"
    if task in respondent.options.models or respondent.options.on_reference:
        return named
    return f"{named}, which it holds" if respondent.found.models.get(task) == model else f"{named}, which it may load"
