"""From the record of a comparison to scores: both sides' answers about annotated pictures, read one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assay.annotated.dataset import Dataset
from assay.annotated.results import UNREADABLE, Results
from assay.annotated.scores import SCORED, scores
from assay.contract.message import parse_json
from assay.record import Run, Score

Event = dict[str, Any]
SIDES = ("first", "second")


def scored(run: Run, dataset: Dataset, pictures: Mapping[str, int]) -> Iterator[Score]:
    """The scores of both sides, by operation. `pictures` are ids of the data set, by the last part of a question's id.

    A picture counts where both sides have answered, so that both are held to the same.
    """
    for operation in SCORED:
        answers: dict[str, Results] = {}
        answered: list[int] = []
        for comparison in run.comparisons.values():
            place, _, name = comparison["question"].rpartition("/")
            if place != f"{operation}/json" or name not in pictures:
                continue
            both = [_answer(run, comparison[side]) for side in SIDES]
            names = [comparison[side]["name"] for side in SIDES]
            sides = [answers.setdefault(name, Results(dataset)) for name in names]
            if _taken(sides, pictures[name], both):
                answered.append(pictures[name])
        if answered:
            for side, results in answers.items():
                yield from scores(dataset, operation, side, results, answered)


def _taken(sides: list[Results], picture: int, answers: list[Any]) -> bool:
    """Whether both answers about a picture could be read; then they are among the results."""
    if None in answers:
        return False
    try:
        read = [side.read(picture, answer) for side, answer in zip(sides, answers, strict=True)]
    except UNREADABLE:
        return False
    for side, each in zip(sides, read, strict=True):
        side.add(each)
    return True


def _answer(run: Run, shown: Event) -> Any:
    """The JSON of one side's answer; None where it gave none, or the record does not hold it whole."""
    exchange = run.exchanges.get(shown["exchange"] or "")
    response = exchange["response"] if exchange else {"status": 200, "body": shown["body"]}
    if not response or response["status"] != 200 or not response["body"]:
        return None
    name = response["body"].get("artifact")
    if name is None or "withheld" in response["body"]:
        return None
    try:
        return parse_json(run.artifact(name))
    except (OSError, ValueError):
        return None
