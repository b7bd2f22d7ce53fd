"""`make idle`: so many chargers are connected and quiet. What does each take here, and is one among them answered as ever?

    make idle ARGS="--chargers 100000 --nodes 6"

Each is an open file of a server and of a load generator. Where the system allows a process 20,000 of them, it takes several nodes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from tests import valkey
from tests.charger import Charger
from tools import bench, running

EACH = 19_000  # chargers of one load generator: each has an address of its own, for one has some 28,000 ports
QUIET_S = 30.0  # before memory is read
HEARTBEATS = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chargers", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=1, help="more than one are on PostgreSQL and Valkey")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    console = Console(stderr=True, highlight=False)
    identities = [f"IDLE{number:06d}" for number in range(options.chargers)]
    shares = [identities[number :: options.nodes] for number in range(options.nodes)]
    _allow(len(shares[0]) + 1000)
    kind = options.only if options.nodes == 1 else "postgresql"
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="stationmaster-idle-")))
        url = opened.enter_context(running.database(kind, folder))
        secrets = running.prepare(url, [*identities, "COMMANDED"])
        settings = {"STATIONMASTER_GATEWAY__HOST": "0.0.0.0"}
        if options.nodes > 1:
            settings["STATIONMASTER_REDIS__URL"] = opened.enter_context(valkey.server()).url
        servers = []
        for number in range(options.nodes):
            (place := folder / str(number)).mkdir()
            server = running.Server(url, place, forked=False, **settings)
            server.start()
            opened.callback(server.kill)
            servers.append(server)
        before, began = _own_kib(servers), time.monotonic()
        for server, share in zip(servers, shares, strict=True):
            for number in range(0, len(share), EACH):
                chosen = {each: secrets[each] for each in share[number : number + EACH]}
                address = f"ws://127.0.0.{2 + number // EACH}:{server.gateway}/ocpp"
                file = server.log.with_name(f"secrets-{number}.json")
                load = running.load(address, file, chosen, mode="idle", seconds=86_400)
                opened.callback(_end, load)
        _wait(servers, options.chargers, console)
        took_s = time.monotonic() - began
        console.print(f"{options.chargers:,} connected in {took_s:.0f} s")
        time.sleep(QUIET_S)
        each_kib = (_own_kib(servers) - before) / options.chargers
        cpu, at = sum(server.cpu_s() for server in servers), time.monotonic()
        figures: dict[str, Any] = {}
        asyncio.run(bench.commands(servers[0], secrets["COMMANDED"], figures))
        p50_ms, p99_ms = asyncio.run(_heartbeats(servers[0], secrets["COMMANDED"]))
        busy = (sum(server.cpu_s() for server in servers) - cpu) / (time.monotonic() - at)
        still = _open(servers)
        told = [line for server in servers for line in server.log.read_text().splitlines()]
    print(
        f"idle: {options.chargers:,} chargers connected in {took_s:.0f} s, {each_kib:.1f} KiB each, {still:,} still there; "
        f"heartbeats p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms; commands over the API p50 {figures['command_p50_ms']} ms, "
        f"p99 {figures['command_p99_ms']} ms; {busy:.2f} of a core meanwhile"
    )
    for line in told[:10]:
        print(json.dumps(line[:300]))
    raise SystemExit(still < options.chargers)


def _end(load: subprocess.Popen[bytes]) -> None:
    load.terminate()
    load.communicate()


def _own_kib(servers: Sequence[running.Server]) -> int:
    return sum(server.own_kib() for server in servers)


async def _heartbeats(server: running.Server, secret: str) -> tuple[float, float]:
    charger = await Charger.connect(server.gateway, "COMMANDED", secret)
    await charger.boot()
    took = []
    for _ in range(HEARTBEATS):
        began = time.perf_counter()
        await charger.call("Heartbeat")
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    await charger.close()
    took.sort()
    return took[len(took) // 2], took[len(took) * 99 // 100]


def _wait(servers: Sequence[running.Server], chargers: int, console: Console) -> None:
    told = time.monotonic()
    while (there := _open(servers)) < chargers:
        if time.monotonic() - told > 10:
            told = time.monotonic()
            console.print(f"{there:,} connected")
        time.sleep(0.5)


def _open(servers: Sequence[running.Server]) -> int:
    """Connections of chargers that are open."""
    ports = tuple(f":{server.gateway:04X}" for server in servers)
    listed = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(1 for line in listed if (parts := line.split())[1].endswith(ports) and parts[3] == "01")


def _allow(files: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < files:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        except (ValueError, OSError):
            raise SystemExit(
                f"a process may open {hard:,} files here, and {files:,} are needed: ulimit -Hn {files}"
            ) from None


if __name__ == "__main__":
    main()
