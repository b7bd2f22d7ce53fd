"""The schema's history. `upgrade` brings a database up to date at start; it costs one question when there is nothing to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from stationmaster.storage import moving, trigrams, walls
from stationmaster.storage.engines import Unusable

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent
TURN_S = (
    600  # a node on SQLite waits so long for the one that migrates; the next statement waits for as long as any other
)
_LOCK = 7_266_921  # any number of ours: two nodes that start together migrate one after the other


def head() -> str:
    """The newest revision, by file name: `0001_first.py`."""
    return max(_all())


def _all() -> set[str]:
    return {path.stem[:4] for path in (HERE / "versions").glob("[0-9]*.py")}


def current(engine: Engine) -> str | None:
    """The revision the database is at, or None for an empty one."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check(engine: Engine) -> None:
    """Whether the schema is the one of this program; nothing is written. Raises `Unusable`."""
    at = _known(engine)
    if at != head():
        found = "is empty" if at is None else f"is at {at}"
        raise Unusable(f"database.url: the database {found}, this program needs {head()}: run `stationmaster migrate`")


def upgrade(engine: Engine, *, tenant_role: str = walls.ROLE) -> str | None:
    """Bring the schema to the newest revision, and build the walls between tenants; why there are none, where they cannot be built.

    Raises `Unusable` when a newer program, or another one, was here.
    """
    if _known(engine) != head():
        _to_newest(engine)
    with engine.connect() as connection, _alone(connection):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as another:
            trigrams.build(another)
        return walls.build(connection, tenant_role)


def _to_newest(engine: Engine) -> None:
    # Alembic takes 0.3 s to import; a start that has nothing to migrate does not pay for it.
    from alembic import command

    with engine.connect().execution_options(
        writes=True
    ) as connection:  # on SQLite nodes wait for its write lock instead
        if connection.dialect.name == "sqlite":
            # SQLite changes a table by making it anew, and cannot drop the old one while others point to it. This works only
            # outside of a transaction, and the connection is not used again.
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
            raw.cursor().execute(f"PRAGMA busy_timeout={TURN_S * 1000}")
            connection.detach()
        with _alone(connection):
            command.upgrade(_config(connection), "head")
            connection.commit()


@contextlib.contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Of several nodes that start together one after the other."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


def _known(engine: Engine) -> str | None:
    """The revision the database is at, if it is one of ours."""
    at = current(engine)
    if at is None and engine.dialect.name == "sqlite" and (tables := inspect(engine).get_table_names()):
        at = current(engine)  # another node may have made them this moment
        if at is None:
            raise Unusable(f"database.url: the file holds tables of something else ({tables[0]}); name another file")
    if at is not None and at not in _all():
        raise Unusable(
            f"database.url: the database is at {at}, this program knows {head()}:"
            " start the newer one, or restore the backup of before"
        )
    if at is not None and moving.is_unfinished(engine):
        raise Unusable("database.url: a move into this database has not ended: run `stationmaster db move` again")
    return at


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_path_separator", "os")
    config.attributes["connection"] = connection
    return config
