"""The sample requests, by group; a group's requests are sent in order, and some depend on those before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ..case import Case
from . import auth, by_task, hardened, hosted, lmm, owlv2, sam2, service

Group = Callable[[], Iterator[Case]]

# In this order, against one fresh server.
GROUPS: Mapping[str, Group] = MappingProxyType(
    {
        "auth-before-load": auth.cases,
        "hosted-object-detection": hosted.object_detection,
        "hosted-keypoints": hosted.keypoints,
        "hosted-semantic-segmentation": hosted.semantic_segmentation,
        "hosted-errors": hosted.errors,
        "lmm": lmm.cases,
        "owlv2": owlv2.cases,
        "sam2-embed": sam2.embed,
        "sam2-segment": sam2.segment,
        "infer-by-task": by_task.cases,
        "service": service.cases,
    }
)
# Against another one, which refuses URLs and judges the key at every call.
HARDENED: Mapping[str, Group] = MappingProxyType({"hardened": hardened.cases})
