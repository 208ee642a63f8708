"""Which profile two deployments are compared by, from what is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assay.likeness.profiles import Profile, load

INT8 = ("int8", "uint8", "int4", "w8a8")
HALF = ("fp16", "float16", "bf16", "bfloat16", "half")
TENSORRT = ("tensorrt", "trt")
GPU = ("cuda", "gpu", "nvidia", "rocm")
COMPUTES = ("gpu", "gpus", "backend", "quantization", "device", "engine")
"""Members of a fingerprint that tell how it computes."""
SAME_BUILD = ("name", "version", "engine")


@dataclass(frozen=True, slots=True)
class Choice:
    """A profile, and in words why it is this one."""

    profile: Profile
    because: str


def choose(first: Mapping[str, Any] | None, second: Mapping[str, Any] | None, override: str | None = None) -> Choice:
    """The profile for two fingerprints, as run records hold them; `override` is a name or a file, and decides.

    A fingerprint tells `name`, `version`, `engine`, and where known `hardware` (`gpu`, `gpus`, `cpu`), `device`,
    and `models` as answers resolved them (`backend`, `quantization`). The wider of both sides decides. The same build
    on what is known to be the same hardware is still a `cpu` or `gpu`, for threads and kernels round otherwise each
    time: `exact` has to be asked for. Raises UsageProblem where `override` is no profile.
    """
    if override:
        return Choice(load(override), "it was asked for")
    sides = [dict(first or {}), dict(second or {})]
    told = [_words(side) for side in sides]
    name, because = "cpu", "neither side tells of a GPU, of TensorRT or of a lower precision"
    for found, words in (("int8", INT8), ("tensorrt-fp16", TENSORRT + HALF), ("gpu", GPU)):
        seen = [next((word for word in words if word in side), None) for side in told]
        if any(seen):
            name, because = found, _because(seen)
            break
    return Choice(load(name), f"{because}; {_build(*sides)}")


def _because(seen: list[str | None]) -> str:
    first, second = seen
    if first and second:
        return f"both sides tell of {first}" if first == second else f"one side tells of {first}, the other of {second}"
    return f"the {'first' if first else 'second'} side tells of {first or second}"


def _build(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    unlike = [name for name in SAME_BUILD if first.get(name) != second.get(name)]
    if unlike:
        return f"they differ in {' and '.join(unlike)}"
    return "the server is of the same build" if first.get("version") else "the server's version is not told"


def _words(fingerprint: Mapping[str, Any]) -> set[str]:
    """The words, in lower case, by which a fingerprint tells how it computes: an address may be called anything."""
    return set(re.findall(r"[a-z0-9]+", " ".join(_told(fingerprint, "")).lower()))


def _told(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _told(below, str(key))
    elif isinstance(value, list):
        for below in value:
            yield from _told(below, name)
    elif name in COMPUTES and value:
        yield f"{name} {value}"
