"""As much of `requests` as the documents' scripts ask with."""

from __future__ import annotations

import json as plain
import urllib.request
from typing import Any


class Answer:
    """An answer of which the JSON is read."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def json(self) -> Any:
        return plain.loads(self.body)


def post(url: str, json: Any) -> Answer:
    """POST JSON."""
    asked = urllib.request.Request(url, plain.dumps(json).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as response:
        return Answer(response.read())
