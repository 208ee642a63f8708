"""Tolerance profiles: every number has an origin, and a user's own file is read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.errors import UsageProblem
from assay.likeness import profiles
from assay.likeness.choosing import choose

ENTRY = 'value = 3.0\nunit = "px"\nsource = "measured"\norigin = "by hand"\n'
FLOORS = ("keypoints.oks", "masks.boundary", "classmaps.agreement", "texts.caption-overlap", "embeddings.cosine")
# A larger share of the picture is no wider tolerance, and how wide the border is left out goes with the shift.
ASIDE = ("classmaps.least",)


@pytest.mark.parametrize("name", profiles.names())
def test_every_number_says_where_it_comes_from(name: str) -> None:
    found = profiles.load(name)

    assert found.name == name
    assert set(found.tolerances) == set(profiles.TOLERANCES)
    assert all(each.origin and each.source in profiles.SOURCES for each in found.tolerances.values())
    assert found.about


@pytest.mark.parametrize("name", sorted(set(profiles.TOLERANCES) - set(ASIDE)))
def test_each_profile_allows_no_less_than_the_one_before(name: str) -> None:
    values = [profiles.load(profile)[name] for profile in profiles.names()]

    assert values == sorted(values, reverse=name in FLOORS)


def test_int8_claims_no_published_origin_of_its_own() -> None:
    found = profiles.load("int8")

    assert all(each.source != "published" for each in found.tolerances.values() if each.unit == "px")


def test_a_file_of_ones_own_says_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'based-on = "gpu"\nabout = "ours"\n[boxes.edge]\n{ENTRY}')

    found = profiles.load(file)

    assert (found.name, found["boxes.edge"], found["boxes.confidence"]) == ("mine", 3.0, 0.02)
    assert found.tolerances["boxes.edge"].origin == "by hand"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[boxes", "cannot be read as a tolerance profile"),
        ("", "must be given, or a profile that it is based-on"),
        ('based-on = "fast"', "based-on must be one of exact, cpu"),
        ('based-on = "gpu"\nabout = 3', "about must be a text"),
        ('based-on = "gpu"\nedge = 2', "edge is not known"),
        (f'based-on = "gpu"\n[boxes.edges]\n{ENTRY}', "boxes.edges is not known"),
        ('based-on = "gpu"\n[boxes]\nedge = 2', "boxes.edge must be a table of value, unit, source, origin"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY}more = 1', "boxes.edge must be a table of"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("3.0", "nan")}', "boxes.edge.value must be a number"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("3.0", "true")}', "boxes.edge.value must be a number"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("3.0", "-1")}', "boxes.edge.value must lie from 0 to 1000"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("px", "mm")}', "boxes.edge.unit must be 'px'"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("measured", "felt")}', "boxes.edge.source must be one of"),
        (f'based-on = "gpu"\n[boxes.edge]\n{ENTRY.replace("by hand", " ")}', "boxes.edge.origin must say where"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(UsageProblem) as refused:
        profiles.load(file)

    assert told in str(refused.value)
    assert str(refused.value).startswith(f"{file}: ")
    assert "\n" not in str(refused.value)


def test_a_name_that_is_no_profile_is_refused() -> None:
    with pytest.raises(UsageProblem, match="fast: no such profile; there are exact, cpu, gpu"):
        profiles.load("fast")


SERVER = {"url": "http://gpu.example:9001", "name": "Roboflow Inference Server", "version": "1.8.3"}


@pytest.mark.parametrize(
    ("first", "second", "profile", "because"),
    [
        ({}, {}, "cpu", "neither side tells of a GPU"),
        ({"engine": "old-inference"}, {"engine": "inference-models"}, "cpu", "they differ in engine"),
        ({"hardware": {"gpu": "NVIDIA L4", "gpus": 1}}, {}, "gpu", "the first side tells of gpu"),
        ({"hardware": {"gpu": ""}}, {}, "cpu", "neither"),
        ({}, {"models": {"a": {"backend": "trt"}}}, "tensorrt-fp16", "the second side tells of trt"),
        ({"models": [{"quantization": "fp16"}]}, {"engine": "tensorrt"}, "tensorrt-fp16", "one side tells of fp16"),
        (
            {"models": [{"quantization": "int8"}]},
            {"models": [{"quantization": "int8"}]},
            "int8",
            "both sides tell of int8",
        ),
        ({"models": [{"quantization": "fp32", "backend": "onnx"}]}, {}, "cpu", "same build"),
    ],
)
def test_the_profile_follows_from_what_is_known_of_both_sides(
    first: dict[str, Any], second: dict[str, Any], profile: str, because: str
) -> None:
    found = choose({**SERVER, **first}, {**SERVER, **second})

    assert found.profile.name == profile
    assert because in found.because


def test_a_profile_that_is_asked_for_decides() -> None:
    found = choose({"models": [{"quantization": "int8"}]}, None, "exact")

    assert (found.profile.name, found.because) == ("exact", "it was asked for")
