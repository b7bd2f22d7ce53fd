"""What the state of a connector was, and when: time decides, not arrival; what says nothing new costs nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from stationmaster.domain import connector_states, connectors, events, organizations, stations
from stationmaster.domain.alarms import alarms
from stationmaster.domain.connector_states import Place, Span, State
from stationmaster.domain.connector_states import connector_states as history
from stationmaster.domain.credentials import Keys
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Told:
    """A charger with one connector, and a clock that a test sets."""

    def __init__(self, database: Database, station: Station) -> None:
        self.database = database
        self.station = station
        self.events: list[Any] = []
        database.after_commit.append(self.events.extend)

    async def at(self, now: datetime, state: State, *, told: datetime | None = None, **more: Any) -> None:
        """At `now` a status arrives that was told at another time."""
        self.database.clock = lambda: now
        said: dict[str, Any] = {"evse": 1, "connector": 1, "state": state, "status": state.title(), **more}
        await self.database.write(lambda work: connectors.report_status(work, self.station, at=told or now, **said))

    async def live(self) -> connectors.Connector:
        [row] = await self.database.read(connectors.of_stations, [self.station.id])
        return row

    async def spans(self, since: datetime, until: datetime) -> list[tuple[State, datetime, datetime]]:
        place = Place(self.station.id, 1, 1)
        found = await self.database.read(connector_states.timeline, place, since=since, until=until)
        return [(span.state, span.since, span.until) for span in found]

    async def rows(self) -> int:
        count = select(func.count()).select_from(history)
        return int(await self.database.read(lambda work: work.execute(count).scalar_one()))


@pytest.fixture
async def told(database: Database) -> Told:
    def create(work: Work) -> Station:
        home = organizations.home(work)
        row, _ = stations.create(work, home, Keys(b"k" * 48), identity="CP1")
        return Station(row.id, "CP1", home, "1.6", "accepted", True)

    return Told(database, await database.write(create))


async def test_each_change_is_one_row_and_what_says_the_same_costs_none(told: Told) -> None:
    await told.at(NOON, "available")
    for minutes in range(1, 60):
        await told.at(NOON + minutes * MINUTE, "available")
    assert await told.rows() == 1
    await told.at(NOON + 60 * MINUTE, "charging")
    assert await told.rows() == 2
    live = await told.live()
    assert (live.state, live.status, live.since) == ("charging", "Charging", NOON + 60 * MINUTE)
    assert await told.spans(NOON, NOON + 90 * MINUTE) == [
        ("available", NOON, NOON + 60 * MINUTE),
        ("charging", NOON + 60 * MINUTE, NOON + 90 * MINUTE),
    ]
    assert [event.status for event in told.events if isinstance(event, events.ConnectorStatusChanged)] == [
        "Available",
        "Charging",
    ]


async def test_since_is_when_it_began_and_status_at_when_it_was_last_told(told: Told) -> None:
    await told.at(NOON, "faulted", error_code="GroundFailure")
    await told.at(NOON + MINUTE, "faulted", error_code="GroundFailure")
    live = await told.live()
    assert (live.since, live.status_at) == (NOON, NOON + MINUTE)
    await told.at(NOON + 2 * MINUTE, "faulted", error_code="OverVoltage")  # another fault is another state
    assert (await told.live()).since == NOON + 2 * MINUTE
    assert await told.rows() == 2


async def test_L8_a_status_46_hours_old_goes_into_the_history_and_leaves_the_live_one(told: Told) -> None:
    old = NOON - timedelta(hours=46)
    await told.at(NOON, "charging")
    before = len(told.events)
    await told.at(NOON + MINUTE, "faulted", told=old)
    live = await told.live()
    assert (live.state, live.since) == ("charging", NOON)
    assert told.events[before:] == []  # no page shows it, nobody is told
    assert await told.spans(old, NOON + MINUTE) == [("faulted", old, NOON), ("charging", NOON, NOON + MINUTE)]


async def test_L8_a_queue_that_is_emptied_after_a_reconnect_is_put_in_order(told: Told) -> None:
    await told.at(NOON, "available")
    await told.at(NOON + 300 * MINUTE, "available")  # it is back, and says first what holds now
    for minutes, state in ((100, "preparing"), (110, "charging"), (200, "finishing"), (205, "available")):
        await told.at(NOON + 301 * MINUTE, state, told=NOON + minutes * MINUTE)  # type: ignore[arg-type]
    assert [(state, since) for state, since, _ in await told.spans(NOON, NOON + 400 * MINUTE)] == [
        ("available", NOON),
        ("preparing", NOON + 100 * MINUTE),
        ("charging", NOON + 110 * MINUTE),
        ("finishing", NOON + 200 * MINUTE),
        ("available", NOON + 205 * MINUTE),
    ]
    assert (await told.live()).state == "available"


async def test_L8_a_late_word_within_the_live_state_interrupts_it_and_the_live_state_holds(told: Told) -> None:
    await told.at(NOON, "available")
    await told.at(NOON + 120 * MINUTE, "available")
    await told.at(NOON + 121 * MINUTE, "charging", told=NOON + 60 * MINUTE)
    live = await told.live()
    assert (live.state, live.since) == ("available", NOON + 120 * MINUTE)
    assert await told.spans(NOON, NOON + 180 * MINUTE) == [
        ("available", NOON, NOON + 60 * MINUTE),
        ("charging", NOON + 60 * MINUTE, NOON + 120 * MINUTE),
        ("available", NOON + 120 * MINUTE, NOON + 180 * MINUTE),
    ]


async def test_L8_a_late_word_that_says_what_is_known_is_no_row(told: Told) -> None:
    await told.at(NOON, "available")
    await told.at(NOON + 60 * MINUTE, "charging")
    for minutes in (10, 20, 30):
        await told.at(NOON + 61 * MINUTE, "available", told=NOON + minutes * MINUTE)
    assert await told.rows() == 2


async def test_L8_a_clock_that_is_ahead_does_not_make_the_next_words_late(told: Told) -> None:
    await told.at(NOON, "preparing", told=NOON + 14 * MINUTE)  # believable; then the charger sets its clock
    await told.at(NOON + MINUTE, "charging")
    live = await told.live()
    assert (live.state, live.since) == ("charging", NOON + MINUTE)


async def test_L8_a_clock_that_was_set_back_is_late_once_and_not_for_two_days(told: Told) -> None:
    behind = timedelta(hours=46)
    await told.at(NOON, "available")
    await told.at(NOON + 10 * MINUTE, "preparing", told=NOON + 10 * MINUTE - behind)
    assert (await told.live()).state == "available"
    for minutes, state in ((20, "charging"), (21, "suspended_ev"), (40, "available")):
        now = NOON + minutes * MINUTE
        await told.at(now, state, told=now - behind)  # type: ignore[arg-type]
        live = await told.live()
        assert (live.state, live.since) == (state, now)  # late by the same as before: by our clock, then
    # What is charged is counted by the charger's clock, by which the session began and ended.
    began, ended = NOON + 20 * MINUTE - behind, NOON + 40 * MINUTE - behind
    session = SimpleNamespace(station_id=told.station.id, evse=1, connector=1, started_at=began, stopped_at=ended)
    found = await told.database.read(connector_states.states_during, session)
    assert [(span.state, span.since) for span in found] == [("charging", began), ("suspended_ev", began + MINUTE)]
    assert (await told.spans(NOON + 20 * MINUTE, NOON + 40 * MINUTE))[0] == (
        "charging",
        NOON + 20 * MINUTE,
        NOON + 21 * MINUTE,
    )


async def test_L8_the_same_late_message_again_is_no_clock_that_is_behind(told: Told) -> None:
    await told.at(NOON, "available")
    for minutes in (1, 11, 21):
        await told.at(NOON + minutes * MINUTE, "faulted", told=NOON - timedelta(hours=46))
    assert (await told.live()).state == "available"


async def test_two_words_of_one_second_stay_in_their_order(told: Told) -> None:
    await told.at(NOON, "preparing")
    await told.at(NOON, "charging")
    assert (await told.live()).state == "charging"
    assert await told.spans(NOON, NOON + MINUTE) == [("charging", NOON, NOON + MINUTE)]


async def test_A14_a_charger_cannot_grow_without_end_and_a_person_gets_one_hint(told: Told) -> None:
    def flood(work: Work) -> None:
        for number in range(connectors.MAX_CONNECTORS + 300):
            connectors.report_status(
                work, told.station, evse=number, connector=1, state="available", status="Available", at=work.now
            )

    await told.database.write(flood)
    await told.database.write(flood)
    kept = await told.database.read(connectors.of_stations, [told.station.id])
    assert len(kept) == await told.rows() == connectors.MAX_CONNECTORS
    hints = await told.database.read(lambda work: work.execute(select(alarms.c.kind)).scalars().all())
    assert hints == ["too_many_connectors"]
    await told.at(NOON, "charging", evse=7)  # one that is known goes on
    assert [row.state for row in await told.database.read(connectors.of_stations, [told.station.id]) if row.evse == 7]


async def test_M_05_the_states_of_a_session_are_kept_as_long_as_the_session(told: Told) -> None:
    """Plugged 10:00–20:00, charging 10:00–11:00: what the price for an hour of charging needs."""
    begin = NOON.replace(hour=10)
    for hour, state in ((8, "available"), (10, "charging"), (11, "suspended_ev"), (20, "available")):
        await told.at(NOON.replace(hour=hour), state)  # type: ignore[arg-type]

    class Session:
        station_id, evse, connector = told.station.id, 1, 1
        started_at, stopped_at = begin, NOON.replace(hour=20)

    found = await told.database.read(connector_states.states_during, Session)
    assert found == [
        Span("charging", "Charging", None, begin, NOON.replace(hour=11)),
        Span("suspended_ev", "Suspended_Ev", None, NOON.replace(hour=11), NOON.replace(hour=20)),
    ]


async def test_P_04_a_session_that_names_no_connector_has_the_only_one_of_its_evse(told: Told) -> None:
    await told.at(NOON, "charging")

    class Session:
        station_id, evse, connector = told.station.id, 1, None
        started_at, stopped_at = NOON, NOON + MINUTE

    assert len(await told.database.read(connector_states.states_during, Session)) == 1
    await told.at(NOON, "available", connector=2)
    assert await told.database.read(connector_states.states_during, Session) == []  # which one is not known

    class Nowhere(Session):
        evse = None

    assert await told.database.read(connector_states.states_during, Nowhere) == []
