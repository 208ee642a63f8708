"""`assay self-test`: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import httpx
import pytest

from assay.faults import derived
from assay.reference import embedded
from assay.selftest.choosing import Wish, chosen

from .conftest import Assay, started, wait_for

QUICK = "service.healthz/truncated"


def test_it_tells_what_became_of_a_fault(assay: Assay, folder: Path) -> None:
    said = assay("self-test", "--fault", QUICK, "--workers", "1", "--out", "here")

    assert said.code == 0, said.out + said.err
    assert said.out.startswith("1 fault before the reference deployment")
    assert "service.healthz       1         0" in said.out
    assert "1 fault tried: 1 killed" in said.out
    assert said.out.rstrip().endswith("exit code 0")
    assert json.loads((folder / "here" / "self-test.json").read_text("utf-8"))["faults"][0]["fault"] == QUICK


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--fault", "nothing-like-it"), "no fault has the name 'nothing-like-it'"),
        (("--rule", "nothing.*"), "no rule matches 'nothing.*'"),
        (("--behind", "localhost"), "http"),
        (("--sample", "0"), "--sample"),
    ],
)
def test_wrong_usage_ends_in_one_sentence(assay: Assay, words: tuple[str, ...], told: str) -> None:
    said = assay("self-test", *words)

    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert said.err.count("\n") == 1


def test_a_derived_fault_is_served_too(folder: Path) -> None:
    name = "service.info/name/renamed"
    with started(folder, "serve", "--fault", name) as process:
        url = wait_for(process, f"the reference deployment behind the fault {name} at ")
        answered = httpx.get(f"{url}/info", trust_env=False, timeout=20).json()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert "name_" in answered
    assert embedded.KEY not in json.dumps(answered)


def test_the_list_names_derived_faults(assay: Assay) -> None:
    said = assay("serve", "--fault", "list")

    assert all(name in said.out for name in derived())


def test_ctrl_c_ends_it_and_nothing_is_left_running(folder: Path) -> None:
    pattern = "hosted.classification/predictions*"
    number = len(chosen(Wish(faults=(pattern,))))
    with started(folder, "self-test", "--fault", pattern, "--out", "here") as process:
        line = wait_for(process, f"{number} faults before ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130, line + out + err
