"""Pictures for the target to fetch: what is served, to whom, and how it is counted."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from assay.errors import UsageProblem
from assay.scene import SCENES
from assay.target.assets import Assets, Bind, parse_bind, serving

PICTURE = SCENES["speck"].jpeg()
DRAWN = SCENES["speck"].png()


def test_a_published_picture_is_served_and_each_fetch_counted() -> None:
    with serving(Bind()) as assets:
        url = assets.publish(PICTURE)
        answers = [httpx.get(url, trust_env=False) for _ in range(2)]

        assert assets.fetches(url) == 2
        assert assets.fetches(assets.publish(DRAWN)) == 0

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == PICTURE
    assert answers[0].headers["content-type"] == "image/jpeg"


def test_one_picture_has_one_address_that_cannot_be_guessed() -> None:
    with serving(Bind()) as one, serving(Bind()) as other:
        assert one.publish(PICTURE) == one.publish(PICTURE)
        names = [assets.publish(picture).rpartition("/")[2] for assets in (one, other) for picture in (PICTURE, DRAWN)]

    assert len(set(names)) == 4
    assert all(len(name) >= 24 for name in names)


def test_another_picture_lies_behind_the_query_of_an_address() -> None:
    with serving(Bind()) as assets:
        url = assets.behind_a_query(PICTURE, DRAWN)
        plain, _, query = url.partition("?")
        asked = {
            "as it is": url,
            "with less escaped": url.replace("%2F", "/"),
            "without": plain,
            "cut": url[:-1],
            "read once more": f"{plain}?{unquote(query)}",
        }
        found = {how: httpx.get(one, trust_env=False).content for how, one in asked.items()}

        assert assets.fetches(url) == 2
        assert assets.fetches(plain) == 3

    right = {"as it is", "with less escaped"}
    assert {how for how, content in found.items() if content == PICTURE} == right
    assert all(content == DRAWN for how, content in found.items() if how not in right)


def test_the_picture_at_an_address_changes_and_nobody_may_keep_it(tmp_path: Path) -> None:
    with serving(Bind()) as leader:
        leader.share(tmp_path)
        for assets in (leader, Assets(leader.base_url, tmp_path)):
            url = assets.changing(PICTURE, DRAWN)
            answers = [httpx.get(url, trust_env=False)]
            assets.change(url, DRAWN)
            answers.append(httpx.get(url, trust_env=False))

            assert [answer.content for answer in answers] == [PICTURE, DRAWN]
            assert answers[1].headers["content-type"] == "image/png"
            assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
            assert assets.fetches(url) == 2
            assert assets.changing(PICTURE, DRAWN) != url


def test_whose_pictures_are_at_an_address_is_known_by_it() -> None:
    """So that the answers about a user's own pictures are withheld."""
    with serving(Bind()) as assets:
        names = [assets.publish(picture).rpartition("/")[2] for picture in (PICTURE, DRAWN)]
        for url in (assets.behind_a_query(PICTURE, DRAWN), assets.changing(PICTURE, DRAWN)):
            assert all(name in url for name in names)


def test_nothing_else_is_served() -> None:
    with serving(Bind()) as assets:
        url = assets.publish(PICTURE)
        base = assets.base_url
        statuses = {
            path: httpx.get(f"{base}{path}", trust_env=False).status_code
            for path in ("/", "/etc/passwd", "/..%2f..%2fetc%2fpasswd", "/x.jpg")
        }
        written = [httpx.request(method, url, trust_env=False).status_code for method in ("POST", "PUT", "DELETE")]

        assert assets.fetches(url) == 0

    assert set(statuses.values()) == {404}
    assert written == [405, 405, 405]


def test_a_front_with_a_path_leads_there_too() -> None:
    with serving(Bind()) as assets:
        at = assets.base_url
        url = assets.publish(PICTURE)
        answer = httpx.get(f"{at}/pictures/{url.rpartition('/')[2]}", trust_env=False)

    assert answer.content == PICTURE


def test_the_address_that_the_target_gets_is_the_one_that_the_user_named() -> None:
    with serving(Bind("127.0.0.1", 0), "https://front.example/assay/") as assets:
        assert assets.publish(PICTURE).startswith("https://front.example/assay/")


def test_an_address_that_stands_for_all_needs_another_for_the_target() -> None:
    with pytest.raises(UsageProblem, match="--asset-base-url"), serving(Bind("0.0.0.0")):
        pass


def test_an_address_that_is_taken() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UsageProblem, match="--asset-bind"),
        serving(Bind("127.0.0.1", taken.getsockname()[1])),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1", Bind("127.0.0.1", 0)),
        ("0.0.0.0:8088", Bind("0.0.0.0", 8088)),
        ("pictures.example:80", Bind("pictures.example", 80)),
        ("[::1]:8088", Bind("::1", 8088)),
        ("[::]", Bind("::", 0)),
    ],
)
def test_addresses_to_serve_at(text: str, expected: Bind) -> None:
    assert parse_bind(text) == parse_bind(str(expected)) == expected


@pytest.mark.parametrize("text", ["", ":80", "host:", "host:many", "host:70000", "http://host:80", "[::1]x"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageProblem, match="--asset-bind"):
        parse_bind(text)
