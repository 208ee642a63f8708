"""No secret leaves a run: not in the record, the reports or the artifacts, not on the terminal, nor beside them."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.record import KEY_VARIABLE, Redactor
from assay.record.redaction import HIDDEN
from assay.serving import running
from assay.suite import suite_folder

from . import servers, telltale
from .conftest import Checking

KEY = "ro+b/ke~y.7Q==x_9"
TOKEN = 'hu"sh\\h/us+h&42<7>'
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")


def revealed(content: bytes, secret: str) -> Iterator[str]:
    """The spellings of the secret in some bytes: as they stand, and inside whatever is base64 there."""
    lowered = content.lower()
    for spelling in telltale.spellings(secret):
        if spelling.lower().encode() in lowered:
            yield spelling
    for run in BASE64.findall(content):
        if len(run) < 100_000:  # a picture
            plain = run.translate(bytes.maketrans(b"-_", b"+/"))
            for start in range(4):
                whole = plain[start : start + (len(plain) - start) // 4 * 4]
                if secret.encode() in base64.b64decode(whole):
                    yield f"base64 {run[:80].decode()}"


def leaks(folder: Path, *secrets: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [
        f"{path.relative_to(folder)}: {spelling}"
        for path in files
        for secret in secrets
        for spelling in revealed(path.read_bytes() + os.fsencode(path.name), secret)
    ]


def assay(folder: Path, *arguments: str, module: str = "assay") -> subprocess.CompletedProcess[bytes]:
    """Run a command in an empty folder, and keep what it prints beside what it writes."""
    run = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "ROBOFLOW_API_KEY": KEY},
        capture_output=True,
        timeout=240,
        check=False,
    )
    (folder / "stdout").write_bytes(run.stdout)
    (folder / "stderr").write_bytes(run.stderr)
    return run


RULES = (
    "--only=hosted.image.size", "--only=hosted.classes.*", "--only=hosted.answer.server-fields", "--only=sam2.answer.*",
    "--only=service.refuses-*", "--only=service.accepts-valid-requests", "--only=service.tells-*",
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "rules"),
    [
        pytest.param("documented", (), marks=pytest.mark.thorough),
        ("query", RULES),
        pytest.param("header", RULES, marks=pytest.mark.thorough),
        pytest.param("body", RULES, marks=pytest.mark.thorough),
    ],
)
def test_the_key_stays_secret(tmp_path: Path, place: str, rules: tuple[str, ...]) -> None:
    told: set[str] = set()

    def tell(answer: servers.Answer) -> servers.Answer:
        told.update(where for where, value in telltale.sent_secrets(answer) if value in (KEY, TOKEN))
        return telltale.tell(answer)

    with running(servers.reference(tell, key=KEY)) as url:
        run = assay(
            tmp_path, "check", url, "--examples", "1", "--out", "run", "--key-in", place,
            "--header", f"X-Token: {TOKEN}", *rules,
        )  # fmt: skip

    assert run.returncode == 1, run.stderr.decode()
    assert b"Traceback" not in run.stderr + run.stdout
    assert told == {"query", "header", "body", "x-token"}, "rules about the key send it in every place"
    assert re.search(rb"service\.tells-no-key +\d+ fail", run.stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "stderr", "stdout"]
    assert not leaks(tmp_path, KEY, TOKEN)


def test_a_refused_key_stays_secret(tmp_path: Path) -> None:
    with running(servers.reference(telltale.tell, key="another-key")) as url:
        run = assay(tmp_path, "check", url)

    assert run.returncode == 2
    assert b"refuses the API key in $ROBOFLOW_API_KEY" in run.stderr
    assert run.stderr.count(b"\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stderr", "stdout"]
    assert not leaks(tmp_path, KEY)


@pytest.mark.thorough
def test_the_key_stays_secret_under_pytest(tmp_path: Path) -> None:
    """Whatever else pytest is asked to show: logs, locals, captured output, its own JUnit file, its cache."""
    with running(servers.reference(telltale.tell, key=KEY)) as url:
        run = assay(
            tmp_path, str(suite_folder("conformance")), "--target", url, "--assay-out", "run", "--assay-examples", "1",
            "--assay-header", f"X-Token: {TOKEN}", "--assay-key-in", "query", "-k", "images or plain or classes",
            "-rA", "-vv", "--showlocals", "--tb=long", "--log-level=DEBUG", "--junitxml=own.xml",
            "-o", f"cache_dir={tmp_path / 'cache'}", "-o", "junit_logging=all", module="pytest",
        )  # fmt: skip

    assert run.returncode == 1, run.stdout.decode()
    assert b" failed" in run.stdout
    assert {"run", "own.xml", "cache"} <= {path.name for path in tmp_path.iterdir()}
    assert not leaks(tmp_path, KEY, TOKEN)


def test_the_server_does_tell(tmp_path: Path, checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above mean something: without the redactor every kind of file holds the secrets."""
    monkeypatch.setattr(Redactor, "text", lambda _, text: text)
    monkeypatch.setattr(Redactor, "body", lambda _, body: body)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with running(servers.reference(telltale.tell, key=KEY)) as url:
        checking(url, only=("hosted.answer.schema", "service.refuses-*"), headers=(("X-Token", TOKEN),))

    for secret in (KEY, TOKEN):
        told = {leak.partition(":")[0].rpartition(".")[2] for leak in leaks(tmp_path, secret)}
        assert {"jsonl", "html", "json"} <= told


ESCAPE = "\x1b]0;owned\x07"


def test_what_a_target_calls_its_models_acts_on_no_screen_and_tells_no_key(tmp_path: Path) -> None:
    """They stand in what is announced, and in the sentences with which a run ends."""

    def odd(answer: servers.Answer) -> servers.Answer:
        if answer.path != "/model/registry":
            return answer
        names = (f"{ESCAPE}/1", "classification"), (f"sam2/{KEY}", "segmentation")
        return answer.document(models=[{"model_id": name, "task_type": task} for name, task in names])

    with running(servers.reference(odd, key=KEY)) as url:
        for number, arguments in enumerate(((), ("--model", f"segmentation={ESCAPE}"))):
            folder = tmp_path / str(number)
            folder.mkdir()
            run = assay(folder, "check", url, "--depth", "quick", "--out", "run", "--only", "sam2.answer.*", *arguments)
            told = run.stdout + run.stderr
            assert run.returncode == 2
            assert b"cannot be asked for the model" in run.stderr
            assert not {b"\x1b", b"\x07"} & {told[i : i + 1] for i in range(len(told))}
            assert told.count(b"\\x1b]0;owned" if arguments else b"model $ROBOFLOW_API_KEY") >= 2
            assert not leaks(folder, KEY)


def test_what_blocks_a_run_is_told_without_the_key(tmp_path: Path) -> None:
    """Also by pytest itself, which is handed the reason why a case was not judged."""
    said = f"{'-' * 100}{KEY} and {TOKEN}".encode()

    def breaks(answer: servers.Answer) -> servers.Answer:
        return answer.saying(said, "text/plain", 500) if answer.path.startswith("/owlv2") else answer

    with running(servers.reference(breaks, key=KEY)) as url:
        run = assay(
            tmp_path, f"{suite_folder('conformance')}/test_owlv2.py", "--target", url, "--assay-out", "run",
            "--assay-header", f"X-Token: {TOKEN}", "-rA", "--junitxml=own.xml", "-p", "no:cacheprovider",
            module="pytest",
        )  # fmt: skip

    assert run.returncode == 4, run.stdout.decode()
    assert b"answers no plain request (status 500, -----" in run.stdout
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in (KEY, TOKEN):
        assert secret[:5].encode() not in written, "not in part either"


LONG = "kX9fQ2mZ7pLwRtB8vNc=4yHs6dGj3bVe!5nWq1xU" * 23
REPEATED: dict[str, tuple[str, str]] = {
    **{
        f"{times} as a name": (r'"class": ?"', f'"class": "{" and ".join([LONG] * times)}')
        for times in (1, 5, 120, 130)
    },
    **{f"as a number, after {n}": (r'"x": ?', f'"x": "{"-" * n}{LONG}", "_": ') for n in (0, 20, 50)},
    "as a path": (r"^.*$", f'{{"message": "Errno 2: No such file: /data/models/{LONG}"}}'),
    "as a refusal": (r"^.*$", f'{{"message": "{"-" * 190}{LONG}"}}'),
}


@pytest.mark.parametrize(("found", "instead"), REPEATED.values(), ids=REPEATED)
def test_no_part_of_a_long_secret_that_an_answer_repeats_is_told(
    found: str, instead: str, tmp_path: Path, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told in short, and has to be taken out wherever the cut falls."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    refused, repeated = found.startswith("^"), 0

    def repeats(answer: servers.Answer) -> servers.Answer:
        nonlocal repeated
        if answer.path != "/shapes/1" or not answer.body.startswith(b"{"):
            return answer
        body, places = re.subn(found.encode(), instead.encode(), answer.body)
        repeated += places
        return answer.saying(body, status=500 if refused else answer.status)

    with running(servers.reference(repeats, key=KEY)) as url:
        rules = ("hosted.image.size", "hosted.confidence.*", "service.*plain*", "service.tells-*")
        of_boxes = ("hosted.object-detection",)
        run = checking(url, only=rules, headers=(("X-Token", LONG),), operations=of_boxes, out=tmp_path / "run")

    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()) + run.messages.encode()
    assert repeated
    told = str([(each["message"], each["witness"], each["findings"]) for each in run.run.outcomes])
    assert HIDDEN in told or "characters)" in told
    assert LONG[:4].encode() not in written
    assert b"4yHs" not in written, "nor of its middle"
