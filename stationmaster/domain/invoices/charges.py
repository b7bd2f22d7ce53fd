"""A session as it stands on a document: where and when it was, what its meter showed, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select

from stationmaster.domain import discovery, metering
from stationmaster.domain.invoices import documents
from stationmaster.domain.invoices.documents import Charge, SignedValue
from stationmaster.domain.invoices.signed import key_in_settings
from stationmaster.domain.money.bill import Bill
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work

_SHOWN_OF_CARD = 4


class Billed(NamedTuple):
    """A session and its bill, as they were when it was made."""

    session: ListedRow
    bill: Bill
    revision: int
    time_zone: str
    tariff: str | None = None


def charge_of(work: Work, billed: Billed) -> Charge:
    """What is printed of it."""
    session, bill = billed.session, billed.bill
    place = _place(work, session)
    assert session.stopped_at is not None, "what goes on is not billed"
    return Charge(
        session=session.public_id,
        revision=billed.revision,
        site=place.site,
        address=_address(place),
        # As drivers know it, for its identity is what it logs in with (ATK-04).
        station=discovery.shown_name(place.name, session.station) or place.public_id,
        evse=session.evse,
        begins_at=session.started_at,
        ends_at=session.stopped_at,
        time_zone=billed.time_zone,
        card=None if session.token is None else _end_of(session.token),
        tariff=billed.tariff,
        energy_wh=bill.energy_wh,
        meter_begin_wh=session.meter_start_wh,
        meter_end_wh=session.meter_stop_wh,
        tax_included=bill.tax_included,
        lines=documents.charged_lines(bill),
        net=bill.net,
        taxes=bill.taxes,
        round_off=bill.round_off,
        total=bill.total,
        notes=bill.notes,
        signed=tuple(_with_keys(work, session)),
    )


def _with_keys(work: Work, session: ListedRow) -> Iterator[SignedValue]:
    """Where the charger has told no key with its values, the one in its settings."""
    values = list(signed_values(work, session.id))
    key = None if all(value.public_key for value in values) else key_in_settings(work, session.station_id, session.evse)
    for value in values:
        yield value if value.public_key else msgspec.structs.replace(value, public_key=key)


def signed_values(work: Work, session_id: int) -> Iterator[SignedValue]:
    """What the meter has signed at the begin and at the end, as it was told; else what was signed first and last."""
    for row in metering.signed_of(work, session_id):
        yield from _signed_in(row)


def _signed_in(row: metering.MeterValueRow) -> Iterator[SignedValue]:
    for sample in msgspec.json.decode(row.samples):
        value = _signed(sample)
        if value is not None:
            context = sample.get("context")
            yield msgspec.structs.replace(value, context=context or row.context, at=row.taken_at)


def _signed(sample: dict[str, Any]) -> SignedValue | None:
    """1.6 says it in the value, 2.x beside it."""
    told = sample.get("signedMeterValue")
    if isinstance(told, dict) and isinstance(told.get("signedMeterData"), str):
        return SignedValue(
            text=told["signedMeterData"], encoding=told.get("encodingMethod"), public_key=told.get("publicKey") or None
        )
    if sample.get("format") == "SignedData":
        return SignedValue(text=str(sample.get("value", "")))
    return None


class _Place(NamedTuple):
    """Where a session was."""

    public_id: str
    name: str | None
    site: str | None
    address: str | None
    city: str | None
    postal_code: str | None


def _place(work: Work, session: ListedRow) -> _Place:
    there = stations.outerjoin(sites, sites.c.id == stations.c.site_id)
    of_site = (sites.c.name.label("site"), sites.c.address, sites.c.city, sites.c.postal_code)
    asked = select(stations.c.public_id, stations.c.name, *of_site).select_from(there)
    return _Place._make(work.execute(asked.where(stations.c.id == session.station_id)).one())


def _address(place: _Place) -> str | None:
    town = " ".join(part for part in (place.postal_code, place.city) if part)
    return ", ".join(part for part in (place.address, town) if part) or None


def _end_of(token: str) -> str:
    """As receipts show cards: not the whole number."""
    return token if len(token) <= _SHOWN_OF_CARD else f"…{token[-_SHOWN_OF_CARD:]}"
