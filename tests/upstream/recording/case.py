"""A sample request: what is sent, with references in place of pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from .normalise import PLATFORM
from .references import Json, expand, expand_json, reference

KEY = "rig-key"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
TWO, BLANK = reference("two.jpg"), reference("blank.jpg")
TWO_URL = f"http://{PLATFORM}/img/two.jpg"

NOTHING = object()


@dataclass(frozen=True, slots=True)
class Case:
    """One request. `url` is path and query, percent-encoded; of `json` and `text` at most one is given."""

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    json: Json = NOTHING

    def body(self, root: Path) -> bytes:
        """The bytes to send; `root` is the folder that references are relative to."""
        if self.json is not NOTHING:
            return compact(expand_json(self.json, root))
        return expand(self.text or "", root)

    def written_body(self) -> Json:
        """The body as an exchange has it: `{"json": ...}`, `{"text": ...}`, or null for an empty one."""
        if self.json is not NOTHING:
            return {"json": self.json}
        return {"text": self.text} if self.text else None


def compact(value: Json) -> bytes:
    """JSON as the rig and the server send it: UTF-8 without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def image(name: str = "two.jpg") -> dict[str, str]:
    """The JSON operations' image object for a picture of the rig."""
    return {"type": "base64", "value": reference(name)}


def hosted(name: str, model: str, picture: str | None = TWO, /, *, key: str | None = KEY, **query: str) -> Case:
    """A POST to the hosted route with a picture in base64, or without a body."""
    headers = FORM if picture is not None else {}
    return Case(name, "POST", hosted_url(model, key=key, **query), headers, text=picture)


def hosted_url(model: str, /, *, key: str | None = KEY, **query: str) -> str:
    """Path and query of the hosted route."""
    pairs = {"api_key": key, **query} if key is not None else query
    return f"/{model}" + (f"?{urlencode(pairs, quote_via=quote, safe='')}" if pairs else "")


def posting(name: str, path: str, body: Json, /, **changes: Any) -> Case:
    """A POST of JSON; `changes` replace fields of the body, and `...` takes one away."""
    if changes:
        body = {field_: value for field_, value in {**body, **changes}.items() if value is not ...}
    return Case(name, "POST", path, JSON, json=body)


def multipart(part: str, name: str = "two.jpg") -> tuple[dict[str, str], str]:
    """Headers and text of a form upload with one file."""
    boundary = "assay-rig-boundary"
    text = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
        f"{reference(name, 'bytes')}\r\n--{boundary}--\r\n"
    )
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, text
