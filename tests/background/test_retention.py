"""A14: what has been kept for long enough goes, in small units, and nothing odd stops that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from stationmaster.background.retention import KEPT, drop_what_is_old
from stationmaster.domain import connector_states, organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.connections import connection_log
from stationmaster.domain.connector_states import connector_states as states
from stationmaster.domain.credentials import Keys
from stationmaster.domain.message_log import messages
from stationmaster.domain.nodes import node_log
from stationmaster.domain.outbox import outbox
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work
from stationmaster.storage.queries import DROPPED_AT_ONCE

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def database(database: Database) -> Database:
    database.clock = lambda: NOW
    return database


async def ages(database: Database, table: Any, at: Any) -> list[int]:
    """In days, oldest key first."""
    rows = await database.read(lambda work: work.execute(select(at).order_by(table.c.id)).scalars().all())
    return [(NOW - each).days for each in rows]


def frame(days: float) -> dict[str, Any]:
    return {
        "station_id": 1, "at": NOW - days * DAY, "direction": "in", "message_id": "1", "action": "Heartbeat",
        "request": "{}", "outcome": "ok", "block": 0,
    }  # fmt: skip


async def test_A14_message_retention_is_not_stopped_by_the_oldest_rows_being_dated_in_the_future(
    database: Database,
) -> None:
    odd = [frame(-3650)] * DROPPED_AT_ONCE
    await database.write(lambda work: work.execute(insert(messages), [*odd, *[frame(100)] * 20, frame(89), frame(0)]))
    await drop_what_is_old(database, Retention())
    assert [age for age in await ages(database, messages, messages.c.at) if age > 0] == [89]


async def test_A14_one_new_row_among_the_old_ones_stops_nothing(database: Database) -> None:
    days = [0, *[500] * DROPPED_AT_ONCE, 1, *[450] * 10, 2]
    rows = [{"station_id": 1, "at": NOW - each * DAY, "event": "connected", "generation": 1} for each in days]
    await database.write(lambda work: work.execute(insert(connection_log), rows))
    await drop_what_is_old(database, Retention())
    assert await ages(database, connection_log, connection_log.c.at) == [0, 1, 2]


async def test_starts_and_stops_of_our_own_go_with_those_of_chargers(database: Database) -> None:
    rows = [{"at": NOW - days * DAY, "node": "one", "event": "started"} for days in (500, 401, 399, 0)]
    await database.write(lambda work: work.execute(insert(node_log), rows))
    await drop_what_is_old(database, Retention())
    assert await ages(database, node_log, node_log.c.at) == [399, 0]


async def test_A14_what_a_person_has_yet_to_look_at_stays(database: Database) -> None:
    def write(work: Work) -> None:
        row, _ = stations.create(work, organizations.home(work), Keys(b"k" * 48), identity="CP1")
        for days, resolved in ((200, None), (200, NOW - 150 * DAY), (10, NOW)):
            work.execute(
                insert(alarms).values(
                    station_id=row.id,
                    at=NOW - days * DAY,
                    last_at=NOW - days * DAY,
                    kind=f"{days} {resolved}",
                    detail="",
                    resolved_at=resolved,
                )
            )

    await database.write(write)
    await drop_what_is_old(database, Retention())
    left = await database.read(
        lambda work: work.execute(select(alarms.c.at, alarms.c.resolved_at).order_by(alarms.c.at)).all()
    )
    assert [((NOW - row.at).days, row.resolved_at is None) for row in left] == [(200, True), (10, False)]


async def test_O_09_the_state_that_still_holds_is_kept_however_old(database: Database) -> None:
    def write(work: Work) -> None:
        for number, days in ((1, 900), (1, 500), (1, 3), (2, 900), (2, 500)):
            place = connector_states.Place(1, 1, number)
            work.execute(
                insert(states).values(
                    station_id=1,
                    evse=1,
                    number=place.number,
                    since=NOW - days * DAY,
                    state="available",
                    status="Available",
                )
            )

    await database.write(write)
    await drop_what_is_old(database, Retention())
    left = await database.read(lambda work: work.execute(select(states.c.number, states.c.since)).all())
    assert sorted((row.number, (NOW - row.since).days) for row in left) == [(1, 3), (2, 500)]


async def test_what_is_done_goes_after_a_day_and_what_was_given_up_after_thirty(database: Database) -> None:
    def write(work: Work) -> None:
        for days, ended in ((40, "dead_at"), (20, "dead_at"), (2, "done_at"), (0, "done_at"), (40, None)):
            at = NOW - days * DAY
            row = {"consumer": "c", "payload": "{}", "created_at": at, "due_at": at}
            work.execute(insert(outbox).values(row | ({ended: at} if ended else {})))

    await database.write(write)
    await drop_what_is_old(database, Retention())
    assert await ages(database, outbox, outbox.c.created_at) == [20, 0, 40]


async def test_A14_each_growing_table_has_an_end(database: Database) -> None:
    assert {kept.table.name for kept in KEPT} >= {
        "connection_log", "connector_states", "commands", "refresh_tokens", "alarms", "quarantine", "outbox",
        "deliveries",
    }  # fmt: skip
    log = [{"station_id": 1, "at": NOW - days * DAY, "event": "connected", "generation": 1} for days in (500, 399)]
    await database.write(lambda work: work.execute(insert(connection_log), log))
    await drop_what_is_old(database, Retention())
    count = select(func.count()).select_from(connection_log)
    assert await database.read(lambda work: work.execute(count).scalar_one()) == 1
