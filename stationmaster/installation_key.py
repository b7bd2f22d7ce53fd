"""The installation's secret key: from the settings, or from a file that is made when there is none."""

from __future__ import annotations

import os
import secrets
from typing import NamedTuple

from stationmaster.settings import BadSettings, Settings


class SecretKey(NamedTuple):
    """The installation's secret key. One that was made now is not kept yet."""

    value: bytes
    made_now: bool
    name: str  # of the setting it comes from


def secret_key(settings: Settings) -> SecretKey:
    """The key of `security.key` or `security.key_file`; without one, a fresh one that `keep_key` writes. Raises `BadSettings`."""
    if settings.security.key is not None:
        if len(settings.security.key.encode()) < 32:
            raise BadSettings("security.key (or jwt.secret): must have at least 32 bytes")
        if len(set(settings.security.key)) < 10 or "change" in settings.security.key.lower():
            raise BadSettings(
                "security.key (or jwt.secret): this looks like an example; use a random one, or leave it out to have one made"
            )
        return SecretKey(settings.security.key.encode(), made_now=False, name="security.key")
    path = settings.security.key_file
    try:
        key = path.read_bytes().strip()
    except FileNotFoundError:
        return SecretKey(secrets.token_urlsafe(48).encode(), made_now=True, name=f"security.key_file: {path}")
    except OSError as error:
        raise BadSettings(f"security.key_file: {path}: {error.strerror}") from None
    if len(key) < 32:
        raise BadSettings(f"security.key_file: {path} has fewer than 32 bytes")
    return SecretKey(key, made_now=False, name=f"security.key_file: {path}")


def keep_key(settings: Settings, key: SecretKey) -> None:
    """Write a key that was made now to its file, for its owner only. Raises `BadSettings`."""
    if not key.made_now:
        return
    path = settings.security.key_file
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BadSettings(
            f"security.key_file: {path} was made by another process at this moment; start again"
        ) from None
    except OSError as error:
        raise BadSettings(f"security.key_file: {path}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.value + b"\n")
        file.flush()
        os.fsync(file.fileno())
