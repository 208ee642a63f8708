"""A bundle is plain files: what is written is read again, and what cannot be used is told in one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from assay.contract.message import Response
from assay.errors import UsageProblem
from assay.golden.bundle import ABOUT, About, Bundle
from assay.golden.tables import text
from assay.questions.question import declared

QUESTION = declared()["hosted.object-detection/json/trio"]
ANSWER = Response(200, (("Content-Type", "application/json"),), b'{"predictions": [], "time": 0.25}')
DRAWN = Response(200, (("Content-Type", "image/jpeg"),), b"\xff\xd8\xff and so on")


@pytest.fixture
def small(tmp_path: Path) -> Bundle:
    """One golden answer."""
    bundle = Bundle.begun(tmp_path / "goldens")
    bundle.write(QUESTION.id, QUESTION.asking, ANSWER)
    bundle.about = About(
        recorded="2026-11-27", by='A "B"', server={"name": "server"}, models={"object-detection": "a/1"}
    )
    bundle.save()
    return Bundle(bundle.folder)


def files(bundle: Bundle) -> dict[str, bytes]:
    places = (path for path in bundle.folder.rglob("*") if path.is_file())
    return {path.relative_to(bundle.folder).as_posix(): path.read_bytes() for path in places}


def test_what_is_written_is_read_again(small: Bundle) -> None:
    golden = small.read(QUESTION.id)

    assert small.identifiers() == [QUESTION.id]
    assert golden.asking.request("a/1") == QUESTION.asking.request("a/1")
    assert golden.asking.threshold == QUESTION.asking.threshold
    assert golden.answer.json() == {"predictions": []}
    assert small.about.by == 'A "B"'
    assert small.about.models == {"object-detection": "a/1"}


def test_the_folder_is_the_id(small: Bundle) -> None:
    picture = next(name for name in files(small) if name.startswith("pictures/"))

    assert {*files(small)} == {ABOUT, picture, f"{QUESTION.id}/request.json", f"{QUESTION.id}/answer.json"}
    assert picture.rpartition("/")[2] in files(small)[f"{QUESTION.id}/request.json"].decode()


def test_other_ids_and_times_change_no_byte(small: Bundle) -> None:
    before = files(small)

    later = ANSWER.replace(body=b'{"time": 9.75, "inference_id": "other", "predictions": []}')

    assert small.write(QUESTION.id, QUESTION.asking, later) == "same"
    assert files(small) == before


def test_an_answer_of_another_kind_takes_the_place(small: Bundle) -> None:
    assert small.write(QUESTION.id, QUESTION.asking, DRAWN) == "changed"

    assert f"{QUESTION.id}/answer.json" not in files(small)
    assert files(small)[f"{QUESTION.id}/answer.jpg"] == DRAWN.body
    assert small.read(QUESTION.id).answer.media_type == "image/jpeg"


def test_an_empty_folder_becomes_one_and_a_full_one_does_not(tmp_path: Path) -> None:
    assert Bundle.begun(tmp_path).identifiers() == []
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageProblem, match=r"holds something, and no golden\.toml"):
        Bundle.begun(tmp_path)


def test_a_digest_tells_other_answers(small: Bundle) -> None:
    before = small.digest
    small.write(QUESTION.id, QUESTION.asking, DRAWN)

    assert small.digest != before


BROKEN = {
    "format = 1\nby = [": "golden.toml is broken",
    "format = 2\n": "of the format 2, and this Assay reads up to 1",
    'format = "1"\n': "of the format '1'",
    "by = 'x'\n": "of the format None",
    "format = 1\nmodels = 'x'\n": "models is none of what Assay writes there",
    "format = 1\nsurprise = 1\n": "surprise is none of what Assay writes there",
}


@pytest.mark.parametrize(("content", "told"), BROKEN.items())
def test_a_broken_golden_toml_is_told(small: Bundle, content: str, told: str) -> None:
    (small.folder / ABOUT).write_text(content)

    with pytest.raises(UsageProblem) as problem:
        Bundle(small.folder)
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_no_bundle_is_told(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageProblem, match=r"holds no golden\.toml"):
            Bundle(place)


def test_a_picture_that_is_gone_or_another_is_told(small: Bundle) -> None:
    picture = next((small.folder / "pictures").iterdir())
    picture.write_bytes(b"another")
    with pytest.raises(UsageProblem, match="is not what it was"):
        small.read(QUESTION.id)
    picture.unlink()
    with pytest.raises(UsageProblem, match=r"pictures/\w+\.png cannot be read"):
        small.read(QUESTION.id)


@pytest.mark.parametrize("content", ["{", "[]", '{"operation": "no.such", "values": {}}', '{"values": 3}'])
def test_a_request_that_is_none_is_told(small: Bundle, content: str) -> None:
    (small.folder / QUESTION.id / "request.json").write_text(content)

    with pytest.raises(UsageProblem, match=r"request\.json"):
        small.read(QUESTION.id)


def test_an_answer_that_is_gone_is_told(small: Bundle) -> None:
    (small.folder / QUESTION.id / "answer.json").unlink()

    with pytest.raises(UsageProblem, match=r"answer\.json cannot be read"):
        small.read(QUESTION.id)


def test_a_table_reads_as_it_was_written() -> None:
    document = {
        "format": 1, "by": 'quo"te \\ \u00e4', "long": [f"entry {number}" for number in range(40)], "empty": "",
        "models": {"a-b": "x/1", "with.dot": "y"}, "resolved": {"sam2.segment": {"backend": "trt"}},
        "approved": [{"date": "2026-11-27", "cases": ["a", "b"]}, {"date": "2026-11-28", "cases": ["c"]}],
    }  # fmt: skip

    read = tomllib.loads(text(document, "two\nlines"))

    assert read == {name: value for name, value in document.items() if value}
