"""One plain request to each operation, before anything else: is the key good, is the model there, does it answer?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.contract.message import Request, Response
from assay.errors import UsageProblem
from assay.plugin.deployment import PLAIN_RULE, Deployment, Driver, HostedDriver, Sam2Driver
from assay.plugin.options import CheckOptions
from assay.record.model import Exchange
from assay.record.redaction import KEY_VARIABLE

KEY_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Smoke:
    """The plain exchange of each operation, and the task of each."""

    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    rule: str = PLAIN_RULE

    @property
    def silent(self) -> frozenset[str]:
        """The operations whose plain request was not answered with 200."""
        return frozenset(
            operation
            for operation, exchange in self.exchanges.items()
            if exchange.response is None or exchange.response.status != 200
        )

    def refuse_if_misconfigured(self, options: CheckOptions) -> None:
        """Raise UsageProblem when the target refuses the key everywhere, or does not know a model that was named."""
        responses = [exchange.response for exchange in self.exchanges.values()]
        if responses and all(response and response.status in KEY_REFUSED for response in responses):
            raise UsageProblem(_about_key(responses[0], options))
        for operation, exchange in self.exchanges.items():
            named = options.models.get(self.tasks[operation])
            if named and exchange.response and exchange.response.status in (*KEY_REFUSED, 404):
                raise UsageProblem(_about_model(exchange.response, self.tasks[operation], named, options))


def ask_each_operation(deployment: Deployment, operations: Iterable[str]) -> Smoke:
    """Send one plain request to each operation. A broken exchange is kept, not raised."""
    exchanges: dict[str, Exchange] = {}
    for operation in operations:
        with deployment.target.during("smoke"):
            driver = deployment.driver(operation)
            exchanges[operation] = deployment.target.attempt(_plain_request(driver))
    return Smoke(exchanges, {name: deployment.contract.operations[name].task for name in exchanges})


def _plain_request(driver: Driver) -> Request:
    if isinstance(driver, HostedDriver):
        return driver.request(driver.scenes[0])
    assert isinstance(driver, Sam2Driver)
    scene = driver.scenes[0]
    return driver.request(scene, driver.prompts(scene)[:1])


def _about_key(response: Response | None, options: CheckOptions) -> str:
    variable = options.key_variable or KEY_VARIABLE
    status = f"status {response.status}{_reason(response)}" if response else "no answer"
    if options.key() is None:
        return f"the target asks for an API key ({status}); put it into the environment variable {variable}"
    return f"the target refuses the API key in ${variable} ({status}); check the key and whom it belongs to"


def _about_model(response: Response, task: str, model: str, options: CheckOptions) -> str:
    status = f"status {response.status}{_reason(response)}"
    if response.status == 404:
        return f"the target does not know the model {model} ({status}); check --model {task}={model}"
    variable = options.key_variable or KEY_VARIABLE
    return f"the target does not serve {model} to this key ({status}); check --model {task}={model} and ${variable}"


def _reason(response: Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    message = next((body[name] for name in ("message", "Message", "detail") if isinstance(body.get(name), str)), "")
    return f", {message[:120]!r}" if message else ""
