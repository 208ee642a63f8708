"""A bundle of golden answers: a folder of plain files, made to be kept under version control.

    golden.toml                             of whom they are, when, by whom, and what was asked
    pictures/NAME.png                       what was shown, named by its content
    OPERATION/MODE/NAME/request.json        one question, without model, key and host
    OPERATION/MODE/NAME/answer.json         what was answered; or answer.jpg, .png or .npz
    OPERATION/MODE/NAME/*.png, *.jpg        pictures that stand in the answer: drawings, masks

Recording the same answers again changes no byte of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from assay.contract import load, wire
from assay.contract.judging import decode_base64
from assay.contract.message import Response, parse_json
from assay.errors import UsageProblem
from assay.golden import archived, canonical, tables
from assay.questions.asking import Asking
from assay.questions.question import ID

FORMAT: Final = 1
ABOUT, REQUEST, PICTURES = "golden.toml", "request.json", "pictures"
NO_PICTURES: Final = "no_pictures"
"""Among what was asked: pictures of the user's own are known by name alone."""
REMARK: Final = """Golden answers, recorded by Assay: `assay golden check TARGET --bundle FOLDER` asks for them again.
[weights] may say by hand what the weights of a model are, such as a hash; it is kept."""
_NAME: Final = re.compile(r'"([0-9a-f]{16}\.\w+)"')
"""The name of a picture, as a request has it."""
_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "application/octet-stream": "npz"}


@dataclass(frozen=True, slots=True)
class Golden:
    """One question with its golden answer, read from its folder."""

    id: str
    asking: Asking
    answer: Response

    @property
    def mode(self) -> str:
        """The form of the answer."""
        return self.id.split("/")[1]


@dataclass(slots=True)
class About:
    """What `golden.toml` says: who answered, with which models, what was asked, and who took answers over when."""

    recorded: str = ""
    by: str = ""
    profile: str = ""
    server: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    resolved: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    approved: list[dict[str, Any]] = field(default_factory=list)

    def as_toml(self) -> str:
        """The file."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return tables.text({"format": FORMAT, **told}, REMARK)

    @property
    def fingerprint(self) -> dict[str, Any]:
        """The server as it stands in a record: by it a profile is chosen."""
        return {
            "name": "",
            "version": "",
            "engine": "",
            **self.server,
            **({"models": self.resolved} if self.resolved else {}),
        }


class Bundle:
    """A bundle in a folder. Raises UsageProblem where the folder holds none, and for what cannot be read in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about = _about(folder)

    @classmethod
    def begun(cls, folder: Path) -> Bundle:
        """The bundle of this folder, or an empty one where there is none yet. Nothing is written."""
        if (folder / ABOUT).exists():
            return cls(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageProblem(f"--bundle {folder}: it holds something, and no {ABOUT}; name an empty folder")
        bundle = cls.__new__(cls)
        bundle.folder, bundle.about = folder, About()
        return bundle

    def identifiers(self) -> list[str]:
        """The ids of all golden answers, sorted."""
        found = (path.parent.relative_to(self.folder).as_posix() for path in self.folder.glob(f"*/*/*/{REQUEST}"))
        return sorted(identifier for identifier in found if ID.fullmatch(identifier))

    def __contains__(self, identifier: str) -> bool:
        return (self.folder / identifier / REQUEST).is_file()

    @property
    def without_pictures(self) -> bool:
        """Whether the pictures of the user's that were asked about are not in here."""
        return bool(self.about.asked.get(NO_PICTURES))

    def read(self, identifier: str, lent: Asking | None = None) -> Golden:
        """One golden answer. Raises UsageProblem, naming the file that cannot be used.

        Where the picture was not to be kept here, `lent` has it; without, its name stands in the request.
        """
        place = self.folder / identifier
        request = _json(place / REQUEST)
        try:
            asking = Asking(
                request["operation"],
                canonical.inside(request["values"], partial(self._picture, place / REQUEST, lent)),
                request.get("form", "base64"),
                request.get("asserted", {}),
                request.get("task", ""),
            )
            media, name = request["answer"]["media"], Path(request["answer"]["file"]).name
            known = asking.operation in load().operations
        except (KeyError, TypeError, AttributeError):
            raise UsageProblem(f"{place / REQUEST} is no request as Assay writes it; record it again") from None
        if not known or not identifier.startswith(f"{asking.operation}/"):
            raise UsageProblem(f"{place / REQUEST} asks an operation that this folder is not of, or that is unknown")
        return Golden(identifier, asking, Response(200, (("Content-Type", media),), self._answer(place, name)))

    def _answer(self, place: Path, name: str) -> bytes:
        content = _bytes(place / name)
        if not name.endswith(".json"):
            return content
        parsed = _json(place / name)
        return wire.json_bytes(canonical.inside(parsed, lambda file: _bytes(place / Path(file).name)))

    def _picture(self, request: Path, lent: Asking | None, name: str) -> bytes | None:
        path = self.folder / PICTURES / Path(name).name
        if self.without_pictures and not path.exists():
            return decode_base64(lent.values["body"]) if lent else None
        content = _bytes(path)
        if _digest(content) != Path(name).stem:
            raise UsageProblem(f"{self.folder / PICTURES / name}, which {request} asks about, is not what it was")
        return content

    def refuse_broken(self, identifiers: Iterable[str]) -> None:
        """Raise UsageProblem where a request or the picture that it shows is not as it was written.

        It is better known before a deployment is asked than after a thousand paid answers.
        """
        shown: dict[str, Path] = {}
        for request in (self.folder / identifier / REQUEST for identifier in identifiers):
            shown |= dict.fromkeys(_NAME.findall(_bytes(request).decode("utf-8", "replace")), request)
        for name, request in shown.items():
            self._picture(request, None, name)

    def write(self, identifier: str, asking: Asking, answer: Response, *, shown: bool = True) -> str:
        """Keep an answer: `new`, `changed`, or `same` where not one byte is another. Raises UsageProblem.

        A file is whole or not there, and the request comes last: what is cut short is no golden answer. Where it is not
        to be `shown` what was asked about, the picture is taken out, and its name alone stays.
        """
        before = self._content(identifier)
        files = dict(self._files(identifier, asking, answer, before, self._shown if shown else self._named))
        if before == files:
            return "same"
        place = self.folder / identifier
        for name in before.keys() - files.keys():
            (place / name).unlink(missing_ok=True)
        for name in sorted(files, key=lambda name: name == REQUEST):
            _write(place / name, files[name])
        return "changed" if before else "new"

    def _content(self, identifier: str) -> dict[str, bytes]:
        place = self.folder / identifier
        return {path.name: path.read_bytes() for path in place.iterdir()} if place.is_dir() else {}

    def _files(
        self, identifier: str, asking: Asking, answer: Response, before: Mapping[str, bytes], keep: canonical.Keep
    ) -> Iterator[tuple[str, bytes]]:
        """The files of a golden answer by name. Pictures that are shown are kept at once."""
        _, mode, _ = identifier.split("/")
        media = answer.media_type or "application/octet-stream"
        parsed = _parsed(answer)
        name = f"answer.{'json' if parsed is not None else _ending(answer.body, media)}"
        drawn: dict[str, bytes] = {}
        if parsed is None:
            yield name, archived.packed(answer.body, before.get(name)) if name.endswith(".npz") else answer.body
        else:
            said = canonical.without_what_is_new(asking.described, mode, parsed)
            yield name, canonical.text(canonical.outside(said, partial(_drawn, drawn))).encode()
            yield from drawn.items()
        request = {
            "operation": asking.operation,
            "values": canonical.outside(asking.values, keep),
            "answer": {"file": name, "media": media},
            **({"form": asking.form} if asking.form != "base64" else {}),
            **({"asserted": dict(asking.asserted)} if asking.asserted else {}),
            **({"task": asking.task} if asking.task else {}),
        }
        yield REQUEST, canonical.text(request).encode()

    def _shown(self, _: str, picture: bytes) -> str:
        name = f"{_digest(picture)}.{wire.kind_of(picture)[1]}"
        if not (self.folder / PICTURES / name).exists():
            _write(self.folder / PICTURES / name, picture)
        return name

    def _named(self, _: str, picture: bytes) -> str:
        name = f"{_digest(picture)}.{wire.kind_of(picture)[1]}"
        (self.folder / PICTURES / name).unlink(missing_ok=True)
        return name

    def save(self) -> None:
        """Write `golden.toml`, unless it says the same already."""
        content = self.about.as_toml().encode()
        if not (self.folder / ABOUT).exists() or (self.folder / ABOUT).read_bytes() != content:
            _write(self.folder / ABOUT, content)

    def take(self, identifier: str, other: Bundle) -> str:
        """Take over a golden answer of another bundle, pictures included; returns what `write` does."""
        golden = other.read(identifier)
        return self.write(identifier, golden.asking, golden.answer)

    def remove(self, identifier: str) -> None:
        """Take a golden answer out; its pictures may be those of others."""
        shutil.rmtree(self.folder / identifier)

    def unused_pictures(self) -> list[str]:
        """Pictures that no request shows, by file name."""
        used = "\n".join(path.read_text("utf-8") for path in self.folder.glob(f"*/*/*/{REQUEST}"))
        return sorted(path.name for path in self.folder.glob(f"{PICTURES}/*") if path.name not in used)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @property
    def digest(self) -> str:
        """What tells it from a bundle with other golden answers: 16 hex digits."""
        digest = hashlib.sha256()
        for identifier in self.identifiers():
            for path in sorted((self.folder / identifier).iterdir()):
                digest.update(f"{identifier}/{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:16]


def _about(folder: Path) -> About:
    file = folder / ABOUT
    if not folder.is_dir() or not file.is_file():
        raise UsageProblem(
            f"--bundle {folder}: it holds no {ABOUT}, so no golden answers; `assay golden record` keeps some"
        )
    try:
        document = tomllib.loads(_bytes(file).decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"{file} is broken: {error}") from None
    written = document.pop("format", None)
    if not isinstance(written, int) or written > FORMAT:
        raise UsageProblem(
            f"{file} is of the format {written!r}, and this Assay reads up to {FORMAT}; take a newer one"
        )
    about = About()
    for name, value in document.items():
        if name not in About.__slots__ or not isinstance(value, type(getattr(about, name))):
            raise UsageProblem(f"{file}: {name} is none of what Assay writes there, or of another type")
        setattr(about, name, value)
    return about


def _parsed(answer: Response) -> Any:
    """The JSON of an answer; None where it is none, or says that it is something else."""
    try:
        return answer.json() if answer.media_type in ("application/json", "") else None
    except ValueError:
        return None


def _ending(body: bytes, media: str) -> str:
    told = wire.kind_of(body)[1]
    return told if told != "bin" else _ENDINGS.get(media, "bin")


def _drawn(drawn: dict[str, bytes], name: str, picture: bytes) -> str:
    """The name of a file for a picture in an answer: that of its member, and a number where there are several."""
    plain = "".join(each if each.isalnum() or each in "._-" else "-" for each in name) or "picture"
    ending, number = wire.kind_of(picture)[1], 1
    while (file := f"{plain}{f'-{number}' if number > 1 else ''}.{ending}") in drawn:
        number += 1
    drawn[file] = picture
    return file


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path} cannot be read ({error.strerror}); restore it, or record it again") from None


def _json(path: Path) -> Any:
    try:
        return parse_json(_bytes(path))
    except ValueError:
        raise UsageProblem(f"{path} is no JSON; restore it, or record it again") from None


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from None
