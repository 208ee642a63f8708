"""Scores of a comparison that is over, where the user has said what is on their pictures."""

from __future__ import annotations

from assay.annotated.scoring import scored
from assay.questions.choice import Choice
from assay.record import RecordWriter, read


def score(writer: RecordWriter, choice: Choice) -> None:
    """Add to the record how well each side says what is on annotated pictures."""
    if choice.dataset is not None:
        for each in scored(read(writer.folder), choice.dataset, choice.annotated):
            writer.score(each)
