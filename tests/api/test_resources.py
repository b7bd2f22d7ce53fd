"""The resources as a client sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stationmaster.domain import (
    alarms,
    connections,
    connectors,
    message_log,
    metering,
    organizations,
    quarantine,
    refused_connections,
    sessions,
    stations,
)
from stationmaster.domain.commands import Outcome
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.metering import Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Chargers, Client, listening

API = "/api/v1"


def speaking(row: Any) -> Station:
    return Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)


@pytest.fixture
async def charging(database: Database, charger: Any) -> dict[str, Any]:
    """CP1 charges on connector 1: 1,000 Wh at the start, 3,500 Wh and 7,200 W now."""
    station = speaking(charger)

    def begin(work: Work) -> int:
        connectors.report_status(
            work, station, evse=0, connector=0, state="available", status="Available", at=work.now, error_code="NoError"
        )
        connectors.report_status(
            work, station, evse=1, connector=1, state="charging", status="Charging", at=work.now, error_code="NoError"
        )
        return telling.start(work, station, 1, token="TAG1", at=Instant(began), meter=1000)

    began = await database.read(lambda work: work.now - timedelta(minutes=30))
    number = await database.write(begin)
    samples = [Sample("3500"), Sample("7200", "Power.Active.Import", "W"), Sample("41.5", "SoC", "Percent")]

    def measure(work: Work) -> None:
        metering.record(
            work,
            station,
            evse=1,
            transaction_id=str(number),
            taken=Instant(work.now),
            samples=samples,
            raw=msgspec.json.encode([{"value": "3500"}]),
        )

    await database.write(measure)
    return {"station": station, "number": number, "began": began}


async def test_a_station_is_created_with_its_secret_once(admin: Client) -> None:
    made = await admin.post(f"{API}/stations", json={"id": "CP7", "name": "Gate"})
    assert made.status_code == 201
    assert len(made.json()["secret"]) >= 16
    got = (await admin.get(f"{API}/stations/CP7")).json()
    assert "secret" not in got
    assert got == {name: value for name, value in made.json().items() if name != "secret"}
    assert got["name"] == "Gate"
    assert got["booted"] is False
    again = await admin.post(f"{API}/stations", json={"id": "CP7"})
    assert again.status_code == 409


async def test_a_station_with_a_secret_of_ones_own(admin: Client) -> None:
    made = await admin.post(f"{API}/stations", json={"id": "CP7", "secret": "sixteen bytes ok"})
    assert made.json()["secret"] == "sixteen bytes ok"
    short = await admin.post(f"{API}/stations", json={"id": "CP8", "secret": "short"})
    assert short.status_code == 422
    assert short.json()["errors"][0]["field"] == "secret"


async def test_DAT_09_a_field_that_is_left_out_stays(admin: Client) -> None:
    await admin.post(f"{API}/sites", json={"name": "Yard"})
    await admin.post(f"{API}/stations", json={"id": "CP7", "name": "Gate", "site": "Yard"})
    changed = (await admin.patch(f"{API}/stations/CP7", json={"registration": "pending"})).json()
    assert (changed["name"], changed["site"], changed["registration"]) == ("Gate", "Yard", "pending")
    changed = (await admin.patch(f"{API}/stations/CP7", json={"site": None})).json()
    assert (changed["name"], changed["site"]) == ("Gate", None)
    wrong = await admin.patch(f"{API}/stations/CP7", json={"site": "Nowhere"})
    assert wrong.json()["errors"] == [
        {
            "field": "site",
            "reason": "there is no site named 'Nowhere'",
            "code": "there_is_no_site_named_name",
            "values": {"name": "Nowhere"},
        }
    ]


async def test_a_new_secret_and_the_end_of_a_station(admin: Client) -> None:
    first = (await admin.post(f"{API}/stations", json={"id": "CP7"})).json()["secret"]
    second = (await admin.post(f"{API}/stations/CP7/secret")).json()
    assert second["id"] == "CP7"
    assert second["secret"] != first
    assert (await admin.delete(f"{API}/stations/CP7")).status_code == 204
    assert (await admin.get(f"{API}/stations/CP7")).status_code == 404
    assert (await admin.post(f"{API}/stations", json={"id": "CP7"})).status_code == 201


async def test_a_station_shows_its_connectors_and_who_charges(admin: Client, charging: Any) -> None:
    station = (await admin.get(f"{API}/stations/CP1")).json()
    assert (station["status"], station["error_code"]) == ("Available", "NoError")
    assert (station["connected"], station["online"], station["booted"]) == (True, True, True)
    assert (station["vendor"], station["model"], station["serial"]) == ("Acme", "One", "S1")
    [connector] = station["connectors"]
    assert (connector["evse"], connector["connector"], connector["status"]) == (1, 1, "Charging")
    session = connector["session"]
    assert session["token"] == "TAG1"
    assert (session["energy_wh"], session["power_w"], session["soc_percent"]) == (2500, 7200, 41.5)


async def test_a_connector_that_charges_without_ever_being_reported_is_shown(
    admin: Client, database: Database, charger: Any
) -> None:
    def begin(work: Work) -> None:
        telling.start(work, speaking(charger), 2, token="T", at=Instant(work.now), meter=0)

    await database.write(begin)
    [connector] = (await admin.get(f"{API}/stations/CP1")).json()["connectors"]
    assert (connector["evse"], connector["status"], connector["session"]["energy_wh"]) == (2, None, None)


async def test_stations_are_searched_filtered_and_paged(admin: Client, charger: Any) -> None:
    for number in range(5):
        await admin.post(f"{API}/stations", json={"id": f"X{number}"})
    first = (await admin.get(f"{API}/stations", params={"limit": 4})).json()
    assert [each["id"] for each in first["items"]] == ["X4", "X3", "X2", "X1"]
    rest = (await admin.get(f"{API}/stations", params={"limit": 4, "cursor": first["next"]})).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (["X0", "CP1"], None)

    async def ids(**params: Any) -> list[str]:
        return [each["id"] for each in (await admin.get(f"{API}/stations", params=params)).json()["items"]]

    assert await ids(search="acme") == ["CP1"]
    assert await ids(search="%") == []
    assert await ids(connected=True) == ["CP1"]
    assert await ids(connected=False, limit=2) == ["X4", "X3"]
    [connection] = (await admin.get(f"{API}/connections")).json()["items"]
    assert (connection["station"], connection["version"], connection["source"]) == ("CP1", "1.6", "192.0.2.7")


async def test_status_counts_what_is_there(admin: Client, charging: Any) -> None:
    status = (await admin.get(f"{API}/status")).json()
    assert status["stations"] == {"total": 1, "connected": 1}
    assert status["sessions"] == {"active": 1}
    assert status["power_w"] == 7200
    assert status["messages"] == {"received": 7, "sent": 5, "refused_connections": 2, "logged_bytes": 4096}
    assert status["database"]["ok"] is True


async def test_an_active_session_shows_what_it_took_so_far(admin: Client, charging: Any) -> None:
    params = {"station": "CP1", "token": "TAG1", "status": "active"}
    [session] = (await admin.get(f"{API}/sessions", params=params)).json()["items"]
    assert session["transaction_id"] == str(charging["number"])
    assert (session["meter_start_wh"], session["meter_stop_wh"], session["energy_wh"]) == (1000, None, 2500)
    assert session["power_w"] == 7200
    for other in ({"station": "CP2"}, {"token": "TAG2"}, {"status": "completed"}):
        assert (await admin.get(f"{API}/sessions", params=params | other)).json()["items"] == []


async def test_a_charger_may_tell_one_measurand_at_a_time(admin: Client, charging: Any, database: Database) -> None:
    def measure(work: Work, sample: Sample) -> None:
        metering.record(
            work,
            charging["station"],
            evse=1,
            transaction_id=str(charging["number"]),
            taken=Instant(work.now),
            samples=[sample],
            raw=sample.value.encode(),
        )

    await database.write(measure, Sample("4000"))
    await database.write(measure, Sample("6900", "Power.Active.Import", "W"))
    [session] = (await admin.get(f"{API}/sessions")).json()["items"]
    assert (session["energy_wh"], session["power_w"], session["soc_percent"]) == (3000, 6900, 41.5)
    one = (await admin.get(f"{API}/sessions/{session['id']}")).json()
    assert (one["energy_wh"], one["power_w"]) == (3000, 6900)
    assert len(one["meter_values"]) == 3
    assert (await admin.get(f"{API}/status")).json()["power_w"] == 6900


async def test_an_ended_session_shows_its_meter_values(admin: Client, charging: Any, database: Database) -> None:
    def end(work: Work) -> None:
        at = Instant(work.now + timedelta(minutes=1))
        telling.stop(
            work,
            charging["station"],
            charging["number"],
            at=at,
            meter=Decimal("3600.5"),
            reason="car_disconnected",
            reason_told="EVDisconnected",
        )

    await database.write(end)
    [listed] = (await admin.get(f"{API}/sessions", params={"status": "completed"})).json()["items"]
    assert (listed["energy_wh"], listed["power_w"], listed["stop_reason"]) == (2600.5, None, "car_disconnected")
    one = (await admin.get(f"{API}/sessions/{listed['id']}")).json()
    [value] = one.pop("meter_values")
    assert (value["energy_wh"], value["power_w"], value["samples"]) == (3500, 7200, [{"value": "3500"}])
    assert [point["energy_wh"] for point in one.pop("series")] == [0, 2500, 2600.5]
    assert [one.pop(name) for name in ("reasons", "left_out", "proposals")] == [[], [], []]
    assert one == listed | {"values_dropped": False}
    assert (await admin.get(f"{API}/sessions/nothing")).status_code == 404


def told(work: Work, charging: Any, registers: Sequence[int]) -> None:
    """A register each second, from a minute ago on."""
    for second, register in enumerate(registers):
        metering.record(
            work,
            charging["station"],
            evse=1,
            transaction_id=str(charging["number"]),
            taken=Instant(work.now + timedelta(seconds=second - 60), str(second)),
            samples=[Sample(str(register))],
            raw=f'[{{"value":"{register}"}}]'.encode(),
        )


async def test_E11_the_series_of_a_session_ends_with_its_headline_and_says_why(
    admin: Client, charging: Any, database: Database
) -> None:
    await database.write(told, charging, [3100, 1_234_900, 0, 40])
    [listed] = (await admin.get(f"{API}/sessions")).json()["items"]
    one = (await admin.get(f"{API}/sessions/{listed['id']}")).json()
    assert one["energy_wh"] == listed["energy_wh"] == one["series"][-1]["energy_wh"] == 2500
    assert (1_234_900, "outlier") in [(left["register_wh"], left["why"]) for left in one["left_out"]]
    await database.write(
        lambda work: telling.stop(
            work,
            charging["station"],
            charging["number"],
            at=Instant(charging["began"] + timedelta(minutes=30)),
            meter=Decimal(900_000),
        )
    )
    held = (await admin.get(f"{API}/sessions/{listed['id']}")).json()
    assert (held["energy_wh"], held["series"], held["review"]) == (None, [], True)
    assert [reason["flag"] for reason in held["reasons"]] == held["flags"] == ["register_jump"]
    assert "jumped" in held["reasons"][0]["text"]
    assert {"energy_wh": 3600, "how": "power"}.items() <= held["proposals"][-1].items()


@pytest.mark.parametrize("values", [1999, 2000, 2500])
async def test_O3_the_first_and_the_last_of_many_meter_values_can_be_reached(
    admin: Client, charging: Any, database: Database, values: int
) -> None:
    await database.write(told, charging, range(3500, 3500 + values))
    [session] = (await admin.get(f"{API}/sessions")).json()["items"]
    shown = (await admin.get(f"{API}/sessions/{session['id']}")).json()["meter_values"]
    assert len(shown) == min(values + 1, 2000)
    assert (shown[0]["power_w"], shown[-1]["energy_wh"]) == (7200, 3499 + values)
    page, found = f"{API}/sessions/{session['id']}/meter-values", 0
    cursor: str | None = None
    while True:
        params = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
        answer = (await admin.get(page, params=params)).json()
        found, cursor = found + len(answer["items"]), answer["next"]
        if cursor is None:
            break
    assert (found, answer["items"][-1]["power_w"]) == (values + 1, 7200)


async def test_ATK_08_one_unreadable_row_does_not_break_a_page(
    admin: Client, charging: Any, database: Database
) -> None:
    def spoil(work: Work) -> None:
        work.execute(metering.meter_values.update().values(samples="not json"))

    await database.write(spoil)
    [session] = (await admin.get(f"{API}/sessions")).json()["items"]
    detail = await admin.get(f"{API}/sessions/{session['id']}")
    assert detail.json()["meter_values"][0]["samples"] == ["not json"]


async def test_tokens_live_their_life(admin: Client) -> None:
    made = await admin.post(f"{API}/tokens", json={"uid": "04A1b2", "expires_at": "2030-01-01T00:00:00+01:00"})
    assert made.status_code == 201
    assert made.json()["expires_at"] == "2029-12-31T23:00:00Z"
    assert (await admin.post(f"{API}/tokens", json={"uid": "04a1B2"})).status_code == 409
    changed = (await admin.patch(f"{API}/tokens/04a1b2", json={"status": "blocked", "label": "Van"})).json()
    assert (changed["uid"], changed["status"], changed["label"]) == ("04A1b2", "blocked", "Van")
    assert changed["expires_at"] is not None
    assert (await admin.get(f"{API}/tokens")).json()["items"] == [changed]
    assert (await admin.delete(f"{API}/tokens/04A1B2")).status_code == 204
    assert (await admin.get(f"{API}/tokens/04A1B2")).status_code == 404
    for kind in ("ISO14443", "Central"):  # P-07
        made = await admin.post(f"{API}/tokens", json={"uid": "04A1B2", "kind": kind})
        assert (made.status_code, made.json()["kind"]) == (201, kind)
    assert (await admin.get(f"{API}/tokens/04A1B2")).status_code == 409
    found = await admin.get(f"{API}/tokens/04A1B2", params={"kind": "Central"})
    assert (found.status_code, found.json()["kind"]) == (200, "Central")


async def test_sites_have_one_name_each(admin: Client) -> None:
    made = await admin.post(f"{API}/sites", json={"name": "Yard", "address": "1 Quay"})
    assert (made.status_code, made.json()["address"]) == (201, "1 Quay")
    assert (await admin.post(f"{API}/sites", json={"name": "Yard"})).status_code == 409
    assert [each["name"] for each in (await admin.get(f"{API}/sites")).json()["items"]] == ["Yard"]


async def test_the_frame_log_is_read_newest_first(admin: Client, charger: Any, database: Database) -> None:
    def log(work: Work) -> None:
        for number, action in enumerate(("BootNotification", "Heartbeat", "Heartbeat")):
            message_log.add(
                work,
                speaking(charger),
                Exchange("in", f"m{number}", action, "{}", "{}", "ok", 1.5),
            )

    await database.write(log)
    items = (await admin.get(f"{API}/stations/CP1/messages")).json()["items"]
    assert [each["message_id"] for each in items] == ["m2", "m1", "m0"]
    assert len({each["id"] for each in items}) == 3
    only = (await admin.get(f"{API}/stations/CP1/messages", params={"action": "Heartbeat", "limit": 1})).json()
    assert [each["message_id"] for each in only["items"]] == ["m2"]
    params = {"action": "Heartbeat", "cursor": only["next"]}
    rest = (await admin.get(f"{API}/stations/CP1/messages", params=params)).json()
    assert [each["message_id"] for each in rest["items"]] == ["m1"]


@pytest.mark.parametrize(
    "remarks",
    [
        ["a; b", "c"],
        ["one"],
        [],
        ["", "an empty one before"],
        ['says "this; that"', "a\\b", "line\nbreak", "ünïcode ✓"],
        ['["looks", "like a list"]'],
        ["a", "a"],
    ],
    ids=str,
)
async def test_O7_remarks_are_a_list(admin: Client, charger: Any, database: Database, remarks: list[str]) -> None:
    """In the list, and on the page that watches; a semicolon in one of them makes no two of it."""
    told = Exchange("in", "m1", "Heartbeat", "{}", "{}", "ok", 1.5, tuple(remarks))
    async with listening(admin, "station=CP1") as page:
        await database.write(message_log.add, speaking(charger), told)
        assert (await page.until("message"))["remarks"] == remarks
    [item] = (await admin.get(f"{API}/stations/CP1/messages")).json()["items"]
    assert item["remarks"] == remarks


async def test_refused_connections_say_what_to_do(admin: Client, charger: Any, database: Database) -> None:
    def refuse(work: Work) -> None:
        refusals = [
            refused_connections.Refusal("NEW", "192.0.2.1", "unknown_station", "/ocpp/NEW", work.now, ("ocpp1.6",)),
            refused_connections.Refusal("CP1", "192.0.2.1", "wrong_password", "/ocpp/CP1", work.now),
        ]
        refused_connections.keep(work, refusals)
        connections.disconnected(work, speaking(charger), node="here", reason="lost")

    await database.write(refuse)
    items = (await admin.get(f"{API}/refused-connections")).json()["items"]
    assert [(each["identity"], each["reason"], each["count"]) for each in items] == [
        ("CP1", "wrong_password", 1),
        ("NEW", "unknown_station", 1),
    ]
    assert "NEW" in items[1]["explanation"]
    assert items[1]["offered_protocols"] == ["ocpp1.6"]
    moments = (await admin.get(f"{API}/stations/CP1/connections")).json()["items"]
    assert [(each["event"], each["detail"]) for each in moments] == [
        ("disconnected", "lost"),
        ("online", None),
        ("connected", "192.0.2.7"),
    ]


async def test_TX_07_what_fits_nothing_waits_for_a_person(admin: Client, charger: Any, database: Database) -> None:
    def strange(work: Work) -> None:
        quarantine.keep(
            work, speaking(charger), action="StopTransaction", reason="unknown", content='{"x":1}', content_key="k"
        )
        alarms.raise_alarm(work, speaking(charger), kind="foreign_transaction", detail="look")
        metering.record(
            work,
            speaking(charger),
            evse=1,
            transaction_id="99",
            taken=Instant(work.now),
            samples=[Sample("5")],
            raw=b'[{"value":"5"}]',
        )

    await database.write(strange)
    [entry] = (await admin.get(f"{API}/quarantine")).json()["items"]
    assert (entry["station"], entry["action"], entry["content"]) == ("CP1", "StopTransaction", '{"x":1}')
    assert (await admin.post(f"{API}/quarantine/{entry['id']}/resolve")).status_code == 204
    assert (await admin.get(f"{API}/quarantine")).json()["items"] == []
    assert (await admin.post(f"{API}/quarantine/4711/resolve")).status_code == 404
    [alarm] = (await admin.get(f"{API}/alarms", params={"station": "CP1"})).json()["items"]
    assert (alarm["kind"], alarm["detail"]) == ("foreign_transaction", "look")
    assert (await admin.get(f"{API}/status")).json()["review"] == {"sessions": 0, "alarms": 1, "quarantine": 0}
    for _ in range(2):  # the second time changes nothing
        assert (await admin.post(f"{API}/alarms/{alarm['id']}/resolve")).status_code == 204
    assert (await admin.post(f"{API}/alarms/4711/resolve")).status_code == 404
    assert (await admin.get(f"{API}/alarms", params={"open": True})).json()["items"] == []
    assert (await admin.get(f"{API}/alarms")).json()["items"][0]["resolved_at"]
    [orphan] = (await admin.get(f"{API}/stations/CP1/orphan-meter-values")).json()["items"]
    assert (orphan["transaction_id"], orphan["value"]["energy_wh"]) == ("99", 5)


async def test_a_session_that_is_held_is_released_by_a_person(admin: Client, charging: Any, database: Database) -> None:
    def hold(work: Work) -> None:
        work.execute(sessions.sessions.update().values(review=True))

    assert (await admin.get(f"{API}/sessions", params={"review": True})).json()["items"] == []
    await database.write(hold)
    heard: list[Any] = []
    database.after_commit.append(heard.extend)
    [held] = (await admin.get(f"{API}/sessions", params={"review": True})).json()["items"]
    assert (await admin.get(f"{API}/status")).json()["review"]["sessions"] == 1
    for _ in range(2):
        assert (await admin.post(f"{API}/sessions/{held['id']}/reviewed")).status_code == 204
    assert (await admin.post(f"{API}/sessions/none/reviewed")).status_code == 404
    assert (await admin.get(f"{API}/sessions/{held['id']}")).json()["review"] is False
    assert (await admin.get(f"{API}/sessions", params={"review": True})).json()["items"] == []
    [told] = heard
    assert (told.session.id, told.session.review, told.station) == (held["id"], False, held["station"])


async def test_API_11_another_organizations_things_do_not_exist(
    admin: Client, charging: Any, database: Database, context: Any
) -> None:
    def move(work: Work) -> int:
        other = organizations.create(work, name="Other").id
        mine = stations.create(work, other, context.keys, identity="THEIRS")[0]
        theirs = Station(mine.id, "THEIRS", other, "1.6", "accepted", True)
        telling.start(work, theirs, 1, token="T", at=Instant(work.now), meter=0)
        quarantine.keep(work, theirs, action="StopTransaction", reason="r", content="c", content_key="k")
        alarms.raise_alarm(work, theirs, kind="k", detail="d")
        refused_connections.keep(
            work, [refused_connections.Refusal("THEIRS", "192.0.2.1", "wrong_password", "/", work.now)]
        )
        return int(work.execute(quarantine.quarantine.select()).one().id)

    entry = await database.write(move)

    def their_session(work: Work) -> str:
        chosen = sessions.sessions.select().where(sessions.sessions.c.token == "T")
        return str(work.execute(chosen).one().public_id)

    session = await database.read(their_session)
    for path in ("", "/commands", "/connections", "/messages", "/orphan-meter-values"):
        assert (await admin.get(f"{API}/stations/THEIRS{path}")).status_code == 404
        assert (await admin.get(f"{API}/stations/CP1{path}")).status_code == 200
    assert (await admin.get(f"{API}/events", params={"station": "THEIRS"})).status_code == 404
    assert (await admin.get(f"{API}/sessions/{session}")).status_code == 404
    assert (await admin.patch(f"{API}/stations/THEIRS", json={"name": "x"})).status_code == 404
    assert (await admin.delete(f"{API}/stations/THEIRS")).status_code == 404
    assert (await admin.post(f"{API}/stations/THEIRS/secret")).status_code == 404
    assert (await admin.post(f"{API}/stations/THEIRS/commands/reset")).status_code == 404
    call = {"action": "Reset", "payload": {}}
    assert (await admin.post(f"{API}/stations/THEIRS/call", json=call)).status_code == 404
    for path in (f"quarantine/{entry}/resolve", "alarms/1/resolve", f"sessions/{session}/reviewed"):
        assert (await admin.post(f"{API}/{path}")).status_code == 404
    for path in ("stations", "sessions", "quarantine", "alarms", "refused-connections"):
        assert "THEIRS" not in (await admin.get(f"{API}/{path}")).text
    assert (await admin.get(f"{API}/status")).json()["stations"]["total"] == 1
    assert set((await admin.get(f"{API}/status")).json()["review"].values()) == {0}


async def test_a_command_is_asked_and_remembered(admin: Client, charger: Any, chargers: Chargers) -> None:
    asked = await admin.post(f"{API}/stations/CP1/commands/remote-start", json={"token": "TAG1", "evse": 1})
    assert asked.status_code == 200
    assert (asked.json()["name"], asked.json()["status"]) == ("remote-start", "accepted")
    assert asked.json()["asked_by"] == "administrator@example.com"
    [(station_id, command)] = chargers.asked
    assert station_id == charger.id
    assert (command.token, command.evse) == ("TAG1", 1)
    assert (await admin.get(f"{API}/stations/CP1/commands")).json()["items"] == [asked.json()]


async def test_a_command_without_arguments_needs_no_body(admin: Client, charger: Any, chargers: Chargers) -> None:
    for name in ("clear-cache", "reset", "get-configuration"):
        for body in (None, {}):
            assert (await admin.post(f"{API}/stations/CP1/commands/{name}", json=body)).status_code == 200
    assert len(chargers.asked) == 6


WRONG_COMMANDS: list[tuple[str, Any, int, str | None]] = [
    ("remote-start", None, 422, "body"),
    ("remote-start", {}, 422, "token"),
    ("remote-start", {"token": "T", "evse": 0}, 422, "evse"),
    ("remote-start", {"token": "T", "evse": "1"}, 422, "evse"),
    ("remote-start", {"token": "T", "color": "red"}, 422, "color"),
    ("reset", {"kind": "medium"}, 422, "kind"),
    ("get-configuration", {"keys": ["ok", ""]}, 422, "keys[1]"),
    ("make-coffee", {}, 404, None),
]


async def test_a_wrong_command_says_what_is_wrong(admin: Client, charger: Any, chargers: Chargers) -> None:
    for name, body, status, field in WRONG_COMMANDS:
        answer = await admin.post(f"{API}/stations/CP1/commands/{name}", json=body)
        assert answer.status_code == status
        assert [each["field"] for each in answer.json()["errors"]] == ([field] if field else [])
    assert chargers.asked == []


async def test_a_charger_that_is_away_cannot_be_asked(admin: Client, charger: Any, chargers: Chargers) -> None:
    chargers.there.clear()
    answer = await admin.post(f"{API}/stations/CP1/commands/reset")
    assert (answer.status_code, answer.json()["detail"]) == (409, "the charger is not connected")
    call = {"action": "Reset", "payload": {}}
    assert (await admin.post(f"{API}/stations/CP1/call", json=call)).status_code == 409


ANSWERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"kind": "result", "payload": {"a": 1}, "took_ms": 2.5},
        {"type": "CALLRESULT", "payload": {"a": 1}, "took_ms": 2.5},
    ),
    (
        {"kind": "error", "code": "NotSupported", "description": "no", "details": {"x": 1}},
        {"type": "CALLERROR", "code": "NotSupported", "description": "no", "details": {"x": 1}},
    ),
    ({"kind": "timeout"}, {"type": "TIMEOUT"}),
    ({"kind": "lost"}, {"type": "LOST"}),
]


async def test_a_raw_call_gets_the_chargers_own_answer(admin: Client, charger: Any, chargers: Chargers) -> None:
    body = {"action": "Anything", "payload": {"deep": {"er": [1]}}, "timeout_s": 1.5}
    for outcome, said in ANSWERS:
        chargers.outcome = Outcome(**outcome)
        answer = await admin.post(f"{API}/stations/CP1/call", json=body)
        assert (answer.status_code, answer.json()) == (200, said)
    assert chargers.asked == [(charger.id, ("Anything", {"deep": {"er": [1]}}, 1.5))] * 4


async def test_a_raw_call_over_a_lost_connection_is_a_conflict(admin: Client, charger: Any, chargers: Chargers) -> None:
    chargers.outcome = Outcome("replaced")
    answer = await admin.post(f"{API}/stations/CP1/call", json={"action": "A", "payload": {}})
    assert answer.status_code == 409


async def test_the_lists_agree_on_paging(as_role: Callable[..., Any], charger: Any) -> None:
    viewer = await as_role("viewer")
    lists = ["stations", "tokens", "sites", "sessions", "connections", "refused-connections", "quarantine", "alarms"]
    lists += [f"stations/CP1/{name}" for name in ("messages", "commands", "connections", "orphan-meter-values")]
    for name in lists:
        good = await viewer.get(f"{API}/{name}", params={"limit": 200})
        assert set(good.json()) == {"items", "next"}, name
        for wrong in ({"limit": 201}, {"limit": 0}, {"limit": "many"}, {"cursor": "%%%"}):  # API-15
            answer = await viewer.get(f"{API}/{name}", params=wrong)
            assert answer.status_code == 422, (name, wrong)
            assert answer.json()["errors"][0]["field"] == next(iter(wrong))
