"""A rule of one's own: what answers are held to beyond the documents."""

from __future__ import annotations

from assay.contract.rule import over, rule
from assay.judge.answers import response_of
from assay.judge.verdicts import RuleBroken
from assay.plugin.drivers import Driver, expect_success
from assay.record import Finding


@rule(
    "example.answers-are-small",
    requirement="The answer about one picture takes no more than a megabyte.",
    source="sound",
    severity="must",
    cases=over(("hosted.object-detection", "infer.object-detection")),
)
def test_answers_are_small(asked: Driver) -> None:
    exchange = expect_success(asked.once(asked.plain_request()))
    size = len(response_of(exchange).body)
    if size > 1_000_000:
        raise RuleBroken([Finding(f"the answer takes {size:,} bytes", exchange=exchange.id)])
    asked.note(f"{size} bytes")
