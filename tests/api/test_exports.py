"""Exports: sessions with the filters of their list, and all of an organization."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import arro3.io
import msgspec
import openpyxl
import pytest
from sqlalchemy import insert, inspect, update

from stationmaster.api.resources.exports import ROWS_AT_ONCE
from stationmaster.domain import customers, organization_export, organizations, sessions, sites, stations
from stationmaster.domain.credentials import Keys
from stationmaster.storage import Database, Work
from tests.api.conftest import NOW, Client

EXPORT = "/api/v1/exports/sessions"
# The night in which clocks go back in Berlin: the first session begins at 02:30, and ends an hour later, at 02:30.
BEGIN = datetime.fromisoformat("2026-10-25T00:30:00+00:00")


async def fill(database: Database, count: int = 2, *, organization: int | None = None, site: str = "Hafen") -> None:
    """Sessions that have ended, at a charger in Berlin; the first is a customer's."""

    def add(work: Work) -> None:
        owner = organization or organizations.home(work)
        place = sites.create(work, owner, name=site, time_zone="Europe/Berlin")
        ann = customers.create(work, owner, name="=Ann")
        charger, _ = stations.create(work, owner, Keys(b"k" * 48), identity=f"B-{owner}", site=site)
        assert place.id
        rows = [
            {
                "public_id": f"s{owner}-{n}",
                "organization_id": owner,
                "station_id": charger.id,
                "evse": 1,
                "connector": 1,
                "transaction_id": str(n),
                "occurrence": 0,
                "token": "=1+1",
                "token_key": "=1+1",
                "customer_id": ann.id if n == 0 else None,
                "authorization": "accepted",
                "status": "completed",
                "started_at": BEGIN + timedelta(days=n),
                "started_text": "",
                "received_at": NOW,
                "stopped_at": BEGIN + timedelta(days=n, hours=1),
                "meter_start_wh": Decimal("100.5"),
                "meter_stop_wh": Decimal("12445.5"),
                "energy_wh": Decimal(12345),
                "stop_reason": "local",
                "flags": ["estimated"],
            }
            for n in range(count)
        ]
        work.execute(insert(sessions.sessions), rows)

    await database.write(add)


async def table(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = await client.get(f"{EXPORT}{query}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_sessions_as_csv_by_the_clock_of_their_site(admin: Client, database: Database) -> None:
    await fill(database)
    answer = await admin.get(EXPORT, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="sessions.csv"'
    assert "content-encoding" not in answer.headers
    rows = await table(admin)
    assert [row["id"] for row in rows] == ["s1-1", "s1-0"]  # newest first, as the list
    first = rows[1]
    assert (first["started_at"], first["stopped_at"]) == ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")
    assert (first["time_zone"], first["site"], first["station"]) == ("Europe/Berlin", "Hafen", "B-1")
    assert (Decimal(first["energy_kwh"]), Decimal(first["meter_start_kwh"])) == (Decimal("12.345"), Decimal("0.1005"))
    assert (first["evse"], first["flags"], first["review"]) == ("1", "estimated", "false")


async def test_X_05_no_cell_of_an_export_is_a_formula(admin: Client, database: Database) -> None:
    await fill(database)
    rows = await table(admin)
    assert (rows[1]["token"], rows[1]["customer_name"]) == ("'=1+1", "'=Ann")
    book = openpyxl.load_workbook(io.BytesIO((await admin.get(f"{EXPORT}?format=xlsx")).content))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert {(cell.value, cell.data_type, cell.quotePrefix) for cell in cells} == {
        ("=1+1", "s", True),
        ("=Ann", "s", True),
    }


async def test_every_format_tells_the_same(admin: Client, database: Database) -> None:
    await fill(database)

    async def content(form: str) -> bytes:
        answer = await admin.get(f"{EXPORT}?format={form}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].endswith(f'.{form}"')
        return answer.content

    rows = msgspec.json.decode(await content("json"))
    assert [msgspec.json.decode(line) for line in (await content("jsonl")).splitlines()] == rows
    assert rows[1]["energy_kwh"] == 12.345
    names = list(rows[0])
    assert list((await table(admin))[0]) == names
    sheet = openpyxl.load_workbook(io.BytesIO(await content("xlsx"))).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert list(lines[0]) == names
    assert (lines[2][names.index("started_at")], lines[2][names.index("energy_kwh")]) == (
        datetime(2026, 10, 25, 2, 30),
        12.345,
    )
    parquet = arro3.io.read_parquet(io.BytesIO(await content("parquet"))).read_all()
    assert parquet.column_names == names
    assert [value.as_py() for value in parquet["id"]] == ["s1-1", "s1-0"]
    assert parquet["started_at"][1].as_py() == BEGIN


async def test_the_filters_are_those_of_the_list(admin: Client, database: Database) -> None:
    await fill(database, 5)
    await fill(database, 1, organization=(await database.write(organizations.create, name="Elsewhere")).id)
    ann = (await admin.get("/api/v1/customers")).json()["items"][0]["id"]
    for query, count in (
        ("", 5),
        (f"customer={ann}", 1),
        ("station=B-1", 5),
        ("station=B-2", 0),  # API-11: of another organization
        ("token=%3D1%2B1", 5),
        ("status=active", 0),
        ("started_from=2026-10-26T00:00:00Z&started_to=2026-10-28T00:30:00Z", 2),
        ("excluded=true", 0),
    ):
        listed = (await admin.get(f"/api/v1/sessions?{query}")).json()["items"]
        assert [row["id"] for row in await table(admin, f"?{query}")] == [one["id"] for one in listed], query
        assert len(listed) == count, query
    site = (await admin.get("/api/v1/sites")).json()["items"][0]["id"]
    assert len(await table(admin, f"?site={site}")) == 5
    for wrong in ("?limit=5", "?started_from=2026-10-26T00:00:00", "?format=doc", "?sort=energy"):
        assert (await admin.get(EXPORT + wrong)).status_code == 422, wrong


async def test_more_rows_than_one_question_brings(admin: Client, database: Database) -> None:
    count = 2 * ROWS_AT_ONCE + 1
    await fill(database, count)
    rows = await table(admin)
    assert [row["id"] for row in rows] == [f"s1-{n}" for n in reversed(range(count))]


async def test_API_35_names_of_people_are_for_who_may_look_at_them(
    as_role: Callable[..., Any], database: Database
) -> None:
    await fill(database)
    viewer, operator = await as_role("viewer"), await as_role("operator")
    seen = [[row["customer_name"] for row in await table(client)] for client in (viewer, operator)]
    assert seen == [["", ""], ["", "'=Ann"]]
    listed = [(await client.get("/api/v1/sessions")).json()["items"] for client in (viewer, operator)]
    assert [[row["customer_name"] for row in rows] for rows in listed] == [[None, None], [None, "=Ann"]]


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [msgspec.json.decode(line) for line in archive.read(name).splitlines()]


async def test_all_of_an_organization_is_one_file_and_nothing_of_another(admin: Client, database: Database) -> None:
    await fill(database)
    await fill(
        database, 3, organization=(await database.write(organizations.create, name="Elsewhere")).id, site="Theirs"
    )
    await admin.post("/api/v1/tariffs", json={"id": "day", "name": "Day", "currency": "EUR", "price_per_kwh": "0.35"})
    await admin.post("/api/v1/tokens", json={"uid": "04A2", "label": "=1+1"})
    await database.write(lambda work: work.execute(update(stations.stations).values(tariff_id=1)))
    answer = await admin.get("/api/v1/exports/organization")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(
        f"{table.name}.jsonl" for table in organization_export.TABLES if table.name != "meter_values"
    )
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "Elsewhere" not in everything and "Theirs" not in everything and "B-2" not in everything
    [station] = lines(archive, "stations.jsonl")
    assert (station["identity"], station["site"], station["tariff"]) == (
        "B-1",
        lines(archive, "sites.jsonl")[0]["id"],
        "day",
    )
    first = lines(archive, "sessions.jsonl")[0]
    assert (first["station"], first["energy_wh"], first["flags"]) == ("B-1", 12345, ["estimated"])
    assert first["customer"] == lines(archive, "customers.jsonl")[0]["id"]
    [terms] = lines(archive, "tariff_terms.jsonl")
    assert (terms["tariff"], terms["price_per_kwh"]) == ("day", 0.35)
    assert [one["email"] for one in lines(archive, "users.jsonl")] == ["administrator@example.com"]
    acts = (await admin.get("/api/v1/audit")).json()["items"]
    assert (acts[0]["action"], acts[0]["subject"]["id"]) == ("export_organization", "Home")
    with_values = zipfile.ZipFile(
        io.BytesIO((await admin.get("/api/v1/exports/organization?format=csv&meter_values=true")).content)
    )
    assert "meter_values.csv" in with_values.namelist()
    [token] = csv.DictReader(io.StringIO(with_values.read("tokens.csv").decode(), newline=""))
    assert token["label"] == "'=1+1"


# What is not exported, and why.
KEPT_HERE = {
    "the protocol": "messages message_packs connection_log connections refused_connections quarantine node_log deviations command_exceptions auto_starts shown_cards",
    "what chargers tell again": "evses connector_states station_settings setting_changes setting_monitors setting_streams"
    " local_lists charging_profiles display_messages car_plans certificate_requests firmware_updates station_logs"
    " commands alarms",
    "secrets and log-ins": "api_keys refresh_tokens one_time_links second_factors recovery_codes identities"
    " push_devices",
    "files, which are elsewhere": "firmware images logos monthly_files printouts",
    "our own work": "deliveries delivery_turn outbox timers nodes installation webhooks event_log event_counter"
    " idempotency_keys invoice_numbers session_limits",
    "who is told of what, which holds here only": "alert_rules alert_channels alert_pauses alerts alert_steps alert_notices"
    " alert_digests alerts_read notice_choices notice_offers",
    "in the samples of meter values already": "meter_value_forms",
    "how people look at it here": "saved_views",
    "in the ledger already": "ledger_holds ledger_zero payment_charges",
    "in the ledger once they are decided": "wallet_adjustments",
    "of no use elsewhere": "payment_methods",
    "between us and providers": "payment_events payment_checks",
    "of guests, and forgotten": "guest_visits pay_places",
    "sums that follow from sessions and states, and are made again": "figures_due session_figures station_hours station_days"
    " port_days",
}


@pytest.mark.any_database
async def test_every_table_is_exported_or_said_to_stay(database: Database) -> None:
    there = set(await asyncio.to_thread(inspect(database.engine).get_table_names))
    exported = {table.name for table in organization_export.TABLES}
    stays = {name for names in KEPT_HERE.values() for name in names.split()}
    assert there - {"alembic_version"} - exported == stays, "export it, or say here why it stays"


def test_no_exported_column_is_a_secret_or_a_key_of_ours() -> None:
    for part in organization_export.parts():
        for name, column in part.columns.items():
            assert not re.search(r"secret|digest|salt|hash|password|_key$", f"{name} {column.name}"), (part.name, name)
            assert not column.foreign_keys, (part.name, name)
