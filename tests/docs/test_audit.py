"""`make audit` says what it has found, and what it could not ask: it never passes by silence."""

from __future__ import annotations

import pytest

from tools import audit
from tools.audit import Finding

UNASKED = """
warning: `uv audit` is experimental
error: Request failed after 3 retries
  cause: error sending request for url (https://api.osv.dev/v1/querybatch)
"""
REFUSED = """  npm warn audit 405 Method Not Allowed - POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk
  npm error audit endpoint returned an error"""


def test_what_could_not_be_asked_is_no_audit_that_was_passed(capsys: pytest.CaptureFixture[str]) -> None:
    fine, found, unasked = Finding("fine", ""), Finding("found", ""), Finding("not asked", "")
    assert audit.verdict([fine, fine]) == 0 and capsys.readouterr().err == ""
    assert audit.verdict([fine, unasked]) == 3 and "no audit that was passed" in capsys.readouterr().err
    assert audit.verdict([unasked, found, fine]) == 1


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (audit.told_by_uv(0, "Found no known vulnerabilities in 190 packages"), "fine"),
        (audit.told_by_uv(1, "msgspec 0.22\n- CANARY-1: sings no more"), "found"),
        (audit.told_by_uv(2, UNASKED), "not asked"),
        (audit.told_by_npm(0, "  found 0 vulnerabilities"), "fine"),
        (audit.told_by_npm(1, "  2 high severity vulnerabilities"), "found"),
        (audit.told_by_npm(1, REFUSED), "not asked"),
        (audit.told_by_npm(0, ""), "not asked"),
    ],
)
def test_a_registry_that_does_not_answer_is_told_from_one_that_has_found_something(
    finding: Finding, state: str
) -> None:
    assert finding.state == state
    assert state == "fine" or finding.said


def test_a_licence_that_is_not_permissive_is_found() -> None:
    taken = ["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND BSD-2-Clause", "MIT License, Apache Software License"]
    assert audit.licences([("one", each) for each in [*taken, "ISC License (ISCL)"]]).state == "fine"
    assert audit.licences([("psycopg", "LGPL-3.0-only")]).state == "fine"
    for licence in (
        "GPL-3.0",
        "LGPL-3.0-only",
        "MIT AND GPL-3.0",
        "MIT License, GPLv3",
        "?",
        "of no licence",
        "",
        "MIT or so",
    ):
        assert audit.licences([("one", licence), ("other", "MIT")]).said == f"one is {licence}"
    assert audit.licences(audit.python_licences()).state == "fine"
    assert audit.licences(audit.npm_licences()).state == "fine"


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "A" * 64,
        "AK" + "IA" + "B" * 16,
        *("gh" + kind + "_" + "a" * 36 for kind in "opsur"),
        "github" + "_pat_" + "a" * 60,
        "gl" + "pat-" + "a" * 20,
        *(kind + "k_li" + "ve_" + "a" * 16 for kind in "sr"),
        "xo" + "xb-" + "1" * 8,
        "AI" + "za" + "a" * 35,
        "np" + "m_" + "a" * 36,
        "py" + "pi-AgEI" + "a" * 50,
        "S" + "G." + "a" * 22 + "." + "b" * 43,
    ],
)
def test_a_secret_is_found_and_not_told(secret: str) -> None:
    files = [("a.py", b"fine"), ("b.py", f"key = {secret!r}".encode().replace(b"\\n", b"\n"))]
    assert audit.secrets(files) == Finding("found", "b.py")
