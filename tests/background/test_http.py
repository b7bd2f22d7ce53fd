"""X-02: where we do not go, and how the reason is said."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from stationmaster.outside import Http, Refused
from stationmaster.outside.http import LONGEST_ANSWER, Failed, is_public
from tests.background.receivers import Receiver, answer, receiving

HERE = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "2002:0a00:0001::1", "64:ff9b::7f00:1", "::7f00:1", "::a00:1", "fec0::1", "2001:db8::1", "198.18.0.1", "192.0.0.1",
        "203.0.113.1", "240.0.0.1", "100.127.255.254", "::ffff:100.64.0.1",
    ],
)  # fmt: skip
def test_X_02_this_is_nobody_on_the_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_X_02_this_is_somebody(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"])
async def test_X_02_a_private_address_is_refused_before_anything_is_sent(receiver: Receiver, host: str) -> None:
    with pytest.raises((Refused, Failed)):  # not each resolver knows the odd spellings
        await Http().post(f"http://{host}:{receiver.port}/", b"", {})
    assert receiver.connections == 0


# API-20: 25 ways to somewhere inside, as an attacker writes them.
INSIDE = [
    "http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/",
    "http://2130706433/", "http://0x7f.1/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://0.0.0.0/",
    "http://[::]/", "http://[::1]/", "https://localhost/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/",
    "http://100.64.0.1/", "http://[fd00::1]/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[::127.0.0.1]/", "https://good.example@127.0.0.1/", "https://127.0.0.1:443@10.0.0.1/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "http://127.0.0.1:99999/", "http://[::1/", "HTTPS://LOCALHOST/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
async def test_API_20_no_spelling_leads_inside(url: str) -> None:
    with pytest.raises((Refused, Failed)) as refused:  # not each resolver knows the odd spellings
        await Http(timeout_s=2).post(url, b"", {})
    assert isinstance(refused.value, Refused) or "name is not known" in str(refused.value), refused.value


async def test_X_02_a_name_is_judged_by_the_address_that_is_connected_to(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers with something else at the second look-up: there is no second one."""
    asked: list[str] = []

    async def resolves(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        address = "8.8.8.8" if len(asked) > 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves)
    with pytest.raises(Refused, match=r"127\.0\.0\.1, a private address"):
        await Http().post(f"https://turncoat.example:{receiver.port}/", b"", {})
    assert asked == ["turncoat.example"]
    assert receiver.connections == 0
    asked.clear()
    sent = await Http([HERE]).post(f"http://turncoat.example:{receiver.port}/", b"x", {})
    assert (sent.status, asked, receiver.connections) == (200, ["turncoat.example"], 1)


async def test_X_02_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolves(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", (address, 0)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves)
    with pytest.raises(Refused):
        await Http().get("https://both.example/")


async def test_X_02_in_clear_only_to_networks_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolves(host: str, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, 1, 6, "", ("8.8.8.8", 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolves)
    with pytest.raises(Refused, match="needs https"):
        await Http([HERE]).get("http://public.example/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "//x", "x"])
async def test_X_02_only_http(url: str) -> None:
    with pytest.raises(Refused, match="https"):
        await Http([HERE]).get(url)


async def test_X_02_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [answer(302, f"Location: http://127.0.0.1:{receiver.port}/secret")]
    sent = await Http([HERE]).post(receiver.url, b"{}", {})
    assert (sent.status, sent.fine) == (302, False)
    assert [request.path for request in receiver.requests] == ["/hook"]


async def test_an_endless_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.answers = [answer(200, body=b"x" * (LONGEST_ANSWER * 4))]
    assert len((await Http([HERE]).get(receiver.url)).body) == LONGEST_ANSWER
    receiver.answers.append(answer(200, body=b"x" * (LONGEST_ANSWER * 2)))
    assert len((await Http([HERE]).get(receiver.url, longest=LONGEST_ANSWER * 3)).body) == LONGEST_ANSWER * 2


async def test_who_does_not_answer_in_time_has_failed() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Failed, match="ReadTimeout"):
        await Http([HERE], timeout_s=0.05).get(f"http://127.0.0.1:{port}/")
    server.close()
    await server.wait_closed()
    with pytest.raises(Failed, match="ConnectError"):
        await Http([HERE]).get(f"http://127.0.0.1:{port}/")
