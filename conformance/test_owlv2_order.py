"""OwlV2's examples, `POST /owlv2/infer`: those of a request, and of no request before it, say what is looked for.

Servers keep what they have learnt from examples, and from pictures. Nobody can tell, as long as it is found again by
all that it depends on: the pictures, the boxes, and their names.
"""

from __future__ import annotations

from assay.contract.citing import operation
from assay.contract.rule import Case, Cost, over, rule
from assay.plugin.check import Check
from assay.plugin.drivers import Owlv2Driver
from assay.plugin.drivers.orders import Orders
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
