"""What a check of a bundle comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.errors import UsageProblem
from assay.golden.bundle import Bundle
from assay.golden.options import GoldenOptions
from assay.questions.choice import Choice
from assay.questions.own import is_own
from assay.questions.question import Question, matches, refuse_unmatched


@dataclass(frozen=True, slots=True)
class Work:
    """Golden answers to be compared, questions that have none, and golden answers of no question.

    `lent` are questions about pictures that the bundle was not to keep.
    """

    goldens: list[str] = field(default_factory=list)
    missing: list[Question] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lent: dict[str, Question] = field(default_factory=dict)

    @property
    def operations(self) -> set[str]:
        """The operations that are asked."""
        return {name.split("/")[0] for name in (*self.goldens, *(question.id for question in self.missing))}

    @property
    def total(self) -> int:
        """Questions that are put."""
        return len(self.goldens) + len(self.missing)


def work_of(bundle: Bundle, options: GoldenOptions) -> Work:
    """What a check of this bundle is to ask. Raises UsageProblem for a pattern that matches nothing.

    Declared and generated questions are those that the bundle was recorded with. A question about an own picture is
    known by its golden answer alone, and shows the picture that lies in the bundle, unless pictures are named: then
    those are meant.
    """
    there = bundle.identifiers()
    asked = {question.id: question for question in Choice.of(bundle.about.asked, options.pictures).questions()}
    refuse_unmatched(options.only, (*there, *asked))
    meant = [name for name in there if matches(name, options.only)]
    if bundle.without_pictures and options.pictures is None and any(map(is_own, meant)):
        raise UsageProblem(
            f"--bundle {bundle.folder} was to hold no pictures of your own (--no-pictures): "
            "--pictures FOLDER says where they lie, and --only may leave them out"
        )
    goldens = [name for name in meant if name in asked or (is_own(name) and options.pictures is None)]
    missing = [each for name, each in asked.items() if name not in bundle and matches(name, options.only)]
    lent = {name: asked[name] for name in goldens if bundle.without_pictures and is_own(name) and name in asked}
    return Work(goldens, missing, sorted({*meant} - {*goldens}), lent)
