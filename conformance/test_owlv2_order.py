"""OwlV2's examples, `POST /owlv2/infer`: those of a request, and of no request before it, say what is looked for.

Servers keep what they have learnt from examples, and from pictures. Nobody can tell, as long as it is found again by
all that it depends on: the pictures, the boxes, and their names.
"""

from __future__ import annotations

from dataclasses import replace

from assay.contract.citing import operation
from assay.contract.rule import Case, Cost, over, rule
from assay.judge import verify_examples
from assay.judge.verdicts import NoWitness
from assay.plugin.check import Check
from assay.plugin.drivers import Owlv2Driver
from assay.plugin.drivers.orders import Orders
from assay.plugin.drivers.owlv2 import FIRST, GAPS, SECOND, Found
from assay.plugin.explore import seed_of

INFER = "owlv2.infer"
EXAMPLES, WALKS, PART = 6, 2, 8
"""Different examples for one picture, walks at any depth, and one more for so many examples that are drawn."""


@rule(
    "owlv2.examples.in-any-order",
    requirement="With other examples for the same picture, or other names for them, these are found, in any order.",
    says=operation(INFER),
    source="sample",
    severity="must",
    content=True,
    invariants=("O-01", "O-03", "O-08"),
    alone="task",
    cases=over(INFER),
    depth="standard",
    cost=Cost(own=EXAMPLES * WALKS, drawn="examples"),
)
def test_examples_are_those_of_the_request(owlv2: Owlv2Driver, check_in_progress: Check, case: Case) -> None:
    examples = owlv2.other_examples()

    options = check_in_progress.options
    orders = Orders(owlv2, lambda _: examples)
    orders.explore(seed_of(options.seed, "examples", case.id), WALKS + options.examples // PART)


@rule(
    "owlv2.examples.of-each-reference-picture",
    requirement="The same boxes in another reference picture are other examples: what they show is looked for.",
    says=operation(INFER),
    source="sample",
    severity="should",
    content=True,
    invariants=("O-01",),
    compares=True,
    cases=over(INFER),
    depth="standard",
    cost=Cost(own=2, scenes=2),
)
def test_examples_are_those_of_their_reference_picture(owlv2: Owlv2Driver) -> None:
    both = owlv2.witness("both of two examples in their own picture", Found.finds_its_examples, classes=2)
    found = owlv2.found(both.scene, confidence=both.threshold)
    told_apart = owlv2.ask(both.scene, [owlv2.box(both.examples[SECOND], FIRST)], confidence=found.threshold)
    if verify_examples.alike(told_apart, found.answer, GAPS * owlv2.noise):
        raise NoWitness("the other thing, as the example, finds the same about as surely")
    another = replace(both.examples[SECOND], box=both.examples[FIRST].box)
    reference = replace(both.scene, name=f"{both.scene.name}, with another thing in the box", things=(another,))

    answer = owlv2.ask(both.scene, owlv2.boxes(found), reference=reference, confidence=found.threshold)

    owlv2.note(
        f"{len(found.answer.predictions)} predictions by what the box shows, {len(answer.predictions)} by another"
    )
    why = "though the box shows something else in this reference picture"
    verify_examples.found_otherwise(answer, found.answer, owlv2.noise, why)
