"""OwlV2: what looks like an example, in pictures and by examples that are new or known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.bench.pictures import Picture
from assay.bench.workload import Kit, Workload
from assay.contract.message import Request
from assay.plugin.drivers.owlv2 import FIRST, Owlv2Driver


def asked(kit: Kit, picture: Picture, example: Picture) -> Request:
    """One box in the example, around its first thing."""
    assert isinstance(kit.driver, Owlv2Driver)
    box = kit.driver.box(example.scene.things[0], FIRST)
    return kit.driver.request_of(picture.data, example.data, [box], {})


def own_example(kit: Kit, count: int) -> Iterator[Request]:
    """Each picture is its own example."""
    for picture in kit.pictures(count):
        yield asked(kit, picture, picture)


def one_example(kit: Kit, count: int) -> Iterator[Request]:
    """All pictures by the example of the first."""
    example = next(kit.pictures(1))
    for picture in kit.pictures(count):
        yield asked(kit, picture, example)


def one_picture(kit: Kit, count: int) -> Iterator[Request]:
    """One picture, which is never new, by an example from each of the others."""
    known = next(replace(kit, salt="").pictures(1))
    for example in kit.pictures(count):
        yield asked(kit, known, example)


WORKLOADS = [
    Workload("owlv2.infer/all-new", "Picture and example are new: the encoder runs for them.", "owlv2.infer",
             own_example, fresh=True),
    Workload("owlv2.infer/new", "A new picture, by an example that is the same each time.", "owlv2.infer", one_example,
             fresh=True, usual=True),
    Workload("owlv2.infer/new-examples", "The same picture, which may be cached, by an example that is new.",
             "owlv2.infer", one_picture, fresh=True),
    Workload("owlv2.infer/repeated", "The same pictures and examples again: both may be cached.", "owlv2.infer",
             one_example, usual=True),
]  # fmt: skip
