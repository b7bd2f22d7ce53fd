"""Receipts and invoices as they are kept: numbered without a gap, never changed, taken back once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from stationmaster.domain import organizations, prices, sessions, sites, stations, tariffs
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.invoices import charges, documents, invoices, issuers, links
from stationmaster.domain.invoices.charges import Billed
from stationmaster.domain.invoices.documents import Charge, SignedValue
from stationmaster.domain.invoices.invoices import InvoiceRow, ToIssue
from stationmaster.domain.links import Gone
from stationmaster.domain.metering import meter_values
from stationmaster.domain.station_settings.table import station_settings
from stationmaster.storage import Work
from tests import telling
from tests.domain.conftest import World

pytestmark = pytest.mark.every_case  # numbers without holes are a matter of locks

TEN = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
async def charged(world: World) -> list[Charge]:
    """Three sessions of 1, 2 and 3 kWh at 0.50, as they stand on a document."""
    world.now = TEN
    station = await world.station()
    await world(sites.create, world.home, name="Harbour", time_zone="Europe/Berlin", address="Quay 1", city="Hamburg")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    facts: dict[str, Any] = {"public_id": "t", "name": "Day", "currency": "EUR", "standard": True}
    await world(lambda work: tariffs.create(work, world.home, **facts, price_per_kwh=Decimal("0.50")))

    def all_of(work: Work) -> list[Charge]:
        found = []
        for row in work.execute(sessions.sessions.select().order_by(sessions.sessions.c.id)).all():
            priced = prices.of_session(work, world.home, row.public_id)
            session = sessions.get(work, world.home, row.public_id)
            found.append(charges.charge_of(work, Billed(session, priced.bill, 1, priced.time_zone)))
        return found

    for n in (1, 2, 3):
        world.now += timedelta(hours=1)
        number = await world(telling.start, station, meter=10_000, at=world.now, token="04A2B1C3")
        world.now += timedelta(minutes=30)
        await world(telling.stop, station, number, meter=10_000 + 1000 * n, at=world.now)
    return await world(all_of)


async def issued(world: World, *charges: Charge, kind: documents.Kind = "receipt") -> InvoiceRow:
    return await world(invoices.issue, world.home, ToIssue(kind, charges))


async def test_a_receipt_says_where_when_and_what_the_meter_showed(world: World, charged: list[Charge]) -> None:
    row = await issued(world, charged[0])
    document = documents.decoded(row.document)
    [charge] = document.charges
    assert (charge.site, charge.address, charge.time_zone) == ("Harbour", "Quay 1, Hamburg", "Europe/Berlin")
    assert "CP1" not in row.document  # ATK-04: it logs in by that name
    assert (charge.meter_begin_wh, charge.meter_end_wh, charge.energy_wh) == (10_000, 11_000, 1000)
    assert charge.card == "…B1C3"  # D-01: not the number by which somebody could charge
    assert (row.number, row.net, row.total, row.currency) == ("2026-000001", Decimal("0.5"), Decimal("0.5"), "EUR")


async def test_numbers_have_no_gap_whatever_fails_between(world: World, charged: list[Charge]) -> None:
    first = await issued(world, charged[0])

    def fails(work: Work) -> None:
        invoices.issue(work, world.home, ToIssue("receipt", charged[1:2]))
        raise Invalid("x", "something else fails in the same transaction")

    with pytest.raises(Invalid):
        await world(fails)
    for wrong in ([], [charged[0]]):
        with pytest.raises((Invalid, Conflict)):
            await issued(world, *wrong)
    # Two at once.
    others = await asyncio.gather(issued(world, charged[1]), issued(world, charged[2]))
    assert sorted(row.number for row in (first, *others)) == ["2026-000001", "2026-000002", "2026-000003"]
    assert await world(invoices.gaps) == []


async def test_numbers_begin_anew_with_the_year_of_who_issues(world: World, charged: list[Charge]) -> None:
    await world(issuers.change, world.home, {"time_zone": "Europe/Berlin", "number_prefix": "HE-"})
    world.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    before = await issued(world, charged[0])
    world.now += timedelta(minutes=1)
    after = await issued(world, charged[1])
    assert (before.number, after.number) == ("HE-2026-000001", "HE-2027-000001")
    assert await world(invoices.gaps) == []


async def test_a_bill_is_on_one_document_even_when_two_issue_it_at_once(world: World, charged: list[Charge]) -> None:
    done = await asyncio.gather(*(issued(world, charged[0]) for _ in range(4)), return_exceptions=True)
    assert [type(each) for each in done if isinstance(each, Exception)] == [Conflict] * 3
    assert await world(invoices.gaps) == []


async def test_what_was_issued_never_changes(world: World, charged: list[Charge]) -> None:
    row = await issued(world, charged[0])
    for table in (invoices.invoices, invoices.invoiced_bills):
        for statement in (update(table).values(organization_id=world.home), delete(table)):
            with pytest.raises(DBAPIError, match="never changes"):
                await world(lambda work, statement=statement: work.execute(statement))
    # M-16: a new name is that of later ones.
    await world(issuers.change, world.home, {"legal_name": "New Ltd", "address": "Elsewhere 1"})
    same = await world(invoices.get, world.home, row.public_id)
    assert (same.document, same.sha256) == (row.document, row.sha256)
    assert documents.decoded((await issued(world, charged[1])).document).seller.name == "New Ltd"


async def test_a_credit_note_takes_back_all_or_some_and_each_session_once(world: World, charged: list[Charge]) -> None:
    row = await issued(world, *charged, kind="invoice")
    some = [charged[1].session]
    back = await world(invoices.credit, world.home, row.public_id, reason="Wrong", only_sessions=some)
    assert (back.kind, back.total, back.corrects) == ("credit_note", Decimal(-1), row.public_id)
    with pytest.raises(Conflict):
        await world(invoices.credit, world.home, row.public_id, reason="Again", only_sessions=some)
    with pytest.raises(Conflict):
        await world(invoices.credit, world.home, back.public_id, reason="Back again")
    with pytest.raises(Invalid):
        await world(invoices.credit, world.home, row.public_id, reason="Nothing", only_sessions=["none"])
    # The corrected session, in its next revision, is on a document of its own.
    again = msgspec.structs.replace(charged[1], revision=2)
    assert (await issued(world, again)).number == "2026-000003"
    assert await world(invoices.gaps) == []


async def test_API_11_another_organization_has_numbers_of_its_own_and_sees_no_others(
    world: World, charged: list[Charge]
) -> None:
    row = await issued(world, charged[0])
    other = (await world(organizations.create, name="Other")).id
    with pytest.raises(NotFound):
        await world(invoices.get, other, row.public_id)
    with pytest.raises(Invalid):  # a session that is not theirs
        await world(invoices.issue, other, ToIssue("receipt", charged[1:2]))
    assert await world(invoices.gaps) == []


@pytest.mark.any_database
async def test_D_03_a_guest_s_link_cannot_be_guessed_and_ends_after_90_days(
    world: World, charged: list[Charge]
) -> None:
    row = await issued(world, charged[0])
    secret, now = world.keys.links, world.now
    key = links.key_of(secret, row)
    assert links.open_key(secret, key, now=now + timedelta(days=90, seconds=-1)) == row.public_id
    assert len(bytes.fromhex(row.public_id)) * 8 == 128
    with pytest.raises(Gone):
        links.open_key(secret, key, now=now + timedelta(days=90))
    other = ["A" if letter != "A" else "B" for letter in key]
    forged = [key[:-1] + other[-1], other[0] + key[1:], key[:24] + other[24] + key[25:]]
    for wrong in (*forged, key[:10], "", "ä" * 48, key + "AAAA"):
        with pytest.raises(NotFound):
            links.open_key(secret, wrong, now=now)
    with pytest.raises(NotFound):
        links.open_key(world.keys.once, key, now=now)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "wrong",
    [
        {"iban": "DE02120300000000202052"},  # the last digit
        {"country": "Germany"},
        {"email": "post"},
        {"bic": "HASPDE"},
        {"time_zone": "Mars/North"},
        {"language": "xx"},
        {"number_prefix": "A B"},
    ],
)
async def test_details_that_cannot_be_are_refused_by_name(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        await world(issuers.change, world.home, wrong)
    assert refused.value.field == next(iter(wrong))
    assert (await world(issuers.get, world.home)).missing == ["legal_name", "address", "country", "tax_number"]


@pytest.mark.any_database
async def test_D_06_what_was_signed_first_and_last_is_on_the_receipt_with_the_key_of_the_settings(
    world: World, charged: list[Charge]
) -> None:
    plain = {"value": "OCMF|begin", "format": "SignedData", "context": "Transaction.Begin"}
    beside = {
        "value": 1,
        "signedMeterValue": {"signedMeterData": "T0NNRg==", "publicKey": "own", "encodingMethod": "OCMF"},
    }
    told = [[{"value": "1"}, plain], [{"value": "2", "format": "SignedData"}], [beside]]

    def tell(work: Work) -> list[SignedValue]:
        row = sessions.get(work, world.home, charged[0].session)
        for n, samples in enumerate(told):
            values = {"station_id": row.station_id, "session_id": row.id, "evse": 1, "content_key": n}
            values |= {"taken_at": row.started_at + timedelta(minutes=n), "received_at": work.now}
            work.execute(insert(meter_values).values(**values, samples=msgspec.json.encode(samples).decode()))
        key = {"station_id": row.station_id, "name": "MeterPublicKey[1]", "name_key": "meterpublickey[1]"}
        work.execute(insert(station_settings).values(**key, value="3059", told_at=work.now))
        bill = prices.of_session(work, world.home, charged[0].session).bill
        return list(charges.charge_of(work, Billed(row, bill, 1, "UTC")).signed)

    assert [(value.text, value.public_key, value.context) for value in await world(tell)] == [
        ("OCMF|begin", "3059", "Transaction.Begin"),
        ("T0NNRg==", "own", None),
    ]
