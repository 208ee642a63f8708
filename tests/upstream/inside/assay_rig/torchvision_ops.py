"""Lets a torchvision built for CUDA import beside a CPU-only torch: it defines the one operator in use, nms.

torchvision's compiled operators need CUDA's libraries, and the package index has no other build. Nothing
happens where they load. Import this module before anything that imports torchvision.
"""

from __future__ import annotations

from importlib.metadata import version

import torch


def non_maximum_suppression(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """The indices of the boxes (N x 4: x0, y0, x1, y1) to keep, best score first; ties keep their order."""
    x0, y0, x1, y1 = boxes.unbind(1)
    area = (x1 - x0) * (y1 - y0)
    kept: list[int] = []
    dropped = torch.zeros(len(boxes), dtype=torch.bool)
    for best in torch.sort(scores, descending=True, stable=True).indices.tolist():
        if dropped[best]:
            continue
        kept.append(best)
        width = (torch.minimum(x1[best], x1) - torch.maximum(x0[best], x0)).clamp(min=0)
        height = (torch.minimum(y1[best], y1) - torch.maximum(y0[best], y0)).clamp(min=0)
        shared = width * height
        dropped |= shared / (area[best] + area - shared) > iou_threshold
    return torch.tensor(kept, dtype=torch.int64)


if torch.version.cuda is None and "+cpu" not in version("torchvision"):
    LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # kept alive: its end would undefine the operators
    LIBRARY.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    LIBRARY.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # looked up, never called
    LIBRARY.impl("nms", non_maximum_suppression, "CPU")

    import torchvision.extension

    torchvision.extension._has_ops = lambda: True
