"""`assay replay`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.cli.voice import command, say
from assay.contract.sentences import count, cut
from assay.judge.changes import ABSENT, Change
from assay.plugin.options import parse_headers
from assay.record import read
from assay.replay import Replayed, replay
from assay.report.evidence import answer_in_words
from assay.report.text import one_line

SHOWN = 60
EVERY_TIME = "  (differs every time)"


def replay_exchange(
    folder: Path,
    identifier: str,
    *,
    target: str | None,
    key_env: str | None,
    headers: tuple[str, ...],
    timeout: float,
    raw: bool,
    **way: Any,
) -> int:
    """Send a recorded request again, print what came back beside what came back then, and return the exit code.

    `way` is how the target is reached: proxy and certificates.
    """
    found = replay(
        read(folder),
        identifier,
        target=target,
        key_variable=key_env,
        headers=parse_headers(headers),
        timeout=timeout,
        **way,
    )
    if raw:
        command(found.now.response.body if found.now.response else b"", nl=False)
    else:
        for line in _lines(found):
            say(line)
    return int(found.exit_code)


def _lines(found: Replayed) -> Iterator[str]:
    yield f"{found.then['id']}  {one_line(found.then['request']['method'], 20)} {one_line(found.url, 500)}"
    yield f"  then  {answer_in_words(dict(found.then))}"
    yield f"  now   {_now(found)}"
    yield from _changes("headers", found.headers)
    yield from _changes("answer", found.answer)
    if found.other:
        yield one_line(found.other)
    yield _conclusion(found)


def _now(found: Replayed) -> str:
    """The same words for what came back now."""
    response = found.now.response
    body = response and response.body and {"size": len(response.body), "media": response.header("content-type") or ""}
    error = found.now.error and {"kind": found.now.error[0]}
    return answer_in_words({"response": response and {"status": response.status, "body": body}, "error": error})


def _changes(what: str, changes: list[Change]) -> Iterator[str]:
    if changes:
        yield f"{what}:"
    for each in changes[:SHOWN]:
        place = one_line(each.place, 80) or "/"
        yield f"  {place}: then {_told(each.before)}, now {_told(each.now)}{EVERY_TIME if each.every_time else ''}"
    if len(changes) > SHOWN:
        yield f"  and {count(len(changes) - SHOWN, 'more place')}"


def _told(value: Any) -> str:
    return repr(ABSENT) if value is ABSENT else cut(one_line(json.dumps(value, ensure_ascii=False), 200), 72)


def _conclusion(found: Replayed) -> str:
    if found.differs:
        return "the answers differ"
    if found.now.response is None:
        return "no answer came, as then"
    if found.answer:
        return "the answers agree, but for what differs every time"
    return "the answers cannot be compared" if found.other else "the answers are the same"
