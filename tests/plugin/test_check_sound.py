"""Sound deployments unlike the reference are not accused: a rule that cannot be judged there says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest

from assay.contract.message import Request, Response
from assay.faults import Fault, pictures
from assay.faults.model import BOXES, CLASSIFICATION, OBJECT_DETECTION
from assay.faults.operators.boxes import keep_predictions
from assay.faults.operators.fields import edit_json
from assay.faults.proxy import create_proxy
from assay.reference import hosted
from assay.serving import running

from .conftest import Checking
from .servers import Answer, reference

DETECTOR = {"object-detection": "shapes/1"}
SHADES = cycle((0, 60, 120))


def unlike(url: str, **operators: object) -> Iterator[str]:
    """The deployment behind a proxy that changes it in a way that no document forbids."""
    change = Fault("other", "Something is otherwise.", BOXES, (), **operators)  # type: ignore[arg-type]
    with running(create_proxy(url, change)) as other:
        yield other


@pytest.fixture
def without_suppression(url: str) -> Iterator[str]:
    """As detectors are that give one box for each object by themselves."""
    yield from unlike(url, request=lambda request: _with(request, overlap="100"))


@pytest.fixture
def in_changing_colours(url: str) -> Iterator[str]:
    """As servers are that choose the colours of a drawing by chance."""
    yield from unlike(url, response=_tinted)


@pytest.fixture
def that_sees_nothing(url: str) -> Iterator[str]:
    """As models are that were trained on something else."""
    yield from unlike(url, response=keep_predictions(lambda request, prediction: False))


def _with(request: Request, **query: str) -> Request:
    others = tuple(pair for pair in request.query if pair[0] not in query)
    return request.replace(query=(*others, *query.items()))


def _tinted(request: Request, response: Response) -> Response:
    drawing = pictures.decode(response.body) if response.media_type == "image/jpeg" else None
    if drawing is None:
        return response
    drawing[:, ::7] = next(SHADES)
    return response.replace(body=pictures.encode(drawing))


def test_a_model_that_suppresses_nothing_is_not_held_to_overlap(without_suppression: str, checking: Checking) -> None:
    found = checking(without_suppression, only=("hosted.overlap.*", "hosted.parameters.*"))

    assert found.outcomes("hosted.overlap.limits-boxes-of-a-class") == {"inconclusive"}
    assert found.outcomes("hosted.overlap.higher-keeps-more") == {"inconclusive"}
    assert found.outcomes("hosted.overlap.default") == {"inconclusive", "pass"}
    assert found.outcomes("hosted.parameters.percent-below-one") == {"inconclusive", "pass"}
    assert "suppresses none" in found.messages


def test_drawings_of_changing_colours_are_not_held_to_each_other(in_changing_colours: str, checking: Checking) -> None:
    found = checking(in_changing_colours, only=("hosted.drawing.defaults",))

    assert found.outcomes("hosted.drawing.defaults") == {"inconclusive"}
    assert "drawn differently each time" in found.messages


def test_a_model_that_sees_nothing_is_not_held_to_what_it_would_see(that_sees_nothing: str, checking: Checking) -> None:
    found = checking(that_sees_nothing, only=("hosted.keypoints.*", "hosted.drawing.*", "hosted.*.default"))

    assert {outcome["outcome"] for outcome in found.run.outcomes} == {"inconclusive"}
    assert found.exit_code == 4


@pytest.fixture
def with_several_labels(url: str) -> Iterator[str]:
    """As models are that give a picture several classes: theirs is another form of answer."""
    form = {"predictions": {"dog": {"confidence": 0.9, "class_id": 0}}, "predicted_classes": ["dog"]}
    otherwise = edit_json(lambda _, answer: {**form, "image": answer["image"]})
    change = Fault("several", "Something is otherwise.", (CLASSIFICATION,), (), response=otherwise)
    with running(create_proxy(url, change)) as other:
        yield other


def test_a_model_of_several_labels_is_not_held_to_one(with_several_labels: str, checking: Checking) -> None:
    found = checking(with_several_labels, models={"classification": "kinds/1"}, only=("hosted.classification.*",))

    judged = {outcome["rule"]: outcome["outcome"] for outcome in found.run.outcomes}
    assert judged.pop("hosted.classification.labels-image-size") == "pass"
    assert set(judged.values()) == {"inconclusive"}
    assert "gives a picture several labels" in found.messages


@pytest.mark.thorough
def test_a_limit_of_pixels_is_no_limit_of_bytes(checking: Checking) -> None:
    """A server may refuse twelve megapixels for its own reason: what a proxy does to every large body is another."""

    def few_pixels(answer: Answer) -> Answer:
        too_many = len(answer.sent) > 2_000_000
        return answer.saying(b'{"message": "too many pixels"}', status=400) if too_many else answer

    with running(reference(few_pixels)) as url:
        found = checking(url, models=DETECTOR, only=("service.takes-pictures-of-a-camera",))

    assert found.outcomes("service.takes-pictures-of-a-camera") <= {"pass", "skip"}


def test_a_model_whose_versions_have_no_numbers_is_asked_for_none(
    checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`WORKSPACE/MODEL` is a name of the same form."""
    named = replace(hosted.MODELS["shapes/1"], id="space/shapes")
    monkeypatch.setattr(hosted, "MODELS", {**hosted.MODELS, named.id: named})
    asked = {"only": ("service.refuses-unknown-model",), "operations": (OBJECT_DETECTION,)}
    with running(reference()) as url:
        found = checking(url, models={"object-detection": named.id}, **asked)

    assert found.outcomes("service.refuses-unknown-model") == {"pass", "inconclusive"}
    assert "a request of this operation names no version" in found.messages
