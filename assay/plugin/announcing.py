"""What is said before anything is asked: who is checked, what it may cost, and what can be asked at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import assay
from assay.contract.sentences import count
from assay.photograph import Photograph
from assay.plugin.catalogue import catalogue
from assay.plugin.choosing import is_asked_for, operations_judged, why_left_out
from assay.plugin.deployment import Deployment
from assay.plugin.drivers import ClassificationDriver
from assay.plugin.estimate import requests_of
from assay.plugin.options import CheckOptions
from assay.record import Redactor
from assay.report.text import one_line
from assay.target import Capability, Fingerprint, Policy


def announcement(
    options: CheckOptions,
    fingerprint: Fingerprint,
    capabilities: Mapping[str, Capability],
    deployment: Deployment,
    *,
    expected: int,
    redactor: Redactor,
) -> Iterator[str]:
    """The lines of it. `expected` is the estimate; what the target calls itself, and its models,
    stands there without secrets, and without what a screen would obey.
    """
    policy = deployment.target.policy
    stated = " ".join(word for word in (fingerprint.name, fingerprint.version) if word)
    engine = f", engine {fingerprint.engine}" if fingerprint.engine else ""
    stated = one_line(redactor.text(f"{stated or 'unnamed'}{engine}"), 120)
    yield f"Assay {assay.__version__} checks {fingerprint.url} ({stated})"
    if policy.proxy:
        yield f"  through the proxy {policy.proxy_shown}"
    if not policy.loopback:
        yield from care(policy, expected, options.depth)
        yield from own_pictures(options, capabilities, deployment)
    judged = operations_judged(options)
    for operation, capability in capabilities.items():
        if operation not in judged:
            continue
        task = deployment.contract.operations[operation].task
        told = f"model {deployment.models[task]}" if capability.available else f"not checked: {capability.because}"
        driver = deployment.driver(operation) if capability.available else None
        if isinstance(driver, ClassificationDriver) and driver.of_labels != driver.model:
            told += f", and {driver.of_labels} for several labels"
        yield f"  {operation:28} {one_line(redactor.text(told), 200)}"


def estimate(options: CheckOptions, capabilities: Mapping[str, Capability], deployment: Deployment) -> int:
    """The most requests that this run sends while its rules pass, those of discovery included."""
    rules = [rule for rule in catalogue().values() if is_asked_for(rule, options) and not why_left_out(rule, options)]
    offered = {name for name in operations_judged(options) if name in capabilities and capabilities[name].available}
    asked = requests_of(rules, offered, options.examples, lambda operation: len(deployment.driver(operation).scenes))
    return deployment.target.sent + len(offered) + asked


def own_pictures(
    options: CheckOptions, capabilities: Mapping[str, Capability], deployment: Deployment
) -> Iterator[str]:
    """How many of the user's own pictures will leave this machine, and go where."""
    if not deployment.photographs:
        return
    asked = [name for name in operations_judged(options) if name in capabilities and capabilities[name].available]
    shown = {scene.name for name in asked for scene in deployment.driver(name).scenes if isinstance(scene, Photograph)}
    yield f"  {count(len(shown), 'picture')} of your own will be sent (--pictures)"


def care(policy: Policy, requests: int, depth: str) -> Iterator[str]:
    """How much will be asked of a target on another machine, what it may cost, and what bounds it."""
    yield f"  up to {requests} requests will be sent (--depth {depth}); rules that fail or a busy target may take more"
    if policy.max_requests is not None and policy.time_budget is not None:
        most, seconds = policy.max_requests, policy.time_budget
        yield f"  the run ends after {most} requests (--max-requests) or {seconds:g} s (--time-budget)"
        if most < requests:
            yield "  it will probably end before every case is judged: --depth quick asks less"
    if policy.hosted:
        yield "  this is a hosted service: requests that a model answers may cost credits"
