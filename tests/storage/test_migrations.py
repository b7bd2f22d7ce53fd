"""A migration on a database that has data in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from alembic import command
from sqlalchemy import text

from stationmaster.domain import sessions
from stationmaster.domain.sessions.told import start_key
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, migrations
from tests import postgres

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

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


_SESSIONS = (
    "INSERT INTO organizations (id, name, created_at) VALUES (7, 'Elsewhere', :at)",
    "INSERT INTO stations (id, public_id, organization_id, identity, secret_salt, secret_digest, created_at, changed_at)"
    " VALUES (1, 's', 7, 'CP1', :yes, :yes, :at, :at)",
    "INSERT INTO sessions (id, public_id, organization_id, station_id, evse, connector, number, transaction_id, token,"
    ' "authorization", status, started_at, started_text, received_at, meter_start_wh, stop_reason) VALUES'
    " (1, 'a', 7, 1, 1, 1, 11, '11', 'T', 'accepted', 'completed', :at, '1970-01-01T00:00:10Z', :at, 0, 'PowerLoss'),"
    " (2, 'b', 7, 1, 1, 1, 12, '12', 'T', 'accepted', 'completed', :at, '1970-01-01T00:00:10Z', :at, 0, 'Lost'),"
    " (3, 'c', 7, 1, 2, 1, 13, '13', 'T', 'accepted', 'active', :at, '2026-11-01T12:00:00Z', :at, 0, NULL)",
    "INSERT INTO meter_values (station_id, session_id, evse, transaction_number, taken_at, received_at, samples, content_key)"
    " VALUES (1, 1, 1, 11, :at, :at, '[]', 1), (1, NULL, 1, NULL, :at, :at, '[]', 2)",
    "INSERT INTO quarantine (station_id, at, action, reason, content, content_key, proposed_session_id)"
    " VALUES (1, :at, 'StopTransaction', 'r', 'c', 'k', 1)",
    "INSERT INTO alarms (station_id, at, kind, detail, resolved_at) VALUES (1, :at, 'k', 'first', NULL),"
    " (1, :later, 'k', 'last', NULL), (1, :at, 'k', 'seen', :at), (1, :at, 'other', 'd', NULL)",
)


def test_O_05_sessions_and_alarms_keep_their_data(database_url: str, tmp_path: Path) -> None:
    sqlite = database_url.startswith("sqlite")
    url = f"sqlite:///{tmp_path}/old.db" if sqlite else postgres.create(database_url, "migrated_with_sessions")
    engine = Database(url).engine
    with engine.connect() as connection:
        command.upgrade(migrations._config(connection), "0005")
        connection.commit()
    times = {"at": "2026-11-01T12:00:00.000000+00:00", "later": "2026-11-02T12:00:00.000000+00:00", "yes": b"1"}
    with engine.begin() as connection:
        for statement in _SESSIONS:
            names = {name: value for name, value in times.items() if f":{name}" in statement}
            connection.execute(text(statement), names)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(
            text("SELECT transaction_id, occurrence, stop_reason, stop_reason_told FROM sessions ORDER BY id")
        )
        assert [tuple(row) for row in kept] == [
            ("11", 0, "power_loss", "PowerLoss"),
            ("12", 1, "lost", None),
            ("13", 0, None, None),
        ]
        keys = connection.execute(text("SELECT start_key FROM sessions ORDER BY id")).scalars().all()
        assert keys[0] == keys[1] != keys[2]
        told = sessions.TransactionTold(
            kind="started",
            numbered=True,
            evse=2,
            token="T",
            at=Instant(NOON, "2026-11-01T12:00:00Z"),
            meter_wh=Decimal(0),
        )
        assert keys[2] == start_key(told)  # a start repeated after the upgrade is known
        values = connection.execute(text("SELECT transaction_id FROM meter_values ORDER BY id")).scalars().all()
        assert values == ["11", None]
        alarms = connection.execute(text("SELECT detail, count FROM alarms WHERE resolved_at IS NULL ORDER BY id"))
        assert [tuple(row) for row in alarms] == [("last", 2), ("d", 1)]
        assert connection.execute(text("SELECT proposed_session_id FROM quarantine")).scalar() == 1
        if sqlite:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()
    if not sqlite:
        postgres.drop(database_url, "migrated_with_sessions")


_REMARKS = ("a field; dropped", 'says "x"; kept', "one alone", "back\\slash", None)


def test_O7_remarks_of_before_become_a_list(database_url: str, tmp_path: Path) -> None:
    """They were joined by "; ", so that is where they are taken apart, this once."""
    sqlite = database_url.startswith("sqlite")
    url = f"sqlite:///{tmp_path}/old.db" if sqlite else postgres.create(database_url, "migrated_with_remarks")
    engine = Database(url).engine
    with engine.connect() as connection:
        command.upgrade(migrations._config(connection), "0010")
        connection.commit()
    with engine.begin() as connection:
        for number, remarks in enumerate(_REMARKS):
            connection.execute(
                text(
                    "INSERT INTO messages (station_id, at, direction, message_id, action, request, outcome, remarks, block)"
                    " VALUES (1, :at, 'in', :name, 'A', '{}', 'ok', :remarks, 0)"
                ),
                {"at": "2026-11-01T12:00:00.000000+00:00", "name": str(number), "remarks": remarks},
            )
    migrations.upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT remarks FROM messages ORDER BY id")).scalars().all()
    assert [each and json.loads(each) for each in kept] == [
        ["a field", "dropped"],
        ['says "x"', "kept"],
        ["one alone"],
        ["back\\slash"],
        None,
    ]
    engine.dispose()
    if not sqlite:
        postgres.drop(database_url, "migrated_with_remarks")
