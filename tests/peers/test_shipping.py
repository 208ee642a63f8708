"""What Assay writes for others, read by theirs: CTRF's own validator, linters, and the schemas of platforms."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from assay.plugin.options import CheckOptions
from assay.plugin.running import run_check

from ..upstream.places import CHECKOUT, Home
from .environments import LINTERS, node_modules, python
from .tools import require

KUBERNETES = """
import sys, yaml, kubernetes_validate
for document in yaml.safe_load_all(open(sys.argv[1])):
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
"""
VALIDATE = """
import { readFileSync } from "node:fs";
import { parse, validate } from "ctrf";
console.log(JSON.stringify(validate(parse(readFileSync(process.argv[1], "utf-8")))));
"""
YAML = "{extends: default, rules: {line-length: {max: 120}, document-start: disable, truthy: {check-keys: false}}}"
SCRIPTS = ("deploy/check.sh", "deploy/install.sh", "scripts/setup", "scripts/test", ".ci/run")


def linted(command: str, *words: str | Path, folder: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
    """What a linter says, and how it ends; it is installed unless it is there."""
    place = python(Home.chosen(), LINTERS).parent
    return subprocess.run(
        [place / command, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def holds(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a linter found nothing."""
    assert done.returncode == 0, done.stdout + done.stderr
    return True


@pytest.mark.parametrize(
    ("linter", "words"),
    [
        ("hadolint", ("--no-color", "Dockerfile")),
        ("yamllint", ("--strict", "-d", YAML, "action.yml", "deploy")),
        ("shellcheck", SCRIPTS),
        ("check-jsonschema", ("--builtin-schema", "vendor.github-actions", "action.yml")),
        ("python", ("-c", KUBERNETES, "deploy/kubernetes-job.yaml")),
    ],
    ids=["Dockerfile", "YAML", "scripts", "GitHub", "Kubernetes"],
)
def test_what_ships_assay(linter: str, words: tuple[str, ...]) -> None:
    assert holds(linted(linter, *words))


@pytest.mark.parametrize(("when", "held"), [("always", True), ("perhaps", False)])
def test_the_template_for_gitlab(tmp_path: Path, when: str, held: bool) -> None:
    """As a job: of one that is hidden, to be extended, the schema demands nothing."""
    text = (CHECKOUT / "deploy/gitlab-ci.yml").read_text("utf-8")
    (tmp_path / "job.yml").write_text(text.replace("\n.assay:", "\nassay:").replace("when: always", f"when: {when}"))
    words = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")

    done = linted("check-jsonschema", *words, tmp_path / "job.yml")

    assert (done.returncode == 0) is held, done.stdout + done.stderr


def test_the_workflow_of_the_documentation(tmp_path: Path) -> None:
    (workflow,) = re.findall(
        r"```yaml\n(.*?)```", (CHECKOUT / "docs/in-ci-and-containers.md").read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "workflow.yml").write_text(workflow)

    assert holds(linted("check-jsonschema", "--builtin-schema", "vendor.github-workflows", tmp_path / "workflow.yml"))


@pytest.mark.parametrize(
    ("name", "found", "put", "linter", "words"),
    [
        ("Dockerfile", "WORKDIR /source", "RUN cd /source", "hadolint", ("--no-color",)),
        ("action.yml", "using: composite", "using: bash", "check-jsonschema",
         ("--builtin-schema", "vendor.github-actions")),
        ("deploy/kubernetes-job.yaml", "restartPolicy: Never", "restartPolicies: Never", "python", ("-c", KUBERNETES)),
        ("deploy/check.sh", '"$TARGET"', "$TARGET", "shellcheck", ()),
    ],
)  # fmt: skip
def test_a_mistake_would_be_seen(  # noqa: PLR0917 - a file, a mistake, and who sees it
    tmp_path: Path, name: str, found: str, put: str, linter: str, words: tuple[str, ...]
) -> None:
    text = (CHECKOUT / name).read_text("utf-8")
    assert found in text
    spoilt = tmp_path / Path(name).name
    spoilt.write_text(text.replace(found, put, 1))

    assert linted(linter, *words, spoilt).returncode != 0


def test_a_report_is_one_to_ctrfs_own_validator(reference: str, tmp_path: Path) -> None:
    require("node", "npm")
    run_check(CheckOptions("reference", only=("hosted.image.*",), out=tmp_path / "run", workers=1), lambda _: None)
    report, spoilt = tmp_path / "run" / "ctrf.json", tmp_path / "spoilt.json"
    spoilt.write_text(report.read_text("utf-8").replace('"duration"', '"lasted"'))
    modules = node_modules(Home.chosen())

    told = [
        subprocess.run(
            ["node", "--input-type=module", "-e", VALIDATE, each], cwd=modules.parent, capture_output=True, text=True,
            timeout=60, check=True,
        ).stdout
        for each in (report, spoilt)
    ]  # fmt: skip

    assert json.loads(told[0]) == {"valid": True, "errors": []}
    assert json.loads(told[1])["valid"] is False


def test_what_the_action_installs(tmp_path: Path) -> None:
    """From the checkout and the registry, with the versions that are pinned; as the Dockerfile does, too."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python").write_text('#!/bin/sh\nexec python3 "$@"\n')  # as the action's own step has it
    (tools / "python").chmod(0o755)

    done = subprocess.run(
        ["bash", CHECKOUT / "deploy/install.sh", tmp_path / "assay"], cwd=tmp_path, capture_output=True, text=True,
        timeout=300, check=False, env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    said = subprocess.run([tmp_path / "assay/bin/assay", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("assay, version ")
    listed = {path.name.partition("-")[0] for path in tmp_path.glob("assay/lib/python*/site-packages/*.dist-info")}
    assert {"httpx", "opencv_python_headless"} <= listed
    assert not {"mypy", "ruff", "scipy"} & listed, "what only the tests need"
