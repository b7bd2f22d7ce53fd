"""A3: no value of a charger's can make its message fail for ever; A6, A13, A14, A15, N11: what else may go on without end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from stationmaster.domain import message_log, refused_connections
from stationmaster.domain.alarms import alarms
from stationmaster.domain.message_log import messages
from stationmaster.domain.quarantine import quarantine
from stationmaster.gateway.remembered import HEAD, WHOLE, Remembered
from stationmaster.storage import Database, Work
from tests.gateway.raw import Raw, request

START: dict[str, Any] = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
STOP: dict[str, Any] = {"transactionId": 7, "meterStop": 9, "timestamp": "2026-11-01T11:00:00Z", "reason": "Local"}
SAMPLE: dict[str, Any] = {
    "value": "1",
    "measurand": "Energy.Active.Import.Register",
    "unit": "Wh",
    "context": "Sample.Periodic",
}
METER: dict[str, Any] = {"connectorId": 1, "transactionId": 7}
ODD: list[Any] = [
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "222222017-10-27T19:10:11Z", "9999-12-31T23:59:59-14:00",
    "", " ", "x" * 5000, "\ufffd", "\U0001f600", "NaN", "1e400", "-1e-400", "1" * 300, "0x10", "1,5", "--5",
    0, -1, 2**31, 2**63 - 1, -(2**63), 2**64, 10**30, 0.1, 1e308, -1e308, 5e-324, True, None, [], {}, [[]], {"a": {"b": 1}},
]  # fmt: skip


def messages_with(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """Each transaction message of 1.6, with the value in each field in turn, samples included."""

    def values(**change: Any) -> list[dict[str, Any]]:
        return [{"timestamp": START["timestamp"], "sampledValue": [SAMPLE | change]}]

    return [
        *(("StartTransaction", START | {name: value}) for name in [*START, "reservationId"]),
        *(("StopTransaction", STOP | {name: value}) for name in [*STOP, "idTag", "transactionData"]),
        *(("MeterValues", METER | {"meterValue": values()} | {name: value}) for name in [*METER, "meterValue"]),
        *(("MeterValues", METER | {"meterValue": values(**{name: value})}) for name in [*SAMPLE, "phase", "location"]),
        *(("StopTransaction", STOP | {"transactionData": values(**{name: value})}) for name in SAMPLE),
        ("MeterValues", METER | {"meterValue": [{"timestamp": value, "sampledValue": [SAMPLE]}]}),
        ("StopTransaction", STOP | {"transactionData": [{"timestamp": value, "sampledValue": [SAMPLE]}]}),
    ]


@pytest.mark.gateway(burst=100_000)
async def test_A3_no_value_in_any_field_of_a_transaction_message_fails_here(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    failed = []
    for number, value in enumerate(ODD):
        for index, (action, payload) in enumerate(messages_with(value)):
            try:
                answer = await one.exchange([2, f"{number}-{index}", action, payload])
            except Exception as error:
                failed.append((action, payload, repr(error)))
                one = await raw("CP1", boot=False)
            else:
                if answer[0] == 4 and answer[2] == "InternalError":
                    failed.append((action, payload, answer[2]))
    assert failed == []
    assert [row.reason for row in await rows(quarantine) if row.reason.startswith("failed here")] == []


@pytest.mark.any_database
@pytest.mark.gateway(renewal_grace_s=0)
async def test_A13_a_renewed_secret_ends_what_the_old_one_has_let_in(app: Any, raw: Any, charger: Any) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    entry = app.directory.find("CP1")
    _, entry.credential = app.keys.generated()
    assert await one.close_code() == 4003
    assert (await other.exchange([2, "1", "Heartbeat", {}]))[0] == 3


@pytest.mark.any_database
async def test_A13_not_before_its_grace_is_over(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    entry = app.directory.find("CP1")
    connection, old = entry.connection, entry.credential
    _, entry.credential = app.keys.generated()
    for seconds in (1e6, 1e6 + 299):
        connection.look_after(seconds)
        assert not connection.closed
    entry.credential = old  # given back in time
    connection.look_after(1e6 + 301)
    assert not connection.closed
    _, entry.credential = app.keys.generated()
    for seconds in (2e6, 2e6 + 301):
        connection.look_after(seconds)
    assert connection.closed and await one.close_code() == 4003


async def test_A14_rows_of_a_clock_that_was_wrong_never_stop_the_retention(
    app: Any, database: Database, charger: Any, rows: Any
) -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)

    def fill(work: Work) -> None:
        dates = [now + timedelta(days=9)] * 5001 + [now - timedelta(days=200)] * 3 + [now] * 4
        row = {
            "station_id": 1,
            "direction": "in",
            "message_id": "m",
            "action": "a",
            "request": "",
            "outcome": "ok",
            "block": 0,
        }
        work.execute(insert(messages), [row | {"at": at} for at in dates])

    def drop(work: Work) -> int:
        work.now = now
        return message_log.drop_older(work, than=timedelta(days=90))

    await database.write(fill)
    assert await database.write(drop) == message_log.DROPPED_AT_ONCE
    assert await database.write(drop) == 4
    assert await database.write(drop) == 0


async def test_A15_guesses_at_one_charger_from_many_addresses_hide_nobody_else(
    app: Any, secrets: Any, inbox: Any
) -> None:
    async def knock(identity: str, source: str) -> None:
        one = await Raw.open(
            app.gateway_port, request(f"/ocpp/{identity}", user=identity, secret="wrong"), source=source
        )
        await one.close()

    await knock("CP2", "127.0.0.9")
    await inbox()
    for number in range(60):
        await knock("CP1", f"127.0.1.{number + 1}")
    await inbox()
    kept = await app.database.read(refused_connections.listed, limit=1000, cursor=None)
    of = [row.identity for row in kept]
    assert of.count("CP2") == 1 and 1 <= of.count("CP1") <= refused_connections.KEPT_EACH
    assert sum(row.count for row in kept if row.identity == "CP1") >= 50


async def test_N11_whoever_is_connected_elsewhere_changes_nothing_here(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    connection = app.directory.find("CP1").connection
    connection._rules = replace(connection._rules, node="another node")
    one.send([2, "s", "StartTransaction", START])
    assert await one.close_code() == 4001
    (kept,) = await rows(messages, action="StartTransaction")
    assert (kept.outcome, kept.response) == ("superseded", None)


# A6: what a charger may write into the message log in a day


def _heard(data: int, number: int = 0) -> list[Any]:
    return [2, f"d{number}", "DataTransfer", {"vendorId": "Acme", "data": "x" * data}]


@pytest.mark.gateway(log_mb_per_day=0.05)
async def test_A6_a_charger_has_a_share_of_the_log_and_then_only_beginnings_are_kept(
    app: Any, raw: Any, rows: Any
) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    for number in range(40):
        assert (await one.exchange(_heard(4000, number)))[0] == 3  # it is answered as before
    assert (await other.exchange(_heard(4000)))[0] == 3
    mine = await rows(messages, action="DataTransfer", station_id=one_of(app, "CP1"))
    assert sum(len(row.request) for row in mine) < 50_000 + 4100 + 40 * 256
    whole, cut = [r for r in mine if len(r.request) > 4000], [r for r in mine if len(r.request) <= 256]
    assert len(whole) == 13 and len(whole) + len(cut) == 40
    assert all("cut in this log" in row.remarks for row in cut)
    assert all(row.remarks is None for row in whole)
    (theirs,) = await rows(messages, action="DataTransfer", station_id=one_of(app, "CP2"))
    assert len(theirs.request) > 4000  # the share is each charger's own
    (alarm,) = await rows(alarms)
    assert (alarm.kind, alarm.station_id) == ("message_log_full", one_of(app, "CP1"))
    assert "0.05 MB" in alarm.detail and alarm.count == 1
    assert app.switchboard.counts["logged_bytes"] >= sum(len(row.request) for row in mine)


@pytest.mark.any_database
@pytest.mark.gateway(log_mb_per_day=0.01)
async def test_A6_a_new_connection_brings_no_new_share(app: Any, raw: Any, rows: Any) -> None:
    for number in range(6):
        one = await raw("CP1", boot=number == 0)
        assert (await one.exchange(_heard(4000, number)))[0] == 3
    sizes = [len(row.request) for row in await rows(messages, action="DataTransfer")]
    assert [size > 4000 for size in sizes] == [True, True, True, False, False, False]


@pytest.mark.any_database
@pytest.mark.gateway(log_mb_per_day=0.001)
@pytest.mark.parametrize(
    "frame, action",
    [
        ([2, "h", "Heartbeat", {"x": "y" * 3000}], "Heartbeat"),
        ([2, "u", "NoSuchAction", {"x": "y" * 3000}], "NoSuchAction"),
        ([2, "b", "StatusNotification", {"connectorId": "y" * 3000}], "StatusNotification"),
        ([9, "t", "y" * 3000], ""),
    ],
    ids=["a heartbeat", "an unknown action", "a refused message", "an unknown type"],
)
async def test_A6_the_share_holds_for_whatever_is_kept(raw: Any, rows: Any, frame: list[Any], action: str) -> None:
    one = await raw("CP1")
    await one.exchange(_heard(3000))
    one.send(frame)
    assert (await one.exchange([2, "last", "Heartbeat", {}]))[0] in (3, 4)
    kept = [row for row in await rows(messages) if row.message_id == frame[1] and row.action == action]
    assert len(kept) == 1 and len(kept[0].request) <= 256
    assert "cut in this log" in kept[0].remarks


@pytest.mark.any_database
@pytest.mark.gateway(log_mb_per_day=0.001)
async def test_A6_the_share_holds_for_what_a_charger_answers(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    await one.exchange(_heard(3000))
    asking = asyncio.create_task(
        app.switchboard.call(one_of(app, "CP1"), "GetConfiguration", {}, timeout_s=10, by="ann@example.com")
    )
    call = await one.receive()
    one.send([3, call[1], {"unknownKey": ["y" * 40] * 100}])
    answer = await asking
    assert len(answer.payload["unknownKey"]) == 100  # who asked gets all of it
    (kept,) = await rows(messages, action="GetConfiguration")
    assert len(kept.response) <= 256 and "cut in this log" in kept.remarks


def test_A6_the_day_begins_anew_at_midnight() -> None:
    one = Remembered()
    assert one.log_share(100, 50, day=1) == WHOLE
    assert one.log_share(100, 50, day=1) == HEAD and one.is_first_cut_of_the_day()
    assert one.log_share(100, 50, day=1) == HEAD and not one.is_first_cut_of_the_day()
    assert one.log_share(100, 50, day=2) == WHOLE
    assert one.log_share(100, 50, day=2) == HEAD and one.is_first_cut_of_the_day()


def one_of(app: Any, identity: str) -> int:
    return int(app.directory.find(identity).station.id)
