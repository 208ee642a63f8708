"""Which questions are put, and the options by which a user says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from assay.annotated.dataset import Dataset, dataset
from assay.annotated.library import loaded
from assay.errors import UsageProblem
from assay.plugin.declared import Declared
from assay.questions.generated import every
from assay.questions.own import SAMPLE, SCORED, OwnPictures
from assay.questions.question import Question, chosen, declared
from assay.record import Withholding
from assay.scene import SCENES

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
COCO: Final = Declared(
    "coco", kind="file", metavar="ANNOTATIONS.JSON",
    help="What is on the --pictures, in COCO's form: those are asked about, and answers are scored by it.",
)  # fmt: skip
NO_PICTURES: Final = Declared(
    "no-pictures", kind="flag",
    help="Keep --pictures, and drawings upon them, out of everything that is written; their file names stay.",
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
    dataset: Dataset | None = None

    def questions(self) -> Iterator[Question]:
        """They, made one by one: own pictures are read as they are asked about. Raises UsageProblem."""
        yield from chosen(declared().values(), self.only)
        yield from chosen(every(self.seed, self.generated), self.only)
        if self.pictures is not None:
            yield from chosen(self.pictures.questions(), self.only)

    @property
    def drawn(self) -> int:
        """How many own pictures were drawn, those included that cannot be asked about."""
        misfits = self.dataset.misfits if self.dataset else ()
        return len(self.pictures or ()) + len(misfits)

    @property
    def annotated(self) -> dict[str, int]:
        """The pictures that are annotated, by their name in questions: their ids in the data set."""
        if self.dataset is None or self.pictures is None:
            return {}
        ids = {file: identifier for identifier, file in self.dataset.files.items()}
        return {name: ids[file] for name, file in self.pictures.named()}

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
        generated, seed = (int(stated.get(name, 0)) for name in ("generated", "seed"))
        return cls(tuple(map(str, stated.get("only", ()))), pictures, generated, seed)


def withholding(no_pictures: bool) -> Withholding | None:
    """What keeps the user's pictures out of a record: whatever Assay has not painted itself."""
    if not no_pictures:
        return None
    return Withholding(file for scene in SCENES.values() for file in (scene.png(), scene.jpeg()))


def own_pictures(given: Mapping[str, Any], seed: int) -> tuple[OwnPictures | None, Dataset | None]:
    """The sample of the user's own pictures, and what is on them; None where none are named. Raises UsageProblem."""
    folder, annotations = given["pictures"], given["coco"]
    if annotations is None:
        return (OwnPictures.of(folder, given["sample"], seed) if folder else None), None
    if not folder:
        raise UsageProblem(f"--coco {annotations} says what is on pictures; --pictures FOLDER says where they lie")
    if not folder.is_dir():
        raise UsageProblem(f"--pictures {folder}: there is no such folder")
    loaded()
    found = dataset(annotations, folder, given["sample"], seed)
    return OwnPictures(tuple(found.files.values()), SCORED), found
