"""The audit log: nobody changes or sends anything without leaving a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.background.retention import drop_what_is_old
from stationmaster.domain import (
    accounts,
    alarms,
    audit,
    connectors,
    customers,
    drivers,
    ledger,
    payments,
    quarantine,
    sessions,
    tokens,
)
from stationmaster.domain.audit import Actor, Entry, Signature, Subject
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.signing import signed
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.acts import ACTS, NEW, NO_ACTS
from tests.api.alerting import opened
from tests.api.conftest import PASSWORD, Client
from tests.api.test_access import MATRIX

API = "/api/v1"


async def entries(database: Database) -> list[Entry]:
    """The whole log, oldest first."""

    def read(work: Work) -> list[Entry]:
        return [Entry._make(row) for row in work.execute(audit.audit.select().order_by(audit.audit.c.id))]

    return await database.read(read)


def test_every_route_that_is_no_question_is_in_the_list() -> None:
    assert {route for route in MATRIX if not route.startswith("GET ")} == set(ACTS) | NO_ACTS


async def test_API_28_no_route_changes_or_sends_anything_without_a_row(
    admin: Client, charger: Any, database: Database
) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def prepare(work: Work) -> None:
        alarms.raise_alarm(work, station, kind="test", detail="x")
        connectors.report_status(work, station, evse=1, connector=1, state="available", status="Available", at=work.now)
        quarantine.keep(
            work, station, action="StopTransaction", reason="x", content="{}", content_key=quarantine.key_of("{}")
        )

    await database.write(prepare)
    names = {"SESSION": await _session(database, station), "ALERT": await database.write(opened, 1, station)}
    told: list[Entry] = await entries(database)
    for route, (path, body) in ACTS.items():
        if route == "PATCH /api/v1/me":
            await database.write(_be_a_customer)
        method = route.partition(" ")[0]
        if path.endswith("LAST"):
            await admin.login("administrator@example.com", NEW)  # so that the one before it can be ended
            names["LAST"] = (await admin.get(f"{API}/auth/logins")).json()["items"][-1]["id"]
            told = await entries(database)
        names_of_things = "SESSION|USER|KEY|HOOK|CAR|LAST|PAID|OWED|CHANNEL|RULE|PAUSE|ALERT|EXCLUDED|SCHEDULE|VIEW"
        path = re.sub(names_of_things, lambda match: names[match[0]], path)
        answer = await admin.request(method, (API + path).replace("/api/v1/../..", ""), json=body)
        assert answer.is_success, (route, answer.text)
        if route == "POST /api/v1/users":
            names["USER"] = answer.json()["id"]
        if route == "POST /api/v1/uptime-exclusions":
            names["EXCLUDED"] = answer.json()["id"]
        if route == "POST /api/v1/report-schedules":
            names["SCHEDULE"] = answer.json()["id"]
        if route == "POST /api/v1/auth/me/views":
            names["VIEW"] = answer.json()["id"]
        if route == "POST /api/v1/me/vehicles":
            names["CAR"] = answer.json()["id"]
        for kind in ("channel", "rule", "pause"):
            if route == f"POST /api/v1/alert-{kind}s":
                names[kind.upper()] = answer.json()["id"]
        if route == "POST /api/v1/webhooks":
            names["HOOK"] = answer.json()["id"]
        if route == "POST /api/v1/payments":
            names["PAID"] = answer.json()["id"]
            names["OWED"] = await database.write(_owe, names["PAID"])
        if route == "POST /api/v1/api-keys":
            names["KEY"] = answer.json()["id"]
        if path in ("/auth/password", "/auth/login"):
            admin.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        before, told = told, await entries(database)
        rows = told[len(before) :]
        assert rows, route
        for row in rows:
            assert row.actor_name == "administrator@example.com", route
            assert row.organization_id == 1, route
            assert row.source == "203.0.113.1", route
            assert row.request_id == answer.headers["x-request-id"], route
    assert "a very secret value" not in repr(told)
    assert NEW not in repr(told)
    assert PASSWORD not in repr(told)


def _be_a_customer(work: Work) -> None:
    """Whoever acts is a customer, who has a card."""
    customers.create(work, 1, public_id="ME", name="Me")
    user = accounts.named(work, 1, "administrator@example.com")
    drivers.link(work, 1, user.id, customer="ME")
    tokens.add(work, 1, uid="TAG8", customer="ME")


def _owe(work: Work, payment: str) -> str:
    """A claim of whoever has paid this."""
    row = payments.get(work, 1, payment)
    amount = of_minor(500, "EUR")
    ledger.book(
        work,
        1,
        key="owed",
        kind="bill",
        entries=[
            ledger.Entry(ledger.Account("receivable", row.customer_id), -amount),
            ledger.Entry(ledger.Account("revenue"), amount),
        ],
    )
    return payments.claims.make(work, row, amount, reason="A test").public_id


async def _session(database: Database, station: Station) -> str:
    """A session that waits for a person."""

    def begin(work: Work) -> str:
        telling.start(work, station, 1, token="TAG1", at=Instant(work.now), meter=1000)
        work.execute(sessions.sessions.update().values(review=True))
        return str(work.execute(sessions.sessions.select()).one().public_id)

    return await database.write(begin)


async def test_what_was_before_and_after_is_kept_as_far_as_it_differs(admin: Client, database: Database) -> None:
    await admin.post(f"{API}/tokens", json={"uid": "TAG1", "label": "Ann"})
    await admin.patch(f"{API}/tokens/tag1", json={"status": "blocked"})
    await admin.delete(f"{API}/tokens/TAG1")
    added, changed, removed = [row for row in await entries(database) if row.subject_kind == "token"]
    assert (added.action, added.before) == ("add_token", None)
    assert added.after["label"] == "Ann"
    assert (changed.action, changed.subject_id) == ("change_token", "TAG1")
    assert (changed.before, changed.after) == ({"status": "accepted"}, {"status": "blocked"})
    assert removed.before["status"] == "blocked"


async def test_what_is_refused_leaves_no_row(admin: Client, as_role: Callable[..., Any], database: Database) -> None:
    viewer = await as_role("viewer")
    before = await entries(database)
    assert (await viewer.post(f"{API}/tokens", json={"uid": "A"})).status_code == 403
    assert (await admin.post(f"{API}/tokens", json={"uid": ""})).status_code == 422
    assert (await admin.delete(f"{API}/tokens/none")).status_code == 404
    assert (await admin.post(f"{API}/sites", json={"name": "A"})).status_code == 201
    assert (await admin.post(f"{API}/sites", json={"name": "A"})).status_code == 409
    assert [row.action for row in (await entries(database))[len(before) :]] == ["add_site"]


async def test_the_log_is_read_by_actor_subject_and_time(
    admin: Client, as_role: Callable[..., Any], database: Database
) -> None:
    operator = await as_role("operator")
    await admin.post(f"{API}/tokens", json={"uid": "A"})
    await operator.post(f"{API}/tokens", json={"uid": "B"})
    await operator.patch(f"{API}/tokens/A", json={"label": "x"})
    page = (await admin.get(f"{API}/audit", params={"subject": "token", "limit": 2})).json()
    assert [(item["action"], item["subject"]) for item in page["items"]] == [
        ("change_token", {"kind": "token", "id": "A"}),
        ("add_token", {"kind": "token", "id": "B"}),
    ]
    rest = (await admin.get(f"{API}/audit", params={"subject": "token", "cursor": page["next"]})).json()
    assert [item["subject"] for item in rest["items"]] == [{"kind": "token", "id": "A"}]

    async def actions(**params: str) -> list[str]:
        return [item["action"] for item in (await admin.get(f"{API}/audit", params=params)).json()["items"]]

    assert await actions(actor="operator@example.com", subject="token:A") == ["change_token"]
    at = page["items"][0]["at"]
    assert await actions(from_at=at) == ["change_token"]
    assert "change_token" not in await actions(to_at=at)
    assert (await admin.get(f"{API}/audit?from_at=2026-05-01T12:00:00")).status_code == 422  # of which zone?
    assert (await operator.get(f"{API}/audit")).status_code == 403


async def test_old_rows_go_and_the_others_stay(admin: Client, database: Database) -> None:
    await admin.post(f"{API}/tokens", json={"uid": "A"})

    def age(work: Work) -> None:
        work.execute(audit.audit.update().where(audit.audit.c.action == "log_in").values(at=work.now - timedelta(401)))

    await database.write(age)
    await drop_what_is_old(database, Retention())
    assert [row.action for row in await entries(database)] == ["add_token"]


async def test_what_a_charger_does_is_nobodys_act(charger: Any, database: Database, web: Application) -> None:
    before = await entries(database)
    await _session(database, Station(charger.id, "CP1", 1, "1.6", "accepted", True))
    assert await entries(database) == before


@pytest.mark.parametrize(
    "sent",
    [
        {"configurationKey": [{"key": "WifiPassword", "value": "canary-1"}]},
        {"location": "ftp://user:canary-1@files.example/fw.bin"},
        {"apn": {"apnPassword": "canary-1"}},
        {"data": '{"psk": "canary-1"}'},
        {"url": "https://blob.example/fw?sig=canary-1"},
    ],
    ids=str,
)
async def test_A9_no_secret_of_any_kind_is_in_the_log(database: Database, sent: dict[str, Any]) -> None:
    """Told by its kind, as everywhere, not by a list of words of its own."""

    def act(work: Work) -> None:
        audit.record(work, "test", Subject("station", "CP1"), before={"location": None}, after=sent | {"name": "Depot"})

    who = Signature(actor=Actor("user", "1", "ann@example.com"), organization=None)
    await database.write(signed, who, act)
    [row] = await entries(database)
    assert "canary-1" not in repr(row) and "•••" in repr(row)
    assert row.after["name"] == "Depot"


async def test_A9_what_only_sounds_like_a_secret_is_kept(admin: Client, database: Database) -> None:
    await admin.post(f"{API}/tokens", json={"uid": "PIN-SECRET-1", "label": "Password of the week"})
    added = (await entries(database))[-1]
    assert (added.subject_id, added.after["label"]) == ("PIN-SECRET-1", "Password of the week")
