"""Where a request comes from, when proxies in front of us say so."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# RFC 7239 §4: `for=192.0.2.1`, `For="[2001:db8::1]:4711"`, among other parameters
_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*"?([^";]*)', re.IGNORECASE)


def source_of(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> str:
    """The address nearest to us that is no trusted proxy; the peer's own, when that is none.

    Everybody can write these headers, so each hop is believed only as far as the one that names it is trusted. Without
    X-Forwarded-For, Forwarded counts.
    """
    source = peer
    hops = _hops(headers) if trusted else []
    while hops and is_trusted(source, trusted):
        address = _address(hops.pop())
        if address is None:  # "unknown", "_hidden", garbage: whoever wrote it is as far as we can see
            break
        source = str(address)
    return source


def elements(headers: Mapping[str, str], name: str) -> list[str]:
    """The elements of a list that may be spread over several headers."""
    return [element.strip() for line in headers_named(headers, name) for element in line.split(",")]


def headers_named(headers: Mapping[str, str], name: str) -> list[str]:
    """Those of this name that say something."""
    getall = getattr(headers, "getall", None)
    return [line for line in (getall(name, []) if getall else [headers.get(name, "")]) if line]


def is_trusted(source: str, trusted: Sequence[Network]) -> bool:
    address = _address(source)
    return address is not None and any(address in network for network in trusted)


def _hops(headers: Mapping[str, str]) -> list[str]:
    """What the proxies wrote, the nearest one last."""
    written = elements(headers, "X-Forwarded-For")
    if written:
        return written
    found = (_FOR.search(element) for element in elements(headers, "Forwarded"))
    return [match[1] if match else "" for match in found]


def _address(hop: str) -> Address | None:
    """The address of a hop, with or without port and brackets; an IPv4 address that came by IPv6 is IPv4."""
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        address = ipaddress.ip_address(hop)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
