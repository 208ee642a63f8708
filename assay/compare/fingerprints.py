"""In what the deployments themselves differ, and the machines that sent the load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.compare.sides import Side

ABSENT = "not told"


@dataclass(frozen=True, slots=True)
class Unlike:
    """One fact of a fingerprint that is not the same on both sides, such as `hardware.gpu`."""

    name: str
    base: Any
    new: Any


def unlike(base: Mapping[str, Any], new: Mapping[str, Any]) -> list[Unlike]:
    """The facts that differ, in the order in which they are told."""
    ours, theirs = dict(_facts(base)), dict(_facts(new))
    return [
        Unlike(name, ours.get(name, ABSENT), theirs.get(name, ABSENT))
        for name in dict.fromkeys([*ours, *theirs])
        if ours.get(name, ABSENT) != theirs.get(name, ABSENT)
    ]


def _facts(told: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in told.items():
        if isinstance(value, Mapping):
            yield from _facts(value, f"{within}{name}.")
        elif value not in (None, "", []):
            yield f"{within}{name}", value


def within(side: Side) -> list[str]:
    """The facts in which the runs of one side differ: it should be one deployment."""
    first, *others = side.fingerprints
    return list(dict.fromkeys(each.name for other in others for each in unlike(first, other)))


def clients(base: Side, new: Side) -> list[Unlike]:
    """In what the machines differ that sent the load, as far as the first runs of both sides tell of them."""
    ours, theirs = base.runs[0].header.get("client"), new.runs[0].header.get("client")
    return unlike(ours, theirs) if ours and theirs else []


def about(fingerprint: Mapping[str, Any]) -> list[str]:
    """The machine and the server, as far as they are told."""
    return [told for told in (hardware(fingerprint), software(fingerprint)) if told]


def hardware(fingerprint: Mapping[str, Any]) -> str:
    """The machine in few words, such as `1x NVIDIA L4`; empty where it is not told.

    Where it is not known which GPUs the deployment uses, they are called listed.
    """
    told = fingerprint.get("hardware")
    facts: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    if gpu := facts.get("gpu"):
        if listed := facts.get("gpus_listed"):
            return f"{listed}x {gpu} listed"
        return f"{facts.get('gpus', 1)}x {gpu}"
    if cpu := facts.get("cpu"):
        return f"{cpu}, {facts['cores']} cores" if facts.get("cores") else str(cpu)
    return ""


def software(fingerprint: Mapping[str, Any]) -> str:
    """The server in few words, such as `Roboflow Inference Server 1.8.3 trt`."""
    return " ".join(str(fingerprint[name]) for name in ("name", "version", "engine") if fingerprint.get(name))
