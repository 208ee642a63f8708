"""`assay doctor`: each step that may fail is told apart from the others, and hardly anything is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.plugin.catalogue import catalogue
from assay.reference.app import create_app
from assay.reference.embedded import KEY, MODELS
from assay.serving import running
from tests.target.gateways import Authority, forward_proxy, gateway
from tests.target.servers import listening, response, routes

from .conftest import Assay

MODEL = ("--model", f"object-detection={MODELS['object-detection']}")

EMBEDDING: dict[str, Any] = {"/openapi.json": {"paths": {"/sam2/embed_image": {"post": {}}}}}
"""The answers of a server that offers one operation, and holds no model."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(create_app(key=KEY)) as url:
        yield url


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ROBOFLOW_API_KEY", KEY)
    return KEY


def facts(out: str, state: str) -> list[str]:
    return [line[8:] for line in out.splitlines() if line.startswith(f"  {state:<5} ")]


def requests(out: str) -> int:
    """What a check would send, as it is told."""
    (told,) = re.findall(r"at most about ([\d,]+) requests", out)
    return int(told.replace(",", ""))


def test_the_embedded_deployment(assay: Assay, folder: Path) -> None:
    said = assay("doctor", "reference")

    rules = [rule for rule in catalogue().values() if not rule.hostile and rule.depth != "deep"]
    cases = sum(case.operation == "sam2.embed" for rule in rules for case in rule.cases)
    assert (said.code, said.err) == (0, "")
    assert [line for line in said.out.splitlines() if not line.startswith(" ")] == [
        "Here", "Reaching reference", "To be checked", "exit code 0",
    ]  # fmt: skip
    assert f"sam2.embed: {cases} cases, model hiera_tiny" in facts(said.out, "ok")
    assert "4 requests were sent to find this out" in facts(said.out, "ok")
    assert requests(said.out) > 1000
    assert not list(folder.iterdir())


def test_less_is_told_where_less_is_asked_for(assay: Assay) -> None:
    quick = assay("doctor", "reference", "--depth", "quick").out
    one = assay("doctor", "reference", "--depth", "quick", "--operation", "sam2.embed").out

    assert requests(one) < requests(quick) < requests(assay("doctor", "reference").out)
    assert "hosted." not in one.partition("To be checked")[2]


def test_a_key_that_is_taken(assay: Assay, server: str, key: str) -> None:
    said = assay("doctor", server, *MODEL)

    assert said.code == 0, said
    told = "\n".join(facts(said.out, "ok"))
    assert "an API key is in ROBOFLOW_API_KEY" in told
    assert re.search(r"port \d+ took a connection", told)
    assert re.search(r"hosted.object-detection answered a picture in \d+ ms, with the key in ROBOFLOW_API_KEY", told)
    assert re.search(r"hosted.object-detection: \d+ cases, model shapes/1$", told, re.MULTILINE)
    assert re.search(r"hosted.keypoint-detection: \d+ cases, model figures/1, which it holds", told)
    assert re.search(r"sam2.embed: \d+ cases, model hiera_tiny, which it may load", told)
    assert key not in said.out


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (None, "the target asks for an API key (status 403"),
        ("wrong-key-0123456789", "the target refuses the API key in $ROBOFLOW_API_KEY (status 403"),
    ],
)
def test_a_key_that_is_not(
    assay: Assay, server: str, monkeypatch: pytest.MonkeyPatch, value: str | None, complaint: str
) -> None:
    if value:
        monkeypatch.setenv("ROBOFLOW_API_KEY", value)

    said = assay("doctor", server, *MODEL)

    assert said.code == 2
    assert said.err.startswith(f"assay: {complaint}")
    assert len(said.err.splitlines()) == 1
    assert said.out.splitlines()[-1].startswith("  ok    Assay reference deployment"), "what was found until then stays"


def test_whether_a_key_is_taken_is_not_told_by_loading_a_model(assay: Assay, key: str) -> None:
    with listening(routes(EMBEDDING)) as server:
        said = assay("doctor", server.url)

    assert said.code == 0
    assert "it holds no model, and none was named" in said.out
    assert "hosted.keypoint-detection: not checked, /openapi.json does not list POST" in said.out
    assert "3 requests were sent" in said.out


def test_what_is_required_and_missing_is_wrong(assay: Assay, key: str) -> None:
    with listening(routes(EMBEDDING)) as server:
        said = assay("doctor", server.url, "--require", "sam2.*")
        nothing = assay("doctor", server.url, "--operation", "owlv2.*")

    assert (said.code, nothing.code) == (1, 4)
    assert "sam2.segment is required and cannot be asked: /openapi.json does not list" in facts(said.out, "wrong")[0]
    assert facts(nothing.out, "wrong") == ["no operation can be checked"]


def test_through_tls_and_a_proxy(assay: Assay, server: str, key: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with gateway(server, authority.context()) as secured, forward_proxy() as relayed:
        trusting = assay("doctor", secured, *MODEL, "--ca-bundle", str(authority.bundle))
        doubting = assay("doctor", secured, *MODEL)
        through = assay("doctor", server, *MODEL, "--proxy", relayed.url)

    assert trusting.code == through.code == 0
    assert re.search(r"localhost is 127\.0\.0\.1", trusting.out)
    assert re.search(r"TLSv1\.\d \([\d.]+ ms\), its certificate by trustme", trusting.out)
    assert doubting.code == 3
    assert "no TLS: [SSL: CERTIFICATE_VERIFY_FAILED]" in facts(doubting.out, "wrong")[0]
    assert "is not trusted" in doubting.err
    assert f"by the proxy {relayed.url}" in facts(through.out, "ok")


@pytest.mark.parametrize(
    ("url", "step", "complaint"),
    [
        ("http://127.0.0.1:1", "port 1 takes no connection", "no answer from http://127.0.0.1:1"),
        ("http://nowhere.invalid", "nowhere.invalid has no address", "no answer from http://nowhere.invalid"),
    ],
)
def test_the_step_that_fails_is_told(assay: Assay, url: str, step: str, complaint: str) -> None:
    said = assay("doctor", url)

    assert said.code == 3
    assert facts(said.out, "wrong")[0].startswith(step)
    assert said.err.startswith(f"assay: {complaint}")
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "no TARGET given"),
        ([""], "TARGET is empty"),
        (["nonsense"], "no http or https URL"),
        (["reference", "--only", "nope"], "no rule matches 'nope'"),
        (["reference", "--key-env", "NOT_SET"], "NOT_SET that --key-env names is not set"),
        (["http://127.0.0.1:1", "--ca-bundle", "nowhere.pem"], "--ca-bundle is for https"),
        (["reference", "--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_bad_input_gets_one_sentence(assay: Assay, words: list[str], complaint: str) -> None:
    said = assay("doctor", *words)

    assert said.code == 2
    assert complaint in said.err
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.out


def test_a_proxy_of_the_environment_is_named_and_not_used(
    assay: Assay, server: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:hidden@127.0.0.1:1")

    said = assay("doctor", server, *MODEL)

    assert said.code == 0
    assert any(each.startswith("HTTP_PROXY is set, and never used") for each in facts(said.out, "mind"))
    assert "hidden" not in said.out


def test_nothing_that_a_target_calls_itself_acts_on_the_screen(assay: Assay, key: str) -> None:
    hostile = {"name": f"\x1b[31m\n::error::{key}", "version": "1\u202e"}
    model = {"model_id": "a\x1b/1", "task_type": "object-detection"}
    paths: dict[str, Any] = {"paths": {"/sam2/embed_image": {"post": {}}}}
    answers = {"/info": hostile, "/openapi.json": paths, "/model/registry": {"models": [model]}}
    with listening(routes(answers)) as odd:
        said = assay("doctor", odd.url)

    assert "\x1b" not in said.out + said.err
    assert "\u202e" not in said.out + said.err
    assert key not in said.out + said.err
    assert not [line for line in said.out.splitlines() if line.lstrip().startswith("::")]


def test_an_answer_of_another_api(assay: Assay) -> None:
    with listening(routes({"/": response(b"{}")})) as other:
        said = assay("doctor", other.url)

    assert said.code == 3
    assert "answers, but as no inference API that Assay knows" in said.err


def test_what_is_missing_here_is_told(assay: Assay, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.doctor.here.EXTRAS", {"no-such-package": ("locust", "load hosts need it")})
    monkeypatch.setattr("assay.doctor.here.stamp_received", lambda _: False)
    monkeypatch.setattr("assay.doctor.here.LEAST_ROOM", 1 << 62)
    Path("assay.toml").write_text('depth = "quick"\n')

    said = assay("doctor", "reference")

    minded = facts(said.out, "mind")
    assert "no-such-package is not installed: load hosts need it; pip install 'assay[locust]'" in minded
    assert any("the kernel does not say when an answer came in" in each for each in minded)
    assert any(re.fullmatch(r"only \d+ GiB are free in .*: a run may take more", each) for each in minded)
    assert "settings are read from assay.toml" in said.out
    assert "(--depth quick)" in said.out
