"""One target of a benchmark: reached, asked what it offers, and ready to take load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import psutil

from assay import contract as promise
from assay.load.endpoint import Endpoint, endpoint_of
from assay.plugin.deployment import Deployment
from assay.plugin.opening import capability_for, models_for, policy_for, refuse_unasked
from assay.plugin.options import CheckOptions
from assay.plugin.smoke import Smoke, ask_each_operation
from assay.record import Redactor
from assay.target import Capability, Fingerprint, Policy, Target, discover


@dataclass(slots=True)
class Side:
    """A target by the name that it has in the record. `server` are its processes, where they are known."""

    name: str
    options: CheckOptions
    target: Target
    endpoint: Endpoint
    redactor: Redactor
    fingerprint: Fingerprint
    capabilities: Mapping[str, Capability]
    deployment: Deployment
    server: tuple[int, ...] = ()
    smoke: Smoke = field(default_factory=Smoke)

    def reason_to_leave_out(self, operation: str) -> str:
        """Why an operation is not measured here; empty where it can be."""
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


def opened(name: str, options: CheckOptions, operations: Sequence[str], resources: ExitStack) -> Side:
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
    return Side(
        name, options, target, endpoint_of(policy), redactor, found.fingerprint, capabilities, deployment,
        _listening(policy) if options.on_reference else (), smoke,
    )  # fmt: skip


def _listening(policy: Policy) -> tuple[int, ...]:
    """The process that we started to serve the reference deployment: its port tells which one it is."""
    port = urlsplit(policy.base_url).port
    for child in psutil.Process().children(recursive=True):
        try:
            listening = [each for each in child.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
        except (psutil.Error, AttributeError):  # the system does not say, or psutil calls it otherwise
            continue
        if any(each.laddr and each.laddr.port == port for each in listening):
            return (child.pid,)
    return ()
