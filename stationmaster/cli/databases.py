"""`stationmaster db move` and `db check`."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing

from sqlalchemy import Engine, func, select, text

from stationmaster import telemetry
from stationmaster.app import App  # with it come all tables
from stationmaster.settings import BadSettings, load
from stationmaster.storage import Database, Unusable, migrations, moving, only
from stationmaster.storage.columns import metadata
from stationmaster.storage.engines import normalised


def move(target_url: str) -> None:
    """Bring all rows over and compare them. Raises `BadSettings` for a wrong pair, `Unusable` for a database that is not to be used."""
    telemetry.configure("warning")
    settings = load().database
    try:
        target = normalised(target_url)
    except ValueError as error:
        raise BadSettings(str(error).replace("database.url", "URL")) from None
    source = normalised(settings.url)
    if (source.get_backend_name(), target.get_backend_name()) != ("sqlite", "postgresql"):
        raise BadSettings("a move goes from SQLite, which database.url names, to PostgreSQL, which the URL names")
    began = time.monotonic()
    with ExitStack() as stack:
        for url in (source, target):
            stack.callback(only.claim(url, alone=True).release)
        here = stack.enter_context(closing(Database(settings.url)))
        there = stack.enter_context(closing(Database(target_url, tenant_role=settings.tenant_role)))
        migrations.check(here.engine)
        if not moving.is_unfinished(there.engine):
            migrations.upgrade(there.engine, tenant_role=there.tenant_role)
        elif migrations.current(there.engine) != migrations.head():
            raise Unusable("the move was begun by another version: go on with that one, or make a new database")

        moved = moving.move(here.engine, there.engine, mark=str(source.database), knows=App, tell=_tell)
    rows = sum(table.rows for table in moved)
    print(f"{rows:,} rows in {len(moved)} tables are there, and the same; it took {time.monotonic() - began:,.0f} s")
    print(
        "Set database.url to the new one, keep the key and the folder of files, and start. Nothing was changed in the old database."
    )


def _tell(table: str, rows: int, of: int) -> None:
    print(f"\r{table}: {rows:,} of {of:,}", end="" if rows < of else "\n", flush=True)


def check() -> None:
    """Print what is there. Raises `Unusable` when something is wrong."""
    telemetry.configure("warning")
    with closing(Database(load().database.url)) as database:
        migrations.check(database.engine)
        print(f"the schema is at {migrations.head()}, as this program needs it")
        problems = list(_problems(database.engine))
        with database.engine.connect() as connection:
            for table in metadata.sorted_tables:
                print(f"{table.name}: {connection.execute(select(func.count()).select_from(table)).scalar_one():,}")
    if problems:
        raise Unusable("; ".join(problems))
    print("the database is whole; whether the books are, `stationmaster audit-ledger` says")


def _problems(engine: Engine) -> list[str]:
    """What is damaged, in words."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            found = [row[0] for row in connection.execute(text("PRAGMA integrity_check(20)")) if row[0] != "ok"]
            orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
            found += [f"{row[0]}: row {row[1]} names one of {row[2]} that is not there" for row in orphans[:20]]
            return found
        invalid = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        return [f"the index {name} is not whole: REINDEX it" for name in connection.execute(invalid).scalars()]
