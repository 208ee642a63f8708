"""The models of the hosted route, `POST /{dataset}/{version}`, and the JSON routes to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.bench.pictures import SIZES
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


def hosted(way: ImageForm = "base64", **query: Any) -> Make:
    """Pictures in the body, sent in one way."""

    def make(kit: Kit, count: int) -> Iterator[Request]:
        for picture in kit.pictures(count):
            yield kit.operation.request(path=kit.of_path(), query=query, image=picture.data, form=way)

    return make


def hosted_by_address(kit: Kit, count: int) -> Iterator[Request]:
    """The addresses of pictures in the query."""
    for picture in kit.pictures(count):
        yield kit.operation.request(path=kit.of_path(), image=kit.publish(picture.data))


def json_route(kit: Kit, count: int) -> Iterator[Request]:
    """Pictures as base64 in the JSON body."""
    for picture in kit.pictures(count):
        yield kit.operation.request(body={"model_id": kit.model}, image=picture.data)


def json_route_by_address(kit: Kit, count: int) -> Iterator[Request]:
    """The addresses of pictures in the JSON body."""
    for picture in kit.pictures(count):
        yield kit.operation.request(body={"model_id": kit.model}, image=kit.publish(picture.data))


def of_task(task: str) -> Iterator[Workload]:
    """All ways of the hosted route, by one task: how a picture is sent, how it is answered, how large it is."""
    operation = f"hosted.{task}"
    yield Workload(f"{operation}/base64", "Base64 in the body, answered as JSON.", operation, hosted(), usual=True)
    yield Workload(f"{operation}/multipart", "As a form's file, answered as JSON.", operation, hosted("multipart"))
    yield Workload(f"{operation}/address", "By its address, which the target fetches, answered as JSON.", operation,
                   hosted_by_address, by_address=True)  # fmt: skip
    yield Workload(f"{operation}/image", "Answered with a picture.", operation, hosted(format="image"))
    yield Workload(f"{operation}/image-and-json", "Answered as JSON with a picture.", operation,
                   hosted(format="image_and_json"))  # fmt: skip
    for size in SIZES:
        yield Workload(f"{operation}/jpeg-{size}", "Base64 in the body.", operation, hosted(), size=size, form="jpeg")
        yield Workload(f"{operation}/png-{size}", "Base64 in the body.", operation, hosted(), size=size, form="png")


def of_route(task: str) -> Iterator[Workload]:
    """The JSON route of one task: in the sizes of pictures, and by address."""
    operation = f"infer.{task}"
    for size in SIZES:
        yield Workload(f"{operation}/{size}", "In the JSON body.", operation, json_route, usual=size == "640",
                       size=None if size == "640" else size)  # fmt: skip
    yield Workload(f"{operation}/address", "By its address, which the target fetches.", operation,
                   json_route_by_address, by_address=True)  # fmt: skip


WORKLOADS = [
    *(workload for task in HOSTED for workload in of_task(task)),
    *(workload for task in JSON_ROUTES for workload in of_route(task)),
]
