"""Cards that a charger calls otherwise: other numbers, and bytes from the wrong end."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, stations, tokens
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.storage import Database
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored
from tests.handlers.test_field_experience import counted, drive, every_version, until_counted

ACCEPTED = {"status": "Accepted"}


async def connected(
    app: App, charger: Any, version: str, uid: str, *, alias: str | None = None, at: str | None = None
) -> Asked:
    """A charger, and a card that may have another number, at it or at all."""
    one = await Asked.connect(app, charger, version, Clock(app))
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid=uid)
    if alias is not None:
        await app.database.write(tokens.add_alias, home, uid, alias=alias, station=at)
    return one


@pytest.mark.every_case
@every_version
@pytest.mark.parametrize("at", [None, "CP1"])
async def test_another_number_of_a_card_is_that_card(
    app: App, charger: Any, stored: Stored, version: str, at: str | None
) -> None:
    one = await connected(app, charger, version, "04A1B2C3D4E5F6", alias="A1B2C3D4E5F6", at=at)
    assert await drive(one, "a1b2c3d4e5f6") == "Accepted"
    [row] = await stored.sessions()
    assert (row.token, row.stop_token, row.authorization) == ("04A1B2C3D4E5F6", "04A1B2C3D4E5F6", "accepted")


@pytest.mark.any_database
async def test_a_number_that_holds_at_another_charger_is_unknown_here(app: App, charger: Any) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP2")
    one = await connected(app, charger, "1.6", "CARD", alias="A1B2", at="CP2")
    assert await drive(one, "A1B2") == "Invalid"


@pytest.mark.any_database
async def test_a_blocked_card_is_blocked_under_each_of_its_numbers(app: App, charger: Any) -> None:
    one = await connected(app, charger, "1.6", "01020304", alias="99")
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.change, home, "01020304", {"status": "blocked"})
    for uid in ("99", "04030201"):
        assert (await one.call("Authorize", {"idTag": uid}))["idTagInfo"]["status"] == "Blocked"


@every_version
@pytest.mark.parametrize("uid", ["01020304", "04A1B2C3D4E5F6", "0102030405060708090A"])
@pytest.mark.any_database
async def test_a_card_whose_bytes_are_read_from_the_wrong_end_is_that_card(
    app: App, charger: Any, stored: Stored, version: str, uid: str
) -> None:
    one = await connected(app, charger, version, uid)
    turned = bytes.fromhex(uid)[::-1].hex()
    assert await drive(one, turned) == "Accepted"
    [row] = await stored.sessions()
    assert row.token == uid
    await until_counted(app, "card-from-the-wrong-end", (3, 0, "the number of a card"))


@pytest.mark.parametrize("uid", ["0403020", "040302010", "0403020G", "04 03 02 01", "40302010", "TAG1"[::-1]])
@pytest.mark.any_database
async def test_what_is_no_number_of_a_card_is_not_turned_round(app: App, charger: Any, uid: str) -> None:
    one = await connected(app, charger, "1.6", "01020304")
    assert await drive(one, uid) == "Invalid"
    assert await counted(app) == {}


@pytest.mark.any_database
async def test_a_card_that_reads_alike_both_ways_is_unknown_when_it_is(app: App, charger: Any) -> None:
    one = await connected(app, charger, "1.6", "01020304")
    assert await drive(one, "01020201") == "Invalid"


@every_version
async def test_a_charger_is_told_the_number_that_a_card_has_there(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    one = await connected(app, charger, version, "driver 17 of the app", alias="A1B2C3D4", at="CP1")
    _, [[_, sent]] = await one.ask(commands.RemoteStart("driver 17 of the app", evse=1), ACCEPTED)
    assert (sent["idTag"] if one.old else sent["idToken"]["idToken"]) == "A1B2C3D4"
    assert await drive(one, "A1B2C3D4") == "Accepted"
    [row] = await stored.sessions()
    assert row.token == "driver 17 of the app"
    [command] = await app.database.read(commands.listed, one.id, limit=1, cursor=None)
    assert command.session == row.public_id


@pytest.mark.any_database
async def test_a_number_of_this_charger_goes_before_one_of_all_and_the_newest_is_told(app: App, charger: Any) -> None:
    one = await connected(app, charger, "1.6", "EVERYWHERE", alias="A1B2")
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="HERE", status="blocked")
    for alias in ("0001", "A1B2"):
        await app.database.write(tokens.add_alias, home, "HERE", alias=alias, station="CP1")
    assert (await one.call("Authorize", {"idTag": "A1B2"}))["idTagInfo"]["status"] == "Blocked"
    _, [[_, sent]] = await one.ask(commands.SendLocalList(full=True), ACCEPTED)
    assert {each["idTag"] for each in sent["localAuthorizationList"]} == {"A1B2", "EVERYWHERE", "TAG1"}


@pytest.mark.any_database
async def test_a_list_of_cards_has_the_numbers_that_they_have_there(app: App, charger: Any) -> None:
    one = await connected(app, charger, "1.6", "a number of more than twenty characters", alias="A1B2", at="CP1")
    _, [[_, sent]] = await one.ask(commands.SendLocalList(full=True), ACCEPTED)
    assert {each["idTag"] for each in sent["localAuthorizationList"]} == {"A1B2", "TAG1"}


async def test_a_number_belongs_to_one_card(database: Database) -> None:
    home = await database.write(organizations.home)
    for uid in ("ONE", "TWO"):
        await database.write(tokens.add, home, uid=uid)
    await database.write(tokens.add_alias, home, "ONE", alias="a1", station=None)
    with pytest.raises(Conflict, match="'A1' is another number of a card already"):
        await database.write(tokens.add_alias, home, "TWO", alias="A1", station=None)
    with pytest.raises(Conflict, match="there is a card 'two'"):
        await database.write(tokens.add_alias, home, "ONE", alias="two", station=None)
    with pytest.raises(NotFound):
        await database.write(tokens.add_alias, home, "ONE", alias="A2", station="CP9")
    with pytest.raises(NotFound):
        await database.write(tokens.remove_alias, home, "TWO", alias="A1", station=None)
    await database.write(tokens.remove, home, "ONE")
    await database.write(tokens.add_alias, home, "TWO", alias="A1", station=None)  # it is free again
    [row] = await database.read(tokens.aliases_of, home, "TWO")
    assert (row.alias, row.station) == ("A1", None)
    await database.write(tokens.remove_alias, home, "TWO", alias="a1", station=None)
    assert await database.read(tokens.aliases_of, home, "TWO") == []
