"""Secrets of stations: made here, kept only as digests, compared in constant time.

A secret we generate has 192 bits, so a salted HMAC with a key outside the database is enough, and fast: a storm of
reconnects must not become a storm of slow hashes. A secret typed by a person is kept the same way when it is strong (it came from
some generator too). What looks like words or a pattern is hashed with argon2id; the right answer is remembered in memory, and two
bytes of a keyed HMAC turn wrong ones away before the slow hash runs (docs/decisions/0015).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets

import argon2
import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec

from stationmaster.domain.errors import Invalid

MIN_SECRET_BYTES = 16  # 2.0.1 A00.FR.205, 1.6 security whitepaper; longer ones up to 64 are legal
MAX_SECRET_BYTES = 64
STRONG_BITS = 60.0  # 10^10 guesses a second, by one who has both the database and the key, take years for one charger

_argon2 = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Credential(msgspec.Struct, frozen=True, gc=False):
    """What is stored of a station's secret."""

    salt: bytes
    digest: bytes
    slow: str | None = None  # the argon2id hash of a typed secret; `digest` is then only its first two bytes
    offered: tuple[Credential, ...] = ()  # the charger may have taken one of these instead (domain/passwords.py)


class Keys:
    """Keys derived from the installation's one secret key, which is never in the database."""

    def __init__(self, secret_key: bytes) -> None:
        if len(secret_key) < 32:
            raise Invalid("security.key", "must have at least 32 bytes")
        self.pepper = hmac.digest(secret_key, b"stationmaster station secrets", "sha256")
        self.tokens = hmac.digest(secret_key, b"stationmaster access tokens", "sha256")
        self.once = hmac.digest(secret_key, b"stationmaster one-time links", "sha256")
        self.second_steps = hmac.digest(secret_key, b"stationmaster second steps", "sha256")
        self.links = hmac.digest(secret_key, b"stationmaster links", "sha256")
        self.bus = hmac.digest(secret_key, b"stationmaster bus", "sha256")
        self.push = _signing_key(hmac.digest(secret_key, b"stationmaster web push", "sha512"))
        self.mark = hmac.digest(secret_key, b"stationmaster mark", "sha256")[:8].hex()  # tells one key from another
        self._seal = Fernet(
            base64.urlsafe_b64encode(
                hmac.digest(secret_key, b"stationmaster secrets that are needed in clear", "sha256")
            )
        )
        self._seen = hmac.digest(secret_key, os.urandom(32), "sha256")
        self._verified: dict[bytes, bytes] = {}  # salt → keyed digest of the secret argon2 has said yes to
        self._refuted: dict[bytes, bytes] = {}  # and of the last one it has said no to
        self._nobody = Credential(salt=b"nobody", digest=secrets.token_bytes(32))

    def generated(self, characters: int = 32) -> tuple[str, Credential]:
        """A fresh secret (shown once) of up to 32 characters, and what to store of it. Twenty have 120 bits."""
        secret = secrets.token_urlsafe(24)[:characters]
        salt = secrets.token_bytes(16)
        return secret, Credential(salt, self._digest(salt, secret.encode()))

    def sealed(self, text: str) -> bytes:
        """A secret that will be needed in clear, as it may be kept."""
        return self._seal.encrypt(text.encode())

    def opened(self, sealed: bytes) -> str:
        """What was sealed. Raises `ValueError` when this installation had another key then."""
        try:
            return self._seal.decrypt(sealed).decode()
        except InvalidToken:
            raise ValueError("this secret was kept under another key of the installation; set it anew") from None

    def typed(self, secret: str) -> Credential:
        """What to store of a secret a person chose. Raises `Invalid` when it is too short or too long."""
        raw = secret.encode()
        if not MIN_SECRET_BYTES <= len(raw) <= MAX_SECRET_BYTES:
            raise Invalid(
                "secret",
                "must have {least} to {most} bytes; leave it out to have one generated",
                least=MIN_SECRET_BYTES,
                most=MAX_SECRET_BYTES,
            )
        salt = secrets.token_bytes(16)
        if is_strong(raw):
            return Credential(salt, self._digest(salt, raw))
        return Credential(salt, self._digest(salt, raw)[:2], _argon2.hash(raw))

    def upgraded(self, credential: Credential, secret: bytes) -> Credential | None:
        """What to store from now on of a strong secret that was kept as if it were weak; None when it is right as it is."""
        if credential.slow is None or not is_strong(secret):
            return None
        if not hmac.compare_digest(self._verified.get(credential.salt, b""), self._trace(credential, secret)):
            return None  # it is one that was offered to the charger, and not (yet) the one that is kept
        return msgspec.structs.replace(credential, digest=self._digest(credential.salt, secret), slow=None)

    def check(self, credential: Credential | None, secret: bytes) -> bool | None:
        """Whether this is the station's secret; None when only `verify` can tell, which may take tens of milliseconds.

        Takes as long for a station that does not exist (`None`).
        """
        if credential is not None and self.offered(credential, secret) is not None:
            return True
        known = credential or self._nobody
        digest = self._digest(known.salt, secret)
        if not hmac.compare_digest(digest[: len(known.digest)], known.digest):
            return False
        if credential is None or known.slow is None:
            return credential is not None
        seen = self._trace(known, secret)
        if hmac.compare_digest(self._verified.get(known.salt, b""), seen):
            return True
        return False if hmac.compare_digest(self._refuted.get(known.salt, b""), seen) else None

    def offered(self, credential: Credential, secret: bytes) -> Credential | None:
        """The one of the offered secrets that this is."""
        for each in credential.offered:
            if hmac.compare_digest(self._digest(each.salt, secret), each.digest):
                return each
        return None

    def verify(self, credential: Credential | None, secret: bytes) -> bool:
        """The same, however long it takes; argon2's answer is remembered, for `check`. May run in any thread."""
        right = self.check(credential, secret)
        if right is not None:
            return right
        assert credential is not None and credential.slow is not None
        try:
            _argon2.verify(credential.slow, secret)
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            self._refuted[credential.salt] = self._trace(credential, secret)
            return False
        self._verified[credential.salt] = self._trace(credential, secret)
        return True

    def _trace(self, credential: Credential, secret: bytes) -> bytes:
        return hashlib.blake2b(secret, key=self._seen, salt=credential.salt).digest()

    def _digest(self, salt: bytes, secret: bytes) -> bytes:
        return hmac.digest(self.pepper, salt + secret, "sha256")


def _signing_key(chance: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of 512 bits of chance: the same after a restart and on each node, as whoever was given its public half expects."""
    return ec.derive_private_key(int.from_bytes(chance, "big") % (_P256_ORDER - 1) + 1, ec.SECP256R1())


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def is_strong(secret: bytes) -> bool:
    """Whether it would take more guesses than anybody can make, judged as by one who knows how people make up secrets."""
    return len(secret) >= MIN_SECRET_BYTES and estimated_bits(secret) >= STRONG_BITS


def estimated_bits(secret: bytes) -> float:
    """How many bits of chance there are in a secret, at the least.

    Each character is worth what its own kind allows. One that continues a series or a way over the keyboard, or follows the
    same one as before, is worth one bit; a letter of what may be a word, two. Two neighbours alone are chance.
    """
    text = secret.decode("latin-1")
    if _HEX.fullmatch(text):
        worth = [4.0] * len(text)
    else:
        both_cases = any(map(str.islower, text)) and any(map(str.isupper, text))
        worth = [_worth(character, both_cases) for character in text]
        for word in _WORD.finditer(text):
            if _may_be_a_word(word[0].lower()):
                worth[word.start() : word.end()] = [2.0] * (word.end() - word.start())
        for year in _YEAR.finditer(text):
            worth[year.start() : year.end()] = [1.5] * 4
    lower = text.lower()
    for apart, left in ((1, 1.0), (2, 2.0)):  # two series may stand in one another: q1w2e3
        follows = [index >= apart and _follows(lower[index - apart] + lower[index]) for index in range(len(lower))]
        for index, so in enumerate(follows):
            if so and (follows[index - 1] or (index + 1 < len(lower) and follows[index + 1])):
                worth[index] = min(worth[index], left)
    pairs: set[str] = set()
    for index in range(1, len(text)):
        pair = lower[index - 1 : index + 1]
        if pair in pairs:
            worth[index] = min(worth[index], 1.0)
        pairs.add(pair)
    return min(sum(worth), 6.0 * len(set(text)))  # few different characters are few choices, however long the secret is


_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_WORD = re.compile(r"[A-Z][a-z]{2,}|[a-z]{3,}|[A-Z]{3,}(?![a-z])|\b[a-z]{2}\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROWS = (
    "1234567890 qwertyuiop asdfghjkl zxcvbnm qwertz azerty qsdfghjklm wxcvbn"
    " 1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik 9ol 1qay 1aqw"
)
# Nine of ten neighbours in words of European languages; of letters that stand there by chance, one of five.
_OF_WORDS = frozenset(
    [
        "th",
        "he",
        "in",
        "er",
        "an",
        "re",
        "on",
        "at",
        "en",
        "nd",
        "ti",
        "es",
        "or",
        "te",
        "of",
        "ed",
        "is",
        "it",
        "al",
        "ar",
        "st",
        "to",
        "nt",
        "ng",
        "se",
        "ha",
        "as",
        "ou",
        "io",
        "le",
        "ve",
        "co",
        "me",
        "de",
        "hi",
        "ri",
        "ro",
        "ic",
        "ne",
        "ea",
        "ra",
        "ce",
        "li",
        "ch",
        "ll",
        "be",
        "ma",
        "si",
        "om",
        "ur",
        "ca",
        "el",
        "ta",
        "la",
        "ns",
        "di",
        "fo",
        "ho",
        "pe",
        "ec",
        "pr",
        "no",
        "ct",
        "us",
        "ac",
        "ot",
        "il",
        "tr",
        "ly",
        "nc",
        "et",
        "ut",
        "ss",
        "so",
        "rs",
        "un",
        "lo",
        "wa",
        "ge",
        "ie",
        "wh",
        "ee",
        "wi",
        "em",
        "ad",
        "ol",
        "rt",
        "po",
        "we",
        "na",
        "ul",
        "ni",
        "ts",
        "mo",
        "ow",
        "pa",
        "im",
        "mi",
        "ai",
        "sh",
        "ir",
        "su",
        "id",
        "os",
        "iv",
        "ia",
        "am",
        "fi",
        "ci",
        "vi",
        "pl",
        "ig",
        "tu",
        "ev",
        "ld",
        "ry",
        "mp",
        "fe",
        "bl",
        "ab",
        "gh",
        "ty",
        "op",
        "wo",
        "sa",
        "ay",
        "ex",
        "ke",
        "fr",
        "oo",
        "av",
        "ag",
        "ap",
        "gr",
        "od",
        "bo",
        "sp",
        "rd",
        "do",
        "uc",
        "bu",
        "ei",
        "ov",
        "tt",
        "ck",
        "br",
        "dr",
        "ba",
        "rg",
        "da",
        "au",
        "ik",
        "um",
    ]
)


def _may_be_a_word(letters: str) -> bool:
    """Half of its pairs of letters are those of words; of a short one, more than half."""
    found = [letters[index - 1 : index + 1] in _OF_WORDS for index in range(1, len(letters))]
    return sum(found) * 2 > len(found) - (len(found) >= 4)


def _follows(pair: str) -> bool:
    return ord(pair[1]) - ord(pair[0]) in (-1, 0, 1) or pair in _ROWS or pair[::-1] in _ROWS


def _worth(character: str, both_cases: bool) -> float:
    if character.isdecimal():
        return 3.3
    if character.isalpha():
        return 5.7 if both_cases else 4.7
    return 2.0 if character in " -_.,:;/+@!?" else 4.0
