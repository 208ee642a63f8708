"""Parameters of the hosted model route (S4) beside one another, and with the picture in each form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from assay.contract import delivery
from assay.contract.citing import parameter
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.generate.context import askable
from assay.judge import verify, verify_service
from assay.judge.answers import Detection, response_of
from assay.judge.boxes import CLEAR_GAP, ROUNDING, gaps
from assay.judge.verdicts import NoWitness
from assay.plugin.drivers import HostedDriver, expect_success
from assay.plugin.drivers.base import unless_refused
from assay.plugin.drivers.hosted import DEFAULT_CONFIDENCE, Seen
from assay.record.model import Exchange

DETECTION = "hosted.object-detection"
BOXES = (DETECTION, "hosted.keypoint-detection", "hosted.instance-segmentation")


@rule(
    "hosted.parameters.heeded-by-address",
    requirement="A parameter of the query is heeded where the picture is given by its address, as it is in base64.",
    says=parameter(DETECTION, "image"),
    source="document",
    severity="must",
    content=True,
    compares=True,
    cases=over(BOXES, parameter=["confidence", "format"]),
    depth="standard",
    cost=Cost(own=3),
)
def test_parameters_are_heeded_by_address(hosted: HostedDriver, case: Case) -> None:
    offered = hosted.offers()
    seen, given = _given(hosted, case)
    url = offered.publish(seen.scene.png())
    bare = hosted.once(delivery.by_url(hosted.operation, hosted.request(seen.scene), url))
    if response_of(bare).status != 200:
        raise NoWitness(f"the picture by its address is answered {response_of(bare).status}, as another rule judges")
    request = hosted.request(seen.scene, **given)

    exchange = hosted.once(delivery.by_url(hosted.operation, request, url))

    _as_in_base64(hosted, exchange, request, f"in which the picture comes by its address, with {_told(given)}")


@rule(
    "hosted.parameters.heeded-beside-a-form",
    requirement="A parameter of the query is heeded where the picture comes as a part of a form, as it is in base64.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(BOXES, parameter=["confidence", "format"]),
    depth="standard",
    cost=Cost(own=2),
)
def test_parameters_are_heeded_beside_a_form(hosted: HostedDriver, case: Case) -> None:
    seen, given = _given(hosted, case)
    request = hosted.request(seen.scene, **given)

    exchange = unless_refused(hosted.once(delivery.as_form(hosted.operation, request)), "a form")

    _as_in_base64(hosted, exchange, request, f"in which the picture comes in a form, with {_told(given)}")


def _given(hosted: HostedDriver, case: Case) -> tuple[Seen, dict[str, Any]]:
    """A scene, and a parameter that changes its answer."""
    seen, percent = _between_two(hosted)
    return seen, {"confidence": percent} if case["parameter"] == "confidence" else {"format": "image"}


def _as_in_base64(hosted: HostedDriver, exchange: Exchange, request: Request, why: str) -> None:
    """The answer is that of the request, which has its picture in base64; of drawings, that it is one."""
    if request.parameter("format") == "image":
        verify.answered(exchange, f"a request {why}", hosted.operation.source)
        verify.media_type(exchange, "image/jpeg")
        return
    expected = expect_success(hosted.once(request))
    verify_service.same_answer(exchange, expected, hosted.comparison(request), why, hosted.operation.source)


@rule(
    "hosted.parameters.heeded-together",
    requirement="Beside `classes` the threshold and the overlap that are asked for hold as they do alone.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    cases=over(DETECTION, beside=["confidence", "overlap"]),
    depth="standard",
    cost=Cost(own=1),
)
def test_parameters_are_heeded_together(hosted: HostedDriver, case: Case) -> None:
    if case["beside"] == "confidence":
        seen, percent = _between_two(hosted)
        withheld = [one for one in seen.answer.predictions if DEFAULT_CONFIDENCE < 100 * one.confidence < percent]
        (label, *_) = _without_comma(one.label for one in withheld)
        answer = hosted.again(seen.scene, classes=label, confidence=percent)
        verify.at_least(answer, percent / 100 - ROUNDING)
        return

    found = hosted.overlapping(0)
    strict = hosted.again(found.scene, overlap=0, **found.query)
    fewer = [label for label in found.answer.labels if len(strict.of([label])) < len(found.answer.of([label]))]
    (label, *_) = _without_comma(fewer)
    answer = hosted.again(found.scene, classes=label, overlap=0, **found.query)
    verify.overlap_at_most(answer, 0, found.scene.width, found.scene.height)


def _without_comma(labels: Iterable[str]) -> list[str]:
    """Those that can stand in a list that is separated by commas. Raises NoWitness where none can."""
    found = [label for label in askable(labels) if "," not in label]
    if not found:
        raise NoWitness("no class of the predictions can be asked for by its name")
    return found


def _told(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _between_two(hosted: HostedDriver) -> tuple[Seen, float]:
    """A scene, and a threshold in percent that only some of what is answered by default reaches."""
    seen = hosted.witness("two confidences with room between them", lambda answer: bool(_rooms(answer)))
    low, high = _rooms(seen.answer)[0]
    hosted.note(f"confidence={50 * (low + high):.1f} withholds what the default does not")
    return seen, round(50 * (low + high), 1)


def _rooms(answer: Detection) -> list[tuple[float, float]]:
    default = DEFAULT_CONFIDENCE / 100
    found = gaps([one.confidence for one in answer.predictions], CLEAR_GAP)
    return [(low, high) for low, high in found if low > default + CLEAR_GAP]
