"""A copy of a database as it was at one moment, made while others write; and such a copy put back into an empty database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, create_engine, inspect

from stationmaster.storage.engines import Unusable

# Made anew after the rest is back (`walls.build`): they name a role that the other server may not have yet.
_WALLS = (" POLICY ", " ROW SECURITY ", " ACL ")


def file_of(url: URL) -> Path | None:
    """Where an SQLite database is; None for PostgreSQL."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def copy(url: URL, file: Path) -> None:
    """Copy the database into this file: an SQLite file, or an archive of PostgreSQL's pg_dump. Raises `Unusable`."""
    if (source := file_of(url)) is not None:
        with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(file)) as theirs:
            ours.backup(theirs)
    else:
        _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(file))


def put_back(url: URL, file: Path) -> None:
    """Make the database what it was when it was copied. Raises `Unusable`, before anything is written, unless it is new or empty."""
    if (database := file_of(url)) is not None:
        _put_back_sqlite(database, file)
        return
    engine = create_engine(url)
    try:
        if tables := inspect(engine).get_table_names():
            raise Unusable(f"database.url: the database is not empty ({tables[0]} …); make a new one and name that")
    finally:
        engine.dispose()
    listed = _run(url, "pg_restore", "--list", str(file), connect=False)
    wanted = file.with_suffix(".list")
    wanted.write_text("".join(line for line in listed.splitlines(True) if not any(each in line for each in _WALLS)))
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--use-list", str(wanted))
    _run(url, "pg_restore", *options, "--dbname", str(url.database), str(file))


def _put_back_sqlite(database: Path, file: Path) -> None:
    for path in (database, database.with_name(database.name + "-wal")):
        if path.exists() and path.stat().st_size:
            raise Unusable(f"database.url: there is a database already, {path}; move it away first, or name another")
    with closing(sqlite3.connect(file)) as ours:
        [found] = ours.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Unusable(f"the database in this backup is damaged: {found}")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = database.with_name(database.name + ".partial")
    shutil.copyfile(file, partial)
    partial.chmod(0o600)
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.rename(database)


def _run(url: URL, program: str, *arguments: str, connect: bool = True) -> str:
    """One of PostgreSQL's own programs; the password stays out of its arguments. Returns what it prints. Raises `Unusable`."""
    environment = dict(os.environ)
    names: dict[str, object] = {"PGHOST": url.host or url.query.get("host"), "PGPORT": url.port}
    names |= {"PGUSER": url.username, "PGPASSWORD": url.password, "PGDATABASE": url.database}
    environment |= {name: str(value) for name, value in names.items() if value is not None and connect}
    try:
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False, errors="replace"
        )
    except FileNotFoundError:
        raise Unusable(
            f"{program} is not here: install PostgreSQL's client programs, of the server's version"
        ) from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unusable(f"{program}: {lines[0] if lines else f'ended with {done.returncode}'}")
    return done.stdout
