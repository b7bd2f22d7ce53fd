"""The charger of `node_charger/` as a process: what it is told to say, and what it has seen when it goes."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from tests.patience import PATIENCE_S
from tools import build_web

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent / "node_charger"


class Log(msgspec.Struct, frozen=True):
    """A log it has brought: what it was answered, and the checksum of what it sent."""

    status: int
    sha256: str


class Seen(msgspec.Struct, frozen=True):
    """What a charger says at its end. `wrong` is whatever did not fit the schemas of its library, of either side."""

    asked: list[str]
    answered: list[str]
    refused: list[str]
    wrong: list[str]
    firmware: dict[str, str] | None
    logs: list[Log]


def fetch_packages() -> None:
    """Its library, as `make` fetches it; several processes wait for the first."""
    with (FOLDER / "package.json").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        target = FOLDER.relative_to(ROOT) / "node_modules" / ".package-lock.json"
        subprocess.run(["make", "--silent", str(target)], cwd=ROOT, check=True)


class NodeCharger:
    """A running charger."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seen: Seen | None = None

    async def say(self, action: str, payload: Any) -> None:
        """One more call of the charger, when its present one has been answered."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([action, payload]).encode() + b"\n")
        await self._process.stdin.drain()

    async def end(self) -> Seen:
        """Let it finish what it does, and go."""
        async with asyncio.timeout(PATIENCE_S):
            said, trouble = await self._process.communicate(b"")  # nothing more, and the end
        assert self._process.returncode == 0, trouble.decode()
        return msgspec.json.decode(said, type=Seen)


@contextlib.asynccontextmanager
async def charging(port: int, identity: str, secret: str, version: str) -> AsyncIterator[NodeCharger]:
    """A charger that speaks this version; it may take a moment to connect."""
    node = next(build_web.nodes()).folder / "node"
    arguments = [str(FOLDER / "charger.js"), version, f"ws://127.0.0.1:{port}/ocpp", identity, secret]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(str(node), *arguments, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield NodeCharger(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
