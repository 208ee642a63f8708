"""POST /infer/lmm with Florence-2."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..case import FORM, JSON, KEY, TWO, TWO_URL, Case, image, posting

PATH = "/infer/lmm"
BASE = {"api_key": KEY, "image": image(), "model_id": "florence-2-base", "prompt": "<CAPTION>"}
PROMPTS = (
    "<DETAILED_CAPTION>",
    "<MORE_DETAILED_CAPTION>",
    "<OCR>",
    "<OD>",
    "<DENSE_REGION_CAPTION>",
    "<REGION_PROPOSAL>",
    "<OCR_WITH_REGION>",
    "<CAPTION_TO_PHRASE_GROUNDING>a red car",
    "<OPEN_VOCABULARY_DETECTION>car",
    "<REGION_TO_CATEGORY><loc_52><loc_332><loc_932><loc_774>",
    "<CAPTION>extra text",
    "What is in the picture?",
    "<BOGUS>",
)


def cases() -> Iterator[Case]:
    """Tasks, prompts, pictures, models, broken bodies."""
    yield posting("caption", PATH, BASE)
    yield posting("caption-blank-picture", PATH, BASE, image=image("blank.jpg"))
    for prompt in PROMPTS:
        yield posting("prompt-" + re.sub(r"\W+|_", "-", prompt).strip("-").lower(), PATH, BASE, prompt=prompt)
    yield posting("prompt-empty", PATH, BASE, prompt="")
    yield posting("prompt-missing", PATH, BASE, prompt=...)
    yield posting("prompt-number", PATH, BASE, prompt=5)
    yield posting("prompt-null", PATH, BASE, prompt=None)
    yield from _pictures()
    yield posting("model-id-missing", PATH, BASE, model_id=...)
    yield posting("model-id-null", PATH, BASE, model_id=None)
    yield posting("model-id-unknown", PATH, BASE, model_id="no-such/1")
    yield posting("model-id-unknown-word", PATH, BASE, model_id="florence-9-mega")
    yield posting("model-id-of-detector", PATH, BASE, model_id="rig-animals/1")
    yield posting("no-key-after-load", PATH, BASE, api_key=...)
    yield posting("key-in-query", f"{PATH}?api_key={KEY}", BASE, api_key=...)
    yield Case("broken-json", "POST", PATH, JSON, text='{"api_key": "rig-key", ')
    yield Case("json-array", "POST", PATH, JSON, json=[1, 2])
    yield Case("form-body", "POST", PATH, FORM, text="model_id=florence-2-base")
    yield Case("empty-body", "POST", PATH, JSON)
    yield Case("get", "GET", PATH)
    yield posting("model-in-path", f"{PATH}/florence-2-base", BASE)
    yield posting("unknown-fields", PATH, BASE, max_new_tokens=5, foo=1)


def _pictures() -> Iterator[Case]:
    yield posting("image-missing", PATH, BASE, image=...)
    yield posting("image-string", PATH, BASE, image=TWO)
    yield posting("image-list", PATH, BASE, image=[image(), image()])
    yield posting("image-empty-list", PATH, BASE, image=[])
    yield posting("image-url", PATH, BASE, image={"type": "url", "value": TWO_URL})
    yield posting("image-bad-base64", PATH, BASE, image={"type": "base64", "value": "!!!"})
    yield posting("image-without-type", PATH, BASE, image={"value": TWO})
    yield posting("image-unknown-type", PATH, BASE, image={"type": "bogus", "value": TWO})
    yield posting("image-without-value", PATH, BASE, image={"type": "base64"})
    yield posting("image-value-number", PATH, BASE, image={"type": "base64", "value": 7})
    yield posting("image-data-uri", PATH, BASE, image={"type": "base64", "value": f"data:image/jpeg;base64,{TWO}"})
