"""Older meter values are packed: what a charger says the same each time is kept once, and read as before (decision 0042). On both databases."""

from __future__ import annotations

import importlib
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, insert, select, text

from stationmaster.background.packing import pack_meter_values
from stationmaster.domain import metering, nodes, organization_export, sample_packing
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sample_forms import NO_FORM, meter_value_forms, split, whole
from stationmaster.domain.sessions.table import sessions
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work, migrations
from stationmaster.storage.queries import Bulk, next_cursor
from tests.domain.conftest import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAYS_2 = Retention(values_packed_after_days=2)
OLD = {"older_than": 2 * DAY}
VALUES = 350

OCMF = 'OCMF|{"FV":"1.0","RD":[{"TM":"2026-11-01T12:00:00,000+0000 S","RV":1.5}]}|{"SD":"3046"}'
TEXTS = [
    "1023025",
    "32.15",
    "0",
    "",
    "-0.00",
    "1e5",
    'a "quoted" one',
    "back\\slash\\",
    "ü ✓ 漢",
    "12,5",
    '"value":"7"',
    OCMF,
]


def some_samples(random: random.Random) -> str:
    """Of one moment, as 1.6 and 2.x write them, and as nobody should."""
    told: list[Any] = []
    for _ in range(random.randrange(1, 6)):
        if random.random() < 0.5:
            sample: dict[str, Any] = {
                "value": random.choice(TEXTS),
                "context": random.choice(["Sample.Periodic", "Transaction.End"]),
            }
            sample |= random.choice(
                [{}, {"phase": "L1-N", "unit": "V"}, {"format": "SignedData"}, {"location": "Outlet"}]
            )
        else:
            sample = {
                "value": random.choice([0, -1.5, 1023025.0, 1e22, 2.5e-9, 10**15]),
                "unitOfMeasure": {"unit": "Wh", "multiplier": 3},
            }
            if random.random() < 0.3:
                sample["signedMeterValue"] = {
                    "signedMeterData": random.choice(TEXTS),
                    "publicKey": "30" * 30,
                    "encodingMethod": "OCMF",
                }
            if random.random() < 0.1:
                sample["customData"] = {"vendorId": "v", "value": random.choice([None, True, [1, "2"], {"value": "3"}])}
        told.append(sample)
    return msgspec.json.encode(told).decode()


def test_samples_taken_apart_are_the_same_put_together() -> None:
    dice = random.Random(42)
    for _ in range(300):
        samples = some_samples(dice)
        made = split(samples)
        assert made is not None and whole(made.form + made.values) == samples == whole(samples)


def test_only_values_differ_within_a_form() -> None:
    told = '[{"value":"%s","measurand":"Voltage","phase":"L1-N","unit":"V"},{"value":%s,"signedMeterValue":{"signedMeterData":"%s"}}]'
    one, other = split(told % ("229.1", "1.5", "T0NN")), split(told % ('say \\"no\\"', "-2e+9", ""))
    assert one is not None and other is not None and one.form == other.form
    assert (one.values, other.values) == ("229.1\x1f1.5\x1fT0NN", 'say \\"no\\"\x1f-2e+9\x1f')


@pytest.mark.parametrize(
    "odd", ["[]", "not json", '[{"value":"a\x1fb"}]', '[{"value":"a\x1eb"}]', '[{"value":null}]', ""]
)
def test_what_has_no_values_or_a_separator_in_it_stays(odd: str) -> None:
    assert split(odd) is None


def value(number: int, station: int, session: int | None, at: datetime, samples: str, **more: Any) -> dict[str, Any]:
    return {
        "station_id": station, "session_id": session, "evse": 1, "transaction_id": None if session is None else str(session), "taken_at": at,
        "taken_text": None if number % 3 else at.isoformat(), "received_at": at, "context": "Sample.Periodic", "location": None,
        "energy_wh": Decimal(number) / 8, "power_w": None if number % 7 == 3 else Decimal(7360), "samples": samples, "content_key": number, **more,
    }  # fmt: skip


@pytest.fixture
async def stations(world: World) -> tuple[int, int]:
    """Two chargers with three sessions and orphans: values for the two weeks until today."""
    world.now = NOW
    first, second = (await world.station("CP1")).id, (await world.station("CP2")).id
    dice = random.Random(7)

    def fill(work: Work) -> None:
        for number, station in enumerate((first, first, second), 1):
            row = {
                "id": number,
                "public_id": f"s{number}",
                "organization_id": world.home,
                "station_id": station,
                "evse": 1,
            }
            row |= {
                "transaction_id": str(number),
                "started_text": "",
                "status": "completed",
                "started_at": NOW - 14 * DAY,
                "received_at": NOW - 14 * DAY,
            }
            work.execute(insert(sessions).values(**row))
        rows = []
        for n in range(VALUES):
            session = dice.choice([1, 2, 3, None])
            at = NOW - 14 * DAY + n * (14 * DAY / VALUES)
            rows.append(value(n, second if session == 3 else first, session, at, some_samples(dice)))
        work.execute(insert(meter_values), rows)

    await world(fill)
    return first, second


def everything(work: Work, home: int, stations: tuple[int, int]) -> dict[str, Any]:
    """What all who read samples are told."""
    told: dict[str, Any] = {"latest": metering.latest(work, [1, 2, 3])}
    for session in (1, 2, 3):
        told[f"points {session}"] = metering.points(work, session)
        told[f"signed {session}"] = metering.signed_of(work, session)
        told[f"page {session}"] = metering.values_of(work, session, limit=20)
        told[f"values {session}"] = paged(
            lambda cursor, key=session: metering.page_of(work, key, limit=37, cursor=cursor)
        )
    for station in stations:
        told[f"orphans {station}"] = paged(
            lambda cursor, key=station: metering.orphans(work, key, limit=37, cursor=cursor)
        )
    [part] = [each for each in organization_export.parts() if each.table is meter_values]
    assert "form_id" not in part.columns
    rows: list[Any] = []
    while more := organization_export.page(work, home, part, after=rows[-1][0] if rows else None, limit=90):
        rows += more
    told["export"] = [tuple(row) for row in rows]
    return {name: [_plain(row) for row in _rows(rows)] for name, rows in told.items()}


def paged(page: Any) -> list[Any]:
    rows: list[Any] = []
    cursor = None
    while True:
        more = page(cursor)
        rows += more[:37]
        cursor = next_cursor(more, 37, lambda row: int(row.id))
        if cursor is None:
            return rows


def _rows(told: Any) -> list[Any]:
    return [told[key] for key in sorted(told)] if isinstance(told, dict) else list(told)


def _plain(row: Any) -> Any:
    return {name: each for name, each in row._mapping.items() if name != "form_id"} if hasattr(row, "_mapping") else row


async def packed(database: Database) -> tuple[int, int, int]:
    """How many values are packed, how many were left as they are, how many wait."""
    form = meter_values.c.form_id
    asked = select(
        *(func.coalesce(func.count().filter(each), 0) for each in (form > NO_FORM, form == NO_FORM, form.is_(None)))
    )
    return await database.read(lambda work: tuple(work.execute(asked).one()))


async def test_packed_values_are_told_as_before_and_so_is_any_mixture(world: World, stations: tuple[int, int]) -> None:
    before = await world(everything, world.home, stations)
    assert len(before["export"]) == VALUES and any(before["signed 1"])
    for done, step in ((0, 1), (1, 60), (61, 90)):  # a part each, a row that stays, one that is packed
        stretch = await world(sample_packing.stretch, range(done + 1, done + 1 + step))
        assert await world(sample_packing.store, stretch) == step
        assert await world(everything, world.home, stations) == before

    await pack_meter_values(world.database, DAYS_2)
    there = await packed(world.database)
    assert sum(there) == VALUES and there[0] > 30 and there[2] == 50  # of the last two days, and of this moment
    assert await world(everything, world.home, stations) == before


async def test_a_late_value_stands_beside_packed_ones_and_a_repeat_is_none(
    world: World, stations: tuple[int, int]
) -> None:
    await pack_meter_values(world.database, DAYS_2)
    count = len(await world(metering.points, 1))
    one = await world(
        lambda work: work.execute(select(meter_values).where(meter_values.c.session_id == 1).limit(1)).one()
    )
    again = {name: each for name, each in one._mapping.items() if name not in ("id", "form_id")}
    late = value(VALUES, stations[0], 1, NOW - 13 * DAY, '[{"value":"5"}]', received_at=NOW)
    for row in (again, late):
        columns = tuple(row)
        bulk = Bulk(meter_values, columns, ignore_duplicates=True)
        await world(lambda work, bulk=bulk, row=row: work.append(bulk, *row.values()))
    values = await world(metering.page_of, 1, limit=1000, cursor=None)
    assert (len(values), values[0].samples) == (count + 1, '[{"value":"5"}]')
    await world(metering.move, 1, 2, since=NOW)  # and what is packed moves as any row
    await world(metering.move, 1, 2, since=NOW - 20 * DAY)
    assert await world(metering.points, 1) == []
    moved = await world(metering.page_of, 2, limit=1000, cursor=None)
    assert all(each.samples.startswith("[{") for each in moved) and len(moved) > count


async def test_of_two_who_pack_the_same_one_changes_nothing(world: World, stations: tuple[int, int]) -> None:
    before = await world(everything, world.home, stations)
    keys = await world(sample_packing.due, **OLD)
    mine, other = await world(sample_packing.stretch, keys), await world(sample_packing.stretch, keys[3:])
    assert mine is not None and other is not None
    await world.database.write_apart(sample_packing.store, mine)
    all_forms = select(meter_value_forms).order_by(meter_value_forms.c.id)
    forms = await world(lambda work: work.execute(all_forms).all())
    for late in (mine, other):
        with pytest.raises(sample_packing.Moved):
            await world.database.write_apart(sample_packing.store, late)
    assert await world(lambda work: work.execute(all_forms).all()) == forms
    assert await world(everything, world.home, stations) == before
    following = await world(sample_packing.stretch, await world(sample_packing.due, **OLD))
    assert following is not None and following.values[0][0] == mine.last + 1


async def test_a_stretch_that_was_cut_off_between_its_parts_is_packed_all_the_same(
    world: World, stations: tuple[int, int]
) -> None:
    before = await world(everything, world.home, stations)
    stretch = await world(sample_packing.stretch, await world(sample_packing.due, **OLD))
    assert stretch is not None
    parts = stretch.parts()
    assert [len(part.values) for part in parts] == [32, 96, 128]
    assert sorted(value for part in parts for value in part.values) == stretch.values
    for part in parts[:2]:
        await world.database.write_apart(sample_packing.store, part)
    await pack_meter_values(world.database, DAYS_2)
    assert (await packed(world.database))[2] == 50
    assert await world(everything, world.home, stations) == before


async def test_a_charger_that_says_something_else_each_time_has_a_bounded_number_of_forms(world: World) -> None:
    world.now = NOW
    station = await world.station()
    told = [f'[{{"value":"1","context":"{n}"}}]' for n in range(80)] + [
        '[{"value":"1","unit":"' + "x" * 20_000 + '"}]'
    ] * 2
    rows = [value(n, station.id, None, NOW - 3 * DAY, samples) for n, samples in enumerate(told)]
    await world(lambda work: work.execute(insert(meter_values), rows))
    await pack_meter_values(world.database, DAYS_2)
    assert await packed(world.database) == (sample_packing.MOST_FORMS, 18, 0)
    found = await world(metering.orphans, station.id, limit=100, cursor=None)
    assert [row.samples for row in found] == told[::-1]


async def test_nothing_is_packed_with_0_days_nor_while_nodes_may_be_of_two_versions(
    world: World, stations: tuple[int, int]
) -> None:
    await pack_meter_values(world.database, Retention(values_packed_after_days=0))
    await world(nodes.join, "n1", seal="s", lease=MINUTE)
    await pack_meter_values(world.database, DAYS_2)
    assert await packed(world.database) == (0, 0, VALUES)
    long_ago = nodes.nodes.update().values(started_at=datetime.now(UTC) - timedelta(hours=2))
    await world(lambda work: work.execute(long_ago))
    await pack_meter_values(world.database, DAYS_2)
    assert (await packed(world.database))[2] == 50


async def test_the_way_back_writes_the_samples_as_they_came(world: World, stations: tuple[int, int]) -> None:
    before = await world(everything, world.home, stations)
    await pack_meter_values(world.database, DAYS_2)
    [file] = (migrations.HERE / "versions").glob("*_older_meter_values_are_packed.py")
    step = importlib.import_module(f"{migrations.__name__}.versions.{file.stem}")
    await world(lambda work: step._unpack(work.execute(select(1)).connection))
    await world(lambda work: work.execute(meter_values.update().values(form_id=None)))
    assert await world(everything, world.home, stations) == before


@pytest.mark.any_database  # PostgreSQL uses the room of older versions of a row again
async def test_O_05_what_was_packed_leaves_room_for_others(world: World) -> None:
    world.now = NOW
    station = await world.station()
    sample = '{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}'
    rows = [
        value(n, station.id, None, NOW - 3 * DAY, f"[{','.join(sample % (n + m) for m in range(9))}]")
        for n in range(600)
    ]
    await world(lambda work: work.execute(insert(meter_values), rows))

    async def pages(pragma: str) -> int:
        return int(await world(lambda work: work.execute(text(f"PRAGMA {pragma}")).scalar_one()))

    there = await pages("page_count") - await pages("freelist_count")
    await pack_meter_values(world.database, DAYS_2)
    left = await pages("page_count") - await pages("freelist_count")
    assert (there - left) * 4096 > 600 * 600  # of the 1,000 bytes that each took
