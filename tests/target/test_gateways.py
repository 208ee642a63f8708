"""Real TLS with an authority of the test's own, a certificate that is demanded, and a forward proxy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from assay.contract.message import Request
from assay.errors import AssayError, TargetUnreachable, UsageProblem
from assay.serving import running
from assay.target import Policy, Target
from assay.target.waiting import wait_until_reached

from .gateways import HOST, Authority, forward_proxy, gateway
from .servers import Listener, listening, response, routes, saying

Make = Callable[..., Target]
INFO = Request("service.info", "GET", "/info")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def reach(target: Target) -> int:
    answer = wait_until_reached(target, INFO).response
    assert answer is not None
    return answer.status


def refusal(target: Target) -> str:
    with pytest.raises(TargetUnreachable) as caught:
        reach(target)
    return str(caught.value)


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(target: Make, authority: Authority) -> None:
    with listening(saying(response())) as server, gateway(server.url, authority.context()) as url:
        assert reach(target(url, ca_bundle=authority.bundle)) == 200
        sentence = refusal(target(url))

    assert f"the certificate that {url} shows is not trusted" in sentence
    assert "--ca-bundle FILE" in sentence


def test_another_authority_is_not(target: Make, authority: Authority, tmp_path: Path) -> None:
    with listening(saying(response())) as server, gateway(server.url, authority.context()) as url:
        assert "is not trusted" in refusal(target(url, ca_bundle=Authority(tmp_path).bundle))


def test_a_certificate_for_another_name_is_refused(target: Make, authority: Authority) -> None:
    with listening(saying(response())) as server, gateway(server.url, authority.context("else.example")) as url:
        sentence = refusal(target(url, ca_bundle=authority.bundle))

    assert "is for another name" in sentence
    assert HOST in sentence


@pytest.mark.parametrize("in_one_file", [False, True])
def test_a_client_certificate_is_shown(target: Make, authority: Authority, tmp_path: Path, in_one_file: bool) -> None:
    certificate, key = authority.certificate("client.example")
    (tmp_path / "both.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    shown = {"client_cert": tmp_path / "both.pem"} if in_one_file else {"client_cert": certificate, "client_key": key}

    with listening(saying(response())) as server, gateway(server.url, authority.context(demanding=True)) as url:
        assert reach(target(url, ca_bundle=authority.bundle, **shown)) == 200


def test_a_client_certificate_that_is_demanded_and_missing(target: Make, authority: Authority) -> None:
    with listening(saying(response())) as server, gateway(server.url, authority.context(demanding=True)) as url:
        sentence = refusal(target(url, ca_bundle=authority.bundle))

    assert "asks for a client certificate" in sentence
    assert "--client-cert" in sentence


def test_no_tls_where_https_was_said(target: Make) -> None:
    with running(PlainTextResponse("")) as url:
        sentence = refusal(target(url.replace("http:", "https:")))

    assert "no TLS connection" in sentence
    assert "check that it is https" in sentence


@pytest.mark.parametrize("secured", [False, True])
def test_an_explicit_proxy_is_used(target: Make, authority: Authority, secured: bool) -> None:
    with listening(saying(response())) as server, forward_proxy() as proxy:
        if secured:
            with gateway(server.url, authority.context()) as url:
                assert reach(target(url, ca_bundle=authority.bundle, proxy=proxy.url)) == 200
                expected = f"CONNECT {url.removeprefix('https://')} HTTP/1.1"
        else:
            assert reach(target(server.url, proxy=proxy.url)) == 200
            expected = f"GET {server.url}/info HTTP/1.1"

    assert proxy.lines == [expected]
    assert server.lines() == ["GET /info HTTP/1.1"]


@pytest.mark.parametrize("secured", [False, True])
def test_a_proxy_that_wants_a_password(target: Make, authority: Authority, secured: bool) -> None:
    def asked(server: Listener, proxy: str) -> Target:
        return target(server.url.replace("http:", "https:") if secured else server.url, proxy=proxy)

    with listening(saying(response())) as server, forward_proxy("hunter2hunter2") as proxy:
        with_password = proxy.url.replace("//", "//someone:hunter2hunter2@")
        if secured:
            sentence = refusal(asked(server, proxy.url))
            assert f"the proxy {proxy.url} let nothing through" in sentence
            assert "407" in sentence
        else:
            assert reach(asked(server, proxy.url)) == 407
            assert reach(asked(server, with_password)) == 200


def test_a_proxy_that_is_not_there(target: Make) -> None:
    with forward_proxy() as proxy:
        gone = proxy.url
    with listening(saying(response())) as server:
        sentence = refusal(target(server.url, proxy=gone))

    assert f"through {gone}" in sentence
    assert "check --proxy" in sentence


@pytest.mark.parametrize(
    "proxy", ["", "proxy:3128", "socks5://127.0.0.1:1080", "http://", "http://a b", "http://proxy:3128/path"]
)
def test_what_is_no_proxy(proxy: str) -> None:
    with pytest.raises(UsageProblem, match="--proxy: give an http or https URL"):
        Policy("http://host.example", proxy=proxy)


def test_the_password_of_a_proxy_is_not_shown() -> None:
    policy = Policy("http://127.0.0.1:1", proxy="http://someone:hunter%402@proxy.example:3128")

    assert "hunter" not in repr(policy)
    assert policy.proxy_shown == "http://proxy.example:3128"
    assert {value for _, value in policy.proxy_secrets} >= {"hunter%402", "hunter@2"}
    assert not policy.loopback


def test_files_that_cannot_be_used(target: Make, authority: Authority, tmp_path: Path) -> None:
    empty, missing = tmp_path / "empty.pem", tmp_path / "missing.pem"
    empty.write_text("no certificate")
    certificate, key = authority.certificate("client.example")
    other, _ = authority.certificate("other.example")
    mistakes: list[tuple[dict[str, Path], str]] = [
        ({"ca_bundle": missing}, "--ca-bundle .*missing.pem: cannot be read"),
        ({"ca_bundle": empty}, "--ca-bundle .*empty.pem: holds no certificate"),
        ({"ca_bundle": tmp_path}, "--ca-bundle .*: "),
        ({"client_cert": missing}, "--client-cert .*missing.pem: cannot be read"),
        ({"client_cert": certificate}, "--client-cert: .* private key"),
        ({"client_cert": certificate, "client_key": missing}, "--client-key .*missing.pem: cannot be read"),
        ({"client_cert": other, "client_key": key}, "--client-cert: .* private key that belongs to it"),
        ({"client_key": key}, "--client-key is of no use alone"),
    ]

    for files, complaint in mistakes:
        with pytest.raises(UsageProblem, match=complaint):
            target("https://host.example", **files)
    with pytest.raises(UsageProblem, match="--ca-bundle is for https"):
        target("http://host.example", ca_bundle=authority.bundle)


def test_a_locked_key_is_refused_and_not_asked_for(target: Make, authority: Authority, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form

    certificate, key = authority.certificate("client.example")
    plain = form.load_pem_private_key(key.read_bytes(), None)
    locked = plain.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"pass phrase")
    )
    (tmp_path / "locked.key").write_bytes(locked)

    with pytest.raises(AssayError, match="locked by a pass phrase"):
        target("https://host.example", client_cert=certificate, client_key=tmp_path / "locked.key")


def test_a_base_url_may_have_a_path(target: Make) -> None:
    with listening(routes({"/gateway/v1/info": {}})) as server:
        assert reach(target(f"{server.url}/gateway/v1/")) == 200
