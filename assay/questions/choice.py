"""Which questions are put, and the options by which a user says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.plugin.declared import Declared
from assay.questions.generated import every
from assay.questions.own import SAMPLE, OwnPictures
from assay.questions.question import Question, chosen, declared

GENERATED: Final = 64
ONLY: Final = Declared(
    "only", metavar="PATTERN", multiple=True, help="Only the questions whose id matches, such as 'sam2.*'."
)
PICTURES: Final = Declared(
    "pictures", kind="folder", metavar="FOLDER",
    help="Pictures of your own (PNG, JPEG, WebP, BMP), put to the models of the hosted route.",
)  # fmt: skip
SAMPLED: Final = Declared(
    "sample", kind="integer", metavar="N", least=1, most=1_000_000, default=SAMPLE,
    help="So many of them, drawn by --seed.",
)  # fmt: skip
PROFILE: Final = Declared(
    "profile", metavar="NAME|FILE", shown="by what both sides tell of themselves",
    help="What counts as different: exact, cpu, gpu, tensorrt-fp16, int8, or a file of your own.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions are meant: declared ones, generated ones, and those about own pictures."""

    only: tuple[str, ...] = ()
    pictures: OwnPictures | None = None
    generated: int = 0
    seed: int = 0

    def questions(self) -> Iterator[Question]:
        """They, made one by one: own pictures are read as they are asked about. Raises UsageProblem."""
        yield from chosen(declared().values(), self.only)
        yield from chosen(every(self.seed, self.generated), self.only)
        if self.pictures is not None:
            yield from chosen(self.pictures.questions(), self.only)

    def as_toml(self) -> dict[str, Any]:
        """As it stands in the bundle: own pictures are known by their questions."""
        stated = {"only": list(self.only), "generated": self.generated, "seed": self.seed if self.generated else 0}
        return {name: value for name, value in stated.items() if value}

    def added_to(self, stated: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a bundle states that was asked once this is asked too; None states nothing yet.

        A choice of everything takes the place of what was stated; one of some questions adds to it.
        """
        if stated is None or not self.only:
            return self.as_toml()
        before = Choice.of(stated)
        only = tuple(dict.fromkeys((*before.only, *self.only))) if before.only else ()
        more = self if self.generated > before.generated else before
        return Choice(only, None, more.generated, more.seed).as_toml()

    @classmethod
    def of(cls, stated: Mapping[str, Any], pictures: OwnPictures | None = None) -> Choice:
        """What a bundle states that was asked."""
        numbers = {name: int(stated.get(name, 0)) for name in ("generated", "seed")}
        return cls(tuple(map(str, stated.get("only", ()))), pictures, **numbers)


def own_pictures(given: Mapping[str, Any], seed: int) -> OwnPictures | None:
    """The sample of the user's own pictures; None where none are named. Raises UsageProblem."""
    return OwnPictures.of(given["pictures"], given["sample"], seed) if given["pictures"] else None
