"""The event log and what is fed from it: in one line, nothing left out, nothing twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.background.webhooks import feed_webhooks, to_webhook
from stationmaster.domain import deliveries, event_log, organizations, signatures, stations, webhooks
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.events import Alarm, StationOffline, StationOnline
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests import telling

KEYS = Keys(b"k" * 48)
DELIVERY = signatures.name_of(to_webhook)


@pytest.fixture
async def station(database: Database) -> Station:
    database.before_commit.append(event_log.keep)

    def create(work: Work) -> Station:
        row, _ = stations.create(work, organizations.home(work), KEYS, identity="CP1")
        return Station(row.id, "CP1", row.organization_id, "1.6", "accepted", True)

    return await database.write(create)


async def alarm(database: Database, station: Station, *kinds: str) -> None:
    def publish(work: Work) -> None:
        for kind in kinds:
            work.publish(Alarm(station_id=station.id, station="CP1", at=work.now, kind=kind, detail="x"))

    await database.write(publish)


async def told(database: Database, after: int = 0, **more: Any) -> list[str]:
    """What the log has behind a number, by the kinds of the alarms."""
    entries = await database.read(event_log.after, 1, after, limit=1000, **more)
    return [json.loads(each.payload)["kind"] for each in entries]


async def queued(database: Database) -> list[Any]:
    table = deliveries.deliveries
    return list(await database.read(lambda work: work.execute(select(table).order_by(table.c.id)).all()))


async def hook(database: Database, **more: Any) -> webhooks.WebhookRow:
    row, _ = await database.write(webhooks.create, 1, KEYS, url="https://hook.example/x", **more)
    return row


async def test_what_is_committed_late_still_has_its_place_behind_what_was_read(
    database: Database, station: Station
) -> None:
    await alarm(database, station, "a", "b")
    assert await told(database) == []  # nothing has a number yet, so nobody has read past anything
    assert await database.read(event_log.are_new)
    assert await database.write(event_log.number_new) == 2
    assert not await database.read(event_log.are_new)
    place = await database.read(event_log.last_number)
    await alarm(database, station, "c")
    await database.write(event_log.number_new)
    assert (await told(database), await told(database, place)) == (["a", "b", "c"], ["c"])
    assert await told(database, 0, until=place) == ["a", "b"]
    assert await told(database, 0, types=["station_offline"]) == []


async def test_another_organization_has_a_log_of_its_own(database: Database, station: Station) -> None:
    await alarm(database, station, "a")
    await database.write(event_log.number_new)
    assert await database.read(event_log.after, 2, 0, limit=10) == []


async def test_a_session_is_told_as_it_is_now_and_one_that_is_gone_is_not(database: Database, station: Station) -> None:
    await database.write(telling.start, station)
    await database.write(event_log.number_new)
    [entry] = await database.read(event_log.after, 1, 0, limit=10)
    [event] = await database.read(event_log.events_of, [entry])
    assert event is not None and event_log.words_of(event)["session"].status == "active"
    assert (entry.type, entry.station) == ("session_started", "CP1")
    gone = entry._replace(payload=entry.payload.replace(event_log.words_of(event)["session"].id, "0" * 16))
    unknown = entry._replace(event="NothingOfOurs")
    assert await database.read(event_log.events_of, [gone, entry, unknown]) == [None, event, None]


async def test_whether_something_is_missing_behind_a_place(database: Database, station: Station) -> None:
    await alarm(database, station, "a", "b", "c")
    await database.write(event_log.number_new)

    def drop_two(work: Work) -> None:
        work.execute(event_log.event_log.delete().where(event_log.event_log.c.number <= 2))

    await database.write(drop_two)
    complete = [await database.read(event_log.is_complete_after, place) for place in (0, 1, 2, 3, 4)]
    assert complete == [False, False, True, True, False]


async def test_a_webhook_is_told_what_happens_from_now_on_and_nothing_twice(
    database: Database, station: Station
) -> None:
    await alarm(database, station, "before")
    await database.write(event_log.number_new)
    all_of_it = await hook(database)
    some = await hook(database, events=["station_offline"])
    await alarm(database, station, "after")
    await database.write(lambda work: work.publish(StationOffline(station_id=station.id, station="CP1", at=work.now)))
    for _ in range(2):
        await feed_webhooks(database)
    rows = await queued(database)
    assert [(row.receiver, row.event) for row in rows] == [
        (all_of_it.public_id, "Alarm"),
        (all_of_it.public_id, "StationOffline"),
        (some.public_id, "StationOffline"),
    ]
    assert {row.name for row in rows} == {DELIVERY}
    assert rows[1].key.split(".")[1] == rows[2].key.split(".")[1]  # the same event


async def test_one_that_was_switched_off_is_told_what_it_has_missed(database: Database, station: Station) -> None:
    row = await hook(database)
    await database.write(webhooks.change, 1, row.public_id, {"active": False})
    await alarm(database, station, "missed")
    await feed_webhooks(database)
    assert await queued(database) == []
    await database.write(webhooks.change, 1, row.public_id, {"active": True})
    await feed_webhooks(database)
    assert len(await queued(database)) == 1


async def test_several_webhooks_share_the_room_of_one_part(database: Database, station: Station) -> None:
    hooks = [await hook(database) for _ in range(3)]
    await alarm(database, station, *[str(number) for number in range(event_log.AT_ONCE)])
    made = await database.write(webhooks.feed, delivery=DELIVERY)
    assert event_log.AT_ONCE - 3 < made <= event_log.AT_ONCE
    assert {row.receiver for row in await queued(database)} == {each.public_id for each in hooks}
    await feed_webhooks(database)
    for each in hooks:
        kinds = [json.loads(row.payload)["kind"] for row in await queued(database) if row.receiver == each.public_id]
        assert kinds == [str(number) for number in range(event_log.AT_ONCE)]


async def test_a_long_log_is_fed_in_parts(database: Database, station: Station) -> None:
    await hook(database)
    await alarm(database, station, *[str(number) for number in range(event_log.AT_ONCE + 3)])
    await feed_webhooks(database)
    kinds = [json.loads(row.payload)["kind"] for row in await queued(database)]
    assert kinds == [str(number) for number in range(event_log.AT_ONCE + 3)]


async def test_a_time_is_told_again_under_other_keys_of_the_same_events(database: Database, station: Station) -> None:
    row = await hook(database)
    await alarm(database, station, "a", "b")
    await feed_webhooks(database)
    first = await queued(database)
    long_ago = database.clock() - timedelta(hours=1)
    assert await database.write(webhooks.replay, 1, row.public_id, since=long_ago, until=None) == 2
    with pytest.raises(Conflict):
        await database.write(webhooks.replay, 1, row.public_id, since=long_ago, until=None)
    await feed_webhooks(database)
    again = (await queued(database))[2:]
    assert [each.payload for each in again] == [each.payload for each in first]
    assert [each.key.split(".")[:2] for each in again] == [each.key.split(".") for each in first]
    assert len({each.key for each in [*first, *again]}) == 4
    assert await database.write(webhooks.replay, 1, row.public_id, since=database.clock(), until=None) == 0
    with pytest.raises(Invalid):
        await database.write(webhooks.replay, 1, row.public_id, since=database.clock(), until=long_ago)


async def test_only_the_time_that_is_asked_for_is_told_again_and_of_it_what_was_told_before(
    database: Database, station: Station
) -> None:
    row = await hook(database)
    times = []
    for kind in ("early", "asked for", "late"):
        times.append(database.clock())
        await alarm(database, station, kind)
    await feed_webhooks(database)
    assert await database.write(webhooks.replay, 1, row.public_id, since=times[1], until=times[2]) == 1
    await feed_webhooks(database)
    assert [json.loads(each.payload)["kind"] for each in (await queued(database))[3:]] == ["asked for"]
    await database.write(webhooks.change, 1, row.public_id, {"active": False})
    await alarm(database, station, "to be told yet")
    await database.write(event_log.number_new)
    assert await database.write(webhooks.replay, 1, row.public_id, since=times[2], until=None) == 1
    await database.write(webhooks.change, 1, row.public_id, {"active": True})
    await feed_webhooks(database)
    assert [json.loads(each.payload)["kind"] for each in (await queued(database))[4:]] == ["to be told yet", "late"]


async def test_what_is_written_twice_in_one_transaction_is_fed_in_order(database: Database, station: Station) -> None:
    await hook(database)

    def publish(work: Work) -> None:
        for event in (StationOffline, StationOnline, StationOffline):
            work.publish(event(station_id=station.id, station="CP1", at=work.now))

    await database.write(publish)
    await feed_webhooks(database)
    assert [row.event for row in await queued(database)] == ["StationOffline", "StationOnline", "StationOffline"]


def test_a_secret_is_kept_sealed_and_opened_with_the_same_key_only() -> None:
    sealed = KEYS.sealed("a very secret value")
    assert b"secret" not in sealed and KEYS.opened(sealed) == "a very secret value"
    with pytest.raises(ValueError, match="another key"):
        Keys(b"x" * 48).opened(sealed)


@pytest.mark.parametrize(
    "url",
    ["ftp://x/", "https://user:pw@x/", "https://user@x/", "https:///x", "x", "", "https://x:99999/", "javascript:x"],
)
def test_X_02_what_is_no_address_of_a_webhook(url: str) -> None:
    with pytest.raises(Invalid) as error:
        webhooks.check_url(url)
    assert error.value.field == "url"


async def test_an_event_of_a_charger_that_is_nowhere_does_not_hold_up_the_others(
    database: Database, station: Station
) -> None:
    await hook(database)
    lost = Station(999_999, "GONE", 1, "1.6", "accepted", True)
    await alarm(database, lost, "nobody's")
    await alarm(database, station, "ours")
    await feed_webhooks(database)
    assert not await database.read(event_log.are_new)
    assert [json.loads(row.payload)["kind"] for row in await queued(database)] == ["ours"]
