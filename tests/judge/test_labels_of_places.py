"""Labels that changed places are found where the model itself finds each where the other stands, and not otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from assay.contract.florence import tasks
from assay.contract.message import Request, Response
from assay.judge.florence import Told, told
from assay.judge.labels_of_places import Sought, labels_apart, labels_in_place
from assay.judge.verdicts import NoWitness
from assay.record.model import Exchange

from .making import findings

RED, BLUE, SKY = (48, 32, 168, 128), (240, 96, 336, 192), (230, 330, 350, 470)
PLACES = {"red square": RED, "blue box": BLUE, "sky disc": SKY}
Box = tuple[float, float, float, float]


def said(places: Sequence[Box], labels: Sequence[str], task: str = "DENSE_REGION_CAPTION") -> Told:
    body = json.dumps({"response": {f"<{task}>": {"bboxes": list(places), "labels": list(labels)}}}).encode()
    answer = Response(200, (("content-type", "application/json"),), body)
    exchange = Exchange("x1", Request("florence2.infer", "POST", "/infer/lmm"), answer, None, 0.0, 0.0)
    return told(exchange, "florence2.answer.schema", tasks()[task])


def sought(labels: Sequence[str], found: Mapping[str, Sequence[Box]]) -> list[Sought]:
    """Labels beside three places, and where the model finds each as a phrase."""
    answer = said(list(PLACES.values()), labels)
    grounding = "CAPTION_TO_PHRASE_GROUNDING"
    return [
        Sought(label, said(found[label.text], [label.text] * len(found[label.text]), grounding))
        for label in labels_apart(answer)
    ]


TRUE = {name: [box] for name, box in PLACES.items()}


def test_labels_in_their_places_are_let_through() -> None:
    assert labels_in_place([sought(list(PLACES), TRUE)]) == 3


def test_labels_in_reverse_order_are_found() -> None:
    found = findings(labels_in_place, [sought(list(PLACES)[::-1], TRUE)])

    assert [each.pointer for each in found] == ["/response/<DENSE_REGION_CAPTION>/bboxes/0"]
    assert "sky disc and red square have changed places" in found[0].message


@pytest.mark.parametrize(
    "found",
    [
        {name: [] for name in PLACES},
        {name: [RED] for name in PLACES},
        {"red square": [BLUE], "blue box": [SKY], "sky disc": [RED]},
    ],
)
def test_a_model_that_looks_for_things_badly_is_not_accused(found: dict[str, list[Box]]) -> None:
    with pytest.raises(NoWitness, match="by the names that it gives them itself"):
        labels_in_place([sought(list(PLACES), found)])


def test_a_model_that_finds_everything_everywhere_is_not_accused() -> None:
    assert labels_in_place([sought(list(PLACES)[::-1], {name: list(PLACES.values()) for name in PLACES})]) == 3


def test_one_pair_that_is_taken_for_each_other_does_not_outweigh_what_is_found() -> None:
    mistaken = {**TRUE, "red square": [BLUE], "blue box": [RED]}

    assert labels_in_place([sought(list(PLACES), mistaken), sought(list(PLACES), TRUE)]) == 4


@pytest.mark.parametrize(
    ("places", "labels"),
    [
        ([RED, BLUE], ["square", "red square"]),
        ([RED, BLUE], ["square", "square"]),
        ([RED, RED], ["red square", "disc"]),
        ([RED, BLUE], ["", "<loc_1>"]),
    ],
)
def test_labels_that_cannot_be_told_apart_are_not_looked_for(places: list[Box], labels: list[str]) -> None:
    assert labels_apart(said(places, labels)) == []
