"""OwlV2's examples, varied: what another way to write the same examples changes, and what odd ones do.

No document says it: it follows from how the open-source server compares, by its code, and holds for any that does so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify, verify_examples
from assay.judge.answers import Detection, response_of
from assay.judge.boxes import Prediction
from assay.judge.verdicts import NoWitness
from assay.judge.verify_service import one_answer_each
from assay.plugin.drivers import Owlv2Driver
from assay.plugin.drivers.one_by_one import found_one_by_one, in_a_picture_each, in_one_picture
from assay.plugin.drivers.owlv2 import FIRST, LOW_CONFIDENCE, SECOND, Found

INFER = "owlv2.infer"
MOST_OVERLAP = 0.3
"""IoU. It is fixed in the open-source server."""
OTHER_NAMES = {
    "in-another-order": {FIRST: "apple", SECOND: "zucchini"},
    "that-differ-by-case": {FIRST: "Quince", SECOND: "quince"},
    "of-many-letters": {FIRST: "Zierkürbis, gestreift (No. 7)", SECOND: "Äpfel & Birnen / 梨"},
}


@rule(
    "owlv2.examples.counted-once",
    requirement="An example that is given twice finds what it finds when it is given once.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-06",),
    compares=True,
    cases=over(INFER, twice=["box", "picture"]),
    depth="standard",
)
def test_an_example_counts_once(owlv2: Owlv2Driver, case: Case) -> None:
    found = owlv2.witness("an example in its own picture", Found.finds_its_examples)
    boxes = owlv2.boxes(found)

    if case["twice"] == "box":
        answer = owlv2.ask(found.scene, [*boxes, *boxes], confidence=found.threshold)
    else:
        given = [owlv2.reference_of(found.scene.png(), boxes)] * 2
        answer = owlv2.ask(found.scene, boxes, confidence=found.threshold, training_data=given)

    why = f"though the same {case['twice']} was only given twice"
    verify_examples.same_finds(answer, found.answer, why, found.threshold + owlv2.noise)


@rule(
    "owlv2.examples.found-beside-others",
    requirement="What is found as the only example is found beside another one, of any class, in either order.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-05",),
    compares=True,
    cases=over(INFER, order=["as-listed", "turned-round"], classes=["two", "one"]),
    depth="standard",
    cost=Cost(own=1, scenes=2),
)
def test_an_example_counts_beside_another(owlv2: Owlv2Driver, case: Case) -> None:
    found = found_one_by_one(owlv2, in_one_picture)

    called = FIRST if case["classes"] == "one" else None
    answer = found.ask_both(turned_round=case["order"] == "turned-round", called=called)

    verify_examples.something_at_each(answer, found.places, "though it is found where it is the only example")


@rule(
    "owlv2.examples.found-beside-other-pictures",
    requirement="Of two reference pictures each finds what it finds as the only one, in either order of the two.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-05",),
    compares=True,
    cases=over(INFER, order=["as-listed", "turned-round"]),
    depth="standard",
    cost=Cost(own=1, scenes=2),
)
def test_a_reference_picture_counts_beside_another(owlv2: Owlv2Driver, case: Case) -> None:
    found = found_one_by_one(owlv2, in_a_picture_each)

    answer = found.ask_both(turned_round=case["order"] == "turned-round")

    verify_examples.something_at_each(answer, found.places, "though it is found where its picture is the only one")
    verify_examples.of_its_example(answer, found.places)


@rule(
    "owlv2.examples.negative-ones-find-nothing",
    requirement="What a negative example shows is not found under its class.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-07", "O-10"),
    cases=over(INFER, of=["something-like-it", "another-thing"]),
)
def test_negative_examples_find_nothing(owlv2: Owlv2Driver, case: Case) -> None:
    if case["of"] == "something-like-it":
        noise = owlv2.noise
        found = owlv2.witness("another thing that is found by one example", lambda one: bool(_found_beside(one, noise)))
        unwanted = _found_beside(found, noise)[0]
    else:
        found = owlv2.witness("both of two examples in their own picture", Found.finds_its_examples, classes=2)
        unwanted = verify_examples.overlapping(found.answer, found.examples[SECOND].box)[0]

    wanted = found.examples[FIRST]
    boxes = [owlv2.box(wanted, FIRST), owlv2.around(unwanted.corners, FIRST, negative=True)]
    answer = owlv2.ask(found.scene, boxes, confidence=found.threshold)

    verify_examples.nothing_like(answer, FIRST, unwanted.corners, "where a negative example of it is")
    verify_examples.found_at(answer, FIRST, wanted.box, "where its positive example is")


def _found_beside(found: Found, noise: float) -> list[Prediction]:
    """What lies at other things than the first example, and is less sure than what lies at that, beyond the noise."""
    if not found.finds_its_examples():
        return []
    example = found.examples[FIRST]
    own = verify_examples.overlapping(found.answer, example.box)
    others = [verify_examples.overlapping(found.answer, thing.box) for thing in found.scene.things if thing != example]
    return [
        there[0]
        for there in others
        if there and there[0] not in own and there[0].confidence < own[0].confidence - noise
    ]


@rule(
    "owlv2.classes.named-at-will",
    requirement="Other names for the classes of examples change the names in the answer, and not what is found.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-08",),
    compares=True,
    cases=over(INFER, names=list(OTHER_NAMES)),
    depth="standard",
)
def test_classes_are_named_at_will(owlv2: Owlv2Driver, case: Case) -> None:
    found = owlv2.witness("both of two examples in their own picture", Found.finds_its_examples, classes=2)
    names = OTHER_NAMES[case["names"]]
    boxes = [owlv2.box(thing, names[label]) for label, thing in found.examples.items()]

    answer = owlv2.ask(found.scene, boxes, confidence=found.threshold)

    owlv2.note(f"named {', '.join(names.values())}")
    verify.only_classes(answer, list(names.values()))
    renamed = _with_names(found.answer, names)
    verify_examples.same_finds(answer, renamed, "by other names", found.threshold + owlv2.noise)


def _with_names(answer: Detection, names: dict[str, str]) -> Detection:
    renamed = tuple(replace(one, label=names.get(one.label, one.label)) for one in answer.predictions)
    return replace(answer, predictions=renamed)


@rule(
    "owlv2.examples.outside-find-nothing",
    requirement="An example box far outside its picture finds nothing, and takes nothing from other examples.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-11",),
    compares=True,
    cases=over(INFER),
    depth="standard",
)
def test_an_example_outside_its_picture_finds_nothing(owlv2: Owlv2Driver) -> None:
    found = owlv2.witness("an example in its own picture", Found.finds_its_examples)
    boxes = [*owlv2.boxes(found), owlv2.outside(found.scene, SECOND)]

    answer = owlv2.ask_if_taken(found.scene, boxes, confidence=found.threshold)

    if answer is None:
        raise NoWitness("an example outside its picture is refused, and finds nothing then")
    verify.only_classes(answer, [FIRST])
    why = "beside an example outside its picture"
    verify_examples.same_finds(answer, found.answer, why, found.threshold + owlv2.noise)


@rule(
    "owlv2.boxes.overlap-little",
    requirement="No two boxes overlap by an IoU over 0.3, whatever their classes.",
    source="server",
    severity="should",
    content=True,
    invariants=("O-12",),
    cases=over(INFER, threshold=["usual", "low"]),
)
def test_boxes_overlap_little(owlv2: Owlv2Driver, case: Case) -> None:
    threshold = {} if case["threshold"] == "usual" else {"confidence": LOW_CONFIDENCE}
    scenes = [scene for scene in owlv2.scenes if len(owlv2.examples(scene, 2)) == 2]
    answered = [owlv2.found(scene, classes=2, **threshold) for scene in scenes]
    several = [found for found in answered if len(found.answer.predictions) >= 2]
    if not several:
        raise NoWitness("fewer than two things are found in any scene")
    owlv2.note(f"{len(several)} scenes with two predictions or more")

    for found in several:
        verify.overlap_at_most(found.answer, MOST_OVERLAP, found.scene.width, found.scene.height, across=True)


MISSHAPEN: dict[str, dict[str, Any]] = {"half-a-pixel": {"x": 120.5}, "no-class": {"cls": ...}, "no-width": {"w": ...}}
"""What is changed in an example box; an ellipsis leaves a member out."""


@rule(
    "owlv2.examples.misshapen-are-refused",
    requirement="An example box that is not in whole px, or lacks a member, is refused and not guessed at.",
    source="server",
    severity="should",
    invariants=("O-13",),
    cases=over(INFER, box=list(MISSHAPEN)),
    depth="standard",
)
def test_misshapen_examples_are_refused(owlv2: Owlv2Driver, case: Case) -> None:
    scene = owlv2.scenes[0]
    whole = owlv2.box(scene.things[0], FIRST)
    box = {name: value for name, value in {**whole, **MISSHAPEN[case["box"]]}.items() if value is not ...}
    owlv2.exchange(scene, [whole])

    exchange = owlv2.send(owlv2.request(scene, [box], check=False))

    owlv2.note(f"{box} was sent; {whole} is answered")
    verify.refused(exchange, f"an example box with {case['box'].replace('-', ' ')}")


@rule(
    "owlv2.image.several-at-once",
    requirement="A list of pictures for the target is answered with as many answers, or refused.",
    source="sound",
    severity="should",
    invariants=("O-15",),
    cases=over(INFER),
    depth="standard",
)
def test_several_pictures_at_once(owlv2: Owlv2Driver) -> None:
    found = owlv2.found(owlv2.scenes[0])
    request = owlv2.request(found.scene, owlv2.boxes(found))
    several = owlv2.in_a_list(request, 2)

    exchange = owlv2.send(several)

    owlv2.note(f"two pictures in a list, answered with status {response_of(exchange).status}; one is answered")
    verify.no_server_error(exchange, "a request with a list of two pictures")
    one_answer_each(exchange, 2)
