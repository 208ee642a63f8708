"""How well one side's answers say what is on annotated pictures, as a record holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Average precision of one class, 0 to 1: over IoU (OKS for keypoints) from 0.5 to 0.95, and at 0.5."""

    name: str
    things: int
    ap: float | None
    ap50: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """COCO's scores of one side and operation: `truth` is what is scored, boxes, masks or keypoints.

    `ap` is the mean over classes and over IoU from 0.5 to 0.95, 0 to 1; None where nothing is there to be found.
    `pictures` were scored, `left_out` were not, for want of an answer of either side. `unknown` counts predictions by
    class that no category of the data set is called as.
    """

    side: str
    operation: str
    truth: str
    pictures: int
    left_out: int
    things: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    classes: tuple[ClassScore, ...]
    unknown: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The score as it stands in the record."""
        return {"kind": "score", **asdict(self), "classes": [asdict(each) for each in self.classes]}
