"""Faults of defaults that are given in so many words."""

from __future__ import annotations

from functools import partial

from assay.faults.model import BOXES, INFER, OWLV2, Fault
from assay.faults.operators import parameters
from assay.faults.operators.fields import is_number

NOTHING = "service.defaults-change-nothing"

_by_task = partial(Fault, operations=INFER, breaks=(NOTHING,))

FAULTS: tuple[Fault, ...] = (
    Fault(
        name="given-switch-is-on",
        sentence="A drawing is sent where the request names the switch for it, though it switches it off.",
        operations=(*INFER, OWLV2),
        breaks=(NOTHING,),
        request=parameters.change_body_field("visualize_predictions", lambda value: True),
    ),
    _by_task(
        name="given-threshold-in-percent",
        sentence="A threshold of 0.4, the default, is taken for 0.4 percent where it is given.",
        request=parameters.change_body_field("confidence", lambda share: share / 100 if is_number(share) else share),
    ),
    Fault(
        name="given-most-detections-read-as-one",
        sentence="A greatest number of predictions that is given is taken for 1, whatever it is.",
        operations=BOXES,
        breaks=(NOTHING,),
        request=parameters.change_parameter("max_detections", lambda most: "1"),
    ),
)
