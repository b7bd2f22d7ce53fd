"""Transactions of OCPP 1.6, frame in and rows out: rules TX-01 to TX-16, on both databases.

What concerns the meter and the clock (TX-09, TX-10, TX-12) is in test_v16_meter_and_clock.py. Every refusal shares its set-up with a success, so that it is refused for its own reason.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import connectors, organizations, sessions, stations, tokens
from stationmaster.domain.credentials import Keys
from stationmaster.domain.events import SessionCorrected, SessionEnded, SessionStarted
from stationmaster.domain.sessions import close_zombies
from stationmaster.domain.stations import Station
from stationmaster.handlers.v16 import words
from stationmaster.storage import Database, Work
from tests import telling
from tests.charger import CallError, Charger
from tests.patience import PATIENCE_S

Connect = Callable[..., Any]
ACCEPTED = {"status": "Accepted"}


async def reconnect(charger: Connect, one: Charger) -> Charger:
    """The network is lost without a word; the same station comes back, without a boot."""
    one.socket.transport.abort()
    return await charger(one.identity, boot=False)


def told(heard: list[Any], kind: type[Any]) -> list[Any]:
    return [event for event in heard if type(event) is kind]


# TX-01


async def test_TX_01_a_start_heard_again_is_the_same_transaction(
    charger: Connect, stored: Any, heard: list[Any]
) -> None:
    one = await charger("CP1")
    first = await one.start()
    again = await one.start()  # a new message id
    one = await reconnect(charger, one)
    later = await one.start()
    assert first == again == later
    assert first["idTagInfo"] == ACCEPTED
    session = await stored.session()
    assert (session.transaction_id, session.status, session.meter_start_wh) == (
        str(first["transactionId"]),
        "active",
        Decimal(1000),
    )
    assert len(told(heard, SessionStarted)) == 1


async def test_TX_01_the_token_is_judged_anew_in_the_answer_to_a_repeated_start(
    app: App, charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    first = await one.start()
    await app.database.write(lambda work: tokens.change(work, organizations.home(work), "TAG1", {"status": "blocked"}))
    again = await one.start()
    assert (again["transactionId"], again["idTagInfo"]["status"]) == (first["transactionId"], "Blocked")
    assert (await stored.session()).authorization == "accepted"


@pytest.mark.parametrize(
    "other",
    [{"tag": "TAG2"}, {"meter": 1001}, {"at": "2026-11-01T10:00:01Z"}, {"connector": 2}],
    ids=lambda other: next(iter(other)),
)
async def test_TX_01_a_start_of_other_content_is_another_transaction(
    charger: Connect, stored: Any, other: dict[str, Any]
) -> None:
    one = await charger("CP1")
    first = await one.start()
    second = await one.start(**other)
    assert second["transactionId"] != first["transactionId"]
    assert len(await stored.sessions()) == 2


@pytest.mark.every_case
async def test_TX_01_fifty_identical_starts_on_two_nodes_are_one_session(database: Database) -> None:
    """No lock and no cache can know: only the UNIQUE key in the database does."""
    keys_home = await database.write(organizations.home)
    station = await database.write(_station, keys_home)
    nodes = [database]
    if database.kind == "postgresql":
        nodes.append(Database(database.url.render_as_string(hide_password=False), stall_s=PATIENCE_S))
        nodes[1].start()
    heard: list[Any] = []
    for node in nodes:
        node.after_commit.append(heard.extend)
    try:
        numbers = await asyncio.gather(*(nodes[turn % len(nodes)].write(_start, station) for turn in range(50)))
        stops = await asyncio.gather(
            *(nodes[turn % len(nodes)].write(_stop, station, numbers[0]) for turn in range(50))
        )
    finally:
        for node in nodes[1:]:
            await node.stop()
    assert len(set(numbers)) == 1
    assert stops == [None] * 50
    [row] = await database.read(lambda work: work.execute(select(sessions.sessions)).all())
    assert (row.transaction_id, row.status, row.energy_wh) == (str(numbers[0]), "completed", Decimal(5000))
    assert [len(told(heard, kind)) for kind in (SessionStarted, SessionEnded, SessionCorrected)] == [1, 1, 0]


def _station(work: Work, home: int) -> Station:
    row, _ = stations.create(work, home, Keys(b"k" * 32), identity="CP1")
    return Station(row.id, row.identity, home, "1.6", "accepted", True)


def _start(work: Work, station: Station) -> int:
    return telling.start(work, station, at=datetime(2026, 11, 1, 10, tzinfo=UTC))


def _stop(work: Work, station: Station, number: int) -> None:
    telling.stop(work, station, number, at=datetime(2026, 11, 1, 11, tzinfo=UTC))


# TX-02


async def test_TX_02_the_same_start_after_its_stop_is_a_new_transaction_of_a_station_without_a_clock(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    never_set = "1970-01-01T00:00:10Z"
    numbers = []
    for meter_stop in (6000, 8000):
        started = await one.start(at=never_set)
        await one.stop(started["transactionId"], meter=meter_stop, at=never_set)
        numbers.append(started["transactionId"])
    assert numbers[0] != numbers[1]
    first, second = await stored.sessions()
    assert (first.energy_wh, second.energy_wh) == (Decimal(5000), Decimal(7000))
    assert "clock" in second.flags


async def test_TX_02_a_believable_start_repeated_after_its_stop_is_flagged_too(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    for meter_stop in (6000, 8000):
        started = await one.start()
        await one.stop(started["transactionId"], meter=meter_stop)
    assert [session.flags for session in await stored.sessions()] == [None, ["clock"]]


# TX-03


@pytest.mark.parametrize(
    "tag, answer, kept",
    [
        ("TAG1", "Accepted", "accepted"),
        ("STRANGER", "Invalid", "unknown"),
        ("LOST", "Blocked", "blocked"),
        ("OLD", "Expired", "expired"),
    ],
)
async def test_TX_03_whatever_the_token_the_transaction_exists_and_its_stop_is_matched(
    app: App, charger: Connect, stored: Any, tag: str, answer: str, kept: str
) -> None:
    def cards(work: Work) -> None:
        home = organizations.home(work)
        tokens.add(work, home, uid="LOST", status="blocked")
        tokens.add(work, home, uid="OLD", expires_at=datetime(2025, 1, 1, tzinfo=UTC))

    await app.database.write(cards)
    one = await charger("CP1")
    started = await one.start(tag=tag)
    assert started["idTagInfo"]["status"] == answer
    assert 1 <= started["transactionId"] <= 2**31 - 1
    await one.stop(started["transactionId"])
    session = await stored.session()
    assert (session.authorization, session.token, session.status, session.energy_wh) == (kept, tag, "completed", 5000)
    assert await stored.quarantine() == []


# TX-04


async def test_TX_04_our_transaction_ids_are_unique_positive_and_not_to_be_guessed(
    charger: Connect, stored: Any
) -> None:
    one, two = await charger("CP1"), await charger("CP2")
    numbers = []
    for connector in range(1, 9):
        for cp in (one, two):
            numbers.append((await cp.start(connector=connector))["transactionId"])
    assert len(set(numbers)) == 16
    assert all(1 <= number <= 2**31 - 1 for number in numbers)
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    assert len(steps) == 15  # no counter behind them
    assert {int(session.transaction_id) for session in await stored.sessions("CP1")} == set(numbers[::2])


async def test_TX_04_ATK_05_a_foreign_transaction_id_stops_and_fills_nothing(
    charger: Connect, stored: Any, heard: list[Any]
) -> None:
    one, two = await charger("CP1"), await charger("CP2")
    victim = (await one.start())["transactionId"]
    assert await two.stop(victim, meter=9999) == {}
    assert await two.meter("9000", transaction=victim) == {}
    [session] = await stored.sessions()
    assert (session.status, session.stopped_at, session.meter_stop_wh) == ("active", None, None)
    [entry] = await stored.quarantine()
    assert "another charger" in entry.reason
    assert entry.proposed_session_id is None
    assert len(await stored.alarms("foreign_transaction")) == 1
    [value] = await stored.meter_values()
    assert value.session_id is None
    # And the owner is as free as ever.
    await one.meter("2000", transaction=victim)
    await one.stop(victim)
    [session] = await stored.sessions()
    assert (session.status, session.energy_wh) == ("completed", 5000)
    assert [value.session_id for value in await stored.meter_values()] == [None, session.id]


# TX-05


async def test_TX_05_a_second_connector_has_a_transaction_of_its_own(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    left, right = await one.start(connector=1), await one.start(connector=2, meter=500)
    assert left["transactionId"] != right["transactionId"]
    await one.stop(left["transactionId"])
    first, second = await stored.sessions()
    assert (first.evse, first.status, first.energy_wh) == (1, "completed", 5000)
    assert (second.evse, second.status, second.flags) == (2, "active", None)


# TX-06


async def test_TX_06_a_stop_heard_ten_times_over_three_connections_is_one_stop(
    charger: Connect, stored: Any, heard: list[Any]
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    answers = []
    for turn in range(10):
        if turn % 4 == 3:
            one = await reconnect(charger, one)
        answers.append(await one.stop(number, idTag="TAG1"))
    assert answers == [{"idTagInfo": ACCEPTED}] * 10
    session = await stored.session()
    assert (session.status, session.energy_wh) == ("completed", 5000)
    assert len(told(heard, SessionEnded)) == 1
    assert told(heard, SessionCorrected) == []
    assert await stored.quarantine() == []


async def test_TX_06_a_second_stop_of_other_content_is_kept_beside_the_first(
    charger: Connect, stored: Any, heard: list[Any]
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.stop(number, meter=6000)
    before = await stored.session()
    for _ in range(2):
        assert await one.stop(number, meter=9000) == {}
    assert await stored.session() == before
    [conflict] = await stored.quarantine()
    assert (conflict.action, conflict.proposed_session_id) == ("StopTransaction", before.id)
    assert '"meterStop":9000' in conflict.content
    assert len(told(heard, SessionEnded)) == 1


# TX-07


@pytest.mark.every_case
@pytest.mark.parametrize("number", [0, -1, -2, -(2**31), 2**31, 2**63 - 1, 4711])
async def test_TX_07_a_stop_that_fits_nothing_is_answered_and_kept_for_a_person(
    charger: Connect, stored: Any, number: int
) -> None:
    one = await charger("CP1")
    open_one = (await one.start())["transactionId"]
    number = number if number != 4711 else (open_one % (2**31 - 2)) + 1  # an id of ours that we never gave
    for _ in range(2):
        assert await one.stop(number, idTag="TAG1") == {"idTagInfo": ACCEPTED}
    [entry] = await stored.quarantine()
    session = await stored.session()
    assert (entry.action, entry.proposed_session_id) == ("StopTransaction", session.id)
    assert session.status == "active"


async def test_TX_07_with_two_open_sessions_no_match_is_proposed(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    await one.start(connector=1)
    await one.start(connector=2)
    await one.stop(-1)
    [entry] = await stored.quarantine()
    assert entry.proposed_session_id is None
    assert {session.status for session in await stored.sessions()} == {"active"}


# TX-08


@pytest.mark.parametrize(
    "tag, expected",
    [
        (None, {}),
        ("TAG1", {"idTagInfo": ACCEPTED}),
        ("tag1", {"idTagInfo": ACCEPTED}),
        ("FAMILY", {"idTagInfo": {"status": "Accepted", "parentIdTag": "G1"}}),
        ("STRANGER", {"idTagInfo": {"status": "Invalid"}}),
    ],
)
async def test_TX_08_a_stop_is_accepted_whoever_stops(
    app: App, charger: Connect, stored: Any, tag: str | None, expected: Any
) -> None:
    await app.database.write(lambda work: tokens.add(work, organizations.home(work), uid="FAMILY", group="G1"))
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    assert await one.stop(number, **({} if tag is None else {"idTag": tag})) == expected
    session = await stored.session()
    assert (session.status, session.stop_token, session.energy_wh) == ("completed", tag, 5000)


async def test_TX_08_a_group_too_long_for_this_version_is_left_out(app: App, charger: Connect) -> None:
    await app.database.write(lambda work: tokens.add(work, organizations.home(work), uid="LONG", group="G" * 21))
    one = await charger("CP1")
    assert await one.call("Authorize", {"idTag": "LONG"}) == {"idTagInfo": ACCEPTED}


# TX-11


async def test_TX_11_a_transaction_told_after_weeks_has_its_own_times_and_its_token_was_good_then(
    app: App, charger: Connect, stored: Any
) -> None:
    expired = datetime.now(UTC) - timedelta(days=1)
    await app.database.write(lambda work: tokens.add(work, organizations.home(work), uid="OLD", expires_at=expired))
    one = await charger("CP1")
    started = await one.start(tag="OLD", at="2026-09-01T10:00:00Z")
    assert started["idTagInfo"]["status"] == "Expired"
    await one.meter("2000", transaction=started["transactionId"], at="2026-09-01T10:30:00Z")
    await one.stop(started["transactionId"], at="2026-09-01T11:00:00Z", idTag="OLD")
    session = await stored.session()
    assert session.started_at == datetime(2026, 9, 1, 10, tzinfo=UTC)
    assert session.stopped_at == datetime(2026, 9, 1, 11, tzinfo=UTC)
    assert (session.authorization, session.energy_wh, session.flags) == ("accepted", 5000, None)


@pytest.mark.every_case
async def test_TX_11_TC_039_an_offline_queue_is_flushed_at_once_and_in_order(charger: Connect, stored: Any) -> None:
    """The station does not wait for our answers here, but for the number each transaction needs."""
    one = await charger("CP1")
    for hour in range(3):
        number = (await one.start(at=f"2026-10-01T{hour:02}:00:00Z", meter=hour * 1000))["transactionId"]
        for minute in range(10, 60, 10):
            values = [
                {
                    "timestamp": f"2026-10-01T{hour:02}:{minute}:00Z",
                    "sampledValue": [{"value": str(hour * 1000 + minute * 10)}],
                }
            ]
            await one.send(
                [
                    2,
                    f"v{hour}{minute}",
                    "MeterValues",
                    {"connectorId": 1, "transactionId": number, "meterValue": values},
                ]
            )
        await one.send(
            [
                2,
                f"s{hour}",
                "StopTransaction",
                {"transactionId": number, "meterStop": hour * 1000 + 800, "timestamp": f"2026-10-01T{hour:02}:59:00Z"},
            ]
        )
        for _ in range(6):
            assert (await one.receive())[0] == 3
    assert [(row.energy_wh, row.flags, row.started_at.hour) for row in await stored.sessions()] == [
        (800, None, hour) for hour in range(3)
    ]
    assert len(await stored.meter_values()) == 15


# TX-13


async def test_TX_13_a_start_without_a_stop_before_it_supersedes(
    charger: Connect, stored: Any, heard: list[Any]
) -> None:
    one = await charger("CP1")
    lost = (await one.start())["transactionId"]
    await one.meter("4000", transaction=lost, at="2026-11-01T10:30:00Z")
    await one.start(meter=7000, at="2026-11-01T12:00:00Z")
    first, second = await stored.sessions()
    assert (first.status, first.stop_reason, first.energy_wh) == ("completed", "superseded", 3000)
    assert first.stopped_at == datetime(2026, 11, 1, 10, 30, tzinfo=UTC)  # when it was last heard of, not now
    assert set(first.flags) == {"superseded", "estimated"}
    assert first.review
    assert (second.status, second.flags) == ("active", None)
    # TC_032_1: the stop comes after all; it amends the one there is, and is no second one.
    await one.stop(lost, meter=6500, at="2026-11-01T11:00:00Z")
    first, second = await stored.sessions()
    assert (first.energy_wh, first.meter_stop_wh, first.review) == (5500, 6500, False)
    assert first.stopped_at == datetime(2026, 11, 1, 11, tzinfo=UTC)
    assert set(first.flags) == {"superseded", "corrected"}
    assert second.status == "active"
    await one.stop(lost, meter=6500, at="2026-11-01T11:00:00Z")
    assert [len(told(heard, kind)) for kind in (SessionStarted, SessionEnded, SessionCorrected)] == [2, 1, 1]
    assert await stored.quarantine() == []


async def test_TX_13_a_superseded_session_that_never_told_a_value_ended_as_it_began(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    await one.start()
    await one.start(at="2026-11-01T12:00:00Z")
    first, _ = await stored.sessions()
    assert first.stopped_at == first.started_at
    assert (first.energy_wh, first.review) == (None, True)


# TX-14


async def power_comes_back(one: Charger) -> None:
    await one.boot()


async def plug_is_out(one: Charger) -> None:
    await one.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})


async def nothing_happens(one: Charger) -> None:
    await one.call("Heartbeat")


@pytest.mark.parametrize("what, ends", [(power_comes_back, True), (plug_is_out, True), (nothing_happens, False)])
async def test_TX_14_a_session_nobody_ends_is_a_suspect_and_closed_after_a_day(
    app: App, charger: Connect, stored: Any, what: Any, ends: bool
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.meter("4000", transaction=number, at="2026-11-01T10:30:00Z")
    await what(one)
    session = await stored.session()
    assert (session.status, session.suspect_since is not None) == ("active", ends)
    now = app.database.clock()
    app.database.clock = lambda: now + timedelta(hours=23)
    assert await app.database.write(close_zombies) == 0
    app.database.clock = lambda: now + timedelta(hours=25)
    assert await app.database.write(close_zombies) == int(ends)
    session = await stored.session()
    if not ends:
        assert session.status == "active"
        return
    assert (session.status, session.energy_wh, session.stop_reason) == ("completed", 3000, "lost")
    assert session.stopped_at == datetime(2026, 11, 1, 10, 30, tzinfo=UTC)
    assert set(session.flags) == {"zombie", "estimated"}
    assert session.review
    # The stop after all: the bill is what the station's own meter says.
    await one.stop(number, meter=6500)
    session = await stored.session()
    assert (session.energy_wh, session.review, set(session.flags)) == (5500, False, {"zombie", "corrected"})


async def test_TX_14_a_late_stop_before_the_day_is_over_ends_it_as_any_other(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.boot()
    await one.stop(number, reason="PowerLoss")
    session = await stored.session()
    assert (session.status, session.energy_wh, session.flags) == ("completed", 5000, None)
    assert (session.stop_reason, session.suspect_since) == ("power_loss", None)


async def test_TX_14_a_suspect_that_goes_on_measuring_is_alive(app: App, charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.boot()
    await one.meter("4000", transaction=number)
    now = app.database.clock()
    app.database.clock = lambda: now + timedelta(hours=25)
    assert await app.database.write(close_zombies) == 0
    session = await stored.session()
    assert (session.status, session.suspect_since) == ("active", None)


# TX-15


async def test_TX_15_first_statuses_of_many_connectors_at_once(app: App, charger: Connect, stored: Any) -> None:
    cps = [await charger(f"CP{number}") for number in range(1, 6)]
    for connector in range(20):
        for cp in cps:
            await cp.send(
                [
                    2,
                    f"c{connector}",
                    "StatusNotification",
                    {"connectorId": connector, "errorCode": "NoError", "status": "Available"},
                ]
            )
    for cp in cps:
        answered = [(await cp.receive())[:2] for _ in range(20)]
        assert answered == [[3, f"c{connector}"] for connector in range(20)]
    rows = await stored.rows(connectors.connectors)
    assert len({(row.station_id, row.evse) for row in rows}) == len(rows) == 100
    assert len(await stored.rows(connectors.evses)) == 95  # connector 0 is the charger itself and never an EVSE


async def test_TX_15_a_hundred_first_statuses_of_one_station_on_two_nodes(database: Database) -> None:
    station = await database.write(_station, await database.write(organizations.home))
    other = Database(database.url.render_as_string(hide_password=False), stall_s=PATIENCE_S)
    other.start()

    def report(work: Work, evse: int, status: str) -> None:
        connectors.report_status(
            work, station, evse=evse, connector=1, state=words.state(status), status=status, at=work.now
        )

    try:
        up = [database.write(report, evse, "Available") for evse in range(1, 51)]
        down = [other.write(report, evse, "Charging") for evse in range(50, 0, -1)]
        assert await asyncio.gather(*up, *down) == [None] * 100
        assert database.available
        assert other.available
    finally:
        await other.stop()
    rows = await database.read(lambda work: work.execute(select(connectors.connectors)).all())
    assert sorted(row.evse for row in rows) == list(range(1, 51))


# TX-16


async def test_TX_16_the_answer_to_a_repeated_start_does_not_depend_on_the_first(charger: Connect, stored: Any) -> None:
    """The station may not be told that its token is busy, with the very session it has not heard of yet."""
    one = await charger("CP1")
    await one.send(
        [
            2,
            "lost",
            "StartTransaction",
            {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"},
        ]
    )
    async with asyncio.timeout(PATIENCE_S):
        while not await stored.sessions():
            await asyncio.sleep(0.005)
    one = await reconnect(charger, one)
    answer = await one.start()
    assert answer == {"transactionId": int((await stored.session()).transaction_id), "idTagInfo": ACCEPTED}


async def test_a_message_without_its_required_parts_is_an_error_and_leaves_its_copy(
    charger: Connect, stored: Any
) -> None:
    """The other side of TX-03: what cannot be understood at all is refused, but not before it is kept."""
    one = await charger("CP1")
    with pytest.raises(CallError) as refused:
        await one.call("StartTransaction", "not an object")
    assert refused.value.code == "FormationViolation"
    [entry] = await stored.quarantine()
    assert entry.action == "StartTransaction"
    assert "not an object" in entry.content
    assert await stored.sessions() == []
