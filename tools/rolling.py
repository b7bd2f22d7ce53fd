"""`make rolling`: three nodes on PostgreSQL and Valkey are replaced one after the other, while 3,000 simulated chargers live with them.

A small balancer stands before the nodes, as one would. A node is told to stop, its chargers come back on the others, the node starts again, and when all
chargers are back the next one follows. Then the chargers' journals are compared with the database. Exit code 1: an answered message is not in it, a
charger was reported offline, or it took longer than a minute until all were back.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from rich.console import Console
from sqlalchemy import func, select

from stationmaster.domain.connections import connection_log, connections
from stationmaster.simulator.fleet import allow_many_connections
from stationmaster.storage import Database, Work
from tests import valkey
from tools import running
from tools.soak import compare

BACK_S = 60.0
PATIENCE_S = 240.0
FLEET = """
tokens = ["{tag}"]
ramp_s = {ramp_s}
[[chargers]]
identity = "ROLL"
count = {count}
sample_interval = 30
retry_ids = "mixed"
"""


@dataclass
class Balancer:
    """Passes bytes between chargers and nodes, each connection to the next node that takes it."""

    ports: list[int]
    _next: int = 0
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._taken, "127.0.0.1", 0, backlog=4096, limit=16_384)
        async with server:
            yield int(server.sockets[0].getsockname()[1])

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self.ports:
            self._next = (self._next + 1) % len(self.ports)
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", self.ports[self._next], limit=16_384)
                await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))
                return
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side has nothing more to say; the other is told so."""
    with contextlib.suppress(OSError):
        while data := await reader.read(16_384):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.close()


@dataclass
class Update:
    """What came of it. Times in seconds."""

    back_s: list[float] = field(default_factory=list)
    down_s: list[float] = field(default_factory=list)
    offline: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        found = [f"lost: {line}" for line in self.lost[:20]]
        if not self.answered:
            found.append("no message was answered at all")
        if self.offline:
            found.append(f"{self.offline} times a charger was reported offline")
        found += [f"node {n}: {s:.0f} s until all were back" for n, s in enumerate(self.back_s, 1) if s > BACK_S]
        return found


def connected(work: Work) -> int:
    """How many chargers have an open connection, on any node."""
    return int(work.execute(select(func.count()).where(connections.c.closed_at.is_(None))).scalar_one())


def offline(work: Work) -> int:
    """How often a charger was reported offline."""
    return int(work.execute(select(func.count()).where(connection_log.c.event == "offline")).scalar_one())


async def run(url: str, redis: str, folder: Path, options: argparse.Namespace, console: Console) -> Update:
    identities = [f"ROLL-{number:03d}" for number in range(1, options.stations + 1)]
    secrets = await asyncio.to_thread(running.prepare, url, identities)
    (folder / "secrets.json").write_text(json.dumps(secrets))
    (folder / "fleet.toml").write_text(FLEET.format(tag=running.TAG, count=options.stations, ramp_s=options.ramp))
    nodes = []
    for number in range(1, options.nodes + 1):
        home = folder / f"node{number}"
        home.mkdir()
        nodes.append(running.Server(url, home, STATIONMASTER_REDIS__URL=redis))
        await asyncio.to_thread(nodes[-1].start)
    console.print(f"{len(nodes)} nodes are ready", highlight=False)
    watching = Database(url, lanes=1, readers=1)
    update = Update()
    try:
        async with Balancer([node.gateway for node in nodes]).running() as port:
            command = [sys.executable, "-m", "stationmaster", "simulate", "--fleet", str(folder / "fleet.toml")]
            command += ["--url", f"ws://127.0.0.1:{port}/ocpp", "--passwords", str(folder / "secrets.json")]
            command += ["--journal", str(folder / "journals")]
            fleet = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                took_s = await _all_there(watching, options.stations)
                console.print(f"all connected in {took_s:.0f} s", highlight=False)
                await asyncio.sleep(options.pause)
                before = await asyncio.to_thread(watching._read, offline)
                for number, node in enumerate(nodes, 1):
                    await _replace(node, watching, options.stations, update)
                    console.print(
                        f"node {number}: down for {update.down_s[-1]:.1f} s, all back after {update.back_s[-1]:.1f} s",
                        highlight=False,
                    )
                    await asyncio.sleep(options.pause)
                update.offline = await asyncio.to_thread(watching._read, offline) - before
            finally:
                fleet.send_signal(signal.SIGTERM)
                await asyncio.wait_for(fleet.wait(), 90)
    finally:
        watching.close()
        await asyncio.gather(*(asyncio.to_thread(node.stop) for node in nodes))
    update.answered, update.lost = await asyncio.to_thread(compare, url, folder / "journals", identities)
    return update


async def _replace(node: running.Server, database: Database, count: int, update: Update) -> None:
    began = time.monotonic()
    await asyncio.to_thread(node.stop)
    starting = asyncio.create_task(asyncio.to_thread(node.start))
    await _all_there(database, count)
    update.back_s.append(time.monotonic() - began)
    await starting
    update.down_s.append(time.monotonic() - began)


async def _all_there(database: Database, count: int) -> float:
    """Wait for all of them; the seconds it took."""
    began = time.monotonic()
    while (there := await asyncio.to_thread(database._read, connected)) < count:
        if time.monotonic() - began > PATIENCE_S:
            raise SystemExit(f"only {there} of {count} chargers were connected after {PATIENCE_S:.0f} s")
        await asyncio.sleep(0.5)
    return time.monotonic() - began


def said(update: Update, stations: int) -> str:
    """In one line."""
    return (
        f"rolling: {len(update.back_s)} nodes, {stations:,} chargers: {update.answered:,} messages answered, {len(update.lost)} lost; "
        f"all back after {max(update.back_s, default=0):.1f} s at the most; reported offline: {update.offline}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=3000)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--ramp", type=float, default=45, help="seconds over which the chargers are switched on")
    parser.add_argument("--pause", type=float, default=5, help="seconds between two nodes")
    options = parser.parse_args(arguments)
    allow_many_connections(
        4 * options.stations
    )  # sockets on both sides of the balancer; the fleet has journals as well
    with tempfile.TemporaryDirectory(prefix="stationmaster-rolling-") as name:
        folder = Path(name)
        with running.database("postgresql", folder) as url, valkey.server() as redis:
            update = uvloop.run(run(url, redis.url, folder, options, Console(stderr=True)))
    print(said(update, options.stations))
    for problem in update.problems():
        print(f"  {problem}")
    raise SystemExit(bool(update.problems()))


if __name__ == "__main__":
    main()
