"""The clients that the page prints, replayed byte for byte: whoever copies one gets the answer to the picture."""

from __future__ import annotations

from assay.contract import delivery, load, wire
from assay.contract.citing import operation
from assay.contract.rule import Case, Cost, over, rule
from assay.contract.samples import Sample, samples
from assay.judge import verify_service
from assay.judge.verdicts import NotOffered, NoWitness, RuleBroken
from assay.plugin.drivers import HostedDriver, expect_success
from assay.record.model import Exchange, Finding

OPERATIONS = [name for name, each in load().operations.items() if each.document == "S4"]
SOUND = [name for name, sample in samples().items() if not sample.broken]
BROKEN = [name for name, sample in samples().items() if sample.broken]
FOR_A_WITNESS = 2


@rule(
    "hosted.samples.are-answered",
    requirement="The request of each client that the page prints is answered as the same picture in base64 is.",
    says=operation("hosted.keypoint-detection"),
    source="sample",
    severity="must",
    invariants=("B-24",),
    depth="standard",
    compares=True,
    cases=over(OPERATIONS, sample=SOUND),
    cost=Cost(own=2),
)
def test_the_samples_of_the_page_are_answered(hosted: HostedDriver, case: Case) -> None:
    _is_answered(hosted, samples()[case["sample"]])


@rule(
    "hosted.samples.repaired-are-answered",
    requirement="A client that the page prints with a slip is answered as the same picture is, once it is repaired.",
    says=operation("hosted.keypoint-detection"),
    source="sample",
    severity="should",
    depth="standard",
    compares=True,
    cases=over(OPERATIONS, sample=BROKEN),
    cost=Cost(own=2),
)
def test_the_repaired_samples_are_answered(hosted: HostedDriver, case: Case) -> None:
    sample = samples()[case["sample"]]

    hosted.note(f"broken as printed, and sent as it is meant: {sample.broken}")
    _is_answered(hosted, sample)


def _is_answered(hosted: HostedDriver, sample: Sample) -> None:
    if hosted.target.no_octets:
        raise NotOffered(hosted.target.no_octets)
    picture = delivery.picture_of(hosted.operation, hosted.plain_request())
    url = hosted.offers().publish(picture) if sample.form == "url" else ""
    expected = _answered_otherwise_than_others(hosted)

    exchange = _replayed(hosted, sample, picture, url)

    hosted.note(sample.written)
    comparison, why = hosted.comparison(hosted.plain_request()), f"as {sample.client} makes it ({sample.section})"
    verify_service.same_answer(exchange, expected, comparison, why, hosted.operation.source)


def _replayed(hosted: HostedDriver, sample: Sample, picture: bytes, url: str) -> Exchange:
    """The exchange. Raises RuleBroken where no answer came, NoWitness where it cannot be read here."""
    key = hosted.target.policy.key or ""
    octets = sample.octets(hosted.operation.id, model=hosted.model, key=key, picture=picture, url=url)
    exchange = hosted.patiently(lambda: hosted.target.write(octets))
    kind, said = exchange.error or ("", "")
    if kind == "bad encoding":
        raise NoWitness(f"the answer came in an encoding that cannot be undone here ({said})")
    if exchange.response is None:
        message = f"a request as {sample.client} makes it got no answer ({kind}: {said})"
        raise RuleBroken([Finding(message, expected="an answer", actual="no answer", exchange=exchange.id)])
    return exchange


def _answered_otherwise_than_others(hosted: HostedDriver) -> Exchange:
    """The answer to the plain request. Raises NoWitness where other pictures are answered alike."""
    request = hosted.plain_request()
    expected = expect_success(hosted.once(request))
    for scene in hosted.scenes[1 : 1 + FOR_A_WITNESS]:
        other = expect_success(hosted.once(hosted.with_picture(wire.base64_text(scene.jpeg()))))
        try:
            verify_service.same_answer(other, expected, hosted.comparison(request), "about another picture")
        except RuleBroken:
            hosted.note(f"the answer to this picture differs from that to the scene {scene.name}")
            return expected
    raise NoWitness("the pictures are answered alike, so that nothing tells which one was read")
