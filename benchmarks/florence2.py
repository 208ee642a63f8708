"""Florence 2: one task whose answer is of about the same length each time."""

from __future__ import annotations

from collections.abc import Iterator

from assay.bench.workload import Kit, Workload
from assay.contract.florence import tasks
from assay.contract.message import Request

TASK, TOKENS = "CAPTION", 32


def caption(kit: Kit, count: int) -> Iterator[Request]:
    """A short caption, of at most so many tokens."""
    for picture in kit.pictures(count):
        body = {"model_id": kit.model, "prompt": tasks()[TASK].token, "max_new_tokens": TOKENS}
        yield kit.operation.request(body=body, image=picture.data)


WORKLOADS = [
    Workload("florence2.infer/caption", f"A caption of at most {TOKENS} tokens.", "florence2.infer", caption,
             usual=True),
]  # fmt: skip
