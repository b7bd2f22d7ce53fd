"""A3: no value of a charger's can make its message fail for ever; A13, A14, A15, N11: what else may go on without end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from stationmaster.domain import message_log, refused_connections
from stationmaster.domain.message_log import messages
from stationmaster.domain.quarantine import quarantine
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
