"""A workload of one's own."""

from __future__ import annotations

from collections.abc import Iterator

from assay.bench.workload import Kit, Workload
from assay.contract.message import Request


def detect(kit: Kit, count: int) -> Iterator[Request]:
    """Pictures as thumbnails are, at a threshold that a dashboard asks for."""
    for picture in kit.pictures(count):
        yield kit.operation.request(path=kit.of_path(), query={"confidence": 60}, image=picture.data)


WORKLOADS = [
    Workload("example.thumbnails", "Small pictures, asked for sure things alone.", "hosted.object-detection", detect,
             size="320"),
]  # fmt: skip
