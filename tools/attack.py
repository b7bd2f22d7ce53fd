"""`make attack`: what a stranger on the network, a rogue charger and a rogue viewer can do to a running server, and to others.

Starts a server of its own, on loopback only, and plays every attack against it for a bounded time, with bounded numbers. A quiet
charger sends its heartbeats all the while, and a victim charges. Prints what was tried, how the quiet one fared, and what got
through; the exit code is 1 when something did, or when the quiet charger's p99 reached a second.

    make attack ARGS="--seconds 20"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from stationmaster.domain import accounts, organizations
from stationmaster.storage import Database, Work
from tests.charger import Charger
from tests.gateway.raw import CONTINUATION, PING, PONG, TEXT, Raw, frame, request
from tools import running

VIEWER, VIEWER_PASSWORD = "viewer@example.org", "only-looking-around-7"
CANARY = "canary-2b7e151628aed2a6"
LIMIT_MS = 1000.0
EVERY_S = 0.2
MOST_SOCKETS = 300
OVERTIME_S = 3.0  # that an attack may take beyond its time
BOOT = [2, "boot", "BootNotification", {"chargePointVendor": "Rogue", "chargePointModel": "One"}]
METER = {"connectorId": 1, "meterValue": [{"timestamp": "2026-11-01T10:00:00Z", "sampledValue": [{"value": "1"}]}]}


class Field:
    """The server under attack, who is on it, and what has got through so far."""

    def __init__(self, server: running.Server, secrets: dict[str, str]) -> None:
        self.server = server
        self.secrets = secrets
        self.through: list[str] = []
        self.cut_off: list[str] = []
        self.latencies_ms: list[float] = []

    async def rogue(self, identity: str = "ROGUE", *, boot: bool = True) -> Raw:
        login = request(f"/ocpp/{identity}", user=identity, secret=self.secrets[identity])
        one = await Raw.open(self.server.gateway, login)
        if one.status != 101:
            raise ConnectionError(f"refused with {one.status}")
        if boot:
            one.send(BOOT)
        return one

    @contextlib.asynccontextmanager
    async def user(self, email: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.server.web}/api/v1", timeout=20) as client:
            login = await client.post("/auth/login", json={"email": email, "password": password})
            client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
            yield client


Attack = Callable[[Field, float], Awaitable[int]]
ATTACKS: dict[str, tuple[str, Attack]] = {}


def attack(row: str) -> Callable[[Attack], Attack]:
    """An attack plays until its time is over, and returns how often it has tried."""

    def registered(function: Attack) -> Attack:
        ATTACKS[function.__name__] = row, function
        return function

    return registered


# --- a stranger on the network ---


@attack("A4")
async def silent_sockets(field: Field, until: float) -> int:
    """Connections to both ports that say nothing."""
    return await _hold_open(field, until, b"")


@attack("A4")
async def requests_that_never_end(field: Field, until: float) -> int:
    """Connections to both ports that say half of something."""
    return await _hold_open(field, until, b"GET /ocpp/QUIET HTTP/1.1\r\nX-Slow: ")


async def _hold_open(field: Field, until: float, first: bytes) -> int:
    writers = []
    try:
        for number in range(MOST_SOCKETS):
            if time.monotonic() > until:
                break
            port = field.server.gateway if number % 2 else field.server.web
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(first)
                writers.append(writer)
        await asyncio.sleep(max(0.0, until - time.monotonic()))
    finally:
        for writer in writers:
            writer.transport.abort()
    return len(writers)


@attack("A15")
async def wrong_passwords(field: Field, until: float) -> int:
    """Guesses at known and unknown ids, from many addresses."""
    tried = 0
    for tried in itertools.count(1):
        if time.monotonic() > until:
            break
        identity = ("VICTIM", f"GUESS{tried}")[tried % 2]
        source = f"127.0.{tried // 200 % 250}.{tried % 200 + 2}"
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            one = await Raw.open(
                field.server.gateway, request(f"/ocpp/{identity}", user=identity, secret="guess"), source=source
            )
            if one.status == 101:
                field.through.append(f"a guessed password was let in as {identity}")
            await one.close()
        await asyncio.sleep(0.005)
    return tried


@attack("A4")
async def what_is_no_request(field: Field, until: float) -> int:
    """TLS, SSH and noise to the chargers' port."""
    tried = 0
    for data in itertools.cycle((b"\x16\x03\x01\x02\x00\x01", b"SSH-2.0-x\r\n", os.urandom(4096))):
        if time.monotonic() > until:
            break
        tried += 1
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", field.server.gateway)
            writer.write(data)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(100), 1)
            writer.transport.abort()
        await asyncio.sleep(0.01)
    return tried


# --- a rogue charger, with a password of its own ---


async def _flood(field: Field, until: float, data: bytes, pause_s: float = 0.0) -> int:
    """The same bytes for ever; a closed socket is opened again."""
    sent = 0
    while time.monotonic() < until:
        try:
            one = await field.rogue()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            await asyncio.sleep(0.2)
            continue
        reading = asyncio.create_task(_drain(one))
        with contextlib.suppress(OSError):
            while time.monotonic() < until and not reading.done():
                one.writer.write(data)
                sent += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(one.writer.drain(), 0.5)
                await asyncio.sleep(pause_s)
        reading.cancel()
        one.writer.transport.abort()
    return sent


async def _drain(one: Raw) -> None:
    with contextlib.suppress(ConnectionError):
        while await one.reader.read(65536):
            pass


@attack("A2")
async def pings(field: Field, until: float) -> int:
    """Pings and pongs, thousands at once."""
    return 1000 * await _flood(field, until, (frame(b"", kind=PING) + frame(b"x" * 100, kind=PONG)) * 500)


@attack("A2")
async def fragments_without_end(field: Field, until: float) -> int:
    """A message in pieces of a byte, that never ends."""
    pieces = frame(b"[", kind=TEXT, fin=False) + frame(b" ", kind=CONTINUATION, fin=False) * 2000
    return 2000 * await _flood(field, until, pieces)


@attack("A2")
async def heavy_JSON(field: Field, until: float) -> int:
    """Frames of 256 KiB whose every value is wrong."""
    unknown = {f"x{number}": [[{"a": number}]] for number in range(9000)}
    value = {"timestamp": "x", "sampledValue": [{"value": 1, "unit": 5, **unknown}]}
    return await _flood(field, until, frame(json.dumps([2, "1", "MeterValues", METER | {"meterValue": [value]}])))


@attack("A2")
async def connecting_again_and_again(field: Field, until: float) -> int:
    """A new socket for each few messages, to get a new allowance."""
    tried = 0
    while time.monotonic() < until and tried < 2000:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            one = await field.rogue()
            for number in range(100):
                one.send([2, f"{tried}-{number}", "Heartbeat", {}])
            await asyncio.sleep(0.02)
            one.writer.transport.abort()
        tried += 1
    return tried


@attack("L4")
async def messages_of_2_MiB(field: Field, until: float) -> int:
    """As long as a message may be, and longer."""
    longest = frame(json.dumps([2, "1", "DataTransfer", {"vendorId": "x", "data": "y" * (2 * 1024 * 1024 - 200)}]))
    return await _flood(field, until, longest, 0.05) + await _flood(field, until + 1, frame(b"[" * 4_000_000), 0.5)


@attack("A3")
async def values_beyond_all_limits(field: Field, until: float) -> int:
    """Dates, numbers and texts as nobody should send them, in messages that are never refused."""
    odd = ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 2**63 - 1, -(2**63), 1e308, "x" * 5000, None, [], {}, True]
    tried = 0
    for value in itertools.cycle(odd):
        if time.monotonic() > until:
            break
        tried += 1
        try:
            charger = await Charger.connect(field.server.gateway, "ROGUE", field.secrets["ROGUE"])
        except Exception:
            await asyncio.sleep(0.3)  # it owes, or was closed
            continue
        try:
            async with asyncio.timeout(5):
                await charger.boot()
                for action, payload in _with(value):
                    with contextlib.suppress(Exception):
                        await charger.call(action, payload)
        except Exception:
            await asyncio.sleep(0.1)
        finally:
            charger.socket.transport.abort()
    return tried


def _with(value: Any) -> list[tuple[str, dict[str, Any]]]:
    start = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    stop = {"transactionId": 1, "meterStop": 0, "timestamp": "2026-11-01T10:00:00Z"}
    data = [{"timestamp": value, "sampledValue": [{"value": str(value)}]}]
    return [
        *(("StartTransaction", start | {name: value}) for name in start),
        *(("StopTransaction", stop | {name: value}) for name in stop),
        ("StopTransaction", stop | {"transactionData": data}),
        ("MeterValues", {"connectorId": 1, "meterValue": data}),
    ]


@attack("A14")
async def connectors_without_number(field: Field, until: float) -> int:
    """A connector of another number in each message."""
    status = {"errorCode": "NoError", "status": "Available"}
    calls = [frame(json.dumps([2, str(n), "StatusNotification", status | {"connectorId": n}])) for n in range(20_000)]
    sent = 0
    for first in range(0, len(calls), 500):
        if time.monotonic() > until:
            break
        sent += 500 * await _flood(field, min(until, time.monotonic() + 0.5), b"".join(calls[first : first + 500]), 0.4)
    return sent


@attack("ATK-05")
async def transactions_of_others(field: Field, until: float) -> int:
    """Stops and meter values with the transaction id of the victim."""
    number = field.secrets["transaction"]
    stop = json.dumps([2, "s", "StopTransaction", {"transactionId": int(number), "meterStop": 9, "timestamp": "x"}])
    meter = json.dumps([2, "m", "MeterValues", METER | {"transactionId": int(number)}])
    return 2 * await _flood(field, until, frame(stop) + frame(meter), 0.05)


# --- a rogue viewer ---


@attack("A9")
async def reading_secrets(field: Field, until: float) -> int:
    """What was told in frames must show no password, in whatever list."""
    async with field.user(VIEWER, VIEWER_PASSWORD) as client:
        for path in ("/stations/VICTIM/messages", "/stations/VICTIM/commands", "/stations/VICTIM"):
            answer = await client.get(path)
            if CANARY in answer.text:
                field.through.append(f"a viewer reads a secret at {path}")
    return 3


@attack("A10")
async def commands_by_a_viewer(field: Field, until: float) -> int:
    """Whoever may look may send nothing."""
    paths = {
        "/stations/VICTIM/commands/reset": {"kind": "hard"},
        "/stations/VICTIM/calls": {"action": "UpdateFirmware", "payload": {}},
        "/stations/VICTIM/commands/call": {"action": "UpdateFirmware", "payload": {}},
        "/stations": {"id": "MINE"},
        "/tokens": {"uid": "MINE"},
    }
    async with field.user(VIEWER, VIEWER_PASSWORD) as client:
        for path, body in paths.items():
            answer = await client.post(path, json=body)
            if answer.is_success:
                field.through.append(f"a viewer may POST {path}")
        if (await client.delete("/stations/VICTIM")).is_success:
            field.through.append("a viewer may delete a charger")
    return len(paths) + 1


@attack("A8")
async def live_streams(field: Field, until: float) -> int:
    """Hundreds of live streams that are never read."""
    async with field.user(VIEWER, VIEWER_PASSWORD) as client:
        token = client.headers["Authorization"]
    head = f"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode()
    writers = []
    try:
        for _ in range(MOST_SOCKETS):
            if time.monotonic() > until:
                break
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", field.server.web)
                writer.write(head)
                writers.append(writer)
            await asyncio.sleep(0.005)
        await asyncio.sleep(max(0.0, until - time.monotonic()))
    finally:
        for writer in writers:
            writer.transport.abort()
    return len(writers)


# --- the others, meanwhile ---


async def _beat(field: Field, over: asyncio.Event) -> None:
    """The quiet charger: a heartbeat every now and then, each timed; a lost connection counts as the limit."""
    charger: Charger | None = None
    while not over.is_set():
        began = time.perf_counter()
        try:
            async with asyncio.timeout(10):
                if charger is None:
                    charger = await Charger.connect(field.server.gateway, "QUIET", field.secrets["QUIET"])
                    await charger.boot()
                    began = time.perf_counter()
                await charger.call("Heartbeat", {})
            field.latencies_ms.append((time.perf_counter() - began) * 1000)
        except Exception as error:
            field.latencies_ms.append(10_000.0)
            field.through.append(f"the quiet charger was harmed: {type(error).__name__} {error}")
            charger = None
        await asyncio.sleep(EVERY_S)
    if charger is not None:
        await charger.close()


async def _begin_session(field: Field) -> Charger:
    victim = await Charger.connect(field.server.gateway, "VICTIM", field.secrets["VICTIM"])
    await victim.boot()
    started = await victim.start(tag=running.TAG)
    field.secrets["transaction"] = str(started["transactionId"])
    await victim.call("DataTransfer", {"vendorId": "Acme", "data": json.dumps({"WifiPassword": CANARY})})
    return victim


async def _end_session(field: Field, victim: Charger) -> None:
    """The victim stops: its session must have stayed its own."""
    number = int(field.secrets["transaction"])
    await victim.meter("2000", transaction=number)
    await victim.stop(number, meter=6000)
    async with field.user(running.EMAIL, running.PASSWORD) as client:
        sessions = (await client.get("/sessions", params={"station": "VICTIM"})).json()["items"]
    found = [(one["status"], float(one["energy_wh"] or -1)) for one in sessions]
    if found != [("completed", 5000.0)]:
        field.through.append(f"the victim's session was changed: {found}")
    await victim.close()


async def _play(field: Field, seconds: float) -> dict[str, tuple[int, float]]:
    """Each attack alone for its share of half the time, then all of them together."""
    over = asyncio.Event()
    victim = await _begin_session(field)
    quiet = asyncio.create_task(_beat(field, over))
    await asyncio.sleep(1)
    tried: dict[str, tuple[int, float]] = {}
    share = seconds / 2 / len(ATTACKS)
    for name, (_, play) in ATTACKS.items():
        first = len(field.latencies_ms)
        count = await _tried(field, name, play, time.monotonic() + share)
        tried[name] = count, max(field.latencies_ms[first:], default=0.0)
    until = time.monotonic() + seconds / 2
    plays = (_tried(field, name, play, until) for name, (_, play) in ATTACKS.items())
    for name, more in zip(ATTACKS, await asyncio.gather(*plays), strict=True):
        tried[name] = tried[name][0] + more, tried[name][1]
    await asyncio.sleep(1)
    over.set()
    await quiet
    await _end_session(field, victim)
    return tried


async def _tried(field: Field, name: str, play: Attack, until: float) -> int:
    """An attacker may be cut off at any moment; whether others are is another matter."""
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic()) + OVERTIME_S):
            return await play(field, until)
    except (OSError, TimeoutError, httpx.HTTPError, asyncio.IncompleteReadError, KeyError, ValueError) as error:
        field.cut_off.append(f"{name}: {type(error).__name__} {error}"[:100])
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stationmaster-attack-") as name:
        sys.exit(run(f"sqlite:///{name}/stationmaster.db", Path(name), arguments.seconds))


def run(url: str, folder: Path, seconds: float, *, forked: bool = False) -> int:
    """Attack a server on this database for so long, and print what came of it; 1 if anything got through, or somebody waited."""
    secrets = running.prepare(url, ["QUIET", "VICTIM", "ROGUE"])
    asyncio.run(_add_viewer(url))
    server = running.Server(url, folder, forked=forked)
    server.start()
    field = Field(server, secrets)
    try:
        before = server.rss_kib()
        tried = asyncio.run(_play(field, seconds))
        grown = server.rss_kib() - before
    finally:
        server.stop()
    return _report(field, tried, grown)


async def _add_viewer(url: str) -> None:
    def add(work: Work) -> None:
        accounts.add(work, organizations.home(work), email=VIEWER, password=VIEWER_PASSWORD, role="viewer")

    database = Database(url, lanes=1, readers=1)
    database.start()
    await database.write(add)
    await database.stop()


def _report(field: Field, tried: dict[str, tuple[int, float]], grown_kib: int) -> int:
    table = Table(title="What was tried", show_edge=False)
    for column in ("row", "attack", "times", "slowest heartbeat of the quiet charger"):
        table.add_column(column, justify="right" if column == "times" else "left")
    for name, (count, slowest) in tried.items():
        table.add_row(
            ATTACKS[name][0], name.replace("_", " "), f"{count:,}" if count else "until cut off", f"{slowest:,.0f} ms"
        )
    console = Console(width=110)
    console.print(table)
    ordered = sorted(field.latencies_ms)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(
        f"the quiet charger: {len(ordered)} heartbeats, p50 {p50:.0f} ms, p99 {p99:.0f} ms; server memory +{grown_kib // 1024} MiB"
    )
    for what in dict.fromkeys(field.cut_off):
        print(f"cut off: {what}")
    for what in dict.fromkeys(field.through):
        print(f"GOT THROUGH: {what}")
    if not field.through:
        print("nothing got through")
    return 1 if field.through or p99 >= LIMIT_MS else 0


if __name__ == "__main__":
    main()
