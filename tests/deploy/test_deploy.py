"""What ships Assay to containers and CI: its scripts are run, and what it says of files and options is true.

Linters and the platforms' own schemas hold the files in tests/peers.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder

from assay.cli import main

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "deploy/gitlab-ci.yml").read_text("utf-8"))
JOB: dict[str, Any] = yaml.safe_load((ROOT / "deploy/kubernetes-job.yaml").read_text("utf-8"))
ONE = ("--only=hosted.image.size", "--workers=1", "--examples=1")


@pytest.fixture
def assay(tmp_path: Path) -> Path:
    """A folder with the command, as an environment has it."""
    command = tmp_path / "bin" / "assay"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m assay "$@"\n')
    command.chmod(0o755)
    return command


def ran(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder of its own."""
    place = folder / "job"
    place.mkdir()
    environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder), **variables}
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False)


def stages() -> list[str]:
    """The stages of the Dockerfile, each from its FROM on, its lines joined and without comments."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return re.split(r"^(?=FROM )", joined, flags=re.MULTILINE)[1:]


def test_the_last_stage_installs_nothing_and_runs_as_nobody_special() -> None:
    *_, last = stages()

    assert re.findall(r"^USER (.*)$", last, re.MULTILINE) == ["10001:10001"]
    assert last.index("USER ") < last.index("ENTRYPOINT ")
    assert not re.search(r"apt-get|apk |\bgcc\b|pip install|COPY \. ", last)
    assert "pip uninstall --yes --root-user-action ignore pip" in last
    assert re.findall(r"^COPY (.*)$", last, re.MULTILINE) == ["--from=build /opt/assay /opt/assay"]


def test_the_wheel_can_be_made_of_what_docker_is_given(tmp_path: Path) -> None:
    everything, *allowed, caches = (ROOT / ".dockerignore").read_text("utf-8").splitlines()[1:]
    assert (everything, caches) == ("*", "**/__pycache__")
    for name in (line.removeprefix("!") for line in allowed):
        source, copy = ROOT / name, tmp_path / name
        assert source.exists(), name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy)

    (built,) = WheelBuilder(str(tmp_path)).build(directory=str(tmp_path / "dist"), versions=["standard"])

    names = zipfile.ZipFile(built).namelist()
    assert "assay/_suite/conformance/test_sam2.py" in names
    assert "assay/cli/main.py" in names


def test_the_pins_are_those_of_the_tests() -> None:
    (found,) = re.findall(r"sed -n '([^']+)' constraints.txt", DOCKERFILE)
    pins = subprocess.run(["sed", "-n", found, ROOT / "constraints.txt"], capture_output=True, text=True, check=True)
    expected = re.findall(r"^([^\s#].*==.*?) *\\$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)

    assert pins.stdout.splitlines() == expected
    assert f"sed -n '{found}'" in (ROOT / "deploy/install.sh").read_text("utf-8"), "the action takes the same"


def test_the_action_starts_its_scripts_and_splices_no_input_into_them() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]

    assert [re.findall(r'"\$GITHUB_ACTION_PATH/(\S+)"', script) for script in scripts] == [
        ["deploy/install.sh"], ["deploy/check.sh"],
    ]  # fmt: skip
    assert not any("${{" in script for script in scripts)
    assert all((ROOT / "deploy" / name).stat().st_mode & 0o111 for name in ("install.sh", "check.sh"))


def test_the_step_of_the_action(assay: Path, tmp_path: Path) -> None:
    words = "\n".join([*ONE, "", "--depth=quick\r"])

    done = ran(
        tmp_path, "bash", str(ROOT / "deploy/check.sh"), str(assay), TARGET="reference", FOLDER="a run",
        ARGUMENTS=words, GITHUB_OUTPUT=str(tmp_path / "output"), GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(tmp_path / "step.md"),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=0\nverdict=3 passed\n"
    assert set(ACTION["outputs"]) == {"exit-code", "verdict"}
    assert (tmp_path / "step.md").read_text("utf-8").startswith("## Assay: passed (1 rule, 3 cases)")
    assert (tmp_path / "job" / "a run" / "report.html").exists()


@pytest.mark.parametrize(
    ("target", "arguments", "code"),
    [
        ("", "", 2),
        ("--help", "", 2),
        ("http://127.0.0.1:1", "", 3),
        ("reference", "--no-such-option\n$(touch pwned)`touch pwned`", 2),
    ],
)
def test_a_step_that_fails(assay: Path, tmp_path: Path, target: str, arguments: str, code: int) -> None:
    done = ran(
        tmp_path, "bash", str(ROOT / "deploy/check.sh"), str(assay), TARGET=target, FOLDER="run", ARGUMENTS=arguments,
        GITHUB_OUTPUT=str(tmp_path / "output"),
    )  # fmt: skip

    assert done.returncode == code, done.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\nverdict=\n"
    assert not list((tmp_path / "job").iterdir())


def test_a_step_never_tells_the_verdict_of_an_earlier_one(assay: Path, tmp_path: Path) -> None:
    """The folder holds a run already, so that nothing is checked."""
    run = tmp_path / "earlier"
    run.mkdir()
    (run / "run.jsonl").write_text("{}")
    (run / "badge.json").write_text('{"message": "249 passed"}')

    done = ran(
        tmp_path, "bash", str(ROOT / "deploy/check.sh"), str(assay), TARGET="reference", FOLDER=str(run),
        GITHUB_OUTPUT=str(tmp_path / "output"),
    )  # fmt: skip

    assert done.returncode == 2, done.stderr
    assert (tmp_path / "output").read_text() == "exit-code=2\nverdict=\n"


def test_the_job_for_gitlab(assay: Path, tmp_path: Path) -> None:
    job = GITLAB[".assay"]
    variables = {name: str(value) for name, value in job["variables"].items()}
    own = variables | {"TARGET": "reference", "ARGUMENTS": " ".join(ONE)}

    done = ran(tmp_path, "bash", "-e", "-c", "\n".join(job["script"]), **own)

    assert done.returncode == 0, done.stderr
    kept = {str(path.relative_to(tmp_path / "job")) for path in (tmp_path / "job").rglob("*")}
    assert job["artifacts"]["reports"]["junit"] in kept
    assert all(fnmatch.filter(kept, f"{path}*") for path in job["artifacts"]["paths"])


@pytest.mark.parametrize("target", [GITLAB[".assay"]["variables"]["TARGET"], "--help"])
def test_the_job_for_gitlab_is_red_without_a_target(assay: Path, tmp_path: Path, target: str) -> None:
    done = ran(tmp_path, "bash", "-e", "-c", "\n".join(GITLAB[".assay"]["script"]), TARGET=target)

    assert done.returncode == 2


def test_the_job_for_gitlab_hands_patterns_on_as_they_are(tmp_path: Path) -> None:
    """`--require sam2.*` means operations, whatever files lie in the repository."""
    (tmp_path / "bin").mkdir()
    told = tmp_path / "bin" / "assay"
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    told.chmod(0o755)
    script = "\n".join([": > sam2.md", *GITLAB[".assay"]["script"]])

    done = ran(tmp_path, "bash", "-e", "-c", script, TARGET="reference", ARGUMENTS="--require sam2.*")

    assert done.stdout.splitlines()[-4:-2] == ["--require", "sam2.*"]


def test_the_job_for_kubernetes_gives_each_run_a_folder() -> None:
    """The volume outlives the Job, and a folder that holds a run is refused."""
    (container,) = JOB["spec"]["template"]["spec"]["containers"]
    (out,) = (word for word in container["args"] if word.startswith("--out="))
    (own,) = re.findall(r"\$\((\w+)\)", out)

    (variable,) = (each for each in container["env"] if each["name"] == own)
    assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_the_job_for_kubernetes_says_what_assay_understands() -> None:
    template = JOB["spec"]["template"]["spec"]
    (container,) = template["containers"]
    command, *words = container["args"]
    parsed = main.commands[command].make_context(command, words).params
    folders = {mount["mountPath"] for mount in container["volumeMounts"]}

    assert parsed["target"] == "http://inference:9001"
    *_, works_in = re.findall(r"^WORKDIR (\S+)$", DOCKERFILE, re.MULTILINE)
    assert str((Path(works_in) / parsed["out"]).parent) in folders
    assert f"USER {template['securityContext']['runAsUser']}:" in DOCKERFILE
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_documentation_says_what_was_not_executed() -> None:
    text = (ROOT / "docs/in-ci-and-containers.md").read_text("utf-8")

    assert "on Docker, GitHub, GitLab and\nKubernetes themselves they have **not been executed** here." in text
    assert "in-ci-and-containers.md" in (ROOT / "README.md").read_text("utf-8")
    (workflow,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (step,) = yaml.safe_load(workflow)["jobs"]["conformance"]["steps"]
    assert set(step["with"]) <= set(ACTION["inputs"])
