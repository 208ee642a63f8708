"""Keys, before any model is loaded and just after."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import FORM, TWO, Case, hosted, image, posting
from .lmm import BASE as LMM
from .owlv2 import BASE as OWLV2
from .sam2 import EMBED, SEGMENT

DETECTOR, KEYPOINTS, SEGMENTATION = "rig-animals/1", "rig-people/1", "rig-road/1"


def cases() -> Iterator[Case]:
    """Refusals first: the last three load a model with a good key and then ask without one."""
    yield Case("model-registry-empty", "GET", "/model/registry")
    for what, model in (("detection", DETECTOR), ("keypoints", KEYPOINTS), ("segmentation", SEGMENTATION)):
        yield hosted(f"{what}-no-key", model, key=None)
        yield hosted(f"{what}-wrong-key", model, key="nope")
    yield hosted("detection-key-forbidden", DETECTOR, key="forbidden-key")
    yield hosted("detection-key-without-credits", DETECTOR, key="broke-key")
    yield hosted("detection-key-paused", DETECTOR, key="paused-key")
    yield posting("lmm-no-key", "/infer/lmm", LMM, api_key=...)
    yield posting("owlv2-no-key", "/owlv2/infer", OWLV2, api_key=...)
    yield posting("owlv2-wrong-key", "/owlv2/infer", OWLV2, api_key="nope")
    yield posting("sam2-embed-no-key", "/sam2/embed_image", EMBED, api_key=...)
    yield posting("sam2-segment-key-forbidden", "/sam2/segment_image", SEGMENT, api_key="forbidden-key", image=image())
    yield Case("detection-bearer", "POST", f"/{DETECTOR}", {**FORM, "authorization": "Bearer rig-key"}, text=TWO)
    yield hosted("detection-no-key-after-load", DETECTOR, key=None)
    yield hosted("detection-wrong-key-after-load", DETECTOR, key="nope")
