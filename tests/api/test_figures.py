"""Figures over the API: home, rows, files; and what only some may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.api.resources import reports
from stationmaster.background.figures import follow_sessions
from stationmaster.domain import connectors, refused_connections, sites, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.figures import following
from stationmaster.domain.refused_connections import Refusal
from stationmaster.domain.stations import Station
from stationmaster.storage import Database
from tests import telling
from tests.api.conftest import NOW, Client


@pytest.fixture
async def charged(database: Database, charger: Any) -> Station:
    """A session of an hour and 9 kWh that ended just now, by summer time in Berlin, and a charger elsewhere."""
    database.before_commit.append(following.keep)
    database.clock = lambda: NOW
    station = Station(charger.id, charger.identity, charger.organization_id, "1.6", "accepted", True)
    home = charger.organization_id
    await database.write(sites.create, home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await database.write(sites.create, home, public_id="G", name="Garden")
    await database.write(stations.change, home, charger.identity, {"site": "Harbour"})
    begun = NOW - timedelta(hours=1)
    number = await database.write(telling.start, station, at=begun, meter=0)
    await database.write(telling.stop, station, number, at=NOW, meter=9000)
    return station


async def test_S0_062_home_rows_and_files_tell_of_the_same_sessions(
    database: Database, charged: Station, as_role: Callable[..., Any]
) -> None:
    viewer: Client = await as_role("viewer")
    at_once = (await viewer.get("/api/v1/overview")).json()
    await follow_sessions(database)
    home = (await viewer.get("/api/v1/overview?site=H")).json()
    for each in (at_once, home):
        assert (each["today"]["sessions"], each["today"]["energy_wh"], each["behind"]) == (1, 9000, 0)
        assert (each["last_days"]["sessions"], each["last_days"]["co2_saved_kg"]) == (1, 5.4)
        assert (each["last_days"]["success_percent"], each["week_before"]["sessions"]) == (100, 0)
        assert each["last_days"]["from"] < each["today"]["day"] < each["last_days"]["to"]
    assert home["now"]["charging"] == 0 and home["now"]["chargers"] == 1
    day = f"{NOW:%Y-%m-%d}"
    rows = (await viewer.get(f"/api/v1/figures?by=day&from={day}&station={charged.identity}")).json()
    assert (rows["rows"][0]["key"], rows["rows"][0]["energy_wh"], rows["total"]["sessions"]) == (day, 9000, 1)
    by_hour = (await viewer.get("/api/v1/figures?by=hour_of_week")).json()
    assert len(by_hour["rows"]) == 168 and by_hour["from"].endswith("-01")
    file = await viewer.get(f"/api/v1/exports/figures?by=site&from={day}&format=csv")
    head, line = file.text.splitlines()
    assert head.startswith("key,name,sessions,energy_kwh,") and line.startswith("H,Harbour,1,9.000000,3600,3600,0,")
    starts = (await viewer.get(f"/api/v1/figures/starts?from={day}")).json()
    assert (starts["total"]["good_visits"], starts["ports"][0]["station"]) == (1, charged.identity)
    told: Any = {"evse": 1, "connector": 1}
    for minutes, state in ((30, "faulted"), (10, "available")):
        at = NOW - timedelta(minutes=minutes)
        await database.write(connectors.report_status, charged, **told, state=state, status=state.title(), at=at)
    faults = (await viewer.get("/api/v1/figures/faults?by=station")).json()
    assert [(row["key"], row["faults"], row["faulted_s"]) for row in faults["rows"]] == [(charged.identity, 1, 1200)]
    await database.write(stations.create, charged.organization_id, Keys(b"k" * 32), identity="ELSEWHERE", site="Garden")
    one = {"evse": 1, "connector": 1, "state": "available", "status": "Available", "at": NOW}
    elsewhere = await database.read(stations.get, charged.organization_id, "ELSEWHERE")
    await database.write(connectors.report_status, elsewhere, **one)
    by_site = (await viewer.get("/api/v1/figures/faults?by=site")).json()
    assert [(row["key"], row["name"], row["faults"]) for row in by_site["rows"]] == [
        ("H", "Harbour", 1),
        ("G", "Garden", 0),
    ]
    for question, field in (("from=2026-05-02&to=2026-05-01", "from"), ("by=year", "by")):
        refused = await viewer.get(f"/api/v1/figures?{question}")
        assert refused.status_code in (400, 422) and field in refused.text
    assert (await viewer.get("/api/v1/figures?site=nowhere")).status_code == 404


async def test_who_is_limited_to_another_site_sees_nothing_of_it(
    web: Any, database: Database, charged: Station, as_role: Callable[..., Any]
) -> None:
    refusal = Refusal(charged.identity, "192.0.2.1", "wrong_password", "/ocpp", NOW)
    await database.write(refused_connections.keep, [refusal])
    owner: Client = await as_role("owner")

    async def limited_to(site: str) -> Client:
        key = await owner.post("/api/v1/api-keys", json={"name": site, "role": "operator", "sites": [site]})
        client = Client(web)
        client.headers["Authorization"] = f"Bearer {key.json()['key']}"
        return client

    async with await limited_to("Harbour") as there:
        home = (await there.get("/api/v1/overview")).json()
        assert (home["now"]["chargers"], [need["kind"] for need in home["needs"]]) == (1, ["charger_refused"])
    limited = await limited_to("Garden")
    for when in ("before the sums have followed", "after"):
        home = (await limited.get("/api/v1/overview")).json()
        assert home["needs"] == [], when
        assert (home["today"]["sessions"], home["last_days"]["sessions"], home["now"]["chargers"]) == (0, 0, 0), when
        assert (await limited.get("/api/v1/figures?by=station")).json()["rows"] == []
        assert (await limited.get("/api/v1/figures?site=H")).status_code == 404
        await follow_sessions(database)
    await limited.aclose()


async def test_O_09_an_exclusion_is_entered_listed_and_taken_back(
    charged: Station, as_role: Callable[..., Any]
) -> None:
    owner: Client = await as_role("owner")
    told = {"site": "H", "begins_at": "2026-04-20T10:00:00Z", "ends_at": "2026-04-20T12:00:00Z", "reason": "grid"}
    path = "/api/v1/uptime-exclusions"
    made = await owner.post(path, json=told | {"note": "the grid has said so"})
    assert made.status_code == 201 and made.json()["station"] is None
    [listed] = (await owner.get(f"{path}?site=H")).json()["items"]
    assert listed == made.json()
    wrong = await owner.post(path, json=told | {"note": "?", "ends_at": told["begins_at"]})
    assert wrong.status_code == 422 and "ends_at" in wrong.text
    assert (await owner.delete(f"{path}/{listed['id']}")).status_code == 204
    assert (await owner.get(path)).json()["items"] == []


async def test_S0_065_a_report_of_a_month_is_printed_and_a_table(
    charged: Station, as_role: Callable[..., Any], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow_sessions(database)
    owner: Client = await as_role("owner")
    where = f"month={NOW:%Y-%m}&site=H"
    await owner.put("/api/v1/organization/billing", json={"language": "de"})
    for kind in ("site", "uptime", "revenue", "host"):
        question = f"/api/v1/reports/{kind}?{where if kind != 'revenue' else where.split('&')[0]}"
        printed = await owner.get(question)
        assert printed.status_code == 200 and printed.content.startswith(b"%PDF-"), kind
    lines = (await owner.get(f"/api/v1/reports/site?{where}&format=csv")).text.splitlines()
    assert lines[:2] == ["day,sessions,energy,plugged,charging", "2026-05-01,1,9.000,1.00,1.00"]
    assert len(lines) == 32  # a day each, and no sum that a table would count twice
    preview = f"/api/v1/reports/preview?{where}&report=site&language=en"
    whole = (await owner.get(preview)).json()
    assert (len(whole["rows"]), whole["left_out"]) == (32, 0)
    monkeypatch.setattr(reports, "PREVIEWED", 2)
    part = (await owner.get(preview)).json()
    assert (part["rows"], part["left_out"]) == ([*whole["rows"][:2], whole["rows"][-1]], 29)  # with the sum of all
    assert part["rows"][-1][:2] == ["All", "1"]
    assert (await owner.get(f"/api/v1/reports/site?{where}&format=csv")).text.splitlines() == lines
    book = await owner.get(f"/api/v1/reports/site?{where}&format=xlsx")
    assert book.content.startswith(b"PK")
    assert (await owner.get("/api/v1/reports/site?month=2026-13&site=H")).status_code in (400, 422)
    assert (await owner.get("/api/v1/reports/site?month=2026-05&site=nowhere")).status_code == 404
    viewer: Client = await as_role("viewer")
    assert (await viewer.get("/api/v1/reports/revenue?month=2026-05")).status_code == 403
