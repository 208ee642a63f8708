"""A deployment that questions are put to: reached, asked what it offers, its models loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from assay import contract as promise
from assay.contract.message import Request, Response
from assay.contract.operations import InvalidRequest
from assay.judge.verdicts import NoWitness
from assay.plugin.deployment import Deployment
from assay.plugin.opening import capability_for, models_for, policy_for, refuse_unasked
from assay.plugin.options import CheckOptions
from assay.plugin.smoke import Smoke, ask_each_operation
from assay.questions.asking import Asking
from assay.record import Exchange, Redactor
from assay.target import Capability, Fingerprint, Policy, Target, discover
from assay.target.budget import Budget
from assay.target.discovery import Discovery


class NotAsked(Exception):
    """A question that cannot be put to this deployment; the message says why."""


@dataclass(slots=True)
class Respondent:
    """A deployment with the models that answer there, by task."""

    options: CheckOptions
    target: Target
    redactor: Redactor
    fingerprint: Fingerprint
    capabilities: Mapping[str, Capability]
    deployment: Deployment
    found: Discovery
    smoke: Smoke = field(default_factory=Smoke)

    @property
    def models(self) -> Mapping[str, str]:
        """The model of each task."""
        return self.deployment.models

    def told(self) -> dict[str, Any]:
        """The fingerprint as it stands in a record: server, and the models as answers resolve them."""
        resolved = self.smoke.resolved
        return {**self.fingerprint.as_json(), **({"models": resolved} if resolved else {})}

    def reason_not_to_ask(self, asking: Asking) -> str:
        """Why a question is not put; empty where it can be."""
        capability = self.capabilities[asking.operation]
        if not capability.available:
            return capability.because
        if asking.of_task not in self.models:
            return f"no model is known for {asking.of_task}; name one with --model {asking.of_task}=MODEL"
        return ""

    def request(self, asking: Asking) -> Request:
        """The request that a question comes to here. Raises NotAsked."""
        if why := self.reason_not_to_ask(asking):
            raise NotAsked(why)
        try:
            return asking.request(self.models[asking.of_task])
        except InvalidRequest as error:
            raise NotAsked(str(error)) from None

    def ask(self, asking: Asking, purpose: str) -> Exchange:
        """Put a question, again while the target is busy. A broken exchange is returned with its `error`.

        Raises NotAsked where it cannot be put, or only a limit of the rate is met, and BudgetSpent.
        """
        request, driver = self.request(asking), self.deployment.driver(asking.operation)
        with self.target.during(purpose):
            try:
                return driver.patiently(lambda: self.target.attempt(request))
            except NoWitness as why:
                raise NotAsked(str(why)) from None


def reached(
    options: CheckOptions, resources: ExitStack, *, sent: int = 0, budget: Budget | None = None, step: int = 1
) -> Respondent:
    """Reach a target, and find out what it offers. Its exchanges are numbered on from `sent`, in steps.

    Raises UsageProblem and TargetUnreachable, as a check does.
    """
    policy = policy_for(options, resources)
    redactor = Redactor(policy.key, policy.secrets)
    target = Target(policy, sent + 1, budget, step=step)
    resources.callback(target.close)
    contract = promise.load()
    found = discover(target, contract.operations.values())
    models = models_for(options, found)
    capabilities = {
        operation.id: capability_for(operation, options, found, models) for operation in contract.operations.values()
    }
    refuse_unasked(found, capabilities, options, redactor)
    deployment = Deployment(target, contract, models, options.seed, 1)
    return Respondent(options, target, redactor, found.fingerprint, capabilities, deployment, found)


def made_ready(respondent: Respondent, operations: Collection[str]) -> None:
    """Ask each of these operations once, so that its model is loaded, and what is misconfigured is told at once.

    Raises UsageProblem and TargetUnreachable, as a check does.
    """
    offered = [each for each in respondent.capabilities if each in operations]
    available = [each for each in offered if respondent.capabilities[each].available]
    respondent.smoke = smoke = ask_each_operation(respondent.deployment, available)
    smoke.refuse_if_misconfigured(respondent.options, respondent.redactor)
    smoke.refuse_another_api(respondent.found, respondent.deployment)


def bare(response: Response) -> Response:
    """A response with nothing around it but its status and type: what a stored one is compared with."""
    media = response.header("content-type")
    return replace(response, headers=(("Content-Type", media),) if media else ())


def care(policy: Policy, requests: int) -> Iterator[str]:
    """What is said before a target on another machine is asked: how much, what it may cost, and what bounds it."""
    if policy.loopback:
        return
    yield f"  up to {requests} requests will be sent"
    if policy.max_requests is not None and policy.time_budget is not None:
        most, seconds = policy.max_requests, policy.time_budget
        yield f"  it ends after {most} requests (--max-requests) or {seconds:g} s (--time-budget)"
    if policy.hosted:
        yield "  this is a hosted service: requests that a model answers may cost credits"
