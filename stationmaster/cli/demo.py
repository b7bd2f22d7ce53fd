"""`demo`: the server with a story to look at, and simulated chargers in a process of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import uvloop

from stationmaster import telemetry
from stationmaster.app import App
from stationmaster.background.figures import count_ports
from stationmaster.cli import demo_history, demo_upkeep, server
from stationmaster.domain import (
    accounts,
    connectors,
    customers,
    drivers,
    organizations,
    payments,
    sites,
    stations,
    tariff_places,
    tariffs,
    tokens,
)
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.guests import places
from stationmaster.domain.invoices import issuers
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.stations import Station
from stationmaster.settings import DatabaseSettings, Files, Security, Settings, load
from stationmaster.settings_parts import PaymentAccount
from stationmaster.simulator.command import Version, kinds
from stationmaster.storage import Work

FOLDER = Path("data/demo")
PASSWORD_FILE = "demo-password"
EMAIL = "demo@example.org"
DRIVER_EMAIL, DRIVER = "driver@example.org", "C-1001"  # who charges, and as which customer
_WORKING_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
SITES: tuple[dict[str, Any], ...] = (
    {
        "public_id": "harbour",
        "name": "Harbour garage",
        "address": "Quay 4",
        "latitude": 53.5436,
        "longitude": 9.9772,
        "time_zone": "Europe/Berlin",
    },
    {
        "time_zone": "Europe/Berlin",
        "public_id": "office",
        "name": "Office car park",
        "address": "Mill Street 12",
        "latitude": 53.8655,
        "longitude": 10.6866,
        "working_days": _WORKING_DAYS,
        "opening_time": "06:00",
        "closing_time": "22:00",
        "contact_person": "Reception",
    },
)
_VAT = [{"name": "VAT", "percent": "19"}]
_PUBLIC: dict[str, Any] = {
    "elements": [
        {
            "price_components": [{"type": "energy", "price": "0.39", "taxes": _VAT}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"},
        },
        {"price_components": [{"type": "energy", "price": "0.49", "taxes": _VAT}]},
        {
            "price_components": [
                {"type": "parking_time", "price": "0.10", "per": "minute", "max_price": "12", "taxes": _VAT}
            ],
            "restrictions": {"start_time": "07:00", "end_time": "22:00"},
        },
    ],
    "tax_included": True,
    "grace_minutes": 30,
    "texts": [
        {"language": "en", "text": "€0.49 a kWh, €0.39 at night. Please leave within 30 minutes after charging."},
        {"language": "de", "text": "0,49 € je kWh, nachts 0,39 €. Bitte 30 Minuten nach dem Laden Platz machen."},
    ],
}
TARIFFS: tuple[dict[str, Any], ...] = (
    {"public_id": "public", "name": "Public", "structure": _PUBLIC, "standard": True},
    {"public_id": "staff", "name": "Staff", "price_per_kwh": Decimal("0.29"), "tax_percent": Decimal(19)},
)
STAFF = ("Office car park", "staff")  # which site names which tariff
_PREPAID: dict[str, Any] = {"billing": "prepaid", "currency": "EUR"}
_INVOICED: dict[str, Any] = {
    "billing": "postpaid",
    "currency": "EUR",
    "credit_limit": Decimal(5000),
    "tax_number": "DE123456789",
    "billing_address": {"street": "Quay 7", "postal_code": "20457", "city": "Hamburg", "country": "DE"},
}
CUSTOMERS: tuple[dict[str, Any], ...] = (
    {"public_id": "C-1001", "name": "Ida Sommer", "email": "ida@example.org", "phone": "+49 40 5550101", **_PREPAID},
    {"public_id": "C-1002", "name": "Omar Haddad", "email": "omar@example.org"},
    {"public_id": "C-1003", "name": "Lin Chen", "phone": "+49 40 5550103", **_PREPAID},
    {"public_id": "C-2001", "name": "Harbour Logistics", "email": "fleet@example.org", **_INVOICED},
)
ISSUER: dict[str, Any] = {
    "legal_name": "Harbour Charging GmbH",
    "address": "Quay 1\n20457 Hamburg",
    "country": "DE",
    "tax_number": "DE987654321",
    "tax_label": "VAT ID",
    "email": "billing@example.org",
    "time_zone": "Europe/Berlin",
    "bank": "Example Bank",
    "iban": "DE02120300000000202051",  # of the examples of banks
}
PAID_IN = Money(Decimal(500), "EUR")  # by each of those who pay before they charge
OWNERS = {"Ida": "C-1001", "Omar": "C-1002", "Lin": "C-1003", "Fleet van 1": "C-2001", "Fleet van 2": "C-2001"}
DRIVERS = {
    "04A2B3C4D5": "Ida",
    "04B7C8D9EA": "Omar",
    "049F11223A": "Lin",
    "04DEAD00BE": "Fleet van 1",
    "04C0FFEE12": "Fleet van 2",
    "04517E5A77": "Visitor",
}
BLOCKED = "0499887766"
NAMES = ("North wall", "South wall", "Gate", "Visitors", "Fleet 1", "Fleet 2")
VERSIONS = [kind.dialect.version for kind in kinds(Version.mixed)]  # of the simulated chargers, in turn
RATED_W = 22_000  # of each connector, as the model is called
OFFLINE = "SIM-OFF"  # once there, and gone since yesterday: no simulator plays it


def demo(*, chargers: int, seed: int) -> None:
    """Run until Ctrl-C. What it shows is kept apart from the data of `serve`."""
    settings = apart(load())
    telemetry.configure("warning" if settings.log.level == "info" else settings.log.level, settings.log.format)
    uvloop.run(_run(settings, chargers, seed))


def apart(settings: Settings) -> Settings:
    """The settings with a data folder of the demo's own, where the person has chosen none."""
    database, security, files = settings.database, settings.security, settings.files
    if database.url == DatabaseSettings().url:
        database = database.model_copy(update={"url": f"sqlite:///{FOLDER}/stationmaster.db"})
    if security.key_file == Security().key_file:
        security = security.model_copy(update={"key_file": FOLDER / "secret.key"})
    if files.folder == Files().folder:
        files = files.model_copy(update={"folder": FOLDER / "files"})
    paying = settings.payments
    if not paying.providers:
        bank = PaymentAccount(name="test", kind="test", organization=None, url=None, secret=None)
        paying = paying.model_copy(update={"providers": [bank]})
    return settings.model_copy(update={"database": database, "security": security, "files": files, "payments": paying})


async def _run(settings: Settings, chargers: int, seed: int) -> None:
    simulator: asyncio.subprocess.Process | None = None
    asking: asyncio.Task[None] | None = None
    with tempfile.TemporaryDirectory(prefix="stationmaster-") as folder:

        async def ready(app: App) -> None:
            nonlocal simulator, asking
            password = _password(app.settings)
            identities = [f"SIM-{number:03d}" for number in range(1, chargers + 1)]
            made = await app.database.write(_records, app.keys, password, identities)
            begins = await _history(app, [*identities, OFFLINE], seed)
            codes = await app.database.write(_pay_places, identities)
            server.say(
                f"Web: {server.web_url(app)}",
                f"Chargers: {server.chargers_url(app)}/<id>",
                f"Login: {EMAIL} {password}",
                f"Login as a driver: {DRIVER_EMAIL} {password}",
                *(f"Pay at {identity}: {server.web_url(app)}/pay/{code}" for identity, code in codes[:1]),
            )
            simulator = await _simulate(app, Path(folder), made, seed)
            if begins:
                asking = asyncio.create_task(demo_upkeep.ask(app, begins[:-1], tuple(DRIVERS)))

        try:
            await server.run(settings, ready)
        finally:
            if asking is not None:
                asking.cancel()
            if simulator is not None and simulator.returncode is None:
                simulator.terminate()
                await simulator.wait()


def _password(settings: Settings) -> str:
    """The same each time; remembered beside the secret key."""
    store = settings.security.key_file.parent / PASSWORD_FILE
    password = store.read_text().strip() if store.exists() else secrets.token_urlsafe(12)
    store.parent.mkdir(parents=True, exist_ok=True)
    store.touch(mode=0o600)
    store.write_text(password)
    return password


def _records(work: Work, keys: Keys, password: str, identities: list[str]) -> dict[str, str]:
    """Sites, chargers, cards and a log-in. Chargers get new secrets: returns those of the simulated ones."""
    home = organizations.home(work)
    if issuers.get(work, home).legal_name is None:
        issuers.change(work, home, ISSUER)
    for site in SITES:
        with contextlib.suppress(Conflict):
            sites.create(work, home, **site)
    for tariff in TARIFFS:
        with contextlib.suppress(Conflict):
            tariffs.create(work, home, currency="EUR", **tariff)
    site_name, staff = STAFF
    office = sites.find(work, home, site_name)  # a demo of before has given it an id of its own
    if office is not None and tariff_places.of_site(work, home, office.public_id) is None:
        tariff_places.name_at_site(work, home, office.public_id, staff)
    for customer in CUSTOMERS:
        with contextlib.suppress(Conflict):
            added = customers.create(work, home, **customer)
            if added.billing == "prepaid":
                paid = {"reference": f"Transfer {added.public_id}", "customer": added.public_id}
                payments.enter(work, home, "bank", PAID_IN, by=EMAIL, **paid)
    for uid, label in DRIVERS.items():
        with contextlib.suppress(Conflict):
            tokens.add(work, home, uid=uid, label=label, customer=OWNERS.get(label))
    with contextlib.suppress(Conflict):
        tokens.add(work, home, uid=BLOCKED, label="Lost card", status="blocked")
    for email, role in ((EMAIL, "owner"), (DRIVER_EMAIL, drivers.ROLE)):
        try:
            accounts.add(work, home, email=email, password=password, role=role)
        except Conflict:
            accounts.set_password(work, email=email, password=password)
    driver = accounts.named(work, home, DRIVER_EMAIL)
    if drivers.id_of(work, driver) is None:
        with contextlib.suppress(Conflict, Invalid):  # somebody has made a person of that customer, or removed it
            drivers.link(work, home, driver.id, customer=DRIVER)
            organizations.change_rules(work, home, {"drivers_reserve": True})
    made = {}
    for number, identity in enumerate(identities):
        site = SITES[number % len(SITES)]["name"]
        try:
            name = NAMES[number % len(NAMES)]
            _, made[identity] = stations.create(work, home, keys, identity=identity, name=name, site=site)
        except Conflict:
            made[identity] = stations.new_secret(work, home, identity, keys)
    with contextlib.suppress(Conflict):
        stations.create(work, home, keys, identity=OFFLINE, name="Back yard", site=SITES[0]["name"])
    return made


async def _history(app: App, identities: list[str], seed: int) -> list[Station]:
    """Two weeks of charging, told by the chargers as they would have told it; once. Returns them, or nothing when it was told before."""
    now = app.database.clock()
    stations_there = [
        await app.database.read(_station, identity, VERSIONS[place % len(VERSIONS)])
        for place, identity in enumerate(identities)
    ]
    if any(station.booted for station in stations_there):
        return []
    told = demo_history.history(stations_there, tuple(DRIVERS), BLOCKED, until=now, seed=seed)
    for episode in told:
        await app.database.write(episode)
    await app.database.write(_rated, stations_there)
    await demo_upkeep.past(app, stations_there, tuple(DRIVERS))
    await count_ports(app.database, app.settings.gateway)  # its turn would come in a quarter of an hour
    return stations_there


def _rated(work: Work, chargers: list[Station]) -> None:
    """Somebody has said what their connectors can deliver."""
    for station in chargers:
        for evse in (1, 2):
            facts = {"max_power_w": RATED_W}
            connectors.change(work, station.organization_id, station.identity, evse=evse, connector=1, facts=facts)


def _pay_places(work: Work, identities: list[str]) -> list[tuple[str, str]]:
    """What a guest's phone finds in the QR code of the first connector of each."""
    home = organizations.home(work)
    made = ((identity, places.make(work, home, identity)) for identity in identities)
    return [(identity, rows[0].public_id) for identity, rows in made if rows]


def _station(work: Work, identity: str, version: str) -> Station:
    row = stations.get(work, organizations.home(work), identity)
    return Station(row.id, identity, row.organization_id, version, row.registration, row.booted_at is not None)


async def _simulate(app: App, folder: Path, passwords: dict[str, str], seed: int) -> asyncio.subprocess.Process:
    """The chargers live in a process of their own: a real client, over a real socket."""
    file = folder / "passwords.json"
    file.write_text(json.dumps(passwords))
    output = (app.settings.security.key_file.parent / "simulator.log").open("wb")
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "stationmaster",
        "simulate",
        "SIM",
        Version.mixed,
        f"ws://127.0.0.1:{app.gateway_port}/ocpp",
        "--passwords",
        str(file),
        "--count",
        str(len(passwords)),
        "--connectors",
        "2",
        "--scenario",
        "living",
        "--left-alone",
        next(iter(passwords)),  # who follows "Pay at" finds it free
        "--sample-interval",
        "5",
        "--tokens",
        ",".join(DRIVERS),
        "--seed",
        str(seed),
        stdout=output,
        stderr=output,
    )
