"""`explain`: what happened to a charger around one moment, told as a story (issue 7, 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stationmaster.app import App
from stationmaster.cli.explain import lines
from stationmaster.domain import connections, message_log, organizations, sessions, stations, timeline
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.stations import Station
from stationmaster.domain.timeline import Timeline

SIX = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def clock(app: App, minutes: float) -> str:
    """Set the clock to so many minutes after six in Berlin, and say what a charger would write."""
    moment = SIX + timedelta(minutes=minutes)
    app.database.clock = lambda: moment
    return moment.isoformat().replace("+00:00", "Z")


async def told(app: App, identity: str = "CP1", *, minute: float = 10, minutes: int = 60) -> Timeline:
    home = await app.database.write(organizations.home)
    around = partial(timeline.around, at=SIX + timedelta(minutes=minute), minutes=minutes)
    return await app.database.read(partial(around, silent_after=timedelta(minutes=10)), home, identity)


def story(found: Timeline) -> list[str]:
    return [f"{(each.at - SIX).total_seconds() / 60:.0f} {each.kind}: {each.sentence}" for each in found.entries]


async def until_there(app: App, *, there: bool) -> None:
    """Until the server has written down that the charger came, or that its socket is closed."""

    def is_there(work: Any) -> bool:
        return work.execute(connections.open_stations()).first() is not None

    while await app.database.read(is_there) != there:
        await asyncio.sleep(0.005)


def in_order(said: list[str], wanted: list[str]) -> None:
    """Each of these stands in the story, in this order."""
    place = 0
    for part in wanted:
        found = next((number for number in range(place, len(said)) if part in said[number]), None)
        assert found is not None, f"{part!r} is not after line {place} of:\n" + "\n".join(said)
        place = found


async def test_explain_1_6_a_charger_drops_its_line_during_a_session_and_comes_back(
    app: App, charger: Callable[..., Any]
) -> None:
    clock(app, 0)
    one = await charger("CP1")
    begun = await one.start(at=clock(app, 1))
    await one.call("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
    clock(app, 5)
    await one.close()
    await until_there(app, there=False)
    clock(app, 19)
    again = await charger("CP1", boot=False)
    await until_there(app, there=True)
    await again.stop(begun["transactionId"], meter=6000, at=clock(app, 20))
    clock(app, 30)
    found = await told(app)
    in_order(
        story(found),
        [
            "0 connection: It connected.",
            "0 message: It started up and introduced itself as Acme One.",
            "1 message: It told that charging began at connector 1 with the card TAG1.",
            "1 session: A session began at connector 1 with the card TAG1.",
            "5 connection: Its connection ended",
            "5 silence: Nothing was heard for 14 minutes: it was not connected.",
            "19 connection: It connected.",
            "20 message: It told that charging has ended.",
            "20 session: The session ended",
        ],
    )
    assert "5.00 kWh" in "\n".join(story(found))
    page = "\n".join(lines(found, BERLIN, "Europe/Berlin"))
    assert "Times are in Europe/Berlin (UTC+01:00), oldest first." in page
    assert "18:10:00  ---- the moment you asked about ----" in page and "18:20:00  session" in page
    assert not found.left_out


async def test_explain_2_0_1_the_end_was_told_late_and_what_was_running_before_is_said(
    app: App, station: Callable[..., Any]
) -> None:
    clock(app, 0)
    one = await station("CP1")
    event = {"transactionInfo": {"transactionId": "T1"}, "evse": {"id": 1, "connectorId": 1}}

    async def tell(sender: Any, kind: str, number: int, at: str, reason: str, **more: Any) -> None:
        facts = {"eventType": kind, "timestamp": at, "triggerReason": reason, "seqNo": number}
        await sender.call("TransactionEvent", event | facts | more)

    token = {"idToken": "TAG1", "type": "ISO14443"}
    await tell(one, "Started", 0, clock(app, 1), "Authorized", idToken=token)
    for minute in (2, 3, 4):
        await tell(one, "Updated", minute - 1, clock(app, minute), "MeterValuePeriodic")
    clock(app, 5)
    await one.raw.close()
    await until_there(app, there=False)
    ended = SIX + timedelta(minutes=8)
    clock(app, 19)
    again = await station("CP1", boot=False)
    await until_there(app, there=True)
    at = ended.isoformat().replace("+00:00", "Z")
    await tell(again, "Ended", 4, at, "EVDeparted", offline=True)
    clock(app, 30)
    found = await told(app)
    in_order(
        story(found),
        [
            "1 message: It told that a transaction began at EVSE 1 with the card TAG1.",
            "2 message: It told that the transaction goes on (MeterValuePeriodic).",
            "5 connection: Its connection ended",
            "5 silence: Nothing was heard for 14 minutes: it was not connected.",
            "8 session: The session ended",
            "19 message: It told that the transaction has ended while it was offline.",
        ],
    )
    (updates,) = [each for each in found.entries if each.sentence.startswith("It told that the transaction goes on")]
    assert updates.count == 3 and updates.until == SIX + timedelta(minutes=4)
    assert "The charger told of it only at 17:19 UTC" in "\n".join(story(found))
    narrow = story(await told(app, minute=5, minutes=2))
    in_order(
        narrow, ["3 before: It was connected.", "3 before: A session was going on at connector 1 with the card TAG1"]
    )


async def test_explain_tells_of_our_own_start_and_of_a_charger_that_was_removed(
    app: App, charger: Callable[..., Any]
) -> None:
    now = datetime.now(UTC)
    await charger("CP1")
    home = await app.database.write(organizations.home)
    await app.database.write(lambda work: sessions.remove_station(work, home, "CP1", by="ann", close_sessions=False))
    around = partial(timeline.around, at=now, minutes=5, silent_after=timedelta(minutes=10))
    found = await app.database.read(around, home, "CP1")
    assert found.removed_at is not None
    in_order(
        [each.sentence for each in found.entries],
        ["This server was started", "It was added here.", "It connected.", "It was removed here."],
    )


async def test_explain_finds_its_moment_among_many_messages_and_says_when_it_left_some_out(app: App) -> None:
    home = await app.database.write(organizations.home)
    clock(app, -100)
    row, _ = await app.database.write(stations.create, home, app.keys, identity="CP1")
    one = Station(row.id, "CP1", home, "1.6", "accepted", True)

    def fill(work: Any) -> None:
        for number in range(3000):
            beat = Exchange("in", f"m{number}", "Heartbeat", "{}", "{}", "ok")
            message_log.add(work, one, beat, at=SIX + timedelta(seconds=number))

    await app.database.write(fill)
    clock(app, 60)
    few = await told(app, minute=20, minutes=1)
    assert [(each.kind, each.count) for each in few.entries] == [("message", 120)]
    many = await told(app, minute=25, minutes=25)
    (beats,) = [each for each in many.entries if each.kind == "message"]
    assert many.left_out and beats.count == 2 * timeline.MOST_MESSAGES
    assert beats.at == SIX + timedelta(minutes=25, seconds=-timeline.MOST_MESSAGES)


async def test_explain_hides_what_is_a_secret_by_its_kind(app: App, charger: Callable[..., Any]) -> None:
    clock(app, 0)
    one = await charger("CP1")
    await one.call("DataTransfer", {"vendorId": "ftp://ann:hunter2@example.org/x"})
    found = await told(app, minute=0)
    assert "example.org" in "\n".join(story(found)) and "hunter2" not in repr(found)


@pytest.mark.parametrize("at", [SIX + timedelta(minutes=61), datetime(9999, 1, 1, tzinfo=UTC)])
async def test_explain_a_time_that_has_not_come_is_said(app: App, charger: Callable[..., Any], at: datetime) -> None:
    clock(app, 60)
    await charger("CP1")
    home = await app.database.write(organizations.home)
    around = partial(timeline.around, at=at, minutes=5, silent_after=timedelta(minutes=10))
    with pytest.raises(Exception, match="has not come yet"):
        await app.database.read(around, home, "CP1")
