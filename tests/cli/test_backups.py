"""What was acknowledged before a backup is there after it was put back, whatever went on meanwhile (DAT-10, FI-18)."""

from __future__ import annotations

import asyncio
import os
import tarfile
from pathlib import Path

import pytest

from tests import postgres
from tests.charger import Charger
from tests.cli.terminal import run
from tests.cli.test_in_trouble import serving


def _add_charger(folder: Path, **environment: str) -> str:
    """Its secret."""
    added = run(folder, "station", "add", "CP1", **environment)
    assert added.returncode == 0, added
    assert run(folder, "token", "add", "TAG1", **environment).returncode == 0
    return next(word for word in added.stdout.split() if len(word) >= 16)


async def _session(port: int, secret: str, at: str, meter: int) -> None:
    charger = await Charger.connect(port, "CP1", secret)
    await charger.boot()
    started = await charger.start(at=f"2026-11-01T{at}:00Z")
    await charger.stop(started["transactionId"], meter=meter, at=f"2026-11-01T{at}:50Z")
    await charger.close()


def test_DAT_10_FI_18_a_backup_of_a_running_server_holds_what_was_answered_and_is_put_back_elsewhere(
    tmp_path: Path,
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir(), new.mkdir()
    secret = _add_charger(old)
    with serving(old) as (_, ports):
        asyncio.run(_session(ports["chargers"], secret, "10:10", 6000))
        (old / "data" / "files").mkdir(exist_ok=True)
        (old / "data" / "files" / "firmware.bin").write_bytes(b"a firmware")
        made = run(old, "backup", "here.tar.gz", "--with-key")
        assert made.returncode == 0, made
        asyncio.run(_session(ports["chargers"], secret, "10:20", 7000))
    assert (old / "here.tar.gz").stat().st_mode & 0o077 == 0
    assert not list(old.glob(".backup-*")) and not list(old.glob("*.partial"))
    again = run(old, "backup", "here.tar.gz")
    assert (again.returncode, again.stderr) == (2, "stationmaster: here.tar.gz exists already\n")
    refused = run(old, "restore", "here.tar.gz")
    assert refused.returncode != 0 and "move it away first" in refused.stderr
    back = run(new, "restore", str(old / "here.tar.gz"))
    assert back.returncode == 0, back
    assert (new / "data" / "files" / "firmware.bin").read_bytes() == b"a firmware"
    assert (new / "data" / "secret.key").read_bytes() == (old / "data" / "secret.key").read_bytes()
    told = run(new, "explain", "CP1", "--at", "2026-11-01 10:30", "--zone", "UTC", "--minutes", "60")
    assert "5.00 kWh" in told.stdout and "6.00 kWh" not in told.stdout, told
    with serving(new) as (_, ports):  # the charger's secret fits, and it goes on
        asyncio.run(_session(ports["chargers"], secret, "10:30", 8000))


def test_what_is_no_backup_of_ours_is_one_line_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear grandmother")
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as other:
        other.add(tmp_path / "letter", "letter")
    _add_charger(tmp_path)
    assert run(tmp_path, "backup", "whole.tar.gz").returncode == 0
    (tmp_path / "data").rename(tmp_path / "before")
    whole = (tmp_path / "whole.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: len(whole) // 2])
    said_of = {
        "letter": "is no backup",
        "missing": "no such file",
        "other.tar.gz": "no backup",
        "half.tar.gz": "a part of",
    }
    for name, said in said_of.items():
        told = run(tmp_path, "restore", name)
        assert told.returncode == 2 and said in told.stderr and told.stderr.count("\n") == 1, told
    told = run(tmp_path, "backup", "none.tar.gz")
    assert told.returncode == 1 and told.stderr.count("\n") == 1, told
    assert not list((tmp_path / "data").glob("*"))


@pytest.mark.slow
def test_DAT_10_a_backup_of_postgresql_is_put_back_into_another_database(tmp_path: Path, postgres_server: str) -> None:
    programs = postgres.programs()
    path = f"{programs}:{os.environ['PATH']}"
    source, target = postgres.create(postgres_server, "to_back_up"), postgres.create(postgres_server, "put_back")
    secret = _add_charger(tmp_path, DATABASE_URL=source)
    made = run(tmp_path, "backup", "pg.tar.gz", DATABASE_URL=source, PATH=path)
    assert made.returncode == 0, made
    assert "secret key is not in it" in made.stdout
    back = run(tmp_path, "restore", "pg.tar.gz", DATABASE_URL=target, PATH=path)
    assert back.returncode == 0, back
    taken = run(tmp_path, "station", "add", "CP1", DATABASE_URL=target)
    assert taken.returncode == 2 and "CP1" in taken.stderr, (secret, taken)
    full = run(tmp_path, "restore", "pg.tar.gz", DATABASE_URL=target, PATH=path)
    assert full.returncode == 1 and "is not empty" in full.stderr, full
    without = run(tmp_path, "backup", "no.tar.gz", DATABASE_URL=source, PATH="/nowhere")
    assert without.returncode == 1 and "pg_dump is not here" in without.stderr, without
