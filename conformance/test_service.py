"""What any sound service does: answer plain requests, refuse what is no picture, keep answers apart."""

from __future__ import annotations

import base64

from assay.contract.rule import Case, over, rule
from assay.judge import verify
from assay.judge.answers import detection, response_of, segmentation
from assay.judge.verdicts import NoWitness, RuleBroken
from assay.plugin.check import Check
from assay.plugin.deployment import PLAIN_RULE, Driver, HostedDriver, Sam2Driver, expect_success
from assay.record.model import Finding

DETECTION = "hosted.object-detection"
KEYPOINTS = "hosted.keypoint-detection"
SEGMENT = "sam2.segment"
HOSTED = (DETECTION, KEYPOINTS)
EVERY = (*HOSTED, SEGMENT)
ROUNDS = 3


@rule(
    PLAIN_RULE,
    requirement="A plain request, as the page's own sample makes it, is answered with status 200.",
    source="sound",
    severity="must",
    prerequisite=True,
    cases=over(EVERY),
)
def test_plain_requests_are_answered(asked: Driver, check_in_progress: Check, case: Case) -> None:
    exchange = check_in_progress.smoke.exchanges[case.operation]

    asked.target.refer(exchange)
    if exchange.error:
        message = f"a plain request got no answer: {': '.join(exchange.error)}"
        raise RuleBroken([Finding(message, exchange=exchange.id, says=asked.operation.source)])
    verify.answered(exchange, "a plain request", asked.operation.source)
    response = response_of(exchange)
    asked.note(f"{len(response.body)} bytes of {response.media_type}")


NO_PICTURES = {
    "base64-of-text": base64.b64encode(b"this is text and no picture at all").decode(),
    "not-base64": "!!! this is not base64 !!!",
    "cut-jpeg-header": base64.b64encode(b"\xff\xd8\xff\xe0\x00\x10JFIF").decode(),
}


@rule(
    "service.refuses-undecodable-image",
    requirement="What is no picture is refused with a 4xx and a reason in JSON.",
    source="sound",
    severity="should",
    invariants=("G-16",),
    cases=over(EVERY, picture=list(NO_PICTURES)),
)
def test_what_is_no_picture_is_refused(asked: Driver, case: Case) -> None:
    exchange = asked.send(asked.with_picture(NO_PICTURES[case["picture"]]))

    asked.note(f"{case['picture']} was sent; a plain picture is answered")
    verify.refused(exchange, f"a picture that is {case['picture'].replace('-', ' ')}")


@rule(
    "service.keeps-answers-apart",
    requirement="Different pictures sent at the same time get the answers that they get alone.",
    source="sound",
    severity="must",
    invariants=("G-31",),
    cases=over(EVERY),
)
def test_answers_are_not_mixed_under_concurrency(asked: Driver) -> None:
    if isinstance(asked, HostedDriver):
        _pictures_at_once(asked)
    else:
        assert isinstance(asked, Sam2Driver)
        _masks_at_once(asked)


def _pictures_at_once(hosted: HostedDriver) -> None:
    alone = [hosted.seen(scene) for scene in hosted.scenes]
    distinct = {(seen.scene.width, seen.scene.height): seen for seen in alone if seen.answer.predictions}
    if len(distinct) < 2:
        raise NoWitness("fewer than two scenes of different sizes are answered with predictions")
    several = list(distinct.values())
    hosted.note(f"{len(several)} pictures, {ROUNDS} times each, all at once")

    exchanges = hosted.at_once([hosted.request(seen.scene) for seen in several] * ROUNDS)

    for seen, exchange in zip(several * ROUNDS, exchanges, strict=True):
        answer = detection(expect_success(exchange), hosted.schema_rule)
        verify.image_size(answer, seen.scene.width, seen.scene.height)
        why = "though alone the same request is answered otherwise"
        verify.same_predictions(answer, seen.answer.predictions, why, seen.threshold)


def _masks_at_once(sam2: Sam2Driver) -> None:
    alone = [(scene, sam2.ask(scene, sam2.prompts(scene)[:1])) for scene in sam2.scenes]
    several = [(scene, answer) for scene, answer in alone if answer.marked]
    if len(several) < 2:
        raise NoWitness("fewer than two scenes are answered with a mask")
    sam2.note(f"{len(several)} pictures, {ROUNDS} times each, all at once")

    exchanges = sam2.at_once([sam2.request(scene, sam2.prompts(scene)[:1]) for scene, _ in several] * ROUNDS)

    for (scene, expected), exchange in zip(several * ROUNDS, exchanges, strict=True):
        answer = segmentation(expect_success(exchange), sam2.schema_rule, scene.width, scene.height)
        verify.same_masks(answer, expected, "though alone the same request is answered otherwise")
