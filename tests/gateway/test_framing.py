"""What comes in on an open socket: limits of frames and messages, fragments, the pace, the buffers (RPC-21 … RPC-25, CON-11)."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import zlib
from typing import Any

import pytest

from stationmaster.domain.alarms import alarms
from stationmaster.domain.message_log import messages
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import sessions
from stationmaster.gateway import allowance, listener
from stationmaster.ocpp.dialects import BEFORE_ACCEPTED, ONCE_ACCEPTED
from stationmaster.settings import Gateway
from tests.gateway.conftest import connected, until
from tests.gateway.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

pytestmark = pytest.mark.any_database

HEARTBEAT = [2, "hb", "Heartbeat", {}]


def padded(size: int) -> bytes:
    """A valid Heartbeat of exactly this many bytes: JSON may have blanks in it."""
    bare = b'[2,"big","Heartbeat",{}'
    return bare + b" " * (size - len(bare) - 1) + b"]"


async def test_RPC_21_64_KiB_until_accepted_and_one_byte_more_is_1009(raw: Any) -> None:
    one = await raw("CP1", boot=False)
    assert (await one.exchange(padded(BEFORE_ACCEPTED)))[2] == "SecurityError"
    one.send(padded(64 * 1024 + 1))
    assert await one.close_code() == 1009


@pytest.mark.gateway(burst=1_000_000)
async def test_RPC_21_L4_2_MiB_once_accepted_and_one_byte_more_is_1009(app: Any, raw: Any) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    assert (await one.exchange(padded(ONCE_ACCEPTED)))[0] == 3
    one.send(padded(ONCE_ACCEPTED + 1))
    assert await one.close_code() == 1009
    assert (await other.exchange(HEARTBEAT))[0] == 3
    await until(lambda: connected(app) == {"CP2"})


@pytest.mark.parametrize("size", [9 * 1024 * 1024, 2**40])
async def test_RPC_21_a_frame_announced_as_huge_is_1009_before_it_is_read(app: Any, raw: Any, size: int) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    one.writer.write(struct.pack(">BBQ", 0x81, 0xFF, size) + b"\0\0\0\0")
    assert await one.close_code() == 1009
    assert (await other.exchange(HEARTBEAT))[0] == 3
    await until(lambda: connected(app) == {"CP2"})


async def test_RPC_22_compression_is_not_negotiated_on_1_6(raw: Any) -> None:
    one = await raw("CP1", headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"})
    assert "sec-websocket-extensions" not in one.headers
    assert (await one.exchange(HEARTBEAT))[0] == 3


async def test_RPC_22_a_compressed_bomb_is_never_inflated(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    squeeze = zlib.compressobj(wbits=-15)
    bomb = squeeze.compress(b'[2,"b","Heartbeat",{}' + b" " * 50_000_000) + squeeze.flush(zlib.Z_SYNC_FLUSH)
    one.send(bomb[:-4], reserved=4)
    assert await one.close_code() in (1002, 1009)
    await until(lambda: connected(app) == set())


FORMS = {
    "33 levels": b'[2,"f","DataTransfer",{"vendorId":"v","data":' + b"[" * 31 + b"]" * 31 + b"}]",
    "50,000 levels": b'[2,"f","DataTransfer",{"vendorId":' + b"[" * 50_000 + b"]" * 50_000 + b"}]",
    "brackets that never close": b"[" * 60_000,
    "33 digits": b'[2,"f","Heartbeat",{"a":' + b"9" * 33 + b"}]",
    "5,000 digits": b'[2,"f","Heartbeat",{"a":' + b"9" * 5_000 + b"}]",
    "a list as action": b'[2,"f",["Heartbeat"],{}]',
}


@pytest.mark.gateway(burst=1000)
async def test_RPC_23_beyond_the_limits_of_form_is_a_CALLERROR_and_the_socket_lives(raw: Any) -> None:
    one = await raw("CP1")
    for name, data in FORMS.items():
        answer = await one.exchange(data)
        assert (answer[0], answer[2]) == (4, "FormationViolation"), name
        assert answer[1] in ("f", "-1"), name
        assert (await one.exchange(HEARTBEAT))[0] == 3, name


async def test_RPC_23_at_the_limits_of_form_is_taken(raw: Any) -> None:
    one = await raw("CP1")
    deep = b'[2,"f","DataTransfer",{"vendorId":"v","x":' + b"[" * 30 + b"]" * 30 + b"}]"
    assert (await one.exchange(deep))[0] == 3
    long = b'[2,"g","DataTransfer",{"vendorId":"v","x":' + b"9" * 32 + b"}]"
    assert (await one.exchange(long))[0] == 3


@pytest.mark.gateway(messages_per_s=20.0, burst=10)
async def test_RPC_24_who_sends_too_much_is_read_at_the_agreed_pace(app: Any, raw: Any) -> None:
    """Small frames come many to a read; the pace must hold for them as well."""
    one = await raw("CP1")
    for number in range(2000):
        one.send([2, f"m{number}", "Heartbeat", {}])
    before = app.switchboard.counts["received"]
    await asyncio.sleep(1)
    # 10 at once, 20 in this second, and what one read of the socket may hold.
    assert app.switchboard.counts["received"] - before < 400
    assert connected(app) == {"CP1"}
    assert (await one.receive())[0] == 3


def test_RPC_24_the_pace_by_default() -> None:
    assert (Gateway().messages_per_s, Gateway().burst) == (100, 500)


async def test_RPC_25_a_binary_frame_is_1003(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    one.send(HEARTBEAT, kind=BINARY)
    assert await one.close_code() == 1003
    await until(lambda: connected(app) == set())


async def test_RPC_25_fragments_of_a_50_KiB_message_are_put_together(raw: Any) -> None:
    one = await raw("CP1")
    whole = padded(50 * 1024)
    for start in range(0, len(whole), 1000):
        last = start + 1000 >= len(whole)
        one.send(whole[start : start + 1000], kind=TEXT if start == 0 else CONTINUATION, fin=last)
        if start == 5000:  # control frames may come in between
            one.send(b"still there?", kind=PING)
    assert await one.read() == (PONG, b"still there?")
    assert (await one.receive())[:2] == [3, "big"]


@pytest.mark.gateway(burst=100_000)
async def test_RPC_25_fragments_share_the_limit_of_one_message(raw: Any) -> None:
    one = await raw("CP1")
    one.send(b"[" + b" " * 1_000_000, fin=False)
    one.send(b" " * 1_000_000, kind=CONTINUATION, fin=False)
    one.send(b" " * 1_000_000, kind=CONTINUATION, fin=False)
    assert await one.close_code() == 1009


@pytest.mark.gateway(burst=5000)
async def test_RPC_25_a_message_in_one_byte_fragments_costs_no_more_than_its_bytes(raw: Any) -> None:
    one = await raw("CP1")
    whole = padded(60_000)
    one.send(whole[:1], fin=False)
    one.writer.write(b"".join(frame(whole[i : i + 1], kind=CONTINUATION, fin=False) for i in range(1, len(whole) - 1)))
    one.send(whole[-1:], kind=CONTINUATION)
    assert (await one.receive())[:2] == [3, "big"]


async def test_RPC_25_a_message_that_is_never_completed_is_given_up(app: Any, raw: Any) -> None:
    assert app.settings.gateway.stalled_after_s == 30
    one = await raw("CP1")
    for number, byte in enumerate(padded(1000)):
        one.send(bytes([byte]), kind=CONTINUATION if number else TEXT, fin=False)
    await until(lambda: [link for link in app.listener.links if link._parts is not None])
    app.listener._sweep()
    assert connected(app) == {"CP1"}  # it has 30 s
    app.settings.gateway.stalled_after_s = 0.0
    app.listener._sweep()
    assert await one.close_code() == 1008
    await until(lambda: connected(app) == set())


@pytest.mark.parametrize(
    "data",
    [
        frame("{}", kind=CONTINUATION),
        frame("[2", fin=False) + frame("{}", kind=TEXT),
        frame("[]", masked=False),
        frame("[]", kind=3),
        frame("[]", kind=11),
        frame(b"x", kind=PING, fin=False),
        frame(b"x" * 126, kind=PING),
        frame("[]", reserved=1),
        frame(b"\x03", kind=CLOSE),
    ],
    ids=[
        "a continuation of nothing",
        "a message within a message",
        "no mask",
        "opcode 3",
        "opcode 11",
        "a ping in pieces",
        "a ping too long",
        "a reserved bit",
        "half a close code",
    ],
)
async def test_RPC_25_a_broken_WebSocket_frame_closes_this_socket_only(app: Any, raw: Any, data: bytes) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    one.writer.write(data)
    assert await one.close_code() == 1002
    assert (await other.exchange(HEARTBEAT))[0] == 3
    await until(lambda: connected(app) == {"CP2"})


async def test_CON_11_who_takes_nothing_for_too_long_is_cut(app: Any, raw: Any) -> None:
    assert (listener.MAX_BUFFERED, app.settings.gateway.stalled_after_s) == (256 * 1024, 30)
    one = await raw("CP1")
    one.writer.transport.pause_reading()  # the kernel's buffers fill, then ours
    station = app.directory.find("CP1").station.id
    (link,) = app.listener.links
    asked = app.switchboard.call(station, "DataTransfer", {"data": "x" * 9_000_000}, timeout_s=20, by="test")
    waiting = asyncio.create_task(asked)
    await until(lambda: link._stalled_at)
    app.listener._sweep()
    assert connected(app) == {"CP1"}  # it has 30 s
    app.settings.gateway.stalled_after_s = 0.0
    await until(lambda: connected(app) == set())
    assert (await waiting).kind == "lost"


async def test_CON_11_who_takes_nothing_holds_no_more_than_its_buffer(app: Any, raw: Any) -> None:
    """Commands that go on timing out are one more each time."""
    one = await raw("CP1")
    one.writer.transport.pause_reading()
    station = app.directory.find("CP1").station.id
    (link,) = app.listener.links
    largest = 0
    for _ in range(200):
        if connected(app) != {"CP1"}:
            break
        await app.switchboard.call(station, "DataTransfer", {"data": "x" * 100_000}, timeout_s=0.002, by="test")
        if link._transport is not None:
            largest = max(largest, link._transport.underlying_transport.get_write_buffer_size())
    assert listener.MAX_BUFFERED <= largest <= listener.MAX_UNSENT + 200_000
    await until(lambda: connected(app) == set())


@pytest.mark.gateway(burst=100_000)
async def test_CON_11_while_it_takes_nothing_nothing_is_read(app: Any, raw: Any) -> None:
    """Else every question read would be an answer more in the buffer."""
    one = await raw("CP1")
    station = app.directory.find("CP1").station.id
    one.writer.transport.pause_reading()
    (link,) = app.listener.links
    asked = app.switchboard.call(station, "DataTransfer", {"data": "x" * 9_000_000}, timeout_s=20, by="test")
    waiting = asyncio.create_task(asked)
    await until(lambda: link._stalled_at)
    before = app.switchboard.counts["received"]
    for number in range(50):
        one.send([2, f"q{number}", "Heartbeat", {}])
    await asyncio.sleep(0.1)
    assert app.switchboard.counts["received"] == before
    one.writer.transport.resume_reading()
    kind, payload = await one.read(20)
    assert (kind, json.loads(payload)[2]) == (TEXT, "DataTransfer")
    for number in range(50):
        assert (await one.receive())[1] == f"q{number}"
    await one.close()
    assert (await waiting).kind == "lost"


@pytest.mark.gateway(burst=1000)
async def test_frames_of_chance_close_the_socket_or_are_answered(app: Any, raw: Any) -> None:
    other = await raw("CP2")
    for _ in range(30):
        one = await raw("CP1")
        one.writer.write(os.urandom(400))
        one.writer.write_eof()
        await one.ended()
        assert (await other.exchange(HEARTBEAT))[0] == 3


# L4: long messages of accepted chargers, and those beyond


async def test_L4_a_stop_of_375_kB_is_taken(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    number = (await one.exchange([2, "s", "StartTransaction", start]))[2]["transactionId"]
    sampled = [
        {"value": "1", "measurand": name, "location": "Outlet"}
        for name in ("Voltage", "SoC", "Temperature", "Frequency")
    ]
    values = [{"timestamp": f"2026-11-01T10:{n // 60:02}:{n % 60:02}Z", "sampledValue": sampled} for n in range(1200)]
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-01T11:00:00Z", "transactionData": values}
    data = json.dumps([2, "x", "StopTransaction", stop])
    assert len(data) > 300_000
    one.send(data)
    assert (await one.receive(30))[:2] == [3, "x"]
    (session,) = await rows(sessions)
    assert (session.status, session.energy_wh) == ("completed", 5000)
    (kept,) = await rows(messages, action="StopTransaction")
    assert len(kept.request) <= 64 * 1024 and "cut in this log" in kept.remarks


async def test_L4_of_a_message_beyond_every_limit_the_head_is_kept_and_an_alarm_raised(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    one.send(b'[2,"x","StopTransaction",{"transactionId":7,"meterStop":1,"transactionData":[' + b" " * ONCE_ACCEPTED)
    assert await one.close_code(20) == 1009
    (kept,) = await rows(quarantine)
    assert kept.action == "StopTransaction" and '"transactionId":7' in kept.content
    (alarm,) = await rows(alarms)
    assert alarm.kind == "too_long" and "StopTransaction" in alarm.detail


# A2: everything costs, and the account is the charger's


@pytest.mark.gateway(messages_per_s=0.01, burst=100)
async def test_A2_a_new_socket_brings_no_new_allowance(app: Any, raw: Any) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    one.writer.write(frame(b"", kind=PING) * 200)
    assert (await other.exchange(HEARTBEAT))[0] == 3
    for _ in range(3):
        again = await raw("CP1", boot=False)
        again.send(HEARTBEAT)
        with pytest.raises(TimeoutError):
            while (await again.read(0.3))[0] != TEXT:
                pass  # pongs, at the most
    assert (await other.exchange(HEARTBEAT))[0] == 3


@pytest.mark.gateway(messages_per_s=0.01, burst=50)
async def test_A2_whoever_sends_nothing_but_pings_is_not_read(raw: Any) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    one.writer.write(frame(b"", kind=PING) * 20_000)
    assert (await other.exchange(HEARTBEAT))[0] == 3
    pongs = 0
    with pytest.raises(TimeoutError):
        while True:
            pongs += (await one.read(0.3))[0] == PONG
    assert 0 < pongs < 2000


def test_A2_bytes_cost_as_messages_do() -> None:
    assert allowance.price(0) == allowance.price(600) == 1
    assert allowance.price(256 * 1024) == 129
    account = allowance.Allowance(per_s=100, burst=10)
    assert all(account.pay(1) for _ in range(10))
    assert not account.pay(1)
    assert account.owed == 1 and 0 < account.wait_s() <= 0.01


def test_A2_a_piece_costs_its_bytes_and_the_time_it_takes() -> None:
    assert allowance.price(0, whole=False) == allowance.PIECE
    assert allowance.price(2048 * 100, whole=False) == pytest.approx(100 + allowance.PIECE)
