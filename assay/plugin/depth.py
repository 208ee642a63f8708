"""How much a run tries: quick before every merge, standard for a verdict, deep before an upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.contract.rule import Rule
from assay.scene import SCENES, Scene


@dataclass(frozen=True, slots=True)
class Depth:
    """One depth. `examples` are generated requests for each case; `scenes` bounds how many are shown, None not at all.

    With `beyond` the scenes that were painted for other families are shown too, and with `loads` a target may have to
    load more models than the run's. `requests` and `seconds` bound a run against another machine unless the user says
    otherwise: roomy for a sound target, an end for one that is not.
    """

    name: str
    examples: int
    scenes: int | None
    beyond: bool
    requests: int
    seconds: float
    loads: bool = False

    def choose(self, names: tuple[str, ...]) -> tuple[Scene, ...]:
        """The scenes to show, of those in which a family looks for its witnesses first."""
        others = tuple(name for name, scene in SCENES.items() if self.beyond and scene.things and name not in names)
        return tuple(SCENES[name] for name in (names + others)[: self.scenes])

    def leaves_out(self, rule: Rule) -> bool:
        """Whether a rule waits for a greater depth."""
        return ORDER.index(rule.depth) > ORDER.index(self.name)


QUICK = Depth("quick", examples=1, scenes=4, beyond=False, requests=2000, seconds=300.0)
STANDARD = Depth("standard", examples=8, scenes=None, beyond=False, requests=6000, seconds=1800.0)
DEEP = Depth("deep", examples=40, scenes=None, beyond=True, requests=40_000, seconds=7200.0, loads=True)
DEPTHS: Mapping[str, Depth] = {depth.name: depth for depth in (QUICK, STANDARD, DEEP)}
ORDER = tuple(DEPTHS)
