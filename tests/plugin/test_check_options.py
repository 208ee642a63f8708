"""Depth, requirements and bounds: what they do to a run, and what is said of them."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import UsageProblem
from assay.plugin.announcing import care
from assay.plugin.catalogue import catalogue
from assay.plugin.declared import CONFIG, DECLARED
from assay.plugin.depth import DEEP, DEPTHS, QUICK, STANDARD
from assay.plugin.drivers import DRIVERS
from assay.plugin.options import CheckOptions
from assay.plugin.requiring import REQUIRED
from assay.serving import running
from assay.target import Policy

from . import servers
from .conftest import Checked, Checking, checked

DETECTION = "hosted.object-detection"
ONE_RULE = ("hosted.image.size",)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """The whole suite, quickly."""
    return checked("reference", tmp_path_factory.mktemp("quick") / "run", depth="quick", examples=0)


def test_a_quick_run_tries_less_and_says_what_it_leaves_out(quick: Checked) -> None:
    left_out = {rule.id for rule in catalogue().values() if QUICK.leaves_out(rule) or rule.hostile}

    assert quick.exit_code == 0
    assert quick.run.header["configuration"]["depth"] == "quick"
    assert quick.run.header["configuration"]["examples"] == QUICK.examples
    assert left_out
    for outcome in quick.run.outcomes:
        expected = "disabled" if outcome["rule"] in left_out else "pass"
        assert outcome["outcome"] == expected, outcome
    assert "left out at --depth quick; --depth standard judges it" in quick.messages
    for name in ("report.html", "summary.md", "junit.xml"):
        assert "quick" in (quick.run.folder / name).read_text("utf-8")


def test_a_rule_that_is_named_in_full_is_judged_at_any_depth(checking: Checking, url: str) -> None:
    rule = "service.withstands-invalid-requests"
    found = checking(url, only=(rule,), depth="quick")

    assert "pass" in found.outcomes(rule)
    assert "disabled" not in found.outcomes(rule)


def test_each_field_of_a_check_is_set_by_one_option() -> None:
    fields = sorted(field.name for field in dataclasses.fields(CheckOptions))

    assert sorted([*(option.of_check for option in DECLARED if option.name != CONFIG), "target"]) == fields


def test_depths_grow() -> None:
    for less, more in ((QUICK, STANDARD), (STANDARD, DEEP)):
        assert less.examples < more.examples
        assert less.requests < more.requests
        assert less.seconds < more.seconds
        assert not [rule for rule in catalogue().values() if more.leaves_out(rule) and not less.leaves_out(rule)]


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deeper_run_shows_at_least_the_same_scenes(url: str, depth: str) -> None:
    names = ("menagerie", "crowd", "portrait", "duo", "wide")
    shown = [scene.name for scene in DEPTHS[depth].choose(names)]

    assert shown[:4] == list(names[:4])
    assert len(shown) == {"quick": 4, "standard": 5}.get(depth, len(shown))
    assert depth != "deep" or (len(shown) > 5 and len(set(shown)) == len(shown))


def test_examples_beat_the_depth() -> None:
    assert CheckOptions("reference", depth="quick").examples == QUICK.examples
    assert CheckOptions("reference", depth="quick", examples=7).examples == 7


def hidden(*operations: str) -> ASGIApp:
    """The reference deployment, whose description leaves out what it describes of these operations."""

    def change(answer: servers.Answer) -> servers.Answer:
        if answer.path != "/openapi.json":
            return answer
        paths = json.loads(answer.body)["paths"]
        return answer.document(paths={path: each for path, each in paths.items() if path not in operations})

    return servers.reference(change)


def test_a_required_operation_that_is_missing_is_a_failure(checking: Checking, tmp_path: Path) -> None:
    """Whatever else is judged: here nothing of that operation is."""
    with running(hidden("/sam2/segment_image")) as url:
        found = checking(url, only=ONE_RULE, require=("sam2.seg*", DETECTION))

    sentence = "sam2.segment is required and cannot be asked: /openapi.json does not list POST /sam2/segment_image"
    assert found.exit_code == 1
    outcomes = {each["operation"]: each["outcome"] for each in found.run.outcomes if each["rule"] == REQUIRED.id}
    assert outcomes == {DETECTION: "pass", "sam2.segment": "fail"}
    assert found.verdict.startswith("FAILED: 1 of 2 rules broken (1 case)")
    failures = ElementTree.parse(tmp_path / "run" / "junit.xml").getroot().findall(".//failure")
    assert [sentence in (each.get("message") or "") + (each.text or "") for each in failures] == [True]
    for name in ("report.html", "summary.md"):
        assert sentence in html.unescape((tmp_path / "run" / name).read_text("utf-8"))


def test_what_is_required_and_there_changes_nothing_else(checking: Checking, url: str) -> None:
    found = checking(url, only=ONE_RULE, require=("*",))

    assert found.exit_code == 0
    assert found.outcomes(REQUIRED.id) == {"pass"}
    assert {each["case"] for each in found.run.outcomes if each["rule"] == REQUIRED.id} == set(DRIVERS)


def test_an_operation_without_a_model_is_not_there_for_who_requires_it(checking: Checking) -> None:
    app = servers.hiding(servers.reference(), "/model/registry")
    with running(app) as url:
        found = checking(url, only=ONE_RULE, require=(DETECTION,))

    assert found.exit_code == 1
    assert "no model is known for object-detection; name one with --model object-detection=DATASET/" in found.messages


@pytest.mark.parametrize(
    ("pattern", "hint"), [("sam3.segment", "did you mean sam2.segment?"), ("zzz.*", "the operations are hosted.")]
)
def test_a_requirement_that_names_nothing_is_a_mistake(pattern: str, hint: str) -> None:
    with pytest.raises(UsageProblem, match="no operation matches") as caught:
        CheckOptions("reference", require=(pattern,))
    assert hint in str(caught.value)


def test_what_is_announced_is_not_exceeded(quick: Checked) -> None:
    sent = len(quick.run.exchanges)

    assert sent <= quick.check.expected_requests <= 3 * sent


@pytest.mark.thorough
@pytest.mark.parametrize("family", sorted({rule.partition(".")[0] for rule in catalogue()}))
def test_what_is_announced_for_a_family_alone_is_not_exceeded(checking: Checking, family: str) -> None:
    found = checking("reference", only=(f"{family}.*",), depth="quick", examples=0)

    assert len(found.run.exchanges) <= found.check.expected_requests


def test_a_run_against_another_machine_is_announced() -> None:
    policy = Policy("https://serverless.roboflow.com", max_requests=1000, time_budget=300)
    told = "\n".join(care(policy, 1200, "quick"))

    assert "up to 1200 requests will be sent (--depth quick)" in told
    assert "ends after 1000 requests (--max-requests) or 300 s (--time-budget)" in told
    assert "it will probably end before every case is judged" in told
    assert "may cost credits" in told
    assert "credits" not in "\n".join(care(Policy("https://host.example"), 10, "quick"))


@pytest.mark.parametrize(
    ("url", "hosted"),
    [
        ("https://serverless.roboflow.com", True),
        ("https://serverless.roboflow.eu", True),
        ("https://mine.roboflow.cloud", True),
        ("https://ROBOFLOW.com/x", True),
        ("https://notroboflow.com", False),
        ("https://roboflow.com.example", False),
        ("http://127.0.0.1:9001", False),
    ],
)
def test_hosted_services(url: str, hosted: bool) -> None:
    assert Policy(url).hosted is hosted


def test_another_machine_is_bounded_unless_the_user_says_otherwise() -> None:
    def bounds(url: str, **given: Any) -> tuple[int | None, float | None]:
        policy = CheckOptions(url, **given).policy(url, None)
        return policy.max_requests, policy.time_budget

    assert bounds("http://127.0.0.1:1") == (None, None)
    assert bounds("http://host.example") == (STANDARD.requests, STANDARD.seconds)
    assert bounds("http://host.example", depth="quick") == (QUICK.requests, QUICK.seconds)
    assert bounds("http://host.example", max_requests=7, time_budget=5) == (7, 5)
    assert bounds("http://127.0.0.1:1", proxy="http://proxy.example:3128") == (STANDARD.requests, STANDARD.seconds)


def slower(app: ASGIApp, after: int) -> ASGIApp:
    """Each request to a model takes 5 s once so many have been answered."""
    answered = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal answered
        if scope["type"] == "http" and scope["path"] in servers.HOSTED:
            answered += 1
            await asyncio.sleep(5 if answered > after else 0)
        await app(scope, receive, send)

    return answer


def test_a_time_budget_ends_the_run_and_keeps_what_there_is(checking: Checking) -> None:
    chosen = ("hosted.image.size", "hosted.boxes.*", "service.answers-plain-requests")
    with running(slower(servers.reference(), after=20), grace=0) as url:
        found = checking(url, only=chosen, time_budget=10.0)

    counts = {outcome["outcome"] for outcome in found.run.outcomes}
    assert found.exit_code == 9
    assert found.verdict.startswith("UNDECIDED: the time budget of 10 s is spent; raise --time-budget to check more")
    assert counts == {"pass", "disabled"}
    assert "the case was not judged: the time budget of 10 s is spent" in found.messages
    assert found.run.footer is not None
    assert found.run.footer["finished"] - found.run.header["started"] < 25
    assert found.verdict in (found.run.folder / "report.html").read_text("utf-8")


def test_a_time_budget_ends_a_request_that_hangs_and_does_not_blame_the_target(checking: Checking) -> None:
    app = servers.falling_silent(servers.reference(), 20, lambda scope: scope["path"] in servers.HOSTED)
    with running(app, grace=0) as url:
        found = checking(url, only=("hosted.boxes.*", "hosted.image.size"), time_budget=10.0)

    assert found.exit_code == 9
    assert "error" not in {outcome["outcome"] for outcome in found.run.outcomes}


def test_a_failure_stays_one_when_the_budget_is_spent(checking: Checking) -> None:
    with running(hidden("/sam2/segment_image")) as url:
        found = checking(url, only=ONE_RULE, require=("sam2.*",), max_requests=8)

    assert found.exit_code == 1
    assert found.verdict.endswith("the budget of 8 requests is spent; raise --max-requests to check more")


def test_a_time_budget_that_does_not_even_begin_is_a_mistake(checking: Checking, tmp_path: Path) -> None:
    with servers.silent_socket() as url, pytest.raises(UsageProblem, match=r"the time budget of 0\.5 s is spent"):
        checking(url, time_budget=0.5)
    assert not list(tmp_path.iterdir())


@pytest.mark.thorough
def test_each_line_of_the_announcement_names_what_to_do(checking: Checking) -> None:
    with running(servers.hiding(servers.reference(), "/openapi.json", "/model/registry")) as url:
        said = "\n".join(
            checking(
                url,
            ).said
        )

    assert fnmatchcase(said, "*sam2.segment  *model hiera_tiny*")
    assert "name a model with --model object-detection=DATASET/VERSION to have it asked" in said


def test_only_the_operations_that_are_named_are_asked(checking: Checking, url: str) -> None:
    found = checking(url, only=("service.answers-plain-requests", "hosted.image.size"), operations=("hosted.*",))

    judged = {outcome["operation"] for outcome in found.run.outcomes}
    asked = {exchange["operation"] for exchange in found.run.exchanges.values()}
    assert found.exit_code == 0
    assert DETECTION in judged
    assert all(name.startswith("hosted.") for name in judged | set(found.run.header["capabilities"]))
    assert all(name.startswith(("hosted.", "service.")) for name in asked)  # the latter by discovery


def test_of_an_operation_that_no_chosen_rule_judges_nothing_is_asked(checking: Checking, url: str) -> None:
    found = checking(url, only=ONE_RULE)

    assert {exchange["operation"] for exchange in found.run.exchanges.values() if exchange["purpose"] == "smoke"} <= {
        case.operation for case in catalogue()["hosted.image.size"].cases
    }


def test_an_operation_that_is_none_is_a_mistake() -> None:
    with pytest.raises(UsageProblem, match=r"no operation matches 'sam3\.\*', so that nothing would be checked"):
        CheckOptions("reference", operations=("sam3.*",))


@pytest.mark.parametrize(
    ("words", "because"),
    [
        ({"only": ("sam2.*",), "skip": ("sam2*",)}, r"every rule that --only sam2\.\* asks for is left out by --skip"),
        ({"skip": ("*",)}, "every rule is left out by --skip: nothing would be checked"),
        ({"only": ("sam2.embed.second-*",), "depth": "quick"}, "left out at --depth quick; --depth standard judges it"),
    ],
    ids=["--only and --skip", "--skip", "--depth"],
)
def test_words_that_leave_every_rule_out_are_a_mistake(
    words: dict[str, Any], because: str, checking: Checking, url: str
) -> None:
    with pytest.raises(UsageProblem, match=because):
        checking(url, **words)
