"""The usual word that a transaction goes on, of many chargers in one commit: told together it means what it means told alone."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any, NamedTuple

import msgspec
import pytest

from stationmaster.domain import organizations, stations, tokens
from stationmaster.domain.credentials import Keys
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions import sessions
from stationmaster.domain.stations import Station
from stationmaster.gateway import units
from stationmaster.handlers.v2 import routes_201
from stationmaster.storage import Database
from tests.storage.test_group_commit import together

AT = itertools.count()
KEYS = Keys(b"a key that is only good for the tests 0123456789")

PLACE = {"evse": {"id": 1, "connectorId": 1}}


class Word(NamedTuple):
    """What a charger says after "Started" with the number 0, what of its session is otherwise then, and how it had begun."""

    said: dict[str, Any]
    meant: dict[str, Any] = {}
    begun: dict[str, Any] = PLACE


USUAL = {
    "sequence": 1,
    "gaps": None,
    "flags": None,
    "evse": 1,
    "connector": 1,
    "charging_state": "suspended_by_car",
    "token": None,
    "reservation_id": None,
}
WORDS = [
    Word({"seqNo": 1}),
    Word({"seqNo": 1, **PLACE}),
    Word({"seqNo": 1, **PLACE}, begun={}),  # where it is comes only now
    Word({"seqNo": 1, **PLACE}, begun={"evse": {"id": 1}}),
    Word({"seqNo": 1, "evse": {"id": 2}}),  # another place
    Word({"seqNo": 1, "evse": {"id": 1, "connectorId": 2}}),
    Word({"seqNo": 0}, {"sequence": 0, "flags": ["number_again"]}),  # told before
    Word({"seqNo": 3}, {"sequence": 3, "gaps": [[1, 2]], "flags": ["gaps"]}),
    Word(
        {"seqNo": 1, "transactionInfo": {"transactionId": "T", "chargingState": "Charging"}},
        {"charging_state": "charging"},
    ),
    Word({"seqNo": 1, "transactionInfo": {"transactionId": "never begun"}}, {"sequence": 0}),
    Word({"seqNo": 1, "timestamp": "2026-11-01T09:00:00Z"}),  # from before it began
    Word({"seqNo": 1, "timestamp": "1970-01-01T00:00:00Z"}),
    Word({"seqNo": 1, "idToken": {"idToken": "TAG1", "type": "ISO14443"}}, {"token": "TAG1"}),
    Word({"seqNo": 1, "reservationId": 7}, {"reservation_id": 7}),
    Word({"seqNo": -1}, {"sequence": 0}),
]


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": "2026-11-01T10:00:00Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T", "chargingState": "SuspendedEV"},
        **more,
    }


def updated(at: str, energy: float, **more: Any) -> dict[str, Any]:
    samples = [{"value": energy, "measurand": "Energy.Active.Import.Register"}]
    more = {"timestamp": at, **more}
    return event("Updated", meterValue=[{"timestamp": at, "sampledValue": samples}], **more)


def told(station: Station, payload: dict[str, Any]) -> units.Told:
    content = msgspec.json.encode(payload)
    request, _ = routes_201.dialect.decode_request("TransactionEvent", content)
    handler = routes_201.handlers["TransactionEvent"]
    now = time.perf_counter()
    return units.Told(station, f"m{next(AT)}", "TransactionEvent", content, handler, request, (), now, 10_000)


async def say(database: Database, said: list[tuple[Station, dict[str, Any]]], *, ahead: bool) -> list[Any]:
    """All of it in one commit; what was answered."""
    answers: list[Any] = []
    async with together(database):
        for station, payload in said:
            one = told(station, payload)

            def asks(work: Any, one: units.Told = one) -> Any:
                return units.ask_ahead(routes_201.ahead["TransactionEvent"], one, work)

            def done(result: Any, error: BaseException | None) -> None:
                answers.append(error or msgspec.json.decode(result.payload))

            database.submit(units.answer, (one,), done, lane=station.id, ahead=asks if ahead else None)
        await asyncio.sleep(0)
    await database.write(lambda work: None)
    async with asyncio.timeout(10):
        while len(answers) < len(said):
            await asyncio.sleep(0.001)
    return answers


async def chargers(database: Database, count: int, prefix: str) -> list[Station]:
    home = await database.write(organizations.home)
    made = []
    for number in range(count):
        row, _ = await database.write(stations.create, home, KEYS, identity=f"{prefix}{number}")
        made.append(Station(row.id, row.identity, home, "2.0.1", "accepted", True))
    return made


async def what_is_kept(database: Database, station: Station) -> tuple[Any, Any]:
    """The sessions and readings of one charger, without what names them."""
    rows = await database.read(
        lambda work: (
            work.execute(sessions.select().where(sessions.c.station_id == station.id).order_by(sessions.c.id))
            .mappings()
            .all()
        )
    )
    unlike = {"id", "public_id", "station_id", "received_at", "stop_received_at"}
    values = await database.read(
        lambda work: (
            work.execute(
                meter_values.select().where(meter_values.c.station_id == station.id).order_by(meter_values.c.id)
            )
            .mappings()
            .all()
        )
    )
    places = {row["id"]: index for index, row in enumerate(rows)}
    readings = [(value["evse"], value["energy_wh"], places.get(value["session_id"])) for value in values]
    return [{name: value for name, value in row.items() if name not in unlike} for row in rows], readings


async def test_TX_24_told_together_it_is_what_it_is_told_alone(database: Database) -> None:
    home = await database.write(organizations.home)
    await database.write(tokens.add, home, uid="TAG1")
    kept, answered = [], []
    for ahead in (False, True):
        theirs = await chargers(database, len(WORDS), "A" if ahead else "B")
        pairs = list(zip(theirs, WORDS, strict=True))
        await say(database, [(one, event("Started", **word.begun)) for one, word in pairs], ahead=ahead)
        at = "2026-11-01T10:15:00Z"
        answered.append(
            await say(database, [(one, updated(at, 1500, **word.said)) for one, word in pairs], ahead=ahead)
        )
        for one, word in pairs:
            [row, *_], _ = await what_is_kept(database, one)
            assert {name: row[name] for name in USUAL} == USUAL | word.meant, word
        at = "2026-11-01T10:30:00Z"
        answered.append(await say(database, [(one, updated(at, 3000, seqNo=2)) for one in theirs], ahead=ahead))
        kept.append([await what_is_kept(database, one) for one in theirs])
    assert sorted(map(str, answered[0])) == sorted(map(str, answered[2]))
    assert answered[1] == answered[3]
    for word, alone, joined in zip(WORDS, *kept, strict=True):
        assert alone == joined, word
    usual, readings = kept[1][0]
    assert (usual[0]["sequence"], usual[0]["gaps"], len(readings)) == (2, None, 2)


@pytest.mark.parametrize("numbers", [(1, 1), (1, 2), (2, 1)])
async def test_TX_21_two_words_of_one_transaction_in_one_commit(database: Database, numbers: tuple[int, int]) -> None:
    [station] = await chargers(database, 1, "C")
    await say(database, [(station, event("Started", evse={"id": 1}))], ahead=True)
    at = {1: "2026-11-01T10:15:00Z", 2: "2026-11-01T10:30:00Z"}
    said = [(station, updated(at[number], 1000 * number, seqNo=number)) for number in numbers]
    assert await say(database, said, ahead=True) == [{}, {}]
    [row], readings = await what_is_kept(database, station)
    assert (row["sequence"], row["gaps"]) == (max(numbers), None)
    assert sorted(energy for _, energy, _ in readings) == sorted({1000 * number for number in numbers})
    assert {where for *_, where in readings} == {0}


@pytest.mark.every_case
@pytest.mark.parametrize("ahead", [False, True])
async def test_TX_14_what_comes_late_brings_its_values_with_it(database: Database, ahead: bool) -> None:
    [station] = await chargers(database, 1, "D")
    place = {"evse": {"id": 1, "connectorId": 1}}
    other = {"transactionInfo": {"transactionId": "U"}, "timestamp": "2026-11-01T10:45:00Z"}
    await say(database, [(station, event("Started", **place))], ahead=ahead)
    await say(database, [(station, updated("2026-11-01T10:15:00Z", 1500, seqNo=2))], ahead=ahead)
    await say(database, [(station, event("Started", **place, **other))], ahead=ahead)
    [closed, _], _ = await what_is_kept(database, station)
    assert (closed["meter_stop_wh"], "estimated" in closed["flags"]) == (1500, True)
    late = updated("2026-11-01T10:30:00Z", 3000, seqNo=1, offline=True)
    await say(database, [(station, late)], ahead=ahead)
    [closed, _], _ = await what_is_kept(database, station)
    assert closed["meter_stop_wh"] == 3000
