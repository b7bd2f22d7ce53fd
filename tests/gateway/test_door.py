"""Before a connection is a WebSocket: what is no handshake, what comes slowly, what says nothing (SEC-13, CON-12, SEC-08)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import resource
import threading
from pathlib import Path
from typing import Any

import pytest
import structlog

from stationmaster.domain import credentials, organizations, stations
from stationmaster.domain.refused_connections import KEPT_UNKNOWN, explain, refused_connections
from stationmaster.settings import Gateway
from tests.gateway.conftest import until
from tests.gateway.raw import Raw, frame, request
from tests.patience import PATIENCE_S
from tools import running

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
NO_HANDSHAKES = {
    "TLS": ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),  # complete with its first bytes
    "another protocol": ("not_http", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
    "bytes": ("not_http", b"\x00\x01\x02"),
    "an OCPP frame": ("not_http", b'[2,"1","Heartbeat",{}]'),
    "a word": ("not_http", b"GET\r\n\r\n"),
    "HTTP/1.0": ("old_http", b"GET /ocpp/CP1 HTTP/1.0\r\nHost: x\r\n\r\n"),
    "a browser": ("bad_request", b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: Browser\r\n\r\n"),
    "SOAP": ("bad_request", b"POST /ocpp/CP1 HTTP/1.1\r\nContent-Length: 6\r\n\r\n<soap>"),
    "a head without end": ("bad_request", b"GET /ocpp/CP1 HTTP/1.1\r\na: " + b"x" * 20_000),
}


async def send_as_is(app: Any, everything: list[bytes]) -> None:
    """Send each over a connection of its own, and wait until it is closed."""
    for data in everything:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
        writer.write(data)
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()


@pytest.mark.any_database
@pytest.mark.parametrize("reason, data", NO_HANDSHAKES.values(), ids=NO_HANDSHAKES)
async def test_what_is_no_handshake_is_in_the_inbox_as_well(
    app: Any, secrets: Any, inbox: Any, reason: str, data: bytes
) -> None:
    await send_as_is(app, [data])
    ((found, row),) = (await inbox()).items()
    assert (found, row.source, row.count) == (reason, "127.0.0.1", 1)
    assert row.identity == ("CP1" if b"/ocpp/CP1" in data else "")
    assert "{" not in explain(row)


@pytest.mark.any_database
@pytest.mark.gateway(handshake_timeout_s=0.1)
async def test_a_request_without_end_is_in_the_inbox_and_silence_is_not(app: Any, inbox: Any) -> None:
    """A health check that only connects is no charger that fails."""
    for said in (b"", b"GET /ocpp/CP1 HTTP/1.1\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
        writer.write(said)
        async with asyncio.timeout(PATIENCE_S):
            await reader.read()
        writer.close()
    found = await inbox()
    assert [(reason, row.path) for reason, row in found.items()] == [("unfinished", "/ocpp/CP1")]


@pytest.mark.any_database
async def test_CON_25_what_names_no_charger_has_a_limit_in_the_inbox(app: Any, inbox: Any, rows: Any) -> None:
    for number in range(KEPT_UNKNOWN + 20):
        app.gate.unreadable("not_http", b"", f"192.0.2.{number}")
    await inbox()
    assert len(await rows(refused_connections)) == KEPT_UNKNOWN


@pytest.mark.any_database
@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /ocpp/CP1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        b"GET /ocpp/CP1 HTTP/1.0\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /ocpp/CP1 HTTP/1.1\r\n\xff\xfe: \x00\xff\r\n\r\n",
        b"GET /ocpp/CP1 HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /ocpp/CP1 HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",
        request("/ocpp/CP1", headers={"Sec-WebSocket-Key": "short"}),
        request("/ocpp/CP1", headers={"Sec-WebSocket-Key": "äöü"}),
        request("/ocpp/CP1", headers={"Sec-WebSocket-Version": "12"}),
    ],
)
async def test_what_is_no_handshake_is_answered_with_400(
    app: Any, secrets: Any, knock: Any, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await Raw.open(app.gateway_port, data)).status == 400
    assert (await knock(user="CP1", secret=secrets["CP1"])).status == 101
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
    await until(lambda: len(app.listener.doors) == 0)


@pytest.mark.any_database
@pytest.mark.gateway(handshake_timeout_s=0.1)
async def test_a_handshake_has_its_time_and_no_more(app: Any, secrets: Any, knock: Any) -> None:
    assert Gateway().handshake_timeout_s == 10
    silent = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    slow = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    slow[1].write(b"GET /ocpp/CP1 HTTP/1.1\r\n")
    await until(lambda: len(app.listener.doors) == 2)
    async with asyncio.timeout(PATIENCE_S):
        assert await silent[0].read() == b""
        assert (await slow[0].read()).startswith(b"HTTP/1.1 400 ")
    for _, writer in (silent, slow):
        writer.close()
    await until(lambda: len(app.listener.doors) == 0)
    assert (await knock(user="CP1", secret=secrets["CP1"])).status == 101


# SEC-13: connections that say nothing


@pytest.mark.any_database
@pytest.mark.gateway(max_handshakes=2)
async def test_SEC_13_the_oldest_silent_connections_make_room(app: Any, secrets: Any, knock: Any) -> None:
    app.listener.doors.crowded_s = 0.01

    async def connect(said: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
        writers.append(writer)
        writer.write(said)
        return reader

    writers: list[asyncio.StreamWriter] = []
    begun = await connect(b"GET /ocpp/CP1 HTTP/1.1\r\n")
    await until(lambda: [one for one in app.listener.doors if not one.silent])
    silent = [await connect(b"") for _ in range(4)]
    assert (await knock(user="CP1", secret=secrets["CP1"])).status == 101
    for reader in silent[:3]:
        async with asyncio.timeout(PATIENCE_S):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
    await until(lambda: len(app.listener.doors) == 2)
    assert not begun.at_eof() and not silent[3].at_eof()
    for _ in range(2):  # with none that is silent, the oldest go
        await connect(b"GET /ocpp/CP1 HTTP/1.1\r\n")
        await until(lambda: len(app.listener.doors) == 2)
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            assert await begun.read() == b""
    for writer in writers:
        writer.close()
    await until(lambda: len(app.listener.doors) == 0)


@pytest.mark.any_database
async def test_SEC_13_two_thousand_idle_connections_keep_nobody_out(database_url: str, tmp_path: Path) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    secret = (await asyncio.to_thread(running.prepare, database_url, ["CP1"]))["CP1"]
    server = running.Server(database_url, tmp_path, forked=True, STATIONMASTER_GATEWAY__HANDSHAKE_TIMEOUT_S="60")
    await asyncio.to_thread(server.start)
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        for number in range(2_200):
            idle.append(await asyncio.open_connection("127.0.0.1", server.gateway))
            if number % 500 == 0 or number == 2_100:  # as the crowd grows, and when it is larger than the limit
                one = await Raw.open(server.gateway, request("/ocpp/CP1", user="CP1", secret=secret))
                assert one.status == 101
                assert (await one.exchange([2, "1", "BootNotification", BOOT]))[0] == 3
                await one.close()
        # The oldest have made room, as many as the limit are still there.
        await until(lambda: sum(not reader.at_eof() for reader, _ in idle) <= Gateway().max_handshakes)
        assert [reader.at_eof() for reader, _ in idle] == [True] * 200 + [False] * 2_000
    finally:
        for _, writer in idle:
            writer.transport.abort()
        await asyncio.to_thread(server.stop)


@pytest.mark.any_database
async def test_a_head_that_comes_byte_by_byte_is_one_head(app: Any, secrets: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    for byte in request("/ocpp/CP1", user="CP1", secret=secrets["CP1"]):
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readline()).startswith(b"HTTP/1.1 101 ")
    writer.close()


# CON-12: no lost first message


@pytest.mark.any_database
@pytest.mark.parametrize("size", [0, 5_000, 60_000])
async def test_CON_12_frames_that_come_with_the_handshake_are_answered(app: Any, secrets: Any, size: int) -> None:
    calls = [[2, "boot", "BootNotification", BOOT], [2, "data", "DataTransfer", {"vendorId": "A", "data": "x" * size}]]
    login = request("/ocpp/CP1", user="CP1", secret=secrets["CP1"])
    one = await Raw.open(app.gateway_port, login + b"".join(frame(json.dumps(call)) for call in calls))
    assert [(await one.receive())[1] for _ in calls] == ["boot", "data"]
    await one.close()


# SEC-08: a secret that a person typed


@pytest.mark.any_database
async def test_SEC_08_the_slow_check_holds_nobody_else_up(
    app: Any, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with CON-12: what the charger sent along is answered when the check is over."""
    home, typed = await app.database.write(organizations.home), "typed by a person"
    await app.database.write(stations.create, home, app.keys, identity="CP3", secret=typed)
    release, checked = threading.Event(), []

    class Slow:
        def verify(self, digest: str, secret: bytes) -> bool:
            checked.append(threading.current_thread())
            return release.wait(10)

    monkeypatch.setattr(credentials, "_argon2", Slow())
    boot = frame(json.dumps([2, "boot", "BootNotification", BOOT]))
    login = request("/ocpp/CP3", user="CP3", secret=typed)
    first = asyncio.create_task(Raw.open(app.gateway_port, login + boot))
    await until(lambda: checked)
    other = await Raw.open(app.gateway_port, request("/ocpp/CP1", user="CP1", secret=secrets["CP1"]) + boot)
    assert (await other.receive())[:2] == [3, "boot"]
    assert not first.done()
    release.set()
    one = await first
    assert (one.status, (await one.receive())[:2]) == (101, [3, "boot"])
    again = await Raw.open(app.gateway_port, login + boot)
    assert (await again.receive())[:2] == [3, "boot"]
    assert len(checked) == 1 and checked[0] is not threading.current_thread()
    for socket in (one, other, again):
        await socket.close()


@pytest.mark.any_database
async def test_SEC_08_what_the_slow_check_refutes_stays_out(
    app: Any, knock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong secret that has the two bytes by chance, and a charger that does not wait for the answer."""
    home, typed = await app.database.write(organizations.home), "typed by a person"
    await app.database.write(stations.create, home, app.keys, identity="CP3", secret=typed)
    await until(lambda: app.directory.find("CP3"))
    stored = app.directory.find("CP3").credential
    guesses = (f"guess number {number}" for number in itertools.count())
    guess = next(one for one in guesses if app.keys._digest(stored.salt, one.encode())[:2] == stored.digest)
    for _ in range(2):
        assert (await knock("/ocpp/CP3", user="CP3", secret=guess)).status == 401
    _, hasty = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    hasty.write(request("/ocpp/CP3", user="CP3", secret=typed))
    hasty.transport.abort()
    assert (await knock("/ocpp/CP3", user="CP3", secret=typed)).status == 101
    await until(lambda: app.listener.links == set() and app.gate._checking == 0)


@pytest.mark.any_database
@pytest.mark.parametrize("where", ["in the loop", "in the thread"])
async def test_a_decision_that_fails_is_answered_and_told(
    app: Any, knock: Any, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    class Broken:
        def verify(self, digest: str, secret: bytes) -> bool:
            raise MemoryError("no room for a slow hash")

    home, typed = await app.database.write(organizations.home), "typed by a person"
    await app.database.write(stations.create, home, app.keys, identity="CP3", secret=typed)
    if where == "in the thread":
        monkeypatch.setattr(credentials, "_argon2", Broken())
    else:
        monkeypatch.setattr(app.keys, "check", None)
    with structlog.testing.capture_logs() as logged:
        assert (await knock("/ocpp/CP3", user="CP3", secret=typed)).status == 500
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["handshake.failed"]
    monkeypatch.undo()
    assert (await knock("/ocpp/CP3", user="CP3", secret=typed)).status == 101


@pytest.mark.any_database
async def test_a_header_without_end_is_cut(app: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    writer.write(b"GET /ocpp/CP1 HTTP/1.1\r\n" + b"a: " + b"x" * 100_000)
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionError):
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await until(lambda: len(app.listener.doors) == 0)
