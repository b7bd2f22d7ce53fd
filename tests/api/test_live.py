"""Live events: who hears what, in which words, and what happens to a page that is too slow."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context
from stationmaster.api.live import LAG, MAX_OF_ONE, QUEUE, QUEUE_BYTES, Live, Viewer
from stationmaster.api.live_shapes import WORDS
from stationmaster.api.resources.events import hear
from stationmaster.domain import (
    alarms,
    boots,
    commands,
    connections,
    connectors,
    customers,
    events,
    message_log,
    metering,
    organizations,
    refused_connections,
    sessions,
    stations,
)
from stationmaster.domain.audit import Actor
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.metering import Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, StorageUnavailable, Work
from tests import telling
from tests.api.conftest import Client, listening

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def speaking(row: Any) -> Station:
    return Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)


def read_meter(work: Work, station: Station, number: int | None, wh: int, evse: int = 1) -> None:
    metering.record(
        work,
        station,
        evse=evse,
        transaction_id=None if number is None else str(number),
        taken=Instant(work.now),
        samples=[Sample(str(wh)), Sample("7000", "Power.Active.Import", "W")],
        raw=msgspec.json.encode([wh]),
    )


def start(work: Work, station: Station, evse: int = 1) -> int:
    return telling.start(work, station, evse, token="TAG1", at=Instant(work.now), meter=100)


async def test_a_session_is_told_from_its_start_to_its_end(admin: Client, charger: Any, database: Database) -> None:
    station = speaking(charger)
    async with listening(admin) as page:
        number = await database.write(start, station)
        begun = await page.until("session_started")
        assert (begun["station"], begun["evse"]) == ("CP1", 1)
        assert begun["session"]["status"] == "active"
        listed = (await admin.get("/api/v1/sessions")).json()["items"]
        nobody = dict.fromkeys(("customer", "customer_name", "billed", "currency"))
        assert listed == [begun["session"] | nobody]

        await database.write(read_meter, station, number, 600)
        await database.write(read_meter, station, None, 700)
        for wh in (600, 700):  # with the station's number, and by what charges on the connector
            read = await page.until("session_updated")
            assert (read["session"], read["energy_wh"], read["power_w"]) == (begun["session"]["id"], wh, 7000)

        def stop(work: Work) -> None:
            telling.stop(work, station, number, meter=800)

        await database.write(stop)
        ended = await page.until("session_ended")
        assert (ended["session"]["id"], ended["session"]["energy_wh"]) == (begun["session"]["id"], 700)
        await database.write(lambda work: work.execute(sessions.sessions.update().values(review=True)))
        await database.write(sessions.review, charger.organization_id, begun["session"]["id"], by="olive")
        released = await page.until("session_reviewed")
        assert (released["session"]["id"], released["session"]["review"]) == (begun["session"]["id"], False)
        await database.write(read_meter, station, None, 900)
        assert (await page.until("session_updated"))["session"] is None


async def test_E4_the_register_of_another_meter_does_not_move_a_page(
    admin: Client, charger: Any, database: Database
) -> None:
    station = speaking(charger)
    async with listening(admin) as page:
        number = await database.write(start, station)
        for wh, register, taken in ((600, 600, 500), (1_234_900, None, None), (700, 700, 600)):
            await database.write(read_meter, station, number if wh < 1000 else None, wh)
            read = await page.until("session_updated")
            assert (read["energy_wh"], read["session_energy_wh"], read["power_w"]) == (register, taken, 7000)
        [listed] = (await admin.get("/api/v1/sessions")).json()["items"]
        assert listed["energy_wh"] == 600


async def test_sessions_that_were_open_before_are_known(context: Context, charger: Any) -> None:
    number = await context.database.write(start, speaking(charger))
    fresh = Live()
    await fresh.begin(context.database, WORDS)
    viewer = fresh.admit(charger.organization_id, None)
    fresh._viewers.add(viewer)
    read = events.MeterRead(
        station_id=charger.id,
        station="CP1",
        at=AT,
        evse=1,
        transaction_id=str(number),
        energy_wh=Decimal(5),
        power_w=None,
        soc_percent=None,
    )
    fresh.hear([read])
    assert b'"session":null' not in viewer.take()


async def test_every_kind_of_event_has_its_words(admin: Client, charger: Any, database: Database) -> None:
    station = speaking(charger)

    def happen(work: Work) -> None:
        connections.connected(work, station, node="here", version="1.6", source="192.0.2.7")
        boots.record(work, station, boots.BootFacts("Acme", "One", "S1", "2.0"))
        connectors.report_status(
            work, station, evse=1, connector=1, state="preparing", status="Preparing", at=AT, error_code="NoError"
        )
        refused_connections.keep(
            work, [refused_connections.Refusal("NEW", "192.0.2.1", "unknown_station", "/", work.now)]
        )
        row = commands.ask(work, station, name="reset", arguments={"kind": "soft"}, by="me", node="n")
        commands.record_answer(work, station, row.id, commands.Answer("accepted"))
        stations.change(work, station.organization_id, "CP1", {"name": "Gate"})
        connections.disconnected(work, station, node="here", reason="gone")
        connections.offline(work, after=timedelta(0))
        alarms.raise_alarm(work, station, kind="takeovers", detail="look")

    async with listening(admin) as page:
        await database.write(happen)
        told = [await page.next() for _ in range(11)]
    assert [kind for kind, _ in told] == [
        "station_connected",
        "station_changed",  # its first serial number
        "station_booted",
        "connector_status",
        "connection_refused",
        "command",
        "command",
        "station_changed",
        "station_disconnected",
        "station_changed",
        "alarm",
    ]
    assert all(data["type"] == kind for kind, data in told)
    assert told[2][1] | {"at": None} == {
        "type": "station_booted",
        "station": "CP1",
        "vendor": "Acme",
        "model": "One",
        "firmware": "2.0",
        "at": None,
    }
    place = {"station": "CP1", "evse": 1, "connector": 1, "at": "2026-05-01T12:00:00Z"}
    status = {"status": "Preparing", "error_code": "NoError", "info": None}
    assert told[3][1] == {"type": "connector_status"} | place | status
    assert told[4][1]["identity"] == "NEW"
    assert [told[index][1]["status"] for index in (5, 6)] == ["pending", "accepted"]
    assert (told[6][1]["station"], told[6][1]["name"]) == ("CP1", "reset")


async def test_messages_are_told_on_the_page_of_their_station_only(
    admin: Client, charger: Any, database: Database
) -> None:
    def log(work: Work) -> None:
        station = speaking(charger)
        message_log.add(
            work,
            station,
            Exchange("in", "m1", "Heartbeat", "{}", "{}", "ok"),
        )
        connectors.report_status(work, station, evse=1, connector=1, state="available", status="Available", at=AT)

    await admin.post("/api/v1/stations", json={"id": "CP2"})
    async with (
        listening(admin) as fleet,
        listening(admin, "station=CP1") as here,
        listening(admin, "station=CP2") as there,
    ):
        await database.write(log)
        kind, message = await here.next()
        assert (kind, message.pop("type"), message.pop("station")) == ("message", "message", "CP1")
        assert (await admin.get("/api/v1/stations/CP1/messages")).json()["items"] == [message]
        assert (await here.next())[0] == "connector_status"
        assert (await fleet.next())[0] == "connector_status"
        await admin.patch("/api/v1/stations/CP2", json={"name": "x"})
        assert (await there.next())[0] == "station_changed"


async def test_API_11_another_organizations_events_are_not_told(
    admin: Client, charger: Any, database: Database, context: Context
) -> None:
    def theirs(work: Work) -> None:
        other = organizations.create(work, name="Other").id
        row = stations.create(work, other, context.keys, identity="THEIRS")[0]
        station = Station(row.id, "THEIRS", other, "1.6", "accepted", True)
        connectors.report_status(work, station, evse=1, connector=1, state="available", status="Available", at=AT)

    def refused(work: Work) -> None:
        refused_connections.keep(
            work, [refused_connections.Refusal("THEIRS", "192.0.2.1", "wrong_password", "/", work.now)]
        )
        connectors.report_status(work, speaking(charger), evse=1, connector=1, state="faulted", status="Faulted", at=AT)

    async with listening(admin) as page:
        await database.write(theirs)
        await database.write(refused)
        assert (await page.next())[1]["station"] == "CP1"


def meter(wh: int, evse: int = 1) -> events.MeterRead:
    return events.MeterRead(
        station_id=1,
        station="CP1",
        at=AT,
        evse=evse,
        transaction_id=None,
        energy_wh=Decimal(wh),
        power_w=None,
        soc_percent=None,
    )


async def test_whose_a_session_is_is_told_also_where_it_begins_while_others_are_looked_up(
    admin: Client, context: Context, charger: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(work: Work, number: int) -> int:
        made = customers.create(work, charger.organization_id, public_id=f"CUSTOMER-{number}", name="Ann")
        return made.id

    keys = [await database.write(known, number) for number in (1, 2, 3)]

    def begins(work: Work, number: int) -> None:
        telling.start(work, speaking(charger), number, token="TAG1", customer_id=keys[number - 1])

    later = [3, 2]

    class Meanwhile:
        """A database that is slow: another session begins before it answers."""

        async def read(self, f: Callable[..., Any], *args: Any) -> Any:
            found = await database.read(f, *args)
            if later:
                await database.write(begins, later.pop())
            return found

    async with listening(admin) as page:
        monkeypatch.setattr(context.live, "_database", Meanwhile())
        await database.write(begins, 1)
        told = [(await page.until("session_started"))["session"].get("customer") for _ in range(3)]
    assert told == ["CUSTOMER-1", "CUSTOMER-2", "CUSTOMER-3"]


def status(evse: int = 1) -> events.ConnectorStatusChanged:
    return events.ConnectorStatusChanged(
        station_id=1, station="CP1", at=AT, evse=evse, connector=1, status="Available", error_code=None, info=None
    )


@pytest.fixture
def slow() -> tuple[Live, Viewer]:
    """A page that does not read."""
    live = Live()
    live._words = WORDS
    live._organization[1] = 1
    viewer = live.admit(1, None)
    live._viewers.add(viewer)
    return live, viewer


def told_to(viewer: Viewer) -> list[tuple[str, Any]]:
    packets = viewer.take().decode().split("\n\n")[:-1]
    fields = [dict(line.split(": ", 1) for line in packet.splitlines()) for packet in packets]
    return [(each["event"], msgspec.json.decode(each["data"])) for each in fields]


def test_meter_values_replace_each_other_while_a_page_lags(slow: tuple[Live, Viewer]) -> None:
    live, viewer = slow
    live.hear([status(evse) for evse in range(LAG)])
    for wh in range(5000):
        live.hear([meter(wh, evse=1), meter(wh, evse=2)])
    live.hear([status(99)])
    told = told_to(viewer)
    assert len(told) == LAG + 3
    assert [(data["evse"], data.get("energy_wh")) for _, data in told[-3:]] == [(1, 4999), (2, 4999), (99, None)]


def test_nothing_is_left_out_while_a_page_keeps_up(slow: tuple[Live, Viewer]) -> None:
    live, viewer = slow
    live.hear([meter(wh) for wh in range(10)])
    assert [data["energy_wh"] for _, data in told_to(viewer)] == list(range(10))


def test_a_page_that_is_too_slow_is_told_that_it_lost_something(slow: tuple[Live, Viewer]) -> None:
    live, viewer = slow
    for _ in range(QUEUE * 3 + 10):
        live.hear([status()])
    assert len(viewer.waiting) <= QUEUE
    told = told_to(viewer)
    assert told[0] == ("lost", {"type": "lost"})
    assert {kind for kind, _ in told[1:]} == {"connector_status"}
    live.hear([status()])
    assert [kind for kind, _ in told_to(viewer)] == ["connector_status"]


async def test_API_07_a_stream_ends_with_its_log_in(admin: Client, context: Context) -> None:
    context.live.keep_alive_s = 0.01
    viewer = context.live.admit(1, None)
    answers = iter([True, True, False])

    async def may_stay() -> bool:
        return next(answers)

    packets = [packet async for packet in context.live.stream(viewer, lambda: AT, may_stay)]
    assert packets[0].startswith(b"event: hello\n")
    assert set(packets[1:]) == {b": keep-alive\n\n"}
    assert list(answers) == []


@pytest.mark.any_database
async def test_API_25_a_stream_ends_when_nobody_can_say_whether_it_may_stay(admin: Client, context: Context) -> None:
    context.live.keep_alive_s = 0.01

    async def may_stay() -> bool:
        raise StorageUnavailable("the database is away")

    actor = Actor("user", "u", "driver@example.com")
    caller = Caller(actor=actor, organization=1, permissions=frozenset(), stands=may_stay)
    packets = [packet async for packet in await hear(caller, context, may_stay, customer=1)]
    assert [packet.partition(b"\n")[0] for packet in packets] == [b"event: hello"]


async def test_streams_end_when_the_server_stops(admin: Client, context: Context) -> None:
    async def may_stay() -> bool:
        return True

    viewer = context.live.admit(1, None)
    stream = context.live.stream(viewer, lambda: AT, may_stay)
    await anext(stream)
    context.live.close()
    assert [packet async for packet in stream] == []
    assert (await admin.get("/api/v1/events")).status_code == 503


async def test_a_page_that_leaves_is_forgotten(admin: Client, context: Context) -> None:
    async with listening(admin):
        assert len(context.live._viewers) == 1
    assert len(context.live._viewers) == 0


async def test_events_need_a_log_in(anonymous: Client, as_role: Callable[..., Any]) -> None:
    assert (await anonymous.get("/api/v1/events")).status_code == 401
    async with listening(await as_role("viewer")) as page:
        assert page.status == 200


# A8: what one person, and one page that does not read, may take


async def test_A8_one_person_has_thirty_live_pages_and_others_have_theirs(
    admin: Client, as_role: Callable[..., Any]
) -> None:
    viewer = await as_role("viewer")
    async with contextlib.AsyncExitStack() as pages:
        for _ in range(MAX_OF_ONE):
            await pages.enter_async_context(listening(viewer))
        refused = await viewer.get("/api/v1/events")
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert "of yours" in refused.json()["detail"]
        async with listening(admin) as other:  # somebody else gets in
            assert other.status == 200
    async with listening(viewer) as again:  # and so does whoever has closed some
        assert again.status == 200


async def test_A8_what_waits_for_a_page_that_does_not_read_is_bounded_in_bytes(
    context: Context, charger: Any, database: Database
) -> None:
    async def may_stay() -> bool:
        return True

    viewer = context.live.admit(1, charger.id)
    stream = context.live.stream(viewer, lambda: AT, may_stay)
    assert (await anext(stream)).startswith(b"event: hello")
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)
    long = "x" * 60_000
    most = 0
    for number in range(100):  # six megabytes, in far fewer than a thousand events
        told = Exchange("in", f"m{number}", "DataTransfer", json.dumps({"data": long}), "{}", "ok", 1.0)
        await database.write(message_log.add, station, told)
        most = max(most, viewer.waiting_bytes, sum(each.size for each in viewer.waiting.values()))
    assert 1_000_000 < most <= QUEUE_BYTES
    packet = await anext(stream)
    assert packet.startswith(b"event: lost")  # so it loads again
    assert len(packet) < 2 * QUEUE_BYTES
    assert (viewer.waiting_bytes, viewer.waiting) == (0, {})
    await stream.aclose()
