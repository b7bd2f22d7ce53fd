"""Reservations in three versions: asked for, kept, used, given up, and over by themselves (D-07)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.background import awaited
from stationmaster.domain import commands, events, organizations, reservations, station_settings, tokens
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.gateway.switchboard import NotConnected
from tests.handlers.asking import START, Asked, Clock
from tests.handlers.conftest import Stored

UNTIL = START + timedelta(minutes=15)
RESERVE = commands.ReserveNow(token="TAG1", expires_at=UNTIL, evse=1)
ACCEPTED = {"status": "Accepted"}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def one(app: App, charger: Any, version: str, clock: Clock) -> Asked:
    """TAG1 and TAG2 are in one group, TAG3 is not."""
    one = await Asked.connect(app, charger, version, clock)
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.change, home, "TAG1", {"group": "FAMILY"})
    await app.database.write(tokens.add, home, uid="TAG2", group="FAMILY")
    await app.database.write(tokens.add, home, uid="TAG3", group="OTHERS")
    return one


async def only(stored: Stored) -> Any:
    [row] = await stored.rows(reservations.reservations)
    return row


async def reserved(one: Asked, stored: Stored, command: commands.Command = RESERVE) -> Any:
    """A reservation that the charger keeps."""
    await one.ask(command, ACCEPTED)
    row = await only(stored)
    assert (row.state, row.accepted_at) == ("accepted", START)
    return row


async def over(app: App, clock: Clock) -> None:
    """Its time passes."""
    clock.forward(15)
    await awaited.end_reservations(app.database)


@pytest.mark.any_database
async def test_a_reservation_is_asked_for_kept_and_used_by_the_session_that_names_it(
    one: Asked, stored: Stored, heard: list[Any], version: str
) -> None:
    await one.status("Available")
    came, [[action, sent]] = await one.ask(RESERVE, ACCEPTED)
    row = await only(stored)
    assert action == "ReserveNow"
    if version == "1.6":
        expected: dict[str, Any] = {"connectorId": 1, "expiryDate": "2026-11-01T10:15:00.000Z", "idTag": "TAG1"}
        expected |= {"reservationId": row.number, "parentIdTag": "FAMILY"}
    else:
        token = {"idToken": "TAG1", "type": "Central"}
        expected = {"id": row.number, "evseId": 1, "expiryDateTime": "2026-11-01T10:15:00.000Z", "idToken": token}
        expected["groupIdToken"] = {"idToken": "FAMILY", "type": "Central"}
    assert sent == expected
    assert (came.name, came.state, came.outcome, came.sentence) == (
        "reserve-now",
        "done",
        "accepted",
        "The charger keeps it.",
    )
    assert (row.state, row.token, row.group, row.evse) == ("accepted", "TAG1", "FAMILY", 1)
    await one.start("TAG3", evse=2, reservation=row.number)  # whoever it is, the charger says what it has come of
    row, session = await only(stored), await stored.session()
    assert (row.state, row.session, row.ended_at) == ("used", session.public_id, START)
    told = [event.reservation.state for event in heard if isinstance(event, events.ReservationChanged)]
    assert told == ["requested", "accepted", "used"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "card, evse, used",
    [
        ("TAG1", 1, True),
        ("tag1", 1, True),
        ("TAG2", 1, True),
        ("TAG3", 1, False),
        ("TAG1", 2, False),
        ("NOBODY", 1, False),
    ],
)
async def test_D_07_another_card_of_the_group_uses_it_without_naming_it(
    one: Asked, stored: Stored, card: str, evse: int, used: bool
) -> None:
    await reserved(one, stored)
    await one.start(card, evse=evse)
    assert (await only(stored)).state == ("used" if used else "accepted")


async def test_one_for_any_connector_is_used_at_any(one: Asked, stored: Stored, version: str) -> None:
    _, [[_, sent]] = await one.ask(commands.ReserveNow(token="TAG1", expires_at=UNTIL), ACCEPTED)
    assert sent.get("connectorId", sent.get("evseId")) == (0 if version == "1.6" else None)
    await one.start("TAG1", evse=2)
    assert (await only(stored)).state == "used"


@pytest.mark.any_database
async def test_D_07_nobody_comes_and_the_charger_says_nothing(
    app: App, one: Asked, stored: Stored, clock: Clock, version: str
) -> None:
    await one.status("Available")
    row = await reserved(one, stored)
    await one.status("Reserved")
    await awaited.end_reservations(app.database)
    assert (await only(stored)).state == "accepted"
    await over(app, clock)
    ended = await only(stored)
    assert (ended.state, ended.reason, ended.ended_at) == ("expired", "Nobody came.", UNTIL)
    clock.forward(5)
    await one.status("Available")
    if version != "1.6":
        told = {"reservationId": row.number, "reservationUpdateStatus": "Removed"}
        assert await one.call("ReservationStatusUpdate", told) == {}
    assert await only(stored) == ended


async def test_D_07_a_charger_that_has_forgotten_it_does_not_keep_it_from_expiring(
    app: App, one: Asked, stored: Stored, clock: Clock
) -> None:
    row = await reserved(one, stored)
    await one.status("Reserved")
    await one.status("Available")  # it has restarted
    assert (await only(stored)).reason == "The charger shows the connector as free again."
    came, _ = await one.ask(commands.CancelReservation(reservation=row.public_id), {"status": "Rejected"})
    knows_none = "The charger knows no such reservation. Here it ends when its time is over."
    assert (came.outcome, came.sentence) == ("rejected", knows_none)
    assert (await only(stored)).state == "accepted"
    await over(app, clock)
    assert (await only(stored)).state == "expired"


async def test_D_07_who_came_in_time_is_told_late(app: App, one: Asked, stored: Stored, clock: Clock) -> None:
    row = await reserved(one, stored)
    at = clock.text(10)
    await over(app, clock)
    clock.forward(60)
    clock.text = lambda minutes=0: at  # type: ignore[method-assign]  # the charger was offline
    await one.start("TAG2")
    assert (await only(stored)).state == "used"
    assert row.state == "accepted"


async def test_it_is_given_up(one: Asked, stored: Stored) -> None:
    row = await reserved(one, stored)
    cancel = commands.CancelReservation(reservation=row.public_id)
    came, calls = await one.ask(cancel, ACCEPTED)
    assert calls == [["CancelReservation", {"reservationId": row.number}]]
    assert (came.outcome, came.sentence) == ("accepted", "The charger has given it up.")
    assert (await only(stored)).state == "cancelled"
    with pytest.raises(Conflict, match="cancelled already"):
        await one.ask(cancel)
    with pytest.raises(NotFound):
        await one.ask(commands.CancelReservation(reservation="none"))


@pytest.mark.parametrize("status", ["Faulted", "Occupied", "Unavailable", "Rejected"])
async def test_a_refusal_says_why(app: App, one: Asked, stored: Stored, version: str, status: str) -> None:
    lacking = {
        "1.6": station_settings.Setting("SupportedFeatureProfiles", "Core,RemoteTrigger"),
        "2.0.1": station_settings.Setting("ReservationCtrlr/Available", "false"),
        "2.1": station_settings.Setting("ReservationCtrlr/Enabled", "False"),
    }[version]
    found = app.directory.find("CP1")
    assert found is not None
    await app.database.write(station_settings.learn, found.station, [lacking])
    came, _ = await one.ask(RESERVE, {"status": status})
    row = await only(stored)
    assert (came.state, came.outcome, row.state, row.accepted_at) == ("failed", "rejected", "refused", None)
    assert row.reason == came.sentence
    assert (lacking.name in row.reason) == (status == "Rejected")


@pytest.mark.parametrize("error", ["NotImplemented", "NotSupported", "InternalError"])
async def test_an_error_is_a_refusal(one: Asked, stored: Stored, error: str) -> None:
    came, _ = await one.ask(RESERVE, (error, "", {}))
    assert ((await only(stored)).state, came.state) == ("refused", "failed")
    assert (await only(stored)).reason == came.sentence


async def test_an_answer_that_is_none_is_a_refusal(one: Asked, stored: Stored) -> None:
    came, _ = await one.ask(RESERVE, {"state": "Accepted"})
    assert (came.outcome, (await only(stored)).state) == ("invalid_answer", "refused")


@pytest.mark.any_database
async def test_whether_it_is_kept_is_shown_by_the_connector_when_the_answer_is_lost(
    app: App, charger: Any, one: Asked, stored: Stored, clock: Clock, version: str
) -> None:
    asked = asyncio.create_task(app.switchboard.send(one.id, RESERVE, by="me"))
    await one.raw.receive()
    await one.raw.close()
    assert (await asked).outcome == "lost"
    assert (await only(stored)).state == "requested"
    again = await Asked.connect(app, charger, version, clock)
    await again.status("Reserved", evse=2)
    assert (await only(stored)).state == "requested"
    await again.status("Reserved")
    assert (await only(stored)).state == "accepted"


async def test_one_that_was_never_confirmed_is_over_as_well(app: App, one: Asked, stored: Stored, clock: Clock) -> None:
    asked = asyncio.create_task(app.switchboard.send(one.id, RESERVE, by="me"))
    await one.raw.receive()
    await one.raw.close()
    await asked
    await over(app, clock)
    row = await only(stored)
    never = "The charger never said whether it had taken it."
    assert (row.state, row.reason, row.accepted_at) == ("expired", never, None)


@pytest.mark.parametrize("none", [0, -1])
async def test_a_start_that_names_no_reservation_uses_none(one: Asked, stored: Stored, none: int) -> None:
    await reserved(one, stored)
    await one.start("TAG3", reservation=none)
    assert ((await only(stored)).state, (await stored.session()).reservation_id) == ("accepted", None)


async def test_ATK_05_the_number_of_another_charger_is_nobodys(
    app: App, charger: Any, one: Asked, stored: Stored, clock: Clock, version: str
) -> None:
    row = await reserved(one, stored)
    other = await Asked.connect(app, charger, version, clock, "CP2")
    await other.start("TAG1", reservation=row.number)
    if version != "1.6":
        told = {"reservationId": row.number, "reservationUpdateStatus": "Removed"}
        assert await other.call("ReservationStatusUpdate", told) == {}
    with pytest.raises(NotFound):
        await other.ask(commands.CancelReservation(reservation=row.public_id))
    assert await only(stored) == row


async def test_what_cannot_be_asked_is_refused_at_its_field(
    app: App, one: Asked, stored: Stored, clock: Clock, version: str
) -> None:
    with pytest.raises(Invalid, match="expires_at"):
        await one.ask(commands.ReserveNow(token="TAG1", expires_at=clock.now))
    with pytest.raises(Conflict, match="unknown"):
        await one.ask(commands.ReserveNow(token="NOBODY", expires_at=UNTIL))
    with pytest.raises(Invalid, match="token"):
        await one.ask(commands.ReserveNow(token="T" * (256 if version == "2.1" else 37), expires_at=UNTIL, force=True))
    if version != "2.1":
        with pytest.raises((Conflict, Invalid), match="type"):
            await one.ask(commands.ReserveNow(token="TAG1", expires_at=UNTIL, connector_type="cPlug"))
    assert await stored.rows(reservations.reservations) == []
    await one.raw.close()
    while app.switchboard.connections():
        await asyncio.sleep(0.001)
    with pytest.raises(NotConnected):
        await one.ask(RESERVE)


async def test_P_06_a_group_that_is_too_long_is_left_out_and_counts_all_the_same(
    app: App, one: Asked, stored: Stored, version: str
) -> None:
    group = "G" * (256 if version == "2.1" else 37)
    home = await app.database.write(organizations.home)
    for uid in ("TAG1", "TAG2"):
        await app.database.write(tokens.change, home, uid, {"group": group})
    _, [[_, sent]] = await one.ask(RESERVE, ACCEPTED)
    assert not sent.keys() & {"parentIdTag", "groupIdToken"}
    await one.start("TAG2")
    assert (await only(stored)).state == "used"


@pytest.mark.parametrize(
    "version, status, state",
    [
        ("2.0.1", "Expired", "expired"),
        ("2.0.1", "Removed", "removed"),
        ("2.1", "Expired", "expired"),
        ("2.1", "Removed", "removed"),
        ("2.1", "NoTransaction", "removed"),
    ],
)
async def test_H04_the_charger_says_how_it_has_ended(
    one: Asked, stored: Stored, version: str, status: str, state: str
) -> None:
    row = await reserved(one, stored)
    told = {"reservationId": row.number, "reservationUpdateStatus": status}
    assert await one.call("ReservationStatusUpdate", told) == {}
    assert (await only(stored)).state == state
    await one.start(reservation=row.number)  # and it was used after all
    assert (await only(stored)).state == "used"


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_it_may_be_named_after_the_start(one: Asked, stored: Stored, version: str) -> None:
    row = await reserved(one, stored)
    await one.event("Started", evse={"id": 2})
    await one.event("Updated", reservationId=row.number)
    session = await stored.session()
    assert (await only(stored)).session == session.public_id
    assert session.reservation_id == row.number


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_type_of_connector_is_reserved(one: Asked, stored: Stored, version: str) -> None:
    command = commands.ReserveNow(token="TAG1", expires_at=UNTIL, connector_type="cCCS2")
    _, [[_, sent]] = await one.ask(command, ACCEPTED)
    assert (sent["connectorType"], "evseId" in sent) == ("cCCS2", False)
