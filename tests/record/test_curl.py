"""The command that a report prints sends the recorded request again, word for word, with the key of whoever runs it."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.contract.message import Request, Response
from assay.record import KEY_VARIABLE, Exchange, RecordWriter, Redactor, read

KEY = "kX9fQ2mZ7pLw4RtB8vNc"
BASE = "http://target.example:9001/base"
CURL = """#!/bin/sh
printf '%s\\0' "$@" > "$HEARD/words"
for word in "$@"; do
  case "$word" in
    @-) cat > "$HEARD/body" ;;
    @*) cat "${word#@}" > "$HEARD/body" ;;
  esac
done
"""
"""Stands in for curl: what it is given lies in the folder $HEARD afterwards."""

JSON = ("Content-Type", "application/json")


def heard(folder: Path, request: Request, key: str = KEY, shell: str = "sh") -> tuple[list[str], bytes]:
    """The words and the body that curl gets when the recorded command is run in the record's folder."""
    (folder / "bin").mkdir()
    (folder / "bin" / "curl").write_text(CURL)
    (folder / "bin" / "curl").chmod(0o755)
    writer = RecordWriter(folder / "run", BASE, Redactor(key))
    writer.header(assay={"version": "0"}, target={"url": BASE}, configuration={}, seed=0, capabilities={})
    writer.exchange(Exchange("x000001", request, Response(200, (), b""), None, 0.0, 0.0), "smoke")
    writer.close()
    command = read(folder / "run").exchanges["x000001"]["curl"]
    assert key not in command
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HEARD": str(folder), KEY_VARIABLE: key}
    subprocess.run([shell, "-c", command], cwd=folder / "run", env=environment, check=True)
    body = folder / "body"
    words = (folder / "words").read_bytes().decode().split("\0")[:-1]
    return words, body.read_bytes() if body.exists() else b""


def options(words: list[str], name: str) -> list[str]:
    return [value for option, value in pairwise(words) if option == name]


def request(query: tuple[tuple[str, str], ...] = (), body: bytes = b"", **more: object) -> Request:
    headers: tuple[tuple[str, str], ...] = (JSON,) if body else ()
    return Request("sam2.segment", "POST", "/sam2/segment_image", query, headers, body).replace(**more)


# What a header or a parameter may hold, the shell's own characters most of all.
odd = st.text(st.sampled_from("ab1 '\"\\$`!#&|;<>()*?[]{}~%^=,@-_é\u2028"), max_size=12)
shown = st.text(st.sampled_from("ab1 '\"\\$`!#&|;<>()*?[]{}~%^=,@-_"), min_size=1, max_size=12).map(
    lambda text: f"x{text}x"
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=odd, header=shown, body=st.binary(max_size=60))
def test_every_word_reaches_curl_as_it_was_sent(
    tmp_path_factory: pytest.TempPathFactory, value: str, header: str, body: bytes
) -> None:
    sent = request((("classes", value), ("api_key", KEY)), body, headers=(("X-Odd", header), JSON))

    words, received = heard(tmp_path_factory.mktemp("curl"), sent)

    assert words[:4] == ["-sS", "-X", "POST", BASE + sent.url]
    assert options(words, "-H") == [f"X-Odd: {header}", "Content-Type: application/json"]
    assert received == body


@pytest.mark.parametrize("key", [KEY, "a+b/c=d~e.f-g_h1", "+++++++++", "12345", "key=with=equals"])
@pytest.mark.parametrize("place", ["query", "header", "body"])
def test_the_key_is_filled_in_wherever_it_was(tmp_path: Path, key: str, place: str) -> None:
    body = b'{"image": 1}'
    sent = {
        "query": request((("x", "1"), ("api_key", key)), body),
        "header": request(body=body, headers=(("Authorization", f"Bearer {key}"), JSON)),
        "body": request(body=f'{{"api_key": "{key}", "again": "{key}"}}'.encode()),
    }[place]

    words, received = heard(tmp_path, sent, key)

    assert received == sent.body
    expected = sent.url.replace("%2F", "/").replace("%3D", "=").replace("%7E", "~")  # the same to any server
    assert words[3].replace("%2F", "/").replace("%3D", "=") == BASE + expected
    assert options(words, "-H") == [f"{name}: {value}" for name, value in sent.headers]


def test_a_request_without_a_body_sends_none(tmp_path: Path) -> None:
    words, received = heard(tmp_path, request(method="GET", path="/info"))

    assert words == ["-sS", "-X", "GET", f"{BASE}/info"]
    assert received == b""


def test_a_body_without_a_content_type_gets_none_from_curl(tmp_path: Path) -> None:
    words, received = heard(tmp_path, request(body=b"picture", headers=()))

    assert options(words, "-H") == ["Content-Type:"]
    assert received == b"picture"


def test_a_header_without_a_value_is_sent(tmp_path: Path) -> None:
    words, _ = heard(tmp_path, request(body=b"x", headers=(JSON, ("X-Empty", ""))))

    assert options(words, "-H") == ["Content-Type: application/json", "X-Empty;"]


def test_bytes_of_no_text_and_last_lines_without_an_end(tmp_path: Path) -> None:
    for number, body in enumerate((bytes(range(256)) * 3, b"no end of line", b"lines\r\n\r\n", b"\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert heard(folder, request(body=body))[1] == body
