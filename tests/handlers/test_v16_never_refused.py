"""What begins or ends a transaction is never refused, never doubled and never fails for ever: frames in, rows out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import organizations, sessions, tokens
from stationmaster.domain.sessions import beginning, session_changes
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.charger import CallError, Charger

Connect = Callable[..., Any]
START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"}
STOP = {"meterStop": 6000, "timestamp": "2026-11-01T11:00:00Z"}


async def reconnect(charger: Connect, one: Charger) -> Charger:
    one.socket.transport.abort()
    return await charger(one.identity, boot=False)


def without(payload: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != name}


# L2: both halves


@pytest.mark.parametrize(
    "start, kept, energy",
    [
        (START | {"meterStart": 26008.333}, "26008.333", "1000.667"),
        (START | {"meterStart": "26008"}, "26008.000", "1001.000"),
        (START | {"meterStart": "26008,5"}, "26008.500", "1000.500"),
        (START | {"meterStart": 26008.0}, "26008.000", "1001.000"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_L2_a_register_at_the_start_in_any_form(
    charger: Connect, stored: Any, start: dict[str, Any], kept: str, energy: str
) -> None:
    one = await charger("CP1")
    number = (await one.call("StartTransaction", start))["transactionId"]
    assert await stored.quarantine() == []
    await one.stop(number, meter=27009)
    session = await stored.session()
    assert (f"{session.meter_start_wh:.3f}", f"{session.energy_wh:.3f}") == (kept, energy)


@pytest.mark.parametrize("meter", ["some", None, True, [], -5, 10**30, "1e400"], ids=str)
async def test_L2_a_start_without_a_usable_register_is_a_session_that_a_person_looks_at(
    charger: Connect, stored: Any, meter: Any
) -> None:
    one = await charger("CP1")
    number = (await one.call("StartTransaction", START | {"meterStart": meter}))["transactionId"]
    await one.stop(number)
    session = await stored.session()
    assert (session.status, session.review) == ("completed", True)


@pytest.mark.every_case
@pytest.mark.parametrize("length", [21, 22, 255, 3000])
async def test_L2_a_card_longer_than_the_field_may_charge(app: App, charger: Connect, stored: Any, length: int) -> None:
    card = ("0123456789ABCDEF" * 200)[:length]
    kept = card[:255]
    await app.database.write(lambda work: tokens.add(work, organizations.home(work), uid=kept))
    one = await charger("CP1")
    assert (await one.call("Authorize", {"idTag": card}))["idTagInfo"]["status"] == "Accepted"
    started = await one.call("StartTransaction", START | {"idTag": card})
    assert started["idTagInfo"]["status"] == "Accepted"
    await one.stop(started["transactionId"], idTag=card)
    session = await stored.session()
    assert (session.token, session.stop_token, session.energy_wh, session.flags) == (kept, kept, 5000, None)


@pytest.mark.parametrize("start", [without(START, "idTag"), START | {"idTag": None}, START | {"idTag": ""}], ids=str)
async def test_L2_a_start_without_a_card_is_a_session(charger: Connect, stored: Any, start: dict[str, Any]) -> None:
    one = await charger("CP1")
    started = await one.call("StartTransaction", start)
    assert started["idTagInfo"]["status"] == "Invalid"
    await one.stop(started["transactionId"])
    session = await stored.session()
    assert (session.token, session.authorization, session.energy_wh) == (None, "unknown", 5000)
    assert (session.review, "refused_card" in session.flags) == (True, True)


@pytest.mark.parametrize("missing", ["connectorId", "timestamp", "meterStart"])
async def test_L2_a_start_without_one_of_its_parts_is_a_session(charger: Connect, stored: Any, missing: str) -> None:
    one = await charger("CP1")
    first = await one.call("StartTransaction", without(START, missing))
    again = await one.call("StartTransaction", without(START, missing))
    assert first["transactionId"] == again["transactionId"]
    await one.stop(first["transactionId"])
    assert (await stored.session()).status == "completed"
    assert await stored.quarantine() == []


# E9, TX-02: idempotency does not end with the session


async def test_E9_the_same_start_and_stop_once_more_on_a_new_connection_are_one_session(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.meter("3000", transaction=number)
    await one.stop(number)
    before = await stored.session()
    one = await reconnect(charger, one)
    again = (await one.start())["transactionId"]
    await one.meter("3000", transaction=again)
    await one.stop(again)
    after = await stored.session()
    assert again == number
    assert (after.energy_wh, after.flags, after.status) == (before.energy_wh, before.flags, "completed")
    assert len(await stored.meter_values()) == 1
    assert await stored.quarantine() == []


async def test_E9_only_the_start_once_more_changes_nothing(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.stop(number)
    one = await reconnect(charger, one)
    assert (await one.start())["transactionId"] == number
    following = (await one.start(at="2026-11-01T12:00:00Z"))["transactionId"]
    assert [row.status for row in await stored.sessions()] == ["completed", "active"]
    assert following != number


@pytest.mark.parametrize("number_of_the_stop", ["first", "second"])
async def test_E9_without_a_clock_the_same_start_and_stop_once_more_count_once(
    charger: Connect, stored: Any, number_of_the_stop: str
) -> None:
    one = await charger("CP1")
    never_set = "1970-01-01T00:00:10Z"
    first = (await one.start(at=never_set))["transactionId"]
    await one.stop(first, at=never_set)
    one = await reconnect(charger, one)
    second = (await one.start(at=never_set))["transactionId"]
    await one.stop(first if number_of_the_stop == "first" else second, at=never_set)
    kept, repeat = await stored.sessions()
    assert (kept.status, kept.energy_wh) == ("completed", 5000)
    assert (repeat.status, repeat.energy_wh, repeat.review) == ("cancelled", 0, False)
    assert "repeated" in repeat.flags


async def test_E9_sessions_that_begin_alike_and_end_otherwise_are_two_with_their_own_values(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    for meter, stop in (("3000", 6000), ("4000", 8000)):
        number = (await one.start())["transactionId"]
        await one.meter(meter, transaction=number)
        await one.stop(number, meter=stop)
    first, second = await stored.sessions()
    assert (first.energy_wh, second.energy_wh) == (5000, 7000)
    assert (first.again_at, second.flags) == (None, ["clock"])
    assert [value.session_id for value in await stored.meter_values()] == [first.id, second.id]
    await one.stop(int(first.transaction_id), meter=6000)  # both stops are known by now
    await one.stop(int(first.transaction_id), meter=8000)
    assert len(await stored.sessions()) == 2
    assert await stored.quarantine() == []


async def test_A16_a_start_repeated_for_ever_asks_for_the_same_few_rows(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    never_set = "1970-01-01T00:00:10Z"
    for stop in range(6000, 6030):
        await one.stop((await one.start(at=never_set))["transactionId"], meter=stop, at=never_set)
    [newest] = [row for row in await stored.sessions() if row.occurrence == 29]
    database = stored._app.database
    rows = await database.read(
        lambda work: work.run(beginning.related, station_id=newest.station_id, evse=1, start_key=newest.start_key)
    )
    assert [row.occurrence for row in rows] == [29]


# E10, X-04: a refused card is no free card


async def charge(one: Charger, tag: str, wh: int, hour: int) -> None:
    at = f"2026-11-01T{hour:02}"
    started = await one.start(tag=tag, at=f"{at}:00:00Z")
    await one.stop(started["transactionId"], meter=1000 + wh, at=f"{at}:30:00Z")


@pytest.mark.parametrize("wh, held", [(10_000, True), (100, True), (99, False), (0, False)])
async def test_X_04_E10_a_refused_card_that_charges_is_held(charger: Connect, stored: Any, wh: int, held: bool) -> None:
    one = await charger("CP1")
    await charge(one, "STRANGER", wh, 10)
    session = await stored.session()
    assert (session.authorization, session.review) == ("unknown", held)
    assert ("refused_card" in session.flags, "free_charging" in session.flags) == (True, held)


async def test_X_04_three_of_them_on_one_charger_in_a_day_are_an_alarm(app: App, charger: Connect, stored: Any) -> None:
    def cards(work: Work) -> None:
        home = organizations.home(work)
        tokens.add(work, home, uid="LOST", status="blocked")
        tokens.add(work, home, uid="OLD", expires_at=datetime(2025, 1, 1, tzinfo=UTC))

    await app.database.write(cards)
    app.database.clock = lambda: datetime(2026, 11, 1, 18, tzinfo=UTC)
    one, other = await charger("CP1"), await charger("CP2")
    for hour, tag in enumerate(("STRANGER", "LOST", "TAG1")):
        await charge(one, tag, 10_000, hour)
    await charge(one, "STRANGER", 20, 4)  # next to nothing
    await charge(other, "OLD", 10_000, 5)
    assert await stored.alarms("free_charging") == []
    await charge(one, "OLD", 10_000, 6)
    await charge(one, "OLD", 10_000, 7)
    [alarm] = await stored.alarms("free_charging")
    assert (alarm.count, alarm.detail[:10]) == (2, "4 sessions")


# A3: no value makes a message fail for ever

ABSURD: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 10**30, -(10**30), 1e300, 0.5, "", "x", "x" * 5000, "\U0001f50c", "-0", "NaN",
    [], [1], {}, {"a": 1},
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z",
]  # fmt: skip
VALUE = {"timestamp": "2026-11-01T10:30:00Z", "sampledValue": [{"value": "3000", "context": "Sample.Periodic"}]}
MESSAGES: dict[str, dict[str, Any]] = {
    "StartTransaction": START | {"reservationId": 3},
    "StopTransaction": STOP | {"transactionId": 1, "idTag": "TAG1", "reason": "Local", "transactionData": [VALUE]},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": [VALUE]},
}


def spoilt(action: str, number: int) -> list[dict[str, Any]]:
    """The message with each of its fields, the inner ones too, replaced by each absurd value."""
    whole = MESSAGES[action] | ({"transactionId": number} if action != "StartTransaction" else {})
    made: list[dict[str, Any]] = []
    for absurd in ABSURD:
        made += [whole | {name: absurd} for name in whole]
        inner = "transactionData" if action == "StopTransaction" else "meterValue"
        if inner in whole:
            made += [whole | {inner: [VALUE | {name: absurd}]} for name in VALUE]
            sample = VALUE["sampledValue"][0]
            made += [whole | {inner: [VALUE | {"sampledValue": [sample | {name: absurd}]}]} for name in sample]  # type: ignore[operator]
    return made


@pytest.mark.parametrize("action", MESSAGES)
async def test_A3_no_value_of_any_field_makes_a_transaction_message_fail_for_ever(
    app: App, charger: Connect, stored: Any, action: str
) -> None:
    """Answered always, if by a CALLERROR then with a copy in the quarantine; and the connection stays."""
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    refused = 0
    for payload in spoilt(action, number):
        try:
            await one.call(action, payload)
        except CallError as error:
            refused += 1
            assert error.code != "InternalError", payload
    assert "currentTime" in await one.call("Heartbeat")
    if action != "MeterValues":
        assert refused == 0
    rows = await stored.sessions()
    assert rows
    organization = rows[0].organization_id
    assert await app.database.read(sessions.listed, organization, Wanted())


# L14: one open row for each kind


async def test_L14_ten_alarms_of_a_kind_are_one_row_with_a_count(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    for turn in range(10):
        await one.call(
            "SecurityEventNotification",
            {"type": "TamperDetectionActivated", "timestamp": "2026-11-01T10:00:00Z", "techInfo": f"lid {turn}"},
        )
        await one.call("SecurityEventNotification", {"type": f"Made up {turn}", "timestamp": "2026-11-01T10:00:00Z"})
    for turn in range(20):
        await one.call(
            "SecurityEventNotification", {"type": "SettingSystemTime", "timestamp": f"2026-11-01T10:00:{turn:02}Z"}
        )
    [alarm] = await stored.alarms("security:TamperDetectionActivated")
    assert (alarm.count, alarm.detail, alarm.last_at > alarm.at) == (10, "lid 9", True)
    [other] = await stored.alarms("security:other")
    assert other.count == 10
    assert await stored.alarms("security:SettingSystemTime") == []


async def test_L14_what_was_looked_at_and_comes_again_is_a_new_row(app: App, charger: Connect, stored: Any) -> None:
    one = await charger("CP1")

    async def again() -> list[int]:
        await one.call("SecurityEventNotification", {"type": "MemoryExhaustion", "timestamp": "2026-11-01T10:00:00Z"})
        return [alarm.count for alarm in await stored.alarms("security:MemoryExhaustion")]

    assert await again() == [1]
    assert await again() == [2]
    from stationmaster.domain import alarms

    home = await app.database.write(organizations.home)
    assert await app.database.write(alarms.resolve_all, home, kind="security:MemoryExhaustion") == 1
    assert await again() == [2, 1]


# L9, O-02: a charger that was deleted and added again


async def test_O_02_L9_a_late_stop_of_a_charger_that_was_added_again_finds_the_old_session(
    app: App, charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.meter("3000", transaction=number)
    home = await app.database.write(organizations.home)
    await app.database.write(sessions.remove_station, home, "CP1", by="olive", close_sessions=True)
    session = await stored.session()
    assert (session.status, session.energy_wh, session.review) == ("completed", 2000, True)
    assert {"estimated", "charger_removed"} <= set(session.flags)
    assert await one.closed() == 4002

    one = await charger("CP1")
    value = {"timestamp": "2026-11-01T10:55:00Z", "sampledValue": [{"value": "5900"}]}
    await one.meter("5500", transaction=number, at="2026-11-01T10:50:00Z")
    await one.stop(number, transactionData=[value])
    session = await stored.session()
    assert (session.energy_wh, "estimated" in session.flags) == (5000, False)
    assert {row.session_id for row in await stored.meter_values()} == {session.id}
    assert await stored.quarantine() == []
    assert await stored.alarms("foreign_transaction") == []
    [ended, late] = await stored.rows(session_changes)
    assert (ended.kind, ended.by, late.kind, late.by) == ("ended", "olive", "told_late", None)
    assert (Decimal(late.before["energy_wh"]), Decimal(late.after["energy_wh"])) == (2000, 5000)


async def test_L9_another_charger_with_the_number_is_still_a_stranger(charger: Connect, stored: Any) -> None:
    one, two = await charger("CP1"), await charger("CP2")
    number = (await one.start())["transactionId"]
    await two.stop(number)
    assert len(await stored.alarms("foreign_transaction")) == 1
    assert (await stored.sessions("CP1"))[0].status == "active"
