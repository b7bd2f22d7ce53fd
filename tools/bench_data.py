"""The database that `make bench-api` measures: filled by `tools.seed`, and kept in a folder where a run is to be repeated."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console

from stationmaster.storage import Database, migrations
from tools import running, seed

CHARGERS = 1_000  # that send meanwhile


class Access(msgspec.Struct):
    """What opens a database that was filled, beside its URL."""

    amounts: tuple[int, int, int, int]
    key: str
    password: str
    secrets: dict[str, str]
    """Of the chargers that send."""


@contextlib.contextmanager
def filled(kind: str, amounts: seed.Amounts, keep: Path | None, console: Console) -> Iterator[tuple[str, Path, Access]]:
    """The URL of a database with this much in it, a folder for files beside it, and what opens it.

    With `keep` it is made in that folder and stays there; when it is there already, with as much in it, it is used as it is.
    """
    with contextlib.ExitStack() as stack:
        if keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stationmaster-bench-")))
        else:
            folder = keep / kind
            folder.mkdir(parents=True, exist_ok=True)
        access = _kept(folder / "access.json", amounts)
        if access is None:
            _check_room(folder, amounts)
        url = stack.enter_context(running.database(kind, folder, kept=keep is not None))
        if access is None:
            access = _fill(url, folder / "access.json", amounts, console)
        else:
            migrate(url)
        yield url, folder, access


def migrate(url: str) -> None:
    """The schema may have moved since it was filled."""
    database = Database(url, lanes=1, readers=1)
    migrations.upgrade(database.engine)
    database.close()


def _kept(file: Path, amounts: seed.Amounts) -> Access | None:
    if not file.exists():
        return None
    access = msgspec.json.decode(file.read_bytes(), type=Access)
    if access.amounts != _counts(amounts):
        raise SystemExit(
            f"{file.parent} holds another database, of {access.amounts}: name another folder, or remove it"
        )
    return access


def _fill(url: str, file: Path, amounts: seed.Amounts, console: Console) -> Access:
    secrets = running.prepare(url, [f"B{number:05d}" for number in range(CHARGERS)], role="owner")
    seed.fill(url, amounts, console)
    access = Access(_counts(amounts), running.KEY, running.PASSWORD, secrets)
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(access))
    return access


def _counts(amounts: seed.Amounts) -> tuple[int, int, int, int]:
    return amounts.stations, amounts.sessions, amounts.customers, amounts.meter_values


def _check_room(folder: Path, amounts: seed.Amounts) -> None:
    """Half a KiB for a meter value with its indexes, and as much again for the log of writes. Raises `SystemExit`."""
    needed = 1024 * amounts.sessions * (amounts.meter_values + 1)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise SystemExit(f"{folder} has {free / 2**30:.0f} GiB free, and {needed / 2**30:.0f} GiB may be needed")
