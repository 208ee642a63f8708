"""One target of a benchmark: reached, asked what it offers, and ready to take load."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from assay import contract as promise
from assay.bench.excusing import Excuses
from assay.bench.watching import Watched, watched
from assay.bench.workload import Workload
from assay.load.endpoint import Endpoint, endpoint_of
from assay.plugin.deployment import Deployment
from assay.plugin.fetching import see_what_is_fetched, serve_pictures
from assay.plugin.opening import capability_for, listed_deviations, models_for, policy_for, refuse_unasked
from assay.plugin.options import CheckOptions
from assay.plugin.smoke import Smoke, ask_each_operation
from assay.record import Redactor
from assay.target import Capability, Fingerprint, Target, discover


@dataclass(slots=True)
class Side:
    """A target by the name that it has in the record."""

    name: str
    options: CheckOptions
    target: Target
    endpoint: Endpoint
    redactor: Redactor
    fingerprint: Fingerprint
    capabilities: Mapping[str, Capability]
    deployment: Deployment
    smoke: Smoke = field(default_factory=Smoke)
    watched: Watched = field(default_factory=Watched)
    price: float | None = None
    """USD an hour."""
    excuses: Excuses = field(default_factory=Excuses)

    @property
    def server(self) -> tuple[int, ...]:
        """The server's processes that are there now, where they are known."""
        telemetry = self.watched.telemetry
        return telemetry.processes.alive if telemetry is not None else ()

    def told(self) -> dict[str, Any]:
        """The fingerprint as it stands in the record: server, models, machine and price, as far as they are known."""
        more = {
            "models": models_told(self.smoke),
            "hardware": dict(self.watched.hardware),
            "hourly_price": self.price,
            "unseen": self.watched.unseen,
        }
        return {**self.fingerprint.as_json(), **{name: value for name, value in more.items() if value}}

    def reason_to_leave_out(self, workload: Workload) -> str:
        """Why a workload is not measured here; empty where it can be."""
        if workload.by_address and self.target.no_url:
            return self.target.no_url
        operation = workload.operation
        capability = self.capabilities[operation]
        if not capability.available:
            return capability.because
        if operation not in self.smoke.silent:
            return ""
        exchange = self.smoke.exchanges[operation]
        if exchange.response is None:
            return f"a plain request got no answer ({exchange.error[1] if exchange.error else 'nothing came'})"
        return f"a plain request was answered with status {exchange.response.status}"


def names_of(targets: Sequence[CheckOptions]) -> list[str]:
    """A name for each: host, port and path of its URL; with a letter where they are alike."""
    plain = [_short(each.target) for each in targets]
    if len(set(plain)) == len(plain):
        return plain
    return [f"{name} ({letter})" for name, letter in zip(plain, "AB", strict=False)]


def _short(target: str) -> str:
    parts = urlsplit(target)
    host = parts.netloc.rpartition("@")[2]
    return f"{host}{parts.path.rstrip('/')}" or target


def models_told(smoke: Smoke) -> dict[str, str]:
    """Each operation's model as its answer resolved it: id, package, backend, quantization, as far as they are told."""
    return {operation: " ".join(stated.values()) for operation, stated in smoke.resolved.items()}


def opened(
    name: str,
    options: CheckOptions,
    operations: Sequence[str],
    resources: ExitStack,
    *,
    by_address: bool = False,
    metrics_url: str | None = None,
    gpus: Sequence[str] = (),
    price: float | None = None,
) -> Side:
    """Reach a target, and ask each of these operations once, so that its models are loaded.

    Raises UsageProblem and TargetUnreachable, as a check does. Nothing of it is recorded: bodies are large and many.
    """
    policy = policy_for(options, resources)
    policy = replace(policy, max_requests=None, time_budget=None)  # --allow-load was said, and --seconds bounds it
    redactor = Redactor(policy.key, policy.secrets)
    target = Target(policy)
    resources.callback(target.close)
    resources.enter_context(target.off_the_record())
    if policy.proxy:
        endpoint_of(policy)  # says that there is no load through one
    if by_address:
        serve_pictures(target, options, resources)
    contract = promise.load()
    found = discover(target, contract.operations.values())
    models = models_for(options, found)
    capabilities = {
        operation.id: capability_for(operation, options, found, models) for operation in contract.operations.values()
    }
    refuse_unasked(found, capabilities, options, redactor)
    deployment = Deployment(target, contract, models, options.seed, 1)
    smoke = ask_each_operation(deployment, [each for each in operations if capabilities[each].available], found.held)
    smoke.refuse_if_misconfigured(options, redactor)
    smoke.refuse_another_api(found, deployment)
    if by_address:
        sound = [each for each in operations if each in smoke.exchanges and each not in smoke.silent]
        see_what_is_fetched(deployment, sound)
    endpoint = endpoint_of(policy)
    known = listed_deviations(options).for_target(found.fingerprint, datetime.date.today())
    return Side(
        name, options, target, endpoint, redactor, found.fingerprint, capabilities, deployment, smoke,
        watched(target, endpoint, metrics_url, resources, gpus), price, Excuses(known),
    )  # fmt: skip
