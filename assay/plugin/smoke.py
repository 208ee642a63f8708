"""One plain request to each operation, before anything else: is the key good, is the model there, does it answer?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.contract.message import Response
from assay.errors import TargetUnreachable, UsageProblem
from assay.plugin.deployment import Deployment
from assay.plugin.options import CheckOptions
from assay.record.model import Exchange
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.target.client import NOT_READY, when_ready
from assay.target.discovery import WEB_PAGE, no_api

KEY_REFUSED = (401, 403)


@dataclass(frozen=True, slots=True)
class Smoke:
    """The plain exchange of each operation, and the task of each."""

    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> frozenset[str]:
        """The operations whose plain request was not answered with 200."""
        return frozenset(
            operation
            for operation, exchange in self.exchanges.items()
            if exchange.response is None or exchange.response.status != 200
        )

    def refuse_if_misconfigured(self, options: CheckOptions, redactor: Redactor) -> None:
        """Raise UsageProblem when the target refuses the key everywhere, or does not know a model that was named.

        Raises TargetUnreachable when every answer is a web page: something stands where the API was looked for.
        """
        responses = [exchange.response for exchange in self.exchanges.values()]
        if responses and all(response and response.media_type == WEB_PAGE for response in responses):
            raise no_api(options.target)
        if responses and all(response and response.status in NOT_READY for response in responses):
            raise TargetUnreachable(
                f"no operation was ready after {options.ready_timeout:g} s; "
                "wait for the target, or raise --ready-timeout"
            )
        if responses and all(response and response.status in KEY_REFUSED for response in responses):
            raise UsageProblem(_about_key(responses[0], options, redactor))
        for operation, exchange in self.exchanges.items():
            named = options.models.get(self.tasks[operation])
            if named and exchange.response and exchange.response.status in (*KEY_REFUSED, 404):
                raise UsageProblem(_about_model(exchange.response, self.tasks[operation], named, options, redactor))


def ask_each_operation(deployment: Deployment, operations: Iterable[str]) -> Smoke:
    """Send one plain request to each operation, once its model has loaded. A broken exchange is kept, not raised."""
    exchanges: dict[str, Exchange] = {}
    for operation in operations:
        with deployment.target.during("smoke"):
            request = deployment.driver(operation).plain_request()
            exchanges[operation] = when_ready(deployment.target, request)
    return Smoke(exchanges, {name: deployment.contract.operations[name].task for name in exchanges})


def _about_key(response: Response | None, options: CheckOptions, redactor: Redactor) -> str:
    variable = options.key_variable or KEY_VARIABLE
    status = f"status {response.status}{_reason(response, redactor)}" if response else "no answer"
    if options.key() is None:
        return f"the target asks for an API key ({status}); put it into the environment variable {variable}"
    return f"the target refuses the API key in ${variable} ({status}); check the key and whom it belongs to"


def _about_model(response: Response, task: str, model: str, options: CheckOptions, redactor: Redactor) -> str:
    status = f"status {response.status}{_reason(response, redactor)}"
    if response.status == 404:
        return f"the target does not know the model {model} ({status}); check --model {task}={model}"
    variable = options.key_variable or KEY_VARIABLE
    return f"the target does not serve {model} to this key ({status}); check --model {task}={model} and ${variable}"


def _reason(response: Response, redactor: Redactor) -> str:
    """What the target says about it, with the secrets taken out before it is cut."""
    try:
        body = response.json()
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    message = next((body[name] for name in ("message", "Message", "detail") if isinstance(body.get(name), str)), "")
    return f", {redactor.text(message)[:120]!r}" if message else ""
