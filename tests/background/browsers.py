"""A browser that has given out its address, and its push service: reads what it is sent as a browser does (RFC 8188, RFC 8291, RFC 8292)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stationmaster.outside import Answer, Http

CURVE = ec.SECP256R1()


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def opened(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The side that subscribes."""

    def __init__(
        self, name: str = "one", *, key: ec.EllipticCurvePrivateKey | None = None, auth: bytes | None = None
    ) -> None:
        self.endpoint = f"https://push.example.com/send/{name}"
        self.key = key or ec.generate_private_key(CURVE)
        self.auth = auth or os.urandom(16)
        self.public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": unpadded(self.public), "auth": unpadded(self.auth)}

    @property
    def id(self) -> str:
        """What it knows itself by in our list."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()[:32]

    def read(self, body: bytes) -> bytes:
        """Raises when it was meant for another."""
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= 4096 and int.from_bytes(body[16:20], "big") >= len(sealed)
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        secret = HKDF(SHA256(), 32, self.auth, b"WebPush: info\0" + self.public + theirs).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        content, mark, padding = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
        assert mark and not padding.strip(b"\0")
        return content


class Sent(NamedTuple):
    """A message as it came to a browser."""

    shown: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]


class PushService(Http):
    """Takes messages for browsers, answers what a test has put into `answers`, and takes none that is not signed by the key of the subscription."""

    def __init__(self, public: bytes, *browsers: Browser) -> None:
        super().__init__()
        self.public = public
        self.browsers = {browser.endpoint: browser for browser in browsers}
        self.answers: list[int] = []
        self.sent: list[Sent] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, longest: int = 0) -> Answer:
        said = dict(part.split("=", 1) for part in headers["Authorization"].removeprefix("vapid ").split(", "))
        assert opened(said["k"]) == self.public
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, self.public)
        wanted: Any = {"require": ["aud", "exp", "sub"], "verify_exp": False}
        claims = jwt.decode(said["t"], key, algorithms=["ES256"], audience="https://push.example.com", options=wanted)
        if self.answers and (status := self.answers.pop(0)) != 201:
            return Answer(status, b"no")
        self.sent.append(Sent(msgspec.json.decode(self.browsers[url].read(body)), dict(headers), claims))
        return Answer(201, b"")
