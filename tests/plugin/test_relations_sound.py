"""Sound deployments that do less than the open-source server does: none is accused of what no document promises."""

from __future__ import annotations

import base64
import json

import pytest
from starlette.types import ASGIApp

from assay.serving import running

from .conftest import Checked, Checking
from .servers import HOSTED, Answer, Change, hiding, reference

BATCHES = "service.batch-*"
ENCODINGS = "service.picture-other-encodings"
REFUSED = b'{"message": "This is not served here."}'


def judged(checking: Checking, change: Change, *only: str, operations: tuple[str, ...] = ()) -> Checked:
    return unaccused(checking, reference(change), *only, operations=operations)


def unaccused(checking: Checking, app: ASGIApp, *only: str, operations: tuple[str, ...] = ()) -> Checked:
    with running(app) as url:
        found = checking(url, only=only, operations=operations)
    accused = [one for one in found.run.outcomes if one["outcome"] in ("fail", "warn", "error", "blocked")]
    assert not accused
    return found


def _body(answer: Answer) -> dict[str, object]:
    try:
        body = json.loads(answer.sent)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def test_lists_of_pictures_may_be_refused(checking: Checking) -> None:
    def one_at_a_time(answer: Answer) -> Answer:
        return answer.saying(REFUSED, status=422) if isinstance(_body(answer).get("image"), list) else answer

    found = judged(checking, one_at_a_time, BATCHES)

    assert {one["outcome"] for one in found.run.outcomes} == {"inconclusive"}
    assert "takes no list of pictures (status 422)" in found.messages


def test_a_list_may_be_answered_with_predictions_in_another_order(checking: Checking) -> None:
    def backwards(answer: Answer) -> Answer:
        if not isinstance(_body(answer).get("image"), list) or answer.status != 200:
            return answer
        answers = json.loads(answer.body)
        for each in answers:
            if isinstance(each["predictions"], list):
                each["predictions"].reverse()
        return answer.saying(json.dumps(answers).encode())

    assert judged(checking, backwards, BATCHES).outcomes("service.batch-as-alone") == {"pass"}


def test_unknown_settings_may_be_refused(checking: Checking) -> None:
    def strict(answer: Answer) -> Answer:
        strange = "no_such" in answer.query or any("no_such" in name for name in _body(answer))
        return answer.saying(REFUSED, status=422) if strange else answer

    found = judged(checking, strict, "service.ignores-unknown-settings")

    assert {one["outcome"] for one in found.run.outcomes} == {"inconclusive"}


@pytest.mark.parametrize("kind", ["bmp", "webp", "16-bit"])
def test_encodings_that_no_document_names_may_be_refused(checking: Checking, kind: str) -> None:
    def reads_less(answer: Answer) -> Answer:
        content = base64.b64decode(answer.sent) if answer.path in HOSTED and answer.sent else b""
        told = {"bmp": content[:2] == b"BM", "webp": content[8:12] == b"WEBP", "16-bit": content[24:25] == b"\x10"}
        return answer.saying(REFUSED, status=400) if told[kind] else answer

    found = judged(checking, reads_less, ENCODINGS, operations=("hosted.object-detection",))

    assert found.outcomes(ENCODINGS) == {"pass", "inconclusive"}


def test_an_answer_may_be_kept_and_given_again(checking: Checking) -> None:
    kept: dict[tuple[str, str, bytes], Answer] = {}

    def kept_answer(answer: Answer) -> Answer:
        return kept.setdefault((answer.path, answer.query, answer.sent), answer)

    found = judged(checking, kept_answer, "service.detections-named-once")

    assert found.outcomes("service.detections-named-once") == {"pass"}


@pytest.mark.parametrize(
    ("member", "rule"),
    [
        ("inference_id", "service.name-of-the-call-comes-back"),
        ("time", "service.time-within-the-call"),
    ],
)
def test_an_answer_need_not_tell_of_itself(checking: Checking, member: str, rule: str) -> None:
    def silent(answer: Answer) -> Answer:
        told = answer.status == 200 and answer.body.startswith(b"{") and f'"{member}"'.encode() in answer.body
        return answer.document(**{member: None}) if told else answer

    assert judged(checking, silent, rule).outcomes(rule) == {"inconclusive"}


def test_a_key_may_be_looked_for_in_a_body_that_cannot_be_read(checking: Checking) -> None:
    def key_in_the_body(answer: Answer) -> Answer:
        headers = dict(answer.scope["headers"])
        is_json = headers.get(b"content-type", b"").startswith(b"application/json")
        return answer.saying(REFUSED, status=401) if is_json and "api_key" not in _body(answer) else answer

    found = judged(checking, key_in_the_body, "service.refuses-broken-json", operations=("sam2.*", "owlv2.*"))

    assert found.outcomes("service.refuses-broken-json") == {"inconclusive"}


def test_older_fields_may_be_refused(checking: Checking) -> None:
    def strict(answer: Answer) -> Answer:
        return answer.saying(REFUSED, status=422) if "point_coords" in _body(answer) else answer

    rule = "sam2.segment.older-fields-beside-prompts"

    assert judged(checking, strict, rule).outcomes(rule) == {"inconclusive"}


def test_the_model_need_not_stand_in_the_path(checking: Checking) -> None:
    rule = "florence2.route.model-in-path"
    found = unaccused(checking, hiding(reference(), "/infer/lmm/florence-2-base"), rule)

    assert found.outcomes(rule) == {"inconclusive"}
    assert "has no route /infer/lmm with a model behind it" in found.messages
