"""Looks every few seconds what is to be told, and sends the digests when it is their time."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from sqlalchemy import make_url

from stationmaster.domain.alerts import digests, rules, watching
from stationmaster.domain.timers import every
from stationmaster.settings import DatabaseSettings, Files
from stationmaster.storage import Database


@every(seconds=10, once=True)
async def watch(database: Database, settings: DatabaseSettings, files: Files) -> None:
    """One look at all chargers and all rules; it writes only where there is something to write."""
    disks = await asyncio.to_thread(full, _folders(settings, files))
    if await database.read(rules.organizations_without):
        await database.write_apart(rules.begin)
    if changes := await database.read(watching.look, disks=disks):
        for part in watching.parts(changes):
            await database.write_apart(watching.apply, part)
    for digest in await database.read(digests.due):
        await database.write_apart(digests.send, digest)


def full(folders: Iterable[Path]) -> dict[str, Decimal]:
    """Of each folder that is there, how many percent of its disk are in use."""
    found = {}
    for folder in folders:
        try:
            disk = shutil.disk_usage(folder)
        except OSError:
            continue
        # As `df` counts: what only the system's user may still write is full for us.
        used = Decimal(disk.used) / Decimal(max(1, disk.used + disk.free))
        found[str(folder)] = round(used * 100, 1)
    return found


def _folders(settings: DatabaseSettings, files: Files) -> list[Path]:
    """Where the database and the files are, if that is on a disk of ours; nearest folder that there is."""
    url = make_url(settings.url)
    there = [Path(url.database).parent] if url.get_backend_name() == "sqlite" and url.database else []
    if files.bucket is None:
        there.append(Path(files.folder))
    return list(dict.fromkeys(_existing(path.absolute()) for path in there))


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
