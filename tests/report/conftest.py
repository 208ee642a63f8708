"""Small runs to report on, written by the real writer and read by the real reader."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from assay.contract.message import Request, Response
from assay.contract.rule import Authority, Case, Rule, Severity
from assay.contract.source import Source
from assay.record import Exchange, Outcome, RecordWriter, Redactor, Run, read
from assay.report.verdict import verdict

SECRET = "sEcReT-kEy-0123456789"
DETECT = "hosted.object-detection"
SEGMENT = "sam2.segment"
DOCUMENTS = [
    {"id": "S4", "title": "Keypoint Detection", "url": "https://docs.example.com/keypoints", "retrieved": "2026-08"},
    {"id": "S3", "title": "SAM2", "url": "javascript:alert(1)", "retrieved": "2026-08"},
]
CAPABILITIES = {
    DETECT: {"available": True, "because": "the path is in /openapi.json"},
    SEGMENT: {"available": False, "because": "the path is not in /openapi.json"},
}


class RunBuilder:
    """Writes one run: rules are declared as outcomes need them."""

    secret = SECRET
    detect = DETECT
    segment = SEGMENT

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = RecordWriter(folder, "http://127.0.0.1:9001", Redactor(SECRET))
        self.outcomes: list[Outcome] = []
        self.severities: dict[str, str] = {}
        self.strict = False
        self._numbers = itertools.count(1)

    def header(self, **facts: Any) -> None:
        """The header; `facts` replace its parts."""
        self.strict = facts.get("configuration", {}).get("strict", False)
        stated: dict[str, Any] = {
            "assay": {"version": "0.1.0"},
            "target": {"url": "http://127.0.0.1:9001", "name": "Server", "version": "1.8.3", "engine": "new"},
            "seed": 7,
            "configuration": {"strict": False, "depth": "standard"},
            "capabilities": CAPABILITIES,
            "documents": DOCUMENTS,
        }
        self.writer.header(**{**stated, **facts})

    def rule(self, identifier: str, severity: str = "must", **facts: Any) -> None:
        """A rule of document S4, unless `facts` say otherwise."""
        self.severities[identifier] = severity
        stated: dict[str, Any] = {
            "requirement": f"Requirement of {identifier}.",
            "source": Authority.DOCUMENT,
            "says": Source("S4", "Query parameters", "document", "Only these classes are returned."),
            "cases": (Case(DETECT),),
        }
        self.writer.rule(Rule(id=identifier, severity=Severity(severity), **{**stated, **facts}))

    def exchange(
        self,
        answer: Any = None,
        *,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),),
        request: Request | None = None,
        error: tuple[str, str] | None = None,
        status: int = 200,
    ) -> str:
        """One exchange; `answer` is JSON, `body` anything else. Returns its id."""
        identifier = f"x{next(self._numbers):06d}"
        content = json.dumps(answer).encode() if answer is not None else body
        response = None if error else Response(status, headers, content)
        sent = request or Request(DETECT, "POST", "/animals/1", (("api_key", SECRET), ("confidence", "40")))
        self.writer.exchange(Exchange(identifier, sent, response, error, 1_790_000_000.0, 0.25), "conformance")
        return identifier

    def outcome(self, rule: str, kind: str, case: str | None = None, **facts: Any) -> None:
        """One outcome; the rule is declared when it is new."""
        if rule not in self.severities:
            self.rule(rule)
        number = len(self.outcomes)
        stated = {"operation": DETECT, "seconds": 0.5, "message": f"message {number}"}
        stated |= facts
        outcome = Outcome(rule=rule, case=case or f"{DETECT} number={number}", kind=kind, **stated)  # type: ignore[arg-type]
        self.outcomes.append(outcome)
        self.writer.outcome(outcome)

    def finish(self, footer: bool = True, **facts: Any) -> Run:
        """Close the record and read it back."""
        if footer:
            reached = verdict(self.outcomes, self.severities, self.strict)
            stated = {"counts": reached.counts, "exit_code": reached.exit_code, "verdict": reached.sentence}
            self.writer.footer(**{**stated, **facts})
        self.writer.close()
        return read(self.folder)


@pytest.fixture
def builder(tmp_path: Path) -> Callable[..., RunBuilder]:
    """Makes runs, each in a folder of its own, the header written."""
    numbers = itertools.count()

    def build(**header: Any) -> RunBuilder:
        made = RunBuilder(tmp_path / f"run{next(numbers)}")
        made.header(**header)
        return made

    return build


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A photograph of noise, 320 x 240 px, as JPEG."""
    pixels = np.random.default_rng(3).integers(0, 255, (240, 320, 3), np.uint8)
    return cv2.imencode(".jpg", cv2.GaussianBlur(pixels, (9, 9), 0))[1].tobytes()


@pytest.fixture(scope="session")
def hosted_request(jpeg: bytes) -> Request:
    """A request as the hosted route takes it: base64 text."""
    query = (("api_key", SECRET), ("classes", "dog"))
    headers = (("content-type", "application/x-www-form-urlencoded"), ("Authorization", f"Bearer {SECRET}"))
    return Request(DETECT, "POST", "/animals/1", query, headers, base64.b64encode(jpeg))


@pytest.fixture(scope="session")
def segment_request(jpeg: bytes) -> Request:
    """A request as SAM2 takes it: JSON with an image object."""
    body = {"api_key": SECRET, "image": {"type": "base64", "value": base64.b64encode(jpeg).decode()}}
    headers = (("content-type", "application/json"),)
    return Request(SEGMENT, "POST", "/sam2/segment_image", (), headers, json.dumps(body).encode())
