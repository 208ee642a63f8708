"""Packages that add rules, judges and workloads: their own stand beside the suite's; broken, they are named."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assay import extensions
from assay.bench.workload import workloads
from assay.plugin.catalogue import catalogue
from assay.record import read
from tests.likeness.asking import CAT, DOG, compared, detected

from .conftest import Assay
from .installing import CHECKOUT, built, installed_in, run

EXAMPLE = CHECKOUT / "tests" / "example_plugin"
IMAGE = "image_states and hosted_model"
RULE, WORKLOAD = "example.answers-are-small", "example.thumbnails"
INVALID = 7
"""The exit code of a benchmark on a machine that had other work to do."""
Package = Callable[..., None]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Installs a package of one module: `package("assay.rules", "a_module", "its text")`."""
    monkeypatch.syspath_prepend(tmp_path)
    installed = []

    def install(group: str, module: str, text: str, value: str = "") -> None:
        (tmp_path / f"{module}.py").write_text(text)
        about = tmp_path / f"{module}-1.2.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n")
        (about / "entry_points.txt").write_text(f"[{group}]\nits-own = {value or module}\n")
        installed.append(module)
        _forget()

    yield install
    monkeypatch.undo()
    for module in installed:
        sys.modules.pop(module, None)
    _forget()


def _forget() -> None:
    extensions.extensions.cache_clear()
    workloads.cache_clear()


def example(name: str) -> str:
    """A module of the example package."""
    return (EXAMPLE / "assay_example" / f"{name}.py").read_text("utf-8")


def test_a_rule_is_listed_explained_and_run(assay: Assay, package: Package) -> None:
    package(extensions.RULES, "rules_of_a_friend", example("rules"))

    listed = assay("rules").out
    said = assay("check", "reference", "--only", "example.*", "--workers", "1", "--out", "run")

    assert f"{RULE}  [must, sound, 2 cases, by rules_of_a_friend 1.2]\n" in listed
    assert "package    rules_of_a_friend 1.2" in assay("explain", RULE).out
    assert "rules, judges or workloads: rules_of_a_friend 1.2" in assay("doctor", "reference", "--only", RULE).out
    assert said.code == 0, said
    record = read(Path("run"))
    assert [(each["rule"], each["case"], each["outcome"]) for each in record.outcomes] == [
        (RULE, "hosted.object-detection", "pass"), (RULE, "infer.object-detection", "pass"),
    ]  # fmt: skip
    assert record.header["assay"]["plugins"] == ["rules_of_a_friend 1.2"]


def test_a_rule_that_is_broken_fails_the_run(assay: Assay, package: Package) -> None:
    package(extensions.RULES, "strict_rules", example("rules").replace("1_000_000", "10"))

    said = assay("check", "reference", "--only", "example.*", "--workers", "1", "--out", "run")

    assert said.code == 1
    assert "the answer takes" in said.out


def test_a_workload_is_listed(assay: Assay, package: Package) -> None:
    package(extensions.WORKLOADS, "workloads_of_a_friend", example("workloads"))

    listed = assay("bench", "--workloads").out

    assert (
        "Small pictures, asked for sure things alone. JPEG of 320 x 240 px.  [by workloads_of_a_friend 1.2]" in listed
    )
    assert len(workloads()) == len({each.id for each in workloads().values()})


def test_a_judge_is_heard_beside_the_comparison(package: Package) -> None:
    alike = compared(detected(CAT, DOG), detected(DOG, CAT))
    package(extensions.JUDGES, "judges_of_a_friend", example("judges"), "judges_of_a_friend:same_number_of_each_class")

    same, fewer = compared(detected(CAT, DOG), detected(DOG, CAT)), compared(detected(CAT, DOG), detected(DOG))

    assert same.alike
    assert same.compared == alike.compared | {"classes": 2}
    assert "example.count" in fewer.kinds
    assert any(each.message == "1 of the class cat in the first answer, 0 in the second" for each in fewer.differences)


RULES = """
from assay.contract.rule import over, rule

@rule({id!r}, requirement="It is.", source="sound", severity="must", cases=over({operation!r}))
def test_it() -> None:
    pass
"""


@pytest.mark.parametrize(
    ("group", "text", "why"),
    [
        ("assay.rules", "import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("assay.rules", "raise SystemError('\\x1b[31m')", "SystemError: \\x1b[31m"),
        ("assay.rules", RULES.format(id="a.rule", operation="sam3"), "is about sam3, and there is no such operation"),
        ("assay.rules", RULES.format(id="hosted.image.size", operation="sam2.embed"),
         "there is another rule with the id hosted.image.size"),
        ("assay.workloads", "WORKLOADS = 3", "it has no list WORKLOADS of workloads"),
        ("assay.workloads", example("workloads").replace("example.thumbnails", "sam2.embed/new"),
         "there is another workload with the id sam2.embed/new"),
    ],
)  # fmt: skip
def test_a_package_that_cannot_be_used_is_named(
    assay: Assay, package: Package, group: str, text: str, why: str
) -> None:
    package(group, "broken", text)

    said = assay(*(("check", "reference") if group == "assay.rules" else ("bench", "--workloads")))

    assert said.code == 2
    assert said.err.startswith(f"assay: the package broken cannot be used: its-own in {group}: ")
    assert why in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(Path().iterdir())


def test_a_judge_that_cannot_be_used_is_named_before_anything_is_asked(assay: Assay, package: Package) -> None:
    assert assay("golden", "record", "reference", "--bundle", "goldens", "--only", "hosted.object*/json/*").code == 0
    package(extensions.JUDGES, "no_judge", "judge = 3", "no_judge:judge")

    said = assay("golden", "check", "http://127.0.0.1:1", "--bundle", "goldens")

    assert said.code == 2
    assert "the package no_judge cannot be used: its-own in assay.judges: it must name a function" in said.err


def test_a_judge_that_breaks_is_named(assay: Assay, package: Package) -> None:
    assert assay("golden", "record", "reference", "--bundle", "goldens", "--only", "hosted.object*/json/*").code == 0
    package(extensions.JUDGES, "weak_judge", "def judge(*_): 1 / 0", "weak_judge:judge")

    said = assay("golden", "check", "reference", "--bundle", "goldens", "--out", "run")

    assert said.code == 2
    assert "the package weak_judge cannot be used: its-own in assay.judges: ZeroDivisionError" in said.err
    assert read(Path("run")).header["assay"]["plugins"] == ["weak_judge 1.2"]


def test_the_suite_itself_needs_no_package() -> None:
    assert extensions.told() == {}
    assert not any(rule.startswith("example.") for rule in catalogue())


@pytest.fixture(scope="module")
def extended(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment of its own, with Assay's wheel and the example's."""
    place = tmp_path_factory.mktemp("extended")
    return installed_in(place / "environment", wheel, built(EXAMPLE, place))


@pytest.mark.thorough
def test_an_installed_package(extended: Path, tmp_path: Path) -> None:
    assay = (extended / "python", "-m", "assay")

    assert f"{RULE}  [must, sound, 2 cases, by assay-example 1.2]" in run(*assay, "rules", cwd=tmp_path)
    for workers in ("1", "2"):
        out = run(*assay, "check", "reference", "--only", RULE, "--workers", workers, "--out", workers, cwd=tmp_path)
        assert out.splitlines()[-1] == "passed (1 rule, 2 cases)"
    measured = ("bench", "reference", "--workload", WORKLOAD, "--seconds", "0.1", "--out", "bench")
    assert WORKLOAD in run(*assay, "bench", "--workloads", cwd=tmp_path)
    run(*assay, *measured, cwd=tmp_path, codes=(0, INVALID))
    (measurement,) = read(tmp_path / "bench").measurements
    assert measurement["workload"] == WORKLOAD
    assert measurement["successes"] > 0
    run(*assay, "golden", "record", "reference", "--bundle", "g", "--only", "hosted.object*/json/*", cwd=tmp_path)
    run(*assay, "golden", "check", "reference", "--bundle", "g", "--out", "golden", cwd=tmp_path)
    assert any("classes" in str(each["witness"]) for each in read(tmp_path / "golden").outcomes)


@pytest.mark.thorough
@pytest.mark.parametrize("workers", ["0", "2"])
def test_pytest_runs_its_rules_with_the_suites(extended: Path, tmp_path: Path, workers: str) -> None:
    python = extended / "python"
    rules = run(python, "-m", "assay", "path", "conformance", cwd=tmp_path).strip()
    words = ("--target", "reference", "-p", "no:cacheprovider", "-n", workers, "-k", f"answers_are_small or ({IMAGE})")

    out = run(python, "-m", "pytest", rules, *words, "--assay-out", "whole", cwd=tmp_path)
    run(python, "-m", "pytest", f"{rules}/test_hosted_model.py", *words, "--assay-out", "part", cwd=tmp_path)

    assert "passed (2 rules, 5 cases)" in out
    judged = [{outcome["rule"] for outcome in read(tmp_path / name).outcomes} for name in ("whole", "part")]
    assert judged == [{RULE, "hosted.image.size"}, {"hosted.image.size"}]


@pytest.mark.thorough
def test_pytest_measures_its_workload_with_the_suites(extended: Path, tmp_path: Path) -> None:
    python = extended / "python"
    folder = run(python, "-m", "assay", "path", "benchmarks", cwd=tmp_path).strip()

    run(
        python, "-m", "pytest", folder, "--target", "reference", "-p", "no:cacheprovider", "--assay-seconds", "0.1",
        "--assay-repeat", "1", "--assay-workload", WORKLOAD, "--assay-out", "run",
        cwd=tmp_path, codes=(0, 1),
    )  # fmt: skip

    assert {each["workload"] for each in read(tmp_path / "run").measurements} == {WORKLOAD}
