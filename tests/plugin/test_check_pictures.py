"""Pictures by their address: served to whoever may fetch them, and skipped where the target fetches none."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from urllib.parse import parse_qs

import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.errors import UsageProblem
from assay.plugin.fetching import serve_pictures
from assay.plugin.options import CheckOptions
from assay.serving import running
from assay.target import Policy, Target
from assay.target.assets import Bind

from . import servers
from .conftest import Checking

RULE = "service.picture-by-address"
DELIVERED = (RULE, "service.picture-as-form", "service.picture-spellings")
HTTPS_ONLY = (
    "Could not load input image. Cause: Providing images via non https:// URL is not supported in this configuration "
    "of `inference`."
)
NO_ADDRESS = HTTPS_ONLY.replace("non https:// URL", "URL without FQDN")
NOT_REACHED = "Could not load input image. Cause: Data pointed by URL could not be decoded into image."


def instead(app: ASGIApp, response: Response) -> ASGIApp:
    """The hosted route fetches nothing, and answers a picture by its address with this."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope.get("query_string", b"").decode())
        await (response if "image" in query else app)(scope, receive, send)

    return answer


def refusing(message: str, status: int = 400) -> ASGIApp:
    return instead(servers.reference(), JSONResponse({"message": message}, status))


@pytest.mark.parametrize("message", [HTTPS_ONLY, NO_ADDRESS])
def test_a_target_that_forbids_such_addresses_is_not_asked(checking: Checking, message: str) -> None:
    with running(refusing(message)) as url:
        found = checking(url, only=(RULE, "service.picture-as-form"))

    assert found.outcomes(RULE) == {"skip"}
    assert "the target forbids pictures by such an address" in found.messages
    assert message[-40:] in found.messages
    assert found.outcomes("service.picture-as-form") == {"pass"}
    assert found.exit_code == 0


def test_a_target_that_cannot_reach_the_pictures_is_not_accused(checking: Checking) -> None:
    with running(refusing(NOT_REACHED)) as url:
        found = checking(url, only=(RULE, "service.picture-as-form"))

    assert found.outcomes(RULE) <= {"skip", "pass"}
    assert found.exit_code == 0


def test_where_nothing_fetches_it_is_said_how_it_could(checking: Checking) -> None:
    async def isolated(scope: Scope, receive: Receive, send: Send) -> None:
        await (refused if scope.get("method") == "POST" and await by_address(scope) else app)(scope, receive, send)

    async def by_address(scope: Scope) -> bool:
        return b"image=" in scope["query_string"] or scope["path"].startswith(("/sam2", "/infer", "/owlv2"))

    app, refused = servers.reference(), JSONResponse({"message": NOT_REACHED}, 400)
    with running(isolated) as url:
        found = checking(url, only=(RULE,), models={"object-detection": "shapes/1"})

    assert "skip" in found.outcomes(RULE)
    assert "--asset-bind and --asset-base-url say where it can" in found.messages


def seeing_nothing(answer: servers.Answer) -> servers.Answer:
    """A model that finds nothing, of a server that states the same size and time for every picture."""
    if answer.path != "/shapes/1" or answer.status != 200 or b"format=image" in answer.scope["query_string"]:
        return answer
    return answer.document(predictions=[], image={"width": 640, "height": 480}, time=0.1)


def test_where_every_picture_is_answered_alike_nothing_is_shown(checking: Checking) -> None:
    """A case that could not have failed is inconclusive, though the picture was fetched and the request answered."""
    with running(servers.reference(seeing_nothing)) as url:
        found = checking(url, only=DELIVERED, models={"object-detection": "shapes/1"})

    blind = [each for each in found.run.outcomes if each["case"].startswith("hosted.object-detection")]
    assert {each["rule"] for each in blind if each["outcome"] == "inconclusive"} == set(DELIVERED)
    assert {each["outcome"] for each in blind if each["rule"] in DELIVERED} == {"inconclusive"}
    assert found.exit_code == 0


def test_what_refuses_a_form_is_told_so_though_it_sees_nothing(checking: Checking) -> None:
    def formless(answer: servers.Answer) -> servers.Answer:
        headers = dict(answer.scope["headers"])
        if headers.get(b"content-type", b"").startswith(b"multipart/"):
            return answer.saying(b'{"message": "Send base64."}', status=400)
        return seeing_nothing(answer)

    with running(servers.reference(formless)) as url:
        found = checking(url, only=("service.picture-as-form",), models={"object-detection": "shapes/1"})

    assert found.outcomes("service.picture-as-form") == {"warn"}


def test_an_answer_that_was_never_fetched_is_broken(checking: Checking) -> None:
    stock = {"time": 0.1, "image": {"width": 9, "height": 9}, "predictions": []}
    with running(instead(servers.reference(), JSONResponse(stock))) as url:
        found = checking(url, only=(RULE,))

    assert "fail" in found.outcomes(RULE)
    assert found.exit_code == 1


def test_a_crash_on_addresses_is_no_reason_to_skip(checking: Checking) -> None:
    with running(refusing("Internal error.", 500)) as url:
        found = checking(url, only=(RULE,))

    assert "fail" in found.outcomes(RULE)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_the_target_gets_the_address_that_the_user_named(checking: Checking, url: str, port: int) -> None:
    front = f"http://localhost:{port}/front"

    found = checking(url, only=(RULE,), asset_bind=Bind("127.0.0.1", port), asset_base_url=front)

    assert found.outcomes(RULE) == {"pass"}
    sent = json.dumps([exchange["request"]["url"] for exchange in found.run.exchanges.values()])
    assert f"localhost%3A{port}%2Ffront%2F" in sent
    assert found.run.header["configuration"]["asset_bind"] == f"127.0.0.1:{port}"


def test_nothing_is_served_to_a_target_elsewhere_unless_the_user_says_where() -> None:
    target = Target(Policy("https://target.example"))

    with ExitStack() as stack:
        serve_pictures(target, CheckOptions("https://target.example"), stack)

    assert target.assets is None
    assert target.no_url == "a target elsewhere gets pictures by address only with --asset-bind"


def test_an_address_that_cannot_be_had_is_told_before_the_target_is_asked(checking: Checking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        with pytest.raises(UsageProblem, match=r"--asset-bind: cannot serve at nowhere\.invalid:0: "):
            checking(url, asset_bind=Bind("nowhere.invalid"))

        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(
    ("bind", "base"),
    [(None, "http://front.example"), (Bind("0.0.0.0", 0), "http://front.example"), (Bind("0.0.0.0", 80), "front")],
)
def test_a_way_to_the_pictures_that_leads_nowhere(bind: Bind | None, base: str) -> None:
    with pytest.raises(UsageProblem, match="--asset-base-url"):
        CheckOptions("http://target.example", asset_bind=bind, asset_base_url=base)
