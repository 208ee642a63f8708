"""References, normalisation, and the recorded exchanges as they lie in fixtures/."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from ..places import EXCHANGES
from ..recording.cases import GROUPS, HARDENED
from ..recording.exchange import Exchange, load_all
from ..recording.normalise import Normaliser, metrics
from ..recording.references import ENCODINGS, Binaries, expand, expand_json, reference
from ..settings import ENGINES

PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 3


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(PICTURE)
    return tmp_path


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_reference_stands_for_the_encoded_file(root: Path, encoding: str) -> None:
    text = f"x{reference('a.jpg', encoding)}y\u00e9"
    assert expand(text, root) == b"x" + ENCODINGS[encoding](PICTURE) + "y\u00e9".encode()


def test_references_are_replaced_everywhere_in_json(root: Path) -> None:
    encoded = base64.b64encode(PICTURE).decode()
    value = {"a": [reference("a.jpg"), 1, None], "b": {"c": f"data:,{reference('a.jpg')}"}}
    assert expand_json(value, root) == {"a": [encoded, 1, None], "b": {"c": f"data:,{encoded}"}}


def test_pictures_in_answers_become_references_and_come_back(root: Path) -> None:
    binaries = Binaries(root, root / "pictures")
    drawn = b"\xff\xd8\xff" + bytes(range(255, -1, -1))
    for content in (PICTURE, drawn):
        text = f"before {base64.b64encode(content).decode()} after"
        written = binaries.contract(text)
        assert "${" in written
        assert expand(written, root).decode() == text
    assert [file.suffix for file in (root / "binaries").iterdir()] == [".jpg"]
    assert binaries.contract("A" * 80) == "A" * 80


def test_text_that_reads_as_a_reference_is_not_written(root: Path) -> None:
    with pytest.raises(ValueError, match="reads as a reference"):
        Binaries(root, root / "pictures").contract("${pictures/a.jpg|base64}")


def test_what_changes_from_run_to_run_is_normalised() -> None:
    normaliser = Normaliser({"127.0.0.1:4711": "127.0.0.1:9101"}, {Path("/some/where"): "/rig"})
    one, two = "6dfbe2a9-b6c1-47d4-80f4-7e1b17d140db", "d28aaf39-181b-4d53-9ddc-dda7e191e159"
    body = {
        "id": one,
        "time": 1.5,
        "at": "http://127.0.0.1:4711/x /some/where/y",
        "again": [one, two],
        "n": 1.5,
    }
    first, second = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
    assert normaliser.json(body) == {
        "id": first,
        "time": 0.125,
        "at": "http://127.0.0.1:9101/x /rig/y",
        "again": [first, second],
        "n": 1.5,
    }
    assert normaliser.text("http%3A%2F%2F127.0.0.1%3A4711") == "http%3A%2F%2F127.0.0.1%3A9101"
    assert normaliser.header("x-request-id", "c9e3") == "00000000000000000000000000000003"
    assert normaliser.header("x-model-load-details", '[{"m": "a", "t": 1.4}]') == '[{"m": "a", "t": 0.125}]'


def test_metrics_keep_names_and_lose_values() -> None:
    page = '# HELP a b 3\na_total{path="/x y"} 3.5e-07\nb 2\n'
    assert metrics(page) == '# HELP a b 3\na_total{path="/x y"} 0.0\nb 0.0\n'


def test_names_of_cases_are_file_names_and_occur_once() -> None:
    for group, cases in {**GROUPS, **HARDENED}.items():
        names = [case.name for case in cases()]
        assert len(names) == len(set(names)), group
        assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in names), group


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    return load_all(EXCHANGES)


def test_every_case_is_recorded_for_both_engines_as_it_is_now(exchanges: list[Exchange]) -> None:
    recorded = {(x.engine, x.group, x.case): (x.method, x.url, x.request.written) for x in exchanges}
    expected = {
        (engine, group, case.name): (case.method, case.url, case.written_body())
        for engine in ENGINES
        for group, cases in {**GROUPS, **HARDENED}.items()
        for case in cases()
    }
    assert recorded == expected


def test_recorded_bodies_are_as_long_as_their_headers_say(exchanges: list[Exchange]) -> None:
    for exchange in exchanges:
        where = f"{exchange.engine}/{exchange.group}/{exchange.case}"
        assert int(exchange.request.headers.get("content-length", 0)) == len(exchange.request.body()), where
        if exchange.method != "HEAD":
            length = exchange.response.headers.get("content-length")
            assert length in (None, str(len(exchange.response.body()))), where


def test_recorded_files_name_no_machine() -> None:
    pattern = re.compile(r"/(?:tmp|root|home|Users)/|site-packages|\b127\.0\.0\.1:(?!9001\b|9101\b)\d+")
    for file in EXCHANGES.glob("*/*/*.json"):
        found = pattern.search(file.read_text(encoding="utf-8"))
        assert found is None, f"{file}: {found}"


def test_no_recorded_file_is_unused() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in EXCHANGES.glob("*/*/*.json"))
    unused = [file for file in EXCHANGES.glob("binaries/*") if f"binaries/{file.name}|" not in text]
    assert unused == []
