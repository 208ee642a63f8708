"""The policy: which URLs and keys can be used, and what counts as this machine."""

from __future__ import annotations

import pytest

from assay.errors import Exit, UsageProblem
from assay.target import KeyPlace, Policy


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://localhost:9001", "http://localhost:9001"),
        ("http://localhost:9001/", "http://localhost:9001"),
        ("https://host.example/a/b//", "https://host.example/a/b"),
        ("HTTP://Host.Example", "HTTP://Host.Example"),
        ("http://[::1]:9001", "http://[::1]:9001"),
        ("http://10.0.0.7:80/", "http://10.0.0.7:80"),
        ("https://host.example:65535", "https://host.example:65535"),
    ],
)
def test_urls_that_can_be_used(url: str, base: str) -> None:
    assert Policy(url).base_url == base


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "\n", "localhost:9001", "//localhost", "ftp://host", "file:///etc/passwd", "http://", "http:///a", "http://:80",
        "http://host:0", "http://host:65536", "http://host:x", "http://[::1", "http://ho st", "http://host/a b", " http://host",
        "http://host ", "http://host\n", "http://host\x00", "http://host\\a", "reference", "http", "http://<host>",
    ],
)  # fmt: skip
def test_urls_that_cannot(url: str) -> None:
    with pytest.raises(UsageProblem, match="TARGET") as caught:
        Policy(url)

    assert caught.value.exit_code is Exit.USAGE
    assert "http://localhost:9001" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@host.example",
        "http://:hunter2@host.example",
        "http://hunter2@host.example",
        "http://host.example?api_key=hunter2",
        "http://host.example/a?x#hunter2",
        "http://host.example#hunter2",
        "http://me:hunter2@host.example:x",
        "host.example?api_key=hunter2",
    ],
)
def test_urls_with_secrets_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        Policy(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost", True),
        ("http://LOCALHOST:1", True),
        ("http://127.0.0.1:9001", True),
        ("http://127.8.7.6", True),
        ("http://[::1]:9001/a", True),
        ("http://127.0.0.1.example.com", False),
        ("http://127.example.com", False),
        ("http://localhost.example.com", False),
        ("http://128.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[::2]", False),
        ("https://serverless.roboflow.com", False),
    ],
)
def test_what_counts_as_this_machine(url: str, loopback: bool) -> None:
    assert Policy(url).loopback is loopback


@pytest.mark.parametrize("key", ["kX9fQ2mZ7pLw4RtB8vNc", "rf_abc-DEF.1~2+3/4==", "12345"])
def test_keys_that_can_be_used(key: str) -> None:
    policy = Policy("http://host.example", key=key)

    assert policy.key == key
    assert key not in repr(policy)


@pytest.mark.parametrize(
    "key", ["", "1234", "with space", "ключ-ключ", "tab\tkey", "line\nkey", "null\x00key", 'quo"te', "kéyéy"]
)
def test_keys_that_cannot(key: str) -> None:
    with pytest.raises(UsageProblem, match="API key") as caught:
        Policy("http://host.example", key=key)

    assert not key or key not in str(caught.value)


def test_no_secret_is_shown() -> None:
    policy = Policy("http://host.example", key="hunter2hunter2", headers=(("X-Gateway", "hunter3"),))

    assert "hunter" not in repr(policy)
    assert policy.key_place is KeyPlace.DOCUMENTED
