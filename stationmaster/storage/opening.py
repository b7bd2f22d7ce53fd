"""The first moments with a database: is it one, can it be reached, does it take as many connections as we want?"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stationmaster.storage import migrations, walls
from stationmaster.storage.database import Database
from stationmaster.storage.engines import Unusable, build, in_one_line, is_conflict, is_missing, may_come_back

log = structlog.get_logger()
T = TypeVar("T")
AGAIN_S = 0.5
_SQLITE = b"SQLite format 3\0"


async def until_usable(database: Database, *, patience_s: float, create: bool = False) -> None:
    """Wait for a database that is starting, away or full of other people's connections. Raises `Unusable`.

    With `create`, one that the server has not got is made. It is tried with as many connections as will be wanted, so that what is too few for us shows now, and not under load.
    """
    check_file(database)
    deadline = time.monotonic() + patience_s
    told = False
    while True:
        try:
            await asyncio.to_thread(_connect_all, database)
            return
        except SQLAlchemyError as error:
            database.close()
            if create and is_missing(database.url, error):
                create = False
                if await asyncio.to_thread(_create, database):
                    log.warning("database.created", name=database.url.database)
                    continue
            if not may_come_back(error) or time.monotonic() >= deadline:
                raise unusable(database, error) from None
            if not told:
                told = True
                log.warning("database.waiting", seconds=int(patience_s), why=in_one_line(error))
        await asyncio.sleep(min(AGAIN_S, max(0.0, deadline - time.monotonic())))


def check_file(database: Database) -> None:
    """Nothing is written into a file that is no SQLite database. Raises `Unusable`."""
    name = database.url.database
    if database.kind != "sqlite" or not name or name == ":memory:":
        return
    path = Path(name)
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_SQLITE))
    except OSError as error:
        raise Unusable(f"database.url: {path}: {error.strerror}") from None
    if beginning not in (b"", _SQLITE):
        raise Unusable(f"database.url: {path} is not an SQLite database")


def unusable(database: Database, error: BaseException) -> Unusable:
    """What went wrong with this database, in one line that names the setting."""
    said = in_one_line(error)
    original = error.orig if isinstance(error, DBAPIError) else error
    too_many = getattr(original, "sqlstate", None) == "53300" or any(word in said for word in _TOO_MANY)
    if too_many:
        said += f"; this server wants {database.connections} connections (database.lanes: {database.lanes}), and a few to spare"
    return Unusable(f"database.url: the database cannot be used: {said}")


_TOO_MANY = ("too many clients", "too many connections", "remaining connection slots")


def _create(database: Database) -> bool:
    """Make the database, as the user who is to use it; False when the server does not let us."""
    engine = build(database.url.set(database="postgres"), 1)
    name = engine.dialect.identifier_preparer.quote_identifier(str(database.url.database))
    try:
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    except SQLAlchemyError as error:
        log.warning("database.not_created", why=in_one_line(error))
        return is_conflict(error) or in_one_line(error).endswith("already exists")  # another node was first
    finally:
        engine.dispose()
    return True


def _connect_all(database: Database) -> None:
    with contextlib.ExitStack() as stack:
        for engine, count in database.pools():
            for _ in range(count):
                stack.enter_context(engine.connect()).execute(text("SELECT 1"))


async def prepare(database: Database, *, migrate: bool) -> str | None:
    """Bring the schema up to date, or only look at it. Raises `Unusable`.

    Says in the log, and returns, why PostgreSQL itself does not keep tenants apart, where that is so.
    """

    def schema() -> str | None:
        if migrate:
            return migrations.upgrade(database.engine, tenant_role=database.tenant_role)
        migrations.check(database.engine)
        with database.engine.connect() as connection:
            return walls.why_not(connection, database.tenant_role)

    why = await attempted(database, schema)
    if why is not None:
        log.warning("database.tenants_not_confined", why=why)
    return why


async def attempted(database: Database, f: Callable[[], T]) -> T:
    """Run `f` in a thread; an error of the database's becomes `Unusable`."""
    try:
        return await asyncio.to_thread(f)
    except Unusable:
        database.close()
        raise
    except SQLAlchemyError as error:
        database.close()
        raise unusable(database, error) from None
