"""The schemas against what the real server answered: they agree, but for the disagreements listed here, both ways."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from assay.contract import checkpoint_of, load
from assay.suite import suite_folder

ROOT = suite_folder("fixtures") / "exchanges"
GROUPS = {
    "hosted-object-detection": "hosted.object-detection",
    "hosted-keypoints": "hosted.keypoint-detection",
    "sam2-segment": "sam2.segment",
    "sam2-embed": "sam2.embed",
    "hosted-semantic-segmentation": "hosted.semantic-segmentation",
    "infer-by-task/semantic-segmentation": "infer.semantic-segmentation",
    "owlv2": "owlv2.infer",
    "lmm": "florence2.infer",
}
"""The operation of all exchanges of a group, or of one that is named with its group."""
# Exchanges of a group that are no call of its operation.
ASIDE = {"lmm/model-id-of-detector": "a detector answers on the route of language models, as detectors do"}
# operation, place, keyword: why the server's answers break the promise there
DISAGREEMENTS = {
    ("hosted.keypoint-detection", "/predictions/*/keypoints/*/class_name", "required"): "D-02: class for class_name",
    ("hosted.semantic-segmentation", "/visualization", "required"): "D-09: no drawing for segmentation",
}
FILES = sorted(
    path
    for group in GROUPS
    for path in ROOT.glob(f"*/{group}.json" if "/" in group else f"*/{group}/*.json")
    if f"{group}/{path.stem}" not in ASIDE
)

pytestmark = pytest.mark.skipif(not FILES, reason="no exchanges have been recorded into fixtures/exchanges")


def expanded(value: Any) -> Any:
    """JSON with every `${file|base64}` replaced by the file in base64, as the folder's README describes."""
    if isinstance(value, str):
        return re.sub(r"\$\{([\w./-]+)\|base64\}", lambda match: base64_of(ROOT / match[1]), value)
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if isinstance(value, dict):
        return {name: expanded(item) for name, item in value.items()}
    return value


def base64_of(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")


def operation_of(file: Path) -> str:
    """The operation that an exchange is of."""
    group = file.parent.name
    return GROUPS.get(f"{group}/{file.stem}") or GROUPS[group]


def answered(file: Path) -> tuple[int, Any, str]:
    """Status, JSON body (None where it is none) and the mode that the request asked for."""
    exchange = json.loads(file.read_text("utf-8"))
    body = exchange["response"]["body"] or {}
    query = parse_qs(urlsplit(exchange["request"]["url"]).query)
    asked = (exchange["request"]["body"] or {}).get("json")
    if file.parent.name == "sam2-segment":
        mode = asked.get("format", "json") if isinstance(asked, dict) else "json"
    else:
        mode = query.get("format", ["json"])[0]
    return exchange["response"]["status"], expanded(body["json"]) if "json" in body else None, mode


def broken(file: Path) -> set[tuple[str, str, str]]:
    """What the answer breaks: operation, place, keyword."""
    status, body, mode = answered(file)
    operation = load().operation(operation_of(file) or "")
    if body is None or body == "":
        return set()
    if status != 200:
        return {(operation.id, found.pointer, found.keyword) for found in load().validate("responses/error.json", body)}
    known = operation.modes.get(mode, operation.modes["json"])  # an unknown format is answered like json
    assert known.schema is not None, f"{file.name}: {mode} should not be answered in JSON"
    places = operation.checkpoints(known.name)
    return {
        (operation.id, checkpoint_of(violation, places).pattern, violation.keyword)
        for violation in load().validate(known.schema, body)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: "/".join(file.with_suffix("").parts[-3:]))
def test_an_answer_breaks_nothing_but_the_listed_disagreements(file: Path) -> None:
    assert broken(file) - set(DISAGREEMENTS) == set()


@pytest.mark.parametrize("engine", sorted({file.parts[-3] for file in FILES}))
@pytest.mark.parametrize("disagreement", list(DISAGREEMENTS), ids=list(DISAGREEMENTS.values()))
def test_every_listed_disagreement_is_seen_in_each_answer_that_can_show_it(
    engine: str, disagreement: tuple[str, str, str]
) -> None:
    operation, place, _ = disagreement
    shown = []
    for file in (file for file in FILES if file.parts[-3] == engine and operation_of(file) == operation):
        status, body, mode = answered(file)
        if status == 200 and body is not None:
            known = load().operation(operation).modes.get(mode, load().operation(operation).modes["json"])
            places = {found.pattern: found for found in load().operation(operation).checkpoints(known.name)}
            if place in places and places[place].seen(body):
                shown.append(file.name)
                assert disagreement in broken(file), f"{file.name} no longer shows it"
    assert shown, "no answer has what it takes to show the disagreement"
