"""Sockets that come, are replaced, fall silent and go (CON-01 … CON-12, ATK-03)."""

from __future__ import annotations

import asyncio
import gc
import json
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.background import presence
from stationmaster.domain import commands, events, organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.commands import commands as history
from stationmaster.domain.connections import TAKEOVERS, connection_log, connections
from stationmaster.domain.message_log import messages
from stationmaster.domain.sessions import sessions
from stationmaster.gateway.connection import Connection
from stationmaster.gateway.lane import Lane
from stationmaster.gateway.listener import SocketLink
from stationmaster.gateway.outbound import Outbound
from stationmaster.gateway.refusals import AGAIN
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.settings import Gateway
from tests.gateway.conftest import connected, held, settled, until
from tests.gateway.raw import CLOSE, PING, PONG, TEXT, Raw, frame, request
from tests.patience import PATIENCE_S

HEARTBEAT = [2, "hb", "Heartbeat", {}]
BOOT = [2, "boot", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}]
START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"}


def station_of(app: Any, identity: str = "CP1") -> int:
    return int(app.directory.find(identity).station.id)


async def ask(app: Any, one: Raw) -> None:
    """A command goes out over this socket and comes back."""
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="test"))
    call = await one.receive()
    assert call[2] == "ClearCache"
    one.send([3, call[1], {"status": "Accepted"}])
    async with asyncio.timeout(PATIENCE_S):
        assert (await asked).status == "accepted"


async def log_of(rows: Any) -> list[tuple[str, int]]:
    return [(row.event, row.generation) for row in await rows(connection_log)]


# CON-01 … CON-05: the newest authenticated socket wins


async def test_CON_01_the_new_socket_works_and_the_old_one_is_closed_with_4001(
    app: Any, charger: Any, rows: Any
) -> None:
    old = await charger("CP1")
    before = app.directory.find("CP1").generation
    new = await charger("CP1", boot=False)
    assert await old.closed() == 4001
    assert "superseded" in old.socket.close_reason
    assert await new.call("Heartbeat")
    await settled(app.database)
    assert app.switchboard.connection(station_of(app)).generation == before + 1
    assert (await log_of(rows))[-1] == ("connected", before + 1)


@pytest.mark.any_database
async def test_CON_01_only_who_has_authenticated_takes_over(app: Any, charger: Any) -> None:
    old = await charger("CP1")
    for secret in (None, "wrong"):
        login = {} if secret is None else {"user": "CP1", "secret": secret}
        assert (await Raw.open(app.gateway_port, request("/ocpp/CP1", **login))).status == 401
    assert await old.call("Heartbeat")


@pytest.mark.gateway(closing_s=60.0)
async def test_CON_02_the_end_of_an_old_socket_changes_nothing(app: Any, raw: Any, rows: Any, heard: Any) -> None:
    old = await raw("CP1")
    new = await raw("CP1", boot=False)
    await settled(app.database)
    first = app.directory.find("CP1").generation - 1
    assert len(app.listener.links) == 2  # the old one has not answered to its close
    await ask(app, new)
    old.writer.write(frame(b"\x03\xe8", kind=CLOSE))
    await old.ended()
    await until(lambda: len(app.listener.links) == 1)
    await ask(app, new)
    assert connected(app) == {"CP1"}
    assert (await log_of(rows))[-2:] == [("connected", first), ("connected", first + 1)]
    assert [
        event for event in heard if isinstance(event, events.StationDisconnected) and event.generation >= first
    ] == []
    await new.close()
    await until(lambda: connected(app) == set())
    assert (await log_of(rows))[-1] == ("disconnected", first + 1)


@pytest.mark.any_database
async def test_CON_02_what_the_old_socket_still_says_is_not_heard(app: Any, raw: Any, rows: Any) -> None:
    old = await raw("CP1")
    await raw("CP1", boot=False)
    old.send([2, "late", "StartTransaction", START])
    await old.ended()
    assert await rows(sessions) == []


async def test_CON_03_a_pending_command_ends_as_replaced_and_is_not_sent_again(app: Any, raw: Any, rows: Any) -> None:
    old = await raw("CP1")
    start, queued = (
        asyncio.create_task(app.switchboard.send(station_of(app), command, by="test"))
        for command in (commands.RemoteStart(token="TAG1", evse=1), commands.Reset())
    )
    assert (await old.receive())[2] == "RemoteStartTransaction"
    await until(lambda: rows(history, name="reset"))
    new = await raw("CP1", boot=False)
    async with asyncio.timeout(PATIENCE_S):
        assert [(await task).status for task in (start, queued)] == ["replaced", "replaced"]
    assert [(row.name, row.status) for row in await rows(history)] == [
        ("remote-start", "replaced"),
        ("reset", "replaced"),
    ]
    # The first thing the new socket hears is the next command.
    await ask(app, new)


@pytest.mark.any_database
@pytest.mark.gateway(closing_s=60.0)
async def test_CON_03_a_command_to_a_socket_that_is_being_closed_ends_at_once(app: Any, raw: Any) -> None:
    await raw("CP1")
    connection = app.directory.find("CP1").connection
    await raw("CP1", boot=False)
    async with asyncio.timeout(PATIENCE_S):
        assert (await connection.call("Reset", {"type": "Soft"}, timeout_s=60)).kind == "replaced"


@pytest.mark.gateway(max_handshakes=10_000, reconnects_per_s=1000, reconnect_burst=2000)
async def test_CON_04_a_thousand_takeovers_leave_one_socket_and_a_true_log(app: Any, raw: Any, rows: Any) -> None:
    login = {"user": "CP1", "secret": (await _secret(app))}
    chance = random.Random(4)
    tasks_before = len(asyncio.all_tasks())

    async def take_over(number: int) -> Raw:
        await asyncio.sleep(chance.random() * 0.01)
        one = await Raw.open(app.gateway_port, request("/ocpp/CP1", **login))
        assert one.status == 101
        if number % 3 == 0:
            one.send(HEARTBEAT)
        if number % 7 == 0:
            one.writer.transport.abort()
        return one

    opened: list[Raw] = []
    try:
        for start in range(0, 1000, 25):
            opened += await asyncio.gather(*(take_over(number) for number in range(start, start + 25)))
        opened.append(await take_over(1000))
        last = opened[-1]
        await until(lambda: len(app.listener.links) == 1)
        await settled(app.database)
        entry = app.directory.find("CP1")
        assert entry.generation == 1001
        assert (entry.connection.generation, connected(app)) == (1001, {"CP1"})
        # A heartbeat before the boot is refused; whether those of the sockets that went were read is their luck.
        for _ in range(AGAIN):
            assert (await last.exchange(HEARTBEAT))[:3] == [4, "hb", "SecurityError"]
        assert (await last.exchange(BOOT))[:2] == [3, "boot"]
        await ask(app, last)
        log = [(event, generation) for event, generation in await log_of(rows) if event != "online"]
    finally:
        for one in opened:
            await one.close()
    came = [generation for event, generation in log if event == "connected"]
    assert came == list(range(1, 1002))
    # Whoever is told to have gone was the newest at that moment: the log never has it gone after its successor came.
    current = None
    for event, generation in log:
        if event == "connected":
            current = generation
        else:
            assert (event, generation) == ("disconnected", current)
            current = None
    assert current == 1001
    # One hint, however often it was refused.
    assert sorted(row.kind for row in await rows(alarms)) == ["refused", "takeovers"]
    await until(lambda: not app.listener.links)
    await until(lambda: len(asyncio.all_tasks()) <= tasks_before)


async def _secret(app: Any) -> str:
    home = await app.database.write(organizations.home)
    _, secret = await app.database.write(stations.create, home, app.keys, identity="CP1")
    await settled(app.database)
    return str(secret)


@pytest.mark.any_database
async def test_CON_05_a_half_open_socket_never_keeps_the_charger_out(app: Any, raw: Any) -> None:
    old = await raw("CP1")
    old.writer.transport.pause_reading()  # it neither answers nor ends, as after a cut cable
    for _ in range(3):
        new = await raw("CP1", boot=False)
        assert (await new.exchange(HEARTBEAT))[0] == 3
        new.writer.transport.pause_reading()


async def test_ATK_03_more_takeovers_than_a_flaky_network_explains_raise_one_alarm(
    app: Any, raw: Any, rows: Any
) -> None:
    assert TAKEOVERS == 5
    await raw("CP1", boot=False)
    for _ in range(TAKEOVERS):
        await raw("CP1", boot=False)
    assert await rows(alarms) == []
    for _ in range(4):
        await raw("CP1", boot=False)
    (alarm,) = await rows(alarms)
    assert (alarm.kind, alarm.station_id) == ("takeovers", station_of(app))
    assert len(app.switchboard.connections()) == 1


# CON-06, CON-07: silence


@pytest.mark.any_database
async def test_CON_06_a_silent_socket_is_pinged_and_cut_when_it_stays_silent(app: Any, raw: Any) -> None:
    assert (Gateway().ping_interval_s, Gateway().pong_timeout_s) == (30, 20)
    app.settings.gateway.ping_interval_s = app.settings.gateway.pong_timeout_s = 0.1
    silent, alive = await raw("CP1"), await raw("CP2")

    async def answer_pings() -> None:
        while True:
            kind, payload = await alive.read()
            if kind == PING:
                alive.writer.write(frame(payload, kind=PONG))

    answering = asyncio.create_task(answer_pings())
    assert (await silent.read())[0] == PING
    await until(lambda: connected(app) == {"CP2"})
    await silent.ended()
    await asyncio.sleep(0.3)
    assert connected(app) == {"CP2"}
    answering.cancel()


@pytest.mark.any_database
@pytest.mark.parametrize(
    "sign", [frame(b"", kind=PONG), frame(b"hello", kind=PING), frame("[9]"), frame(b"", kind=TEXT)]
)
async def test_CON_07_any_frame_is_a_sign_of_life(app: Any, raw: Any, sign: bytes) -> None:
    one = await raw("CP1")
    (link,) = app.listener.links
    link._heard_at -= 31
    link.look_after(time.monotonic(), app.settings.gateway)
    assert (await one.read())[0] == PING
    assert link._pinged_at
    one.writer.write(sign)
    await until(lambda: not link._pinged_at)
    assert connected(app) == {"CP1"}


@pytest.mark.gateway(offline_after_s=30.0)
async def test_CON_07_a_short_absence_is_not_told_and_a_long_one_once(
    app: Any, raw: Any, rows: Any, heard: Any
) -> None:
    assert Gateway().offline_after_s == 60
    one = await raw("CP1")

    def told() -> list[str]:
        return [
            type(event).__name__ for event in heard if isinstance(event, events.StationOnline | events.StationOffline)
        ]

    async def gone_for(seconds: int) -> None:
        """It closes, and its absence began so long ago; then the gone are looked for, on several nodes at once."""
        await one.close()
        await until(lambda: connected(app) == set())
        await settled(app.database)
        moved = update(connections).values(closed_at=datetime.now(UTC) - timedelta(seconds=seconds))
        await app.database.write(lambda work: work.execute(moved))
        for _ in range(2):
            await asyncio.gather(*(presence.once(app.database, after=timedelta(seconds=30)) for _ in range(3)))

    await settled(app.database)
    assert told() == ["StationOnline"]
    await gone_for(20)
    one = await raw("CP1", boot=False)
    await settled(app.database)
    assert told() == ["StationOnline"]
    await gone_for(90)
    assert told() == ["StationOnline", "StationOffline"]
    await raw("CP1", boot=False)
    await settled(app.database)
    assert told() == ["StationOnline", "StationOffline", "StationOnline"]
    assert [event for event, _ in await log_of(rows) if event in ("online", "offline")] == [
        "online",
        "offline",
        "online",
    ]


# CON-09: the end of a process


async def test_CON_09_a_stop_answers_what_is_in_hand_and_then_closes_with_1012(app: Any, raw: Any, rows: Any) -> None:
    one, idle = await raw("CP1"), await raw("CP2")
    with held(app.database):
        one.send([2, "start", "StartTransaction", START])
        one.send([2, "auth", "Authorize", {"idTag": "TAG1"}])
        await until(lambda: not app.directory.find("CP1").connection.idle)
        stopping = asyncio.create_task(app.listener.stop())
        await until(lambda: app.gate.stopping)
        refused = await Raw.open(app.gateway_port, request("/ocpp/CP1"))
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
        assert not stopping.done()
    assert [(await one.receive())[:2] for _ in range(2)] == [[3, "start"], [3, "auth"]]
    for socket in (one, idle):
        assert await socket.close_code() == 1012
    async with asyncio.timeout(PATIENCE_S):
        await stopping
    assert app.listener.links == set()
    assert len(await rows(sessions)) == 1
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", app.gateway_port)


@pytest.mark.any_database
async def test_CON_09_a_pending_command_ends_with_the_process(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.Reset(), by="test"))
    await one.receive()
    await app.listener.stop()
    async with asyncio.timeout(PATIENCE_S):
        assert (await asked).status == "replaced"


# CON-12: nothing is lost on the way in


async def test_CON_12_a_boot_in_the_same_segment_as_the_handshake_is_heard(app: Any, charger: Any, rows: Any) -> None:
    await (await charger("CP1", boot=False)).close()
    head = request("/ocpp/CP1", user="CP1", secret=charger.secrets["CP1"])
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    one = Raw(reader, writer)
    writer.write(head + frame(_text(BOOT)) + frame(_text([2, "status", "StatusNotification", status])))
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    assert (await one.receive())[:2] == [3, "boot"]
    assert (await one.receive())[:2] == [3, "status"]
    assert [row.action for row in await rows(messages)] == ["BootNotification", "StatusNotification"]
    await one.close()


@pytest.mark.any_database
async def test_CON_12_a_handshake_in_pieces_is_put_together(app: Any, charger: Any) -> None:
    await (await charger("CP1", boot=False)).close()
    data = request("/ocpp/CP1", user="CP1", secret=charger.secrets["CP1"]) + frame(_text(BOOT))
    reader, writer = await asyncio.open_connection("127.0.0.1", app.gateway_port)
    for start in range(0, len(data), 40):
        writer.write(data[start : start + 40])
        await asyncio.sleep(0.001)
    async with asyncio.timeout(PATIENCE_S):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    one = Raw(reader, writer)
    assert (await one.receive())[2]["status"] == "Accepted"
    await one.close()


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.any_database
async def test_a_charger_that_is_removed_is_closed(app: Any, charger: Any) -> None:
    one = await charger("CP1")
    home = await app.database.write(organizations.home)
    await app.database.write(stations.delete, home, "CP1")
    assert await one.closed() == 4002
    assert app.directory.find("CP1") is None


@pytest.mark.any_database
async def test_S3_035_a_charger_that_is_disconnected_may_come_straight_back(app: Any, charger: Any) -> None:
    one = await charger("CP1")
    row = app.directory.find("CP1").station
    await app.switchboard.disconnect(row.id)
    assert await one.closed() == 4004
    with pytest.raises(NotConnected):
        await app.switchboard.disconnect(row.id)
    again = await charger("CP1")
    assert (await again.call("Heartbeat", {}))["currentTime"]


async def test_a_connection_that_is_closed_holds_nothing_that_the_collector_would_have_to_find(
    app: Any, raw: Any, rows: Any
) -> None:
    """Chargers on a bad line come back many times a day, and the collector looks once in hours."""

    def there() -> int:
        return sum(isinstance(each, Connection | SocketLink | Lane | Outbound) for each in gc.get_objects())

    await (await raw("CP1")).close()
    await until(lambda: not app.switchboard.connections())
    gc.collect()
    gc.disable()
    try:
        before = there()
        for ends in ("by itself", "by us", "with a command that is not answered"):
            one = await raw("CP1", boot=False)
            await one.exchange(BOOT)
            if ends == "by us":
                await app.switchboard.disconnect(station_of(app))
            elif ends != "by itself":
                asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="test"))
                await one.receive()
                await one.close()
                assert (await asked).outcome == "lost"
                del asked
            await one.close()
            await until(lambda: not app.switchboard.connections())
        await until(lambda: there() <= before)
    finally:
        gc.enable()
