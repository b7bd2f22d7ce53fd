"""Addresses, as people and settings write them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def public_address(url: str | None, *schemes: str) -> str | None:
    """An address to show to people, without the slash at its end. Raises `ValueError`."""
    if not url:
        return None
    parsed = urlsplit(url)
    if parsed.scheme not in schemes or not parsed.hostname:
        raise ValueError(f"must begin with {schemes[1]}:// or {schemes[0]}:// and name a host")
    if parsed.username is not None or parsed.query or parsed.fragment:
        raise ValueError("must have no user, no query and no fragment")
    return url.rstrip("/")


def is_private(address: str) -> bool:
    """Whether only this machine or its own network can reach this address, or come from it. A name counts as public."""
    if address == "localhost":
        return True
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return there.is_private and not there.is_unspecified
