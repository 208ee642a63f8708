"""Cold starts: what a first answer takes once the model has been unloaded. Whoever else asks then waits as well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np

from assay.contract import wire
from assay.contract.message import Request, Response
from assay.contract.sentences import count
from assay.load.figures import Distribution, distribution
from assay.load.scenarios import ColdStart
from assay.record import Figure, Load, Measurement, Scenario
from assay.target import Target
from assay.target.registry import FAMILIES

TIMES: Final = 5
"""Cold starts of one repetition."""
SHARES: Final = (0.5, 0.9)


class Unload(StrEnum):
    """What a target may be told to unload."""

    MODEL = "model"
    ALL = "all"


class Unloading:
    """Has a target unload one model, or all that it holds. Called before each cold start."""

    def __init__(self, target: Target, how: Unload, model: str) -> None:
        self._target, self._how = target, how
        self._names = [model, *(f"{family}{model}" for family in FAMILIES)]

    def __call__(self) -> str:
        """Unload; why that could not be done, and empty where it could."""
        if self._how is Unload.ALL:
            return self._told("/model/clear", {}, None)
        registry = self._target.attempt(Request("service.registry", "GET", "/model/registry")).response
        held = [name for name in self._names if name in (_held(registry) or ())]
        names = held or self._names  # to remove what is not there does nothing
        return next((why for name in names if (why := self._told("/model/remove", {"model_id": name}, name))), "")

    def _told(self, path: str, body: Mapping[str, Any], name: str | None) -> str:
        request = Request(
            f"service.{path[1:].replace('/', '-')}", "POST", path,
            headers=(("Content-Type", wire.JSON),), body=wire.json_bytes(body),
        )  # fmt: skip
        response = self._target.attempt(request).response
        if response is None or response.status != 200:
            said = f"status {response.status}" if response is not None else "no answer"
            return f"the target cannot be told to unload models: POST {path} got {said}"
        held = _held(response)
        left = [each for each in held or () if name is None or each == name]
        return f"the target was told to unload {left[0]}, and holds it still" if left else ""


def _held(response: Response | None) -> list[str] | None:
    """The ids of the models that a registry lists; None where it is none."""
    try:
        body = response.json() if response is not None and response.status == 200 else None
    except ValueError:
        return None
    models = body.get("models") if isinstance(body, dict) else None
    if not isinstance(models, list):
        return None
    return [str(each["model_id"]) for each in models if isinstance(each, dict) and each.get("model_id")]


def measurement_of(found: ColdStart, alone: float, error_ms: float, **facts: Any) -> Measurement:
    """The event of cold starts; `alone` is what the same request takes when the model is there, in seconds."""
    number, failed = len(found.milliseconds), sum(found.failures.values())
    figures = {
        **_figures("coldstart", distribution(np.array(found.milliseconds))),
        **_figures("coldstart.loading", distribution(np.array(found.loading))),
    }
    notes = [
        f"{count(found.said_cold, 'answer')} of {number} said that the model had been loaded for it",
        f"with the model there the same request takes {alone * 1000:.4g} ms",
    ]
    return Measurement(
        scenario=Scenario.COLD_START,
        load=Load("closed", clients=1),
        began=found.began,
        seconds=sum(found.milliseconds) / 1000,
        requests=number + failed,
        successes=number,
        failures=dict(found.failures),
        figures=figures,
        error_ms=error_ms if math.isfinite(error_ms) else None,
        reasons=tuple(_reasons(found)),
        notes=tuple(notes),
        **facts,
    )


def _reasons(found: ColdStart) -> Sequence[str]:
    """Why cold starts cannot be relied upon."""
    number, said = len(found.milliseconds), []
    if found.lost:
        said.append(f"it ended after {count(number, 'cold start')}: {found.lost}")
    if found.interrupted:
        said.append("interrupted before it was over")
    if number and not found.said_cold:
        said.append("no answer said that a model had been loaded for it (X-Model-Cold-Start): they may be warm answers")
    elif found.said_cold < number:
        said.append(f"{number - found.said_cold} of {number} answers said that the model was there: no cold starts")
    if found.failures:
        said.append(f"{count(sum(found.failures.values()), 'first request')} failed")
    return said


def _figures(name: str, taken: Distribution | None) -> dict[str, Figure]:
    if taken is None:
        return {}
    quantiles = {
        f"{name}.p{100 * share:g}": Figure(each.value, "ms", taken.count, each.low, each.high)
        for share in SHARES
        if (each := taken.at(share))
    }
    return {**quantiles, f"{name}.most": Figure(taken.most, "ms", taken.count)}
