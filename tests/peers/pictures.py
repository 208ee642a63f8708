"""The pictures that the documents' prompts point into, painted so that there is a thing where they point."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assay.letters import DOWN, cells_across
from assay.scene import SCENES, Scene, Thing
from assay.serving import running

RED, BLUE = (250, 0, 0), (0, 0, 240)
# The page OwlV2 gives an example of 500 x 500 px around (360, 800): the first dog, which the second resembles.
DOG = Scene(
    "dog",
    1280,
    1120,
    (
        Thing("dog", (110, 550, 610, 1050), RED),
        Thing("dog", (720, 60, 1220, 560), RED),
        Thing("cat", (100, 60, 400, 360), BLUE),
        Thing("word", (700, 800, 700 + 20 * cells_across("ASSAY"), 800 + 20 * DOWN), (24, 24, 24), text="ASSAY"),
    ),
)
# The page SAM2 points at (300, 250).
BICYCLE = Scene(
    "bicycle",
    640,
    480,
    (Thing("dog", (200, 160, 380, 340), RED, "ellipse"), Thing("cat", (450, 80, 590, 200), BLUE)),
)
PEOPLE = SCENES["crowd"]
ADDRESSES = {
    "/notebooks/examples/dog.jpeg": (DOG.jpeg(), "image/jpeg"),
    "/notebooks/examples/bicycle.png": (BICYCLE.png(), "image/png"),
    "/PEEvqPN.png": (PEOPLE.png(), "image/png"),
}


async def _picture(request: Request) -> Response:
    found = ADDRESSES.get(request.url.path)
    return Response(found[0], media_type=found[1]) if found else Response(status_code=404)


@contextmanager
def served() -> Iterator[str]:
    """The base URL of a server that has them, while the block lasts."""
    with running(Starlette(routes=[Route("/{path:path}", _picture)])) as url:
        yield url
