"""Whether the target fetches pictures by their address: served here, asked once, before any rule is collected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import ExitStack

from assay.contract import delivery
from assay.contract.message import Response
from assay.contract.sentences import cut
from assay.plugin.deployment import Deployment
from assay.plugin.options import CheckOptions
from assay.target import Target
from assay.target.assets import Assets, Bind, serving
from assay.target.busy import PASSING

FORBIDS = "the target forbids pictures by such an address"
"""How the reason begins, where it is the target's own configuration that leaves pictures by address out."""
FORBIDDEN = re.compile(r"(?i)non https|without fqdn|(url|address)\S* .{0,40}\bnot (supported|allowed|permitted)")
"""What a server says that fetches no such picture by its configuration; Roboflow's own words, and the like."""
PROBE_TIMEOUT = 30.0
PROBES = 2


def serve_pictures(target: Target, options: CheckOptions, stack: ExitStack) -> None:
    """Serve the run's pictures where the target can reach them, before it is asked anything.

    Nothing is served to a target elsewhere unless the user said where. Raises UsageProblem.
    """
    bind = options.asset_bind or (Bind() if target.policy.loopback else None)
    if bind is None:
        target.no_url = "a target elsewhere gets pictures by address only with --asset-bind"
        return
    target.assets = stack.enter_context(serving(bind, options.asset_base_url))


def see_what_is_fetched(deployment: Deployment, operations: Iterable[str]) -> None:
    """Note whether the target fetches the pictures that are served, by asking one of these operations or another."""
    target = deployment.target
    if target.assets is not None:
        with target.during("probe of pictures by address"):
            target.no_url = _refusal(deployment, target.assets, list(operations))


def _refusal(deployment: Deployment, assets: Assets, operations: list[str]) -> str:
    """Why the target fetches no pictures; empty where it does, or where nothing says that it may not."""
    reason = "no operation could be asked with a picture by address"
    for identifier in operations[:PROBES]:
        driver = deployment.driver(identifier)
        plain = driver.plain_request()
        url = assets.publish(delivery.picture_of(driver.operation, plain))
        request = delivery.by_url(driver.operation, plain, url)
        timeout = min(deployment.target.policy.timeout, PROBE_TIMEOUT)
        response = deployment.target.attempt(request, timeout=timeout).response
        if assets.fetches(url):
            return ""
        if response is not None and response.status < 400:
            return ""  # it answered without looking: that is for the rules to judge
        said = _message(response)
        if FORBIDDEN.search(said):
            return f"{FORBIDS}: {said}"
        if response is not None and response.status >= 500 and response.status not in PASSING:
            return ""
        reason = f"the target did not fetch a picture from {assets.base_url}: {said or 'no answer'}"
        reason += "; --asset-bind and --asset-base-url say where it can"
    return reason


def _message(response: Response | None) -> str:
    if response is None:
        return ""
    try:
        body = response.json()
    except ValueError:
        return f"status {response.status}"
    said = body.get("message") or body.get("Message") or body.get("detail") if isinstance(body, dict) else None
    return cut(str(said), 200) if said else f"status {response.status}"
