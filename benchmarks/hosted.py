"""The models of the hosted route, `POST /{dataset}/{version}`, and the JSON routes to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.bench.pictures import Form
from assay.bench.workload import Kit, Make, Workload
from assay.contract.message import Request
from assay.contract.wire import ImageForm

HOSTED = (
    "object-detection",
    "keypoint-detection",
    "instance-segmentation",
    "classification",
    "semantic-segmentation",
)
JSON_ROUTES = ("object-detection", "keypoint-detection", "semantic-segmentation")


def hosted(size: str = "640", kind: Form = "jpeg", way: ImageForm = "base64", **query: Any) -> Make:
    """Pictures of one size and kind in the body, sent in one way."""

    def make(kit: Kit, count: int) -> Iterator[Request]:
        for picture in kit.pictures(count, size, kind):
            yield kit.operation.request(path=kit.of_path(), query=query, image=picture.data, form=way)

    return make


def json_route(size: str = "640", kind: Form = "jpeg", **fields: Any) -> Make:
    """Pictures of one size and kind as base64 in the JSON body."""

    def make(kit: Kit, count: int) -> Iterator[Request]:
        for picture in kit.pictures(count, size, kind):
            yield kit.operation.request(body={"model_id": kit.model, **fields}, image=picture.data)

    return make


WAYS = {
    "base64": ("JPEG of 640 x 480 px, base64 in the body, answered as JSON.", hosted()),
    "multipart": ("JPEG of 640 x 480 px as a form's file, answered as JSON.", hosted(way="multipart")),
    "image": ("JPEG of 640 x 480 px, answered with a picture.", hosted(format="image")),
    "image-and-json": ("JPEG of 640 x 480 px, answered as JSON with a picture.", hosted(format="image_and_json")),
    "jpeg-320": ("JPEG of 320 x 240 px.", hosted("320")),
    "jpeg-720p": ("JPEG of 1280 x 720 px.", hosted("720p")),
    "jpeg-1080p": ("JPEG of 1920 x 1080 px.", hosted("1080p")),
    "png-320": ("PNG of 320 x 240 px.", hosted("320", "png")),
    "png-640": ("PNG of 640 x 480 px.", hosted("640", "png")),
    "png-1080p": ("PNG of 1920 x 1080 px.", hosted("1080p", "png")),
}

WORKLOADS = [
    *(
        Workload(f"hosted.{task}/{way}", sentence, f"hosted.{task}", make, usual=way == "base64")
        for task in HOSTED
        for way, (sentence, make) in WAYS.items()
    ),
    *(
        Workload(f"infer.{task}/{size}", f"JPEG of {shown} px in the JSON body.", f"infer.{task}", json_route(size),
                 usual=size == "640")
        for task in JSON_ROUTES
        for size, shown in {"640": "640 x 480", "1080p": "1920 x 1080"}.items()
    ),
]  # fmt: skip
