"""Every certification case has a test or a reason, and the page says of each what is."""

from __future__ import annotations

import ast
import re

import pytest

from tools import generate_conformance as conformance


def numbers_with_a_test(version: str) -> set[str]:
    """The cases that have a test."""
    names = [
        node.name
        for path in (conformance.CASES / conformance.VERSIONS[version][0]).glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {number for name in names if (number := conformance.case_of(name))}


@pytest.mark.parametrize("version", conformance.VERSIONS)
def test_a_test_and_a_reason_name_cases_that_there_are_and_no_case_has_both(version: str) -> None:
    numbers = {case.id for case in conformance.cases(version)}
    assert numbers_with_a_test(version) <= numbers
    assert set(conformance.reasons(version)) <= numbers
    assert numbers_with_a_test(version) & set(conformance.reasons(version)) == set()


@pytest.mark.parametrize("version", conformance.VERSIONS)
def test_the_page_is_what_a_run_in_which_all_passes_writes(version: str) -> None:
    whole = conformance.page(
        {(each, number): True for each in conformance.VERSIONS for number in numbers_with_a_test(each)}
    )
    assert re.sub(r"\s+", " ", conformance.PAGE.read_text()) == re.sub(r"\s+", " ", whole), "run `make conformance`"


def test_the_readme_has_the_figures_of_the_page() -> None:
    page, readme = conformance.PAGE.read_text(), (conformance.ROOT / "README.md").read_text()
    counted = re.findall(r"^(\d+) cases: (\d+) passed", page, re.MULTILINE)
    told = [
        f"{passed} of {cases} of {version}"
        for version, (cases, passed) in zip(conformance.VERSIONS, counted, strict=True)
    ]
    assert " and ".join(told) in readme
