"""SAM2: embedding pictures, and segmenting them with and without an embedding that is there already."""

from __future__ import annotations

from collections.abc import Iterator

from assay.bench.workload import Kit, Make, Workload
from assay.contract.message import Request
from assay.plugin.drivers.sam2 import Sam2Driver


def embed(kit: Kit, count: int) -> Iterator[Request]:
    """Pictures without a name."""
    for picture in kit.pictures(count):
        yield kit.operation.request(body={"sam2_version_id": kit.model}, image=picture.data)


def segment(mode: str = "json") -> Make:
    """One positive point in each picture, which is named by its own bytes."""

    def make(kit: Kit, count: int) -> Iterator[Request]:
        for picture in kit.pictures(count):
            body = {
                "sam2_version_id": kit.model,
                "image_id": picture.name,
                "prompts": {"prompts": [Sam2Driver.point(*picture.point)]},
                "format": mode,
            }
            yield kit.operation.request(body=body, image=picture.data)

    return make


WORKLOADS = [
    Workload("sam2.embed/new", "Each picture is new: the image encoder runs.", "sam2.embed", embed,
             fresh=True, usual=True),
    Workload("sam2.embed/again", "The same pictures again: their embeddings may be cached.", "sam2.embed", embed),
    Workload("sam2.segment/cold", "One point in a new picture: encoder and decoder run.", "sam2.segment", segment(),
             fresh=True, usual=True),
    Workload("sam2.segment/cached", "One point in a picture that was embedded before, by its `image_id`.",
             "sam2.segment", segment(), usual=True),
    Workload("sam2.segment/cached-rle", "The same, masks as run lengths.", "sam2.segment", segment("rle")),
    Workload("sam2.segment/cached-binary", "The same, masks as an array of bytes.", "sam2.segment", segment("binary")),
]  # fmt: skip
