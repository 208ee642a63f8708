"""One plain request to each operation, before anything else: is the key good, is the model there, does it answer?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from assay.contract.message import Request, Response
from assay.contract.operations import InvalidRequest, Operation
from assay.contract.sentences import cut
from assay.errors import TargetUnreachable, UsageProblem
from assay.judge.verify_service import LOAD_TIME, UNKNOWN
from assay.plugin.deployment import Deployment
from assay.plugin.drivers import ClassificationDriver
from assay.plugin.loading import Loading
from assay.plugin.options import LABELS, CheckOptions
from assay.plugin.refusal import reason
from assay.record.model import Exchange
from assay.record.redaction import KEY_VARIABLE, Redactor
from assay.report.text import one_line
from assay.target.busy import BREAKS_DOWN, is_busy, is_not_ready
from assay.target.discovery import KEY_REFUSED, Discovery, another_api, is_web_page, no_api
from assay.target.registry import LONGEST_NAME, Held
from assay.target.waiting import when_ready

OK = 200
PICTURED = "image/"
RESOLVED = ("model_id", "model_package_id", "backend", "quantization")
"""What an answer tells of the model that gave it, in this order."""
_SECONDS = re.compile(r"\d{1,6}(\.\d{1,12})?")


@dataclass(frozen=True)
class Smoke:
    """The plain exchange of each operation, and the task of each.

    `first_uses` holds, by task, the operation whose plain request the target loaded the model for; `held` is what the
    target says that it holds after them.
    """

    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    first_uses: Mapping[str, str] = field(default_factory=dict)
    held: Held = frozenset()
    labels: Exchange | None = None
    """The plain exchange with the model of several labels, where that is another one."""
    broke_down: Mapping[str, Exchange] = field(default_factory=dict)
    """The first exchange of each operation that broke down over it, and answered well the second time."""

    @cached_property
    def silent(self) -> frozenset[str]:
        """The operations whose plain request was not answered with 200."""
        return frozenset(
            operation
            for operation, exchange in self.exchanges.items()
            if exchange.response is None or exchange.response.status != 200
        )

    def seconds(self, operation: str) -> float:
        """How long the plain request took, but for loading the model where the answer states that; 0 of a silent one.

        Good enough to tell which operations take longer than others.
        """
        exchange = self.exchanges.get(operation)
        if exchange is None or exchange.response is None or operation in self.silent:
            return 0.0
        return max(exchange.seconds - _loading(exchange.response), 0.0)

    @property
    def resolved(self) -> dict[str, dict[str, str]]:
        """What the answer of each operation tells of its model, by the names of RESOLVED; some tell nothing."""
        found = {operation: _resolved(exchange) for operation, exchange in self.exchanges.items()}
        return {operation: stated for operation, stated in found.items() if stated}

    @cached_property
    def busy(self) -> frozenset[str]:
        """The operations whose plain request met a limit of the rate until the end: that is no answer, and no fault."""
        return frozenset(operation for operation, exchange in self.exchanges.items() if is_busy(exchange))

    def refuse_if_misconfigured(self, options: CheckOptions, redactor: Redactor) -> None:
        """Raise UsageProblem when the target refuses the key everywhere, or does not know a model that was named.

        Raises TargetUnreachable when every answer is a web page: something stands where the API was looked for.
        """
        responses = [exchange.response for exchange in self.exchanges.values()]
        if responses and all(response and is_web_page(response) for response in responses):
            raise no_api(options.target)
        if responses and all(is_not_ready(each) or is_busy(each) for each in self.exchanges.values()):
            raise TargetUnreachable(
                f"no operation was ready after {options.ready_timeout:g} s; "
                "wait for the target, or raise --ready-timeout"
            )
        if responses and all(response and response.status in KEY_REFUSED for response in responses):
            raise UsageProblem(_about_key(responses[0], options, redactor))
        for operation, exchange in self.exchanges.items():
            named = options.models.get(self.tasks[operation])
            if named and exchange.response and exchange.response.status in UNKNOWN:
                raise UsageProblem(_about_model(exchange.response, self.tasks[operation], named, options, redactor))
        named = options.models.get(LABELS)
        if named and self.labels and self.labels.response and self.labels.response.status in UNKNOWN:
            raise UsageProblem(_about_model(self.labels.response, LABELS, named, options, redactor))

    def refuse_another_api(self, found: Discovery, deployment: Deployment) -> None:
        """Raise TargetUnreachable where the target tells nothing of itself, and nothing that it answers is of this API.

        An error, a broken exchange and a picture do not say so: of such a target the run tells what is wrong.
        """
        if not self.exchanges or not found.tells_nothing:
            return
        operations = deployment.contract.operations
        if all(_is_foreign(operations[name], each) for name, each in self.exchanges.items()):
            raise another_api(found, dict.fromkeys(deployment.models[task] for task in self.tasks.values()))


def _loading(response: Response) -> float:
    """Seconds of loading the model that an answer states."""
    stated = response.header(LOAD_TIME) or ""
    return float(stated) if _SECONDS.fullmatch(stated) else 0.0


def _resolved(exchange: Exchange) -> dict[str, str]:
    try:
        body = exchange.response.json() if exchange.response is not None else None
    except ValueError:  # a picture, or nothing that can be read
        return {}
    resolved = body.get("resolved_model") if isinstance(body, dict) else None
    stated = {name: resolved.get(name) for name in RESOLVED} if isinstance(resolved, dict) else {}
    return {name: cut(str(each), LONGEST_NAME) for name, each in stated.items() if each}


def _is_foreign(operation: Operation, plain: Exchange) -> bool:
    """Whether a plain request is answered with 200 and a text in which no documented member of the answer stands."""
    response = plain.response
    if response is None or response.status != OK or response.media_type.startswith(PICTURED):
        return False
    mode = operation.mode_of(plain.request)
    if mode.schema is None:
        return False
    members = operation.library.properties(operation.library.node(mode.schema))
    return not any(f'"{name}"'.encode() in response.body for name in members)


def refuse_refusal(refusal: Response, options: CheckOptions, redactor: Redactor) -> None:
    """Raise what it means that a target answers this to all that it is asked: UsageProblem or TargetUnreachable."""
    if refusal.status in KEY_REFUSED:
        raise UsageProblem(_about_key(refusal, options, redactor))
    raise TargetUnreachable(
        f"{options.target} limits the rate of requests and answered none (status {refusal.status}); try again later"
    )


def ask_each_operation(deployment: Deployment, operations: Iterable[str], held: Held | None = None) -> Smoke:
    """Send one plain request to each operation, once its model has loaded. A broken exchange is kept, not raised.

    `held` is what the target said that it held before; None where it does not say, and then it is asked no more.
    """
    exchanges: dict[str, Exchange] = {}
    broke_down: dict[str, Exchange] = {}
    tasks: dict[str, str] = {}
    loading = Loading(deployment.target, held)
    for operation in operations:
        tasks[operation] = task = deployment.contract.operations[operation].task
        with deployment.target.during("smoke") as sent:
            loading.look()
            before = len(sent)
            exchanges[operation] = first = when_ready(deployment.target, _plain_request(deployment, operation))
            if _broke_down(first):  # once may be the whole fault, and would leave everything else unseen
                second = when_ready(deployment.target, _plain_request(deployment, operation))
                if second.response is not None and second.response.status == OK:
                    exchanges[operation], broke_down[operation] = second, first
            at_once = len(sent) == before + 1
            loading.asked(operation, task, deployment.models[task], exchanges[operation] if at_once else None)
    loading.look()
    labels = _ask_for_labels(deployment, exchanges)
    return Smoke(exchanges, tasks, loading.first_uses(), loading.held, labels, broke_down)


def _broke_down(exchange: Exchange) -> bool:
    """It failed, and does not merely say that it is not ready: that was waited for."""
    return exchange.response is not None and exchange.response.status >= BREAKS_DOWN and not is_not_ready(exchange)


def _ask_for_labels(deployment: Deployment, asked: Iterable[str]) -> Exchange | None:
    """One plain request to the model of several labels, where that is none of those that were asked.

    No rule waits for it: it tells whether the model is known.
    """
    for driver in map(deployment.driver, asked):
        if isinstance(driver, ClassificationDriver) and driver.of_labels != driver.model:
            with deployment.target.during("smoke"):
                return when_ready(deployment.target, driver.plain_request_for_labels())
    return None


def _plain_request(deployment: Deployment, operation: str) -> Request:
    """The plain request of an operation. Raises UsageProblem where the contract does not know its model."""
    try:
        return deployment.driver(operation).plain_request()
    except InvalidRequest as error:
        task = deployment.contract.operations[operation].task
        why = one_line(error.violations[0].message.rstrip("."))
        raise UsageProblem(
            f"{operation} cannot be asked for the model {one_line(deployment.models[task], 120)} ({why}); "
            f"name another with --model {task}=MODEL"
        ) from None


def _about_key(response: Response | None, options: CheckOptions, redactor: Redactor) -> str:
    variable = options.key_variable or KEY_VARIABLE
    status = f"status {response.status}{_said(response, redactor)}" if response else "no answer"
    if options.key() is None:
        return f"the target asks for an API key ({status}); put it into the environment variable {variable}"
    return f"the target refuses the API key in ${variable} ({status}); check the key and whom it belongs to"


def _about_model(response: Response, task: str, model: str, options: CheckOptions, redactor: Redactor) -> str:
    status = f"status {response.status}{_said(response, redactor)}"
    if response.status == 404:
        return (
            f"the target does not know the model {model} ({status}); check --model {task}={model}, and the URL's path"
        )
    variable = options.key_variable or KEY_VARIABLE
    return f"the target does not serve {model} to this key ({status}); check --model {task}={model} and ${variable}"


def _said(response: Response, redactor: Redactor) -> str:
    said = reason(response, redactor.text)
    return f", {said!r}" if said else ""
