"""junit.xml, as CI servers read it: a test suite for each operation, a test case for each case of a rule.

The file is red whenever the exit code is not 0: where no case is, as in an interrupted run, the verdict itself is one.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from assay.contract.rule import decides
from assay.errors import Exit
from assay.record import OutcomeKind, Run
from assay.report import measured, view
from assay.report.plain import explanation, promise
from assay.report.text import one_line, visible
from assay.report.verdict import kind_of
from assay.report.view import Event, Group, RuleView

TEXT_LIMIT = 16_000


def write(run: Run, path: Path) -> None:
    """Write the run as JUnit XML."""
    tree = ElementTree.ElementTree(_document(run))
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _document(run: Run) -> ElementTree.Element:
    root = ElementTree.Element("testsuites", name="assay")
    views = {rule.id: rule for rule in view.rules(run)}
    operations: dict[str, list[Event]] = {}
    for outcome in run.outcomes:
        operations.setdefault(outcome["operation"], []).append(outcome)
    for operation, outcomes in sorted(operations.items()):
        suite = _suite(run, operation)
        for outcome in outcomes:
            suite.append(_case(run, views[outcome["rule"]], outcome))
        root.append(suite)
    if run.measurements:
        root.append(_measurements(run))
    if _needs_verdict(run, root):
        root.append(_verdict_suite(run))
    for suite in root:
        _count(suite)
    _count(root)
    return root


def _suite(run: Run, name: str) -> ElementTree.Element:
    started = view.instant(run.header["started"])
    suite = ElementTree.Element("testsuite", name=one_line(name), timestamp=started.strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ElementTree.SubElement(suite, "properties")
    target = run.header["target"]
    facts = {f"target.{fact}": target[fact] for fact in ("url", "name", "version", "engine") if target.get(fact)}
    facts |= {"depth": view.depth(run)} if view.depth(run) else {}
    for fact, value in {**facts, "seed": run.header["seed"], "verdict": view.sentence(run)}.items():
        ElementTree.SubElement(properties, "property", name=fact, value=one_line(value, 1000))
    return suite


def _case(run: Run, rule: RuleView, outcome: Event) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=one_line(rule.id),
        name=one_line(outcome["case"], 1000),
        time=f"{outcome['seconds']:.3f}",
    )
    kind, message = kind_of(outcome), view.first_message(outcome)
    if kind.is_broken and decides(rule.severity, view.strict(run)):
        _add(case, "failure", message or "failed", _explained(run, rule, outcome), kind)
    elif kind.is_prevented:
        _add(case, "error", message or kind, _explained(run, rule, outcome), kind)
    elif kind.is_open or kind is OutcomeKind.KNOWN:
        reason = (outcome["known"] or {}).get("reason") if kind is OutcomeKind.KNOWN else None
        _add(case, "skipped", f"known deviation: {reason}" if reason else f"{kind}: {message}", "", kind)
    elif kind is not OutcomeKind.PASS:
        _note(case, _aside(run, rule, outcome))
    return case


def _measurements(run: Run) -> ElementTree.Element:
    """A test case for each measurement: an error where it is invalid and that decides the exit code."""
    suite = _suite(run, "measurements")
    for each in measured.of(run):
        name = f"{each.target}, {measured.load(each)}, repetition {each.repetition}"
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=one_line(each.workload),
            name=one_line(name, 1000),
            time=f"{each.seconds:.3f}",
        )
        why = "; ".join(each.reasons)
        if each.valid:
            _note(case, measured.in_words(each))
        elif view.exit_code(run) == Exit.INVALID:
            _add(case, "error", why, measured.in_words(each), "invalid")
        else:
            _add(case, "skipped", f"invalid: {why}", "", "invalid")
    return suite


def _add(case: ElementTree.Element, tag: str, message: str, text: str, kind: str) -> None:
    element = ElementTree.SubElement(case, tag, message=one_line(message, 1000))
    if tag != "skipped":
        element.set("type", kind)
    if text:
        element.text = visible(text)[:TEXT_LIMIT]


def _note(case: ElementTree.Element, text: str) -> None:
    ElementTree.SubElement(case, "system-out").text = visible(text)[:TEXT_LIMIT]


def _aside(run: Run, rule: RuleView, outcome: Event) -> str:
    """What a passed test case has to add: a warning, a note, a deviation that is gone."""
    if kind_of(outcome) is OutcomeKind.RESOLVED:
        reason = one_line((outcome["known"] or {}).get("reason", "no reason recorded"))
        return f"A listed deviation no longer occurs; take it off the list. It was listed because: {reason}"
    heading = "note" if kind_of(outcome) is OutcomeKind.NOTE else "warning (decides only in strict runs)"
    return f"{heading}\n{_explained(run, rule, outcome)}"


def _explained(run: Run, rule: RuleView, outcome: Event) -> str:
    told = [*promise(rule, ""), *explanation(run, Group((outcome,)), "")]
    return "\n".join(told)


def _needs_verdict(run: Run, root: ElementTree.Element) -> bool:
    """Whether a CI server would see green where the run was not."""
    red = root.find("./testsuite/testcase/failure") is not None or root.find("./testsuite/testcase/error") is not None
    return view.exit_code(run) != 0 and not (red and run.footer)


def _verdict_suite(run: Run) -> ElementTree.Element:
    suite = _suite(run, "assay")
    case = ElementTree.SubElement(suite, "testcase", classname="assay", name="verdict", time="0.000")
    _add(case, "error", view.sentence(run), view.exit_meaning(run), "verdict")
    return suite


def _count(element: ElementTree.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
