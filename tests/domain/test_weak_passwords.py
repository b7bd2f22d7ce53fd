"""Passwords that are tried first are nobody's (API-01)."""

from __future__ import annotations

import pytest

from stationmaster.domain import accounts
from stationmaster.domain.errors import Invalid
from stationmaster.domain.weak_passwords import _leaked, why_weak


@pytest.mark.parametrize(
    "password",
    [
        "qwerty123456",
        "QWERTY123456",
        "leavemealone",
        "Password12345!",
        "1234password!!",
        "...dragon2026...",
        "aaaaaaaaaaaaaa",
        "abcabcabcabcab",
        "123412341234",
        "123456789012",
        "987654321098",
        "abcdefghijklm",
        "zyxwvutsrqpon",
        "ann@example.com",
    ],
)
def test_API_01_a_password_that_is_tried_first_is_refused(password: str) -> None:
    assert why_weak(password, email="Ann@example.com") is not None
    with pytest.raises(Invalid, match="password"):
        accounts.hashed(password, email="Ann@example.com")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "another good password",
        "dragon of the north",
        "aaaaaaaaaaab",
        "135791357913a",
        "ann@example.com and more",
        "пароль без смысла",
        "        a blank is a character",
    ],
)
def test_API_01_a_long_one_needs_no_kinds_of_characters(password: str) -> None:
    assert why_weak(password, email="ann@example.com") is None


def test_API_01_the_list_has_the_first_three_thousand() -> None:
    assert len(_leaked()) >= 3000
    assert {"123456", "password", "dragon", "qwertyuiop"} <= _leaked()
