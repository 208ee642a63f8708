"""Operators on the prompts of a SAM2 request: what the server takes them for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.contract.message import Request, Response
from assay.faults import pictures
from assay.faults.model import Condition, RequestOperator
from assay.faults.operators.fields import is_number
from assay.faults.operators.parameters import edit_body

Edit = Callable[[dict[str, Any]], None]


def change_prompts(edit: Edit) -> RequestOperator:
    """Change each prompt in place, in whichever wrapper they come."""

    def changed(document: Any) -> Any:
        for prompt in prompts_of(document):
            edit(prompt)
        return document

    return edit_body(changed)


def prompts_of(document: Any) -> list[dict[str, Any]]:
    """The prompts of a request: `{"prompts": [P]}`, `[P]` or `P` under its member `prompts`."""
    given = document.get("prompts") if isinstance(document, dict) else None
    if isinstance(given, dict):
        given = given.get("prompts", [given])
    return [prompt for prompt in given if isinstance(prompt, dict)] if isinstance(given, list) else []


def change_points(edit: Callable[[list[dict[str, Any]]], None]) -> RequestOperator:
    """Change the points of each prompt in place; what is no point with two coordinates is left out."""
    return change_prompts(lambda prompt: edit(_points(prompt)))


def _points(prompt: dict[str, Any]) -> list[dict[str, Any]]:
    points = prompt.get("points")
    return [point for point in points if _is_placed(point)] if isinstance(points, list) else []


def _is_placed(value: Any) -> bool:
    return isinstance(value, dict) and is_number(value.get("x")) and is_number(value.get("y"))


def axes_swapped(points: list[dict[str, Any]]) -> None:
    """X for y, and y for x."""
    for point in points:
        point["x"], point["y"] = point["y"], point["x"]


def moved_by(x: float, y: float) -> Callable[[list[dict[str, Any]]], None]:
    """Each point lies so many px further to the right and further down."""

    def edit(points: list[dict[str, Any]]) -> None:
        for point in points:
            point["x"], point["y"] = point["x"] + x, point["y"] + y

    return edit


def in_square_of(side: int) -> RequestOperator:
    """Points in the pixels of a square network input of that side; where the picture cannot be read they stay."""
    return _scaled(lambda width, height: (side / width, side / height))


def scaled_beyond(side: int, by: float) -> RequestOperator:
    """Points `by` times as far from the corner in pictures of which a side is longer than that, in px."""
    return _scaled(lambda width, height: (by, by) if max(width, height) > side else (1, 1))


def _scaled(by: Callable[[int, int], tuple[float, float]]) -> RequestOperator:
    def apply(request: Request) -> Request:
        picture = pictures.sent(request)
        if picture is None:
            return request
        height, width = picture.shape[:2]
        across, down = by(width, height)

        def scaled(points: list[dict[str, Any]]) -> None:
            for point in points:
                point["x"], point["y"] = point["x"] * across, point["y"] * down

        return change_points(scaled)(request)

    return apply


def all_positive(points: list[dict[str, Any]]) -> None:
    """Whatever was said of them."""
    for point in points:
        point["positive"] = True


def labelled_as_first(points: list[dict[str, Any]]) -> None:
    """What is said of the first point is taken to hold for all of them."""
    for point in points[1:]:
        if "positive" in points[0]:
            point["positive"] = points[0]["positive"]


def only_point(index: int) -> Edit:
    """Of the points of a prompt that one alone."""

    def edit(prompt: dict[str, Any]) -> None:
        points = prompt.get("points")
        if isinstance(points, list) and len(points) > 1:
            prompt["points"] = [points[index]]

    return edit


def first_points(number: int) -> Edit:
    """Of the points of a prompt so many, and none behind them."""

    def edit(prompt: dict[str, Any]) -> None:
        points = prompt.get("points")
        if isinstance(points, list):
            prompt["points"] = points[:number]

    return edit


def boxes_around_everything(request: Request) -> Request:
    """Each box is as large as the picture; where that cannot be read they stay."""
    picture = pictures.sent(request)
    if picture is None:
        return request
    height, width = picture.shape[:2]
    return change_boxes(lambda *box: (width / 2, height / 2, width, height))(request)


def _first_box_for_all(document: Any) -> Any:
    boxed = [prompt for prompt in prompts_of(document) if "box" in prompt]
    for prompt in boxed[1:]:
        prompt["box"] = boxed[0]["box"]
    return document


first_box_for_all: RequestOperator = edit_body(_first_box_for_all)
"""Take the first box of a request for the box of each prompt that has one."""


def _third_as_second(document: Any) -> Any:
    given = prompts_of(document)
    if len(given) > 2:
        _put(given[2], given[1])
    return document


third_as_second: RequestOperator = edit_body(_third_as_second)
"""Take the second prompt of a request for its third."""


def in_a_bare_list(operator: RequestOperator) -> RequestOperator:
    """Apply the operator to the requests whose prompts come as a bare list."""

    def apply(request: Request) -> Request:
        try:
            document = request.json()
        except ValueError:
            return request
        bare = isinstance(document, dict) and isinstance(document.get("prompts"), list)
        return operator(request) if bare else request

    return apply


def chunked(size: int) -> RequestOperator:
    """Prompts in chunks of so many, of which the first chunk is taken for each."""

    def edit(document: Any) -> Any:
        given = prompts_of(document)
        for index, prompt in enumerate(given[size:]):
            _put(prompt, given[index % size])
        return document

    return edit_body(edit)


def _put(prompt: dict[str, Any], other: dict[str, Any]) -> None:
    prompt.clear()
    prompt.update(other)


def change_boxes(change: Callable[[float, float, float, float], tuple[float, float, float, float]]) -> RequestOperator:
    """Put `change(x, y, width, height)` in the place of each box."""

    def changed(prompt: dict[str, Any]) -> None:
        box = prompt.get("box")
        sides = [box.get(name) for name in _SIDES] if isinstance(box, dict) else []
        if isinstance(box, dict) and sides and all(is_number(side) for side in sides):
            box.update(zip(_SIDES, change(*sides), strict=True))  # type: ignore[arg-type]

    return change_prompts(changed)


_SIDES = ("x", "y", "width", "height")


def from_corner(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """The box whose top left corner is (x, y), by its centre."""
    return x + width / 2, y + height / 2, width, height


def transposed(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """The box with x for y, and y for x."""
    return y, x, height, width


def about_the_centre(share: float) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """The box with such a share of its width and height, about the same centre."""
    return lambda x, y, width, height: (x, y, width * share, height * share)


def about_the_corner(share: float) -> Callable[[float, float, float, float], tuple[float, float, float, float]]:
    """The box of the picture scaled so, and never scaled back."""
    return lambda x, y, width, height: (x * share, y * share, width * share, height * share)


def without_prompts(kind: type) -> RequestOperator:
    """Prompts that come as a bare list (`list`), or as one bare prompt (`dict`), are lost."""

    def edit(document: Any) -> Any:
        given = document.get("prompts") if isinstance(document, dict) else None
        if isinstance(given, kind) and "prompts" not in given:  # type: ignore[operator]
            del document["prompts"]
        return document

    return edit_body(edit)


def point_outside() -> Condition:
    """Holds where a point of a request lies outside of its picture."""

    def holds(request: Request, response: Response) -> bool:
        picture = pictures.sent(request)
        if picture is None:
            return False
        height, width = picture.shape[:2]
        found = [point for prompt in prompts_of(request.json()) for point in _points(prompt)]
        return any(not (0 <= point["x"] < width and 0 <= point["y"] < height) for point in found)

    return holds


def unlike_prompts() -> Condition:
    """Holds where one prompt of a request is a box alone and another one has none."""

    def holds(request: Request, response: Response) -> bool:
        try:
            found = prompts_of(request.json())
        except ValueError:
            return False
        return len({"box" in prompt for prompt in found}) > 1

    return holds


def older_points_for_prompts(document: Any) -> Any:
    """A request in which a single point of `point_coords` has taken the place of the prompts."""
    points = document.get("point_coords") if isinstance(document, dict) else None
    if isinstance(points, list) and points and isinstance(points[0], list) and len(points[0]) == 2:
        x, y = points[0]
        document["prompts"] = {"prompts": [{"points": [{"x": x, "y": y, "positive": True}]}]}
    return document
