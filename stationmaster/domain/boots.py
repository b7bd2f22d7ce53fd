"""What a station says of itself at boot, and whether it is still the same device."""

from __future__ import annotations

import re

import msgspec
from sqlalchemy import and_, bindparam, or_, select, update

from stationmaster.domain import alarms, events, local_lists
from stationmaster.domain import stations as records
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared

_BOOT = (
    "vendor",
    "model",
    "serial",
    "firmware",
    "iccid",
    "imsi",
    "meter_type",
    "meter_serial",
    "ocpp_version",
    "booted_at",
)
_set_boot_facts = (
    update(stations)
    .where(stations.c.id == bindparam("station_id"))
    .values({name: bindparam(f"new_{name}") for name in _BOOT})
    .returning(stations.c.registration)
)
_booted = Prepared(_set_boot_facts)
_same_hardware = and_(
    stations.c.vendor == bindparam("new_vendor"),
    stations.c.model == bindparam("new_model"),
    stations.c.serial.is_not_distinct_from(bindparam("new_serial")),
)
# What nearly every boot is: the first, or one of the same device as before. One statement instead of two.
_as_before = and_(_same_hardware, stations.c.ocpp_version == bindparam("new_ocpp_version"))
_booted_as_before = Prepared(_set_boot_facts.where(or_(stations.c.vendor.is_(None), _as_before)))

_UNFIT = re.compile(r"\b(?:non|not|un|in)[ -]?(?:compliant|certified|approved|calibrated|fit)\b", re.IGNORECASE)


class BootFacts(msgspec.Struct, frozen=True, gc=False):
    """What a station says of itself at boot."""

    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial: str | None = None


def record(work: Work, station: Station, facts: BootFacts) -> str:
    """Record a boot; returns the registration ("accepted", "pending", "rejected"). Who is here to renew a certificate that has ended is
    pending for this connection (A00.FR.429).

    Another vendor, model or serial than last time is kept, and raised as an alarm (CON-24). One that speaks 2.x now and spoke 1.6 before,
    or the other way round, has a list of cards that we know nothing of.
    """
    if station.serials is not None and facts.serial not in station.serials:
        return _another_one(work, station, facts)
    if facts.meter_type is not None and _UNFIT.search(facts.meter_type):
        alarms.raise_once(
            work,
            station,
            kind="meter_unfit",
            detail=f"It calls its meter {facts.meter_type!r}; whether one may bill by it depends on the country",
        )
    new = {f"new_{name}": getattr(facts, name, None) for name in _BOOT}
    new |= {"new_ocpp_version": station.version, "new_booted_at": work.now}
    row = work.first(_booted_as_before, station_id=station.id, **new)
    if row is None:
        known = work.execute(select(stations).where(stations.c.id == station.id)).one()
        if (known.vendor, known.model, known.serial) != (facts.vendor, facts.model, facts.serial):
            before = " ".join(filter(None, (known.vendor, known.model, known.serial)))
            after = " ".join(filter(None, (facts.vendor, facts.model, facts.serial)))
            alarms.raise_alarm(work, station, kind="hardware_changed", detail=f"was {before}, is now {after}")
        if (known.ocpp_version == "1.6") != (station.version == "1.6"):
            local_lists.forget(work, station.id)  # its cards have kinds now, or have none any more
        row = work.first(_booted, station_id=station.id, **new)
    if facts.serial != station.serial:
        records.keep(work, station)
    registration = "pending" if station.renewing and row.registration == "accepted" else str(row.registration)
    work.publish(
        events.StationBooted(
            station_id=station.id,
            station=station.identity,
            at=work.now,
            registration=registration,
            vendor=facts.vendor,
            model=facts.model,
            firmware=facts.firmware,
        )
    )
    return registration


def _another_one(work: Work, station: Station, facts: BootFacts) -> str:
    """Nothing of what it says is kept: it may be another charger, with the certificate of this one (B01.FR.11)."""
    told = "no serial number" if facts.serial is None else f"the serial number {facts.serial}"
    detail = f"It boots with {told}, and its certificate is of {', '.join(station.serials or ())}. It was refused."
    alarms.raise_alarm(work, station, kind="certificate_of_another", detail=detail)
    work.publish(events.BootRefused(station_id=station.id, station=station.identity, at=work.now))
    return "rejected"
