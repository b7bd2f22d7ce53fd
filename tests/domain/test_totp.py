"""Codes as authenticator apps make them, held against the test vectors of the RFCs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stationmaster.domain import totp

SECRET = b"12345678901234567890"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


# RFC 6238, appendix B, SHA-1
@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_API_04_the_codes_of_rfc_6238(seconds: int, code: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(seconds, UTC))
    assert totp.code(SECRET, step, digits=8) == code
    assert totp.code(SECRET, step) == code[2:]


# RFC 4226, appendix D
@pytest.mark.parametrize(("count", "code"), [(0, "755224"), (1, "287082"), (5, "254676"), (9, "520489")])
def test_the_codes_of_rfc_4226(count: int, code: str) -> None:
    assert totp.code(SECRET, count) == code


@pytest.mark.parametrize(("off_s", "good"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_clock_may_be_off_by_half_a_minute(off_s: int, good: bool) -> None:
    typed = totp.code(SECRET, totp.step_of(AT + timedelta(seconds=off_s)))
    assert (totp.step_with(SECRET, typed, AT, after=0) is not None) == good


def test_no_code_works_twice_nor_one_before_it() -> None:
    this = totp.step_of(AT)
    assert totp.step_with(SECRET, totp.code(SECRET, this), AT, after=this - 1) == this
    for step in (this - 1, this):
        assert totp.step_with(SECRET, totp.code(SECRET, step), AT, after=this) is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code(typed: str) -> None:
    assert totp.step_with(SECRET, typed, AT, after=0) is None


def test_what_an_app_reads() -> None:
    uri = totp.uri(SECRET, issuer="Stationmaster Home & Co", account="ann@example.com")
    assert uri == (
        "otpauth://totp/Stationmaster%20Home%20%26%20Co%3Aann%40example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Stationmaster%20Home%20%26%20Co"
    )
