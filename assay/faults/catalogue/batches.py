"""Faults of calls with a list of pictures, on the routes that name the task."""

from __future__ import annotations

from functools import partial

from assay.faults.model import INFER, SEMANTIC_JSON, Fault
from assay.faults.operators import batches
from assay.faults.operators.answers import INTERNAL_ERROR, both, only_if, refused

IN_ORDER = "service.batch-in-order"
AS_ALONE = "service.batch-as-alone"
AS_A_WHOLE = "service.batch-refused-as-a-whole"

_listed = partial(Fault, operations=(*INFER, SEMANTIC_JSON))

FAULTS: tuple[Fault, ...] = (
    _listed(
        name="batch-answered-backwards",
        sentence="A list of pictures is answered from its end to its beginning.",
        breaks=(IN_ORDER, AS_ALONE),
        response=batches.change_list(batches.backwards),
    ),
    _listed(
        name="batch-of-one-without-list",
        sentence="A list of one picture is answered with an object and not with a list.",
        breaks=(IN_ORDER,),
        response=batches.change_list(batches.one_without_list),
    ),
    _listed(
        name="batch-loses-its-last",
        sentence="Of a list of several pictures the last is not answered.",
        breaks=(IN_ORDER, AS_ALONE),
        response=batches.change_list(batches.all_but_the_last),
    ),
    _listed(
        name="batch-sees-the-first-picture",
        sentence="Every picture of a list is answered with the predictions of the first.",
        breaks=(AS_ALONE,),
        response=batches.change_list(batches.predictions_of_the_first),
    ),
    _listed(
        name="batch-of-three-at-most",
        sentence="From the fourth picture of a list on the answer to the third is given again.",
        breaks=(AS_ALONE,),
        response=batches.change_list(batches.first_three),
    ),
    Fault(
        name="batch-sees-each-picture-once",
        sentence="A picture that has come before in a list is answered as if it showed nothing.",
        operations=INFER,
        breaks=(AS_ALONE,),
        response=batches.change_list(batches.one_for_those_alike),
    ),
    Fault(
        name="batch-sees-one-thing-each",
        sentence="Of each picture of a list only the first prediction is answered.",
        operations=INFER,
        breaks=(AS_ALONE,),
        response=batches.change_list(batches.surest_of_each),
    ),
    _listed(
        name="batch-skips-bad-pictures",
        sentence="Pictures of a list that cannot be decoded are left out, and the others answered.",
        breaks=(AS_A_WHOLE,),
        request=batches.skip_bad_pictures,
    ),
    _listed(
        name="batch-with-bad-picture-crashes",
        sentence="A list with a picture that cannot be decoded is answered 500.",
        breaks=(AS_A_WHOLE,),
        response=only_if(both(refused, batches.is_batch), INTERNAL_ERROR),
    ),
)
