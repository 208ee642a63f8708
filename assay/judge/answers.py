"""Answers read by meaning: the predictions of the hosted model route, the masks of SAM2.

Reading is lenient where the documents and the servers are known to differ (a keypoint's name may stand under
`class_name` or `class`), and otherwise refuses: an answer that its schema does not allow cannot be judged further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.contract.judging import decode_base64
from assay.contract.message import Response
from assay.contract.sentences import cut
from assay.judge.boxes import Keypoint, Prediction
from assay.judge.masks import Mask, from_polygons, from_rle
from assay.judge.values import as_fraction, as_list, as_number, as_object, as_text, unreadable
from assay.judge.verdicts import PrerequisiteBroken
from assay.record.model import Exchange, Finding

KEYPOINT_NAMES = ("class_name", "class")
Read = TypeVar("Read")
Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer and the exchange it came with. `body` is the parsed JSON."""

    exchange: Exchange
    body: Any

    def finding(self, message: str, pointer: str = "", **details: Any) -> Finding:
        """A finding about this answer, at a JSON pointer into it."""
        return Finding(message, pointer=pointer, exchange=self.exchange.id, **details)


@dataclass(frozen=True, slots=True)
class Detection(Answer):
    """Predictions of the hosted model route, in the order of the answer."""

    predictions: tuple[Prediction, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names that occur, sorted."""
        return tuple(sorted({prediction.label for prediction in self.predictions}))

    def of(self, labels: Sequence[str]) -> tuple[Prediction, ...]:
        """The predictions of these classes."""
        return tuple(prediction for prediction in self.predictions if prediction.label in labels)

    def above(self, confidence: float) -> tuple[Prediction, ...]:
        """The predictions of at least this confidence (0 to 1)."""
        return tuple(prediction for prediction in self.predictions if prediction.confidence >= confidence)

    def missing(self, prediction: Prediction, why: str) -> Finding:
        """A finding about a prediction that this answer lacks."""
        told = {"expected": str(prediction), "marks": (prediction.mark,)}
        return self.finding(f"{prediction} is missing, {why}", "/predictions", **told)

    def added(self, prediction: Prediction, why: str) -> Finding:
        """A finding about a prediction of this answer that should not be there."""
        told = {"actual": str(prediction), "marks": (prediction.mark,)}
        return self.finding(f"{prediction} was added, {why}", prediction.pointer, **told)


@dataclass(frozen=True, slots=True)
class Classification(Answer):
    """Classes of a picture with their confidences (0 to 1), in the order of the answer, and the surest by itself."""

    scores: tuple[tuple[str, float], ...]
    top: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Labelling(Answer):
    """The confidence of each label that a model knows, 0 to 1 and each for itself, and the labels that it predicts."""

    confidences: Mapping[str, float]
    predicted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segmentation(Answer):
    """Masks of SAM2, one for each prediction, H x W of bool. `outlines` are the polygons where the answer has them."""

    masks: tuple[Mask, ...]
    outlines: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = ()

    @property
    def marked(self) -> int:
        """How many predictions mark anything: with a vertex, though it may lie outside the picture, or with a pixel."""
        outlined = self.outlines or ((),) * len(self.masks)
        return sum(bool(any(outline) or mask.any()) for outline, mask in zip(outlined, self.masks, strict=True))


def answer(exchange: Exchange, schema_rule: str) -> Answer:
    """Read JSON. Raises PrerequisiteBroken, naming `schema_rule`, when the answer is none."""
    return Answer(exchange, _body(exchange, schema_rule))


def detection(exchange: Exchange, schema_rule: str) -> Detection:
    """Read predictions. Raises PrerequisiteBroken, naming `schema_rule`, when the answer cannot be read."""
    body = _body(exchange, schema_rule)
    return Detection(exchange, body, _readable(exchange, schema_rule, lambda: predictions_of(body)))


def outlines(answer: Detection, schema_rule: str) -> list[Outline]:
    """The polygon of each prediction, (x, y) in px. Raises PrerequisiteBroken when one cannot be read."""

    def read() -> list[Outline]:
        return [
            tuple((as_number(point["x"]), as_number(point["y"])) for point in as_list(prediction["points"]))
            for prediction in answer.body["predictions"]
        ]

    return _readable(answer.exchange, schema_rule, read)


def run_lengths(answer: Detection, schema_rule: str) -> list[Mask]:
    """The mask of each prediction, from run lengths in `rle`. Raises PrerequisiteBroken when one cannot be read."""

    def read() -> list[Mask]:
        return [from_rle(prediction["rle"]) for prediction in answer.body["predictions"]]

    return _readable(answer.exchange, schema_rule, read)


def classification(exchange: Exchange, schema_rule: str) -> Classification:
    """Read classes. Raises PrerequisiteBroken, naming `schema_rule`, when the answer cannot be read."""
    body = _body(exchange, schema_rule)

    def read() -> Classification:
        scores = tuple(
            (as_text(item["class"]), as_fraction(item["confidence"])) for item in as_list(body["predictions"])
        )
        return Classification(exchange, body, scores, as_text(body["top"]), as_fraction(body["confidence"]))

    return _readable(exchange, schema_rule, read)


def labelling(exchange: Exchange, schema_rule: str) -> Labelling:
    """Read labels. Raises PrerequisiteBroken, naming `schema_rule`, when the answer cannot be read."""
    body = _body(exchange, schema_rule)

    def read() -> Labelling:
        confidences = {name: as_fraction(each["confidence"]) for name, each in as_object(body["predictions"]).items()}
        return Labelling(exchange, body, confidences, tuple(map(as_text, as_list(body["predicted_classes"]))))

    return _readable(exchange, schema_rule, read)


def segmentation(exchange: Exchange, schema_rule: str, width: int, height: int) -> Segmentation:
    """Read masks of a picture of this size. Raises PrerequisiteBroken when the answer cannot be read."""
    body = _body(exchange, schema_rule)
    outlines = _readable(exchange, schema_rule, lambda: _outlines(body))
    masks = _readable(exchange, schema_rule, lambda: _masks(body, width, height))
    return Segmentation(exchange, body, masks, outlines)


def image_name(exchange: Exchange) -> str | None:
    """The name of a picture in the answer to its embedding; None where there is none, for no document promises it."""
    try:
        return as_text(response_of(exchange).json()["image_id"])
    except (KeyError, TypeError, ValueError):
        return None


def visualization(answer: Answer, schema_rule: str) -> bytes:
    """The picture in `visualization`. Raises PrerequisiteBroken when it is missing or no base64."""

    def read() -> bytes:
        return decode_base64(as_text(answer.body["visualization"]))

    return _readable(answer.exchange, schema_rule, read)


def response_of(exchange: Exchange) -> Response:
    """The response of an exchange that has one."""
    assert exchange.response is not None
    return exchange.response


def _body(exchange: Exchange, schema_rule: str) -> Any:
    return _readable(exchange, schema_rule, response_of(exchange).json)


def _readable(exchange: Exchange, schema_rule: str, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        message = f"the answer cannot be read as its schema describes it ({unreadable(error)})"
        raise PrerequisiteBroken(schema_rule, [Finding(cut(message, 300), exchange=exchange.id)]) from None


def predictions_of(body: Any) -> tuple[Prediction, ...]:
    """The predictions of a parsed answer. Raises KeyError, TypeError or ValueError where they cannot be read."""
    return tuple(_prediction(item, f"/predictions/{index}") for index, item in enumerate(as_list(body["predictions"])))


def _prediction(item: Any, pointer: str) -> Prediction:
    keypoints = enumerate(as_list(item.get("keypoints") or []))
    return Prediction(
        x=as_number(item["x"]),
        y=as_number(item["y"]),
        width=as_number(item["width"]),
        height=as_number(item["height"]),
        confidence=as_fraction(item["confidence"]),
        label=as_text(item["class"]),
        keypoints=tuple(_keypoint(point, f"{pointer}/keypoints/{number}") for number, point in keypoints),
        pointer=pointer,
    )


def _keypoint(item: Any, pointer: str) -> Keypoint:
    return Keypoint(
        x=as_number(item["x"]),
        y=as_number(item["y"]),
        confidence=as_number(item["confidence"]),
        identifier=int(as_number(item["class_id"])),
        name=next((as_text(item[field]) for field in KEYPOINT_NAMES if field in item), None),
        pointer=pointer,
    )


def _outlines(body: Any) -> tuple[tuple[tuple[tuple[float, float], ...], ...], ...]:
    return tuple(
        tuple(tuple((as_number(x), as_number(y)) for x, y in polygon) for polygon in item["masks"])
        if isinstance(item["masks"], list)
        else ()
        for item in as_list(body["predictions"])
    )


def _masks(body: Any, width: int, height: int) -> tuple[Mask, ...]:
    return tuple(
        from_rle(item["masks"]) if isinstance(item["masks"], dict) else from_polygons(item["masks"], width, height)
        for item in as_list(body["predictions"])
    )
