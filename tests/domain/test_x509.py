"""What is read in a certificate, and in a request for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from stationmaster.domain import x509
from tests.handlers import signed

SIGNING_REQUEST = """-----BEGIN CERTIFICATE REQUEST-----
MIHhMIGIAgEAMCYxEjAQBgNVBAoMCVNpbXVsYXRlZDEQMA4GA1UEAwwHUG9zdCAy
MjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIaqnn3pjPXT1KP1US/mLmSHB470
fxvyc1bIJRtlALJSs0ZGl1+UxV+sOzelW+p/6mA464RIRTLvtFrulVDOp6egADAK
BggqhkjOPQQDAgNIADBFAiApf9mfT5ghhNMZ2KvuLIE8ubrmyGl2WOXbUA82jhhY
HgIhALvv+r0LvAQ+/BpWArm/Sp/+GVK0YPc5DXpz4LkP+MIk
-----END CERTIFICATE REQUEST-----
"""


@pytest.mark.parametrize(
    "text, subject, common_name, key_kind",
    [
        (signed.CSR, "C=NL, O=Acme, CN=CP1", "CP1", "EC P-256"),
        (signed.CSR_RSA, "O=Acme, CN=S-1", "S-1", "RSA 2048"),
        (SIGNING_REQUEST, "O=Simulated, CN=Post 22", "Post 22", "EC P-256"),
        (signed.CSR.replace("\n", "\\n"), "C=NL, O=Acme, CN=CP1", "CP1", "EC P-256"),
        (signed.CSR.replace("\n", "\r\n"), "C=NL, O=Acme, CN=CP1", "CP1", "EC P-256"),
        (signed.CSR.replace("CERTIFICATE REQ", "NEW CERTIFICATE REQ"), "C=NL, O=Acme, CN=CP1", "CP1", "EC P-256"),
        ("".join(signed.CSR.splitlines()[1:-1]), "C=NL, O=Acme, CN=CP1", "CP1", "EC P-256"),
    ],
)
def test_a_request_is_read_however_it_is_wrapped(text: str, subject: str, common_name: str, key_kind: str) -> None:
    told = x509.read_request(text)
    assert (told.subject, told.common_name, told.key_kind) == (subject, common_name, key_kind)
    assert x509.read_request(told.pem) == told


def test_a_certificate_has_the_key_of_its_request() -> None:
    first, root = x509.read_chain(signed.CERTIFICATE + signed.ROOT)
    assert (first.subject, first.key) == ("C=NL, O=Acme, CN=CP1", x509.read_request(signed.CSR).key)
    assert (first.valid_from.year, first.valid_until) == (2026, datetime(2125, 6, 20, 3, 58, 15, tzinfo=UTC))
    assert (root.subject, root.common_name) == ("CN=Test Root", "Test Root")
    assert x509.read_chain(signed.CERTIFICATE_RSA)[0].key == x509.read_request(signed.CSR_RSA).key


DER = x509.read_request(signed.CSR).der


@pytest.mark.parametrize(
    "text",
    ["", "x", "MIIB", signed.CERTIFICATE, "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----"]
    + [base64.b64encode(DER[:length]).decode() for length in range(1, len(DER), 7)]
    + [base64.b64encode(DER[:at] + b"\xff\xff" + DER[at + 2 :]).decode() for at in (0, 1, 5, 8, 12)],
)
def test_what_is_no_request_is_said_to_be_none(text: str) -> None:
    with pytest.raises(x509.Unreadable):
        x509.read_request(text)


@pytest.mark.parametrize("text", ["", "MIIB", signed.CSR, signed.CERTIFICATE[:200] + "-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_said_to_be_none(text: str) -> None:
    with pytest.raises(x509.Unreadable):
        x509.read_chain(text)


def test_a_version_that_is_none_is_said_to_be_none() -> None:
    """The library has an exception of its own for it, which is no ValueError."""
    request = DER.replace(b"\x02\x01\x00", b"\x02\x01\x07", 1)
    certificate = base64.b64decode("".join(signed.ROOT.splitlines()[1:-1])).replace(
        b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1
    )
    with pytest.raises(x509.Unreadable, match="7 is not a valid CSR version"):
        x509.read_request(base64.b64encode(request).decode())
    with pytest.raises(x509.Unreadable, match="7 is not a valid X509 version"):
        x509.read_chain(
            f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(certificate).decode()}\n-----END CERTIFICATE-----\n"
        )
