"""Secrets of stations: digests at rest, equal time, and no slow hash for a wrong guess."""

from __future__ import annotations

import random
import string
from typing import Any

import pytest

from stationmaster.domain import credentials
from stationmaster.domain.credentials import Credential, Keys, is_strong
from stationmaster.domain.errors import Invalid

KEY = b"a key that is only good for tests"
TYPED = "sixteen letters!"


@pytest.fixture
def slow_checks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the slow hash was asked to check."""
    asked: list[bytes] = []
    slow = credentials._argon2

    class Counted:
        hash = slow.hash

        def verify(self, digest: str, secret: bytes) -> bool:
            asked.append(secret)
            return bool(slow.verify(digest, secret))

    monkeypatch.setattr(credentials, "_argon2", Counted())
    return asked


def test_SEC_08_a_generated_secret_has_192_bits_and_needs_no_slow_hash(slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    secrets = {keys.generated()[0] for _ in range(100)}
    assert len(secrets) == 100
    secret, credential = keys.generated()
    assert len(secret) == 32
    assert keys.verify(credential, secret.encode())
    assert not keys.verify(credential, secret.encode() + b"x")
    assert slow_checks == []


def test_SEC_07_what_is_stored_does_not_hold_the_secret_nor_is_it_equal_twice() -> None:
    keys = Keys(KEY)
    stored = [keys.typed(TYPED) for _ in range(2)]
    assert TYPED not in repr(stored)
    assert stored[0].salt != stored[1].salt
    assert stored[0].slow != stored[1].slow
    assert [keys.verify(credential, TYPED.encode()) for credential in stored] == [True, True]


def test_SEC_08_a_stolen_table_is_worth_nothing_without_the_key() -> None:
    secret, credential = Keys(KEY).generated()
    assert not Keys(b"another key of an installation!!!").verify(credential, secret.encode())
    assert Keys(KEY).verify(credential, secret.encode())  # after a restart


@pytest.mark.parametrize(
    "secret, fine",
    [
        ("x" * 15, False),
        ("x" * 16, True),
        ("x" * 40, True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("ö" * 8, True),  # 16 bytes
        ("ö" * 33, False),
        ("with:colons:in:it", True),
    ],
)
def test_SEC_04_a_typed_secret_has_16_to_64_bytes(secret: str, fine: bool) -> None:
    keys = Keys(KEY)
    if fine:
        assert keys.verify(keys.typed(secret), secret.encode())
    else:
        with pytest.raises(Invalid) as refused:
            keys.typed(secret)
        assert refused.value.field == "secret"
        assert secret not in str(refused.value)


def test_SEC_08_a_storm_of_reconnects_meets_the_slow_hash_once(slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    credential = keys.typed(TYPED)
    assert all(keys.verify(credential, TYPED.encode()) for _ in range(50))
    assert slow_checks == [TYPED.encode()]


def test_ATK_02_wrong_guesses_hardly_ever_meet_the_slow_hash(slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    credential = keys.typed(TYPED)
    assert not any(keys.verify(credential, f"a wrong guess no {turn}".encode()) for turn in range(2000))
    assert len(slow_checks) <= 3  # one in 65,536


def test_SEC_08_a_changed_secret_ends_the_old_one_at_once(slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    old = keys.typed(TYPED)
    assert keys.verify(old, TYPED.encode())
    new = keys.typed("another secret of 25 char")
    assert not keys.verify(new, TYPED.encode())
    assert keys.verify(new, b"another secret of 25 char")


@pytest.mark.parametrize("secret", [b"", b"x", b"\x00:\xff not utf-8", b"y" * 10_000])
def test_ATK_02_nobody_is_never_let_in(secret: bytes) -> None:
    assert not Keys(KEY).verify(None, secret)


@pytest.mark.parametrize("field", ["salt", "digest", "slow"])
def test_a_credential_that_was_tampered_with_lets_nobody_in(field: str) -> None:
    keys = Keys(KEY)
    theirs, mine = keys.typed(TYPED), keys.typed("another secret of 25 char")
    parts: dict[str, Any] = {name: getattr(theirs, name) for name in ("salt", "digest", "slow")}
    parts[field] = getattr(mine, field)
    assert not keys.verify(Credential(**parts), b"another secret of 25 char")


@pytest.mark.parametrize("key", [b"", b"x" * 31])
def test_a_short_key_is_refused(key: bytes) -> None:
    with pytest.raises(Invalid):
        Keys(key)


WEAK = [
    "0123456789abcdef",
    "passwordpassword",
    "correct horse battery staple",
    "Stationmaster2026!",
    "MyChargerPassword123!",
    "SuperGeheim-Ladesaeule-07",
    "P@ssw0rdP@ssw0rdP@ss",
    "Tr0ub4dor&3Tr0ub4dor&3",
    "charger-secret-000123",
    "typed secret of CP17 01",
    "DEADBEEF00000001",
    "EVCharger#2025#Parkdeck1",
    "Garage-Wallbox-2024-Nord",
    "1qaz2wsx3edc4rfv",
    "Hauptstrasse17Berlin",
    "supersecretpassword1",
    "qwertyuiopasdfgh",
    "q1w2e3r4t5y6u7i8",
    "1234567890123456789012345678901234567890",
    "abcabcabcabcabcabcabcabcabcabcabcabcabc",
    "a" * 64,
    "aB3" * 20,
]


@pytest.mark.parametrize("secret", WEAK)
def test_what_people_make_up_is_weak(secret: str, slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    credential = keys.typed(secret)
    assert credential.slow is not None
    assert len(credential.digest) == 2
    assert keys.verify(credential, secret.encode())
    assert slow_checks == [secret.encode()]
    assert keys.upgraded(credential, secret.encode()) is None


@pytest.mark.parametrize(
    "secret",
    [
        "55702b6d970987443a5a013e034128de",
        "411AD9BBC4DF9E66B8A7CA3C39127435B2D29406",
        "4cJ1OiruLZyQLFrU5URs2Q",
        "c9d04948-1f4c-43a5-88c6-f3fe21fbd6b3",
        "v7#Kq!2zR&9mXw$4pLdT",
        "K7f9Xq2LmP4vT8zR",
        "mT4pQz81LdhwY6cR",
    ],
)
def test_what_a_generator_has_made_is_kept_like_our_own(secret: str, slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    credential = keys.typed(secret)
    assert (credential.slow, len(credential.digest)) == (None, 32)
    assert keys.check(credential, secret.encode()) is True
    assert keys.check(credential, secret[:-1].encode() + b"~") is False
    assert slow_checks == []


@pytest.mark.parametrize("length, share", [(16, 0.93), (20, 0.99), (24, 1.0)])
def test_nearly_every_random_secret_is_strong(length: int, share: float) -> None:
    chance = random.Random(length)
    made = ["".join(chance.choices(string.ascii_letters + string.digits, k=length)) for _ in range(2000)]
    assert sum(is_strong(secret.encode()) for secret in made) / len(made) >= share


def test_a_strong_secret_from_before_is_slow_only_once(slow_checks: list[bytes]) -> None:
    keys = Keys(KEY)
    secret = b"4cJ1OiruLZyQLFrU5URs2Q"
    fast = keys.typed(secret.decode())
    before = Credential(fast.salt, fast.digest[:2], credentials._argon2.hash(secret))
    assert keys.check(before, secret) is None
    assert keys.verify(before, secret)
    after = keys.upgraded(before, secret)
    assert after == fast
    assert keys.upgraded(after, secret) is None
    assert Keys(KEY).check(after, secret) is True
    assert len(slow_checks) == 1
