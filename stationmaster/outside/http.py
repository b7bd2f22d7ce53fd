"""The one HTTP client that speaks to addresses which people have entered (X-02, API-20).

A name is looked up once, every address of it is judged, and the connection goes to that very address: a second look-up, which
could answer something else, never happens. Redirects are not followed, no proxy is taken from the environment, no cookie is kept:
httpcore, which does the HTTP of httpx, has none of these, so there is nothing to be switched off.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_ANSWER = 64 * 1024  # bytes that are looked at where nothing else is said; the rest is not read
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.ip_network("::/96")


class Refused(Exception):
    """We do not go there; the reason in a sentence."""


class Failed(Exception):
    """No answer came: no connection, a broken one, or not in time."""


class Answer(NamedTuple):
    status: int
    body: bytes

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300


class Http:
    """Asks other servers. `allowed` are networks of one's own that may be reached, and in clear as well. `look_ups` are threads of
    its own for names, where a slow one must not hold up what others look up.
    """

    def __init__(
        self, allowed: Iterable[Network] = (), *, timeout_s: float = 5.0, look_ups: ThreadPoolExecutor | None = None
    ) -> None:
        self._allowed = tuple(allowed)
        self._timeout_s = timeout_s
        self._look_ups = look_ups

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        longest: int = LONGEST_ANSWER,
        in_clear: bool = False,
    ) -> Answer:
        """Raises `Refused` for an address that is none of ours to reach, `Failed` when no answer comes. `in_clear`: http:// will do
        for public addresses as well, since what comes is signed (RFC 6960 §A.1)."""
        return await self._ask("POST", url, body, headers, longest, in_clear)

    async def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        longest: int = LONGEST_ANSWER,
        in_clear: bool = False,
    ) -> Answer:
        """Raises `Refused` and `Failed`."""
        return await self._ask("GET", url, b"", headers or {}, longest, in_clear)

    async def _ask(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], longest: int, in_clear: bool
    ) -> Answer:
        try:
            parsed = urlsplit(url)
            _ = parsed.port
        except ValueError:
            raise Refused("this is no address") from None
        scheme = parsed.scheme
        if scheme not in ("https", "http"):
            raise Refused("only https:// addresses are reached")
        if not parsed.hostname or not all("!" <= each <= "~" for each in url):
            raise Refused("this is no address")
        if parsed.username is not None or parsed.password is not None:
            raise Refused("an address with a log-in in it is not reached")
        wires = _Wires(self._allowed, in_clear=scheme == "http" and not in_clear, look_ups=self._look_ups)
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        async with httpcore.AsyncConnectionPool(ssl_context=self._certificates, network_backend=wires) as pool:
            try:
                async with pool.stream(
                    method,
                    url,
                    headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                    content=body,
                    extensions={"timeout": limits},
                ) as response:
                    return Answer(response.status, await _beginning(response, longest))
            except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
                raise Failed(f"no answer: {type(error).__name__}") from error
            except (OSError, httpcore.UnsupportedProtocol) as error:
                raise Failed(f"no answer: {error}") from error

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return ssl.create_default_context()


async def _beginning(response: httpcore.Response, longest: int) -> bytes:
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) >= longest:
            break
    return bytes(body[:longest])


class _Wires(httpcore.AnyIOBackend):
    """Connects to addresses that were judged."""

    def __init__(self, allowed: Sequence[Network], *, in_clear: bool, look_ups: ThreadPoolExecutor | None) -> None:
        self._allowed = allowed
        self._in_clear = in_clear
        self._look_ups = look_ups

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        async with asyncio.timeout(timeout):
            addresses = await self._look_up(host, port)
        failed: Exception | None = None
        for address in addresses:
            try:
                return await super().connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError("the name has no address")

    async def _look_up(self, host: str, port: int) -> list[Address]:
        loop = asyncio.get_running_loop()
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            if self._look_ups is None:
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            else:
                found = await loop.run_in_executor(self._look_ups, ask)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name is not known") from None
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found))
        for address in addresses:
            self._judge(host, address)
        return addresses

    def _judge(self, host: str, address: Address) -> None:
        if any(address in network for network in self._allowed):
            return
        if not is_public(address):
            raise Refused(f"{host} is at {address}, a private address; outside.allowed_networks can allow it")
        if self._in_clear:
            raise Refused(f"http:// is for networks in outside.allowed_networks; {host} needs https://")


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be meant by it; also for an IPv4 address inside of an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner:
            return is_public(inner)
        if address.is_site_local or address in _V4_COMPATIBLE:  # both are of old, and nobody on the Internet has one
            return False
    return address.is_global and not address.is_multicast
