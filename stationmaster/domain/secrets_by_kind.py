"""What is a secret, told by its kind: nothing of it is kept in messages, settings, histories or logs (ATK-13, A9).

A name says it (password, passphrase, secret, token, AuthorizationKey, WifiPassword, apnPassword, private key), or the form of
a value: `ftp://user:password@host`, a URL that is signed by what stands behind its question mark, a private key in PEM. Names
that only sound alike (`idToken`, `keyType`, a count of attempts) are none.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

HIDDEN = "•••"

_NAME = re.compile(
    r"pass(?:word|wd|phrase|code)|(?:^|[^a-z])(?:pwd|psk|pin)(?:$|[^a-z])|secret|credential|authorization_?key"
    r"|api_?key|private_?key|shared_?key|pre_?shared|wpa|(?:access|refresh|auth|bearer|security)_?token|sas_?token",
)
# What a name may end in when it speaks of a secret without being one.
_ABOUT = re.compile(
    r"(?:length|len|attempts?|expiry|expires|enabled|required|policy|interval|timeout|count|type|hint|id)$"
)
_LOGIN = re.compile(r"([a-z][a-z0-9+.-]{1,20}://)([^\s/?#@\"']{0,300})@", re.IGNORECASE)
_SIGNED = re.compile(
    r"([?&][^=&#\s\"']*(?:sig|token|key|secret|password|credential|auth|expires)[^=&#\s\"']{0,40}=)([^&#\s\"']+)",
    re.IGNORECASE,
)
_OURS = re.compile(r"(/files/(?:firmware|logs)/)[0-9a-f]{56}")  # what we hand to chargers (domain/links.py)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_NAMING = frozenset({"key", "name", "variable", "component", "id", "parameter", "setting", "messageid", "message_id"})
_HOLDING = frozenset({"value", "attributevalue", "data", "actualvalue", "newvalue", "oldvalue", "content"})
# One of these is in every text that holds a secret. Looked for first: most texts hold none.
_SIGNS = ("pass", "pwd", "secret", "key", "psk", "://", "credential", "token", "wpa", "pin")


def is_secret(name: str) -> bool:
    """Whether what has this name is a secret, whatever its spelling: `WifiPassword`, `wifi_password`, `WIFI-PASSWORD`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(".", "_").replace(" ", "_")
    return _NAME.search(snake) is not None and _ABOUT.search(snake) is None


def blank(payload: str) -> str:
    """JSON as text, without the secrets in it. Unreadable text that may hold one is not kept at all."""
    lower = payload.lower()
    if not any(sign in lower for sign in _SIGNS):
        return payload
    try:
        value = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return _text_without(payload)
    found = blanked(value)
    return payload if found == value else msgspec.json.encode(found).decode()


def blanked(value: Any) -> Any:
    """A JSON value without the secrets in it."""
    if isinstance(value, str):
        return _in_text(value)
    if isinstance(value, list):
        return [blanked(item) for item in value]
    if not isinstance(value, dict):
        return value
    # {"key": "WifiPassword", "value": …}, {"variable": {"name": "BasicAuthPassword"}, "attributeValue": …}
    tunnel = {"server", "password", "key"} <= value.keys()  # of a VPN; elsewhere `key` is a name
    named = any(is_secret(text) for name, item in value.items() if name.lower() in _NAMING for text in _names(item))
    return {
        name: HIDDEN
        if item not in (None, "") and (_holds(name, item, named) or (tunnel and name == "key"))
        else blanked(item)
        for name, item in value.items()
    }


def _holds(name: str, item: Any, named: bool) -> bool:
    if named and name.lower() in _HOLDING:
        return True
    return not isinstance(item, dict | list | bool) and is_secret(name)


def _names(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    return [str(item.get("name", ""))] if isinstance(item, dict) else []


def _in_text(text: str) -> str:
    if text[:1] in ("{", "["):  # JSON in a text, as in DataTransfer
        return blank(text)
    if "://" in text:
        text = _OURS.sub(rf"\1{HIDDEN}", _SIGNED.sub(rf"\1{HIDDEN}", _LOGIN.sub(rf"\1{HIDDEN}@", text)))
    return _PEM.sub(HIDDEN, text) if "PRIVATE KEY" in text else text


_UNREADABLE = re.compile(r"""(["']?)([\w.\- ]{1,60})\1\s*[:=]\s*("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,}\]&]+)""")


def _text_without(text: str) -> str:
    """What is no JSON: hide what follows a name that says it; when in doubt, nothing is kept."""
    found = _UNREADABLE.findall(text)
    if any(is_secret(value.strip("\"'")) for _, _, value in found) or any(is_secret(name) for _, name, _ in found):
        return "(not kept: unreadable, and may hold a secret)"
    return (
        _in_text(text) if text[:1] not in ("{", "[") else _SIGNED.sub(rf"\1{HIDDEN}", _LOGIN.sub(rf"\1{HIDDEN}@", text))
    )
