"""What a person does to a session: ends, corrects, leaves out, takes back; and what becomes of it without a word (O-01, O-02)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from stationmaster.background.retention import drop_old_values
from stationmaster.domain import connections, metering, organizations, sessions
from stationmaster.domain.metering import Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Chargers, Client, listening

API = "/api/v1"
AT = datetime(2026, 11, 1, 15, tzinfo=UTC)
LAST = AT + timedelta(minutes=80)  # 16:20


@pytest.fixture
async def open_session(database: Database, charger: Any) -> Any:
    """CP1 began at 15:00 with 10,000 Wh and told 14,320 Wh at 16:20; then nothing. Its station and its number."""
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def charge(work: Work) -> int:
        number = telling.start(work, station, at=AT, meter=10_000)
        metering.record(
            work,
            station,
            evse=1,
            transaction_id=str(number),
            taken=Instant(LAST, "16:20"),
            samples=[Sample("14320")],
            raw=msgspec.json.encode([{"value": "14320"}]),
        )
        return number

    return station, await database.write(charge)


async def the_session(admin: Client) -> Any:
    [session] = (await admin.get(f"{API}/sessions")).json()["items"]
    return session


async def do(client: Client, action: str, **body: Any) -> Any:
    session = await the_session(client)
    return await client.post(f"{API}/sessions/{session['id']}/{action}", json={"note": "charger stolen"} | body)


async def changes(admin: Client) -> Any:
    session = await the_session(admin)
    return (await admin.get(f"{API}/sessions/{session['id']}/changes")).json()["items"]


async def test_O_01_L10_a_session_is_ended_by_hand_with_its_last_value(
    admin: Client, open_session: Any, chargers: Chargers
) -> None:
    async with listening(admin) as page:
        answer = await do(admin, "end")
        assert answer.status_code == 200, answer.text
        assert (await page.until("session_ended"))["session"]["energy_wh"] == 4320
    session = await the_session(admin)
    assert session == answer.json()
    assert (session["status"], session["energy_wh"], session["review"]) == ("completed", 4320, True)
    assert session["stopped_at"] == "2026-11-01T16:20:00Z"
    assert {"estimated", "ended_by_operator"} <= set(session["flags"])
    assert (session["stop_reason"], session["stop_reason_told"]) == ("operator", None)
    assert chargers.asked == []
    [change] = await changes(admin)
    assert (change["kind"], change["by"], change["note"]) == ("ended", "administrator@example.com", "charger stolen")
    assert (change["before"]["energy_wh"], change["after"]["energy_wh"]) == (None, 4320)
    assert (await do(admin, "end")).status_code == 409


async def test_O_01_other_values_may_be_given_and_both_are_kept(admin: Client, open_session: Any) -> None:
    answer = await do(admin, "end", stopped_at="2026-11-01T16:40:00Z", meter_stop_wh=15000)
    session = answer.json()
    assert (session["energy_wh"], session["meter_stop_wh"], session["review"]) == (5000, 15000, True)
    assert session["stopped_at"] == "2026-11-01T16:40:00Z"
    [change] = await changes(admin)
    assert change["after"]["energy_wh"] == 5000
    again = (await do(admin, "correct", energy_wh="4320.5")).json()
    assert (again["energy_wh"], again["review"], "corrected_by_operator" in again["flags"]) == (4320.5, False, True)
    [_, second] = await changes(admin)
    assert (second["before"]["energy_wh"], second["after"]["energy_wh"]) == (5000, 4320.5)


async def test_O_01_the_stop_comes_later_and_is_a_correction(
    admin: Client, open_session: Any, database: Database
) -> None:
    station, number = open_session
    await do(admin, "end")
    await database.write(telling.stop, station, number, at=AT + timedelta(hours=2), meter=16_000)
    session = await the_session(admin)
    assert (session["energy_wh"], session["stop_reason"], session["review"]) == (6000, "local", True)
    assert {"ended_by_operator", "corrected"} <= set(session["flags"])
    [_, late] = await changes(admin)
    assert (late["kind"], late["by"], late["before"]["energy_wh"], late["after"]["energy_wh"]) == (
        "told_late",
        None,
        4320,
        6000,
    )
    assert (await do(admin, "undo")).status_code == 409  # the charger has spoken


async def test_O_01_it_may_be_undone_and_charges_on(admin: Client, open_session: Any, database: Database) -> None:
    station, number = open_session
    before = await the_session(admin)
    await do(admin, "end", energy_wh=1)
    undone = await do(admin, "undo")
    assert undone.status_code == 200, undone.text
    assert await the_session(admin) == before
    assert [change["kind"] for change in await changes(admin)] == ["ended", "undone"]
    assert (await do(admin, "undo")).status_code == 409
    await database.write(telling.stop, station, number, at=AT + timedelta(hours=2), meter=16_000)
    session = await the_session(admin)
    assert (session["energy_wh"], session["flags"], session["review"]) == (6000, [], False)


async def test_a_stop_does_not_overwrite_what_a_person_has_corrected(
    admin: Client, open_session: Any, database: Database
) -> None:
    station, number = open_session
    await do(admin, "end")
    await do(admin, "correct", energy_wh=4000)
    await database.write(telling.stop, station, number, at=AT + timedelta(hours=2), meter=16_000)
    assert (await the_session(admin))["energy_wh"] == 4000
    [entry] = (await admin.get(f"{API}/quarantine")).json()["items"]
    assert "a person has corrected" in entry["reason"]


async def test_a_session_is_left_out_and_counted_again(admin: Client, open_session: Any) -> None:
    assert (await do(admin, "exclude")).status_code == 409  # it is still going on
    await do(admin, "end")
    left_out = (await do(admin, "exclude")).json()
    assert (left_out["excluded"], left_out["review"], left_out["energy_wh"]) == (True, False, 4320)
    for wanted, count in ((True, 1), (False, 0)):
        listed = await admin.get(f"{API}/sessions", params={"excluded": wanted})
        assert len(listed.json()["items"]) == count
    assert (await do(admin, "exclude")).status_code == 409
    back = (await do(admin, "restore")).json()
    assert (back["excluded"], back["review"]) == (False, True)
    assert (await do(admin, "restore")).status_code == 409
    assert (await do(admin, "undo")).json()["excluded"] is True
    assert (await do(admin, "undo")).json()["excluded"] is False
    assert (await do(admin, "undo")).json()["status"] == "active"


@pytest.mark.parametrize(
    "action, body, field",
    [
        ("end", {"note": ""}, "note"),
        ("end", {"note": "  "}, "note"),
        ("end", {"energy_wh": -1}, "energy_wh"),
        ("end", {"energy_wh": 1e15}, "energy_wh"),
        ("end", {"meter_stop_wh": 9999}, "meter_stop_wh"),
        ("end", {"stopped_at": "2026-11-01T14:59:00Z"}, "stopped_at"),
        ("end", {"stopped_at": "2999-01-01T00:00:00Z"}, "stopped_at"),
        ("end", {"stopped_at": "2026-11-01T16:00:00"}, "stopped_at"),
        ("end", {"surprise": 1}, "surprise"),
        ("correct", {}, "energy_wh"),
    ],
)
async def test_what_cannot_be_right_is_refused_at_its_field(
    admin: Client, open_session: Any, action: str, body: dict[str, Any], field: str
) -> None:
    if action == "correct":
        await do(admin, "end")
    before = await the_session(admin)
    answer = await do(admin, action, **body)
    assert answer.status_code in (400, 422), answer.text
    assert field in answer.text
    assert await the_session(admin) == before


async def test_who_may_not_correct_sessions_is_refused(
    admin: Client, open_session: Any, as_role: Callable[..., Any]
) -> None:
    viewer, operator = await as_role("viewer"), await as_role("operator")
    for action in ("end", "correct", "exclude", "restore", "undo"):
        assert (await do(viewer, action)).status_code == 403
    assert (await do(operator, "end")).status_code == 200
    assert len(await changes(viewer)) == 1


async def test_API_11_another_organizations_session_does_not_exist(
    admin: Client, database: Database, open_session: Any
) -> None:
    def give_away(work: Work) -> None:
        other = organizations.create(work, name="Other")
        work.execute(update(sessions.sessions).values(organization_id=other.id))

    session = await the_session(admin)
    await database.write(give_away)
    for action in ("end", "correct", "exclude", "restore", "undo"):
        answer = await admin.post(
            f"{API}/sessions/{session['id']}/{action}",
            json={"note": "n", **({"energy_wh": 1} if action == "correct" else {})},
        )
        assert answer.status_code == 404
    assert (await admin.get(f"{API}/sessions/{session['id']}/changes")).status_code == 404


# O-02: a charger that is deleted, or does not say a word


async def test_O_02_L9_deleting_a_charger_that_charges_asks_first(admin: Client, open_session: Any) -> None:
    refused = await admin.delete(f"{API}/stations/CP1")
    assert (refused.status_code, "close_sessions" in refused.text) == (409, True)
    assert (await the_session(admin))["status"] == "active"
    assert (await admin.delete(f"{API}/stations/CP1", params={"close_sessions": True})).status_code == 204
    session = await the_session(admin)
    assert (session["status"], session["energy_wh"], session["review"]) == ("completed", 4320, True)
    [change] = await changes(admin)
    assert change["by"] == "administrator@example.com"


async def test_O_02_a_charger_that_charges_nothing_is_deleted_without_asking(admin: Client, charger: Any) -> None:
    assert (await admin.delete(f"{API}/stations/CP1")).status_code == 204


@pytest.mark.every_case
@pytest.mark.parametrize(
    "hours, flagged, status",
    [(23, False, "active"), (25, True, "active"), (167, True, "active"), (169, True, "completed")],
)
async def test_O_02_a_session_without_a_word_goes_to_review_and_is_closed_after_a_week(
    admin: Client, open_session: Any, database: Database, hours: int, flagged: bool, status: str
) -> None:
    station, _ = open_session
    now = database.clock()
    await database.write(connections.disconnected, station, node="here", reason="lost")
    database.clock = lambda: now + timedelta(hours=hours)
    closed = await database.write(sessions.watch)
    assert await database.write(sessions.watch) == 0
    session = await database.read(lambda work: work.execute(sessions.sessions.select()).one())
    assert (session.status, session.review, "silent" in (session.flags or ())) == (status, flagged, flagged)
    assert closed == (status == "completed")
    if closed:
        assert (session.energy_wh, session.stopped_at, session.stop_reason) == (Decimal(4320), LAST, "silent")
        assert "estimated" in session.flags


async def test_O_02_when_the_charger_is_back_its_session_is_as_it_was(
    admin: Client, open_session: Any, database: Database, chargers: Chargers, charger: Any
) -> None:
    station, _ = open_session
    now = database.clock()
    await database.write(connections.disconnected, station, node="here", reason="lost")
    database.clock = lambda: now + timedelta(hours=30)
    await database.write(sessions.watch)
    await chargers.connect(charger)
    await database.write(sessions.watch)
    session = await database.read(lambda work: work.execute(sessions.sessions.select()).one())
    assert (session.status, session.review, session.flags, session.silent_since) == ("active", False, None, None)


async def test_O_02_a_charger_that_is_connected_may_be_quiet(
    admin: Client, open_session: Any, database: Database
) -> None:
    now = database.clock()
    database.clock = lambda: now + timedelta(days=30)
    assert await database.write(sessions.watch) == 0
    session = await database.read(lambda work: work.execute(sessions.sessions.select()).one())
    assert (session.status, session.review) == ("active", False)


async def test_O_02_what_a_person_has_looked_at_is_not_put_before_them_again(
    admin: Client, open_session: Any, database: Database
) -> None:
    station, _ = open_session
    now = database.clock()
    await database.write(connections.disconnected, station, node="here", reason="lost")
    database.clock = lambda: now + timedelta(hours=30)
    await database.write(sessions.watch)
    row = await database.read(lambda work: work.execute(sessions.sessions.select()).one())
    await database.write(sessions.review, row.organization_id, row.public_id, by="olive")
    await database.write(sessions.watch)
    assert await database.read(sessions.count_to_review, row.organization_id) == 0


async def test_where_meter_values_were_dropped_it_is_said_and_nothing_is_changed_any_more(
    admin: Client, open_session: Any, database: Database
) -> None:
    await do(admin, "end")
    path = f"{API}/sessions/{(await the_session(admin))['id']}"
    assert (await admin.post(f"{path}/reviewed")).status_code == 204
    before = (await admin.get(path)).json()
    assert (before["values_dropped"], len(before["meter_values"])) == (False, 1)
    clock, database.clock = database.clock, lambda: datetime.now(UTC) + timedelta(days=31)
    await drop_old_values(database, Retention(values_days=30))
    database.clock = clock  # whoever is logged in is so no more by then
    after = (await admin.get(path)).json()
    assert (after["values_dropped"], after["meter_values"], after["reasons"]) == (True, [], [])
    named = ("energy_wh", "meter_start_wh", "meter_stop_wh", "started_at", "stopped_at", "status", "review")
    assert {name: after[name] for name in named} == {name: before[name] for name in named}
    assert [point["energy_wh"] for point in after["series"]] == [0, 4320]
    refused = await do(admin, "correct", energy_wh=1)
    assert refused.status_code == 409
    assert "were dropped after their time" in refused.text
    price = await admin.get(f"{path}/price")
    assert (price.status_code, "has no bill" in price.text) == (409, True)
