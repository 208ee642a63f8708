"""Parameters of the hosted model route (S4) beside one another, and with the picture in each form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assay.contract import delivery
from assay.contract.citing import parameter
from assay.contract.message import Request
from assay.contract.rule import Case, Cost, over, rule
from assay.generate.context import askable
from assay.judge import answers, verify, verify_service
from assay.judge.answers import Detection, response_of
from assay.judge.boxes import CLEAR_GAP, CONFIDENCE, ROUNDING, gaps
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.judge.verify_selection import somehow_there
from assay.plugin.drivers import HostedDriver, expect_success
from assay.plugin.drivers.seen import DEFAULT_CONFIDENCE, Seen
from assay.record.model import Exchange
from assay.scene import Scene

DETECTION = "hosted.object-detection"
OF_SEVERAL_CLASSES = (DETECTION, "hosted.instance-segmentation")
"""Models of keypoints may well know one class alone."""
BOXES = (*OF_SEVERAL_CLASSES, "hosted.keypoint-detection")


@rule(
    "hosted.parameters.heeded-by-address",
    requirement="A parameter of the query is heeded where the picture is given by its address, as it is in base64.",
    says=parameter(DETECTION, "image"),
    source="document",
    severity="must",
    content=True,
    compares=True,
    cases=over(BOXES, parameter=["confidence", "format"]) + over(OF_SEVERAL_CLASSES, parameter=["classes"]),
    depth="standard",
    cost=Cost(own=5),
)
def test_parameters_are_heeded_by_address(hosted: HostedDriver, case: Case) -> None:
    _heeded_by_address(hosted, case, "POST")


@rule(
    "hosted.parameters.heeded-by-get",
    requirement="A parameter of the query is heeded by GET, with the picture by its address, as it is by POST.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(BOXES, parameter=["confidence", "format"]) + over(OF_SEVERAL_CLASSES, parameter=["classes"]),
    depth="standard",
    cost=Cost(own=5),
)
def test_parameters_are_heeded_by_get(hosted: HostedDriver, case: Case) -> None:
    _heeded_by_address(hosted, case, "GET")


def _heeded_by_address(hosted: HostedDriver, case: Case, method: str) -> None:
    offered = hosted.offers()

    def by_address(request: Request, scene: Scene) -> Request:
        return delivery.by_url(hosted.operation, request, offered.publish(scene.png())).replace(method=method)

    _heeded(hosted, case, by_address, f"by its address to {method}")


@rule(
    "hosted.parameters.heeded-beside-a-form",
    requirement="A parameter of the query is heeded where the picture comes as a part of a form, as it is in base64.",
    source="server",
    severity="should",
    content=True,
    compares=True,
    cases=over(BOXES, parameter=["confidence", "format"]) + over(OF_SEVERAL_CLASSES, parameter=["classes"]),
    depth="standard",
    cost=Cost(own=5),
)
def test_parameters_are_heeded_beside_a_form(hosted: HostedDriver, case: Case) -> None:
    _heeded(hosted, case, lambda request, _: delivery.as_form(hosted.operation, request), "in a form")


def _heeded(hosted: HostedDriver, case: Case, bring: Callable[[Request, Scene], Request], how: str) -> None:
    """Raises NoWitness where the picture that comes so is not answered as in base64 without the parameter, too."""
    seen, given = _given(hosted, case)
    plain, bare = hosted.request(seen.scene), hosted.request(seen.scene, **seen.query)
    request = hosted.request(seen.scene, **{**seen.query, **given})
    _answered_alike(hosted, hosted.once(bring(plain, seen.scene)), plain, f"a picture that comes {how}")
    expected = _expected(hosted, bare, request)

    exchange = hosted.once(bring(request, seen.scene))

    why = f"in which the picture comes {how}, with {_told({**seen.query, **given})}"
    _as_in_base64(hosted, exchange, expected, why)


def _given(hosted: HostedDriver, case: Case) -> tuple[Seen, dict[str, Any]]:
    """A scene as something is seen in it, and a parameter that changes its answer."""
    if case["parameter"] == "format":
        return hosted.witness("a prediction", lambda answer: bool(answer.predictions)), {"format": "image"}
    if case["parameter"] == "classes":
        shown = hosted.witness("predictions of two classes", lambda answer: len(answer.labels) > 1)
        return shown, {"classes": _without_comma(shown.answer.labels)[0]}
    seen, percent, _ = _between_two(hosted)
    return seen, {"confidence": percent}


def _answered_alike(hosted: HostedDriver, exchange: Exchange, plain: Request, what: str) -> None:
    """Raise NoWitness where the picture in this form is answered otherwise than in base64, as other rules judge."""
    status = response_of(exchange).status
    if status != 200:
        raise NoWitness(f"{what} is answered with status {status}, as another rule judges")
    expected = answers.detection(expect_success(hosted.once(plain)), hosted.schema_rule)
    if not expected.predictions:
        raise NoWitness("without a threshold nothing is seen: that a picture was read would not be told either")
    try:
        found = response_of(exchange).json()
    except ValueError:
        raise NoWitness(f"{what} is not answered with JSON, as another rule judges") from None
    if hosted.comparison(plain).differences(expected.body, found):
        raise NoWitness(f"{what} is answered otherwise than in base64, as another rule judges")


def _expected(hosted: HostedDriver, bare: Request, request: Request) -> Exchange:
    """The answer to the same with the picture in base64. Raises NoWitness where the parameter changes nothing there."""
    without, expected = (expect_success(hosted.once(each)) for each in (bare, request))
    if response_of(without).media_type != response_of(expected).media_type:
        return expected
    bodies = [answers.answer(each, hosted.schema_rule).body for each in (without, expected)]
    if not hosted.comparison(request).differences(*bodies):
        raise NoWitness("with the picture in base64 the parameter changes nothing, as another rule judges")
    return expected


def _as_in_base64(hosted: HostedDriver, exchange: Exchange, expected: Exchange, why: str) -> None:
    """The answer is that of the picture in base64; of drawings, that it is one."""
    media = response_of(expected).media_type
    if media == "application/json":
        comparison = hosted.comparison(expected.request)
        verify_service.same_answer(exchange, expected, comparison, why, hosted.operation.source)
        return
    verify.answered(exchange, f"a request {why}", hosted.operation.source)
    verify.media_type(exchange, str(media))


@rule(
    "hosted.parameters.heeded-together",
    requirement="Beside `classes` the threshold and the overlap that are asked for hold as they do alone.",
    says=parameter(DETECTION, "confidence"),
    source="document",
    severity="must",
    content=True,
    compares=True,
    cases=over(DETECTION, beside=["confidence", "overlap"]),
    depth="standard",
    cost=Cost(own=2),
)
def test_parameters_are_heeded_together(hosted: HostedDriver, case: Case) -> None:
    if case["beside"] == "confidence":
        seen, percent, label = _between_two(hosted)
        alone = hosted.again(seen.scene, confidence=percent)
        _holds_alone(lambda: verify.at_least(alone, percent / 100 - ROUNDING))

        answer = hosted.again(seen.scene, classes=label, confidence=percent)

        verify.at_least(answer, percent / 100 - ROUNDING)
        somehow_there(answer, alone.of([label]), f"with classes={label} beside it", percent / 100)
        return

    found = hosted.overlapping(0)
    size = found.scene.width, found.scene.height
    alone = hosted.again(found.scene, overlap=0, **found.query)
    _holds_alone(lambda: verify.overlap_at_most(alone, 0, *size))
    label = _too_close(found.answer, size)

    answer = hosted.again(found.scene, classes=label, overlap=0, **found.query)

    verify.overlap_at_most(answer, 0, *size)
    somehow_there(answer, alone.of([label]), f"with classes={label} beside it", found.threshold)


def _holds_alone(verification: Callable[[], None]) -> None:
    """Raise NoWitness where a parameter is not heeded alone, which other rules judge."""
    try:
        verification()
    except RuleBroken:
        raise NoWitness("the parameter is not heeded without `classes` either, as another rule judges") from None


def _too_close(answer: Detection, size: tuple[int, int]) -> str:
    """A class whose own boxes overlap so that they are judged. Raises NoWitness where there is none."""
    for label in _without_comma(answer.labels):
        boxes = Detection(answer.exchange, answer.body, tuple(answer.of([label])))
        try:
            verify.overlap_at_most(boxes, 0, *size)
        except RuleBroken:
            return label
    raise NoWitness("no class that can be listed has two boxes that overlap away from the picture's edge")


def _without_comma(labels: Iterable[str]) -> list[str]:
    """Those that can stand in a list that is separated by commas. Raises NoWitness where none can."""
    found = [label for label in askable(labels) if "," not in label]
    if not found:
        raise NoWitness("no class of the predictions can be asked for by its name")
    return found


def _told(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _between_two(hosted: HostedDriver) -> tuple[Seen, float, str]:
    """A scene, a threshold in percent, and a class of which it withholds something that the default does not."""
    seen = hosted.witness("a class with room between two of its confidences", lambda answer: bool(_rooms(answer)))
    percent, label = _rooms(seen.answer)[0]
    hosted.note(f"confidence={percent:g} withholds of {label} what the default does not")
    return seen, percent, label


def _rooms(answer: Detection) -> list[tuple[float, str]]:
    """Thresholds clear of every confidence, each with a class that has something above it, and below it."""
    middles = [50 * (low + high) for low, high in gaps([one.confidence for one in answer.predictions], CLEAR_GAP)]
    found = []
    for percent in (round(middle, 1) for middle in middles):
        for label in askable(answer.labels):
            sure = [100 * one.confidence for one in answer.of([label])]
            withheld = any(DEFAULT_CONFIDENCE + 100 * CONFIDENCE < each < percent for each in sure)
            if withheld and max(sure) > percent and "," not in label:
                found.append((percent, label))
    return found
