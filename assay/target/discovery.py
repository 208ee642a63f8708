"""What the target says of itself: its name and version, and which operations it offers.

Capability comes from `/openapi.json` and never from the status of a call: Roboflow's server reads every unregistered
two-segment path as a model id, so that a missing operation answers like a missing model. A target that publishes no
description is probed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.contract.message import Request, Response
from assay.contract.operations import Operation
from assay.contract.sentences import cut
from assay.errors import TargetUnreachable, UsageProblem
from assay.target.busy import TOO_MANY_REQUESTS
from assay.target.client import Target
from assay.target.described import Description, description, documented_privacy
from assay.target.policy import PROXY_VARIABLE
from assay.target.probing import Probed, can_be_probed, probe
from assay.target.registry import LONGEST_NAME, Held, held_models, loaded_models
from assay.target.waiting import wait_until_reached

WEB_PAGE = "text/html"
PROXY_ASKS = 407
KEY_REFUSED = (401, 403)
DESCRIPTION = "/openapi.json"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Who answers: what `/info` states, and the engine from the response headers. Empty where not stated."""

    url: str
    name: str = ""
    version: str = ""
    engine: str = ""
    server: str = ""

    def as_json(self) -> dict[str, str]:
        """The fingerprint as it stands in the record's header."""
        return {name: getattr(self, name) for name in ("url", "name", "version", "engine", "server")}


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether the target offers an operation, and the fact of discovery that says so.

    `described` is False where nothing tells, neither a description nor a probe, so that it may or may not be offered.
    """

    available: bool
    because: str
    described: bool = True


@dataclass(frozen=True, slots=True)
class Discovery:
    """All that the target told. `models` maps a task to a model that the target has loaded, `held` is all of them.

    `web_pages` says that it told nothing, but answered each question with a web page. `refusal` is the answer to the
    question for its description where that, and each probe, was answered alike with 401 or 403, or with 429.
    `described` says that it publishes a description, of whatever.
    """

    fingerprint: Fingerprint
    capabilities: dict[str, Capability]
    models: dict[str, str] = field(default_factory=dict)
    held: Held | None = None
    web_pages: bool = False
    refusal: Response | None = None
    described: bool = False

    @property
    def tells_of_itself(self) -> bool:
        """Whether it has a name or a list of models, as an inference server does."""
        return bool(self.fingerprint.name) or self.held is not None

    @property
    def tells_nothing(self) -> bool:
        """Whether there is no description, no name, no list of models, no engine, and no answer to a probe."""
        probed = any(capability.described for capability in self.capabilities.values())
        return not (self.described or self.tells_of_itself or self.fingerprint.engine or probed)


def discover(target: Target, operations: Iterable[Operation]) -> Discovery:
    """Ask `/info`, `/openapi.json` and `/model/registry`; probe where nothing is described.

    Raises TargetUnreachable when nobody answers, or what answers is no API.
    """
    answer = _described(target)
    info = target.attempt(_get("info")).response
    registry = target.attempt(_get("registry", "/model/registry")).response
    web_pages = all(each is not None and is_web_page(each) for each in (answer, info, registry))
    described = description(_object(answer))
    capabilities: dict[str, Capability] = {}
    probes: dict[str, Probed] = {}
    for operation in operations:
        _respect_privacy(target, operation, described)
        capabilities[operation.id] = (
            _listed(operation, described) if described else _probed(target, operation, probes, silent=web_pages)
        )
    return Discovery(
        _fingerprint(target, _object(info), answer),
        capabilities,
        loaded_models(_object(registry)),
        held_models(registry),
        web_pages,
        answer if _refused_alike(answer, probes) else None,
        described is not None,
    )


def _refused_alike(described: Response, probes: Mapping[str, Probed]) -> bool:
    statuses = {described.status, *(each.status for each in probes.values())}
    return bool(probes) and (statuses <= set(KEY_REFUSED) or statuses == {TOO_MANY_REQUESTS})


def is_web_page(response: Response) -> bool:
    """Whether an answer is HTML, as it declares itself; JSON that is declared so is an answer of the API, and wrong."""
    return response.media_type == WEB_PAGE and response.body.lstrip()[:1] not in (b"{", b"[")


def no_api(url: str) -> TargetUnreachable:
    """What to raise when web pages are all that comes from there."""
    return TargetUnreachable(
        f"{url} answers with a web page and not with the inference API; "
        "check the URL, and that no login page or proxy stands in front"
    )


def another_api(found: Discovery, asked: Iterable[str] = ()) -> TargetUnreachable:
    """What to raise when answers come from there, and none of them is of this API; nor those of the models `asked`."""
    why = f"its {DESCRIPTION} lists none of the documented operations"
    what = "check the URL and its path"
    if not found.described:
        why = f"it has neither {DESCRIPTION} nor /info, and no documented operation answers a probe"
        if models := " and ".join(asked):
            why += f", nor does an answer of {models} have any member that is documented"
        else:
            what += ", or name a model that it serves, such as --model object-detection=DATASET/VERSION"
    return TargetUnreachable(
        f"{found.fingerprint.url} answers, but as no inference API that Assay knows: {why}; {what}"
    )


def _get(name: str, path: str | None = None) -> Request:
    return Request(operation=f"service.{name}", method="GET", path=path or f"/{name}")


def _described(target: Target) -> Response:
    response = wait_until_reached(target, _get("openapi", "/openapi.json")).response
    assert response is not None
    if response.status == PROXY_ASKS and target.policy.proxy:
        raise UsageProblem(
            f"the proxy {target.policy.proxy_shown} asks for a name and a password; "
            f"give http://NAME:PASSWORD@HOST:PORT in the environment variable {PROXY_VARIABLE}"
        )
    if 300 <= response.status < 400:
        raise UsageProblem(
            f"{target.policy.base_url} redirects; give the URL that it redirects to as TARGET: "
            f"{response.header('location') or '(it names none)'}"  # last: what follows a URL may be taken for its part
        )
    if is_web_page(response) and response.status < 400:
        raise no_api(target.policy.base_url)
    return response


def _object(response: Response | None) -> dict[str, Any]:
    """The JSON object in a good response; an empty one otherwise."""
    if response is None or response.status != 200:
        return {}
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fingerprint(target: Target, info: dict[str, Any], described: Response) -> Fingerprint:
    stated = {name: info[name] for name in ("name", "version") if isinstance(info.get(name), (str, int, float))}
    told = {
        "name": str(stated.get("name", "")),
        "version": str(stated.get("version", "")),
        "engine": described.header("x-inference-engine") or "",
        "server": described.header("server") or "",
    }
    return Fingerprint(url=target.policy.base_url, **{name: cut(value, LONGEST_NAME) for name, value in told.items()})


def _listed(operation: Operation, described: Description) -> Capability:
    label = f"{operation.method} {operation.path}"
    if operation.path == DESCRIPTION:  # no description lists itself
        return Capability(True, f"{DESCRIPTION} was answered")
    if described.lists(operation):
        return Capability(True, f"/openapi.json lists {label}")
    return Capability(False, f"/openapi.json does not list {label}")


def _probed(target: Target, operation: Operation, probes: dict[str, Probed], silent: bool) -> Capability:
    """What a probe tells, which is kept in `probes`; with `silent` there is nobody to probe."""
    undescribed = "the target publishes no /openapi.json"
    if silent or not can_be_probed(operation):
        return Capability(True, undescribed, described=False)
    probes[operation.id] = found = probe(target, operation)
    joint = "but" if found.there else "and"
    return Capability(True, f"{undescribed}, {joint} {found.because}", found.there)


def _respect_privacy(target: Target, operation: Operation, described: Description | None) -> None:
    """Note where this operation takes the wish that a picture is not kept."""
    if described:
        target.privacy_parameters[operation.id] = described.privacy_parameters(operation)
        target.privacy_fields[operation.id] = described.privacy_fields(operation)
    else:
        target.privacy_parameters[operation.id] = documented_privacy(operation, "query")
        target.privacy_fields[operation.id] = documented_privacy(operation, "body")
