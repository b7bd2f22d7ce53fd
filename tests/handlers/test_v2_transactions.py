"""Transactions of 2.0.1 and 2.1 by their frames (E01 … E15, rules TX-20 … TX-26)."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stationmaster.app import App
from stationmaster.domain import organizations, tariffs, tokens
from stationmaster.domain.commands import CheckSession
from stationmaster.domain.costs import Cost
from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import Station as StationRecord
from stationmaster.domain.tokens import Authorization
from stationmaster.gateway.doubts import ask_about
from stationmaster.handlers.v2 import words
from stationmaster.storage import Work
from tests.handlers.conftest import Stored, card, value

TEN, END = "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"
EVSE = {"id": 2, "connectorId": 1}


def messages() -> list[tuple[str, int, dict[str, Any]]]:
    """A whole transaction, as a charger would tell it: plugged in, authorized, charging, unplugged."""
    return [
        (
            "Started",
            0,
            {
                "trigger": "CablePluggedIn",
                "info": {"chargingState": "EVConnected"},
                "evse": EVSE,
                "meterValue": value(1000, context="Transaction.Begin"),
            },
        ),
        ("Updated", 1, {"trigger": "Authorized", "at": "2026-11-01T10:01:00Z", "idToken": card()}),
        (
            "Updated",
            2,
            {
                "trigger": "MeterValuePeriodic",
                "at": "2026-11-01T10:30:00Z",
                "info": {"chargingState": "Charging"},
                "meterValue": value(4000, at="2026-11-01T10:30:00Z", context="Sample.Periodic"),
            },
        ),
        (
            "Ended",
            3,
            {
                "trigger": "EVDeparted",
                "at": END,
                "info": {"stoppedReason": "EVDisconnected"},
                "meterValue": value(8500, at=END, context="Transaction.End"),
            },
        ),
    ]


async def tell(one: Any, *told: tuple[str, int, dict[str, Any]]) -> list[Any]:
    return [await one.event(kind, seq, **more) for kind, seq, more in told]


async def test_E01_E06_TX_25_a_transaction_from_plug_to_unplug(station: Any, stored: Stored) -> None:
    one = await station()
    started, authorized, updated, ended = await tell(one, *messages())
    assert started == updated == ended == {}
    assert authorized == {"idTokenInfo": {"status": "Accepted"}}
    row = await stored.session()
    assert (row.transaction_id, row.status, row.evse, row.connector, row.token) == ("tx-1", "completed", 2, 1, "TAG1")
    assert (row.started_at, row.stopped_at) == (
        datetime(2026, 11, 1, 10, tzinfo=UTC),
        datetime(2026, 11, 1, 11, tzinfo=UTC),
    )
    assert (row.meter_start_wh, row.meter_stop_wh, row.energy_wh) == (1000, 8500, 7500)
    assert (row.stop_reason, row.stop_reason_told, row.authorization) == (
        "car_disconnected",
        "EVDisconnected",
        "accepted",
    )
    assert (row.flags, row.review) == (None, False)
    values = await stored.meter_values()
    assert [(each.energy_wh, each.evse, each.session_id) for each in values] == [
        (1000, 2, row.id),
        (4000, 2, row.id),
        (8500, 2, row.id),
    ]
    assert await stored.quarantine() == []


@pytest.mark.every_case
@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[1::5], ids=str)
async def test_TX_21_TX_23_P_05_any_order_and_each_twice_is_the_same_session(
    station: Any, stored: Stored, order: tuple[int, ...]
) -> None:
    one = await station()
    for number in order:
        await tell(one, messages()[number], messages()[number])
    row = await stored.session()
    assert (row.status, row.energy_wh, row.evse, row.token) == ("completed", 7500, 2, "TAG1")
    assert (row.flags, row.review, row.stop_reason) == (None, False, "car_disconnected")
    assert len(await stored.meter_values()) == 3
    assert await stored.quarantine() == []


async def test_TX_20_one_id_at_two_chargers_is_two_sessions(station: Any, stored: Stored) -> None:
    for identity in ("CP1", "CP2"):
        await tell(await station(identity), *messages())
    assert [row.energy_wh for row in await stored.sessions()] == [7500, 7500]


@pytest.mark.every_case
@pytest.mark.parametrize("kind", ["Started", "Updated", "Ended"])
@pytest.mark.parametrize("offline", [True, False])
async def test_TX_25_a_token_is_answered_whenever_it_is_told(
    station: Any, stored: Stored, kind: str, offline: bool
) -> None:
    one = await station()
    for uid, status in (("TAG1", "Accepted"), ("STRANGER", "Unknown")):
        answer = await one.event(kind, 0, transaction=uid, offline=offline, idToken=card(uid))
        assert answer == {"idTokenInfo": {"status": status}}
    assert {row.token for row in await stored.sessions()} == {"TAG1", "STRANGER"}


async def test_C02_no_authorization_asks_nobody(station: Any, stored: Stored) -> None:
    one = await station()
    answer = await one.event("Started", 0, idToken=card("", "NoAuthorization"), evse={"id": 1})
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    row = await stored.session()
    assert (row.token, row.authorization, row.flags) == (None, None, None)


async def test_P_04_the_evse_is_told_once_and_the_connector_never(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, evse={"id": 2})
    await one.event("Updated", 1, meterValue=value(10))
    await one.event("Ended", 2, at=END)
    row = await stored.session()
    assert (row.evse, row.connector) == (2, None)
    assert [each.evse for each in await stored.meter_values()] == [2]


async def test_TX_26_the_place_and_the_card_are_told_with_the_end(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0)
    await one.event("Ended", 1, at=END, evse=EVSE, idToken=card())
    row = await stored.session()
    assert (row.status, row.evse, row.connector, row.token) == ("completed", 2, 1, "TAG1")


async def test_P_06_a_card_of_the_same_group_stops_and_the_group_is_named(
    app: Any, station: Any, stored: Stored
) -> None:
    home = await app.database.write(organizations.home)
    for uid in ("A", "B"):
        await app.database.write(tokens.add, home, uid=uid, group="G")
    one = await station()
    group = {"status": "Accepted", "groupIdToken": {"idToken": "G", "type": "Central"}}
    assert await one.call("Authorize", {"idToken": card("A")}) == {"idTokenInfo": group}
    assert await one.event("Started", 0, idToken=card("A"), evse=EVSE) == {"idTokenInfo": group}
    answer = await one.event("Ended", 1, at=END, idToken=card("B"), info={"stoppedReason": "Local"})
    assert answer == {"idTokenInfo": group}
    row = await stored.session()
    assert (row.status, row.token, row.stop_token, row.stop_reason) == ("completed", "A", "B", "local")


async def test_E06_without_a_reason_it_is_local(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0)
    await one.event("Ended", 1, at=END)
    assert (await stored.session()).stop_reason == "local"


@pytest.mark.every_case
@pytest.mark.parametrize(
    "unit, told, wh",
    [
        (None, (1000, 8500), 7500),
        ({"unit": "kWh"}, (1.0, 8.5), 7500),
        ({"unit": "Wh", "multiplier": 3}, (1, 8.5), 7500),
        ({"unit": "kWh", "multiplier": -3}, (1000, 8500), 7500),
        ({"multiplier": 2}, (10, 85), 7500),
        ({"unit": "MWh"}, (0.001, 0.0085), 7500),
    ],
)
async def test_a_unit_and_its_multiplier(
    station: Any, stored: Stored, unit: dict[str, Any] | None, told: tuple[float, float], wh: int
) -> None:
    one = await station()
    more = {} if unit is None else {"unitOfMeasure": unit}
    await one.event("Started", 0, meterValue=value(told[0], context="Transaction.Begin", **more))
    await one.event("Ended", 1, at=END, meterValue=value(told[1], at=END, context="Transaction.End", **more))
    row = await stored.session()
    assert (row.meter_start_wh, row.energy_wh, row.review) == (Decimal(1000), wh, False)


async def test_a_register_in_a_unit_that_nobody_knows_bills_nothing(station: Any, stored: Stored) -> None:
    one, odd = await station(), {"unitOfMeasure": {"unit": "parsec"}}
    await one.event("Started", 0, meterValue=value(1000, context="Transaction.Begin", **odd))
    await one.event("Ended", 1, at=END, meterValue=value(8500, at=END, context="Transaction.End", **odd))
    row = await stored.session()
    assert (row.energy_wh, row.review) == (None, True)
    assert row.flags == ["unknown_unit", "estimated"]
    assert len(await stored.meter_values()) == 2


async def test_E06_all_readings_with_the_end_alone(station: Any, stored: Stored) -> None:
    """TxEndedMeasurands with an interval: what was measured on the way comes with the end, the begin's register included."""
    one = await station()
    await one.event("Started", 0, evse=EVSE)
    told = [
        *value(1000, at=TEN, context="Transaction.Begin"),
        *value(5000, at="2026-11-01T10:30:00Z", context="Sample.Periodic"),
        *value(8500, at=END, context="Transaction.End"),
    ]
    await one.event("Ended", 1, at=END, meterValue=told)
    row = await stored.session()
    assert (row.energy_wh, row.meter_start_wh, row.meter_stop_wh) == (7500, 1000, 8500)
    assert len(await stored.meter_values()) == 3


async def test_E03_the_first_register_comes_when_the_cable_is_in(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, idToken=card())
    begin, at = value(1000, at="2026-11-01T10:05:00Z", context="Transaction.Begin"), "2026-11-01T10:05:00Z"
    await one.event("Updated", 1, at=at, evse=EVSE, meterValue=begin)
    await one.event("Ended", 2, at=END, meterValue=value(8500, at=END, context="Transaction.End"))
    row = await stored.session()
    assert (row.energy_wh, row.meter_start_wh, row.meter_stop_wh) == (7500, 1000, 8500)


async def test_a_reading_on_the_way_is_not_the_end(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, meterValue=value(1000, context="Transaction.Begin"))
    late = value(5000, at="2026-11-01T10:30:00Z", context="Sample.Periodic")
    await one.event("Ended", 1, at=END, meterValue=late)
    row = await stored.session()
    assert (row.energy_wh, "estimated" in row.flags) == (4000, True)


async def test_TX_22_the_end_is_final(station: Any, stored: Stored) -> None:
    one = await station()
    await tell(one, *messages())
    await one.event("Updated", 4, at="2026-11-01T11:05:00Z", info={"chargingState": "Charging"})
    row = await stored.session()
    assert (row.status, row.energy_wh) == ("completed", 7500)


async def test_TX_06_another_end_waits_for_a_person(station: Any, stored: Stored) -> None:
    one = await station()
    await tell(one, *messages())
    await one.event("Ended", 4, at="2026-11-01T11:05:00Z", meterValue=value(9999, context="Transaction.End"))
    assert (await stored.session()).energy_wh == 7500
    [kept] = await stored.quarantine()
    assert (kept.action, "second stop" in kept.reason) == ("TransactionEvent", True)


@pytest.mark.every_case
@pytest.mark.parametrize(
    "broken",
    [
        {"seqNo": None},
        {"seqNo": "x"},
        {"triggerReason": "Whatever"},
        {"timestamp": "yesterday"},
        {"evse": {"id": "two"}},
        {"meterValue": [{"timestamp": TEN, "sampledValue": [{"value": "much"}]}]},
        {"unheardOf": 1},
    ],
    ids=lambda broken: next(iter(broken)),
)
async def test_a_defective_event_is_never_refused(station: Any, stored: Stored, broken: dict[str, Any]) -> None:
    one = await station()
    await one.event("Started", 0, **({"idToken": card()} | broken))
    assert (await stored.session()).token == "TAG1"


@pytest.mark.parametrize("kind", ["Started", "Updated", "Ended"])
async def test_an_event_without_its_transaction_waits_for_a_person(station: Any, stored: Stored, kind: str) -> None:
    one = await station()
    told = {"eventType": kind, "timestamp": TEN, "triggerReason": "Trigger", "seqNo": 0, "idToken": card()}
    assert await one.call("TransactionEvent", told) == {"idTokenInfo": {"status": "Accepted"}}
    assert await stored.sessions() == []
    [kept] = await stored.quarantine()
    assert kept.action == "TransactionEvent" and "TAG1" in kept.content


async def test_an_event_that_does_not_say_what_it_is(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0)
    await one.event("Finished", 1, at=END, info={"stoppedReason": "Local"})
    assert (await stored.session()).status == "completed"


async def test_P_05_after_a_boot_the_same_id_may_begin_again(app: Any, station: Any, stored: Stored) -> None:
    one = await station()
    await tell(one, *messages())
    await asyncio.sleep(0)
    await one.boot()
    await one.event("Started", 0, at="2026-11-01T12:00:00Z", meterValue=value(8500, context="Transaction.Begin"))
    await one.event("Ended", 1, at="2026-11-01T12:30:00Z", meterValue=value(9000, context="Transaction.End"))
    first, second = await stored.sessions()
    assert (first.energy_wh, second.energy_wh, second.occurrence) == (7500, 500, 1)


async def test_TX_14_a_boot_makes_it_a_suspect_and_the_next_event_clears_it(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, evse=EVSE)
    await one.boot(reason="Triggered")
    assert (await stored.session()).suspect_since is None  # we have asked, nothing has happened
    await one.boot()
    assert (await stored.session()).suspect_since is not None
    await one.event("Updated", 1, at=datetime.now(UTC).isoformat(), info={"chargingState": "Charging"})
    row = await stored.session()
    assert (row.suspect_since, row.charging_state) == (None, "charging")


async def test_TX_14_the_other_connector_of_its_evse_may_be_free(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, evse=EVSE)
    await one.status("Available", evse=2, connector=2)
    assert (await stored.session()).suspect_since is None
    await one.status("Available", evse=2, connector=1)
    assert (await stored.session()).suspect_since is not None


async def test_J01_values_outside_of_a_transaction(station: Any, stored: Stored) -> None:
    one = await station()
    told = {"evseId": 0, "meterValue": value(7, unitOfMeasure={"unit": "kWh"}, context="Sample.Clock")}
    assert await one.call("MeterValues", told) == {}
    [kept] = await stored.meter_values()
    assert (kept.evse, kept.energy_wh, kept.session_id, kept.transaction_id) == (0, 7000, None, None)


async def test_TX_24_what_is_missing_is_shown_for_as_long_as_it_is(station: Any, stored: Stored) -> None:
    one = await station()
    told = messages()
    await tell(one, told[0], told[3])
    row = await stored.session()
    assert (row.status, row.gaps, row.flags, row.energy_wh) == ("completed", [[1, 2]], ["gaps"], 7500)
    await tell(one, told[2])
    assert (await stored.session()).gaps == [[1, 1]]
    await tell(one, told[1])
    row = await stored.session()
    assert (row.gaps, row.flags, row.token, row.energy_wh) == (None, None, "TAG1", 7500)


@pytest.mark.parametrize("with_register", [False, True])
async def test_TX_24_readings_that_come_after_an_end_without_a_register(
    station: Any, stored: Stored, with_register: bool
) -> None:
    one = await station()
    await one.event("Started", 0, evse=EVSE, meterValue=value(1000, context="Transaction.Begin"))
    told = {"meterValue": value(8500, at=END, context="Transaction.End")} if with_register else {}
    await one.event("Ended", 3, at=END, **told)
    for seq, register, minute in ((2, 8000, 55), (1, 4000, 30)):
        at = f"2026-11-01T10:{minute}:00Z"
        await one.event("Updated", seq, at=at, offline=True, meterValue=value(register, at=at))
    row = await stored.session()
    assert (row.status, row.gaps, row.energy_wh) == ("completed", None, 7500 if with_register else 7000)
    assert row.flags == (None if with_register else ["estimated"])


@pytest.mark.parametrize(
    "ongoing, queued, status, says",
    [
        (False, True, "active", "has yet to tell how"),
        (True, False, "active", "goes on"),
        (True, True, "active", "goes on"),
        (False, False, "completed", "as an estimate"),
        (None, False, "active", "has ended"),
    ],
)
async def test_P_01_E14_only_what_neither_goes_on_nor_is_queued_has_ended(
    app: Any, station: Any, stored: Stored, ongoing: bool | None, queued: bool, status: str, says: str
) -> None:
    one = await station()
    await tell(one, *messages()[:3])
    asked = asyncio.create_task(
        app.switchboard.send(app.directory.find("CP1").station.id, CheckSession(session="tx-1"), by="test")
    )
    sent = await one.raw.receive()
    assert sent[2:] == ["GetTransactionStatus", {"transactionId": "tx-1"}]
    answer = {"messagesInQueue": queued} | ({} if ongoing is None else {"ongoingIndicator": ongoing})
    await one.raw.send([3, sent[1], answer])
    command = await asked
    assert says in command.sentence and command.data == {"ongoing": ongoing, "queued": queued}
    assert (await stored.session()).status == status
    await tell(one, messages()[3])  # the true end, which was queued
    row = await stored.session()
    assert (row.status, row.energy_wh, row.stopped_at) == ("completed", 7500, datetime(2026, 11, 1, 11, tzinfo=UTC))


async def check(app: Any, one: Any, session: str | None, answer: dict[str, bool]) -> tuple[Any, Any]:
    """What the charger was asked, and what came of it."""
    command = CheckSession(session=session)
    asked = asyncio.create_task(app.switchboard.send(app.directory.find("CP1").station.id, command, by="test"))
    sent = await one.raw.receive()
    await one.raw.send([3, sent[1], answer])
    return sent[3], await asked


async def test_E14_a_session_that_has_ended_is_asked_about_too(app: Any, station: Any, stored: Stored) -> None:
    one = await station()
    await tell(one, *messages())
    row = await stored.session()
    for named in (row.public_id, "tx-1"):
        asked, command = await check(app, one, named, {"ongoingIndicator": False, "messagesInQueue": True})
        assert asked == {"transactionId": "tx-1"}
        assert command.data == {"ongoing": False, "queued": True}
    assert await stored.session() == row


@pytest.mark.parametrize("queued, says", [(True, "has yet to tell"), (False, "has told all")])
async def test_E14_without_a_session_it_is_asked_whether_anything_is_queued(
    app: Any, station: Any, stored: Stored, queued: bool, says: str
) -> None:
    one = await station()
    await tell(one, *messages()[:3])
    asked, command = await check(app, one, None, {"messagesInQueue": queued})
    assert (asked, command.data) == ({}, {"queued": queued})
    assert says in command.sentence
    assert (await stored.session()).status == "active"


async def test_E14_a_session_of_another_charger_is_none_of_this_one(app: Any, station: Any, stored: Stored) -> None:
    other = await station("CP2")
    await tell(other, *messages()[:1])
    await station()
    for named in ((await stored.session()).public_id, "tx-1"):
        with pytest.raises(NotFound):
            await app.switchboard.send(app.directory.find("CP1").station.id, CheckSession(session=named), by="test")


async def test_P_01_a_charger_that_is_back_is_asked_once(app: Any, station: Any, stored: Stored) -> None:
    one = await station()
    await tell(one, *messages()[:3])
    again = await station(boot=False)
    asking = asyncio.create_task(ask_about(app.database, app.switchboard, settled_after=timedelta(0)))
    sent = await again.raw.receive()
    assert sent[2] == "GetTransactionStatus"
    await again.raw.send([3, sent[1], {"ongoingIndicator": True, "messagesInQueue": False}])
    await asking
    await ask_about(app.database, app.switchboard, settled_after=timedelta(0))  # once is enough
    assert await again.raw.exchange([2, "h", "Heartbeat", {}]) is not None
    assert (await stored.session()).status == "active"


# What it costs.


async def kwh(one: Any, name: str, *, stops_with_card: bool) -> Any:
    """A session of 12.4 kWh; the answer to its end."""
    told = {"transaction": name, "evse": EVSE}
    await one.event("Started", 0, idToken=card(), meterValue=value(1000, context="Transaction.Begin"), **told)
    more = {"idToken": card()} if stops_with_card else {}
    reading = value(13_400, at=END, context="Transaction.End")
    return await one.event("Ended", 1, at=END, info={"stoppedReason": "Local"}, meterValue=reading, **told, **more)


async def sells(app: App, *, price: str = "0.50") -> None:
    """A tariff that holds everywhere."""

    def add(work: Work) -> None:
        home = organizations.home(work)
        facts = {"currency": "EUR", "price_per_kwh": Decimal(price)}
        tariffs.create(work, home, public_id="day", name="Day", standard=True, **facts)

    await app.database.write(add)


@pytest.mark.parametrize(
    "priced, told",
    [
        (False, {}),  # no price, so no totalCost: 0 would say that it was free
        (True, {"totalCost": 6.2, "updatedPersonalMessage": {"format": "UTF8", "content": "12.4 kWh, 6.20 EUR"}}),
    ],
)
async def test_P_02_two_equal_sessions_are_equal_whoever_ends_them(
    app: App, station: Any, stored: Stored, *, priced: bool, told: dict[str, Any]
) -> None:
    if priced:
        await sells(app)
    one = await station()
    with_card = await kwh(one, "tx-1", stops_with_card=True)
    without = await kwh(one, "tx-2", stops_with_card=False)
    assert with_card.pop("idTokenInfo") == {"status": "Accepted"}
    assert with_card == without == told
    assert [(row.energy_wh, row.status, row.flags) for row in await stored.sessions()] == [
        (12_400, "completed", None),
        (12_400, "completed", None),
    ]


@pytest.mark.parametrize("authorization", [Authorization("accepted"), None])
@pytest.mark.parametrize(
    "speaks, kind, told",
    [
        ("2.0.1", "ended", 6.2),
        ("2.0.1", "updated", None),  # there CostUpdated tells it
        ("2.0.1", "started", None),
        ("2.1", "ended", 6.2),
        ("2.1", "updated", 6.2),
    ],
)
def test_P_02_the_cost_is_told_whether_a_card_was_sent_or_not(
    authorization: Authorization | None, speaks: str, kind: str, told: float | None
) -> None:
    charger = StationRecord(1, "CP1", 1, speaks, "accepted", True)
    cost = Cost(Decimal("6.20"), "6.20 EUR")
    answer = msgspec.to_builtins(words.event_response(charger, kind, authorization, cost))
    assert answer.get("totalCost") == told
    assert answer["updatedPersonalMessage"] == {"format": "UTF8", "content": "6.20 EUR"}
    assert ("idTokenInfo" in answer) == (authorization is not None)


def test_P_09_what_is_free_is_told_as_zero() -> None:
    charger = StationRecord(1, "CP1", 1, "2.0.1", "accepted", True)
    assert msgspec.to_builtins(words.event_response(charger, "ended", None, Cost(Decimal(0)))) == {"totalCost": 0.0}


async def test_P_09_a_session_that_was_given_up_is_one_of_no_energy(app: App, station: Any, stored: Stored) -> None:
    await sells(app)
    one = await station()
    await one.event("Started", 0, evse=EVSE, idToken=card(), meterValue=value(1000, context="Transaction.Begin"))
    at = "2026-11-01T10:00:20Z"
    reading = value(1000, at=at, context="Transaction.End")
    assert await one.event("Ended", 1, at=at, info={"stoppedReason": "Remote"}, meterValue=reading) == {
        "totalCost": 0.0,
        "updatedPersonalMessage": {"format": "UTF8", "content": "0.0 kWh, 0.00 EUR"},
    }
    row = await stored.session()
    assert (row.status, row.energy_wh, row.flags, row.review) == ("completed", 0, None, False)


async def test_TX_27_the_same_question_gives_the_same_answer(app: App, station: Any, stored: Stored) -> None:
    await sells(app)
    one = await station()
    first = await tell(one, *messages())
    await app.database.write(lambda work: tariffs.change(work, organizations.home(work), "day", {"status": "inactive"}))
    assert first[-1]["totalCost"] == 3.75
    again = await tell(one, *messages())
    late = await tell(await station(boot=False), *messages())  # over a new connection, under new message ids
    assert first == again == late
    assert (await stored.session()).energy_wh == 7500
