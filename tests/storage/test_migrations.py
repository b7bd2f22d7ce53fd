"""A migration on a database that has data in it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from stationmaster.storage import Database, migrations
from tests import postgres

_BEFORE = (
    "INSERT INTO organizations (id, name, created_at) VALUES (7, 'Elsewhere', :at)",
    "INSERT INTO stations (id, public_id, organization_id, identity, secret_salt, secret_digest, created_at, changed_at)"
    " VALUES (1, 's', 7, 'CP1', :yes, :yes, :at, :at)",
    "INSERT INTO connectors (station_id, evse, number, status, error_code, status_at)"
    " VALUES (1, 1, 1, 'SuspendedEV', NULL, :at), (1, 2, 1, 'Mystery', 'OtherError', :at)",
)


def test_0002_the_status_that_holds_begins_the_history(database_url: str, tmp_path: Path) -> None:
    sqlite = database_url.startswith("sqlite")
    url = f"sqlite:///{tmp_path}/old.db" if sqlite else postgres.create(database_url, "migrated_with_data")
    engine = Database(url).engine
    with engine.connect() as connection:
        command.upgrade(migrations._config(connection), "0001")
        connection.commit()
    with engine.begin() as connection:
        for statement in _BEFORE:
            connection.execute(text(statement), {"at": "2026-11-01T12:00:00.000000+00:00", "yes": b"1"})
    migrations.upgrade(engine)
    with engine.connect() as connection:
        live = connection.execute(text("SELECT state, status FROM connectors WHERE since = status_at ORDER BY evse"))
        assert [tuple(row) for row in live] == [("suspended_ev", "SuspendedEV"), ("unknown", "Mystery")]
        kept = connection.execute(text("SELECT evse, state, error_code FROM connector_states ORDER BY evse"))
        assert [tuple(row) for row in kept] == [(1, "suspended_ev", None), (2, "unknown", "OtherError")]
    engine.dispose()
    if not sqlite:
        postgres.drop(database_url, "migrated_with_data")
