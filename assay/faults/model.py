"""What a fault is: one thing that a broken server does, applied between a client and any server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assay.contract import load
from assay.contract.message import Request, Response

RequestOperator = Callable[[Request], Request]
ResponseOperator = Callable[[Request, Response], Response]
Condition = Callable[[Request, Response], bool]

Promise: TypeAlias = Literal["document", "sample", "server", "sound", "other-task", "nobody"]
"""Who promises what a fault breaks: `server` is the open-source server alone, `sound` any service that is sound, and
`other-task` a page about another operation of the same route."""

Forward = Callable[[Request], Awaitable[Response]]
Traffic = Callable[[Request, Forward], Awaitable[Response]]

OBJECT_DETECTION = "hosted.object-detection"
KEYPOINT_DETECTION = "hosted.keypoint-detection"
SEGMENT = "sam2.segment"
EMBED = "sam2.embed"
SAM2 = (SEGMENT, EMBED)
OWLV2 = "owlv2.infer"
FLORENCE = "florence2.infer"
SEMANTIC = "hosted.semantic-segmentation"
SEMANTIC_JSON = "infer.semantic-segmentation"
HOSTED = (OBJECT_DETECTION, KEYPOINT_DETECTION)
ALL_OPERATIONS = tuple(load().operations)
INSTANCES = "hosted.instance-segmentation"
BOXES = (*HOSTED, INSTANCES)
CLASSIFICATION = "hosted.classification"
INFER = ("infer.object-detection", "infer.keypoint-detection")


@dataclass(frozen=True)
class Fault:
    """One way of being broken.

    `breaks` names the rules expected to notice; the first is the one that ought to name the fault.

    Most faults are one operator. `request` changes what the server gets to see. `response` changes the
    answer and is told the request as the client sent it. An operator that finds nothing to change gives back
    its very argument, so that everything else passes byte for byte.

    `traffic` is for what takes more than one exchange to go wrong. It is called once for each proxy and
    returns a coroutine function that stands between `request` and `response`: it gets the request that would
    be forwarded and the function that forwards it, and returns an answer. Its state is its own.
    """

    name: str
    sentence: str
    operations: tuple[str, ...]
    breaks: tuple[str, ...]
    request: RequestOperator | None = None
    response: ResponseOperator | None = None
    traffic: Callable[[], Traffic] | None = None


@dataclass(frozen=True)
class Derived(Fault):
    """A fault that follows from the schemas: an operator at one place of an operation. What it breaks is not known.

    `place` is the member that it changes, as `predictions.*.x`; empty for a whole answer. `promise` says who promises
    what it breaks, and `because` why nobody does: then a server with the fault may be as sound as one without.
    """

    operator: str = ""
    place: str = ""
    promise: Promise = "sound"
    because: str = ""
