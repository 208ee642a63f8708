"""A whole check through what stands in front of real deployments: TLS, a client certificate, a proxy, a path."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from assay.errors import TargetUnreachable, UsageProblem
from assay.serving import running
from tests.target.gateways import Authority, forward_proxy, gateway

from . import servers
from .conftest import Checking
from .servers import KEY

SMALL = ("hosted.image.size", "sam2.answer.*", "service.answers-plain-requests")
PASSWORD = "hunter2hunter2"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextlib.contextmanager
def below(path: str) -> Iterator[str]:
    """The reference deployment, reached below a path only."""
    with running(Starlette(routes=[Mount(path, servers.reference())])) as url:
        yield url + path


@pytest.mark.thorough
def test_everything_works_below_a_path(checking: Checking) -> None:
    with below("/gateway/v1") as url:
        found = checking(f"{url}/", depth="quick")

    assert found.exit_code == 0
    assert found.run.header["target"]["url"] == url
    sent = [exchange["request"]["url"] for exchange in found.run.exchanges.values()]
    assert all(each.startswith(f"{url}/") and "//" not in each.removeprefix("http://") for each in sent)


def test_through_all_of_it(checking: Checking, authority: Authority, tmp_path: Path) -> None:
    """And a printed command still runs, with the password in the environment."""
    certificate, key = authority.certificate("client.example")
    with (
        below("/v1") as inner,
        gateway(inner.removesuffix("/v1"), authority.context(demanding=True)) as outer,
        forward_proxy(PASSWORD) as proxy,
    ):
        with_password = proxy.url.replace("//", f"//someone:{PASSWORD}@")
        found = checking(
            f"{outer}/v1",
            only=SMALL,
            ca_bundle=authority.bundle,
            client_cert=certificate,
            client_key=key,
            proxy=with_password,
        )
        exchange = next(each for each in found.run.exchanges.values() if each["operation"] == "sam2.segment")
        again = subprocess.run(
            ["sh", "-c", exchange["curl"]],
            cwd=found.run.folder,
            env={"PATH": os.environ["PATH"], "ROBOFLOW_API_KEY": KEY, "ASSAY_PROXY": with_password},
            capture_output=True,
            check=False,
        )

    assert found.exit_code == 0
    assert f"through the proxy {proxy.url}" in "\n".join(found.said)
    assert found.run.header["configuration"]["proxy"] == proxy.url
    assert found.run.header["configuration"]["ca_bundle"] == str(authority.bundle)
    assert {line.split(" ")[0] for line in proxy.lines} == {"CONNECT"}
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in content for content in written)
    if shutil.which("curl"):
        assert b'"predictions"' in again.stdout, again.stderr


def test_what_a_gateway_refuses_is_told_in_a_sentence(checking: Checking, authority: Authority, tmp_path: Path) -> None:
    with below("/v1") as inner, gateway(inner, authority.context(demanding=True)) as url:
        with pytest.raises(TargetUnreachable, match="is not trusted"):
            checking(url)
        with pytest.raises(TargetUnreachable, match="asks for a client certificate"):
            checking(url, ca_bundle=authority.bundle)
    asks = pytest.raises(UsageProblem, match=r"asks for a name and a password; give .* in .* ASSAY_PROXY")
    with below("/v1") as inner, forward_proxy(PASSWORD) as proxy, asks:
        checking(inner, proxy=proxy.url)
    assert not list(tmp_path.iterdir())
