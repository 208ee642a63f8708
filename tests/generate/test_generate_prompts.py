"""Prompts of Florence 2 that are drawn make sense: each task has what it takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay import generate
from assay.contract import load
from assay.contract.florence import tasks

FLORENCE = load().operation("florence2.infer")
CONTEXT = generate.Context((generate.Picture(b"\x89PNG", 8, 8),), fixed={"/model_id": "florence-2-large"})
REGION = re.compile(r"(<loc_(\d{1,3})>){4}")


def parts(prompt: str) -> tuple[str, str]:
    token, bracket, more = prompt.partition(">")
    return (token + bracket).strip("<>"), more


@pytest.mark.parametrize("undocumented", [False, True])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_prompt_has_what_its_task_takes(undocumented: bool, data: st.DataObject) -> None:
    instance: Any = data.draw(generate.valid(FLORENCE, CONTEXT, undocumented=undocumented))
    name, more = parts(instance["prompt"])

    task = tasks()[name]
    assert undocumented or task.promised
    if task.takes == "region":
        assert REGION.fullmatch(more)
        left, top, right, bottom = map(int, re.findall(r"\d+", more))
        assert 0 <= left < right <= 999
        assert 0 <= top < bottom <= 999
    else:
        assert bool(more) == (task.takes == "phrase")


def test_the_model_is_the_one_of_the_run() -> None:
    assert generate.example(FLORENCE, CONTEXT)["model_id"] == "florence-2-large"


def test_without_a_run_the_model_is_an_alias_of_the_document() -> None:
    plain = generate.Context(CONTEXT.pictures)
    assert generate.example(FLORENCE, plain)["model_id"] == "florence-2-base"
