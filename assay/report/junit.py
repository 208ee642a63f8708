"""junit.xml, as CI servers read it: a test suite for each operation, a test case for each case of a rule.

Elements and attributes are those of the schema junit-10 of Jenkins' xUnit plugin, which others read as well.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

from assay.record import Run
from assay.report import view
from assay.report.results import Result, Status, facts, results

ELEMENTS = {Status.FAILED: "failure", Status.ERROR: "error", Status.SKIPPED: "skipped"}
COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def write(run: Run, path: Path) -> None:
    """Write the run as JUnit XML."""
    tree = ElementTree.ElementTree(_document(run))
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _document(run: Run) -> ElementTree.Element:
    root = ElementTree.Element("testsuites", name="assay")
    for name, found in groupby(results(run), key=lambda each: each.suite):
        suite = _suite(run, name)
        suite.extend(_case(each) for each in found)
        _count(suite)
        root.append(suite)
    _count(root)
    del root.attrib["skipped"]  # the schema has it of a suite alone
    return root


def _suite(run: Run, name: str) -> ElementTree.Element:
    started = view.instant(run.header["started"])
    suite = ElementTree.Element("testsuite", name=name, timestamp=started.strftime("%Y-%m-%dT%H:%M:%S"))
    properties = ElementTree.SubElement(suite, "properties")
    for fact, value in facts(run).items():
        ElementTree.SubElement(properties, "property", name=fact, value=value)
    return suite


def _case(result: Result) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=result.group, name=result.name, time=f"{result.seconds:.3f}")
    if result.status is Status.PASSED:
        if result.text:
            ElementTree.SubElement(case, "system-out").text = result.text
        return case
    element = ElementTree.SubElement(case, ELEMENTS[result.status], message=result.message)
    if result.status is not Status.SKIPPED:
        element.set("type", result.kind)
        element.text = result.text
    return case


def _count(element: ElementTree.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for attribute, tag in COUNTS.items():
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
