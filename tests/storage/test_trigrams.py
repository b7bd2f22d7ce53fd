"""Searches of long tables go by an index of trigrams, where PostgreSQL has the extension; without it they find the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text

from stationmaster.domain import customers, stations, tokens, vehicles
from stationmaster.domain.customers import _is_about
from stationmaster.storage import Database, migrations
from stationmaster.storage.queries import search

SEARCHED = (customers.SEARCHED, stations.SEARCHED, tokens.SEARCHED, vehicles.SEARCHED)


def plans(database_url: str) -> str:
    """How each of these tables is searched; that of customers as people do, for their cards and numbers too."""
    database = Database(database_url, lanes=1, readers=1)
    with database.engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off"))
        asked = [select(columns[0].table).where(search("Ann 5", columns)) for columns in SEARCHED]
        asked.append(select(customers.customers).where(_is_about(1, "98765")))
        driver: Any = connection.connection.driver_connection  # which takes a % as it is
        compiled = [each.compile(connection, compile_kwargs={"literal_binds": True}) for each in asked]
        told = [line for each in compiled for (line,) in driver.execute("EXPLAIN " + str(each).replace("%%", "%"))]
    database.close()
    return "\n".join(told)


@pytest.mark.parametrize(
    "as_it_was_left",
    [
        "DROP EXTENSION pg_trgm CASCADE",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE 'tr_%'",
    ],
)
def test_a_search_goes_by_trigrams_which_a_start_makes_where_they_are_missing(
    database_url: str, as_it_was_left: str
) -> None:
    database = Database(database_url, lanes=1, readers=1)
    if database.kind == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text(as_it_was_left))
        assert "tr_" not in plans(database_url)
        migrations.upgrade(database.engine)
        told = plans(database_url)
        assert [name for name in ("customers", "stations", "tokens", "vehicles") if f"on tr_{name}_" not in told] == []
        assert told.count("BitmapOr") == 1 and told.count("tr_customers_") == 3
    database.close()
