"""Where the models run: one device, one thread, in which no gradient is ever kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import torch
from torch.nn.functional import interpolate

from assay.reference.decoding import Pixels

T = TypeVar("T")
SEED: Final = 20261126
"""Every model's weights are drawn from it, whatever was made before."""
DTYPES: Final = {"bf16": torch.bfloat16, "fp32": torch.float32}
IMAGENET: Final = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP: Final = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
Scale = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Device:
    """A device by torch's name, and the type in which models compute there.

    All work on it is done by one thread, one job after the other: what one request takes is not what another waits for
    by chance, and no handle of a library is made anew for another thread.
    """

    name: str
    dtype: Any
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "device"), repr=False)

    def run(self, work: Callable[..., T], *words: Any) -> T:
        """What the work comes to, once the device has done all of it."""
        return self._thread.submit(self._done, work, *words).result()

    def _done(self, work: Callable[..., T], *words: Any) -> T:
        with torch.inference_mode():
            found = work(*words)
            if self.name.startswith("cuda"):
                torch.cuda.synchronize()
            return found

    def made(self, make: Callable[[], Any], dtype: Any = None) -> Any:
        """A model with random weights, the same each time: drawn on the CPU, so that every device gets these."""
        torch.manual_seed(SEED)
        return make().eval().to(self.name, dtype or self.dtype)

    def picture(self, pixels: Pixels, height: int, width: int, scale: Scale | None, dtype: Any = None) -> Any:
        """Height x width x 3 of bytes as 1 x 3 x `height` x `width`, normalised by mean and deviation."""
        sent = torch.from_numpy(pixels.copy()).to(self.name).permute(2, 0, 1)[None].float() / 255
        if sent.shape[2:] != (height, width):
            sent = interpolate(sent, (height, width), mode="bilinear", antialias=True)
        if scale is not None:
            mean, deviation = (torch.tensor(each, device=self.name).view(1, 3, 1, 1) for each in scale)
            sent = (sent - mean) / deviation
        return sent.to(dtype or self.dtype)


def prepared(name: str, dtype: str) -> Device:
    """A device on which the same request gets the same answer. Raises RuntimeError where there is none of that name."""
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise RuntimeError("torch finds no GPU here")
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    return Device(name, DTYPES[dtype])
