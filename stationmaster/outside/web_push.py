"""Messages to browsers that are closed, phones asleep: Web Push (RFC 8030), encrypted (RFC 8291) and signed by us (RFC 8292).

A browser gives out an address at the push service of its maker, and two keys. Whoever has them may send there; the service wakes the device, and can
read nothing. The libraries that do this bring an HTTP client of their own, and ours alone judges addresses (X-02); without that, what is left to do is this file.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stationmaster.outside.http import Failed, Http, Refused

Urgency = Literal["low", "normal", "high"]

LONGEST = 3993
"""Bytes of a message: a push service takes 4096 with what the encryption adds (RFC 8291 §4)."""
SIGNED_FOR = timedelta(hours=12)  # at most 24 (RFC 8292 §2)
_RECORD = 4096


class Subscription(msgspec.Struct, frozen=True):
    """What a browser gives out so that it can be sent to: an address, its public key, and a secret."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Sender(NamedTuple):
    """Who sends: the installation's key pair, and an address (`https:` or `mailto:`) at which push services reach whoever runs it."""

    key: ec.EllipticCurvePrivateKey
    contact: str


class Push(NamedTuple):
    """One message. A later one of the same `topic` takes its place while the device is asleep; after `keep_for` it is dropped."""

    content: bytes
    keep_for: timedelta
    urgency: Urgency = "normal"
    topic: str | None = None


class Gone(Exception):
    """There is no such subscription any more: the person has taken it back, or the browser is gone."""


def contact(public_url: str | None, mail_sender: str) -> str:
    """At which a push service reaches whoever runs this (RFC 8292 §2.1); some send nothing without one."""
    if public_url is not None and public_url.startswith("https://"):
        return public_url
    return f"mailto:{parseaddr(mail_sender)[1]}"


async def send(http: Http, to: Subscription, push: Push, sender: Sender, *, now: datetime) -> None:
    """Hand a message to the push service. Raises `Gone`, `Refused` where trying again is of no use, `Failed`."""
    parts = urlsplit(to.endpoint)
    if parts.scheme != "https":
        raise Refused("a push service is reached by https:// only")
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(push.keep_for.total_seconds())),
        "Urgency": push.urgency,
        "Authorization": _signed(sender, f"https://{parts.netloc}", now),
    }
    if push.topic is not None:
        headers["Topic"] = push.topic
    answer = await http.post(to.endpoint, encrypted(push.content, to), headers)
    if answer.status in (404, 410):
        raise Gone(f"the push service answered {answer.status}")
    if answer.status in (400, 401, 403, 413):
        raise Refused(f"the push service answered {answer.status}: {answer.body[:200].decode(errors='replace')}")
    if not answer.fine:
        raise Failed(f"the push service answered {answer.status}")


def encrypted(
    content: bytes, to: Subscription, *, salt: bytes | None = None, key: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """A message as only this browser can read it (RFC 8291). `salt` and `key` are made anew for each, but where a test has the answer."""
    salt = salt or os.urandom(16)
    key = key or ec.generate_private_key(ec.SECP256R1())
    ours = public_form(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.p256dh))
    secret = _derived(shared, to.auth, b"WebPush: info\x00" + to.p256dh + ours, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(content_key).encrypt(nonce, content + b"\x02", None)  # 2: the last record, which is the only one
    return salt + _RECORD.to_bytes(4, "big") + bytes([len(ours)]) + ours + sealed


def public_form(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, as 65 bytes."""
    return key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def base64url(data: bytes) -> str:
    """As browsers write it: without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _signed(sender: Sender, audience: str, now: datetime) -> str:
    claims = {"aud": audience, "exp": int((now + SIGNED_FOR).timestamp()), "sub": sender.contact}
    token = jwt.encode(claims, sender.key, algorithm="ES256")
    return f"vapid t={token}, k={base64url(public_form(sender.key))}"
