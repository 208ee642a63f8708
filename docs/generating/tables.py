"""Pages of one table or a few: operations, faults, known deviations, workloads, tolerances."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from assay.bench.workload import workloads
from assay.contract import Operation, load
from assay.contract.sentences import count
from assay.expect.known import shipped
from assay.faults.catalogue import FAULTS
from assay.faults.derived import derived
from assay.likeness import profiles
from docs.generating.markdown import code, codes, page, prose, table, written_from
from docs.generating.rules import address

LETTERS: Final = {"published": "P", "measured": "M", "derived": "D"}


def pages() -> Iterator[tuple[str, str]]:
    """Each page by its address."""
    yield "reference/operations.md", operations()
    yield "reference/faults.md", faults()
    yield "reference/known-deviations.md", deviations()
    yield "reference/workloads.md", listed_workloads()
    yield "reference/tolerances.md", tolerances()


def operations() -> str:
    """What can be asked, with parameters and forms of the answer."""
    return page(
        "Operations",
        "What Assay knows to ask, by the names that `--operation`, `--require` and workloads use.",
        *(part for operation in load().operations.values() for part in _operation(operation)),
        written_from("the schemas"),
    )


def _operation(operation: Operation) -> Iterator[str]:
    document = load().documents[operation.document]
    yield f"## {operation.id}"
    yield f"`{operation.method.upper()} {operation.path}`: {prose(operation.title)}. "
    yield f"Document: [{prose(document.title)}](<{document.url}>), read on {document.retrieved}."
    yield f"Answers come as {codes(operation.modes)}."
    rows = [
        [code(each.name), each.place, "yes" if each.required else "", _default(each.default), prose(each.description)]
        for each in operation.parameters
    ]
    if rows:
        yield table(["parameter", "in", "required", "default", "meaning"], rows)


def _default(value: object) -> str:
    return "" if value is None else code(str(value).lower() if isinstance(value, bool) else value)


def faults() -> str:
    """The faults that have names, and how many follow from the schemas."""
    rows = [
        [code(fault.name), prose(fault.sentence), ", ".join(address(rule, "../") for rule in fault.breaks)]
        for fault in FAULTS.values()
    ]
    kinds = itertools.groupby(sorted(fault.operator for fault in derived().values()))
    return page(
        "Faults",
        f"Ways to break a server, for `assay serve --fault NAME` and `assay self-test`. {count(len(FAULTS), 'fault')} "
        "have names and say which rules should notice them, the one that ought to name the fault first.",
        table(["fault", "what is broken", "rules"], rows),
        "## Faults that follow from the schemas",
        f"{count(len(derived()), 'fault')} more are made of the schemas, such as "
        f"{code(next(iter(derived())))}: `assay serve --fault list` names all of them.",
        table(["kind", "faults"], [[code(kind), str(len(list(members)))] for kind, members in kinds]),
        written_from("the catalogue of faults"),
    )


def deviations() -> str:
    """The lists of deviations that Assay ships."""
    entries = []
    for entry in shipped().entries:
        where = f"{entry.name} {entry.version}" + (f", engine {entry.engine}" if entry.engine != "*" else "")
        setting = f" It depends on a setting: {prose(entry.setting)}." if entry.setting else ""
        entries.append(
            f"## {address(entry.rule, '../')}, {count(len(entry.cases), 'case')}\n\n"
            f"{prose(entry.reason)}{setting}\n\n"
            f"- on: {prose(where)}, until {entry.expires}\n"
            f"- cases: {codes(entry.cases)}\n"
            f"- what is found: {code(entry.finding)}\n"
            f"- evidence: {prose(entry.evidence)}"
        )
    return page(
        "Known deviations",
        "What Roboflow's open-source server is known to do otherwise than the documents say. A run on such a server "
        "reports these as *known*, and they do not decide its verdict; `--no-known` judges bare, and `--known FILE` "
        "adds a list of your own.",
        *entries,
        written_from("`fixtures/known-deviations`"),
    )


def listed_workloads() -> str:
    """What `assay bench` can measure."""
    rows = [
        [code(one.id), code(one.operation), prose(one.described(own=False)), "yes" if one.usual else ""]
        for one in workloads().values()
        if not one.origin
    ]
    return page(
        "Workloads",
        "What `assay bench --workload PATTERN` can measure. The usual ones are measured where nothing is said.",
        table(["workload", "operation", "what is sent", "usual"], rows),
        written_from("`benchmarks/`"),
    )


def tolerances() -> str:
    """The profiles side by side, and where each number comes from."""
    loaded = [profiles.load(name) for name in profiles.names()]
    rows = [
        [code(name), prose(meaning.unit) or "–", *(_number(profile, name) for profile in loaded), prose(meaning.says)]
        for name, meaning in profiles.TOLERANCES.items()
    ]
    origins = []
    for profile in loaded:
        origins += [f"## {profile.name}", prose(profile.about)]
        origins.append(
            table(
                ["tolerance", "value", "source", "where it comes from"],
                [[code(t.name), f"{t.value:g}", t.source, prose(t.origin)] for t in profile.tolerances.values()],
            )
        )
    return page(
        "Tolerance profiles",
        "How far two answers may lie apart by each profile. P: published, M: measured, D: derived. "
        "[What counts as different](../what-counts-as-different.md) shows what each profile lets pass.",
        table(["tolerance", "unit", *profiles.names(), "meaning"], rows),
        *origins,
        written_from("`fixtures/tolerances`"),
    )


def _number(profile: profiles.Profile, name: str) -> str:
    tolerance = profile.tolerances[name]
    return f"{tolerance.value:g} {LETTERS[tolerance.source]}"
