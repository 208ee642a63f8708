"""Writing a run record: `run.jsonl`, one event a line, and `artifacts/` beside it.

Everything goes through the redactor here, so that no other room can forget it. Each line is flushed: a run that is
killed keeps what it has measured. A record without its footer carries no verdict.

Where several processes judge, each writes a part of its own, and `gather` makes one record of them: two who write into
one file could cut each other's lines.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shlex
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TextIO
from urllib.parse import urlsplit

from assay.contract.message import Pairs, Request, Response
from assay.contract.rule import Rule
from assay.contract.sentences import shortened
from assay.errors import UsageProblem
from assay.record import bounds
from assay.record.comparison import Comparison
from assay.record.measurement import Measurement
from assay.record.model import Exchange, Outcome
from assay.record.parts import PARTS, RUN, end_whole, merge
from assay.record.redaction import PLACEHOLDER, Redactor
from assay.record.score import Score
from assay.record.withholding import WITHHELD, Withholding

RECORD_VERSION = 1
UNKNOWN_MEDIA = "application/octet-stream"
RECENT = 64
"""Bodies. The same few pictures are sent again and again."""
EXTENSIONS = {
    "application/json": "json",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/plain": "txt",
    "text/html": "html",
    "application/x-npy": "npy",
    "application/x-npz": "npz",
    "application/x-hdrhistogram": "hdr",
    "application/x-www-form-urlencoded": "txt",
}

_KEY = f'"{PLACEHOLDER}"'
_KEY_IN_QUERY = f"\"$(printf %s {_KEY} | sed 's/+/%2B/g')\""
"""In a query a plus is a space; all else that a key may hold stands for itself there."""


class CannotRecord(UsageProblem):
    """The folder takes nothing more: the disk is full, or it may not be written any longer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests went, and the words for curl without which it would not get there."""

    base_url: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Records the exchanges with a second target into the run of a first."""

    writer: RecordWriter
    place: Place

    def exchange(self, exchange: Exchange, purpose: str) -> None:
        """One exchange, its bodies kept as artifacts."""
        self.writer.exchange(exchange, purpose, self.place)


class RecordWriter:
    """Writes one run into one folder. Safe to call from several threads.

    `through` holds words for curl, quoted, without which it would not reach the target; `withholding` knows pictures
    that are not to be kept, and `room` says how many bytes of answers may be. With `part`, writes what one of several
    processes has judged; with `goes_on`, more of a run that is there already. `made` are folders that were made for
    the run, the innermost first: they go with it if it comes to nothing. Raises UsageProblem when the folder holds
    a run already or cannot be written, CannotRecord later on.
    """

    def __init__(
        self,
        folder: Path,
        base_url: str,
        redactor: Redactor,
        through: tuple[str, ...] = (),
        *,
        part: int | None = None,
        goes_on: bool = False,
        withholding: Withholding | None = None,
        room: int = bounds.MOST_OF_RUN,
        made: tuple[Path, ...] = (),
    ) -> None:
        self.folder = folder
        self._withholding = withholding
        self._place = Place(base_url, through)
        self.redactor = redactor
        self._redacted = lru_cache(maxsize=RECENT)(redactor.body)
        self._path = folder / RUN if part is None else folder / PARTS / f"{part}.jsonl"
        self._begins = part is None and not goes_on
        self._lock = threading.Lock()
        self._known_artifacts: set[str] = set()
        self._made = list(made)
        self._broken: CannotRecord | None = None
        self._file = self._open("a" if goes_on else "x")
        self._torn = goes_on and self._path.is_file()
        self._room = room - (_size_of(folder / "artifacts") if goes_on else 0)

    def _open(self, mode: Literal["a", "x"]) -> TextIO:
        try:
            self._make(self.folder / "artifacts")
            self._path.parent.mkdir(exist_ok=True)
            return self._path.open(mode, encoding="utf-8")
        except FileExistsError:
            self._unmake()
            raise UsageProblem(
                f"{self.folder} already holds a run; name another folder with --out, or remove it"
            ) from None
        except OSError as error:
            self._unmake()
            raise UsageProblem(
                f"cannot write to {self.folder}: {error.strerror}; name another folder with --out"
            ) from None

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, and remember which were not there."""
        self._made = [each for each in (folder, *folder.parents) if not each.exists()] + self._made
        folder.mkdir(parents=True, exist_ok=True)

    def _unmake(self) -> None:
        for folder in self._made:
            with contextlib.suppress(OSError):  # it was never made, or somebody else has put something there
                folder.rmdir()

    def header(self, **facts: Any) -> None:
        """The first line: who ran what against whom."""
        self._write({"kind": "header", "record_version": RECORD_VERSION, "started": time.time(), **facts})

    def rule(self, rule: Rule) -> None:
        """A rule's catalogue entry, so that a report needs nothing but the record."""
        self._write(
            {
                "kind": "rule",
                "id": rule.id,
                "requirement": rule.requirement,
                "source": str(rule.source),
                "severity": str(rule.severity),
                "document": rule.says and rule.says.document,
                "section": rule.says and rule.says.section,
                "sentence": rule.says and rule.says.sentence,
                "invariants": list(rule.invariants),
                "content": rule.content,
            }
        )

    def exchange(self, exchange: Exchange, purpose: str, place: Place | None = None) -> None:
        """One exchange, its bodies kept as artifacts; `place` says where it went, if not to the run's own target."""
        place = place or self._place
        request, response = exchange.request, exchange.response
        headers = self._headers(response.headers) if response else []
        withholding = self._withholding if self._withholding and self._withholding.concerns(exchange.request) else None
        body = self._body(request.body, request.header("content-type"), bool(withholding))
        self._write(
            {
                "kind": "exchange",
                "id": exchange.id,
                "operation": request.operation,
                "purpose": purpose,
                "request": {
                    "method": request.method,
                    "url": place.base_url + request.url,
                    "headers": self._headers(request.headers),
                    "body": body,
                },
                "response": response
                and {
                    "status": response.status,
                    "headers": [[name, shortened(value, bounds.LONGEST_HEADER)] for name, value in headers],
                    "body": self._answer(response, withholding),
                },
                "error": exchange.error and {"kind": exchange.error[0], "message": self._short(exchange.error[1])},
                "started": exchange.started,
                "seconds": round(exchange.seconds, 6),
                "curl": self._curl(request, body, place),
            }
        )

    def outcome(self, outcome: Outcome) -> str:
        """What became of one case; returns the line, as it stands in the record."""
        told = outcome.as_json()
        told = self._withholding.value(told) if self._withholding else told
        return self._write(bounds.bounded(told, self.redactor.text))

    def measurement(self, measurement: Measurement) -> None:
        """One repetition of a workload, as soon as it is over: a run that is killed keeps it."""
        self._write(measurement.as_json())

    def comparison(self, comparison: Comparison) -> None:
        """Two answers to one question, as soon as they are compared."""
        self._write(bounds.bounded_comparison(comparison.as_json(), self.redactor.text))

    def score(self, score: Score) -> None:
        """How well one side says what is on annotated pictures."""
        self._write(bounds.bounded_score(score.as_json(), self.redactor.text))

    def answer(self, body: bytes, media: str) -> dict[str, Any] | None:
        """Keep an answer that comes from no exchange of this run, within the same bounds; how a record names it."""
        return self._answer(Response(200, (("Content-Type", media),), body), None)

    def omission(self, workload: str, target: str, because: str) -> None:
        """A workload that was asked for and is not measured on a target."""
        self._write({"kind": "omission", "workload": workload, "target": target, "because": because})

    def footer(self, **facts: Any) -> None:
        """The last line: the verdict. Without it the record is of an interrupted run."""
        self._write({"kind": "footer", "finished": time.time(), **facts})

    def gather(self, **header: Any) -> None:
        """Take in the parts that others have written, and what the header has to say since. Raises CannotRecord."""
        if not header and not (self.folder / PARTS).exists():
            return
        with self._lock:
            try:
                self._file.close()
                merge(self.folder, _storable(self.redactor.value(header)))
                self._file = self._path.open("a", encoding="utf-8")
            except OSError as error:
                raise self._cannot(error) from None

    def close(self) -> None:
        """Close the file; what was written stays."""
        with contextlib.suppress(OSError):  # what could not be written was told when it was to be written
            self._file.close()

    def discard(self) -> None:
        """Take back what was written, folders included: the run came to nothing, and none shall seem to be here.

        Of a run that was there before nothing is taken.
        """
        self.close()
        if not self._begins:
            return
        self._path.unlink(missing_ok=True)
        for name in self._known_artifacts:
            (self.folder / "artifacts" / name).unlink(missing_ok=True)
        self._unmake()

    def artifact(self, content: bytes, media: str) -> str:
        """Keep bytes under their own digest; returns the file's name within `artifacts/`."""
        content = self._redacted(content)
        name = _name(content, media)
        self._store(name, content)
        return name

    def numbers(self, content: bytes, media: str = UNKNOWN_MEDIA) -> str:
        """Keep bytes that are numbers alone, as `artifact` does; no secret is looked for in megabytes of timings."""
        name = _name(content, media)
        self._store(name, content)
        return name

    def _store(self, name: str, content: bytes) -> None:
        with self._lock:
            if name not in self._known_artifacts:
                self._keep(self.folder / "artifacts" / name, content)
                self._known_artifacts.add(name)

    def _keep(self, path: Path, content: bytes) -> None:
        """Write a file that is whole or not there: others may write the same one at the same time."""
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise self._cannot(error) from None

    def _cannot(self, error: OSError) -> CannotRecord:
        """The sentence to end with. After it nothing is written: a line would go on where another was cut."""
        self._broken = CannotRecord(f"cannot write to {self.folder}: {error.strerror or error}")
        return self._broken

    def _answer(self, response: Response, withholding: Withholding | None) -> dict[str, Any] | None:
        media = response.header("content-type")
        body, note = response.body, ""
        if not body:
            return None
        told: dict[str, Any] = {"size": len(body), "media": self._short(media or UNKNOWN_MEDIA)}
        kept = withholding.answer(body, media or "") if withholding else body
        if kept != body:
            note = WITHHELD
        if kept is not None:
            told["artifact"], cut = self._as_much_as_fits(kept, told["media"])
            note = note or cut
        told |= {"withheld": note} if note else {}
        return {name: value for name, value in told.items() if value is not None}

    def _as_much_as_fits(self, answer: bytes, media: str) -> tuple[str | None, str]:
        """The artifact of an answer, None where there is no room for it, and what is not in there."""
        most = bounds.MOST_OF_ANSWER
        kept = bounds.beginning(answer, self._redacted, most)[:most]
        name = _name(kept, media)
        if name not in self._known_artifacts:
            with self._lock:
                if len(kept) > self._room:
                    return None, "not kept: the answers of this run take up too much room already"
                self._room -= len(kept)
            self._store(name, kept)
        return name, "" if len(answer) <= most else f"not kept: what follows the first {most:,} bytes"

    def _body(self, body: bytes, media: str | None, withheld: bool = False) -> dict[str, Any] | None:
        if not body:
            return None
        media = media or UNKNOWN_MEDIA
        if withheld:
            return {"withheld": WITHHELD, "size": len(body), "media": media}
        return {"artifact": self.artifact(body, media), "size": len(body), "media": media}

    def _short(self, text: str) -> str:
        return bounds.short(text, self.redactor.text)

    def _headers(self, headers: Pairs) -> list[list[str]]:
        return [list(pair) for pair in self.redactor.headers(headers)]

    def _curl(self, request: Request, body: dict[str, Any] | None, place: Place) -> str:
        """A command that sends the request again, run from the record's folder with the key in the environment."""
        key = _KEY_IN_QUERY if "+" in (request.parameter("api_key") or "") else _KEY
        words = [
            "curl",
            "-sS",
            *place.through,
            "-X",
            request.method,
            _quoted(self.redactor.text(place.base_url + request.url), key),
        ]
        for name, value in self.redactor.headers(request.headers):
            if _curls_own(name.lower(), value, place):
                continue
            words += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]  # without a value curl leaves it out
        if body is None:
            return " ".join(words)
        if request.header("content-type") is None:
            words += ["-H", "Content-Type:"]  # or curl would add one, and some servers answer otherwise then
        if "withheld" in body:
            return " ".join([*words, "--data-binary", "@NOT-KEPT", f"# the body is {WITHHELD}"])
        path = f"artifacts/{body['artifact']}"
        if PLACEHOLDER.encode() in self._redacted(request.body):
            filled = f'sed "s|\\{PLACEHOLDER}|{PLACEHOLDER}|g" {path}'
            return f"{filled} | {' '.join(words)} --data-binary @-"
        return " ".join([*words, "--data-binary", f"@{path}"])

    def _write(self, event: dict[str, Any]) -> str:
        line = _line(self.redactor.value(event))
        with self._lock:
            if self._broken:
                raise self._broken
            try:
                if self._torn:  # not before: who is refused leaves what there is as it is
                    end_whole(self._path)
                    self._torn = False
                self._file.write(line + "\n")
                self._file.flush()
            except OSError as error:
                raise self._cannot(error) from None
        return line


def _curls_own(name: str, value: str, place: Place) -> bool:
    """Whether a header is one that a client writes of its own: curl does so too, and prints what it can read."""
    usual = {"accept": "*/*", "host": urlsplit(place.base_url).netloc, "connection": "keep-alive"}
    client = {"user-agent": "python-httpx/", "accept-encoding": "gzip, deflate"}
    return name == "content-length" or usual.get(name) == value or value.startswith(client.get(name, "\n"))


def _name(content: bytes, media: str) -> str:
    suffix = EXTENSIONS.get(media.split(";", maxsplit=1)[0].strip().lower(), "bin")
    return f"{hashlib.sha256(content).hexdigest()[:32]}.{suffix}"


def _line(event: Any) -> str:
    """An event as a line. ASCII, so that no odd character of a server's can break it, or the encoding."""
    try:
        return json.dumps(event, allow_nan=False)
    except ValueError:
        return json.dumps(_storable(event), allow_nan=False)


def _storable(value: Any) -> Any:
    """The value with numbers that JSON does not have spelled out: a server may well send infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: _storable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_storable(member) for member in value]
    return value


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _quoted(word: str, key: str = _KEY) -> str:
    """Quote a word for a POSIX shell, leaving the key's variable to be filled in by it."""
    if PLACEHOLDER not in word:
        return shlex.quote(word)
    return key.join(shlex.quote(part) if part else "" for part in word.split(PLACEHOLDER))
