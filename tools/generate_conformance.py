"""docs/conformance.md from a run of the certification cases: `make conformance`."""

from __future__ import annotations

import re
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "conformance"
PAGE = ROOT / "docs" / "conformance.md"
VERSIONS = {"2.0.1": ("v201", "cases_201.txt"), "1.6": ("v16", "cases_16.txt")}
_ID = re.compile(r"test_(TC_(?:[A-Z]_)?\d+(?:_\d+)?)(?![0-9])")

HEAD = """# Certification cases

Written by `make conformance` from a run of `tests/conformance`. Each case of the certification of a central system is a test with
the case's number: it sends what the case sends and checks what the case checks, and holds every frame of ours against the official
schema. Of 2.0.1 these are all cases of part 6 whose system under test is the CSMS; of 1.6 the cases by their numbers, with steps
derived from the specification and the security whitepaper. *Passed* means that the test passed; a case that was skipped or that
waits for something counts as not passed. Until a station has told how many items a message may have, we send one at a time: B_07, B_10
and N_09, which want two, read its settings first.
"""


class Case(NamedTuple):
    id: str
    title: str


def cases(version: str) -> list[Case]:
    lines = (CASES / VERSIONS[version][1]).read_text().splitlines()
    return [Case(*line.split("\t")) for line in lines]


def reasons(version: str) -> dict[str, tuple[str, str]]:
    """Why a case has no test: its kind and the reason."""
    entries = tomllib.loads((CASES / "not_tested.toml").read_text()).get("case", [])
    return {
        each: (entry["kind"], entry["why"])
        for entry in entries
        if entry["version"] == version
        for each in entry["ids"].split()
    }


def case_of(test: str) -> str | None:
    """The number of the case in a test's name."""
    found = _ID.match(test)
    return found and found[1]


def results(report: Path) -> dict[tuple[str, str], bool]:
    """Whether all tests of a case passed, by version and number, from a report in JUnit's form."""
    found: dict[tuple[str, str], bool] = {}
    for each in ElementTree.parse(report).iter("testcase"):
        number = case_of(each.get("name", ""))
        folder = each.get("classname", "").split(".")[2]
        version = next((name for name, (where, _) in VERSIONS.items() if where == folder), None)
        if number is not None and version is not None:
            failed = any(each.find(kind) is not None for kind in ("failure", "error", "skipped"))
            found[version, number] = found.get((version, number), True) and not failed
    return found


def page(passed: dict[tuple[str, str], bool]) -> str:
    parts = [HEAD]
    for version in VERSIONS:
        why = reasons(version)
        rows = []
        counts = {"passed": 0, "not applicable": 0, "not passed": 0}
        for case in cases(version):
            if (version, case.id) in passed:
                outcome = "passed" if passed[version, case.id] else "not passed"
                words = outcome
            elif case.id in why:
                kind, reason = why[case.id]
                outcome = kind if kind == "not applicable" else "not passed"
                words = f"{outcome}: {reason}"
            else:
                outcome, words = "not passed", "not passed: has no test yet"
            counts[outcome] += 1
            rows.append(f"| {case.id} | {case.title} | {words} |")
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        parts.append(
            f"## {version}\n\n{len(rows)} cases: {said}.\n\n| case | title | |\n|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(results(Path(sys.argv[1]))))
