"""Tenants are apart (API-11): every route of the OpenAPI document, with the ids of another one, answers as if there were nothing.

What a new route or field must add is said by the test that fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table

from stationmaster.api.application import Application
from stationmaster.domain import (
    accounts,
    alarms,
    bills,
    boots,
    certificate_requests,
    commands,
    connectors,
    deliveries,
    firmware,
    logs,
    monthly_files,
    organizations,
    payments,
    quarantine,
    reservations,
    sessions,
    stations,
    tokens,
)
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.files import Kept
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.acts import ACTS
from tests.api.alerting import opened
from tests.api.conftest import PASSWORD, Chargers, Client
from tests.api.test_images import picture
from tests.api.test_invoices import issue_receipt
from tests.background.browsers import Browser

API = "/api/v1"
CANARY = "canary-of-theirs"

# Routes that know no tenant: whoever runs the installation manages them (test_organizations.py), or everybody uses them, by an id
# that is a secret where there is one.
OF_THE_INSTALLATION = ("/api/v1/organizations", "/api/v1/auth/providers", "/api/v1/pay/", "/api/v1/payments/webhooks")

# Bodies of routes that are not in acts.py::ACTS, or whose ACTS body would not get as far as the id.
BODIES: dict[str, Any] = {
    # It is about a site or a charger, and each of the two is tried alone.
    "POST /api/v1/alert-rules": {"name": "Gone", "kind": "offline"},
    "PATCH /api/v1/alert-rules/{rule_id}": {"site": None, "station": None},
    "POST /api/v1/quarantine/{entry_id}/preview": {},
    "POST /api/v1/quarantine/{entry_id}/replay": {},
    "POST /connections/{charge_point_id}/send": {"action": "Reset", "payload": {}},
    "PUT /api/v1/tokens/{uid}": {"uid": "{uid}"},
    "POST /api/v1/invoices/{invoice_id}/credit": {"reason": "Wrong"},
    "POST /api/v1/tariffs/estimates": {"kwh": 10, "minutes": 60},
    "POST /api/v1/report-schedules": {
        "name": "Harbour",
        "report": "site",
        "site": "{site_id}",
        "receivers": ["board@example.com"],
    },
    "PATCH /api/v1/report-schedules/{schedule_id}": {"report": "site", "site": "{site_id}"},
    "POST /api/v1/uptime-exclusions": {
        "site": "{site_id}",
        "begins_at": "2026-04-20T10:00:00Z",
        "ends_at": "2026-04-20T12:00:00Z",
        "reason": "grid",
        "note": "The grid was down",
    },
}


NOT_THERE = {
    "/api/v1/stations/{station_id}/logs/{log_id}/file",  # the charger has not brought it yet
    "/api/v1/sites/{site_id}/qr-sheet",  # nobody has said what the server is called outside
    "/api/v1/invoices/{invoice_id}/signed-values",  # the meter has signed nothing
    "/api/v1/me/invoices/{invoice_id}/signed-values",
    "/api/v1/monthly-files/{file_id}/file",  # nobody has written it
}

# Fields of bodies with these names may name something of a tenant.
NAMES = {
    *(
        "station",
        "stations",
        "site",
        "sites",
        "session",
        "token",
        "tokens",
        "customer",
        "vehicle",
        "tariff",
        "reservation",
    ),
    *("firmware", "request", "user", "key", "webhook", "organization", "ids"),
}
# What they are the ids of. What is in a command is looked up beside its charger, when it is sent: tests/gateway/test_tenants.py.
REFERENCES: dict[str, str] = {
    "station": "station_id",
    "site": "site",
    "sites": "site",
    "session": "session_id",
    "token": "uid",
    "customer": "customer_id",
    "tariff": "tariff_id",
    "reservation": "reservation_id",
    "firmware": "firmware_id",
    "request": "request_id",
}
SITE_BY_ID = {
    "POST /api/v1/uptime-exclusions",
    "POST /api/v1/report-schedules",
    "PATCH /api/v1/report-schedules/{schedule_id}",
}  # where others take its name
NO_REFERENCE: dict[str, set[str]] = {
    "POST /api/v1/auth/new-password": {"token"},  # of a link
    "POST /api/v1/auth/confirmation": {"token"},
    # A customer is one user only; test_me.py tries that of another tenant.
    "POST /api/v1/users": {"customer"},
    "PATCH /api/v1/users/{user_id}": {"customer"},
    # It wants an account with a provider; tests/payments/test_guest.py tries that of another tenant.
    "POST /api/v1/payments/top-ups": {"customer"},
    # What kind of price an element has.
    "POST /api/v1/tariffs": {"reservation"},
    "PUT /api/v1/tariffs/{tariff_id}": {"reservation"},
    "PATCH /api/v1/tariffs/{tariff_id}": {"reservation"},
    "POST /api/v1/tariffs/estimates": {"reservation"},
    "POST /api/v1/tariff-previews": {"reservation"},
    "POST /api/v1/tariffs/simulations": {"reservation", "site"},  # named by its id
    # A kind of notice.
    "PATCH /api/v1/customers/{customer_id}/notice-choices": {"reservation"},
    "PATCH /api/v1/me/notice-choices": {"reservation"},
}


QUERIES = {  # what a route cannot do without
    "/api/v1/stations/{station_id}/settings/compare": "?with={station_id}",
    "/api/v1/sites/{site_id}/host/statement": "?month=2026-11",
    **dict.fromkeys(
        (
            f"/api/v1/{whose}/statements/{{month}}/{form}"
            for whose in ("me", "customers/{customer_id}")
            for form in ("pdf", "csv")
        ),
        "?currency=EUR",
    ),
}


class Tenant:
    """An organization with one of everything, and its owner."""

    def __init__(self, owner: Client, end: str) -> None:
        self.owner = owner
        self.end = end  # of the names of all that is theirs
        self.ids: dict[str, str] = {
            "evse": "1",
            "connector": "1",
            "name": "reset",
            "command": "reset",
            "month": "2026-11",
        }

    async def make(self, path: str, body: Any) -> dict[str, Any]:
        answer = await self.owner.post(API + path, json=body)
        assert answer.is_success, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    def body(self, route: str) -> Any:
        """A body that is right but for the ids."""
        body = BODIES[route] if route in BODIES else ACTS.get(route, ("", None))[1]
        if not isinstance(body, dict):
            return body
        return {key: self.filled(value) if isinstance(value, str) else value for key, value in body.items()}

    def filled(self, path: str) -> str:
        """A path with their ids."""
        return re.sub(r"{(\w+)}", lambda found: self.ids[found[1]], path + QUERIES.get(path, ""))


@pytest.fixture
def operations(web: Application) -> dict[str, dict[str, Any]]:
    """`GET /api/v1/sites` → what the OpenAPI document says of it."""
    document = json.loads(json.dumps(web.routes.openapi_schema.to_schema()))
    schemas = document["components"]["schemas"]

    def resolved(schema: dict[str, Any], above: frozenset[str] = frozenset()) -> Iterator[tuple[str, ...]]:
        name = schema.get("$ref", "").rpartition("/")[2]
        if name in above:
            return
        if name:
            yield from resolved(schemas[name], above | {name})
        for key in ("oneOf", "anyOf", "allOf"):
            for each in schema.get(key, ()):
                yield from resolved(each, above)
        for field, inside in schema.get("properties", {}).items():
            yield (field,)
            for deeper in resolved(inside, above):
                yield (field, *deeper)
        if isinstance(schema.get("items"), dict):
            yield from resolved(schema["items"], above)

    found = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            fields = {field for each in content.values() for field in resolved(each["schema"])}
            query = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
            found[f"{method.upper()} {path}"] = {"fields": fields, "query": query}
    return found


@pytest.fixture
async def mine(admin: Client, chargers: Chargers, database: Database) -> Tenant:
    """The organization of whoever tries, with one of everything as well."""
    return await furnished(Tenant(admin, "M"), chargers, database)


@pytest.fixture
async def theirs(web: Application, chargers: Chargers, database: Database) -> AsyncIterator[Tenant]:
    def found(work: Work) -> None:
        organizations.home(work)
        other = organizations.create(work, name="Other").id
        accounts.add(work, other, email="boss@other.example", password=PASSWORD, role="owner")

    await database.write(found)
    async with Client(web) as owner:
        await owner.login("boss@other.example")
        yield await furnished(Tenant(owner, "X"), chargers, database)


async def furnished(tenant: Tenant, chargers: Chargers, database: Database) -> Tenant:
    ids, end = tenant.ids, tenant.end
    canary = f"{CANARY}-{end}"
    ids["site_id"] = (await tenant.make("/sites", {"id": f"SITE-{end}", "name": canary}))["id"]
    tariff = {"id": f"TARIFF-{end}", "name": canary, "currency": "EUR", "price_per_kwh": "1", "standard": True}
    ids["tariff_id"] = (await tenant.make("/tariffs", tariff))["id"]
    ids["group_id"] = (await tenant.make("/customer-groups", {"id": f"GROUP-{end}", "name": canary}))["id"]
    ids["customer_id"] = (await tenant.make("/customers", {"id": f"CUSTOMER-{end}", "name": canary}))["id"]
    vehicle = {"id": f"VEHICLE-{end}", "customer": ids["customer_id"], "name": canary}
    ids["vehicle_id"] = (await tenant.make("/vehicles", vehicle))["id"]
    card = {"uid": f"TOKEN-{end}", "label": canary, "customer": ids["customer_id"]}
    ids["uid"] = (await tenant.make("/tokens", card))["uid"]
    me = (await tenant.owner.get(f"{API}/auth/me")).json()["id"]
    ids["login_id"] = (await tenant.owner.get(f"{API}/auth/logins")).json()["items"][0]["id"]
    view = {"page": "/cards", "name": canary, "search": "", "shared": True}
    ids["view_id"] = (await tenant.make("/auth/me/views", view))["id"]
    ids["device_id"] = (await tenant.make("/me/push-devices", Browser(end).subscription))["id"]
    linked = await tenant.owner.patch(f"{API}/users/{me}", json={"customer": ids["customer_id"]})
    assert linked.is_success, linked.text
    ids["alias"] = (await tenant.make(f"/tokens/{ids['uid']}/aliases", {"alias": f"ALIAS-{end}"}))[0]["alias"]
    brought = await tenant.owner.post(f"{API}/sites/SITE-{end}/images", content=picture("PNG"))
    ids["image_id"] = brought.json()["id"]
    await tenant.make("/stations", {"id": f"STATION-{end}", "name": canary, "site": canary})
    ids["station_id"] = ids["charge_point_id"] = f"STATION-{end}"
    excluded = BODIES["POST /api/v1/uptime-exclusions"] | {"site": f"SITE-{end}", "note": canary}
    ids["exclusion_id"] = (await tenant.make("/uptime-exclusions", excluded))["id"]
    schedule = BODIES["POST /api/v1/report-schedules"] | {"site": f"SITE-{end}", "name": canary}
    ids["schedule_id"] = (await tenant.make("/report-schedules", schedule))["id"]
    hook = {"url": f"https://127.0.0.1:9/{end}", "name": canary, "secret": "a very secret value"}
    ids["webhook_id"] = (await tenant.make("/webhooks", hook))["id"]
    channel = {"name": canary, "kind": "webhook", "address": f"https://127.0.0.1:9/{end}"}
    ids["channel_id"] = (await tenant.make("/alert-channels", channel))["id"]
    ids["rule_id"] = (await tenant.make("/alert-rules", {"name": canary, "kind": "offline", "site": canary}))["id"]
    planned = {"until_at": "2099-01-01T00:00:00Z", "note": canary, "site": canary}
    ids["pause_id"] = (await tenant.make("/alert-pauses", planned))["id"]
    user = {"email": f"{canary}@example.com", "password": PASSWORD, "role": "viewer"}
    ids["user_id"] = (await tenant.make("/users", user))["id"]
    cash = {"way": "cash", "amount": "1.00", "currency": "EUR", "reference": canary, "customer": ids["customer_id"]}
    ids["payment_id"] = ids["own_payment_id"] = (await tenant.make("/payments", cash))["id"]
    ids["claim_id"] = await database.write(_owe, ids["payment_id"])
    large = {"amount": "500.00", "currency": "EUR", "reason": canary}
    ids["adjustment_id"] = (await tenant.make(f"/customers/{ids['customer_id']}/wallet/adjustments", large))["id"]
    ids["key_id"] = (await tenant.make("/api-keys", {"name": canary, "role": "viewer"}))["id"]
    row, happened = await database.write(happenings, tenant.end, canary)
    ids |= happened | {"site": canary}
    ids["bill_id"] = await database.write(
        _bill, Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
    )
    await tenant.make(f"/stations/STATION-{end}/pay-places", None)
    await chargers.connect(row)
    return tenant


def happenings(work: Work, end: str, canary: str) -> tuple[Any, dict[str, str]]:
    """What chargers have told, as a tenant finds it."""
    row = work.execute(stations.stations.select().where(stations.stations.c.identity == f"STATION-{end}")).one()
    station = Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
    boots.record(work, station, boots.BootFacts("Acme", "One", canary, "1.0"))
    connectors.report_status(work, station, evse=1, connector=1, state="available", status="Available", at=work.now)
    owner = tokens.authorize(work, station, f"TOKEN-{end}").customer_id
    telling.start(work, station, 1, token=f"TOKEN-{end}", customer_id=owner, at=Instant(work.now), meter=0)
    quarantine.keep(work, station, action="StopTransaction", reason=canary, content="{}", content_key=end)
    alarms.raise_alarm(work, station, kind="test", detail=canary)
    certificate_requests.receive(work, station, csr="no request", use="charger")
    reservations.request(
        work, station, number=7, evse=1, token=f"TOKEN-{end}", expires_at=work.now + timedelta(hours=1)
    )
    deliveries.add(
        work,
        key=f"delivery-{end}",
        name="webhook",
        receiver=canary,
        organization_id=row.organization_id,
        station_id=row.id,
        event="Alarm",
        payload="{}",
    )
    file = firmware.add(
        work,
        row.organization_id,
        name="x.bin",
        version=canary,
        vendor=None,
        model=None,
        signature=None,
        signing_certificate=None,
        kept_as=end,
        size=1,
        sha256="0" * 64,
        by=canary,
    )

    def newest(table: Table) -> Any:
        return work.execute(table.select().where(table.c.station_id == row.id)).one()

    session = newest(sessions.sessions)
    receipt = issue_receipt(work, row.organization_id, session.public_id, customer_id=owner, seller=canary)
    november = monthly_files.Month("2026-11", work.now, work.now)
    kept = Kept("0" * 32, 1, "", "")
    file = monthly_files.keep(work, row.organization_id, canary, november, kept, sessions=1)
    assert file is not None
    return row, {
        "charger_id": row.public_id,
        "file_id": file.public_id,
        "session_id": session.public_id,
        "transaction_id": session.public_id,
        "entry_id": str(newest(quarantine.quarantine).id),
        "alarm_id": str(work.execute(alarms.alarms.select().where(alarms.alarms.c.detail == canary)).one().id),
        "request_id": newest(certificate_requests.certificate_requests).public_id,
        "log_id": logs.begin(work, station, kind="diagnostics", until=work.now).public_id,
        "firmware_id": file.public_id,
        "reservation_id": newest(reservations.reservations).public_id,
        "invoice_id": receipt.public_id,
        "own_request_id": _asked(work, station),
        "delivery_id": f"delivery-{end}",
        "alert_id": opened(work, row.organization_id, station),
    }


def _bill(work: Work, station: Station) -> str:
    """The bill of another session."""
    number = telling.start(work, station, 2, token=None, meter=0)
    telling.stop(work, station, number, meter=500)
    table = sessions.sessions
    ended = table.select().where(table.c.station_id == station.id, table.c.transaction_id == str(number))
    made = bills.settle(work, work.execute(ended).one().public_id)
    assert made is not None
    return made.public_id


def _owe(work: Work, payment: str) -> str:
    """A claim of whoever has made this payment."""
    row = work.execute(payments.payments.select().where(payments.payments.c.public_id == payment)).one()
    return payments.claims.make(work, row, of_minor(100, "EUR"), reason=CANARY).public_id


def _asked(work: Work, station: Station) -> str:
    """A start that the owner of the tenant has asked for."""
    email = "boss@other.example" if station.identity.endswith("X") else "administrator@example.com"
    return commands.ask(work, station, name="remote-start", arguments={}, by=email, node="").public_id


# Some answers begin or end now, and there is no share of less than a second.
_MOMENTS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\"\w+_s\":\d+|\"uptime_percent\":[\w.]+")


async def everything(tenant: Tenant, operations: dict[str, Any]) -> dict[str, str]:
    """What their owner can read of each of their things, route by route."""
    told = {}
    for route in sorted(operations):
        method, path = route.split(" ")
        if method == "GET" and "{" in path and not path.startswith(OF_THE_INSTALLATION):
            answer = await tenant.owner.get(tenant.filled(path))
            # So the 404 of a stranger is one for strangers, and not for a wrong id of this test.
            assert answer.status_code == 200 or path in NOT_THERE, (route, answer.text)
            told[route] = _MOMENTS.sub("", answer.text)
    return told


async def test_API_11_no_id_of_another_tenant_in_a_path_leads_anywhere(
    admin: Client, theirs: Tenant, operations: dict[str, Any], database: Database
) -> None:
    if database.kind == "postgresql":  # with the second wall behind the first: no route runs against it
        assert await database.read(lambda work: work.has_walls)
    before = await everything(theirs, operations)
    for route in operations:
        method, path = route.split(" ")
        if "{" not in path or path.startswith(OF_THE_INSTALLATION):
            continue
        answer = await admin.request(method, theirs.filled(path), json=theirs.body(route))
        assert answer.status_code == 404, (route, "is there a body that is right in BODIES?", answer.text)
        assert CANARY not in answer.text, route
    assert await everything(theirs, operations) == before


@pytest.mark.any_database
async def test_API_11_no_list_tells_of_another_tenant(
    admin: Client, theirs: Tenant, mine: Tenant, operations: dict[str, Any]
) -> None:
    told = 0
    for route in operations:
        method, path = route.split(" ")
        if method != "GET" or path in ("/api/v1/events", "/api/v1/me/events") or path.startswith(OF_THE_INSTALLATION):
            continue
        text = (await admin.get(mine.filled(path))).text
        told += f"{CANARY}-M" in text
        assert f"{CANARY}-X" not in text and "STATION-X" not in text, route
    assert told > 20


@pytest.mark.any_database
async def test_API_11_no_id_of_another_tenant_in_a_body_is_taken(
    admin: Client, theirs: Tenant, mine: Tenant, operations: dict[str, Any]
) -> None:
    before = await everything(theirs, operations)
    tried = 0
    for route, facts in operations.items():
        method, path = route.split(" ")
        for field in sorted(facts["fields"]):
            name = field[-1]
            if name not in NAMES or name in NO_REFERENCE.get(route, ()) or "/commands/" in path:
                continue
            assert field[1:] == () and name in REFERENCES, f"{route}: {field} belongs in REFERENCES or NO_REFERENCE"
            answers = []
            for tenant in (theirs, mine):
                kind = "site_id" if name == "site" and route in SITE_BY_ID else REFERENCES[name]
                value: Any = tenant.ids[kind]
                body = (mine.body(route) or {}) | {name: [value] if name == "sites" else value}
                answers.append(await admin.request(method, mine.filled(path), json=body))
            foreign, own = answers
            assert own.is_success, (route, name, own.text)
            assert foreign.is_client_error or foreign.json() == {"resolved": 0}, (route, name, foreign.text)
            tried += 1
    assert tried > 5
    assert await everything(theirs, operations) == before


@pytest.mark.any_database
async def test_API_11_no_filter_finds_what_is_another_tenants(
    admin: Client, theirs: Tenant, mine: Tenant, operations: dict[str, Any]
) -> None:
    tried = 0
    for route, facts in operations.items():
        method, path = route.split(" ")
        for name in facts["query"]:
            if method == "GET" and name in REFERENCES and path != "/api/v1/events":
                answer = await admin.get(mine.filled(path), params={name: theirs.ids[REFERENCES[name]]})
                if answer.headers["content-type"].startswith("text/csv"):
                    nothing = CANARY not in answer.text and "-X" not in answer.text
                else:
                    nothing = answer.is_success and answer.json()["items"] == []
                assert answer.status_code in (404, 422) or nothing, (route, name, answer.text)
                tried += 1
    assert tried > 5
