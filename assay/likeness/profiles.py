"""Tolerance profiles: how far two answers may lie apart, each number with its unit and where it comes from.

A profile is a TOML file. Those that Assay ships lie in `fixtures/tolerances`; a file of a user's own may begin with
`based-on = "gpu"` and then holds only what differs. Each number is a table under the kind of thing it is about:

    [boxes]
    edge = { value = 2.0, unit = "px", source = "published", origin = "who says so, and where" }

`source` is `published` (somebody else's tests state it), `measured` (we measured it, and `origin` says how) or
`derived` (it follows from other numbers, and `origin` says from which, or it is our choice, and `origin` says so).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.errors import UsageProblem
from assay.suite import suite_folder

SOURCES = ("published", "measured", "derived")
PUBLISHED_FIELDS = ("value", "unit", "source", "origin")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number of a profile means: its unit, the least and the greatest that it may be, and a sentence."""

    unit: str
    least: float
    most: float
    says: str


SHARE = (0.0, 1.0)
PX = (0.0, 1000.0)
TOLERANCES: Mapping[str, Meaning] = {
    "boxes.edge": Meaning("px", *PX, "by which each edge of a box may be off"),
    "boxes.edge-share": Meaning("share of the side", *SHARE, "or by so much of the box's side, if that is more"),
    "boxes.edge-most": Meaning("px", *PX, "but never by more than this, however large the box is; nor its centre"),
    "boxes.edge-small": Meaning(
        "share of the side", *SHARE, "and never by more than so much of the box's side, or 1 px"
    ),
    "boxes.confidence": Meaning("", *SHARE, "by which the confidence of a box may be off"),
    "keypoints.distance": Meaning("px", *PX, "by which a keypoint may be off"),
    "keypoints.distance-share": Meaning("share of sqrt(area)", *SHARE, "or by so much of the box, if that is more"),
    "keypoints.distance-most": Meaning("px", *PX, "but never by more than this"),
    "keypoints.oks": Meaning("OKS", *SHARE, "at least, over the keypoints of one object, where COCO's sigmas hold"),
    "keypoints.confidence": Meaning("", *SHARE, "by which the confidence of a keypoint may be off"),
    "masks.shift": Meaning("px", *PX, "a mask keeps the IoU that a band as thick keeps when it is moved aside so far"),
    "masks.distance": Meaning("px", *PX, "HD95: 95 % of each border lie so near to the other"),
    "masks.distance-share": Meaning("share of the thickness", *SHARE, "but no more than so much of what is thin"),
    "masks.area": Meaning("share", *SHARE, "by which the area may be off, once a border of `masks.shift` is allowed"),
    "masks.boundary": Meaning("boundary IoU", *SHARE, "at least; 0 where it is told and not judged"),
    "masks.confidence": Meaning("", *SHARE, "by which the confidence of a mask may be off"),
    "classmaps.shift": Meaning("px", *PX, "a class keeps the IoU that a band as thick keeps when moved aside so far"),
    "classmaps.agreement": Meaning("share", *SHARE, "at least, of the pixels away from borders"),
    "classmaps.band": Meaning("px", 0, 50, "on either side of a border are not counted"),
    "classmaps.patch": Meaning("px", 0, 1000, "a patch of pixels of another class may be so thick, anywhere"),
    "classmaps.streak": Meaning("px", 0, 1000, "a thinner one so long, where one of the maps has no border nearby"),
    "classmaps.least": Meaning("share of the picture", *SHARE, "a class that covers less is judged by patches alone"),
    "classmaps.levels": Meaning("levels of 255", 0, 255, "by which the confidence of a pixel may be off"),
    "classmaps.levels-share": Meaning("share", *SHARE, "of the pixels, away from borders, may be off by more"),
    "texts.caption-distance": Meaning("share", *SHARE, "normalised edit distance of two captions, at most"),
    "texts.caption-overlap": Meaning("share", *SHARE, "of the words of two captions that both have, at least"),
    "texts.cer": Meaning("share", *SHARE, "character error rate of text that was read, at most"),
    "texts.words": Meaning("words", 0, 1000, "of text that was read that may be others"),
    "phrases.shift": Meaning(
        "px", *PX, "a named place keeps the IoU that a square of its area keeps when moved so far"
    ),
    "phrases.edge-most": Meaning("px", *PX, "but none of its edges is off by more than this, however large it is"),
    "embeddings.cosine": Meaning("cosine", -1, 1, "at least, between two embeddings"),
    "classifications.confidence": Meaning("", *SHARE, "by which the confidence of a class may be off"),
    "drawings.levels": Meaning("levels of 255", 0, 255, "by which a pixel may lie outside what is drawn near it"),
    "drawings.reach": Meaning("px", 0, 20, "what is drawn may be moved so far"),
    "drawings.density": Meaning("share", *SHARE, "of what is drawn in a window of 32 x 32 px that may be off"),
    "drawings.colour": Meaning("levels of 255", 0, 255, "by which a colour of the drawing may be off on average"),
}
"""Every number of a profile by its name."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """One number of a profile, and where it comes from."""

    name: str
    value: float
    unit: str
    source: str
    origin: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What counts as different. `profile["boxes.edge"]` is the number; `tolerances` hold all with their origins."""

    name: str
    about: str
    tolerances: Mapping[str, Tolerance]

    def __getitem__(self, name: str) -> float:
        return self.tolerances[name].value

    def __hash__(self) -> int:
        return hash(self.name)

    def unit(self, name: str) -> str:
        """The unit of a tolerance."""
        return self.tolerances[name].unit


def kept_when_moved(side: float, shift: float) -> float:
    """The IoU that a square of this side keeps when it is moved by `shift` px across and down; 0 where none is left."""
    if not side > 0:
        return 0.0
    left = max(side - shift, 0.0) ** 2
    return left / (2 * side**2 - left)


def names() -> tuple[str, ...]:
    """The profiles that Assay ships, the strictest first."""
    return ("exact", "cpu", "gpu", "tensorrt-fp16", "int8")


def load(name_or_file: str | Path) -> Profile:
    """A profile by name, or from a file. Raises UsageProblem, one sentence, for what is none."""
    if str(name_or_file) in names():
        return _shipped(str(name_or_file))
    file = Path(name_or_file)
    if file.suffix != ".toml":
        raise UsageProblem(f"{name_or_file}: no such profile; there are {', '.join(names())}, or name a .toml file")
    return _read(file)


@lru_cache
def _shipped(name: str) -> Profile:
    return _read(suite_folder("fixtures") / "tolerances" / f"{name}.toml")


def _read(file: Path) -> Profile:
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"{file}: cannot be read as a tolerance profile: {error}") from None
    base = table.pop("based-on", None)
    if base is not None and base not in names():
        raise UsageProblem(f"{file}: based-on must be one of {', '.join(names())}")
    about = table.pop("about", "")
    if not isinstance(about, str):
        raise UsageProblem(f"{file}: about must be a text")
    found = dict(_shipped(base).tolerances) if base else {}
    for kind, entries in table.items():
        if not isinstance(entries, dict):
            raise UsageProblem(f"{file}: {kind} is not known; a profile has based-on, about and tables of tolerances")
        for name, entry in entries.items():
            found[f"{kind}.{name}"] = _tolerance(file, f"{kind}.{name}", entry)
    missing = [name for name in TOLERANCES if name not in found]
    if missing:
        raise UsageProblem(f"{file}: {', '.join(missing)} must be given, or a profile that it is based-on")
    return Profile(file.stem, about, {name: found[name] for name in TOLERANCES})


def _tolerance(file: Path, name: str, entry: Any) -> Tolerance:
    meaning = TOLERANCES.get(name)
    if meaning is None:
        raise UsageProblem(f"{file}: {name} is not known; there are {', '.join(TOLERANCES)}")
    if not isinstance(entry, dict) or set(entry) != set(PUBLISHED_FIELDS):
        raise UsageProblem(f"{file}: {name} must be a table of {', '.join(PUBLISHED_FIELDS)}, and of nothing else")
    value, unit, source, origin = (entry[field] for field in PUBLISHED_FIELDS)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise UsageProblem(f"{file}: {name}.value must be a number")
    if not meaning.least <= value <= meaning.most:
        raise UsageProblem(f"{file}: {name}.value must lie from {meaning.least:g} to {meaning.most:g}")
    if unit != meaning.unit:
        raise UsageProblem(f"{file}: {name}.unit must be {meaning.unit!r}")
    if source not in SOURCES:
        raise UsageProblem(f"{file}: {name}.source must be one of {', '.join(SOURCES)}")
    if not isinstance(origin, str) or not origin.strip():
        raise UsageProblem(f"{file}: {name}.origin must say where the number comes from")
    return Tolerance(name, float(value), unit, source, origin)
