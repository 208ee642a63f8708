"""Florence 2, `POST /infer/lmm`: how answers to related requests are related, by the open-source server."""

from __future__ import annotations

from assay.contract.florence import OPERATION, tasks
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_enlarged, verify_florence
from assay.judge.labels_of_places import labels_in_place
from assay.plugin.drivers import Florence2Driver, enlarging

CAPTION = tasks()["CAPTION"]
PHRASED = [task.name for task in tasks().values() if task.takes == "phrase"]
REGIONAL = [task.name for task in tasks().values() if task.takes == "region"]
LABELLED = ("OD", "DENSE_REGION_CAPTION")
FEW = 2
"""Tokens: more than the one by which an answer ends."""


@rule(
    "florence2.route.model-in-path",
    requirement="With the model in the path, too, a request is answered alike; with another in the body it is refused.",
    source="server",
    severity="should",
    invariants=("F-12",),
    compares=True,
    cases=over(OPERATION, body=["same-model", "other-model"]),
    cost=Cost(own=2),
)
def test_the_model_may_stand_in_the_path(florence2: Florence2Driver, case: Case) -> None:
    before = florence2.ask(CAPTION)
    exchange = florence2.with_model_in_path(CAPTION)

    if case["body"] == "same-model":
        florence2.note(f"{florence2.model} in the path and in the body")
        verify_florence.keyed_by_task(exchange, CAPTION)
        verify_florence.same_text(florence2.read(exchange, CAPTION), before)
    else:
        conflicting = florence2.with_model_in_path(CAPTION, body_model=florence2.other_model)
        florence2.note(f"{florence2.model} in the path, {florence2.other_model} in the body")
        verify.refused(conflicting, "a request with one model in its path and another in its body")


@rule(
    "florence2.tokens.fewer-say-less",
    requirement="With a small `max_new_tokens` a caption breaks off: it is shorter than without.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-13",),
    compares=True,
    cases=over(OPERATION),
    cost=Cost(own=2),
)
def test_fewer_tokens_say_less(florence2: Florence2Driver) -> None:
    _, whole = florence2.witness(CAPTION, "a text of several words", lambda answer: len(answer.text.split()) > 2 * FEW)

    exchange = florence2.limited(CAPTION, FEW)

    verify.answered(exchange, f"a request with max_new_tokens={FEW}", None)
    verify_florence.shorter(florence2.read(exchange, CAPTION), whole, f"with max_new_tokens={FEW}")


@rule(
    "florence2.text.same-with-and-without-places",
    requirement="Most words that <OCR> reads are read by <OCR_WITH_REGION>, too.",
    source="sound",
    severity="should",
    content=True,
    invariants=("F-09",),
    compares=True,
    cases=over(OPERATION),
    cost=Cost(own=2),
)
def test_both_ways_of_reading_read_the_same(florence2: Florence2Driver) -> None:
    _, text = florence2.witness(tasks()["OCR"], "a text of several words", lambda answer: len(answer.text.split()) > 1)
    _, pieces = florence2.witness(tasks()["OCR_WITH_REGION"], "a piece of text", lambda answer: bool(answer.shapes))

    verify_florence.words_in_pieces(pieces, text)


@rule(
    "florence2.phrases.looked-for",
    requirement="Two phrases that name different things at different places do not find one and the same.",
    source="sound",
    severity="should",
    content=True,
    invariants=("F-07",),
    compares=True,
    cases=over(OPERATION, task=PHRASED),
    depth="standard",
    cost=Cost(own=8),
)
def test_phrases_are_looked_for(florence2: Florence2Driver, case: Case) -> None:
    florence2.only_pretrained()

    asked = florence2.two_things(tasks()[case["task"]])

    why = "though the model itself sees two things by these names, one here and one there"
    verify_florence.not_all_alike([each.answers for each in asked], [each.prompts for each in asked], why)


@rule(
    "florence2.labels.beside-their-boxes",
    requirement="A label stands beside the box of what it names: asked for it, the model does not find it elsewhere.",
    source="sound",
    severity="should",
    content=True,
    invariants=("F-04",),
    compares=True,
    cases=over(OPERATION, task=LABELLED),
    depth="standard",
    cost=Cost(own=8),
)
def test_labels_stand_beside_their_boxes(florence2: Florence2Driver, case: Case) -> None:
    florence2.only_pretrained()

    straight = labels_in_place(florence2.labels_sought(tasks()[case["task"]]))
    florence2.note(f"{straight} labels are found as phrases where they stand")


@rule(
    "florence2.boxes.placed-in-upright-pictures",
    requirement="Boxes in a picture that is higher than wide are told in px of it, both across and down.",
    source="server",
    severity="should",
    content=True,
    invariants=("F-04",),
    compares=True,
    cases=over(OPERATION),
    depth="standard",
    cost=Cost(own=1),
)
def test_boxes_belong_to_an_upright_picture(florence2: Florence2Driver) -> None:
    fitting = verify_enlarged.in_place(enlarging.told_upright(florence2), "boxes")
    florence2.note(f"{fitting} boxes lie where they did before the picture had more below it")


@rule(
    "florence2.regions.looked-at",
    requirement="Regions around two different things, and the whole picture, are not answered with one and the same.",
    source="sound",
    severity="should",
    content=True,
    compares=True,
    cases=over(OPERATION, task=REGIONAL),
    depth="standard",
    cost=Cost(own=10),
)
def test_regions_are_looked_at(florence2: Florence2Driver, case: Case) -> None:
    florence2.only_pretrained()

    asked = florence2.two_things(tasks()[case["task"]])

    why = "though the model itself calls what lies in the first two by two names"
    verify_florence.not_all_alike([each.answers for each in asked], [each.prompts for each in asked], why)
