"""Targets that are not there, not ready, no API, or that answer as nobody should."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from assay.errors import TargetUnreachable, UsageProblem
from assay.serving import running

from . import servers
from .conftest import Checking
from .servers import Answer

QUICK = {"only": ("service.answers-plain-requests", "hosted.answer.schema", "hosted.image.size", "sam2.answer.*")}


def refused(checking: Checking, folder: Path, url: str, **options: Any) -> str:
    """The sentence with which the check ends before it began; nothing is left behind."""
    with pytest.raises(TargetUnreachable) as caught:
        checking(url, **options)
    assert not list(folder.iterdir())
    return str(caught.value)


def test_nobody_listens(checking: Checking, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    assert f"no answer from {url}" in refused(checking, tmp_path, url)


def test_a_target_that_never_answers(checking: Checking, tmp_path: Path) -> None:
    started = time.monotonic()

    with servers.silent_socket() as url:
        message = refused(checking, tmp_path, url, ready_timeout=1.0)

    assert "not ready after 1 s" in message
    assert time.monotonic() - started < 20, "one request is given 120 s"


def test_a_target_that_is_never_ready(checking: Checking, tmp_path: Path) -> None:
    with running(servers.everywhere(JSONResponse({"message": "loading"}, 503))) as url:
        message = refused(checking, tmp_path, url, ready_timeout=1.0)

    assert "not ready after 1 s (status 503)" in message


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_web_page_everywhere(checking: Checking, tmp_path: Path, status: int) -> None:
    with running(servers.web_page(status)) as url:
        assert "web page" in refused(checking, tmp_path, url)


def test_another_api(checking: Checking, tmp_path: Path) -> None:
    with running(servers.stranger()) as url:
        message = refused(checking, tmp_path, url)

    assert message.startswith(
        f"{url} answers, but as no inference API that Assay knows: its /openapi.json lists none of"
    )
    assert message.endswith("check the URL and its path")


def test_json_that_tells_nothing(checking: Checking, tmp_path: Path) -> None:
    with running(servers.everywhere(JSONResponse({"detail": "Not Found"}, 404))) as url:
        message = refused(checking, tmp_path, url)

    assert "neither /openapi.json nor /info, and no documented operation answers a probe" in message
    assert "check the URL and its path, or name a model that it serves" in message


def test_a_named_model_is_asked_for_where_nothing_tells(checking: Checking, tmp_path: Path) -> None:
    """The hosted service describes itself in no way."""
    with (
        running(servers.everywhere(JSONResponse({"message": "Not Found"}, 404))) as url,
        pytest.raises(UsageProblem, match=r"does not know the model shop/1 .*, and the URL's path"),
    ):
        checking(url, models={"object-detection": "shop/1"})

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("response", [JSONResponse({"ok": True}), JSONResponse([]), Response("OK"), Response(b"")])
def test_an_api_that_takes_everything_and_knows_no_model(
    checking: Checking, tmp_path: Path, response: Response
) -> None:
    models = {"object-detection": "a/1", "classification": "b/2"}
    with running(servers.everywhere(response)) as url:
        message = refused(checking, tmp_path, url, models=models)

    assert message.startswith(f"{url} answers, but as no inference API that Assay knows: it has neither /openapi.json")
    assert message.endswith(
        "nor does an answer of a/1 and b/2 have any member that is documented; check the URL and its path"
    )


def test_a_target_that_tells_nothing_is_judged_where_one_operation_is_answered(checking: Checking) -> None:
    """The hosted service describes itself in no way; whatever else may be broken there, this is it."""

    def change(answer: Answer) -> Answer:
        return answer.saying(b'{"ok": true}') if answer.path == "/shapes/1" else answer

    app = servers.hiding(servers.reference(change), "/openapi.json", "/info", "/model/registry")
    with running(app) as url:
        models = {"object-detection": "shapes/1", "keypoint-detection": "figures/1"}
        found = checking(url, models=models, **QUICK)

    assert found.exit_code == 1
    assert found.outcomes("hosted.image.size") >= {"pass"}


def test_an_operation_that_answers_its_probe_is_judged_though_its_answers_are_none(checking: Checking) -> None:
    def change(answer: Answer) -> Answer:
        return answer.saying(b'{"ok": true}') if answer.status == 200 else answer

    app = servers.hiding(servers.reference(change), "/openapi.json", "/info", "/model/registry")
    with running(app) as url:
        found = checking(url, models={"segmentation": "hiera_tiny"}, **QUICK)

    assert found.exit_code == 1
    assert "fail" in found.outcomes("sam2.answer.schema")


def test_a_redirect_is_told_without_the_secret_in_it(checking: Checking, tmp_path: Path) -> None:
    """Nothing follows the address: whatever does would be taken for a part of the secret, and vanish with it."""
    elsewhere = RedirectResponse("https://elsewhere.example/v1?api_key=SECRET;of,mine.")
    with running(servers.everywhere(elsewhere)) as url, pytest.raises(UsageProblem) as caught:
        checking(url)

    assert str(caught.value) == (
        f"{url} redirects; give the URL that it redirects to as TARGET: https://elsewhere.example/v1?api_key=***"
    )


def test_a_server_with_a_name_that_offers_nothing_is_told_operation_by_operation(checking: Checking) -> None:
    with running(servers.stranger(name="Roboflow Inference Server")) as url:
        found = checking(url)

    assert found.exit_code == 4
    assert found.verdict.startswith("NOTHING WAS CHECKED")
    assert {outcome["outcome"] for outcome in found.run.outcomes} <= {"skip", "disabled"}
    assert "not checked: /openapi.json does not list POST" in "\n".join(found.said)


def test_drawings_end_halfway(checking: Checking) -> None:
    app = servers.cut_in_half(servers.reference(), lambda scope: b"format=image&" in scope["query_string"] + b"&")
    with running(app) as url:
        found = checking(url, only=("hosted.format.*", "hosted.image.size"))

    assert found.exit_code == 1
    assert found.outcomes("hosted.format.image-is-jpeg") == {"error"}
    assert found.outcomes("hosted.image.size") == {"pass"}
    broken = [exchange["error"]["kind"] for exchange in found.run.exchanges.values() if exchange["error"]]
    assert set(broken) == {"short body"}
    assert (found.run.folder / "report.html").is_file()


def test_every_answer_ends_halfway(checking: Checking) -> None:
    app = servers.cut_in_half(servers.reference(), lambda scope: scope["path"] in servers.OPERATIONS)
    with running(app) as url:
        found = checking(url, **QUICK)

    assert found.exit_code == 1
    assert found.outcomes("service.answers-plain-requests") == {"fail"}
    assert found.outcomes("hosted.image.size") == {"blocked"}
    assert "short body" in found.run.outcomes[0]["findings"][0]["message"]


@pytest.mark.thorough
def test_generated_requests_that_break_are_not_sent_again_and_again(checking: Checking) -> None:
    """There is nothing simpler to be found of a broken wire, and each try may cost a timeout."""
    app = servers.cut_in_half(servers.reference(), lambda scope: b"confidence" in scope["query_string"])
    with running(app) as url:
        found = checking(url, only=("service.accepts-valid-requests",), examples=8)

    purpose = "service.accepts-valid-requests / hosted.object-detection varied=confidence"
    broken = [each for each in found.run.exchanges.values() if each["purpose"] == purpose and each["error"]]
    assert len(broken) == 1
    outcome = next(each for each in found.run.outcomes if each["case"].endswith("object-detection varied=confidence"))
    assert (outcome["outcome"], outcome["exchanges"][-1]) == ("error", broken[0]["id"])


def test_a_target_that_dies_halfway(checking: Checking) -> None:
    def dies(scope: object, number: int) -> bool:
        return number > 40

    with servers.mortal(servers.reference(), dies) as url:
        found = checking(url, only=("hosted.*",), timeout=5.0)

    assert found.exit_code == 3
    assert found.verdict.startswith("TARGET LOST")
    assert "pass" in found.outcomes("hosted.answer.schema")
    assert "the target stopped answering" in found.messages
    assert "TARGET LOST" in (found.run.folder / "report.html").read_text("utf-8")


def test_a_target_that_falls_silent(checking: Checking) -> None:
    """Timeouts alone do not tell that it is gone, but after a few of them it is asked for something small."""
    app = servers.falling_silent(servers.reference(), after=20)
    with running(app, grace=0) as url:
        found = checking(url, only=("hosted.*",), timeout=0.3)

    assert found.exit_code == 3
    assert found.outcomes("hosted.format.image-is-jpeg") == {"blocked"}


def test_answers_that_take_too_long(checking: Checking) -> None:
    """Only those: the target lives, and says so when it is asked."""
    app = servers.falling_silent(
        servers.reference(), after=0, concerns=lambda scope: b"confidence" in scope["query_string"]
    )
    with running(app, grace=0) as url:
        found = checking(
            url,
            operations=("hosted.object-detection",),
            only=("hosted.confidence.higher-is-subset", "hosted.image.size"),
            timeout=3,
        )

    assert found.exit_code == 1
    assert found.outcomes("hosted.image.size") == {"pass"}
    assert found.outcomes("hosted.confidence.higher-is-subset") == {"error"}
    assert len([outcome for outcome in found.run.outcomes if outcome["outcome"] == "error"]) > 3


ODD = {
    "no JSON": (b"<predictions/>", "application/json"),
    "half of a JSON": (b'{"predictions": [', "application/json"),
    "NaN": (b'{"time": NaN, "image": {"width": Infinity, "height": 1}, "predictions": []}', "application/json"),
    "null": (b"null", "application/json"),
    "a number beyond all": (b"1" + b"0" * 5000, "application/json"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
    "no UTF-8": (b'{"predictions": "\xff\xfe\x80"}', "application/json"),
    "a lone surrogate": (b'{"predictions": "\\ud800", "\\ud800": {"\\ud800": 1}}', "application/json"),
    "nothing": (b"", "application/json"),
    "another type": (b'{"predictions": []}', "text/html; charset=utf-16"),
    "no type": (b'{"predictions": []}', ""),
    "a type in other letters": (b'{"predictions": []}', "APPLICATION/\xffJSON;;=\xfe"),
    "a long list": (json.dumps({"predictions": [{"x": i} for i in range(500)]}).encode(), "application/json"),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_answers(checking: Checking, odd: str) -> None:
    body, media = ODD[odd]

    def change(answer: Answer) -> Answer:
        return answer.saying(body, media) if answer.path in servers.HOSTED else answer

    with running(servers.reference(change)) as url:
        found = checking(url, **QUICK)

    assert found.exit_code == 1
    assert "fail" in found.outcomes("hosted.answer.schema")
    assert found.outcomes("sam2.answer.schema") == {"pass"}
    assert "the suite broke" not in found.messages
    assert (found.run.folder / "report.html").stat().st_size < 3_000_000


@pytest.mark.thorough
def test_huge_answers(checking: Checking) -> None:
    huge = json.dumps({"predictions": "x" * 20_000_000}).encode()

    def change(answer: Answer) -> Answer:
        return answer.saying(huge) if answer.path in servers.HOSTED else answer

    with running(servers.reference(change)) as url:
        found = checking(url, only=("hosted.image.size", "hosted.answer.server-fields"))

    assert found.exit_code == 1
    assert "the suite broke" not in found.messages
    assert (found.run.folder / "report.html").stat().st_size < 3_000_000
