"""Searches in long tables by indexes of trigrams, where PostgreSQL has the extension for them: a part of what comes with it.

Without them each search that finds little reads its whole table, which is right for a few thousand rows. They are built at a start,
as far as they are missing, and are in no migration: whoever hosts the database may not allow the extension, or allow it later.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Column, Connection, Table, text
from sqlalchemy.exc import DBAPIError

from stationmaster.storage.columns import metadata
from stationmaster.storage.engines import in_one_line
from stationmaster.storage.queries import searched_text

log = structlog.get_logger()

_SEARCHED = "searched"
_PREFIX = "tr_"


def searched(*columns: Column[str] | Column[str | None]) -> tuple[Column[str] | Column[str | None], ...]:
    """These columns of a long table, which `queries.search` is asked for together."""
    columns[0].table.info[_SEARCHED] = columns
    return columns


def build(connection: Connection) -> None:
    """Make the extension and the indexes that are missing, while others write. The connection commits by itself (AUTOCOMMIT)."""
    if connection.dialect.name != "postgresql":
        return
    missing = {
        name: table for table in metadata.tables.values() if (name := _name(table)) and not _is_there(connection, name)
    }
    if not missing:
        return
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        # What waits for others' transactions waits for so long; the next start tries again.
        connection.execute(text("SET lock_timeout = '10s'"))
        for name, table in missing.items():
            connection.execute(text(f"DROP INDEX IF EXISTS {name}"))  # one that could not be finished
            words = searched_text(
                [connection.dialect.identifier_preparer.quote(each.name) for each in table.info[_SEARCHED]]
            )
            connection.execute(
                text(f"CREATE INDEX CONCURRENTLY {name} ON {table.name} USING gin (({words}) gin_trgm_ops)")
            )
            connection.execute(text(f"ANALYZE {table.name}"))
    except DBAPIError as error:
        connection.rollback()
        log.info("searches.without_trigrams", why=in_one_line(error))  # they take longer then, and nothing else


def is_of_the_schema(_thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    """For Alembic, which compares the tables of the code with those of a database: what is made here is in neither."""
    return not (kind == "index" and str(name).startswith(_PREFIX))


def _name(table: Table) -> str | None:
    columns = table.info.get(_SEARCHED)
    return None if columns is None else _PREFIX + "_".join([table.name, *(column.name for column in columns)])


def _is_there(connection: Connection, name: str) -> bool:
    whole = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
    return bool(connection.execute(whole, {"name": name}).scalar())
