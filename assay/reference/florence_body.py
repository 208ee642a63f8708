"""The body of a request to Florence 2, read and held to its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assay.reference.errors import Refusal, invalid
from assay.reference.fields import IMAGE_TYPES, required, typed

BINS = 1000
MOST_TOKENS = 1_000_000
TEXTS = ("api_key", "id", "source", "source_info")
SWITCHES = (
    "enable_thinking",
    "disable_preproc_auto_orient",
    "disable_preproc_contrast",
    "disable_preproc_grayscale",
    "disable_preproc_static_crop",
    "disable_model_monitoring",
)
ALONE = ("CAPTION", "DETAILED_CAPTION", "MORE_DETAILED_CAPTION", "OCR", "OCR_WITH_REGION", "OD",
         "DENSE_REGION_CAPTION", "REGION_PROPOSAL")  # fmt: skip
WITH_PHRASE = ("CAPTION_TO_PHRASE_GROUNDING", "OPEN_VOCABULARY_DETECTION", "REFERRING_EXPRESSION_SEGMENTATION")
WITH_REGION = ("REGION_TO_SEGMENTATION", "REGION_TO_CATEGORY", "REGION_TO_DESCRIPTION", "REGION_TO_OCR")
_PROMPT = re.compile(r"<([A-Z_]+)>(.*)", re.DOTALL)
_REGION = re.compile(r"\s*" + r"<loc_(\d{1,3})>\s*" * 4, re.ASCII)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks for. `region` is left, top, right, bottom in bins of a thousandth of the picture."""

    model: str
    image_type: str
    image_value: str
    task: str
    phrase: str = ""
    region: tuple[int, ...] = ()
    most_tokens: int | None = None
    auto_orient: bool = True
    identifier: str | None = None

    @property
    def token(self) -> str:
        """The task as the prompt names it, and the answer."""
        return f"<{self.task}>"


def read_body(body: Any) -> Ask:
    """Read the request's JSON; unknown fields are ignored. Raises Refusal 422 where it breaks the schema."""
    fields = typed(body, dict, "a JSON object", ["body"])
    model = required(fields, "model_id", str, "a string", ["body"])
    image = required(fields, "image", dict, "an object", ["body"])
    kind = required(image, "type", str, "a string", ["body", "image"])
    if kind not in IMAGE_TYPES:
        raise invalid("enum", ["body", "image", "type"], f"Input should be one of {', '.join(IMAGE_TYPES)}")
    value = required(image, "value", str, "a string", ["body", "image"])
    prompt = required(fields, "prompt", str, "a string", ["body"])
    for name in TEXTS:
        if name in fields:
            typed(fields[name], str, "a string", ["body", name])
    for name in SWITCHES:
        if name in fields:
            typed(fields[name], bool, "a boolean", ["body", name])
    task, phrase, region = _read_prompt(prompt)
    return Ask(
        model=model,
        image_type=kind,
        image_value=value,
        task=task,
        phrase=phrase,
        region=region,
        most_tokens=_count(fields, "max_new_tokens"),
        auto_orient=not fields.get("disable_preproc_auto_orient", False),
        identifier=fields.get("id"),
    )


def _read_prompt(prompt: str) -> tuple[str, str, tuple[int, ...]]:
    """Task, phrase and region of a prompt."""
    found = _PROMPT.fullmatch(prompt)
    if found is None:
        raise _wrong_prompt("Input should begin with a task token such as <CAPTION>")
    task, more = found[1], found[2].strip()
    if task in ALONE:
        if more:
            raise _wrong_prompt(f"<{task}> should be all of the prompt")
        return task, "", ()
    if task in WITH_PHRASE:
        return task, more, ()
    if task not in WITH_REGION:
        raise _wrong_prompt("There is no such task")
    places = _REGION.fullmatch(more)
    if places is None:
        raise _wrong_prompt(f"<{task}> should be followed by a region, four of <loc_0> to <loc_999>")
    return task, "", tuple(int(number) for number in places.groups())


def _wrong_prompt(message: str) -> Refusal:
    return invalid("value_error", ["body", "prompt"], message)


def _count(fields: Mapping[str, Any], name: str) -> int | None:
    """A whole number from 1 on, if any, written with or without a fraction of zero."""
    if name not in fields:
        return None
    value = fields[name]
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
        raise invalid("int_type", ["body", name], "Input should be a valid integer")
    if value < 1:
        raise invalid("greater_than_equal", ["body", name], "Input should be at least 1")
    return int(min(value, MOST_TOKENS))
